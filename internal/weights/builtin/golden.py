"""Writes NAME.golden.json of the built-in nets: PyTorch's logits for one picture that every program can make.

Run it in a virtual environment with torch, torchvision and safetensors:
    python internal/weights/builtin/golden.py [NAME...]
"""
import json
import pathlib
import sys

import torch
import train_tiny
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F

HERE = pathlib.Path(__file__).parent


class Block(nn.Module):
    """The paper's basic block; its shortcut has no parameters (option A), or there is none."""

    def __init__(self, i, o, stride, shortcut):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(i, o, 3, stride, 1, bias=False), nn.BatchNorm2d(o)
        self.conv2, self.bn2 = nn.Conv2d(o, o, 3, 1, 1, bias=False), nn.BatchNorm2d(o)
        self.stride, self.missing, self.shortcut = stride, o - i, shortcut

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.shortcut:
            half = self.missing // 2
            y = y + F.pad(x[:, :, ::self.stride, ::self.stride], (0, 0, 0, 0, half, self.missing - half))
        return F.relu(y)


class Cifar(nn.Module):
    """He et al. 2015, section 4.2: 6n + 2 layers."""

    def __init__(self, n, shortcut):
        super().__init__()
        self.conv1, self.bn1, self.fc = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.Linear(64, 10)
        planes = 16
        for stage, (o, stride) in enumerate(((16, 1), (32, 2), (64, 2)), 1):
            blocks = [Block(planes if k == 0 else o, o, stride if k == 0 else 1, shortcut) for k in range(n)]
            setattr(self, f'layer{stage}', nn.Sequential(*blocks))
            planes = o

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return self.fc(self.layer3(self.layer2(self.layer1(x))).mean((2, 3)))


NETS = {  # network and side of its input
    'resnet18_tiny': (train_tiny.net, 64),
    'plain20_cifar': (lambda: Cifar(3, False), 32), 'resnet20_cifar': (lambda: Cifar(3, True), 32),
    'plain56_cifar': (lambda: Cifar(9, False), 32), 'resnet56_cifar': (lambda: Cifar(9, True), 32),
}


def main():
    torch.set_num_threads(1)
    for name in sys.argv[1:] or NETS:
        net, side = NETS[name]
        m = net().eval()
        weights = {k: v.float() for k, v in load_file(HERE / f'{name}.safetensors').items()}
        missing, unexpected = m.load_state_dict(weights, strict=False)
        assert not unexpected and all(k.endswith('num_batches_tracked') for k in missing), name
        i = torch.arange(3 * side * side, dtype=torch.int64)
        x = ((i * 7919 % 4096).float() / 1024 - 2).view(1, 3, side, side)
        with torch.no_grad():
            logits = m(x)[0].tolist()
        with open(HERE / f'{name}.golden.json', 'w') as f:
            json.dump({'torch': torch.__version__.split('+')[0], 'input': [1, 3, side, side], 'logits': [float(f'{v:.7g}') for v in logits]}, f)
            f.write('\n')


if __name__ == '__main__':
    main()
