"""Writes variants/: small residual networks as contrastive learning, transfer learning and tutorials leave them, and
expected.json: what PyTorch makes of one picture that every program can make, at the end and behind the last pool.

Run it in a virtual environment with torch, torchvision, timm, transformers and safetensors:
    python internal/nets/testdata/variants.py
"""
import json
import pathlib
import shutil

import timm
import torch
from safetensors.torch import save_file
from timm.models import save_for_hf
from torch import nn
from torchvision.models.resnet import BasicBlock, Bottleneck
from transformers import ResNetConfig, ResNetModel

OUT = pathlib.Path(__file__).with_name('variants')
SIZE = 32


def picture(channels, size):
    i = torch.arange(channels * size * size, dtype=torch.int64)
    return ((i * 7919 % 4096).float() / 1024 - 2).view(1, channels, size, size)


def living(net):
    """Batch norms with statistics of their own, as after a training."""
    for m in net.modules():
        if isinstance(m, (nn.BatchNorm2d, nn.BatchNorm1d)):
            if m.affine:
                nn.init.uniform_(m.weight, .5, 1.5)
                nn.init.uniform_(m.bias, -.5, .5)
            nn.init.uniform_(m.running_mean, -.5, .5)
            nn.init.uniform_(m.running_var, .5, 2)
    return net.eval()


