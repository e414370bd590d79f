"""Writes TIFFs of every compression with data as libtiff, or an odd writer, leaves it: compressed_tiffs() gives
(name, bytes). For matrix.py."""

import io
import random
import zlib

import numpy as np
from PIL import Image

import jpeg_encoder
from bmp_tiff import cut, tiff

rng = np.random.default_rng(23)


def saved(im, **options):
    b = io.BytesIO()
    im.save(b, "TIFF", **options)
    return b.getvalue()


def document(w, h, grain=4):
    """Black and white, in runs."""
    a = (rng.random((h // grain + 1, w // grain + 1)) > 0.5).repeat(grain, 0).repeat(grain, 1)[:h, :w]
    a[h // 3 : h // 2, ::2] = True
    a[h // 2 : h // 2 + 3] = False
    return Image.fromarray((a * 255).astype(np.uint8)).convert("1")


# The codes of T.4 that are needed to write rows of 8 pixels by hand.
WHITE = {0: "00110101", 1: "000111", 2: "0111", 3: "1000", 4: "1011", 8: "10011", 64: "11011"}
BLACK = {0: "0000110111", 1: "010", 2: "11", 3: "10", 4: "011", 8: "000101"}
EOL = "000000000001"


def pack(bits):
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big") if bits else b""


def fax(bits, h, compression=3, options=0, w=8, rows=None, fill=1):
    fields = {256: (3, [w]), 257: (3, [h]), 258: (3, [1]), 259: (3, [compression]), 262: (3, [0]), 266: (3, [fill]), 277: (3, [1]), 278: (3, [rows or h])}
    if options:
        fields[292] = (4, [options])
    return tiff(fields, [pack(b) for b in (bits if isinstance(bits, list) else [bits])])


def faxes():
    for w, h in ((33, 40), (200, 30), (2700, 6)):
        im = document(w, h, 4 if w < 1000 else 90)
        for compression in ("group3", "group4", "tiff_ccitt", "tiff_raw_16"):
            yield f"{compression}-{w}", saved(im, compression=compression)
        for name, options in {"2d": 1, "fill": 4, "2d-fill": 5}.items():
            yield f"group3-{name}-{w}", saved(im, compression="group3", tiffinfo={292: options})
    im = document(61, 50)
    for compression in ("group3", "group4", "tiff_ccitt"):
        yield f"{compression}-lsb", saved(im, compression=compression, tiffinfo={266: 2})
        yield f"{compression}-black", saved(im, compression=compression, tiffinfo={262: 0})
        yield f"{compression}-strips", saved(im, compression=compression, strip_size=100)
    yield "group3-2d-lsb", saved(im, compression="group3", tiffinfo={266: 2, 292: 1})
    yield "group3-2d-strips", saved(im, compression="group3", strip_size=100, tiffinfo={292: 1})
    yield "group4-noise", saved(Image.fromarray(rng.integers(0, 2, (20, 77), dtype=np.uint8) * 255).convert("1"), compression="group4")

    a, b = WHITE[4] + BLACK[4], WHITE[8]
    c = WHITE[0] + BLACK[3] + WHITE[2] + BLACK[3]
    yield "hand-eols", fax(EOL + a + EOL + b + EOL + c, 3)
    yield "hand-fill-bits", fax(EOL + a + "00000" + EOL + b + "0" * 40 + EOL + c, 3)
    yield "hand-return-to-control", fax(EOL + a + EOL + b + EOL * 6, 2)
    yield "hand-no-eols", fax(a + b + c, 3)
    yield "hand-no-eols-strips", fax([a + b, c + a, b], 5, rows=2)
    yield "hand-eol-first-only", fax(EOL + a + b + c, 3)
    yield "hand-eols-end", fax(EOL + a + EOL + b, 4)
    yield "hand-eols-cease", fax(EOL + a + EOL + b + c * 9, 6)
    yield "hand-row-before-eol", fax(a + EOL + b + EOL + c, 3)
    yield "hand-row-short", fax(EOL + WHITE[2] + BLACK[3] + EOL + a + EOL + c, 3)
    yield "hand-row-long", fax(EOL + WHITE[2] + BLACK[8] + EOL + WHITE[64] + WHITE[1] + EOL + c, 3)
    yield "hand-bad-code", fax(EOL + WHITE[3] + "000000001" + EOL + a, 2)
    yield "hand-zero-runs", fax(EOL + WHITE[0] + BLACK[0] + WHITE[3] + BLACK[1] + WHITE[4] + EOL + a, 2)
    yield "hand-2d", fax(EOL + "1" + a + EOL + "0" + "11" + EOL + "0" + "011" + "1" + EOL + "1" + c + EOL + "0" + "001" + WHITE[1] + BLACK[2] + "0001" + "1", 5, options=1)
    yield "hand-2d-no-eols", fax("1" + a + "0" + "11" + "1" + b, 3, options=1)
    yield "hand-2d-cut", fax(EOL + "1" + a, 3, options=1)
    end = EOL * 2
    h = "001" + WHITE[4] + BLACK[4]
    yield "hand-g4", fax(h + "11" + "11" + end, 3, 4)
    yield "hand-g4-no-end", fax(h + "11" + "11", 3, 4)
    yield "hand-g4-early-end", fax(h + "11" + end, 5, 4)
    yield "hand-g4-nothing", fax(end, 3, 4)
    yield "hand-g4-cut", fax(h + "11" + "001" + WHITE[1], 4, 4)
    yield "hand-g4-extension", fax(h + "0000001" + "01" + "11", 3, 4)
    yield "hand-g4-extension-above", fax(h + "0000001" + "0000010" + "0001" + end, 3, 4)  # its runs are cut to the row for the next one
    yield "hand-g4-zero-run", fax(h + "001" + WHITE[4] + BLACK[1] + "1" + "010" + "1" + end, 3, 4)
    yield "hand-g4-no-pixels-first", fax("001" + WHITE[0] + BLACK[4] + "1" + "000010" + "011" + "1" + "010" + "1" + "1" + end, 4, 4)
    yield "hand-g4-left-of-row", fax(h + "0000010" * 3 + "1" + end, 3, 4)
    yield "hand-g4-passes", fax("001" + WHITE[1] + BLACK[2] + "001" + WHITE[2] + BLACK[2] + "1" + "0001" + "0001" + "1" + "0001" + "1" + end, 4, 4)
    byte = lambda bits: bits + "0" * (-len(bits) % 8)
    word = lambda bits: bits + "0" * (-len(bits) % 16)
    yield "hand-rle", fax(byte(a) + byte(b) + c, 3, 2)
    yield "hand-rle-cut", fax(byte(a) + byte(b), 3, 2)
    yield "hand-rle-bad-code", fax(byte(a) + "00000000" + byte(b), 3, 2)
    yield "hand-rle-words", fax(word(a) + word(b + b) + c, 3, 32771)


def old_lzw(data):
    """LZW with the lowest bits first and longer codes one code later, as libtiff wrote before 1988's second revision."""
    acc, n, out = 0, 0, bytearray()

    def put(code, width):
        nonlocal acc, n
        acc |= code << n
        n += width
        while n >= 8:
            out.append(acc & 0xFF)
            acc >>= 8
            n -= 8

    table, width = {bytes([i]): i for i in range(256)}, 9
    free = 258
    put(256, 9)
    w = b""
    for v in data:
        wv = w + bytes([v])
        if wv in table:
            w = wv
            continue
        put(table[w], width)
        table[wv] = free
        free += 1
        if free > 1 << width:
            width += 1
        if free == 4095:
            put(256, width)
            table, width, free = {bytes([i]): i for i in range(256)}, 9, 258
        w = bytes([v])
    put(table[w], width)
    put(257, width)
    if n:
        out.append(acc & 0xFF)
    return bytes(out)


def gray(w, h, compression, pieces, **fields):
    base = {256: (3, [w]), 257: (3, [h]), 258: (3, [8]), 259: (3, [compression]), 262: (3, [1]), 277: (3, [1]), 278: (3, [h])}
    return tiff(base | {int(k[1:]): v for k, v in fields.items()}, pieces)


def lzws():
    w, h = 90, 120
    a = np.tile(rng.integers(0, 12, (h, w // 3), dtype=np.uint8) * 20, 3)
    data = a.tobytes()
    yield "lzw-long", saved(Image.fromarray(a), compression="tiff_lzw")
    packed = old_lzw(data)
    yield "lzw-old", gray(w, h, 5, [packed])
    yield "lzw-old-strips", gray(w, h, 5, [old_lzw(data[i : i + w * 50]) for i in range(0, len(data), w * 50)], t278=(3, [50]))
    reverse = bytes(int(format(i, "08b")[::-1], 2) for i in range(256))
    yield "lzw-old-reversed", gray(w, h, 5, [packed.translate(reverse)], t266=(3, [2]))
    yield "lzw-old-cut", gray(w, h, 5, [packed[: len(packed) // 2]])
    yield "lzw-old-no-end", gray(8, 2, 5, [old_lzw(bytes(range(16)))[:-2]])
    yield "lzw-old-short", gray(8, 3, 5, [old_lzw(bytes(range(16)))])
    codes = lambda *c: [pack("".join(format(v, "09b") for v in c))]
    yield "lzw-no-clear", gray(4, 1, 5, codes(1, 2, 3, 4, 257))
    yield "lzw-two-clears", gray(4, 1, 5, codes(256, 256, 1, 2, 3, 4, 257))
    yield "lzw-clear-then-string", gray(4, 1, 5, codes(256, 258, 1, 2, 3, 257))
    yield "lzw-named-at-once", gray(6, 1, 5, codes(256, 7, 258, 259, 257))
    yield "lzw-not-in-table", gray(6, 1, 5, codes(256, 7, 260, 1, 2, 3, 257))
    yield "lzw-no-end", gray(4, 1, 5, codes(256, 1, 2, 3, 4))
    yield "lzw-cut", gray(4, 1, 5, codes(256, 1, 2))
    yield "lzw-ends-early", gray(4, 1, 5, codes(256, 1, 2, 257))
    yield "lzw-clears-after", gray(4, 1, 5, codes(256, 1, 2, 256, 3, 4, 257))
    literals = [256] + [i % 251 for i in range(5200)]  # without a clear code until the table is full, and beyond
    widths = lambda n: 9 if n < 254 else 10 if n < 766 else 11 if n < 1790 else 12
    for n in (4000, 4860, 4863, 5100):
        stream = "".join(format(c, f"0{widths(i)}b") for i, c in enumerate(literals[: n + 1]))
        yield f"lzw-literals-{n}", gray(n // 10, 10, 5, [pack(stream)])


def packbits_and_deflates():
    rows = bytes(range(40))
    for name, data in {
        "cut": b"\x03\0\1\2\3\x20\4\5", "cut-run": b"\x03\0\1\2\3\xdd", "nothing": b"\x80", "runs-over": b"\xf9\1\xd9\2\x81\3",
        "literal-over": b"\x27" + rows + b"\x20" + rows, "literal-over-cut": b"\x1d" + rows[:30] + b"\x20" + rows[:10],
    }.items():
        yield f"packbits-{name}", gray(10, 4, 32773, [data])
    packed = zlib.compress(rows)
    for name, data in {
        "cut": packed[:-8], "checksum-cut": packed[:-2], "checksum": packed[:-1] + b"\0", "more": zlib.compress(rows * 3),
        "less": zlib.compress(rows[:30]), "junk-after": packed + b"junk", "header": b"\x79" + packed[1:], "raw": packed[2:-4],
        "middle": packed[:10] + bytes([packed[10] ^ 0x55]) + packed[11:],
    }.items():
        yield f"deflate-{name}", gray(10, 4, 8, [data])


def zstds(picture):
    im = picture(40, 33, 3)
    yield "zstd", saved(im, compression="zstd")
    yield "zstd-strips", saved(im, compression="zstd", strip_size=1200)
    yield "zstd-predictor", saved(im, compression="zstd", tiffinfo={317: 2})
    whole = saved(im.convert("L"), compression="zstd")
    yield "zstd-gray", whole
    at = whole.index(b"\x28\xb5\x2f\xfd")
    for name, data in {"cut": whole[at : at + 700], "magic": b"\0" + whole[at + 1 :]}.items():
        yield f"zstd-{name}", gray(40, 33, 50000, [data])


def jpegs(picture):
    for name, im in {"gray": picture(37, 29).convert("L"), "rgb": picture(37, 29), "cmyk": picture(37, 29).convert("CMYK")}.items():
        for quality in (20, 90):
            yield f"jpeg-{name}-{quality}", saved(im, compression="jpeg", quality=quality)
        yield f"jpeg-{name}-strips", saved(im, compression="jpeg", strip_size=37 * 8 * len(im.getbands()))
    ycc = [np.asarray(p) for p in picture(48, 32, 5).convert("YCbCr").split()]
    rgb = [np.asarray(p) for p in picture(48, 32, 5).split()]
    black = np.full_like(rgb[0], 40)
    s444, s420 = [(1, 1)] * 3, [(2, 2), (1, 1), (1, 1)]

    def split(stream):
        """The tables of a stream, and the stream without them."""
        tables, rest, at = b"\xff\xd8", b"\xff\xd8", 2
        while stream[at + 1] != 0xDA:
            end = at + 2 + int.from_bytes(stream[at + 2 : at + 4], "big")
            if stream[at + 1] in (0xDB, 0xC4):
                tables += stream[at:end]
            else:
                rest += stream[at:end]
            at = end
        return tables + b"\xff\xd9", rest + stream[at:]

    def jpeg(planes, sampling, tw, th, photometric, tiled=True, shared=True, subsampling=None, planar=False, mangle=bytes, **options):
        h, w = planes[0].shape
        pieces, tables = [], b""
        for group in [[p] for p in planes] if planar else [planes]:
            for y in range(0, h, th):
                for x in range(0, w, tw):
                    part = [p[y : y + th, x : x + tw] for p in group]
                    if tiled:
                        part = [np.pad(p, ((0, th - p.shape[0]), (0, tw - p.shape[1])), "edge") for p in part]
                    stream = jpeg_encoder.encode(part, [(1, 1)] if planar else sampling, **options)
                    if shared:
                        tables, stream = split(stream)
                    pieces.append(mangle(stream))
        fields = {256: (3, [w]), 257: (3, [h]), 258: (3, [8] * len(planes)), 259: (3, [7]), 262: (3, [photometric]), 277: (3, [len(planes)])}
        if tiled:
            fields |= {322: (3, [tw]), 323: (3, [th])}
        else:
            fields[278] = (3, [th])
        if shared:
            fields[347] = (1, list(tables))
        if planar:
            fields[284] = (3, [2])
        if subsampling:
            fields[530] = (3, subsampling)
        return tiff(fields, pieces, tiled=tiled)

    for name, s, sub in (("444", s444, [1, 1]), ("420", s420, [2, 2]), ("422", [(2, 1), (1, 1), (1, 1)], [2, 1]), ("440", [(1, 2), (1, 1), (1, 1)], [1, 2]), ("411", [(4, 1), (1, 1), (1, 1)], [4, 1])):
        yield f"jpeg-ycc{name}-tiles", jpeg(ycc, s, 32, 16, 6, subsampling=sub)
        yield f"jpeg-ycc{name}-strips", jpeg(ycc, s, 48, 16, 6, tiled=False, subsampling=sub)
        yield f"jpeg-ycc{name}-no-tag", jpeg(ycc, s, 48, 16, 6, tiled=False)
    yield "jpeg-ycc-own-tables", jpeg(ycc, s420, 32, 16, 6, shared=False, subsampling=[2, 2])
    yield "jpeg-ycc-restart", jpeg(ycc, s420, 32, 16, 6, subsampling=[2, 2], restart=1)
    yield "jpeg-rgb-tiles", jpeg(rgb, s444, 32, 16, 2)
    yield "jpeg-rgb-subsampled", jpeg(rgb, s420, 32, 16, 2)
    yield "jpeg-rgb-planes", jpeg(rgb, s444, 32, 16, 2, planar=True)
    yield "jpeg-gray-tiles", jpeg(rgb[:1], [(1, 1)], 32, 16, 1)
    yield "jpeg-white-tiles", jpeg(rgb[:1], [(1, 1)], 32, 16, 0)
    yield "jpeg-cmyk-tiles", jpeg(rgb + [black], [(1, 1)] * 4, 32, 16, 5)
    yield "jpeg-no-tables", jpeg(ycc, s420, 32, 16, 6, subsampling=[2, 2]).replace(b"\x5b\x01\x01\0", b"\x5b\x02\x01\0")
    yield "jpeg-tables-without-end", jpeg(rgb[:1], [(1, 1)], 32, 16, 1).replace(b"\xff\xff\xd9", b"\xff\xff\xd7", 1)
    yield "jpeg-cut", jpeg(ycc, s420, 48, 32, 6, tiled=False, subsampling=[2, 2], mangle=lambda s: s[: len(s) * 2 // 3])
    yield "jpeg-no-end", jpeg(ycc, s420, 48, 32, 6, tiled=False, subsampling=[2, 2], mangle=lambda s: s[:-2])
    yield "jpeg-junk-for-end", jpeg(ycc, s420, 48, 32, 6, tiled=False, subsampling=[2, 2], mangle=lambda s: s[:-2] + b"\xff\x78\0")
    yield "jpeg-header-cut", jpeg(ycc, s420, 48, 32, 6, tiled=False, subsampling=[2, 2], mangle=lambda s: s[:14])
    tall = jpeg_encoder.encode([np.pad(p, ((0, 8), (0, 0)), "edge") for p in rgb[:1]], [(1, 1)])
    base = dict(t262=(3, [1]))
    yield "jpeg-last-strip-longer", gray(48, 32, 7, [tall], **base)
    yield "jpeg-first-strip-longer", gray(48, 64, 7, [tall, tall], t278=(3, [32]), **base)
    yield "jpeg-wider", gray(47, 40, 7, [tall], **base)
    yield "jpeg-one-bit", tiff({256: (3, [48]), 257: (3, [40]), 259: (3, [7]), 262: (3, [1]), 278: (3, [40])}, [tall])
    yield "jpeg-two-of-three", tiff({256: (3, [48]), 257: (3, [40]), 258: (3, [8] * 3), 259: (3, [7]), 262: (3, [2]), 277: (3, [3]), 278: (3, [40])}, [tall])
    for extra in (0, 1, 2):
        f = {256: (3, [48]), 257: (3, [32]), 258: (3, [8] * 2), 259: (3, [7]), 262: (3, [1]), 277: (3, [2]), 338: (3, [extra])}
        yield f"jpeg-la-{extra}", tiff(f | {278: (3, [32])}, [jpeg_encoder.encode(rgb[:2], [(1, 1)] * 2)])
        yield f"jpeg-la-{extra}-planes", tiff(f | {278: (3, [32]), 284: (3, [2])}, [jpeg_encoder.encode([p], [(1, 1)]) for p in rgb[:2]])
        yield f"jpeg-la-{extra}-tiles", tiff(f | {322: (3, [48]), 323: (3, [32])}, [jpeg_encoder.encode(rgb[:2], [(1, 1)] * 2)], tiled=True)
    yield "jpeg-la-subsampled", tiff(f | {278: (3, [32])}, [jpeg_encoder.encode(rgb[:2], [(2, 1), (1, 1)])])
    yield "jpeg-scans", jpeg(ycc, s444, 48, 32, 6, tiled=False, shared=False, subsampling=[1, 1], scans=[[0], [1], [2]])
    progressive = [([0, 1, 2], 0, 0, 0, 0)] + [([c], 1, 63, 0, 0) for c in range(3)]
    yield "jpeg-progressive", jpeg(ycc, s444, 48, 32, 6, tiled=False, shared=False, subsampling=[1, 1], sof=0xC2, scans=progressive)


def rare(picture):
    """Compressions that hardly any writer has."""
    im = picture(48, 32, 5)
    yield "rare-lzma", saved(im, compression="lzma")
    stream = io.BytesIO()
    im.save(stream, "JPEG", subsampling=0)
    fields = {256: (3, [48]), 257: (3, [32]), 258: (3, [8] * 3), 259: (3, [6]), 262: (3, [6]), 277: (3, [3]), 278: (3, [32])}
    data = stream.getvalue()
    old = {**fields, 512: (3, [1]), 513: (4, [0]), 514: (4, [len(data)]), 530: (3, [1, 1])}
    at = tiff(old, [data]).index(data)
    yield "rare-old-jpeg", tiff(old | {513: (4, [at])}, [data])


def places(picture):
    """Tiles whose places are in the fields of strips, and the other way round."""
    a = np.asarray(picture(20, 20).convert("L"))
    tiles = [np.pad(a, ((0, 12), (0, 12)))[y : y + 16, x : x + 16].tobytes() for y in (0, 16) for x in (0, 16)]
    strips = cut([r.tobytes() for r in a], 10)
    tile_fields = {"t322": (3, [16]), "t323": (3, [16])}
    for c, f in ((1, bytes), (8, zlib.compress)):
        packed, rows = [f(t) for t in tiles], [f(s) for s in strips]
        yield f"places-tiles-in-strips-{c}", gray(20, 20, c, packed, **tile_fields)
        yield f"places-tiles-in-strips-lengths-{c}", gray(20, 20, c, packed, t325=(4, [len(p) for p in packed]), t279=(4, [5] * 4), **tile_fields)
        yield f"places-strips-in-tiles-{c}", gray(20, 20, c, rows, t278=(3, [10]), t273=None, t279=None, t324=(4, [0] * 2), t325=(4, [len(r) for r in rows]))


def counts():
    """Fields of two values where one is wanted."""
    for tag in (256, 257, 277, 278, 284):
        yield f"two-values-{tag}", gray(8, 2, 8, [zlib.compress(bytes(range(16)))], **{f"t{tag}": (3, [{256: 8, 257: 2, 278: 2}.get(tag, 1), 1])})


def compressed_tiffs(picture):
    yield from counts()
    yield from faxes()
    yield from lzws()
    yield from packbits_and_deflates()
    yield from zstds(picture)
    yield from jpegs(picture)
    yield from rare(picture)
    yield from places(picture)
