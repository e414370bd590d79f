#!/usr/bin/env bash
# Who writes a training of their own compares its losses with PyTorch's, step by step. At the learning rate of the ResNet paper,
# 0.1 without warm-up, PyTorch is no reference for that: with one thread and with two, from the same weights and batches, its own
# losses of a ResNet-20 differ in the second digit within twenty steps, as the sums of gradients are grouped by threads. At a
# rate of 0.001 they stay together to some 1e-4.
# Seen with torch 2.15.0 on x86-64.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q torch==2.15.0 numpy==2.4.6
"$work/venv/bin/python" - <<'END'
import torch
from torch import nn
from torch.nn import functional as F

class Block(nn.Module):
    def __init__(self, inputs, planes, stride):
        super().__init__()
        self.a, self.b = nn.Conv2d(inputs, planes, 3, stride, 1, bias=False), nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.n, self.m = nn.BatchNorm2d(planes), nn.BatchNorm2d(planes)
        self.short = nn.Conv2d(inputs, planes, 1, stride, bias=False) if stride > 1 else nn.Identity()

    def forward(self, x):
        return F.relu(self.m(self.b(F.relu(self.n(self.a(x))))) + self.short(x))

def losses(threads, rate, steps=20):
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    layers, inputs = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()], 16
    for planes in (16, 32, 64):
        for i in range(3):
            layers.append(Block(inputs, planes, 2 if i == 0 and planes > 16 else 1))
            inputs = planes
    net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))
    step = torch.optim.SGD(net.parameters(), rate, momentum=0.9, weight_decay=1e-4)
    found = []
    for _ in range(steps):
        x, y = torch.randn(128, 3, 32, 32), torch.randint(10, (128,))
        loss = F.cross_entropy(net(x), y)
        step.zero_grad()
        loss.backward()
        step.step()
        found.append(loss.item())
    return found

for rate in (0.001, 0.1):
    again = max(abs(a - b) for a, b in zip(losses(1, rate), losses(1, rate)))
    apart = max(abs(a - b) for a, b in zip(losses(1, rate), losses(2, rate)))
    print(f'torch {torch.__version__}, rate {rate}: one thread twice {again:.1e} apart, one and two threads {apart:.1e}')
    assert again == 0
    assert apart < 1e-3 if rate < 0.1 else apart > 3e-3, 'that has changed'
END
