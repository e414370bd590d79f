#!/usr/bin/env bash
# A state dict has its tensors in the order of the network, and programs that carry weights from one implementation to another
# by that order are common. safetensors does not keep it: save_file sorts by the size of an element, then by name as text.
# There, bias stands before weight, block 10 before block 2, and all of float16 behind float32. In a residual network most
# tensors of a stage have one shape, so that a transfer by order succeeds, shapes and all, with the wrong tensors.
# Seen with safetensors 0.8.0.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m pip install -q --target "$work/site" safetensors==0.8.0 numpy==2.4.6
cd "$work"
PYTHONPATH=$work/site python3 - <<'END'
import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

# Twelve blocks of one shape, as in the third stage of a deep network: a batch norm each.
state = {f'layer3.{i}.bn1.{part}': np.full(64, i + shift, np.float32) for i in range(12) for part, shift in (('weight', 0.0), ('bias', 0.5))}
state['layer3.0.conv1.weight'] = np.zeros((4, 4, 1, 1), np.float16)
save_file(state, 'net.safetensors')
loaded = list(load_file('net.safetensors'))
with safe_open('net.safetensors', 'np') as f:
    opened = list(f.keys())
print('saved: ', list(state)[:4], '…')
print('loaded:', loaded[:6], '…', loaded[-1])
assert loaded == sorted(state, key=lambda name: (-state[name].itemsize, name)), 'the order is another now'
assert sorted(opened) == sorted(state)

norms = [name for name in state if 'bn1' in name]
by_order = dict(zip(norms, (load_file('net.safetensors')[name] for name in loaded if 'bn1' in name)))
swapped = [name for name in norms if not np.array_equal(by_order[name], state[name])]
print(f'taken by order: {len(swapped)} of {len(norms)} tensors are others, all of the right shape')
assert len(swapped) > len(norms) // 2 and all(by_order[name].shape == state[name].shape for name in norms)
END
