"""Loads what `weights convert --names` writes into torchvision, timm and transformers, strictly, and compares logits.

    go build -o resnet ./cmd/resnet
    venv/bin/python internal/bind/testdata/libraries.py ./resnet [torch] [keras]

It was run with torch 2.15, torchvision 0.29, timm 1.0.31, transformers 5.24, keras 3.15.

The files that are converted are ONNX (PyTorch's own export, and what `weights convert` writes), Keras, PyTorch, and those
that the libraries themselves have saved. The logits are to be within 1e-5 of the largest of `resnet features --exact`.
"""
import itertools
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ["KERAS_BACKEND"] = "torch"
import keras
import numpy as np
import timm
import torch
import torchvision
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import ResNetConfig, ResNetForImageClassification

SIZE = 96


def run(*args):
    return subprocess.run([sys.argv[1], *map(str, args)], check=True, capture_output=True, text=True)


def randomize(net):
    for m in net.modules():
        if isinstance(m, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(m.weight, 0.5, 1.2)
            torch.nn.init.normal_(m.bias, 0, 0.2)
            torch.nn.init.normal_(m.running_mean, 0, 0.2)
            torch.nn.init.uniform_(m.running_var, 0.5, 1.5)
    return net.eval()


def stride_first(net):
    """Moves the stride to a block's first convolution, where Keras has it."""
    for layer in (net.layer2, net.layer3, net.layer4):
        layer[0].conv1.stride, layer[0].conv2.stride = (2, 2), (1, 1)
    return net


def of_transformers(depth, first):
    basic = depth < 50
    config = ResNetConfig(
        depths={18: [2, 2, 2, 2], 34: [3, 4, 6, 3], 50: [3, 4, 6, 3]}[depth], layer_type="basic" if basic else "bottleneck",
        hidden_sizes=[64, 128, 256, 512] if basic else [256, 512, 1024, 2048], downsample_in_bottleneck=first, num_labels=1000,
    )
    return ResNetForImageClassification(config)


def library(name, depth, first):
    if name == "transformers":
        net = of_transformers(depth, first)
        return net, lambda x: net(pixel_values=x).logits
    net = getattr(torchvision.models, f"resnet{depth}")() if name == "torchvision" else timm.create_model(f"resnet{depth}")
    return stride_first(net) if first else net, net


# Each yields files, the depth of the network in each, and whether the stride is in a block's first convolution.
def of_torch(tmp):
    torch.manual_seed(1)
    for depth in (18, 50):
        net = randomize(getattr(torchvision.models, f"resnet{depth}")())
        torch.save(net.state_dict(), tmp / f"torchvision{depth}.pth")
        yield f"torchvision{depth}.pth", depth, False
        torch.onnx.export(net, (torch.zeros(1, 3, 224, 224),), tmp / f"exported{depth}.onnx", dynamo=False, input_names=["x"])
        yield f"exported{depth}.onnx", depth, False
        run("weights", "convert", tmp / f"torchvision{depth}.pth", tmp / f"ours{depth}.onnx")
        yield f"ours{depth}.onnx", depth, False
    save_file(randomize(of_transformers(34, False)).state_dict(), tmp / "transformers34.safetensors")
    yield "transformers34.safetensors", 34, False


def of_keras(tmp):
    keras.utils.set_random_seed(1)
    net = keras.applications.ResNet50(weights=None)
    rng = np.random.default_rng(1)
    for w in net.weights:
        if "variance" in w.path or "gamma" in w.path:
            w.assign(rng.uniform(0.5, 1.5, w.shape))
        elif "mean" in w.path or "beta" in w.path or "bias" in w.path:
            w.assign(rng.uniform(-0.2, 0.2, w.shape))
    net.save(tmp / "keras50.keras")
    yield "keras50.keras", 50, True


bad = 0
with tempfile.TemporaryDirectory() as tmp:
    tmp = pathlib.Path(tmp)
    (tmp / "pictures").mkdir()
    for i in range(2):
        Image.fromarray(np.random.default_rng(i).integers(0, 256, (SIZE, SIZE, 3), np.uint8)).save(tmp / "pictures" / f"{i}.png")
    wanted = {"torch": of_torch, "keras": of_keras}
    for file, depth, first in itertools.chain.from_iterable(wanted[name](tmp) for name in sys.argv[2:] or wanted):
        given = ["--weights", tmp / file, "--resize", SIZE, "--crop", SIZE, "--preprocess", "imagenet"]
        run("features", tmp / "pictures", *given, "--layer", "fc", "--exact", "-o", tmp / "ours.npy")
        run("preprocess", "-r", tmp / "pictures", *given, "-o", tmp / "seen")
        x = torch.from_numpy(np.concatenate([np.load(tmp / "seen" / f"{i}.png.npy") for i in range(2)]))
        ours = np.load(tmp / "ours.npy")
        for name in ("torchvision", "timm", "transformers"):
            run("weights", "convert", tmp / file, tmp / "out.safetensors", "--names", name)
            net, forward = library(name, depth, first)
            net.load_state_dict(load_file(tmp / "out.safetensors"), strict=True)
            net.eval()
            with torch.no_grad():
                theirs = forward(x).numpy()
            difference = np.abs(theirs - ours).max() / np.abs(theirs).max()
            bad += not difference <= 1e-5 or not np.abs(theirs).max() > 0
            print(f"{file:28} {name:14} largest difference {difference:.1e} of the largest logit", flush=True)
sys.exit(1 if bad else 0)
