#!/usr/bin/env bash
# PyTorch's float4_e2m1fn_x2 counts pairs: two numbers of four bits are one element. The header of a safetensors file counts
# the numbers, as type F4, so that a tensor of shape (2, 48) stands there as [2, 96] and is read back as (2, 48). Whoever
# compares the shapes of a header with those of a state dict has to halve the last dimension of this one type.
# Seen with torch 2.15.0, safetensors 0.8.0.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m pip install -q --target "$work/site" safetensors==0.8.0 torch==2.15.0 numpy
cd "$work"
PYTHONPATH=$work/site python3 - <<'END'
import json, struct, torch
from safetensors.torch import load_file, save_file

pairs = torch.arange(96, dtype=torch.uint8).reshape(2, 48).view(torch.float4_e2m1fn_x2)
save_file({'w': pairs}, 'w.safetensors')
with open('w.safetensors', 'rb') as f:
    header = json.loads(f.read(struct.unpack('<Q', f.read(8))[0]))['w']
back = tuple(load_file('w.safetensors')['w'].shape)
print(f'in torch {tuple(pairs.shape)}, in the header {header["dtype"]} {header["shape"]}, read back {back}')
assert header['dtype'] == 'F4' and header['shape'] == [2, 96] and back == (2, 48), 'the shapes have changed'
END
