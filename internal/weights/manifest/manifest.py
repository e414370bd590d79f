"""Writes manifest.json: the sets of trained weights that can be pulled by name.

Addresses, preprocessing, licences and torchvision's accuracies come from torchvision and timm themselves. Run it in a virtual
environment that has both:
    python internal/weights/manifest/manifest.py
"""
import hashlib
import json
import math
import pathlib
import re

import timm
import torchvision

# The ten archs of torchvision, and one of timm's.
ARCHS = ['resnet18', 'resnet34', 'resnet50', 'resnet101', 'resnet152', 'resnext50_32x4d', 'resnext101_32x8d', 'resnext101_64x4d',
         'wide_resnet50_2', 'wide_resnet101_2', 'resnet50d']

# timm's best known sets, with top-1, top-5 and the image size that they were measured at (timm's results/results-imagenet.csv).
TIMM = {
    'resnet18.a1_in1k': (73.158, 91.026, 288),
    'resnet18.fb_swsl_ig1b_ft_in1k': (73.282, 91.732, 224),
    'resnet34.a1_in1k': (77.918, 93.766, 288),
    'resnet50.a1_in1k': (81.214, 95.102, 288),
    'resnet50.a1h_in1k': (80.676, 95.306, 224),
    'resnet50.d_in1k': (80.972, 95.430, 288),
    'resnet50.ra_in1k': (79.836, 94.966, 288),
    'resnet50.fb_swsl_ig1b_ft_in1k': (81.182, 95.992, 224),
    'resnet50.gluon_in1k': (77.580, 93.718, 224),
    'resnet101.a1h_in1k': (82.778, 96.310, 288),
    'resnet152.a1h_in1k': (83.450, 96.538, 288),
    'resnext50_32x4d.a1h_in1k': (82.014, 95.934, 288),
    'resnext50_32x4d.fb_swsl_ig1b_ft_in1k': (82.174, 96.222, 224),
    'resnext101_32x8d.fb_swsl_ig1b_ft_in1k': (84.302, 97.176, 224),
    'resnext101_64x4d.c1_in1k': (83.156, 96.374, 288),
    'wide_resnet50_2.racm_in1k': (82.280, 96.064, 288),
    'resnet50d.ra2_in1k': (81.356, 95.738, 288),
    'resnet50d.a1_in1k': (81.450, 95.218, 288),
    'resnet50d.gluon_in1k': (79.078, 94.468, 224),
}

# Whole digests that several people have published independently of each other. Of the others the file's name has the first
# eight digits.
SHA256 = {
    'resnet18.tv_in1k': 'f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec',
    'resnet34.tv_in1k': 'b627a593bcbe140c234610266fe4f8ae95ea42fc881d091c9b6052e6b1d0590f',
    'resnet50.tv_in1k': '0676ba61b6795bbe1773cffd859882e5e297624d384b6993f7c9e683e722fb8a',
    'resnet50.tv2_in1k': '11ad3fa62ca79e40addfd354a8ec4b7c75143b3038b8d2a807fbc68deab379ca',
    'resnet101.tv_in1k': '63fe2227b86e8f1f2063f43a75c84d195911b6a0eace650907dd3dc62dd49a0a',
    'resnet101.tv2_in1k': 'cd907fc2a0de2292b2ba2b27d2216bc672d84632d1cf20058d01c0c03b5e020e',
    'resnet152.tv_in1k': '394f9c45966e3651a89bbb78a48410a6755854ce4a5ab64927cf1c7247f85e58',
    'wide_resnet50_2.tv_in1k': '95faca4d11227dddf8633dbb5ff6c8a9003c1aa5b8945c73834b8007b10950b8',
}
SIZE = {'resnet18.tv_in1k': 46830571, 'resnet50.tv_in1k': 102530333, 'resnet50.tv2_in1k': 102540417}

SPDX = {'apache-2.0': 'Apache-2.0', 'cc-by-nc-4.0': 'CC-BY-NC-4.0'}


BUILTIN = pathlib.Path(__file__).parent.parent / 'builtin'


