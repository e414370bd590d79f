"""Writes BMP and TIFF of every kind that Pillow reads, most of which it does not write: odd_bmps() and odd_tiffs() give
(name, bytes). For matrix.py."""

import itertools
import struct
import zlib

import numpy as np
from PIL.TiffImagePlugin import OPEN_INFO

rng = np.random.default_rng(11)


def bmp(w, h, bits, pixels, header=40, compression=0, palette=b"", colours=0, masks=b"", top_down=False, offset=None):
    """A BMP; pixels as they are in the file, the palette in its entries' bytes."""
    height = -h if top_down else h
    if header == 12:
        info = struct.pack("<IHHHH", 12, w, h, 1, bits)
    else:
        info = struct.pack("<IiiHHIIiiII", header, w, height, 1, bits, compression, len(pixels), 2835, 2835, colours, 0)
        info += masks[: header - 40]
        info += bytes(header - len(info))
        if header == 40:
            info += masks
    if offset is None:
        offset = 14 + len(info) + len(palette)
    return struct.pack("<2sIHHI", b"BM", 14 + len(info) + len(palette) + len(pixels), 0, 0, offset) + info + palette + pixels


def bmp_rows(w, h, bits):
    stride = (w * bits + 31) // 32 * 4
    return rng.choice(np.array([0, 1, 2, 40, 77, 128, 150, 200, 254, 255], np.uint8), stride * h).tobytes()


