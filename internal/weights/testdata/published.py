"""Writes published.json: PyTorch's logits of published checkpoints, for one picture that every program can make.

Run it in a virtual environment with torch, torchvision and safetensors, with the folder that RESNET_TESTDATA names:
    python internal/weights/testdata/published.py DIR
"""
import json
import pathlib
import sys

import torch
import torchvision
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F
from torchvision.models.resnet import BasicBlock

from pytorch import picture


class OptionA(nn.Module):
    def __init__(self, planes):
        super().__init__()
        self.planes = planes

    def forward(self, x):
        return F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.planes // 4, self.planes // 4))


def cifar(n, sd):
    """akamaster/pytorch_resnet_cifar10's network, of torchvision's blocks."""
    layers, planes = [], 16
    for i in range(3):
        blocks = []
        for b in range(n):
            first = i > 0 and b == 0
            blocks.append(BasicBlock(planes // 2 if first else planes, planes, 2 if first else 1, OptionA(planes) if first else None))
        layers.append(nn.Sequential(*blocks))
        planes *= 2
    net = nn.Module()
    net.conv1, net.bn1 = nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16)
    net.layer1, net.layer2, net.layer3 = layers
    net.linear = nn.Linear(64, 10)
    net.load_state_dict({k.removeprefix('module.'): v for k, v in sd['state_dict'].items()})
    net.eval()
    return lambda x: net.linear(net.layer3(net.layer2(net.layer1(F.relu(net.bn1(net.conv1(x)))))).mean((2, 3)))


def norm(x, sd, name):
    return F.batch_norm(x, *(sd[f'{name}.{part}'] for part in ('running_mean', 'running_var', 'weight', 'bias')))


def resnet14(sd):
    """The network of resnet14-cifar10-zip.pth, by its tensors."""
    def forward(x):
        x = F.relu(norm(F.conv2d(x, sd['stem.0.weight'], padding=1), sd, 'stem.1'))
        for i in range(6):
            p, stride = f'blocks.{i}', 2 if i in (2, 4) else 1
            y = F.relu(norm(F.conv2d(x, sd[p + '.conv1.weight'], stride=stride, padding=1), sd, p + '.bn1'))
            y = norm(F.conv2d(y, sd[p + '.conv2.weight'], padding=1), sd, p + '.bn2')
            if stride == 2:
                x = norm(F.conv2d(x, sd[p + '.shortcut.0.weight'], stride=2), sd, p + '.shortcut.1')
            x = F.relu(x + y)
        return F.linear(x.mean((2, 3)), sd['fc.weight'], sd['fc.bias'])
    return forward


def resnet18(sd):
    net = torchvision.models.resnet18(weights=None).eval()
    net.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in sd.items()}, strict=False)
    return net


def main(root):
    root = pathlib.Path(root)
    load = lambda name: torch.load(root / 'checkpoints' / name, map_location='cpu', weights_only=True)
    nets = {
        'resnet20-12fca82f.th': (cifar(3, load('resnet20-12fca82f.th')), 32),
        'resnet56-4bfd9763.th': (cifar(9, load('resnet56-4bfd9763.th')), 32),
        'resnet14-cifar10-zip.pth': (resnet14(load('resnet14-cifar10-zip.pth')), 32),
        'resnet18-imagenet-fp16.safetensors': (resnet18(load_file(root / 'weights' / 'resnet18-imagenet-fp16.safetensors')), 224),
    }
    out = {}
    with torch.no_grad():
        for name, (net, size) in nets.items():
            out[name] = [float(f'{v:.7g}') for v in net(picture(size))[0].tolist()]
    pathlib.Path(__file__).with_name('published.json').write_text(json.dumps(out) + '\n')


if __name__ == '__main__':
    main(*sys.argv[1:])
