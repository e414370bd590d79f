"""Compares a training with PyTorch's: losses from the same first weights and the same augmented batches, and errors after two epochs.

    go build -o train ./bench/train && go build -o resnet ./cmd/resnet
    python bench/train/curve.py losses ./train CIFAR10.tar.gz
    python bench/train/curve.py epochs ./resnet CIFAR10.tar.gz

CIFAR10.tar.gz holds train/CLASS/*.jpg and test/CLASS/*.jpg, or PNG. Wants torch, safetensors and pillow.

losses: 100 batches of 128 photos are drawn, cut out of a frame of 4 pixels and mirrored, and written to one file with the first weights
of ResNet-20, which both read. PyTorch is run with one thread and with two, and its first steps in float64: what lies between these is
what rounding alone does. At the paper's rate of 0.1 it grows fifty-fold in one of the first steps, so that both are compared at a
hundredth of it, too, where it does not.

epochs: ResNet-20 is trained on all photos for two epochs by the recipe that `resnet train` has, with two seeds by each.
"""

import csv
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

NET, STEPS, FIRST, BATCH, PAD, EPOCHS, SEEDS = "resnet20_cifar", 100, 20, 128, 4, 2, (0, 1)
RATE = 0.1


def photos(path, folder):
    """The photos below a folder, (n, 32, 32, 3), and their classes in the order of their names."""
    found = []
    with tarfile.open(path) as tar:
        for member in tar:
            parts = member.name.split("/")
            if member.isfile() and folder in parts[:-2]:
                found.append((np.asarray(Image.open(io.BytesIO(tar.extractfile(member).read())).convert("RGB")), parts[-2]))
    names = sorted({name for _, name in found})
    return np.stack([p for p, _ in found]), np.array([names.index(name) for _, name in found])


def cuts(pixels, random):
    """Photos, each cut out of its frame at random and every other one mirrored: (n, 3, 32, 32)."""
    framed = np.pad(pixels, ((0, 0), (PAD, PAD), (PAD, PAD), (0, 0)))
    out = np.empty_like(pixels)
    for n, (y, x, mirrored) in enumerate(zip(*(random.integers(high, size=len(pixels)) for high in (2 * PAD + 1, 2 * PAD + 1, 2)))):
        cut = framed[n, y : y + 32, x : x + 32]
        out[n] = cut[:, ::-1] if mirrored else cut
    return torch.from_numpy(out.transpose(0, 3, 1, 2).copy())


def batches(pixels, labels):
    random = np.random.default_rng(0)
    chosen = [random.choice(len(pixels), BATCH, replace=False) for _ in range(STEPS)]
    return torch.stack([cuts(pixels[i], random) for i in chosen]), torch.from_numpy(np.stack([labels[i] for i in chosen]))


def first_net(seed):
    torch.manual_seed(seed)
    net = cifar20()
    for m in net.modules():
        if isinstance(m, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
    return net


def named(state):
    """cifar20's state dict by our names."""
    renamed = {}
    for key, value in state.items():
        index, rest = key.split(".", 1)
        index = int(index)
        if index < 3:
            name = ("conv1", "bn1")[index]
        elif index < 12:
            name = f"layer{(index - 3) // 3 + 1}.{(index - 3) % 3}"
        else:
            name = "fc"
        if not key.endswith("num_batches_tracked"):
            renamed[f"{name}.{rest}"] = value.clone()
    return renamed


def descent(net, rate):
    return torch.optim.SGD(net.parameters(), lr=rate, momentum=0.9, weight_decay=1e-4)


def step(net, optimizer, x, y):
    """One step; its loss, and how many photos were told wrongly."""
    optimizer.zero_grad()
    logits = net(x)
    loss = F.cross_entropy(logits, y)
    loss.backward()
    optimizer.step()
    return loss.item(), (logits.argmax(1) != y).sum().item()


def torch_losses(images, labels, rate, threads, kind=torch.float32):
    torch.set_num_threads(threads)
    net = first_net(0).train().to(kind)
    optimizer = descent(net, rate)
    return np.array([step(net, optimizer, (x.to(kind) - 127.5) / 64, y)[0] for x, y in zip(images, labels)])


def losses(binary, archive):
    images, labels = batches(*photos(archive, "train"))
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "case.safetensors")
        save_file(named(first_net(0).state_dict()) | {"images": images, "labels": labels}, file)
        for rate in (RATE / 100, RATE):
            text = subprocess.run([binary, NET, file, "2", str(rate)], check=True, capture_output=True, text=True).stdout
            ours = np.array([float(line) for line in text.split()])
            one, two = (torch_losses(images, labels, rate, n) for n in (1, 2))
            exact = torch_losses(images[:FIRST], labels[:FIRST], rate, 2, torch.float64)
            apart = lambda a, b, first=1, last=FIRST: np.abs(a[first - 1 : last] - b[first - 1 : last]).max()
            print(f"rate {rate}: loss {ours[0]:.4f}, after {STEPS} steps {ours[-1]:.4f}, PyTorch {one[-1]:.4f}")
            print(f"  step 2: from float64 ours is apart by {apart(ours, exact, 2, 2):.2g}, PyTorch by {apart(one, exact, 2, 2):.2g}")
            print(f"  steps 1 to {FIRST}: ours and PyTorch apart by {apart(ours, one):.2g} at most (goal 0.001), PyTorch with 1 and 2 threads by {apart(one, two):.2g}; "
                  f"from float64 ours by {apart(ours, exact):.2g}, PyTorch by {apart(one, exact):.2g}")
            rest, usual = apart(ours, one, FIRST + 1, STEPS), apart(one, two, FIRST + 1, STEPS)
            print(f"  steps {FIRST + 1} to {STEPS}: ours and PyTorch apart by {rest:.2g} at most (goal: {2 * usual:.2g}), PyTorch with 1 and 2 threads by {usual:.2g}", flush=True)


