"""Writes nets.txt.gz: the names and shapes of the tensors of networks as torchvision, timm and transformers build them.

Run it in a virtual environment with torch, torchvision, timm and transformers:
    python internal/bind/testdata/nets.py
"""
import gzip
import pathlib

import timm
import torch
import torchvision
from transformers import ResNetConfig, ResNetForImageClassification

TORCHVISION = ['resnet18', 'resnet34', 'resnet50', 'resnet101', 'resnext50_32x4d', 'resnext101_64x4d', 'wide_resnet50_2']
TIMM = ['resnet50d', 'resnet26', 'resnet26t', 'resnet50c', 'resnet10t',
        'seresnet18', 'seresnet50', 'seresnext26d_32x4d', 'legacy_seresnet18', 'ecaresnet26t', 'resnest14d', 'res2net50_26w_4s',
        'resnetv2_50', 'skresnet18', 'resnet50_gn', 'nf_resnet26', 'resnet50_clip', 'cspresnet50', 'regnetx_002', 'densenet121',
        'vit_tiny_patch16_224', 'efficientnet_b0', 'convnext_atto', 'inception_v3', 'hrnet_w18_small', 'vgg11_bn']
TRANSFORMERS = {
    'transformers_resnet50': ResNetConfig(num_labels=1000),
    'transformers_small_basic': ResNetConfig(embedding_size=8, hidden_sizes=[8, 16, 32], depths=[1, 2, 1], layer_type='basic', num_labels=7),
    'transformers_small_bottleneck': ResNetConfig(embedding_size=8, hidden_sizes=[32, 64], depths=[2, 1], num_labels=5),
}


def main():
    nets = {}
    with torch.device('meta'):
        for name in TORCHVISION:
            nets['torchvision_' + name] = torchvision.models.get_model(name, weights=None)
        for name in TIMM:
            nets['timm_' + name] = timm.create_model(name)
        for name, config in TRANSFORMERS.items():
            nets[name] = ResNetForImageClassification(config)
    lines = []
    for name, net in nets.items():
        lines.append(f'net {name}')
        for key, value in net.state_dict().items():
            lines.append(' '.join([key, *map(str, value.shape)]))
    text = ('\n'.join(lines) + '\n').encode()
    path = pathlib.Path(__file__).with_name('nets.txt.gz')
    path.write_bytes(gzip.compress(text, 9, mtime=0))


if __name__ == '__main__':
    main()
