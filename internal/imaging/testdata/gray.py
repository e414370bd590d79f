"""Writes gray.json: what Pillow and torchvision make of the pictures of matrix.zip for a network of one channel, as the first
digits of the digest of the crop.

Run it in a virtual environment with Pillow and torchvision, after matrix.py:
    python internal/imaging/testdata/gray.py
"""
import hashlib
import io
import json
import os
import warnings
import zipfile

from PIL import Image
from torchvision.transforms import CenterCrop, Compose, Resize

HERE = os.path.dirname(os.path.abspath(__file__))


def main():
    warnings.simplefilter("ignore")
    prepare = Compose([Resize(40), CenterCrop(32)])
    digests = {}
    with zipfile.ZipFile(os.path.join(HERE, "matrix.zip")) as z:
        for name in sorted(z.namelist()):
            try:
                im = prepare(Image.open(io.BytesIO(z.read(name))).convert("L"))
            except Exception:  # as Pillow says in many ways that it does not read a file
                continue
            digests[name] = hashlib.sha256(im.tobytes()).hexdigest()[:16]
    with open(os.path.join(HERE, "gray.json"), "w") as f:
        json.dump(digests, f, indent=0)
        f.write("\n")


if __name__ == "__main__":
    main()
