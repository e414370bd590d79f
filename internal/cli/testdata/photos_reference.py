"""What PyTorch says of a folder of photos: the five best classes of a ResNet-18, with torchvision's PIL preprocessing.

usage: photos_reference.py DATA_DIR OUT.json [PNG_DIR]
DATA_DIR holds weights/resnet18-imagenet-fp16.safetensors and photos/. PNG_DIR receives each photo's decoded pixels.
Needs torch, torchvision, safetensors and Pillow.
"""
import json, os, sys

import torch
from PIL import Image
from safetensors.torch import load_file
from torchvision import transforms as T
from torchvision.models import resnet18

data, out = sys.argv[1], sys.argv[2]
pngs = sys.argv[3] if len(sys.argv) > 3 else None
net = resnet18().eval()
state = load_file(f'{data}/weights/resnet18-imagenet-fp16.safetensors')
net.load_state_dict({k: v.float() for k, v in state.items()}, strict=False)
prepare = T.Compose([T.Resize(256), T.CenterCrop(224), T.ToTensor(), T.Normalize([.485, .456, .406], [.229, .224, .225])])
result = {}
for name in sorted(os.listdir(f'{data}/photos')):
    if name.endswith('.json'):
        continue
    image = Image.open(f'{data}/photos/{name}').convert('RGB')
    if pngs:
        image.save(f'{pngs}/{os.path.splitext(name)[0]}.png')
    with torch.no_grad():
        logits = net(prepare(image)[None])[0]
    top = logits.topk(5)
    result[name] = {'top5': top.indices.tolist(), 'logits': [round(v, 4) for v in top.values.tolist()]}
with open(out, 'w') as f:
    f.write('{\n' + ',\n'.join(f'"{k}": {json.dumps(v)}' for k, v in result.items()) + '\n}\n')
