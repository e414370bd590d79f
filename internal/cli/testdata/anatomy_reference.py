"""What PyTorch's hooks see in the blocks of a ResNet-18 on one photo, and what it predicts without each residual branch.

usage: anatomy_reference.py DATA_DIR OUT.json
DATA_DIR holds weights/resnet18-imagenet-fp16.safetensors and photos/. Needs torch, torchvision, safetensors and Pillow.
"""
import json, sys

import torch
from PIL import Image
from safetensors.torch import load_file
from torchvision import transforms as T
from torchvision.models import resnet18

data, out = sys.argv[1], sys.argv[2]
photo = 'n02009912_American_egret.JPEG'
net = resnet18().eval()
state = load_file(f'{data}/weights/resnet18-imagenet-fp16.safetensors')
net.load_state_dict({k: v.float() for k, v in state.items()}, strict=False)
prepare = T.Compose([T.Resize(256), T.CenterCrop(224), T.ToTensor(), T.Normalize([.485, .456, .406], [.229, .224, .225])])
x = prepare(Image.open(f'{data}/photos/{photo}').convert('RGB'))[None]
blocks = {n: m for n, m in net.named_modules() if type(m).__name__ == 'BasicBlock'}
seen, removers = {}, []
for name, module in net.named_modules():
    def keep(module, args, y, name=name):
        seen[name] = y.detach().double().clone()
    removers.append(module.register_forward_hook(keep))
    def before(module, args, name=name):
        seen[name + ' in'] = args[0].detach().double().clone()
    removers.append(module.register_forward_pre_hook(before))
with torch.no_grad():
    whole = net(x)[0].double().softmax(0)
values = []
for name in blocks:
    f, y = seen[name + '.bn2'], seen[name]
    s = seen.get(name + '.downsample', seen[name + ' in'])
    values.append({
        'path': name, 'residual_norm': f.norm().item(), 'input_norm': s.norm().item(), 'ratio': (f.norm() / s.norm()).item(),
        'cosine': torch.cosine_similarity(s.flatten(), y.flatten(), dim=0).item(), 'zeros': (y == 0).double().mean().item(),
        'silent_channels': (y == 0).all(-1).all(-1).sum().item(), 'std': [seen[f'{name}.{bn}'].std().item() for bn in ('bn1', 'bn2')],
    })
for remove in removers:
    remove.remove()
kept = whole.argmax().item()
ablations = []
for name, block in blocks.items():
    remove = block.bn2.register_forward_hook(lambda module, args, y: torch.zeros_like(y))
    with torch.no_grad():
        p = net(x)[0].double().softmax(0)
    remove.remove()
    ablations.append({
        'without': [name], 'index': p.argmax().item(), 'probability': p.max().item(), 'kept_probability': p[kept].item(),
        'kept_rank': (p > p[kept]).sum().item() + 1, 'divergence_bits': (whole * (whole / p).log2()).sum().item(),
    })
with open(out, 'w') as f:
    json.dump({'photo': photo, 'blocks': values, 'ablations': ablations}, f, indent=1)
    f.write('\n')
