"""Write downloads.json: what PyTorch and safetensors read from real checkpoints, as digests.

    RESNET_TESTDATA=/directory/with/checkpoints/and/weights venv/bin/python digest_downloads.py

The digest is the SHA-256 of all tensors, in the order of their names, each its name, a line feed, its values as float32.
"""

import hashlib
import json
import os
import pathlib

import safetensors.torch
import torch

from make_fixtures import HERE, flatten

FILES = [
    "checkpoints/resnet20-12fca82f.th",
    "checkpoints/resnet56-4bfd9763.th",
    "checkpoints/resnet14-cifar10-zip.pth",
    "weights/resnet18-imagenet-fp16.safetensors",
    "weights/resnet18_tiny.safetensors",
]


def main():
    root = pathlib.Path(os.environ["RESNET_TESTDATA"])
    out = {}
    for file in FILES:
        load = safetensors.torch.load_file if file.endswith(".safetensors") else lambda p: torch.load(p, map_location="cpu", weights_only=True)
        tensors = dict(flatten(load(root / file)))
        digest = hashlib.sha256()
        for name in sorted(tensors):
            digest.update(name.encode() + b"\n" + tensors[name].float().contiguous().numpy().tobytes())
        out[file] = {"tensors": len(tensors), "sha256": digest.hexdigest()}
    (HERE / "downloads.json").write_text(json.dumps(out, indent=1) + "\n")


if __name__ == "__main__":
    main()
