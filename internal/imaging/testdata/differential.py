"""Damages pictures and decodes them with Pillow and with this package, to find where they disagree. In a throwaway venv:

    python -m venv venv && venv/bin/pip install Pillow==13.0.0
    venv/bin/python differential.py -o /tmp/differences                 # 20,000 damaged pictures of matrix.zip
    venv/bin/python differential.py -o /tmp/differences -n 0 DIR…       # the files below the directories as they are

A picture is equal if convert("RGB") gives the same bytes; EXIF's orientation is left alone on both sides. Prints a line
a format: how many are equal, refused by both, refused here as unsupported, read by Pillow alone, read here alone, and
read by both with other pixels. Of the last three kinds (and of unsupported ones with --keep-unsupported) each file is
kept in a directory of the kind's name, with what both said in its .txt. The same --seed gives the same pictures.
"""

import argparse
import collections
import hashlib
import io
import json
import os
import random
import subprocess
import tempfile
import warnings
import zipfile
import zlib

from PIL import Image

warnings.simplefilter("ignore")
Image.MAX_IMAGE_PIXELS = 2_000_000  # refused at twice that, as the test does
HERE = os.path.dirname(os.path.abspath(__file__))
FORMATS = ("JPEG", "MPO", "PNG", "GIF", "WEBP", "BMP", "TIFF")
BATCH = 500
INTERESTING = (b"\0", b"\1", b"\x7f", b"\x80", b"\xff", b"\0\0", b"\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\xff", b"\1\0", b"\0\1", b"\2\0", b"\0\2", b"\3\0", b"\4\0")


def seeds():
    """The pictures of the matrix that Pillow reads, by format; those of one kind with many near-twins are thinned out."""
    out = collections.defaultdict(list)
    with open(os.path.join(HERE, "matrix.json")) as f:
        goldens = json.load(f)
    with zipfile.ZipFile(os.path.join(HERE, "matrix.zip")) as z:
        for i, name in enumerate(z.namelist()):
            if name.startswith("smooth/") and i % 4 or "refused" in goldens[name]:
                continue
            out[os.path.splitext(name)[1][1:].lower()].append((name.replace("/", "_"), z.read(name)))
    return out


def place(rnd, data):
    """Headers are hit more often than pixels."""
    return rnd.randrange(min(len(data), 64) if rnd.random() < 0.3 else min(len(data), 400) if rnd.random() < 0.5 else len(data))


def damage(rnd, data):
    data = bytearray(data)
    for _ in range(rnd.choice((1, 1, 1, 2, 3, 8))):
        if not data:
            break
        at, n = place(rnd, data), rnd.choice((1, 1, 2, 4, 12, 30))
        match rnd.randrange(9):
            case 0 | 1 | 2:
                data[at] ^= 1 << rnd.randrange(8)
            case 3:
                data[at] = rnd.randrange(256)
            case 4 | 5:
                value = rnd.choice(INTERESTING)
                data[at : at + len(value)] = value
            case 6:
                del data[at : at + n]
            case 7:
                data[at:at] = data[at : at + n]
            case 8:
                to = place(rnd, data)
                data[at : at + n], data[to : to + n] = data[to : to + n], data[at : at + n]
    if rnd.random() < 0.1:
        del data[rnd.randrange(len(data) + 1) :]
    return mend_png(data) if data[:4] == b"\x89PNG" and rnd.random() < 0.7 else bytes(data)


def mend_png(data):
    """Right checksums, without which nearly all damage ends there."""
    at = 8
    while at + 12 <= len(data):
        n = int.from_bytes(data[at : at + 4], "big")
        if at + 12 + n > len(data):
            break
        data[at + 8 + n : at + 12 + n] = zlib.crc32(data[at + 4 : at + 8 + n]).to_bytes(4, "big")
        at += 12 + n
    return bytes(data)