def odd_bmps():
    w, h = 13, 7
    noise = lambda n, entry=4: np.resize(rng.integers(0, 256, (23, entry), dtype=np.uint8), (n, entry)).tobytes()
    grays = lambda n: b"".join(bytes((i, i, i, 0)) for i in range(n))
    two = bytes((0, 0, 0, 0, 255, 255, 255, 0))
    for bits in (1, 4, 8):
        raw = bmp_rows(w, h, bits)
        yield f"core{bits}", bmp(w, h, bits, raw, header=12, palette=noise(1 << bits, 3))
        yield f"p{bits}", bmp(w, h, bits, raw, palette=noise(1 << bits))
        yield f"p{bits}-short", bmp(w, h, bits, raw, palette=noise((1 << bits) - 1), colours=(1 << bits) - 1)
        yield f"p{bits}-top-down", bmp(w, h, bits, raw, palette=noise(1 << bits), top_down=True)
        yield f"p{bits}-offset0", bmp(w, h, bits, raw, palette=noise(1 << bits), offset=0)
        yield f"p{bits}-offset-on-palette", bmp(w, h, bits, raw, palette=noise(1 << bits), offset=54)
        yield f"gray{bits}", bmp(w, h, bits, raw, palette=grays(1 << bits))
        yield f"two{bits}", bmp(w, h, bits, raw, palette=two, colours=2)
        yield f"one{bits}", bmp(w, h, bits, raw, palette=two[:4], colours=1)
        yield f"three{bits}", bmp(w, h, bits, raw, palette=grays(3), colours=3)
        yield f"gray300-{bits}", bmp(w, h, bits, raw, palette=grays(256) + grays(44), colours=300)
        yield f"noise300-{bits}", bmp(w, h, bits, raw, palette=noise(300), colours=300)
    for bits in (16, 24, 32):
        raw = bmp_rows(w, h, bits)
        yield f"raw{bits}", bmp(w, h, bits, raw)
        yield f"core{bits}", bmp(w, h, bits, raw, header=12)
        yield f"raw{bits}-no-padding", bmp(w, h, bits, raw[: (len(raw) - 4) if bits == 24 else len(raw)])
        yield f"raw{bits}-cut", bmp(w, h, bits, raw[:-8])
    masks = {
        32: [(0xFF0000, 0xFF00, 0xFF, 0), (0xFF000000, 0xFF0000, 0xFF00, 0), (0xFF000000, 0xFF00, 0xFF, 0), (0xFF000000, 0xFF0000, 0xFF00, 0xFF),
             (0xFF, 0xFF00, 0xFF0000, 0xFF000000), (0xFF0000, 0xFF00, 0xFF, 0xFF000000), (0xFF000000, 0xFF00, 0xFF, 0xFF0000), (0, 0, 0, 0),
             (0xFF, 0xFF00, 0xFF0000, 0), (0x3FF00000, 0xFFC00, 0x3FF, 0)],
        24: [(0xFF0000, 0xFF00, 0xFF, 0), (0xFF, 0xFF00, 0xFF0000, 0)],
        16: [(0xF800, 0x7E0, 0x1F, 0), (0x7C00, 0x3E0, 0x1F, 0), (0x7C00, 0x3E0, 0x1F, 0x8000), (0xF00, 0xF0, 0xF, 0)],
    }
    for bits, headers in itertools.product(masks, (40, 52, 56, 64, 124)):
        for i, m in enumerate(masks[bits]):
            packed = struct.pack("<4I", *m)[: 12 if headers == 40 else 16]
            yield f"masks{bits}-{i}-{headers}", bmp(w, h, bits, bmp_rows(w, h, bits), header=headers, compression=3, masks=packed)
    yield "jpeg-inside", bmp(w, h, 24, bytes(500), compression=4)
    yield "rle24", bmp(w, h, 24, bytes(500), compression=1)
    yield "bits2", bmp(w, h, 2, bmp_rows(w, h, 2), palette=noise(4))
    yield "header16", bmp(w, h, 8, bmp_rows(w, h, 8), header=40).replace(struct.pack("<I", 40), struct.pack("<I", 16), 1)
    runs8 = {
        "plain": b"".join(bytes((5, y, 0, 3, 1, 2, 3, 0, 5, y + 9)) + b"\0\0" for y in range(h)) + b"\0\1",
        "no-end": b"".join(bytes((13, y)) for y in range(h)),
        "deltas": bytes((2, 7, 0, 2, 3, 2, 6, 4, 0, 0)) + b"\0\2\5\1" + bytes((1, 1, 0, 2, 255, 255)),
        "over-wide": b"".join(bytes((200, y, 0, 0)) for y in range(h)) + b"\0\1",
        "literals": bytes((0, 91)) + bytes(range(91)),
        "literals-short": bytes((0, 91)) + bytes(range(90)),
        "literals-wrap": b"".join(bytes((0, 9)) + bytes(range(9)) + b"\0" for _ in range(11)),
        "empty-rows": bytes((13, 1, 0, 0, 0, 0, 13, 2)) + b"\0\0" * 9 + b"".join(bytes((13, y)) for y in range(h)),
        "ends-early": bytes((13, 1, 0, 0, 0, 1)),
        "cut": bytes((13, 1, 13, 2, 13)),
    }
    for name, data in runs8.items():
        for rle, bits in ((1, 8), (2, 4), (2, 8), (1, 1)):
            for kind, colours in (("p", noise(1 << bits)), ("gray", grays(1 << bits)), ("two", two)):
                if kind != "p" and name not in ("plain", "deltas"):
                    continue
                if (rle, bits) in ((2, 8), (1, 1)) and name not in ("plain", "deltas"):
                    continue
                args = dict(palette=colours, compression=rle, colours=2 if kind == "two" else 0)
                yield f"rle{rle}-{bits}-{kind}-{name}", bmp(w, h, bits, data, **args)
                yield f"rle{rle}-{bits}-{kind}-{name}-top-down", bmp(w, h, bits, data, top_down=True, **args)
        yield f"rle1-odd-{name}", bmp(w, h, 8, b"\0" + data, palette=noise(256), compression=1, offset=54 + 1024 + 1)
    for i in range(8):
        data = rng.integers(0, 12, 400, dtype=np.uint8).tobytes()
        yield f"rle1-noise{i}", bmp(w, h, 8, data, palette=noise(256), compression=1)
        yield f"rle2-noise{i}", bmp(w, h, 4, data, palette=noise(16), compression=2)


