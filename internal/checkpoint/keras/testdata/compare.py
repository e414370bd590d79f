"""Proves that `resnet weights convert` makes of keras.applications.ResNet50 what torchvision loads with strict=True and
computes alike.

    KERAS_BACKEND=torch python compare.py resnet     # the program

Run with Keras 3.15.1, torch 2.15.0, torchvision 0.29.2.
"""

import pathlib
import subprocess
import sys
import tempfile

import keras
import numpy as np
import torch
import torchvision
from safetensors.torch import load_file

rng = np.random.default_rng(3)
model = keras.applications.ResNet50(weights=None, classifier_activation=None)
for v in model.variables:
    name = v.path.split("/")[-1]
    if name == "moving_variance":
        v.assign(rng.uniform(0.5, 1.5, v.shape))
    elif name == "kernel":
        v.assign(rng.standard_normal(v.shape) / np.sqrt(np.prod(v.shape[:-1])))
    elif name != "gamma":
        v.assign(rng.standard_normal(v.shape) * 0.1)

with tempfile.TemporaryDirectory() as folder:
    source, target = pathlib.Path(folder, "net.keras"), pathlib.Path(folder, "net.safetensors")
    model.save(source)
    subprocess.run([sys.argv[1], "weights", "convert", source, target], check=True)
    net = torchvision.models.resnet50().eval()
    net.load_state_dict(load_file(target), strict=True)

for layer in (net.layer2, net.layer3, net.layer4):  # the stride is in the first convolution
    layer[0].conv1.stride, layer[0].conv2.stride = (2, 2), (1, 1)
x = rng.standard_normal((1, 224, 224, 3)).astype("float32")
want = keras.ops.convert_to_numpy(model(x, training=False))
with torch.no_grad():
    got = net(torch.from_numpy(x).permute(0, 3, 1, 2).contiguous()).numpy()
difference = np.abs(got - want).max() / np.abs(want).max()
print(f"largest difference: {difference:.1e} of the largest logit")
sys.exit(int(difference > 1e-4))
