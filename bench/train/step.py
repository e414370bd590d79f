"""Compares a training step with PyTorch's on this CPU: time and peak memory.

    python -m venv venv && venv/bin/pip install torch torchvision
    venv/bin/python bench/train/step.py [TURNS]

Both take turns, in processes of their own, a few steps each, so that what else the machine does disturbs both alike. PyTorch computes
with channels-last and with its usual layout; its faster one counts. The figures are the fastest step of all turns, and the median of
the turns' ratios.
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

CASES = {"resnet20_cifar": (128, 32, 12), "resnet18": (16, 224, 3)}  # batch, size, steps a turn
THREADS = len(os.sched_getaffinity(0))


def cifar20():
    from torch import nn
    from torch.nn import functional as F

    class Block(nn.Module):
        def __init__(self, i, o, stride):
            super().__init__()
            self.conv1, self.bn1 = nn.Conv2d(i, o, 3, stride, 1, bias=False), nn.BatchNorm2d(o)
            self.conv2, self.bn2 = nn.Conv2d(o, o, 3, 1, 1, bias=False), nn.BatchNorm2d(o)
            self.stride, self.missing = stride, o - i

        def forward(self, x):
            y = F.relu(self.bn1(self.conv1(x)), inplace=True)
            y = self.bn2(self.conv2(y))
            if self.missing:
                half = self.missing // 2
                x = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, half, self.missing - half))
            return F.relu(y + x, inplace=True)

    blocks, planes = [], 16
    for o, stride in ((16, 1), (32, 2), (64, 2)):
        for n in range(3):
            blocks.append(Block(planes, o, stride if n == 0 else 1))
            planes = o
    return nn.Sequential(nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(inplace=True), *blocks,
                         nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def torch_steps(name, layout):
    """One turn of PyTorch, in this process: prints the fastest step in ms."""
    import torch
    import torchvision
    torch.set_num_threads(THREADS)
    batch, size, steps = CASES[name]
    net = (cifar20() if name == "resnet20_cifar" else torchvision.models.resnet18()).train()
    x, y = torch.randn(batch, 3, size, size), torch.zeros(batch, dtype=torch.long)
    if layout == "channels-last":
        net, x = net.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
    best = float("inf")
    for _ in range(steps + 1):
        start = time.perf_counter()
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
        best = min(best, time.perf_counter() - start)
    print(best * 1e3)


def turn(command):
    """The output of a process, and its peak memory in MiB."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.dup2(writer, 1)
        os.execvp(command[0], command)
    os.close(writer)
    with os.fdopen(reader) as f:
        text = f.read()
    _, status, usage = os.wait4(pid, 0)
    if status != 0:
        sys.exit(f"{command} failed: {text}")
    return text, usage.ru_maxrss / 1024


def ours(binary, name):
    batch, _, steps = CASES[name]
    text, memory = turn([binary, "-test.run=^$", f"-test.bench=BenchmarkTrain/{name}/batch={batch}/threads={THREADS}$", f"-test.benchtime={steps}x"])
    return float(re.search(r"([\d.]+) best-ms", text)[1]), memory


def theirs(name, layout):
    text, memory = turn([sys.executable, __file__, name, layout])
    return float(text), memory


def main(turns=5):
    with tempfile.TemporaryDirectory() as folder:
        binary = os.path.join(folder, "engine.test")
        subprocess.run(["go", "test", "-c", "-o", binary, "./internal/engine"], check=True)
        for name in CASES:
            pairs = [(ours(binary, name), min(theirs(name, layout) for layout in ("channels-last", "contiguous"))) for _ in range(int(turns))]
            (a, b) = (min(pair[i][0] for pair in pairs) for i in range(2))
            (ma, mb) = (statistics.median(pair[i][1] for pair in pairs) for i in range(2))
            ratio = statistics.median(x[0] / y[0] for x, y in pairs)
            print(f"{name}, batch {CASES[name][0]}, {THREADS} threads: {a:.0f} ms, PyTorch {b:.0f} ms, ratio {ratio:.2f} (goal 0.80, of resnet18 0.95); "
                  f"peak memory {ma:.0f} MiB, PyTorch {mb:.0f} MiB, ratio {ma / mb:.2f} (goal 0.70)")


if __name__ == "__main__":
    torch_steps(*sys.argv[1:]) if len(sys.argv) == 3 else main(*sys.argv[1:])