def tiny():
    return {
        'name': 'resnet18_tiny', 'arch': 'resnet18_tiny', 'source': 'built in', 'license': 'Apache-2.0',
        'sha256': '41bc6597155d10ed19eda49b0bea18f3e3294666b63309eb568645227b38f66a', 'size': 5711384,
        'top1': 55.06, 'top5': 79.49, 'measured_at': 64, 'labels': 'tiny_imagenet',
        'preprocess': {'resize': 73, 'crop': 64, 'interpolation': 'bilinear', 'mean': [0.485, 0.456, 0.406], 'std': [0.229, 0.224, 0.225]},
    }


def of_cifar10(name, accuracy):
    """A set that tools/cifar-sets has made; what it was prepared with stands in the file."""
    data = (BUILTIN / f'{name}.safetensors').read_bytes()
    metadata = json.loads(data[8:8 + int.from_bytes(data[:8], 'little')])['__metadata__']
    return {
        'name': name, 'arch': name, 'source': 'built in', 'license': 'Apache-2.0',
        'sha256': hashlib.sha256(data).hexdigest(), 'size': len(data),
        'top1': accuracy['top1'], 'top5': accuracy['top5'], 'measured_at': 32, 'labels': 'cifar10',
        'preprocess': json.loads(metadata['resnet.preprocess']),
    }


def digest(name, url):
    """The whole digest where it is known, else what the file's name has of it."""
    if name in SHA256:
        return {'sha256': SHA256[name]}
    found = re.search(r'-([0-9a-f]{8})\.pth$', url)
    return {'sha256_prefix': found[1]} if found else {}


def of_torchvision(arch, weights, default):
    version = weights.name.removeprefix('IMAGENET1K_')
    name = arch + {'V1': '.tv_in1k', 'V2': '.tv2_in1k'}[version]
    t, accuracy = weights.transforms(), weights.meta['_metrics']['ImageNet-1K']
    aliases = [f'{arch}.{weights.name}']
    if weights is default:
        aliases += [f'{arch}.DEFAULT', arch]
    entry = {
        'name': name, 'arch': arch, 'source': 'torchvision', 'license': 'BSD-3-Clause', 'aliases': aliases, 'url': weights.url,
        **digest(name, weights.url),
    }
    if name in SIZE:
        entry['size'] = SIZE[name]
    else:
        entry['size_mib'] = weights.meta['_file_size']
    return entry | {
        'top1': accuracy['acc@1'], 'top5': accuracy['acc@5'], 'measured_at': t.crop_size[0], 'labels': 'imagenet',
        'preprocess': {'resize': t.resize_size[0], 'crop': t.crop_size[0], 'interpolation': t.interpolation.value, 'mean': t.mean, 'std': t.std},
    }


def of_timm(name):
    """timm's own preprocessing for inference: the size it was trained at (timm.data.resolve_data_config)."""
    cfg = timm.get_pretrained_cfg(name)
    url = cfg.url
    if not re.search(r'-[0-9a-f]{8}\.pth$', url) or 'fbaipublicfiles' in url:
        url = f'https://huggingface.co/timm/{name}/resolve/main/model.safetensors'
    top1, top5, at = TIMM[name]
    size = cfg.input_size[-1]
    arch = name.split('.')[0]
    entry = {'name': name, 'arch': arch, 'source': 'timm', 'license': SPDX[cfg.license]}
    if arch == 'resnet50d' and timm.get_pretrained_cfg(arch).tag == name.split('.')[1]:
        entry['aliases'] = [arch]
    return entry | {
        'url': url, **digest(name, url),
        'top1': top1, 'top5': top5, 'measured_at': at, 'labels': 'imagenet',
        'preprocess': {'resize': math.floor(size / cfg.crop_pct), 'crop': size, 'interpolation': cfg.interpolation,
                       'mean': list(cfg.mean), 'std': list(cfg.std)},
    }


def main():
    sets = [tiny()] + [of_cifar10(*item) for item in json.loads((BUILTIN / 'cifar10.json').read_text()).items()]
    for arch in ARCHS:
        if arch in torchvision.models.list_models():
            enum = torchvision.models.get_model_weights(arch)
            sets += [of_torchvision(arch, w, enum.DEFAULT) for w in enum]
        sets += [of_timm(name) for name in TIMM if name.split('.')[0] == arch]
    lines = ',\n'.join('  ' + json.dumps(s) for s in sets)
    pathlib.Path(__file__).with_name('manifest.json').write_text(f'{{"sets": [\n{lines}\n]}}\n')


if __name__ == '__main__':
    main()
