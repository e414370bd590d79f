"""Pillow's and torchvision's side of BenchmarkJPEGToTensor, on one thread: run both at the same time of day.

    python benchmark.py DIR/photos
"""

import glob
import io
import os
import sys
import time

import torch
import torchvision.transforms as T
from PIL import Image

torch.set_num_threads(1)
photos = [open(f, "rb").read() for f in sorted(glob.glob(os.path.join(sys.argv[1], "*.JPEG")))]
transform = T.Compose([T.Resize(256), T.CenterCrop(224), T.ToTensor(), T.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])
best = float("inf")
for _ in range(5):
    start = time.perf_counter()
    for data in photos:
        transform(Image.open(io.BytesIO(data)).convert("RGB"))
    best = min(best, time.perf_counter() - start)
print(f"{best * 1e6 / len(photos):.0f} µs a photo")
