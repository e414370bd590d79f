"""Writes resnet18_tiny.golden.json: PyTorch's logits of the built-in net for one picture that every program can make.

Run it in a virtual environment with torch, torchvision and safetensors, in this directory:
    python golden.py
"""
import json

import torch
from safetensors.torch import load_file
from train_tiny import net


def main():
    torch.set_num_threads(1)
    m = net().eval()
    weights = {k: v.float() for k, v in load_file('resnet18_tiny.safetensors').items()}
    missing, unexpected = m.load_state_dict(weights, strict=False)
    assert not unexpected and all(k.endswith('num_batches_tracked') for k in missing)
    i = torch.arange(3 * 64 * 64, dtype=torch.int64)
    x = ((i * 7919 % 4096).float() / 1024 - 2).view(1, 3, 64, 64)
    with torch.no_grad():
        logits = m(x)[0].tolist()
    with open('resnet18_tiny.golden.json', 'w') as f:
        json.dump({'torch': torch.__version__.split('+')[0], 'input': [1, 3, 64, 64], 'logits': [float(f'{v:.7g}') for v in logits]}, f)
        f.write('\n')


if __name__ == '__main__':
    main()
