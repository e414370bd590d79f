"""Compares the losses of a training with PyTorch's, from the same first weights and the same augmented batches.

    go build -o train ./bench/train
    python bench/train/curve.py ./train CIFAR10.tar.gz

CIFAR10.tar.gz holds train/CLASS/*.jpg, or PNG. 100 batches of 128 photos are drawn, cut out of a frame of 4 pixels and mirrored, and
written to one file with the first weights of ResNet-20, which both read. PyTorch is run with one thread and with two: what lies between
these is what rounding alone does. Wants torch, safetensors and pillow.
"""

import io
import os
import subprocess
import sys
import tarfile
import tempfile

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from step import cifar20
from torch.nn import functional as F

STEPS, BATCH = 100, 128


def photos(path):
    """Some photos of each class, (n, 32, 32, 3), and their classes."""
    found, classes = [], {}
    with tarfile.open(path) as tar:
        for member in tar:
            parts = member.name.split("/")
            if member.isfile() and "train" in parts and int("".join(c for c in parts[-1] if c.isdigit()) or 0) % 12 == 0:
                label = classes.setdefault(parts[-2], len(classes))
                found.append((np.asarray(Image.open(io.BytesIO(tar.extractfile(member).read())).convert("RGB")), label))
    labels = sorted(classes)
    return np.stack([p for p, _ in found]), np.array([labels.index(list(classes)[c]) for _, c in found])


def batches(pixels, labels):
    random = np.random.default_rng(0)
    images, classes = np.zeros((STEPS, BATCH, 3, 32, 32), np.uint8), np.zeros((STEPS, BATCH), np.int64)
    for step in range(STEPS):
        for n, i in enumerate(random.choice(len(pixels), BATCH, replace=False)):
            framed = np.pad(pixels[i], ((4, 4), (4, 4), (0, 0)))
            y, x = random.integers(9, size=2)
            cut = framed[y : y + 32, x : x + 32]
            images[step, n] = (cut[:, ::-1] if random.integers(2) else cut).transpose(2, 0, 1)
            classes[step, n] = labels[i]
    return torch.from_numpy(images), torch.from_numpy(classes)


NAMES = ["conv1", "bn1", None]  # of cifar20's modules, as torchvision's networks call them


def named(state):
    """cifar20's state dict by our names."""
    renamed = {}
    for key, value in state.items():
        index, rest = key.split(".", 1)
        index = int(index)
        if index < 3:
            name = NAMES[index]
        elif index < 12:
            name = f"layer{(index - 3) // 3 + 1}.{(index - 3) % 3}"
        else:
            name = "fc"
        if not key.endswith("num_batches_tracked"):
            renamed[f"{name}.{rest}"] = value.clone()
    return renamed


def torch_losses(state, images, labels, threads):
    torch.set_num_threads(threads)
    net = cifar20().train()
    net.load_state_dict(state)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    losses = []
    for x, y in zip(images, labels):
        optimizer.zero_grad()
        loss = F.cross_entropy(net((x.float() - 127.5) / 64), y)
        losses.append(loss.item())
        loss.backward()
        optimizer.step()
    return np.array(losses)


def main():
    binary, archive = sys.argv[1:]
    torch.manual_seed(0)
    images, labels = batches(*photos(archive))
    net = cifar20()
    for m in net.modules():
        if isinstance(m, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
    state = {k: v.clone() for k, v in net.state_dict().items()}
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "case.safetensors")
        save_file(named(state) | {"images": images, "labels": labels}, file)
        text = subprocess.run([binary, "resnet20_cifar", file, "2"], check=True, capture_output=True, text=True).stdout
    ours = np.array([float(line) for line in text.split()])
    one, two = (torch_losses(state, images, labels, n) for n in (1, 2))
    first, apart, usual = np.abs(ours - one)[:20].max(), np.abs(ours - one)[20:].max(), np.abs(two - one)[20:].max()
    print(f"loss {ours[0]:.4f}, after {STEPS} steps {ours[-1]:.4f}, PyTorch {one[-1]:.4f}")
    print(f"steps 1 to 20: apart by {first:.2g} at most (goal 0.001; PyTorch with 1 and 2 threads {np.abs(two - one)[:20].max():.2g})")
    print(f"steps 21 to {STEPS}: apart by {apart:.2g} at most, PyTorch with 1 and 2 threads by {usual:.2g} (goal: twice that, {2 * usual:.2g})")


if __name__ == "__main__":
    main()
