"""Writes the checkpoints of pytorch/, as PyTorch, timm and transformers save small networks, and logits.json: the logits of each
for one picture that every program can make.

Run it in a virtual environment with torch, torchvision, timm, transformers and safetensors:
    python internal/weights/testdata/pytorch.py
"""
import copy
import json
import pathlib
import shutil

import timm
import torch
from safetensors.torch import save_file
from timm.models import save_for_hf
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet
from transformers import ConvNextImageProcessor, ResNetConfig, ResNetForImageClassification

OUT = pathlib.Path(__file__).with_name('pytorch')


def picture(size):
    i = torch.arange(3 * size * size, dtype=torch.int64)
    return ((i * 7919 % 4096).float() / 1024 - 2).view(1, 3, size, size)


def living(net):
    """Batch norms with statistics of their own, as after a training."""
    for m in net.modules():
        if isinstance(m, nn.BatchNorm2d):
            nn.init.uniform_(m.weight, .5, 1.5)
            nn.init.uniform_(m.bias, -.5, .5)
            nn.init.uniform_(m.running_mean, -.5, .5)
            nn.init.uniform_(m.running_var, .5, 2)
            m.num_batches_tracked.fill_(7)
    return net.eval()


def narrow(block, layers, width, classes, **kwargs):
    """torchvision's ResNet of fewer planes."""
    class Narrow(ResNet):
        def _make_layer(self, block, planes, blocks, stride=1, dilate=False):
            if planes == 64:
                self.inplanes = width
            return super()._make_layer(block, planes * width // 64, blocks, stride, dilate)
    net = Narrow(block, layers, num_classes=classes, **kwargs)
    net.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
    net.bn1 = nn.BatchNorm2d(width)
    net.fc = nn.Linear(512 * width // 64 * block.expansion, classes)
    return net


def folded(net):
    """The same network with every batch norm inside its convolution, as deployment tools write it."""
    net = copy.deepcopy(net)
    for parent in [m for m in net.modules() if not isinstance(m, nn.BatchNorm2d)]:
        names = [n for n, _ in parent.named_children()]
        for name in names:
            norm = {'conv': 'bn' + name[-1], '0': '1'}.get(name[:-1] or name)
            if isinstance(getattr(parent, name), nn.Conv2d) and norm in names:
                setattr(parent, name, fuse_conv_bn_eval(getattr(parent, name), getattr(parent, norm)))
                setattr(parent, norm, nn.Identity())
    return net


def biased(net):
    """The same architecture with a bias in every convolution."""
    net = copy.deepcopy(net)
    for parent in list(net.modules()):
        for name, conv in list(parent.named_children()):
            if isinstance(conv, nn.Conv2d):
                new = nn.Conv2d(conv.in_channels, conv.out_channels, conv.kernel_size, conv.stride, conv.padding, groups=conv.groups)
                new.weight = conv.weight
                nn.init.uniform_(new.bias, -1, 1)
                setattr(parent, name, new)
    return net.eval()


class Akamaster(nn.Module):
    """Option A and the names of akamaster/pytorch_resnet_cifar10, on torchvision's blocks."""

    def __init__(self, n, width=2):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        for i in range(3):
            blocks = []
            for b in range(n):
                stride = 2 if i > 0 and b == 0 else 1
                blocks.append(BasicBlock(width * 2 ** max(i - 1, 0) if stride == 2 else width * 2 ** i, width * 2 ** i, stride))
                if stride == 2:
                    blocks[-1].downsample = OptionA(width * 2 ** i)
            setattr(self, f'layer{i + 1}', nn.Sequential(*blocks))
        self.linear = nn.Linear(width * 4, 10)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.linear(x.mean((2, 3)))


class OptionA(nn.Module):
    def __init__(self, planes):
        super().__init__()
        self.planes = planes

    def forward(self, x):
        return nn.functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.planes // 4, self.planes // 4))


class OwnNames(nn.Module):
    """A network whose names nobody knows, with the shortcut before the convolutions."""

    class Block(nn.Module):
        def __init__(self, i, o, stride):
            super().__init__()
            self.skip = nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o)) if i != o else nn.Identity()
            self.first = nn.Sequential(nn.Conv2d(i, o, 3, stride, 1, bias=False), nn.BatchNorm2d(o))
            self.second = nn.Sequential(nn.Conv2d(o, o, 3, 1, 1, bias=False), nn.BatchNorm2d(o))

        def forward(self, x):
            return torch.relu(self.skip(x) + self.second(torch.relu(self.first(x))))

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 3, 1, 1, bias=False), nn.BatchNorm2d(4), nn.ReLU())
        self.body = nn.Sequential(self.Block(4, 4, 1), self.Block(4, 8, 2), self.Block(8, 8, 1), self.Block(8, 16, 2))
        self.head = nn.Linear(16, 10)

    def forward(self, x):
        return self.head(self.body(self.stem(x)).mean((2, 3)))


