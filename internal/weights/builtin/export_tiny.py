"""Exports the built-in net: float16 safetensors with torchvision's names, labels with their WordNet ids, and the accuracy of
several ways to preprocess a full-size photo.

usage: export_tiny.py TINY_IMAGENET_DIR IN.pt OUT_DIR [PHOTO_DIR]     PHOTO_DIR: photos named nXXXXXXXX_*.JPEG
"""
import glob
import os
import sys

import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torchvision import transforms as T
from train_tiny import MEAN, STD, accuracy, load, net

MEAN3, STD3 = MEAN.flatten().tolist(), STD.flatten().tolist()


@torch.no_grad()
def photo_accuracy(m, files, index, resize, crop):
    prep = T.Compose([T.Resize(resize), T.CenterCrop(crop), T.ToTensor(), T.Normalize(MEAN3, STD3)])
    m.eval()
    top1 = top5 = 0
    for f in files:
        t = m(prep(Image.open(f).convert('RGB'))[None])[0].topk(5).indices.tolist()
        y = index[os.path.basename(f).split('_')[0]]
        top1 += t[0] == y
        top5 += y in t
    return 100 * top1 / len(files), 100 * top5 / len(files)


def main(root, source, out, photos=None):
    torch.set_num_threads(2)
    wnids = sorted(open(f'{root}/wnids.txt').read().split())
    index = {w: i for i, w in enumerate(wnids)}
    words = dict(l.rstrip('\n').split('\t') for l in open(f'{root}/words.txt'))
    labels = [words[w].split(',')[0].strip() for w in wnids]
    for name in {l for l in labels if labels.count(l) > 1}:
        for i, w in enumerate(wnids):
            if labels[i] == name:
                labels[i] = ', '.join(s.strip() for s in words[w].split(',')[:2])
    assert len(set(labels)) == len(labels), 'labels must be distinct'
    vx, vy = load(root, 'val')
    saved = torch.load(source)
    m = net()
    scores = {}
    for k in ('model', 'ema'):
        m.load_state_dict(saved[k])
        scores[k] = accuracy(m, vx, vy)
    best = max(scores, key=scores.get)
    print(scores, 'takes', best)
    sd = {k: v.half().contiguous() for k, v in saved[best].items() if v.is_floating_point()}
    save_file(sd, f'{out}/resnet18_tiny.safetensors', metadata={'format': 'pt'})
    for name, lines in ('tiny_imagenet.txt', labels), ('tiny_imagenet.wnids.txt', wnids):
        with open(f'{out}/{name}', 'w') as f:
            f.write('\n'.join(lines) + '\n')
    m.load_state_dict({k: v.float() for k, v in load_file(f'{out}/resnet18_tiny.safetensors').items()}, strict=False)
    top1, top5 = accuracy(m, vx, vy)
    print(f'fp16 on the 10,000 validation pictures: {100 * top1:.2f} / {100 * top5:.2f}')
    if photos:
        files = [f for f in sorted(glob.glob(f'{photos}/*.JPEG')) if os.path.basename(f).split('_')[0] in index]
        for resize, crop in [(64, 64), (68, 64), (73, 64), (80, 64), (73, 72), (80, 72), (88, 80), (96, 96)]:
            print(len(files), 'photos', resize, crop, '%.1f / %.1f' % photo_accuracy(m, files, index, resize, crop))


if __name__ == '__main__':
    main(*sys.argv[1:])
