"""Trains the built-in net: a ResNet-18 of half width on Tiny ImageNet (200 classes, 64x64).

usage: train_tiny.py TINY_IMAGENET_DIR OUT.pt MINUTES
Progressive resizing, bf16 autocast, SGD with a one-cycle schedule over the given time, EMA weights.
"""
import glob
import os
import sys
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from PIL import Image
from torchvision.models.resnet import ResNet, BasicBlock

MEAN = torch.tensor([.485, .456, .406]).view(1, 3, 1, 1)
STD = torch.tensor([.229, .224, .225]).view(1, 3, 1, 1)
# (share of the time, picture size from there on)
PHASES = [(0, 40), (.22, 48), (.40, 64)]
BATCH, PEAK_LR, WARM_UP, WD = 128, 0.3, .12, 1e-4


def net(width=32, classes=200):
    m = ResNet(BasicBlock, [2, 2, 2, 2], num_classes=classes)
    m.inplanes = width
    m.conv1 = nn.Conv2d(3, width, 3, 2, 1, bias=False)
    m.bn1 = nn.BatchNorm2d(width)
    m.maxpool = nn.Identity()
    m.layer1 = m._make_layer(BasicBlock, width, 2)
    m.layer2 = m._make_layer(BasicBlock, 2 * width, 2, stride=2)
    m.layer3 = m._make_layer(BasicBlock, 4 * width, 2, stride=2)
    m.layer4 = m._make_layer(BasicBlock, 8 * width, 2, stride=2)
    m.fc = nn.Linear(8 * width, classes)
    for mod in m.modules():
        if isinstance(mod, nn.Conv2d):
            nn.init.kaiming_normal_(mod.weight, mode='fan_out', nonlinearity='relu')
    return m


def load(root, split):
    cache = f'{root}/{split}.pt'
    if os.path.exists(cache):
        return torch.load(cache)
    wnids = sorted(open(f'{root}/wnids.txt').read().split())
    index = {w: i for i, w in enumerate(wnids)}
    if split == 'train':
        files = [(f, index[w]) for w in wnids for f in sorted(glob.glob(f'{root}/train/{w}/images/*.JPEG'))]
    else:
        rows = [l.split('\t') for l in open(f'{root}/val/val_annotations.txt')]
        files = [(f'{root}/val/images/{r[0]}', index[r[1]]) for r in rows]
    x = np.zeros((len(files), 64, 64, 3), np.uint8)
    for i, (f, _) in enumerate(files):
        x[i] = np.asarray(Image.open(f).convert('RGB'))
    data = torch.from_numpy(x).permute(0, 3, 1, 2).contiguous(), torch.tensor([y for _, y in files])
    torch.save(data, cache)
    return data


def augment(x, size):
    out = []
    for part in x.split(16):
        s = np.random.uniform(0.55, 1.0) ** 0.5
        ar = np.exp(np.random.uniform(-0.2, 0.2))
        h, w = int(min(64, 64 * s * ar)), int(min(64, 64 * s / ar))
        t, l = np.random.randint(0, 65 - h), np.random.randint(0, 65 - w)
        p = part[:, :, t:t + h, l:l + w].float()
        p = F.interpolate(p, (size, size), mode='bilinear', antialias=True, align_corners=False)
        flip = torch.rand(len(p)) < .5
        p[flip] = p[flip].flip(-1)
        out.append(p)
    x = (torch.cat(out) / 255 - MEAN) / STD
    return x.to(memory_format=torch.channels_last)


@torch.no_grad()
def accuracy(m, x, y):
    m.eval()
    top1 = top5 = 0
    for i in range(0, len(x), 250):
        o = m(((x[i:i + 250].float() / 255 - MEAN) / STD).to(memory_format=torch.channels_last))
        t = o.topk(5).indices == y[i:i + 250, None]
        top1 += t[:, 0].sum().item()
        top5 += t.any(1).sum().item()
    m.train()
    return top1 / len(x), top5 / len(x)


def learning_rate(done):
    """One cycle: linear up to PEAK_LR over WARM_UP of the time, then a cosine to almost nothing."""
    if done < WARM_UP:
        return PEAK_LR * (.04 + .96 * done / WARM_UP)
    return PEAK_LR * (1e-3 + .5 * (1 + np.cos(np.pi * min(1, (done - WARM_UP) / (1 - WARM_UP)))))


def main(root, out, minutes):
    torch.manual_seed(0)
    np.random.seed(0)
    torch.set_num_threads(2)
    x, y = load(root, 'train')
    vx, vy = load(root, 'val')
    m = net().to(memory_format=torch.channels_last)
    decay = [p for p in m.parameters() if p.ndim > 1]
    rest = [p for p in m.parameters() if p.ndim <= 1]
    opt = torch.optim.SGD([{'params': decay, 'weight_decay': WD}, {'params': rest, 'weight_decay': 0}], lr=PEAK_LR, momentum=.9, nesterov=True)
    ema = torch.optim.swa_utils.AveragedModel(m, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(.999), use_buffers=True)
    steps_per, budget = len(x) // BATCH, 60 * float(minutes)
    step = epoch = 0
    done = spent = 0.
    seen = {}
    while done < 1:
        perm = torch.randperm(len(x))
        loss_sum = n = 0
        for b in range(steps_per):
            t = time.time()
            size = [s for start, s in PHASES if done >= start][-1]
            seen[size] = seen.get(size, 0) + BATCH
            for g in opt.param_groups:
                g['lr'] = learning_rate(done)
            idx = perm[b * BATCH:(b + 1) * BATCH]
            with torch.autocast('cpu', torch.bfloat16):
                o = m(augment(x[idx], size))
            loss = F.cross_entropy(o.float(), y[idx], label_smoothing=.1)
            opt.zero_grad(set_to_none=True)
            loss.backward()
            opt.step()
            step += 1
            if step % 4 == 0:
                ema.update_parameters(m)
            loss_sum += loss.item()
            n += 1
            spent += time.time() - t
            done = spent / budget
            if done >= 1:
                break
        epoch += 1
        msg = f'epoch {epoch} size {size} loss {loss_sum / n:.3f} {spent / 60:.1f} min'
        if size == 64 or epoch % 4 == 0:
            msg += f' val {accuracy(m, vx[:5000], vy[:5000])} ema {accuracy(ema.module, vx[:5000], vy[:5000])}'
        print(msg, flush=True)
        torch.save({'model': m.state_dict(), 'ema': ema.module.state_dict(), 'epoch': epoch}, out)
    print('final', accuracy(m, vx, vy), 'ema', accuracy(ema.module, vx, vy))
    print('epochs at each size', {s: round(v / len(x), 1) for s, v in seen.items()})


if __name__ == '__main__':
    main(*sys.argv[1:])
