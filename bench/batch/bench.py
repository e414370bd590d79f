"""Measures resnet batch: what a job costs over classify -r, its memory, and its speed beside PyTorch's.

    go build -o resnet ./cmd/resnet
    python bench/batch/bench.py overhead ./resnet PHOTOS --pairs 6 --flags "--threads 1"
    python bench/batch/bench.py broken ./resnet PHOTOS
    python bench/batch/bench.py memory ./resnet PHOTOS
    python bench/batch/bench.py torch ./resnet PHOTOS --arch 18 --weights resnet18.safetensors

PHOTOS is a folder. torch wants torch, torchvision and safetensors, and a machine on which nothing else runs.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time


def timed(line):
    before, start = os.times(), time.perf_counter()
    code = subprocess.run(line, stderr=subprocess.DEVNULL).returncode
    if code not in (0, 1):  # 1: some photos are broken
        raise SystemExit(f"{line}: exit code {code}")
    after = os.times()
    return time.perf_counter() - start, after.children_user + after.children_system - before.children_user - before.children_system


def batch(args, photos, job):
    return [*args.prefix.split(), args.binary, "batch", "classify", photos, "-f", "ndjson", "-o", job, *args.flags.split()]


def pairs(args, job, lines):
    """Runs two command lines in turns, and compares the second with the first; which begins changes."""
    ratios = []
    for pair in range(args.pairs):
        took = {}
        for name in list(lines)[:: 1 if pair % 2 else -1]:
            shutil.rmtree(job, ignore_errors=True)
            took[name] = timed(lines[name])
        (a, ours), (b, theirs) = ((name, took[name]) for name in lines)
        ratios.append([y / x for x, y in zip(ours, theirs)])
        print(f"{a} %.2f s, CPU %.2f s; " % ours + f"{b} %.2f s, CPU %.2f s; " % theirs + "ratio %.3f, of CPU %.3f" % tuple(ratios[-1]), flush=True)
    for name, column in zip(["time", "CPU"], zip(*ratios)):
        print(f"{name}: median {100 * statistics.median(column) - 100:+.1f} % ({100 * min(column) - 100:+.1f} to {100 * max(column) - 100:+.1f} %)")


def rows(files):
    """What the lines say of each image, whatever its folder is called."""
    found = []
    for file in files:
        with open(file) as f:
            found += [(os.path.basename(row["file"]), row.get("predictions")) for row in map(json.loads, f)]
    return sorted(found, key=str)


def overhead(args, work):
    """Both write the same lines."""
    job, out = os.path.join(work, "job"), os.path.join(work, "out.ndjson")
    classify = [*args.prefix.split(), args.binary, "classify", "-r", args.photos, "-f", "ndjson", "-o", out, *args.flags.split()]
    pairs(args, job, {"classify": classify, "batch": batch(args, args.photos, job)})
    subprocess.run(classify, stderr=subprocess.DEVNULL)
    parts = [os.path.join(job, folder, name) for folder in ("out", "quarantine") for name in os.listdir(os.path.join(job, folder))]
    if rows([out]) != rows(parts):
        raise SystemExit("the lines are not the same")


def broken(args, work):
    """A job of the photos, and one of the same photos and of a ninth as many that are broken: half cut, half of other bytes."""
    photos = sorted(os.path.join(folder, name) for folder, _, names in os.walk(args.photos) for name in names if name.lower().endswith((".jpg", ".jpeg")))
    whole, mixed = os.path.join(work, "whole"), os.path.join(work, "mixed")
    for folder in (whole, mixed):
        os.mkdir(folder)
        for n, photo in enumerate(photos):
            os.symlink(os.path.abspath(photo), os.path.join(folder, f"{n:06d}.jpg"))
    for n, photo in enumerate(photos[:: 9]):
        with open(photo, "rb") as f:
            data = f.read()
        with open(os.path.join(mixed, f"{9 * n:06d}b.jpg"), "wb") as f:
            f.write(data[: len(data) // 2] if n % 2 else bytes(255 - b for b in data))
    job = os.path.join(work, "job")
    pairs(args, job, {"whole": batch(args, whole, job), "a tenth broken": batch(args, mixed, job)})


def memory(args, work):
    """The most that is resident while each ten thousand images are computed, as the manifest tells."""
    job = os.path.join(work, "job")
    process = subprocess.Popen([*args.prefix.split(), args.binary, "batch", "classify", args.photos, "-o", job, "--quiet", *args.flags.split()])
    most = {}
    while process.poll() is None:
        try:
            with open(f"/proc/{process.pid}/status") as f:
                resident = int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))
            done = 0
            if os.path.exists(os.path.join(job, "manifest.jsonl")):
                with open(os.path.join(job, "manifest.jsonl")) as f:
                    done = sum(json.loads(line)["images"] for line in f if line.endswith("}\n"))
            most[done // 10000] = max(most.get(done // 10000, 0), resident)
        except (OSError, AttributeError):
            pass
        time.sleep(0.05)
    for window, kib in sorted(most.items()):
        print(f"from image {10000 * window}: {kib / 1024:.1f} MiB")


def torch(args, work):
    import torch
    import torchvision
    from safetensors.torch import load_file
    from torchvision.transforms import v2

    net = getattr(torchvision.models, "resnet" + args.arch)()
    net.load_state_dict({k: v.float() for k, v in load_file(args.weights).items()}, strict=False)
    net = net.eval().to(memory_format=torch.channels_last)
    prepare = v2.Compose([
        v2.Resize(256), v2.CenterCrop(224), v2.PILToTensor(), v2.ToDtype(torch.float32, scale=True),
        v2.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    ])
    # ImageFolder wants folders of classes: the photos are one.
    os.mkdir(os.path.join(work, "in"))
    os.symlink(os.path.abspath(args.photos), os.path.join(work, "in", "all"))
    photos = torchvision.datasets.ImageFolder(os.path.join(work, "in"), prepare)
    right = {}

    def theirs(batch, workers, threads):
        torch.set_num_threads(threads)
        loader = torch.utils.data.DataLoader(photos, batch_size=batch, num_workers=workers)
        start, labels = time.perf_counter(), []
        with torch.inference_mode():
            for images, _ in loader:
                labels += net(images.to(memory_format=torch.channels_last)).argmax(1).tolist()
        right.update(zip([os.path.basename(name) for name, _ in photos.samples], labels))
        return time.perf_counter() - start

    def ours():
        job = os.path.join(work, "job")
        shutil.rmtree(job, ignore_errors=True)
        start = time.perf_counter()
        subprocess.run([*args.prefix.split(), args.binary, "batch", "classify", args.photos, "-o", job, "-f", "ndjson", "--arch", args.arch,
                        "--weights", args.weights, "--quiet", *args.flags.split()], check=True)
        return time.perf_counter() - start

    n = len(photos)
    whole, photos.samples = photos.samples, photos.samples[: args.scan]
    cores = len(os.sched_getaffinity(0))
    ways = {way: theirs(*way) for way in [(b, w, t) for b in (16, 32, 64, 128) for w, t in [(0, cores), (1, cores), (cores, cores), (cores, 1)]]}
    best = min(ways, key=ways.get)
    print("PyTorch's best of %d ways, by %d photos: batches of %d, %d workers, %d threads" % (len(ways), args.scan, *best), flush=True)
    photos.samples = whole
    turns = [(ours(), theirs(*best)) for _ in range(args.pairs)]
    a, b = (statistics.median(t) for t in zip(*turns))
    same = total = 0
    for name in os.listdir(os.path.join(work, "job", "out")):
        with open(os.path.join(work, "job", "out", name)) as f:
            for row in map(json.loads, f):
                total += 1
                same += right.get(os.path.basename(row["file"])) == row["predictions"][0]["index"]
    print(f"{n} photos: resnet batch {a:.2f} s, PyTorch {b:.2f} s: {n / a:.1f} and {n / b:.1f} a second, ratio {b / a:.2f} "
          f"(from {min(y / x for x, y in turns):.2f} to {max(y / x for x, y in turns):.2f}); {same} of {total} labels are the same")


parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
commands = parser.add_subparsers(required=True)
for run in [overhead, broken, memory, torch]:
    command = commands.add_parser(run.__name__)
    command.set_defaults(run=run)
    command.add_argument("binary")
    command.add_argument("photos")
    command.add_argument("--prefix", default="", help="that runs the binary, such as taskset")
    command.add_argument("--flags", default="", help="of the binary")
    if run is not memory:
        command.add_argument("--pairs", type=int, default=6)
    if run is torch:
        command.add_argument("--arch", default="18")
        command.add_argument("--weights", required=True)
        command.add_argument("--scan", type=int, default=256, help="photos to find PyTorch's best way by")
args = parser.parse_args()
args.binary = os.path.abspath(args.binary)
with tempfile.TemporaryDirectory(prefix="bench-batch-") as work:
    args.run(args, work)
