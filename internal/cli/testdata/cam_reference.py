"""Class activation maps of a few photos by PyTorch: the classifier's weights over the last map of a ResNet-18.

usage: cam_reference.py DATA_DIR OUT.json
DATA_DIR holds weights/resnet18-imagenet-fp16.safetensors and photos/. Needs torch, torchvision, safetensors and Pillow.
"""
import json, os, sys

import torch
from PIL import Image
from safetensors.torch import load_file
from torchvision import transforms as T
from torchvision.models import resnet18

data, out = sys.argv[1], sys.argv[2]
net = resnet18().eval()
state = load_file(f'{data}/weights/resnet18-imagenet-fp16.safetensors')
net.load_state_dict({k: v.float() for k, v in state.items()}, strict=False)
seen = {}
for name in ('layer3', 'layer4'):
    getattr(net, name).register_forward_hook(lambda module, args, y, name=name: seen.__setitem__(name, y.clone()))
prepare = T.Compose([T.Resize(256), T.CenterCrop(224), T.ToTensor(), T.Normalize([.485, .456, .406], [.229, .224, .225])])
result = {}
for name in sorted(n for n in os.listdir(f'{data}/photos') if not n.endswith('.json'))[::40]:
    with torch.no_grad():
        logits = net(prepare(Image.open(f'{data}/photos/{name}').convert('RGB'))[None])[0]
        top = logits.argmax().item()
        cam = torch.einsum('c,chw->hw', net.fc.weight[top], seen['layer4'][0])
        strength = seen['layer3'][0].square().mean(0).sqrt()
    flat = lambda m: [round(v, 4) for v in m.flatten().tolist()]
    result[name] = {'class': top, 'cam': flat(cam), 'layer3': flat(strength[::5, ::5])}
with open(out, 'w') as f:
    f.write('{\n' + ',\n'.join(f'"{k}": {json.dumps(v)}' for k, v in result.items()) + '\n}\n')
