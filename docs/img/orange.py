"""Draws orange.png: an orange on a table, lit from the upper left. Needs numpy and Pillow."""
import numpy as np
from PIL import Image

size = 128
y, x = np.mgrid[0:size, 0:size] + 0.5
random = np.random.default_rng(0)


def grain(cells, strength):
    """Smooth noise of so many cells a side."""
    noise = Image.fromarray(random.normal(0, 1, (cells, cells)).astype(np.float32)).resize((size, size), Image.BICUBIC)
    return strength * np.asarray(noise)[..., None]


light = np.array([-0.45, -0.6, 0.66])
wall, table = np.array([0.72, 0.74, 0.7]), np.array([0.5, 0.34, 0.2])
picture = np.where((y < 74)[..., None], wall + grain(5, 0.02), table + grain(9, 0.03) + 0.03 * np.sin(y * 1.3 + np.sin(x / 17))[..., None])
cx, cy, r = 66, 68, 40
shadow = np.exp(-(((x - 80) / 52) ** 2 + ((y - 106) / 12) ** 2) ** 2)[..., None]
picture = picture * (1 - 0.6 * shadow)
nx, ny = (x - cx) / r, (y - cy) / r
inside = nx**2 + ny**2
nz = np.sqrt(np.clip(1 - inside, 0, 1))
shade = np.clip(nx * light[0] + ny * light[1] + nz * light[2], 0, 1)
half = np.clip(nx * -0.28 + ny * -0.37 + nz * 0.885, 0, 1) ** 40
peel = np.array([0.98, 0.55, 0.06]) * (0.25 + 0.8 * shade[..., None] * (1 + grain(64, 0.06))) + 0.35 * half[..., None]
edge = np.clip((1 - np.sqrt(inside)) * r, 0, 1)[..., None]
picture = picture * (1 - edge) + peel * edge
picture += random.normal(0, 0.012, picture.shape)
Image.fromarray((np.clip(picture, 0, 1) * 255).round().astype(np.uint8)).save("orange.png", optimize=True)
