"""Writes the fixtures of this package: matrix.zip (small pictures of every kind), matrix.json (what Pillow and torchvision
make of them) and resize.json (resizes of pictures that the test makes itself). In a throwaway venv:

    python -m venv venv && venv/bin/pip install Pillow==13.0.0 torchvision==0.29.2 numpy
    venv/bin/python matrix.py                # the fixtures
    venv/bin/python matrix.py --files DIR    # files.json: hashes of the real pictures below DIR, which stay there

A golden is the SHA-256 of the RGB bytes after convert("RGB"); "oriented" after exif_transpose; "crop" after torchvision's
Resize(256) and CenterCrop(224) on the PIL path (matrix: Resize(40), CenterCrop(32)). "refused" is what Pillow refuses.
"""

import argparse
import hashlib
import io
import json
import os
import random
import struct
import warnings
import zipfile
import zlib

import numpy as np
import torchvision.transforms as T
from PIL import Image, ImageOps, PngImagePlugin
from torchvision.transforms import InterpolationMode

import bmp_tiff
import jpeg_encoder
import tiff_codecs
import tiff_ycbcr

warnings.simplefilter("ignore")
HERE = os.path.dirname(os.path.abspath(__file__))
files = {}


def picture(w, h, seed=0):
    """Smooth colours, edges and noise."""
    rng = np.random.default_rng(seed * 1000003 + w * 1009 + h)
    y, x = np.mgrid[0:h, 0:w]
    a = np.stack([128 + 100 * np.sin(x / (3 + c) + seed) + 60 * np.cos(y / (2 + c)) for c in range(3)], axis=-1)
    a[(x - w / 2) ** 2 + (y - h / 3) ** 2 < (min(w, h) / 3) ** 2] = [230, 20, 60]
    a[y > h * 0.8] = [10, 240, 200]
    return Image.fromarray(np.clip(a + rng.normal(0, 12, a.shape), 0, 255).astype(np.uint8))


def save(name, im, fmt, **options):
    b = io.BytesIO()
    im.save(b, fmt, **options)
    files[name] = b.getvalue()


SIZES = [(1, 1), (2, 3), (3, 2), (4, 5), (5, 4), (8, 8), (7, 17), (17, 15), (16, 16), (33, 31), (48, 32), (50, 65), (1, 40), (40, 1)]


def jpegs():
    for i, (w, h) in enumerate(SIZES):
        for sampling in ("4:4:4", "4:2:2", "4:2:0"):
            for progressive in (False, True):
                name = f"jpeg/{sampling.replace(':', '')}-{'progressive' if progressive else 'baseline'}-{w}x{h}.jpg"
                save(name, picture(w, h, i), "JPEG", subsampling=sampling, progressive=progressive, quality=(30, 75, 92, 98)[i % 4], optimize=i % 2 == 0)
    im = picture(45, 37)
    for q in (1, 10, 50, 100):
        for progressive in (False, True):
            save(f"jpeg/q{q}{'p' if progressive else ''}.jpg", im, "JPEG", quality=q, progressive=progressive)
    for mode in ("L", "CMYK"):
        for progressive in (False, True):
            save(f"jpeg/{mode.lower()}{'p' if progressive else ''}.jpg", im.convert(mode), "JPEG", progressive=progressive)
    save("jpeg/rgb.jpg", im, "JPEG", keep_rgb=True, subsampling=0)
    for blocks in (1, 2, 5):
        save(f"jpeg/restart{blocks}.jpg", im, "JPEG", restart_marker_blocks=blocks)
        save(f"jpeg/restart{blocks}p.jpg", im, "JPEG", restart_marker_blocks=blocks, progressive=True)
    for o in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = o
        save(f"exif/{o}.jpg", picture(24, 17, o), "JPEG", exif=exif)
        save(f"exif/{o}.png", picture(13, 9, o), "PNG", exif=exif)
        save(f"exif/{o}.webp", picture(16, 9, o), "WEBP", exif=exif)
    xmp = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    save("exif/xmp.jpg", picture(24, 17), "JPEG", xmp=xmp)
    save("exif/xmp.webp", picture(24, 17), "WEBP", xmp=xmp)


def ycc(w, h, seed=0):
    return [np.asarray(p) for p in picture(w, h, seed).convert("YCbCr").split()]