def pack_bits(data):
    out = bytearray()
    for i in range(0, len(data), 100):
        part = data[i : i + 100]
        if len(set(part)) == 1 and len(part) > 1:
            out += bytes((257 - len(part), part[0]))
        else:
            out += bytes((len(part) - 1,)) + part + (b"\x80" if i % 200 else b"")
    return bytes(out)


def lzw(data):
    """Codes of 9 bits, with a clear code before they would grow."""
    codes = [256]
    for i, v in enumerate(data):
        codes.append(v)
        if i % 200 == 199:
            codes.append(256)
    bits = "".join(format(c, "09b") for c in codes + [257])
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


PACK = {1: bytes, 5: lzw, 8: zlib.compress, 32946: zlib.compress, 32773: pack_bits}
SIZES = {1: 1, 3: 2, 4: 4, 5: 8, 6: 1, 8: 2, 9: 4, 11: 4, 12: 8, 16: 8}
LETTERS = {1: "B", 3: "H", 4: "I", 5: "II", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d", 16: "Q"}  # type 5 are pairs
REVERSED = bytes(int(format(i, "08b")[::-1], 2) for i in range(256))


def tiff(fields, pieces, order="II", big=False, tiled=False, header=None):
    """A TIFF of fields {tag: (type, values)} and strips or tiles."""
    e = "<" if order == "II" else ">"
    inline, entry, count_letter, offset_letter = (8, 20, "Q", "Q") if big else (4, 12, "H", "I")
    fields = dict(fields)
    fields.setdefault(324 if tiled else 273, (4, [0] * len(pieces)))
    fields.setdefault(325 if tiled else 279, (4, [len(p) for p in pieces]))
    fields = {k: v for k, v in fields.items() if v is not None}
    start = 16 if big else 8
    at = start + struct.calcsize("<" + count_letter) + entry * len(fields) + (8 if big else 4)
    lists = {}
    for tag, (kind, values) in sorted(fields.items()):
        if SIZES[kind] * len(values) > inline:
            lists[tag] = at
            at += SIZES[kind] * len(values) + SIZES[kind] * len(values) % 2
    offsets = []
    for p in pieces:
        offsets.append(at)
        at += len(p) + len(p) % 2
    for tag in (273, 324):
        if tag in fields and fields[tag][1] and not any(fields[tag][1]):
            fields[tag] = (fields[tag][0], offsets[: len(fields[tag][1])])
    directory, extra = struct.pack(e + count_letter, len(fields)), b""
    for tag, (kind, values) in sorted(fields.items()):
        numbers = [n for pair in values for n in pair] if kind == 5 else values
        data = struct.pack(e + LETTERS[kind] * len(values), *numbers)
        directory += struct.pack(e + "HH" + ("Q" if big else "I"), tag, kind, len(values))
        if tag in lists:
            directory += struct.pack(e + offset_letter, lists[tag])
            extra += data + bytes(len(data) % 2)
        else:
            directory += data + bytes(inline - len(data))
    directory += bytes(8 if big else 4)
    head = header or order.encode() + struct.pack(e + "H", 43 if big else 42)
    head += struct.pack(e + "HHQ", 8, 0, 16) if big else struct.pack(e + "I", 8)
    return head + directory + extra + b"".join(p + bytes(len(p) % 2) for p in pieces)


def colours(n):
    return [int(v) for v in np.resize(rng.integers(0, 65536, 29), n)]


def samples(w, h, bits, count, fmt, order):
    """Rows of samples whose values are worth clipping."""
    e = "<" if order == "II" else ">"
    shape = (h, w * count)
    if bits == 32 and fmt == 3:
        v = rng.choice([-1.0, 0.0, 0.4, 0.999, 1.5, 17.7, 254.9, 255.0, 256.0, 1e9, np.inf, -np.inf, np.nan], shape)
        return [row.astype(e + "f4").tobytes() for row in v]
    if bits in (16, 32):
        wide = rng.choice([-30000, -300, -1, 0, 1, 77, 200, 254, 255, 256, 600, 30000], shape)
        return [row.astype(e + f"i{bits // 8}").tobytes() for row in wide]
    n = (w * count * bits + 7) // 8
    raw = rng.choice(np.array([0, 1, 2, 40, 77, 128, 150, 200, 254, 255], np.uint8), (h, n))
    if bits == 12:
        raw[:, ::3] &= 0x1F
    return [row.tobytes() for row in raw]


def differences(rows, bits, count, order):
    """The predictor of horizontal differences."""
    t = np.dtype(f"u{bits // 8}").newbyteorder("<" if order == "II" else ">")
    out = []
    for row in rows:
        a = np.frombuffer(row, t).reshape(-1, count).copy()
        a[1:] -= np.frombuffer(row, t).reshape(-1, count)[:-1]
        out.append(a.astype(t).tobytes())
    return out


def float_differences(rows, order):
    """The predictor of floating point: bytes by significance, then differences."""
    out = []
    for row in rows:
        a = np.frombuffer(row, "<u4" if order == "II" else ">u4").astype(">u4")
        b = np.frombuffer(a.tobytes(), np.uint8).reshape(-1, 4).T.reshape(-1)
        out.append(np.diff(b, prepend=np.uint8(0)).astype(np.uint8).tobytes())
    return out


def cut(rows, n):
    return [b"".join(rows[i : i + n]) for i in range(0, len(rows), n)]


def tiles(w, h, tw, th, make):
    """Tiles row by row, each of whole rows made by make(width, rows)."""
    return [b"".join(make(tw, th)) for _ in range(-(-h // th)) for _ in range(-(-w // tw))]


def odd_tiffs():
    w, h = 9, 5
    rotation = itertools.cycle((5, 32773, 32946, 8))
    for (prefix, photo, fmt, fill, bits, extra) in sorted(OPEN_INFO):
        order, fmt, count = prefix.decode(), fmt[0], len(bits)
        base = {256: (3, [w]), 257: (3, [h]), 258: (3, list(bits)), 262: (3, [photo]), 277: (3, [count]), 278: (3, [2])}
        if fmt != 1:
            base[339] = (3, [fmt] * count)
        if fill != 1:
            base[266] = (3, [fill])
        if extra:
            base[338] = (3, list(extra))
        if photo == 3:
            base[320] = (3, colours(3 << bits[0]))
        make = lambda tw, th: samples(tw, th, bits[0], count, fmt, order)
        name = f"{order}-{photo}-{fmt}-{fill}-{'x'.join(map(str, (bits[0], count)))}-{'_'.join(map(str, extra))}"
        plain = (lambda p: p.translate(REVERSED)) if fill == 2 else (lambda p: p)
        compression = 5 if photo == 6 and count == 3 else next(rotation)
        for c in (1, compression):
            f = base | {259: (3, [c])}
            pack = (lambda p: plain(PACK[c](p))) if c != 1 else bytes
            yield f"{name}-{c}", tiff(f, [pack(p) for p in cut(make(w, h), 2)], order)
            if (fill == 1 or c != 1) and (order == "II" or bits[0] != 8):
                t = {k: v for k, v in f.items() if k != 278} | {322: (3, [8]), 323: (3, [3])}
                yield f"{name}-{c}-tiles", tiff(t, [pack(p) for p in tiles(w, h, 8, 3, make)], order, tiled=True)
            if fill == 1 and (bits[0] == 16 or order == "II"):
                one = lambda: cut(samples(w, h, bits[0], 1, fmt, order), 2)
                planes = [p for _ in bits for p in one()]
                yield f"{name}-{c}-planes", tiff(f | {284: (3, [2])}, [pack(p) for p in planes], order)
        if bits[0] in (8, 16, 32) and fill == 1 and photo in (1, 2, 5) and extra in ((), (2,)):
            f = base | {259: (3, [8]), 317: (3, [2])}
            yield f"{name}-predictor2", tiff(f, [zlib.compress(p) for p in cut(differences(make(w, h), bits[0], count, order), 2)], order)
        if fmt == 3:
            f = base | {259: (3, [5]), 317: (3, [3])}
            yield f"{name}-predictor3", tiff(f, [lzw(p) for p in cut(float_differences(make(w, h), order), 2)], order)
    yield from tiff_layouts()


def tiff_layouts():
    """Strips, tiles and directories in odd ways."""
    w, h = 13, 9
    base = {256: (3, [w]), 257: (3, [h]), 258: (3, [8, 8, 8]), 262: (3, [2]), 277: (3, [3])}
    make = lambda tw, th: samples(tw, th, 8, 3, 1, "II")
    rows = make(w, h)
    whole = b"".join(rows)
    for order in ("II", "MM"):
        for big in (False, True):
            for c in (1, 8):
                f = base | {259: (3, [c])}
                yield f"layout-{order}-{'big' if big else 'classic'}-{c}", tiff(f, [PACK[c](whole)], order, big)
    yield "header-II-swapped", tiff(base, [whole], "II", header=b"II\0*")
    yield "header-MM-swapped", tiff(base, [whole], "MM", header=b"MM*\0")
    for (tw, th), c in itertools.product(((16, 16), (8, 4), (13, 9), (24, 5), (13, 4), (3, 9), (9, 20)), (1, 5)):
        f = base | {259: (3, [c]), 322: (3, [tw]), 323: (3, [th])}
        pieces = tiles(w, h, tw, th, make)
        yield f"tiles-{tw}x{th}-{c}", tiff(f, [PACK[c](p) for p in pieces], tiled=True)
        planes = [b"".join(samples(tw, th, 8, 1, 1, "II")) for _ in range(3 * len(pieces))]
        yield f"tiles-{tw}x{th}-{c}-planes", tiff(f | {284: (3, [2])}, [PACK[c](p) for p in planes], tiled=True)
        gray = {**f, 258: (3, [1]), 262: (3, [0]), 277: (3, [1])}
        yield f"tiles-{tw}x{th}-{c}-bits", tiff(gray, [PACK[c](b"".join(samples(tw, th, 1, 1, 1, "II"))) for _ in pieces], tiled=True)
    for n in (1, 5, 8, 9, 10, 1 << 20, (1 << 32) - 1):
        for c in (1, 32773):
            yield f"strips-{n}-{c}", tiff(base | {259: (3, [c]), 278: (4, [n])}, [PACK[c](p) for p in cut(rows, n)])
    for c in (1, 8):
        f = base | {259: (3, [c]), 278: (3, [5])}
        pieces = [PACK[c](p) for p in cut(rows, 5)]
        gray = {**f, 258: (3, [8]), 262: (3, [0]), 277: (3, [1])}
        yield f"few-strips-{c}", tiff(f, pieces[:1])
        yield f"few-strips-white-{c}", tiff(gray, [PACK[c](p) for p in cut(samples(w, h, 8, 1, 1, "II"), 5)][:1])
        yield f"many-strips-{c}", tiff(f, pieces + pieces[::-1])
        yield f"many-planes-{c}", tiff(f | {284: (3, [2])}, [PACK[c](p) for _ in range(4) for p in cut(samples(w, h, 8, 1, 1, "II"), 5)])
        yield f"no-counts-{c}", tiff(f | {279: None}, pieces)
        yield f"zero-counts-{c}", tiff(f | {279: (4, [0] * 2)}, pieces)
        one = {**f, 278: (3, [h])}
        yield f"one-no-count-{c}", tiff(one | {279: None}, [PACK[c](whole)])
        yield f"one-zero-count-{c}", tiff(one | {279: (4, [0])}, [PACK[c](whole)])
        yield f"one-long-count-{c}", tiff(one | {279: (4, [1 << 20])}, [PACK[c](whole)])
        yield f"one-giant-count-{c}", tiff(one | {279: (4, [1 << 30])}, [PACK[c](whole)])
        yield f"one-giant-count-padded-{c}", tiff(one | {279: (4, [1 << 30])}, [PACK[c](whole) + bytes(16000)])
        yield f"no-rows-{c}", tiff({k: v for k, v in f.items() if k != 278}, [PACK[c](whole)])
        yield f"rows-0-{c}", tiff(f | {278: (3, [0])}, pieces)
        yield f"outside-{c}", tiff(f | {273: (4, [1 << 20] * 2)}, pieces)
        yield f"short-offsets-{c}", tiff(f | {273: (3, [0] * 2), 279: (3, [len(p) for p in pieces])}, pieces)
        yield f"signed-offsets-{c}", tiff(f | {273: (9, [0] * 2)}, pieces)
        yield f"long8-offsets-{c}", tiff(f | {273: (16, [0] * 2)}, pieces, big=True)
        yield f"negative-offsets-{c}", tiff(f | {273: (9, [-5, 8])}, pieces)
        yield f"short-strip-{c}", tiff(f, [PACK[c](p) for p in cut(rows[:-1], 5)])
    odd = {
        "no-photometric": {262: None}, "no-width": {256: None}, "width-0": {256: (3, [0])}, "width-byte": {256: (1, [w])},
        "width-negative": {256: (9, [-5])}, "two-photometrics": {262: (3, [2, 2])}, "two-widths": {256: (3, [w, 9])},
        "one-bits": {258: (3, [8])}, "four-bits": {258: (3, [8] * 4)}, "two-bits": {258: (3, [8, 8])}, "mixed-bits": {258: (3, [8, 4, 8])},
        "no-bits": {258: None}, "formats": {339: (3, [1, 1, 1])}, "mixed-formats": {339: (3, [1, 2, 1])}, "one-format": {339: (3, [1])},
        "format-4": {339: (3, [4])}, "planar-3": {284: (3, [3])}, "fill-3": {266: (3, [3])}, "samples-7": {277: (3, [7])},
        "compression-99": {259: (3, [99])}, "extra-wrong": {338: (3, [0])}, "orientation-byte": {274: (1, [6])}, "orientation-long": {274: (4, [6])},
        "orientation-9": {274: (3, [9])}, "orientation-two": {274: (3, [6, 3])}, "predictor-raw": {317: (3, [2])},
    }
    for name, fields in odd.items():
        yield f"odd-{name}", tiff(base | fields, [whole])
    for name, fields in {"predictor-7": {317: (3, [7])}, "predictor-0": {317: (3, [0])}, "predictor-3": {317: (3, [3])}}.items():
        yield f"odd-{name}", tiff(base | {259: (3, [8])} | fields, [zlib.compress(whole)])
    bits = {**base, 258: (3, [4]), 262: (3, [1]), 277: (3, [1])}
    yield "odd-predictor-4-bits", tiff(bits | {259: (3, [8]), 317: (3, [2])}, [zlib.compress(bytes(7 * h))])
    palette = {**base, 258: (3, [8]), 262: (3, [3]), 277: (3, [1])}
    gray = [b"".join(samples(w, h, 8, 1, 1, "II"))]
    yield "palette-none", tiff(palette, gray)
    for n in (30, 768, 769, 771, 900):
        yield f"palette-{n}", tiff(palette | {320: (3, colours(n))}, gray)
    yield "palette-long", tiff(palette | {320: (4, colours(768))}, gray)
    yield "palette-too-long", tiff(palette | {320: (4, [70000] * 768)}, gray)