def torch_error(train, test, seed):
    """The test error of a training in PyTorch."""
    (pixels, labels), (seen, wanted) = train, test
    mean, std = (torch.from_numpy(f(pixels, axis=(0, 1, 2), dtype=np.float64)).float().view(3, 1, 1) for f in (np.mean, np.std))
    net, random = first_net(seed), np.random.default_rng(seed)
    optimizer = descent(net, RATE)
    steps = len(pixels) // BATCH
    for epoch in range(EPOCHS):
        net.train()
        order, wrong = random.permutation(len(pixels)), 0
        for n in range(steps):
            at = (epoch * steps + n) / (EPOCHS * steps)
            optimizer.param_groups[0]["lr"] = RATE * (0.01 if at >= 0.75 else 0.1 if at >= 0.5 else 1)
            chosen = order[n * BATCH :][:BATCH]
            wrong += step(net, optimizer, (cuts(pixels[chosen], random) - mean) / std, torch.from_numpy(labels[chosen]))[1]
        print(f"  PyTorch, seed {seed}, epoch {epoch + 1}: training error {100 * wrong / steps / BATCH:.2f} %", flush=True)
    net.eval()
    with torch.no_grad():
        wrong = sum((net((torch.from_numpy(x.transpose(0, 3, 1, 2).copy()) - mean) / std).argmax(1) != torch.from_numpy(y)).sum().item()
                    for x, y in zip(np.array_split(seen, 50), np.array_split(wanted, 50)))
    return 100 * wrong / len(seen)


def our_error(binary, archive, seed):
    with tempfile.TemporaryDirectory() as folder:
        run = os.path.join(folder, "run")
        subprocess.run([binary, "train", NET, "--data", archive, "-o", run, "--epochs", str(EPOCHS), "--seed", str(seed)], check=True, stdout=subprocess.DEVNULL)
        with open(os.path.join(run, "metrics.csv")) as f:
            return 100 * float(list(csv.DictReader(f))[-1]["test_error"])


def epochs(binary, archive):
    ours = [our_error(binary, archive, seed) for seed in SEEDS]
    print("ours:", ", ".join(f"{e:.2f} %" for e in ours), flush=True)
    train, test = photos(archive, "train"), photos(archive, "test")
    theirs = [torch_error(train, test, seed) for seed in SEEDS]
    print("PyTorch:", ", ".join(f"{e:.2f} %" for e in theirs))
    apart, spread = abs(np.mean(ours) - np.mean(theirs)), max(theirs) - min(theirs)
    print(f"test error after {EPOCHS} epochs: {np.mean(ours):.2f} %, PyTorch {np.mean(theirs):.2f} %: apart by {apart:.2f} points (goal: PyTorch's spread, {spread:.2f}, or 1.5)")


if __name__ == "__main__":
    {"losses": losses, "epochs": epochs}[sys.argv[1]](*sys.argv[2:])