def damaged(count, seed):
    rnd, pool = random.Random(seed), seeds()
    formats = sorted(pool)
    for i in range(count):
        kind = formats[i % len(formats)]
        name, data = rnd.choice(pool[kind])
        yield kind, f"{i:06}-{name}", damage(rnd, data)


def files(directories):
    for directory in directories:
        for root, _, names in sorted(os.walk(directory)):
            for name in sorted(names):
                path = os.path.join(root, name)
                with open(path, "rb") as f:
                    yield os.path.splitext(name)[1][1:].lower(), os.path.relpath(path, directory).replace("/", "_"), f.read()


def pillow(data):
    try:
        im = Image.open(io.BytesIO(data))
        if im.format not in FORMATS:
            return f"format {im.format}", None
        rgb = im.convert("RGB")
        return f"{rgb.width}x{rgb.height}", hashlib.sha256(rgb.tobytes()).hexdigest()
    except Exception as e:
        return f"{type(e).__name__}: {e}", None


def compare(binary, batch, args, counts):
    with tempfile.TemporaryDirectory() as work:
        directory = os.path.join(work, "files")
        os.mkdir(directory)
        for _, name, data in batch:
            with open(os.path.join(directory, name), "wb") as f:
                f.write(data)
        env = os.environ | {"RESNET_IMAGING_DIFFERENTIAL": directory}
        subprocess.run([binary, "-test.run=^TestDifferential$"], env=env, check=True, stdout=subprocess.DEVNULL, cwd=os.path.dirname(HERE))
        with open(directory + ".json") as f:
            ours = json.load(f)
    for kind, name, data in batch:
        said, digest = pillow(data)
        us = ours[name]
        if digest and us["RGB"]:
            verdict = "equal" if digest == us["RGB"] else "pixels"
        elif digest:
            verdict = "unsupported" if us["Class"] == "unsupported" else "only-pillow"
        else:
            verdict = "only-ours" if us["RGB"] else "both-refuse"
        if us["Class"] in ("internal", "timeout", "io"):
            verdict = us["Class"]
        counts[kind][verdict] += 1
        if verdict not in ("equal", "both-refuse", "unsupported") or verdict == "unsupported" and args.keep_unsupported:
            keep = os.path.join(args.output, verdict)
            os.makedirs(keep, exist_ok=True)
            with open(os.path.join(keep, name), "wb") as f:
                f.write(data)
            with open(os.path.join(keep, name + ".txt"), "w") as f:
                f.write(f"Pillow: {said}\nhere: {us['Width']}x{us['Height']} {us['Class']} {us['Message']}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directories", nargs="*", help="files to compare beside the damaged ones")
    parser.add_argument("-n", type=int, default=20000, help="damaged pictures (default 20,000)")
    parser.add_argument("-o", "--output", required=True, help="directory for the files that differ")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep-unsupported", action="store_true")
    args = parser.parse_args()

    os.makedirs(args.output, exist_ok=True)
    binary = os.path.join(args.output, "imaging.test")
    subprocess.run(["go", "test", "-c", "-o", binary, "."], check=True, cwd=os.path.dirname(HERE))
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 2)  # libtiff and libjpeg speak there
    counts, batch = collections.defaultdict(collections.Counter), []
    for item in [*files(args.directories), *damaged(args.n, args.seed)]:
        batch.append(item)
        if len(batch) == BATCH:
            compare(binary, batch, args, counts)
            batch = []
    if batch:
        compare(binary, batch, args, counts)
    total = collections.Counter()
    kinds = ("equal", "both-refuse", "unsupported", "only-pillow", "only-ours", "pixels", "internal", "timeout", "io")
    print(f"{'':8}" + "".join(f"{k:>13}" for k in kinds))
    for kind, c in sorted(counts.items()):
        total += c
        print(f"{kind:8}" + "".join(f"{c[k]:13,}" for k in kinds))
    print(f"{'all':8}" + "".join(f"{total[k]:13,}" for k in kinds))


if __name__ == "__main__":
    main()
