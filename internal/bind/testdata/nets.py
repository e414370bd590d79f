"""Writes nets.txt.gz: the names and shapes of the tensors of networks as torchvision, timm and transformers build them; and
siblings.txt.gz: those of networks of other families.

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


# Other families, as they are named by torchvision and timm.
SIBLINGS = {
    torchvision.models.get_model: ['alexnet', 'vgg11', 'vgg16_bn', 'squeezenet1_1', 'densenet121', 'inception_v3', 'googlenet', 'shufflenet_v2_x0_5',
        'mobilenet_v2', 'mobilenet_v3_small', 'mnasnet0_5', 'efficientnet_b0', 'efficientnet_v2_s', 'regnet_x_400mf', 'regnet_y_400mf', 'vit_b_32', 'swin_t',
        'maxvit_t', 'convnext_tiny'],
    timm.create_model: ['mobilenetv2_100', 'regnety_002', 'senet154', 'legacy_senet154', 'ghostnet_050', 'darknet53', 'cspdarknet53', 'poolformer_s12', 'tresnet_m', 'edgenext_xx_small',
        'convnextv2_atto', 'inception_v4', 'selecsls42', 'dm_nfnet_f0', 'lcnet_050', 'mixer_s32_224'],
}


def main():
    nets, siblings = {}, {}
    with torch.device('meta'):
        for name in TORCHVISION:
            nets['torchvision_' + name] = torchvision.models.get_model(name, weights=None)
        for name in TIMM:
            nets['timm_' + name] = timm.create_model(name)
        for name, config in TRANSFORMERS.items():
            nets[name] = ResNetForImageClassification(config)
    for create, names in SIBLINGS.items():
        for name in names:
            siblings[create.__module__.split('.')[0] + '_' + name] = create(name)
    write('nets.txt.gz', nets)
    write('siblings.txt.gz', siblings)


def write(file, nets):
    lines = []
    for name, net in nets.items():
        lines.append(f'net {name}')
        for key, value in net.state_dict().items():
            lines.append(' '.join([key, *map(str, value.shape)]))
    text = ('\n'.join(lines) + '\n').encode()
    path = pathlib.Path(__file__).with_name(file)
    path.write_bytes(gzip.compress(text, 9, mtime=0))


if __name__ == '__main__':
    main()
