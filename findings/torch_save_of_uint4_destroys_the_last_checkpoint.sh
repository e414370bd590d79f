#!/usr/bin/env bash
# torch has the types uint1 to uint7 and int1 to int7, and makes tensors of them, but torch.save has no word for them. It finds
# out after it has opened the file: the exception leaves a zip archive without its pickle where the checkpoint of the step
# before was. safetensors' save_file does not know the types either, and leaves the file that was there as it is.
# Seen with torch 2.15.0, safetensors 0.8.0.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m pip install -q --target "$work/site" safetensors==0.8.0 torch==2.15.0 numpy
cd "$work"
PYTHONPATH=$work/site python3 - <<'END'
import torch
from safetensors.torch import load_file, save_file

good, new = {'w': torch.ones(4)}, {'w': torch.empty(4, dtype=torch.uint4)}


def kept(save, load, name):
    save(good, name)
    try:
        save(new, name)
        raise SystemExit(f'{name}: uint4 can be saved now')
    except KeyError as error:
        print(f'{name}: {error!r}')
    try:
        return bool((load(name)['w'] == good['w']).all())
    except RuntimeError as error:
        print(f'{name}: {str(error).splitlines()[0][:90]}')
        return False


pickled = kept(torch.save, torch.load, 'w.pth')
tensors = kept(save_file, load_file, 'w.safetensors')
print(f'the checkpoint from before is still there: torch.save {pickled}, save_file {tensors}')
assert not pickled and tensors, 'this has changed'
END
