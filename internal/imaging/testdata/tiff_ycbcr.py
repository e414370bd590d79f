"""Writes TIFFs of YCbCr that is compressed other than by JPEG: ycbcr_tiffs() gives (name, bytes). For matrix.py."""

import itertools

import numpy as np

import jpeg_encoder
from bmp_tiff import PACK, differences, tiff

rng = np.random.default_rng(29)
BT709 = [(2126, 10000), (7152, 10000), (722, 10000)]
STUDIO = [(16, 1), (235, 1), (128, 1), (240, 1), (128, 1), (240, 1)]
ODD_LUMA = [(3, 10), (6, 10), (1, 10)]
ODD_REFERENCE = [(15, 1), (15, 1), (100, 1), (200, 1), (257, 2), (25025, 100)]  # no range of luma, and fractions


def groups(y, cb, cr, across, down):
    """Luma of the pixels that share chroma, then that."""
    h, w = y.shape
    y = np.pad(y, ((0, -h % down), (0, -w % across)), "edge")
    return b"".join(
        y[r : r + down, c : c + across].tobytes() + bytes([cb[r // down, c // across], cr[r // down, c // across]])
        for r in range(0, h, down)
        for c in range(0, w, across)
    )


def picture(w, h, across, down):
    small = (-(-h // down), -(-w // across))
    return [rng.integers(0, 256, s, np.uint8) for s in ((h, w), small, small)]


def fields(w, h, compression, across, down, **more):
    f = {256: (3, [w]), 257: (3, [h]), 258: (3, [8] * 3), 259: (3, [compression]), 262: (3, [6]), 277: (3, [3]), 530: (3, [across, down])}
    return f | {int(k[1:]): v for k, v in more.items()}


def strips(w, h, compression, across, down, rows=None, order="II", **more):
    rows = rows or h
    pieces = [groups(*picture(w, min(rows, h - r), across, down), across, down) for r in range(0, h, rows)]
    return tiff(fields(w, h, compression, across, down, t278=(3, [rows]), **more), [PACK[compression](p) for p in pieces], order)


def tiles(w, h, compression, across, down, size=16, **more):
    count = -(-w // size) * -(-h // size)
    pieces = [groups(*picture(size, size, across, down), across, down) for _ in range(count)]
    f = fields(w, h, compression, across, down, t322=(3, [size]), t323=(3, [size]), **more)
    return tiff(f, [PACK[compression](p) for p in pieces], tiled=True)


def ycbcr_tiffs():
    compressions = itertools.cycle((5, 8, 32773, 32946))
    for across, down in itertools.product((1, 2, 4), repeat=2):
        for w, h in ((32, 16), (33, 17), (7, 9), (3, 3), (1, 1)):
            name = f"ycbcr-{across}x{down}-{w}x{h}"
            yield f"{name}", strips(w, h, next(compressions), across, down)
            yield f"{name}-strips", strips(w, h, next(compressions), across, down, 8)
            yield f"{name}-tiles", tiles(w, h, next(compressions), across, down)
    tags = {
        "bt709": {"t529": (5, BT709)}, "studio": {"t532": (5, STUDIO)}, "both": {"t529": (5, BT709), "t532": (5, STUDIO)},
        "odd-luma": {"t529": (5, ODD_LUMA)}, "odd-reference": {"t532": (5, ODD_REFERENCE)}, "no-sampling": {"t530": None},
        "floats": {"t529": (11, [0.2, 0.7, 0.1]), "t532": (11, [16.5, 235, 128, 240, 128, 240])}, "doubles": {"t529": (12, [0.2, 0.7, 0.1])},
        "shorts": {"t532": (3, [16, 235, 128, 240, 128, 240])}, "over-zero": {"t532": (5, [(0, 0), (255, 1), (128, 1), (255, 1), (128, 0), (255, 1)])},
        "one-sampling": {"t530": (3, [2])}, "two-luma": {"t529": (5, BT709[:2])}, "five-reference": {"t532": (5, STUDIO[:5])},
        "sampling-0": {"t530": (3, [0, 2])}, "sampling-3": {"t530": (3, [3, 1])}, "no-green": {"t529": (5, [(1, 2), (0, 1), (1, 2)])},
        "orientation-1": {"t274": (3, [1])},
    }
    for name, more in tags.items():
        yield f"ycbcr-tag-{name}", strips(21, 14, 5, 2, 2, **more)
    for o in range(2, 9):
        yield f"ycbcr-turned-{o}", strips(21, 14, 8, 1, 1, 6, t274=(3, [o]))
    yield "ycbcr-big-endian", strips(21, 14, 8, 2, 1, order="MM", t529=(5, BT709))
    yield "ycbcr-odd-strips", strips(20, 14, 8, 2, 2, 7)
    rows = [row.tobytes() for row in rng.integers(0, 256, (14, 63), np.uint8)]
    f = fields(21, 14, 8, 1, 1, t278=(3, [14]), t317=(3, [2]))
    yield "ycbcr-predictor", tiff(f, [PACK[8](b"".join(differences(rows, 8, 3, "II")))])
    yield "ycbcr-predictor-2x1", strips(20, 14, 8, 2, 1, t317=(3, [2]))
    for across in (1, 2):
        planes = [PACK[5](rng.integers(0, 256, 21 * 14, np.uint8).tobytes()) for _ in range(3)]
        yield f"ycbcr-planes-{across}", tiff(fields(21, 14, 5, across, 1, t278=(3, [14]), t284=(3, [2])), planes)
    streams = [jpeg_encoder.encode([rng.integers(0, 256, (16, 24), np.uint8)], [(1, 1)]) for _ in range(3)]
    for across in (1, 2):
        yield f"ycbcr-planes-jpeg-{across}", tiff(fields(24, 16, 7, across, 1, t278=(3, [16]), t284=(3, [2])), streams)