def main():
    torch.manual_seed(0)
    torch.set_num_threads(1)
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir()
    logits = {}

    def save(name, net, size, write):
        write(OUT / name)
        with torch.no_grad():
            y = net(picture(size))
        logits[name] = {'size': size, 'logits': [float(f'{v:.7g}') for v in getattr(y, 'logits', y)[0].tolist()]}

    basic = living(narrow(BasicBlock, [1, 1, 1, 1], 2, 5))
    bottleneck = living(narrow(Bottleneck, [1, 1, 1, 1], 2, 3, groups=2, width_per_group=32))
    sd = basic.state_dict()
    optimizer = torch.optim.SGD(basic.parameters(), .1, momentum=.9)
    basic.train()(torch.randn(2, 3, 64, 64)).sum().backward()
    optimizer.step()
    basic.load_state_dict(sd := {k: v.clone() for k, v in living(basic).state_dict().items()})

    save('basic.pth', basic, 64, lambda p: torch.save(sd, p))
    save('legacy.pth', basic, 64, lambda p: torch.save(sd, p, _use_new_zipfile_serialization=False))
    save('training.pth', basic, 64, lambda p: torch.save({'model': nn.DataParallel(basic).state_dict(), 'optimizer': optimizer.state_dict(), 'epoch': 3, 'best_acc1': torch.tensor(41.5)}, p))
    half = copy.deepcopy(basic).half()
    save('half.pth', copy.deepcopy(half).float(), 64, lambda p: torch.save(half.state_dict(), p))
    brain = copy.deepcopy(basic).bfloat16()
    save('bfloat16.pth', copy.deepcopy(brain).float(), 64, lambda p: torch.save(brain.state_dict(), p))
    save('untracked.safetensors', basic, 64, lambda p: save_file({k: v for k, v in sd.items() if 'num_batches' not in k}, p))
    save('folded.pth', basic, 64, lambda p: torch.save(folded(basic).state_dict(), p))
    with_bias = biased(basic)
    save('biased.pth', with_bias, 64, lambda p: torch.save(with_bias.state_dict(), p))
    save('bottleneck.pth', bottleneck, 64, lambda p: torch.save({'_orig_mod.' + k: v for k, v in bottleneck.state_dict().items()}, p))
    cifar = living(Akamaster(2))
    save('cifar.th', cifar, 32, lambda p: torch.save({'state_dict': {'module.' + k: v for k, v in cifar.state_dict().items()}, 'best_prec1': 91.7}, p))
    own = living(OwnNames())
    save('own.pth', own, 32, lambda p: torch.save(own.state_dict(), p))

    deep = living(timm.models.resnet.ResNet(timm.models.resnet.Bottleneck, [1, 1, 1, 1], channels=(2, 2, 4, 4), num_classes=4,
                                             stem_width=2, stem_type='deep', avg_down=True))
    deep.pretrained_cfg = {'architecture': 'resnet_small', 'input_size': (3, 96, 96), 'interpolation': 'bicubic', 'crop_pct': 0.9, 'crop_mode': 'center',
                           'mean': (0.5, 0.4, 0.3), 'std': (0.2, 0.3, 0.4), 'num_classes': 4, 'first_conv': 'conv1.0', 'classifier': 'fc', 'pool_size': (3, 3)}
    save('timm', deep, 96, lambda p: save_for_hf(deep, p, model_config={'label_names': ['ant', 'bee', 'cat', 'dog'], 'architecture': 'resnet_small'}, safe_serialization=True))
    for name, first in ('transformers', False), ('transformers_v1', True):
        config = ResNetConfig(embedding_size=4, hidden_sizes=[8, 16, 32], depths=[1, 2, 1], layer_type='bottleneck', num_labels=3,
                              downsample_in_bottleneck=first, id2label={0: 'ant', 1: 'bee', 2: 'cat'}, label2id={'ant': 0, 'bee': 1, 'cat': 2})
        net = living(ResNetForImageClassification(config))
        def write(p):
            net.save_pretrained(p)
            ConvNextImageProcessor(size={'shortest_edge': 64}, crop_pct=0.875, resample=2).save_pretrained(p)
        save(name, net, 64, write)
    for path in OUT.rglob('*.safetensors'):
        path.chmod(0o644)
    (OUT / 'logits.json').write_text(json.dumps(logits, indent=1) + '\n')


if __name__ == '__main__':
    main()
