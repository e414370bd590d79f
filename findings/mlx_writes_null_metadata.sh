#!/usr/bin/env bash
# MLX writes "__metadata__": null into the header of a safetensors file that has no metadata, where the format's description
# knows a map of texts or no such key. safetensors' own library reads it; a reader that wants a map does not. The wheel
# `mlx` alone can't be imported on Linux; `mlx[cpu]` can.
# Seen with mlx 0.32.4, safetensors 0.8.0.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m pip install -q --target "$work/site" "mlx[cpu]==0.32.4" safetensors==0.8.0 numpy==2.4.6
cd "$work"
PYTHONPATH=$work/site python3 - <<'END'
import importlib.metadata, json, mlx.core as mx
from safetensors import safe_open

print('mlx', importlib.metadata.version('mlx'))
mx.save_safetensors('x.safetensors', {'a': mx.zeros((2,))})
head = open('x.safetensors', 'rb').read()
size = int.from_bytes(head[:8], 'little')
header = json.loads(head[8:8 + size])
print(header)
assert '__metadata__' in header and header['__metadata__'] is None, 'the header is another now'
with safe_open('x.safetensors', 'numpy') as f:
    print('safetensors reads', list(f.keys()), 'and metadata', f.metadata())
END
