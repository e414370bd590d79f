"""A small JPEG encoder for what Pillow cannot write: any sampling factors, several sequential scans, odd component ids,
restart intervals, 16-bit quantisation tables, progressive scans that stop short. Slow and plain; for fixtures only."""

import struct

import numpy as np

ZIGZAG = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
    35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
]
DCT = np.array([[np.sqrt((1 if k == 0 else 2) / 8) * np.cos((2 * n + 1) * k * np.pi / 16) for n in range(8)] for k in range(8)])

# One code table serves DC and AC alike: codes of 8 bits for the commoner symbols, 16 bits for the rest.
DC_TABLE = [(4, s) for s in range(12)]
AC_TABLE = [(8, s) for s in range(0x00, 0xFF) if (s & 15) and (s & 15) <= 10 and s >> 4 < 12]
AC_TABLE = AC_TABLE[:100] + [(8, 0x00), (8, 0xF0)] + [(8, r << 4) for r in range(1, 15)] + [(15, s) for _, s in AC_TABLE[100:]] + [
    (15, s) for s in range(256) if (s & 15) and ((s & 15) > 10 or s >> 4 >= 12)]


def codes(table):
    """Canonical codes: {symbol: (code, length)}, and the counts and symbols of DHT."""
    table = sorted(table, key=lambda e: e[0])
    out, code, last = {}, 0, table[0][0]
    counts = [0] * 16
    for length, symbol in table:
        code <<= length - last
        last = length
        out[symbol] = (code, length)
        counts[length - 1] += 1
        code += 1
        assert code <= (1 << length) - 1
    return out, bytes(counts) + bytes(s for _, s in table)


DC, DC_DHT = codes(DC_TABLE)
AC, AC_DHT = codes(AC_TABLE)


def segment(marker, body):
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


class Bits:
    def __init__(self):
        self.out, self.acc, self.n = bytearray(), 0, 0

    def put(self, value, length):
        self.acc = self.acc << length | value
        self.n += length
        while self.n >= 8:
            byte = self.acc >> (self.n - 8) & 0xFF
            self.out.append(byte)
            if byte == 0xFF:
                self.out.append(0)
            self.n -= 8
            self.acc &= (1 << self.n) - 1

    def flush(self):
        if self.n:
            self.put((1 << (8 - self.n)) - 1, 8 - self.n)

    def coefficient(self, table, run, v):
        size = int(abs(v)).bit_length()
        self.put(*table[run << 4 | size])
        if size:
            self.put(v if v > 0 else v + (1 << size) - 1, size)


def blocks_of(plane, quant, across, down):
    """Quantised coefficients, (down, across, 64) in zigzag order; the plane's edges are repeated."""
    plane = plane[: 8 * down, : 8 * across]
    padded = np.pad(plane, ((0, 8 * down - plane.shape[0]), (0, 8 * across - plane.shape[1])), mode="edge").astype(float) - 128
    b = padded.reshape(down, 8, across, 8).transpose(0, 2, 1, 3)
    c = np.einsum("ij,abjk,lk->abil", DCT, b, DCT).reshape(down, across, 64)[:, :, ZIGZAG]
    return np.rint(c / np.asarray(quant)).astype(int)


def shrink(plane, fx, fy):
    h, w = plane.shape
    padded = np.pad(plane, ((0, -h % fy), (0, -w % fx)), mode="edge").astype(float)
    return padded.reshape(padded.shape[0] // fy, fy, padded.shape[1] // fx, fx).mean(axis=(1, 3))


def encode(planes, sampling, quant=None, ids=None, before=b"", scans=None, restart=0, sof=0xC0, wide_quant=False,
           mangle=None):
    """planes: full-size arrays of one component each; sampling: (h, v) of each. scans: lists of component indices, or
    for sof=0xC2 tuples (components, ss, se, ah, al). mangle may change the entropy-coded bytes of a scan."""
    n = len(planes)
    height, width = planes[0].shape
    max_h, max_v = max(s[0] for s in sampling), max(s[1] for s in sampling)
    mcus_across, mcus_down = -(-width // (8 * max_h)), -(-height // (8 * max_v))
    quant = quant or [[3 + i // 3 for i in range(64)] for _ in range(n)]
    ids = ids or list(range(1, n + 1))
    coefficients, real = [], []
    for plane, (h, v), q in zip(planes, sampling, quant):
        small = shrink(plane, max_h // h, max_v // v)
        coefficients.append(blocks_of(small, q, mcus_across * h, mcus_down * v))
        real.append((-(-width * h // (8 * max_h)), -(-height * v // (8 * max_v))))
    out = b"\xff\xd8" + before
    for i, q in enumerate(quant):
        body = struct.pack(">64H", *q) if wide_quant else bytes(q)
        out += segment(0xDB, bytes([i | (0x10 if wide_quant else 0)]) + body)
    out += segment(sof, struct.pack(">BHHB", 8, height, width, n) + b"".join(
        bytes([ids[i], h << 4 | v, i]) for i, (h, v) in enumerate(sampling)))
    out += segment(0xC4, b"\x00" + DC_DHT) + segment(0xC4, b"\x10" + AC_DHT)
    if restart:
        out += segment(0xDD, struct.pack(">H", restart))
    for number, scan in enumerate(scans or [list(range(n))]):
        components, ss, se, ah, al = scan if sof == 0xC2 else (scan, 0, 63, 0, 0)
        out += segment(0xDA, bytes([len(components)]) + b"".join(bytes([ids[c], 0]) for c in components) + bytes([ss, se, ah << 4 | al]))
        data = scan_data(components, coefficients, real, sampling, mcus_across, mcus_down, restart, ss, se, ah, al)
        out += mangle(number, data) if mangle else data
    return out + b"\xff\xd9"


def scan_data(components, coefficients, real, sampling, mcus_across, mcus_down, restart, ss, se, ah, al):
    if len(components) == 1:
        c = components[0]
        mcus = [[(c, y, x)] for y in range(real[c][1]) for x in range(real[c][0])]
    else:
        mcus = [[(c, y * sampling[c][1] + dy, x * sampling[c][0] + dx) for c in components
                 for dy in range(sampling[c][1]) for dx in range(sampling[c][0])]
                for y in range(mcus_down) for x in range(mcus_across)]
    bits, pred, out = Bits(), {}, bytearray()
    for i, mcu in enumerate(mcus):
        if restart and i and i % restart == 0:
            bits.flush()
            out += bits.out + bytes([0xFF, 0xD0 + (i // restart - 1) % 8])
            bits, pred = Bits(), {}
        for c, y, x in mcu:
            block = [int(v) for v in coefficients[c][y, x]]
            if ah:
                assert ss == 0 and se == 0, "refinement of DC alone"
                bits.put(block[0] >> al & 1, 1)
                continue
            if ss == 0:
                dc = block[0] >> al
                diff = dc - pred.get(c, 0)
                pred[c] = dc
                size = abs(diff).bit_length()
                bits.put(*DC[size])
                if size:
                    bits.put(diff if diff > 0 else diff + (1 << size) - 1, size)
            run = 0
            for k in range(max(ss, 1), se + 1):
                v = block[k]
                v = -(-v >> al) if v < 0 else v >> al
                if v == 0:
                    run += 1
                    continue
                while run > 15:
                    bits.put(*AC[0xF0])
                    run -= 16
                bits.coefficient(AC, run, v)
                run = 0
            if run:
                bits.put(*AC[0x00])
    bits.flush()
    return bytes(out + bits.out)