def odd_jpegs():
    samplings = {
        "440": [(1, 2), (1, 1), (1, 1)], "411": [(4, 1), (1, 1), (1, 1)], "410": [(4, 2), (1, 1), (1, 1)],
        "1x4": [(1, 4), (1, 1), (1, 1)], "2x4": [(2, 4), (1, 1), (1, 1)], "3x1": [(3, 1), (1, 1), (1, 1)],
        "3x3luma1": [(3, 2), (1, 2), (3, 1)], "chroma2x2": [(1, 1), (2, 2), (2, 2)], "mixed": [(2, 2), (2, 1), (1, 2)],
        "cb2": [(2, 1), (2, 1), (1, 1)], "422x422": [(2, 2), (1, 2), (1, 2)], "441": [(1, 2), (1, 2), (1, 1)],
        "fraction": [(3, 1), (2, 1), (1, 1)], "toomany": [(4, 4), (1, 1), (1, 1)],
    }
    for name, s in samplings.items():
        for w, h in ((1, 1), (5, 3), (16, 16), (35, 43), (70, 9)):
            files[f"odd/{name}-{w}x{h}.jpg"] = jpeg_encoder.encode(ycc(w, h), s)
    y, cb, cr = ycc(38, 29)
    r, g, b = (np.asarray(p) for p in picture(38, 29).split())
    k = np.full_like(y, 200)
    s420, s444 = [(2, 2), (1, 1), (1, 1)], [(1, 1)] * 3
    adobe = lambda t: jpeg_encoder.segment(0xEE, b"Adobe" + struct.pack(">HHHB", 100, 0, 0, t))
    jfif = jpeg_encoder.segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
    e = jpeg_encoder.encode
    files["odd/scans3.jpg"] = e([y, cb, cr], s420, scans=[[0], [1], [2]])
    files["odd/scans2.jpg"] = e([y, cb, cr], s420, scans=[[0], [1, 2]])
    files["odd/scans-restart.jpg"] = e([y, cb, cr], s420, scans=[[2], [0, 1]], restart=3)
    files["odd/missing-cr.jpg"] = e([y, cb, cr], s420, scans=[[0], [1]])
    files["odd/twice.jpg"] = e([y, cb, cr], s420, scans=[[0], [1], [2], [0]])
    flat = []
    e([np.full_like(y, 128), cb, cr], s420, scans=[[0], [1], [2]], mangle=lambda _, data: flat.append(data) or data)
    files["odd/twice-flat.jpg"] = e([y, cb, cr], s420, scans=[[0], [1], [2], [0]], mangle=lambda i, data: flat[0] if i == 3 else data)
    files["odd/extra-scan.jpg"] = e([y, cb, cr], s420, scans=[[0, 1, 2], [0]])
    files["odd/wide-quant.jpg"] = e([y, cb, cr], s420, wide_quant=True, quant=[[2] + [300] * 63] * 3, sof=0xC1)
    files["odd/huge-quant.jpg"] = e([y, cb, cr], s444, wide_quant=True, quant=[[1] * 30 + [40000] * 34] * 3, sof=0xC1)
    files["odd/zero-quant.jpg"] = e([y, cb, cr], s444).replace(bytes(3 + i // 3 for i in range(64)), bytes(range(64)))
    files["odd/ids-rgb.jpg"] = e([r, g, b], s444, ids=[ord(c) for c in "RGB"])
    files["odd/ids-rgb-jfif.jpg"] = e([r, g, b], s444, ids=[ord(c) for c in "RGB"], before=jfif)
    files["odd/ids-012.jpg"] = e([y, cb, cr], s420, ids=[0, 1, 2])
    files["odd/ids-same.jpg"] = e([y, cb, cr], s420, ids=[7, 7, 7])
    files["odd/adobe0.jpg"] = e([r, g, b], s444, before=adobe(0))
    files["odd/adobe1.jpg"] = e([y, cb, cr], s420, before=adobe(1))
    files["odd/adobe2.jpg"] = e([y, cb, cr], s420, before=adobe(2))
    files["odd/cmyk-plain.jpg"] = e([r, g, b, k], s444 + [(1, 1)])
    files["odd/cmyk-adobe0.jpg"] = e([r, g, b, k], s444 + [(1, 1)], before=adobe(0))
    files["odd/ycck.jpg"] = e([y, cb, cr, k], s444 + [(1, 1)], before=adobe(2))
    files["odd/ycck420.jpg"] = e([y, cb, cr, k], s420 + [(2, 2)], before=adobe(2))
    files["odd/two.jpg"] = e([y, cb], [(1, 1)] * 2)
    files["odd/gray2x2.jpg"] = e([y], [(2, 2)])
    files["odd/gray2x2p.jpg"] = e([y], [(2, 2)], sof=0xC2, scans=[([0], 0, 0, 0, 0), ([0], 1, 5, 0, 0)])
    every = [([0, 1, 2], 0, 0, 0, 1)] + [([c], 1, 63, 0, 0) for c in range(3)] + [([0, 1, 2], 0, 0, 1, 0)]
    for w, h in ((38, 29), (9, 50), (64, 64), (17, 7)):
        p = ycc(w, h, 3)
        for sname, s in (("420", s420), ("444", s444), ("440", samplings["440"]), ("mixed", samplings["mixed"])):
            for name, scans in {
                "dc": every[:1], "dcfull": [([0, 1, 2], 0, 0, 0, 0)], "dclow": [([0, 1, 2], 0, 0, 0, 2)],
                "luma5": every[:1] + [([0], 1, 5, 0, 2)], "luma63": every[:2], "all": every, "noluma": [every[0], every[2], every[3]],
                "apart": [([c], 0, 0, 0, 0) for c in range(3)], "nocr": [([0], 0, 0, 0, 0), ([1], 0, 0, 0, 0)],
                "band": every[:1] + [([0], 6, 20, 0, 0)],
            }.items():
                files[f"smooth/{name}-{sname}-{w}x{h}.jpg"] = e(p, s, sof=0xC2, scans=scans)


def broken_jpegs():
    """Damage that libjpeg repairs in its own way, or refuses."""
    rnd = random.Random(7)
    y, cb, cr = ycc(60, 44, 5)
    s420 = [(2, 2), (1, 1), (1, 1)]
    progressive = [([0, 1, 2], 0, 0, 0, 1), ([0], 1, 63, 0, 0), ([1], 1, 63, 0, 0), ([2], 1, 63, 0, 0), ([0, 1, 2], 0, 0, 1, 0)]
    def cut(data, _):
        return data[: len(data) // 2]
    def flip(data, n):
        data = bytearray(data)
        for _ in range(n):
            data[rnd.randrange(len(data))] ^= 1 << rnd.randrange(8)
        return bytes(data)
    def drop_marker(data, _):
        at = [i for i in range(len(data) - 1) if data[i] == 0xFF and 0xD0 <= data[i + 1] <= 0xD7]
        i = at[len(at) // 2]
        return data[:i] + data[i + 2:]
    def renumber(data, by):
        at = [i for i in range(len(data) - 1) if data[i] == 0xFF and 0xD0 <= data[i + 1] <= 0xD7]
        i = at[len(at) // 2]
        return data[: i + 1] + bytes([0xD0 + (data[i + 1] - 0xD0 + by) % 8]) + data[i + 2:]
    def each(number, f, n=0):
        return lambda i, data: f(data, n) if number is None or i == number else data
    cases = {"cut": each(0, cut)} | {f"flip{n}": each(None, flip, n) for n in (1, 3, 10)} | {"cutlast": each(4, cut), "cut1": each(1, cut)}
    restart = {"drop": each(0, drop_marker)} | {f"renumber{n}": each(0, renumber, n) for n in (1, 2, 3, 4, 6, 7)}
    for name, mangle in cases.items():
        files[f"broken/{name}.jpg"] = jpeg_encoder.encode([y, cb, cr], s420, mangle=mangle)
        files[f"broken/{name}-p.jpg"] = jpeg_encoder.encode([y, cb, cr], s420, sof=0xC2, scans=progressive, mangle=mangle)
        files[f"broken/{name}-m.jpg"] = jpeg_encoder.encode([y, cb, cr], s420, scans=[[0], [1], [2]], mangle=mangle)
        files[f"broken/{name}-r.jpg"] = jpeg_encoder.encode([y, cb, cr], s420, restart=4, mangle=mangle)
    for name, mangle in restart.items():
        files[f"broken/{name}.jpg"] = jpeg_encoder.encode([y, cb, cr], s420, restart=2, mangle=mangle)
        files[f"broken/{name}-p.jpg"] = jpeg_encoder.encode([y, cb, cr], s420, restart=2, sof=0xC2, scans=progressive, mangle=mangle)
    whole = jpeg_encoder.encode([y, cb, cr], s420)
    files["broken/no-eoi.jpg"] = whole[:-2]
    files["broken/half.jpg"] = whole[: len(whole) // 2]
    files["broken/minus10.jpg"] = whole[:-10]
    files["broken/trailing.jpg"] = whole + b"trailing garbage" * 20
    files["broken/junk-for-eoi.jpg"] = whole[:-2] + b"\0" * 40
    files["broken/no-huffman.jpg"] = whole.replace(jpeg_encoder.segment(0xC4, b"\x00" + jpeg_encoder.DC_DHT), b"").replace(
        jpeg_encoder.segment(0xC4, b"\x10" + jpeg_encoder.AC_DHT), b"")
    files["broken/no-quant.jpg"] = whole.replace(whole[2:2 + 69], b"")
    files["broken/two-soi.jpg"] = whole[:2] + whole
    files["broken/header-only.jpg"] = whole[: whole.index(b"\xff\xda")]


def png(w, h, depth, colour, pixels, interlaced=False, extra=b"", crc_error=False):
    """A PNG of raw rows: pixels(y, x) gives the samples of a pixel; 8 or 16 bits, or fewer for gray and palettes."""
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    def row(ys, xs):
        values = [v for x in xs for v in pixels(ys, x)]
        if depth == 16:
            return struct.pack(f">{len(values)}H", *values)
        if depth == 8:
            return bytes(values)
        bits = "".join(format(v, f"0{depth}b") for v in values)
        bits += "0" * (-len(bits) % 8)
        return int(bits, 2).to_bytes(len(bits) // 8, "big") if bits else b""
    raw = b""
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)] if interlaced else [(0, 0, 1, 1)]
    for x0, y0, dx, dy in passes:
        xs = range(x0, w, dx)
        if xs:
            raw += b"".join(b"\0" + row(y, xs) for y in range(y0, h, dy))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, depth, colour, 0, 0, int(interlaced))) + extra + chunk(
        b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


def pngs():
    im = picture(21, 13)
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA"):
        save(f"png/{mode.lower()}.png", im.convert(mode), "PNG")
    save("png/p16.png", im.quantize(9), "PNG", bits=4)
    save("png/ptrns.png", im.quantize(20), "PNG", transparency=3)
    save("png/ptrnsbytes.png", im.quantize(20), "PNG", transparency=bytes(range(20)))
    save("png/rgbtrns.png", im, "PNG", transparency=im.getpixel((3, 3)))
    save("png/ltrns.png", im.convert("L"), "PNG", transparency=90)
    alpha = np.asarray(im.convert("RGBA")).copy()
    alpha[::2, ::2, 3] = 0
    alpha[1::2, ::2, 3] = 7
    save("png/alpha.png", Image.fromarray(alpha), "PNG")
    rng = np.random.default_rng(1)
    wide = lambda n: (lambda a: lambda y, x: [int(v) for v in a[y, x]])(rng.integers(0, 65536, (9, 11, n)))
    narrow = lambda n, depth: (lambda a: lambda y, x: [int(v) for v in a[y, x]])(rng.integers(0, 1 << depth, (9, 11, n)))
    chunk = lambda kind, body: struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    palette = chunk(b"PLTE", bytes(rng.integers(0, 256, 30, dtype=np.uint8)))
    small = (lambda a: lambda y, x: [int(a[y, x])])(rng.integers(0, 520, (9, 11)))
    for interlaced in (False, True):
        t = "i" if interlaced else ""
        files[f"png/gray16{t}.png"] = png(11, 9, 16, 0, small, interlaced)
        files[f"png/gray16trns{t}.png"] = png(11, 9, 16, 0, small, interlaced, chunk(b"tRNS", b"\x00\xff"))
        files[f"png/rgb16{t}.png"] = png(11, 9, 16, 2, wide(3), interlaced)
        files[f"png/rgb16trns{t}.png"] = png(11, 9, 16, 2, wide(3), interlaced, chunk(b"tRNS", bytes(6)))
        files[f"png/la16{t}.png"] = png(11, 9, 16, 4, wide(2), interlaced)
        files[f"png/rgba16{t}.png"] = png(11, 9, 16, 6, wide(4), interlaced)
        files[f"png/rgb8{t}.png"] = png(11, 9, 8, 2, narrow(3, 8), interlaced)
        for depth in (1, 2, 4):
            files[f"png/gray{depth}{t}.png"] = png(11, 9, depth, 0, narrow(1, depth), interlaced)
            files[f"png/gray{depth}trns{t}.png"] = png(11, 9, depth, 0, narrow(1, depth), interlaced, chunk(b"tRNS", b"\0\1"))
            files[f"png/p{depth}{t}.png"] = png(11, 9, depth, 3, narrow(1, min(depth, 3)), interlaced, palette)
        files[f"png/beyond-palette{t}.png"] = png(11, 9, 8, 3, narrow(1, 8), interlaced, palette)
    plain = png(11, 9, 8, 2, narrow(3, 8))
    for name, (w, h) in {"1x1": (1, 1), "1x9": (1, 9), "9x1": (9, 1)}.items():
        files[f"png/{name}i.png"] = png(w, h, 8, 2, lambda y, x: [x * 20, y * 20, 99], True)
    at = plain.index(b"IDAT")
    n = struct.unpack(">I", plain[at - 4:at])[0]
    files["png/idat-crc.png"] = plain[: at + 4 + n] + b"\0\0\0\0" + plain[at + 8 + n:]
    files["png/ihdr-crc.png"] = plain[:29] + b"\0\0\0\0" + plain[33:]
    files["png/truncated.png"] = plain[: at + n // 2]
    files["png/no-iend.png"] = plain[:-12]
    files["png/split-idat.png"] = plain[: at - 4] + b"".join(chunk(b"IDAT", plain[at + 4 + i: at + 4 + min(i + 7, n)]) for i in range(0, n, 7)) + plain[-12:]
    packed = plain[at + 4 : at + 4 + n]
    wrong = packed[:-1] + bytes([packed[-1] ^ 1])
    for name, cuts in {"with-data": [n - 5], "alone": [n - 4], "in-two": [n - 2], "with-block-end": [n - 6], "whole": []}.items():
        for sum, data in (("right", packed), ("wrong", wrong)):
            parts = [data[a:b] for a, b in zip([0, *cuts], [*cuts, n])]
            files[f"png/checksum-{sum}-{name}.png"] = plain[: at - 4] + b"".join(chunk(b"IDAT", p) for p in parts) + plain[-12:]
    files["png/text.png"] = plain[:33] + chunk(b"tEXt", b"key\0value") + chunk(b"zTXt", b"key\0\0" + zlib.compress(b"v" * 5000)) + plain[33:]
    files["png/no-plte.png"] = png(11, 9, 8, 3, narrow(1, 8))
    files["png/colour5.png"] = png(11, 9, 8, 5, narrow(1, 8))
    files["png/depth3.png"] = png(11, 9, 8, 0, narrow(1, 3)).replace(b"\x08\x00\x00\x00\x00", b"\x03\x00\x00\x00\x00", 1)
    files["png/two-palettes.png"] = png(11, 9, 8, 3, narrow(1, 3), extra=palette + chunk(b"PLTE", bytes(range(9))))
    for name, pixels in {"exif": 6, "none": None}.items():
        exif = Image.Exif()
        if pixels:
            exif[0x0112] = pixels
        raw = b"Exif\0\0" + exif.tobytes().removeprefix(b"Exif\0\0")
        text = "\nexif\n%8d\n%s\n" % (len(raw), "\n".join(raw.hex()[i : i + 72] for i in range(0, len(raw.hex()), 72)))
        for packed in (False, True):
            info = PngImagePlugin.PngInfo()
            info.add_text("Raw profile type exif", text, zip=packed)
            info.add_itxt("XML:com.adobe.xmp", '<x:xmpmeta><rdf:Description tiff:Orientation="3"/></x:xmpmeta>', zip=packed)
            save(f"exif/raw-{name}{'-packed' if packed else ''}.png", picture(13, 9, 4), "PNG", pnginfo=info)
            own = Image.Exif()
            own[0x0112] = 8
            save(f"exif/raw-{name}-and-own{'-packed' if packed else ''}.png", picture(13, 9, 4), "PNG", pnginfo=info, exif=own)
    for name, text in {"odd": "\nexif\n 3\n123\n", "short": "\nexif\n", "letters": "\nexif\n 3\nxyz\n"}.items():
        info = PngImagePlugin.PngInfo()
        info.add_text("Raw profile type exif", text)
        save(f"exif/raw-{name}.png", picture(13, 9, 4), "PNG", pnginfo=info)
    save("png/apng.png", im, "PNG", save_all=True, append_images=[picture(21, 13, 4)], default_image=False)


def gifs():
    def gif(screen, frame, palette=None, local=None, transparent=None, background=0, interlaced=False, pixels=None, bits=3, trailer=b";"):
        x, y, w, h = frame
        out = b"GIF89a" + struct.pack("<HHBBB", *screen, (0x80 | max(bits - 1, 0) & 7) if palette else 0, background, 0) + (palette or b"")
        if transparent is not None:
            out += b"!\xf9\x04\x01\0\0" + bytes([transparent]) + b"\0"
        out += b"," + struct.pack("<HHHHB", x, y, w, h, (0x80 | max(bits - 1, 0) & 7 if local else 0) | (0x40 if interlaced else 0)) + (local or b"")
        pixels = pixels or [(i * 7 // 3) % (1 << bits) for i in range(w * h)]
        clear, size = 1 << bits, bits + 1  # a clear code before each pixel keeps all codes at one size
        acc, n, data = 0, 0, bytearray()
        for code in [c for p in pixels for c in (clear, p)] + [clear + 1]:
            acc |= code << n
            n += size
            while n >= 8:
                data.append(acc & 0xFF)
                acc >>= 8
                n -= 8
        data.append(acc & 0xFF)
        out += bytes([bits]) + b"".join(bytes([len(data[i:i + 200])]) + data[i:i + 200] for i in range(0, len(data), 200)) + b"\0"
        return out + trailer
    colours = bytes(v * 9 % 256 for v in range(24))
    others = bytes(255 - v * 7 % 256 for v in range(24))
    grays = bytes(v for i in range(8) for v in (i, i, i))
    files["gif/plain.gif"] = gif((12, 9), (0, 0, 12, 9), colours)
    files["gif/interlaced.gif"] = gif((12, 9), (0, 0, 12, 9), colours, interlaced=True)
    files["gif/local.gif"] = gif((12, 9), (0, 0, 12, 9), colours, local=others)
    files["gif/smaller.gif"] = gif((12, 9), (3, 2, 5, 4), colours)
    files["gif/smaller-background.gif"] = gif((12, 9), (3, 2, 5, 4), colours, background=5)
    files["gif/smaller-transparent.gif"] = gif((12, 9), (3, 2, 5, 4), colours, transparent=6)
    files["gif/smaller-local.gif"] = gif((12, 9), (3, 2, 5, 4), colours, local=others, transparent=2)
    files["gif/overhang.gif"] = gif((12, 9), (8, 6, 7, 8), colours)
    files["gif/no-palette.gif"] = gif((12, 9), (1, 1, 10, 7))
    files["gif/grays.gif"] = gif((12, 9), (0, 0, 12, 9), grays)
    files["gif/beyond-palette.gif"] = gif((12, 9), (0, 0, 12, 9), colours, pixels=[i % 16 for i in range(108)], bits=4).replace(
        b"\x83\0\0" + colours, b"\x82\0\0" + colours)
    files["gif/short.gif"] = gif((12, 9), (0, 0, 12, 9), colours, pixels=[1] * 50)
    files["gif/long.gif"] = gif((12, 9), (0, 0, 12, 9), colours, pixels=[1] * 200)
    files["gif/cut.gif"] = gif((12, 9), (0, 0, 12, 9), colours)[:80]
    files["gif/no-trailer.gif"] = gif((12, 9), (0, 0, 12, 9), colours, trailer=b"")
    files["gif/no-frame.gif"] = b"GIF89a" + struct.pack("<HHBBB", 5, 5, 0, 0, 0) + b";"
    for bits in range(13):
        if bits not in (3, 4):
            pixels = [i * 5 // 3 % (1 << bits) for i in range(108)]
            data = gif((12, 9), (0, 0, 12, 9), colours, pixels=pixels, bits=bits)
            files[f"gif/code-size-{bits}.gif"] = data[:10] + b"\x82" + data[11:]
    plain = files["gif/plain.gif"]
    start = plain.index(b"\x03", 13 + 24 + 9) + 1  # the first block's length
    files["gif/code-size-13.gif"] = plain[: start - 1] + b"\x0d" + plain[start:]
    files["gif/empty-block.gif"] = plain[: start + 51] + b"\0" + plain[start + 51 :] if plain[start] == 50 else plain[:start] + b"\0" + plain[start:]
    again = gif((12, 9), (0, 0, 12, 9), colours, pixels=[1, 2, 3])
    packed = gif((12, 9), (0, 0, 12, 9), colours, pixels=[1, 2, 3])[:-2]  # ends early
    rest = plain[start:-1]
    files["gif/end-code.gif"] = packed + rest + b";"
    files["gif/end-code-long.gif"] = packed + rest + bytes(70000)
    files["gif/no-clear.gif"] = plain[:start] + b"\x03\x88\xc6\xfa" + plain[start:]
    files["gif/goes-on-in-next-frame.gif"] = again[:-1] + plain[13 + 24 :]
    files["gif/not-in-table.gif"] = plain[:start] + b"\x02\x78\x7f" + plain[start:]
    rng = np.random.default_rng(3)
    save("gif/table-full.gif", Image.fromarray(rng.integers(0, 3, (120, 110), dtype=np.uint8) * 100), "GIF")
    save("gif/pillow.gif", picture(31, 22), "GIF")
    save("gif/animated.gif", picture(31, 22), "GIF", save_all=True, append_images=[picture(31, 22, 2)], loop=0)
    save("gif/transparent.gif", picture(31, 22).quantize(60), "GIF", transparency=4)


def webps():
    for i, (w, h) in enumerate(SIZES):
        save(f"webp/lossy-{w}x{h}.webp", picture(w, h, i), "WEBP", quality=(10, 50, 80, 100)[i % 4], method=i % 7)
    for w, h in ((1, 1), (9, 5), (32, 33)):
        save(f"webp/lossless-{w}x{h}.webp", picture(w, h), "WEBP", lossless=True)
    im = picture(30, 23).convert("RGBA")
    im.putalpha(picture(30, 23, 9).convert("L"))
    save("webp/alpha.webp", im, "WEBP", quality=70)
    save("webp/alpha-lossless.webp", im, "WEBP", lossless=True, exact=True)
    save("webp/palette.webp", picture(40, 30).quantize(7).convert("RGB"), "WEBP", lossless=True)
    save("webp/animated.webp", picture(30, 22), "WEBP", save_all=True, append_images=[picture(30, 22, 3)])
    save("webp/animated-lossless.webp", im, "WEBP", save_all=True, append_images=[im.rotate(90)], lossless=True)
    part = Image.new("RGBA", (40, 31), (0, 0, 0, 0))
    part.paste(picture(10, 8), (13, 7))
    save("webp/animated-part.webp", part, "WEBP", save_all=True, append_images=[im.resize((40, 31))], minimize_size=True, lossless=True)
    save("webp/icc.webp", picture(16, 16), "WEBP", icc_profile=bytes(130))
    whole = files["webp/lossy-33x31.webp"]
    files["webp/cut.webp"] = whole[:-9]
    files["webp/trailing.webp"] = whole + b"junk"
    files["webp/riff-long.webp"] = whole[:4] + struct.pack("<I", len(whole) + 100) + whole[8:]


def bmps_and_tiffs():
    im = picture(19, 14)
    for mode in ("1", "L", "P", "RGB", "RGBA"):
        save(f"bmp/{mode.lower()}.bmp", im.convert(mode), "BMP")
    top = bytearray(files["bmp/rgb.bmp"])
    top[22:26] = struct.pack("<i", -14)
    files["bmp/top-down.bmp"] = bytes(top)
    files["bmp/cut.bmp"] = files["bmp/rgb.bmp"][:-30]
    for mode in ("1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "I;16", "F", "I"):
        src = Image.fromarray((np.asarray(im.convert("L")).astype(np.uint16) * 3)) if mode == "I;16" else im.convert("L").convert(mode) if mode in "FI" else im.convert(mode)
        for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"):
            name = f"tiff/{mode.lower().replace(';', '')}-{compression.removeprefix('tiff_')}.tiff"
            save(name, src, "TIFF", compression=None if compression == "raw" else compression)
    save("tiff/group4.tiff", im.convert("1"), "TIFF", compression="group4")
    save("tiff/group3.tiff", im.convert("1"), "TIFF", compression="group3")
    save("tiff/jpeg.tiff", im, "TIFF", compression="jpeg")
    alpha = im.convert("RGBA")
    alpha.putalpha(picture(19, 14, 6).convert("L"))
    save("tiff/alpha.tiff", alpha, "TIFF")
    save("tiff/predictor.tiff", im, "TIFF", compression="tiff_lzw", tiffinfo={317: 2})
    save("tiff/pages.tiff", im, "TIFF", save_all=True, append_images=[picture(9, 9)])
    for o in range(1, 9):
        save(f"tiff/orientation{o}.tiff", picture(11, 7, o), "TIFF", tiffinfo={0x0112: o})
    premultiplied = bytearray(files["tiff/alpha.tiff"])
    at = premultiplied.index(struct.pack("<HHI", 338, 3, 1))
    premultiplied[at + 8] = 1
    files["tiff/premultiplied.tiff"] = bytes(premultiplied)
    files["tiff/cut.tiff"] = files["tiff/rgb-raw.tiff"][:-200]
    for name, data in bmp_tiff.odd_bmps():
        files[f"bmp/odd-{name}.bmp"] = data
    for name, data in bmp_tiff.odd_tiffs():
        files[f"tiff/odd-{name}.tiff"] = data
    for name, data in [*tiff_codecs.compressed_tiffs(picture), *tiff_ycbcr.ycbcr_tiffs()]:
        files[f"tiff/{name}.tiff"] = data


def digest(im):
    return hashlib.sha256(im.convert("RGB").tobytes()).hexdigest()


def golden(data, resize, crop):
    try:
        im = Image.open(io.BytesIO(data))
        if im.format not in ("JPEG", "MPO", "PNG", "GIF", "WEBP", "BMP", "TIFF"):
            return {"refused": f"format {im.format}"}
        im.load()
        rgb = im.convert("RGB")
        cropped = T.Compose([T.Resize(resize), T.CenterCrop(crop)])(rgb)
        out = {"width": rgb.width, "height": rgb.height, "rgb": digest(rgb), "crop": digest(cropped)}
    except Exception as e:
        return {"refused": type(e).__name__}
    try:
        oriented = digest(ImageOps.exif_transpose(im))
    except Exception:
        oriented = out["rgb"]
    if oriented != out["rgb"]:
        out["oriented"] = oriented
    return out


def noise(w, h):
    """The picture that the Go test makes for itself: a linear congruential generator's high bytes."""
    state, out = (w * 65536 + h) & 0xFFFFFFFF, bytearray()
    for _ in range(3 * w * h):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        out.append(state >> 24)
    return Image.frombytes("RGB", (w, h), bytes(out))


def resizes():
    out = []
    for w, h in ((1, 1), (1, 30), (30, 1), (2, 90), (90, 2), (37, 53), (53, 37), (64, 64), (100, 31), (31, 100), (20, 200), (200, 20), (73, 74), (224, 225), (400, 301)):
        im = noise(w, h)
        for i, (resize, crop) in enumerate(((256, 224), (73, 64), (32, 0), ((40, 90), (30, 77)), (16, 24))):
            for interpolation in ("bilinear", "bicubic", "lanczos", "box", "nearest"):
                if i and interpolation not in ("bilinear", "bicubic") and (w + h + i) % 3:
                    continue
                steps = [T.Resize(resize, interpolation=InterpolationMode(interpolation))] + ([T.CenterCrop(crop)] if crop else [])
                out.append({"width": w, "height": h, "resize": resize, "crop": crop, "interpolation": interpolation, "sha256": digest(T.Compose(steps)(im))})
    # Pillow 13 goes vertically first where more than twice as many rows are dropped as columns: on either side of that
    for (w, h), resize in (((100, 300), (200, 60)), ((100, 300), (221, 60)), ((60, 150), 32), ((60, 115), 32), ((50, 300), (219, 10)), ((50, 300), (221, 10))):
        steps = T.Resize(resize, interpolation=InterpolationMode.BICUBIC)
        out.append({"width": w, "height": h, "resize": resize, "crop": 0, "interpolation": "bicubic", "sha256": digest(steps(noise(w, h)))})
    return out


def write(name, value):
    with open(os.path.join(HERE, name), "w") as f:
        if isinstance(value, dict):
            f.write("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in sorted(value.items())) + "\n}\n")
        else:
            f.write("[\n" + ",\n".join(json.dumps(v) for v in value) + "\n]\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", metavar="DIR", help="hash the pictures below DIR/images and DIR/photos into files.json")
    args = parser.parse_args()
    if args.files:
        found = {}
        for sub in ("images", "photos"):
            for name in sorted(os.listdir(os.path.join(args.files, sub))):
                path = os.path.join(args.files, sub, name)
                if not name.endswith(".json") and os.path.isfile(path):
                    with open(path, "rb") as f:
                        found[f"{sub}/{name}"] = golden(f.read(), 256, 224)
        write("files.json", found)
        return
    for make in (jpegs, odd_jpegs, broken_jpegs, pngs, gifs, webps, bmps_and_tiffs):
        make()
    with zipfile.ZipFile(os.path.join(HERE, "matrix.zip"), "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z:
        for name, data in sorted(files.items()):
            z.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    write("matrix.json", {name: golden(data, 40, 32) for name, data in files.items()})
    write("resize.json", resizes())
    print(f"{len(files)} pictures, {sum(map(len, files.values()))} bytes")


if __name__ == "__main__":
    main()