class Small(nn.Module):
    """torchvision's ResNet of few layers and planes; kernel is that of the projections."""

    def __init__(self, block=BasicBlock, layers=(1, 1, 1, 1), planes=(4, 4, 8, 8), kernel=1, channels=3, fc=None):
        super().__init__()
        self.inplanes = 4
        self.conv1 = nn.Conv2d(channels, 4, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(4)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        for i, (n, p) in enumerate(zip(layers, planes)):
            setattr(self, f'layer{i + 1}', self.layer(block, n, p, 2 if i and p != planes[i - 1] else 1, kernel))
        self.stages = len(planes)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(self.inplanes, 5) if fc is None else fc(self.inplanes)

    def layer(self, block, n, planes, stride, kernel):
        blocks = []
        for b in range(n):
            down = None
            if stride != 1 or self.inplanes != planes * block.expansion:
                down = nn.Sequential(nn.Conv2d(self.inplanes, planes * block.expansion, kernel, stride, kernel // 2, bias=False),
                                     nn.BatchNorm2d(planes * block.expansion))
            blocks.append(block(self.inplanes, planes, stride, down))
            self.inplanes, stride = planes * block.expansion, 1
        return nn.Sequential(*blocks)

    def features(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for i in range(self.stages):
            x = getattr(self, f'layer{i + 1}')(x)
        return self.avgpool(x).flatten(1)

    def forward(self, x):
        return self.fc(self.features(x))


def mlp(*layers):
    return lambda features: nn.Sequential(*[layer(features) for layer in layers])


def linear(out, inner=None, bias=True):
    return lambda features: nn.Linear(inner or features, out, bias)


def plain(layer, *args):
    return lambda _: layer(*args)


class Other(nn.Module):
    """A residual network whose modules have other names. Stages are numbered from first on, where stage has an N."""

    def __init__(self, stem, stage, block, first=1, fc='fc', planes=(4, 8, 8), pool=None):
        super().__init__()
        for name, module in stem.items():
            setattr(self, name, module)
        self.stem_names, self.stage_names, self.fc_name, self.pool = list(stem), [], fc, pool
        i = 4
        for k, p in enumerate(planes):
            stride = 2 if k and p != planes[k - 1] else 1
            name = stage.replace('N', str(first + k))
            setattr(self, name, nn.Sequential(block(i, p, stride), block(p, p, 1)))
            self.stage_names.append(name)
            i = p
        setattr(self, fc, nn.Linear(i, 5))

    def features(self, x):
        for name in self.stem_names:
            x = getattr(self, name)(x)
        x = torch.relu(x)
        if self.pool:
            x = self.pool(x)
        for name in self.stage_names:
            x = getattr(self, name)(x)
        return x.mean((2, 3))

    def forward(self, x):
        return getattr(self, self.fc_name)(self.features(x))


def named(first, second, shortcut, join, kernel=1, bias=False):
    """A basic block whose two convolutions with their norms are under the names first and second, of join's making."""
    class Block(nn.Module):
        def __init__(self, i, o, stride):
            super().__init__()
            join(self, first, nn.Conv2d(i, o, 3, stride, 1, bias=bias), nn.BatchNorm2d(o))
            join(self, second, nn.Conv2d(o, o, 3, 1, 1, bias=bias), nn.BatchNorm2d(o))
            down = nn.Sequential(nn.Conv2d(i, o, kernel, stride, kernel // 2, bias=bias), nn.BatchNorm2d(o))
            setattr(self, shortcut, down if stride != 1 or i != o else nn.Sequential())

        def run(self, name, x):
            for part in [name] if isinstance(name, str) else name:
                x = getattr(self, part)(x)
            return x

        def forward(self, x):
            y = self.run(first, x)
            if first != second:
                y = self.run(second, torch.relu(y))
            return torch.relu(y + getattr(self, shortcut)(x))
    return Block


def apart(block, names, conv, norm):
    setattr(block, names[0], conv)
    setattr(block, names[1], norm)


def together(block, name, conv, norm):
    setattr(block, name, nn.Sequential(conv, norm))


def in_one(block, name, conv, norm):
    if hasattr(block, name):
        getattr(block, name).extend([nn.ReLU(), conv, norm])
    else:
        setattr(block, name, nn.Sequential(conv, norm))


def cifar_stem(*names):
    return dict(zip(names, [nn.Conv2d(3, 4, 3, 1, 1, bias=False), nn.BatchNorm2d(4)]))


class D2L(nn.Module):
    """A block of "Dive into Deep Learning"."""

    def __init__(self, i, o, stride):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(i, o, 3, stride, 1), nn.Conv2d(o, o, 3, 1, 1)
        if stride != 1:
            self.conv3 = nn.Conv2d(i, o, 1, stride)
        self.bn1, self.bn2 = nn.BatchNorm2d(o), nn.BatchNorm2d(o)

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + (self.conv3(x) if hasattr(self, 'conv3') else x))


def d2l(stages, last):
    net = nn.Sequential()
    net.add_module('0', nn.Sequential(nn.Conv2d(3, 4, 7, 2, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(3, 2, 1)))
    i = 4
    for name, o in zip(stages, (4, 8, 8, 16)):
        net.add_module(name, nn.Sequential(D2L(i, o, 1 + (o != i)), D2L(o, o, 1)))
        i = o
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(i, 5)]
    if last == 'last':
        net.add_module(last, nn.Sequential(*head))
    else:
        for k, module in enumerate(head):
            net.add_module(str(5 + k), module)
    return net


def net_cfg(deep):
    return {'input_size': (3, 32, 32), 'mean': (0.5, 0.4, 0.3), 'std': (0.2, 0.3, 0.4), 'num_classes': 5, 'interpolation': 'bicubic', 'crop_pct': 1.0,
            'first_conv': 'conv1.0' if deep else 'conv1', 'classifier': 'fc'}


def main():
    torch.manual_seed(0)
    torch.set_num_threads(1)
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir()
    expected = {}

    def save(name, net, state=None, channels=3, features=True, output=True, size=SIZE):
        if callable(state):
            state(OUT / name)
        elif name.endswith('.safetensors'):
            save_file({k: v for k, v in (state or net.state_dict()).items() if 'num_batches' not in k}, OUT / name)
        else:
            torch.save(state, OUT / name)
        with torch.no_grad():
            x = picture(channels, size)
            f = net.features(x) if features is True else features(x)
            y = net(x) if output is True else None
        numbers = lambda t: [float(f'{v:.7g}') for v in t.flatten().tolist()]
        expected[name] = {'channels': channels, 'size': size, 'features': numbers(f)}
        if y is not None:
            expected[name]['logits'] = numbers(y)

    under = lambda prefix, net: {prefix + k: v for k, v in net.state_dict().items()}

    # Backbones without a classifier, by whom they were trained.
    bare = living(Small(fc=plain(nn.Identity)))
    save('identity.safetensors', bare, output=False)
    other = living(Small(fc=plain(nn.Identity)))
    moco = living(Small(fc=mlp(linear(6), plain(nn.ReLU), linear(3, 6))))
    key = living(Small(fc=mlp(linear(6), plain(nn.ReLU), linear(3, 6))))
    save('moco.pth.tar', moco, {'state_dict': {**under('module.encoder_q.', moco), **under('module.encoder_k.', key),
                                               'module.queue': torch.zeros(3, 8), 'module.queue_ptr': torch.zeros(1, dtype=torch.long)}})
    simsiam = living(Small(fc=mlp(linear(6, bias=False), plain(nn.BatchNorm1d, 6), plain(nn.ReLU), linear(6, 6), plain(nn.BatchNorm1d, 6, 1e-5, .1, False))))
    predictor = living(nn.Sequential(nn.Linear(6, 2, bias=False), nn.BatchNorm1d(2), nn.ReLU(), nn.Linear(2, 6)))
    save('simsiam.pth.tar', simsiam, {'state_dict': {**under('module.encoder.', simsiam), **under('module.predictor.', predictor)}}, output=False)
    head = living(nn.Sequential(nn.Linear(8, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 3)))
    save('swav.safetensors', bare, {**under('module.', bare), **under('module.projection_head.', head), 'module.prototypes.weight': torch.zeros(9, 3)}, output=False)
    dino = {**under('teacher.backbone.', bare), **under('teacher.head.mlp.', nn.Sequential(nn.Linear(8, 6), nn.GELU(), nn.Linear(6, 3))),
            'teacher.head.last_layer.weight_g': torch.ones(9, 1), 'teacher.head.last_layer.weight_v': torch.zeros(9, 3)}
    save('dino.safetensors', bare, dino, output=False)
    children = nn.Sequential(*list(bare.children())[:-1])
    save('children.safetensors', bare, {**under('backbone.', children), **under('projection_head.', head)}, output=False)
    byol = {**under('online_encoder.', bare), **under('target_encoder.', other), **under('predictor.', predictor)}
    save('byol.safetensors', bare, byol, output=False)
    net = living(timm.models.resnet.ResNet(timm.models.resnet.BasicBlock, [1, 1, 1, 1], channels=(4, 4, 8, 8), num_classes=0, stem_width=2, stem_type='deep'))
    net.pretrained_cfg = {'architecture': 'resnet_small', 'input_size': (3, 32, 32), 'mean': (0.5, 0.4, 0.3), 'std': (0.2, 0.3, 0.4), 'num_classes': 5,
                          'interpolation': 'bicubic', 'crop_pct': 1.0, 'first_conv': 'conv1.0', 'classifier': 'fc', 'label_names': ['a', 'b', 'c', 'd', 'e']}
    save('timm', net, lambda p: save_for_hf(net, p, model_config={'architecture': 'resnet_small', 'num_classes': 0}, safe_serialization=True), features=net, output=False)
    model = living(ResNetModel(ResNetConfig(embedding_size=4, hidden_sizes=[4, 8], depths=[1, 2], layer_type='basic')))
    save('transformers', model, model.save_pretrained, features=lambda x: model(x).pooler_output, output=False)

    # Classifiers.
    save('dropout.safetensors', living(Small(fc=mlp(plain(nn.Dropout), linear(5)))))
    save('no_bias.safetensors', living(Small(fc=linear(5, bias=False))))
    save('mlp.safetensors', living(Small(fc=mlp(linear(6), plain(nn.ReLU), plain(nn.Dropout), linear(5, 6)))))
    save('mlp3.safetensors', living(Small(fc=mlp(plain(nn.Dropout), linear(6, bias=False), plain(nn.ReLU), linear(7, 6, False), plain(nn.ReLU), linear(5, 7, False)))))
    save('norm_head.safetensors', living(Small(fc=mlp(linear(6), plain(nn.BatchNorm1d, 6), plain(nn.ReLU), linear(5, 6)))), output=False)
    save('two_linear.safetensors', living(Small(fc=mlp(linear(6), linear(5, 6)))), output=False)

    # Shortcuts and widths.
    save('projection3.safetensors', living(Small(planes=(4, 8, 8, 8), kernel=3)))
    save('projection5.safetensors', living(Small(Bottleneck, (2, 1), (4, 8), kernel=5)))
    save('constant.safetensors', living(Small(layers=(1, 2, 1), planes=(4, 4, 4))))

    # Networks of tutorials, by their names.
    block = named(('conv1', 'bn1'), ('conv2', 'bn2'), 'downsample', apart, kernel=3)
    save('conv_bn.safetensors', living(Other(cifar_stem('conv', 'bn'), 'layerN', block)))
    block = named('conv1', 'conv2', 'downsample', together, bias=True)
    stem = {'conv1': nn.Sequential(nn.Conv2d(3, 4, 7, 2, 3), nn.BatchNorm2d(4), nn.ReLU())}
    save('layer0.safetensors', living(Other(stem, 'layerN', block, first=0, pool=nn.MaxPool2d(3, 2, 1))))
    block = named(('conv_a', 'bn_a'), ('conv_b', 'bn_b'), 'downsample', apart)
    save('stage_n.safetensors', living(Other(cifar_stem('conv_1_3x3', 'bn_1'), 'stage_N', block, fc='classifier')))
    block = named(('conv_1', 'bn_1'), ('conv_2', 'bn_2'), 'shortcut', apart)
    save('conv_1.safetensors', living(Other(cifar_stem('conv_1', 'bn_1'), 'stage_N', block, fc='linear')))
    block = named(('conv1', 'bn1'), ('conv2', 'bn2'), 'short_cut', apart)
    save('stem.safetensors', living(Other({'stem': nn.Sequential(*cifar_stem('conv', 'bn').values(), nn.ReLU())}, 'stageN', block)))
    block = named('residual_function', 'residual_function', 'shortcut', in_one)
    stem = {'conv1': nn.Sequential(*cifar_stem('conv', 'bn').values(), nn.ReLU())}
    save('convn_x.safetensors', living(Other(stem, 'convN_x', block, first=2)))

    save('gray.safetensors', living(Small(channels=1)), channels=1)

    # A config says what the tensors do not: dilation in place of strides.
    args = {'output_stride': 8}
    net = living(timm.models.resnet.ResNet(timm.models.resnet.BasicBlock, [1, 2, 1, 2], channels=(4, 8, 8, 16), num_classes=5, **args))
    net.pretrained_cfg = {'architecture': 'resnet18', 'input_size': (3, 32, 32), 'mean': (0.5, 0.4, 0.3), 'std': (0.2, 0.3, 0.4), 'num_classes': 5,
                          'interpolation': 'bicubic', 'crop_pct': 1.0, 'first_conv': 'conv1', 'classifier': 'fc'}
    save('dilated', net, lambda p: save_for_hf(net, p, model_config={'architecture': 'resnet18', 'num_classes': 5}, model_args=args, safe_serialization=True),
         features=lambda x: net.global_pool(net.forward_features(x)))

    # A name says what the tensors do not: anti-aliasing.
    for name, aa, deep in ('resnetaa50', nn.AvgPool2d, False), ('resnetblur18', timm.layers.BlurPool2d, False), ('resnetaa34d', nn.AvgPool2d, True):
        block = timm.models.resnet.Bottleneck if name == 'resnetaa50' else timm.models.resnet.BasicBlock
        more = {'stem_width': 2, 'stem_type': 'deep', 'avg_down': True} if deep else {}
        net = living(timm.models.resnet.ResNet(block, [1, 2, 1, 1], channels=(4, 4, 8, 8), num_classes=5, aa_layer=aa, **more))
        net.pretrained_cfg = {**net_cfg(deep), 'architecture': name}
        write = lambda p: save_for_hf(net, p, model_config={'architecture': name, 'num_classes': 5}, safe_serialization=True)
        save(name, net, write, features=lambda x: net.global_pool(net.forward_features(x)), size=45 if aa is timm.layers.BlurPool2d else SIZE)
    save('resnetaa34d-bare.safetensors', net, features=lambda x: net.global_pool(net.forward_features(x)))

    # "Dive into Deep Learning": a Sequential of numbers, and of b2 to b5 in later editions; no norm behind a projection.
    for name, stages, last in ('d2l', '1234', 'numbers'), ('d2l_named', ('b2', 'b3', 'b4', 'b5'), 'last'):
        net = living(d2l(stages, last))
        save(name + '.safetensors', net, under('net.' if last == 'last' else '', net), features=lambda x: net[:5](x).mean((2, 3)))

    for path in OUT.rglob('*.safetensors'):
        path.chmod(0o644)
    (OUT / 'expected.json').write_text(json.dumps(expected, indent=1) + '\n')


if __name__ == '__main__':
    main()
