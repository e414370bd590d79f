#!/usr/bin/env bash
# Files of weights are compared, cached and pinned by their digests. safetensors' save_file gives another file each time where the
# metadata has more than one entry: the entries stand in the order of a hash map, which is drawn anew for each call. The tensors
# are the same, the digest is not. With one entry, or none, the same input gives the same bytes.
# Seen with safetensors 0.8.0.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m pip install -q --target "$work/site" safetensors==0.8.0 numpy==2.4.6
cd "$work"
PYTHONPATH=$work/site python3 - <<'END'
import hashlib
import numpy as np
from safetensors.numpy import save_file

def digests(metadata, times=64):
    found = set()
    for _ in range(times):
        save_file({'weight': np.zeros(2, np.float32)}, 'net.safetensors', metadata)
        found.add(hashlib.sha256(open('net.safetensors', 'rb').read()).hexdigest())
    return len(found)

one, three = digests({'format': 'np'}), digests({'format': 'np', 'network': 'resnet20', 'license': 'MIT'})
print(f'one entry: {one} digest of 64 files; three entries: {three} digests of 64 files')
assert one == 1
assert three > 1, 'the order is the same each time now'
END
