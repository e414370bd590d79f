"""Compares resnet fit with scikit-learn and PyTorch on the same photos, side by side.

    go build -o learn ./bench/learn && go build -o resnet ./cmd/resnet
    python bench/learn/bench.py fit ./learn TRAIN.npy TEST.npy
    python bench/learn/bench.py features ./resnet PHOTOS --weights resnet18.safetensors
    python bench/learn/bench.py memory ./learn
    python bench/learn/bench.py cache ./learn PHOTOS --weights resnet18.safetensors
    python bench/learn/bench.py page ./resnet PHOTOS --arch NET

The features are what `resnet features -r DIR -o FILE.npy --weights …` writes, of folders a class. fit wants scikit-learn
1.9; features torch, torchvision and safetensors; page Chromium. memory fits a head to 50,000 rows of 2,048 random features, and
cache asks twice for the features of photos. kill.sh beside this file kills fits.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
import warnings

import numpy as np


def classes(name):
    with open(name + ".txt", encoding="utf-8") as lines:
        return np.array([os.path.basename(os.path.dirname(line.rstrip("\n"))) for line in lines])


def fit(args):
    from sklearn.linear_model import LogisticRegressionCV
    from sklearn.metrics import log_loss
    from sklearn.model_selection import StratifiedKFold

    warnings.simplefilter("ignore")
    ours = []
    for _ in range(args.repeat):
        before = os.times()
        ours.append(json.loads(subprocess.run([*args.prefix.split(), args.binary, args.train, args.test], check=True, capture_output=True).stdout))
        after = os.times()
        ours[-1]["cpu"] = after.children_user - before.children_user
    best = min(ours, key=lambda r: r["seconds"])
    print(f"resnet        C {best['c']:.6g}, {best['right']} of {best['photos']} right, log loss {best['log_loss']:.4f}, "
          f"{best['seconds']:.3f} s, CPU of the process {best['cpu']:.2f} s")

    x, xt = np.load(args.train).astype(np.float64), np.load(args.test).astype(np.float64)
    y, yt = classes(args.train), classes(args.test)
    model = LogisticRegressionCV(Cs=np.logspace(-4, 4, 13), cv=StratifiedKFold(5), scoring="neg_log_loss", max_iter=args.iterations,
                                 use_legacy_attributes=False)
    start, cpu = time.perf_counter(), time.process_time()
    model.fit(x, y)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    p = model.predict_proba(xt)
    right = int((model.classes_[p.argmax(1)] == yt).sum())
    print(f"scikit-learn  C {model.C_:.6g}, {right} of {len(yt)} right, log loss {log_loss(yt, p):.4f}, {seconds:.3f} s, CPU {cpu:.2f} s")
    print(f"ratio of the times: {best['seconds'] / seconds:.3f}, of CPU {best['cpu'] / cpu:.3f}")


def features(args):
    import torch
    import torchvision
    from safetensors.torch import load_file
    from torchvision.transforms import v2

    net = torchvision.models.resnet18()
    net.load_state_dict({k: v.float() for k, v in load_file(args.weights).items()}, strict=False)
    net.fc = torch.nn.Identity()
    net = net.eval().to(memory_format=torch.channels_last)
    prepare = v2.Compose([
        v2.Resize(256), v2.CenterCrop(224), v2.PILToTensor(), v2.ToDtype(torch.float32, scale=True),
        v2.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    ])
    photos = torchvision.datasets.ImageFolder(args.photos, prepare)

    def theirs():
        loader = torch.utils.data.DataLoader(photos, batch_size=32, num_workers=args.workers)
        with torch.inference_mode():
            for images, _ in loader:
                net(images.to(memory_format=torch.channels_last))

    def ours():
        subprocess.run([args.binary, "features", "-r", args.photos, "-o", "/dev/shm/features.npy", "--weights", args.weights, "-q"], check=True)

    times = {ours: [], theirs: []}
    for _ in range(args.repeat):
        for run in times:
            start = time.perf_counter()
            run()
            times[run].append(time.perf_counter() - start)
    a, b = np.median(times[ours]), np.median(times[theirs])
    print(f"{len(photos)} photos: resnet {a:.2f} s, torchvision and PyTorch {b:.2f} s, ratio {a / b:.3f} (medians of {args.repeat} turns)")


def memory(args):
    r = json.loads(subprocess.run([args.binary, "--rows", str(args.rows), "--width", str(args.width)], check=True, capture_output=True).stdout)
    print(f"{args.rows} rows of {args.width}: C {r['c']:.6g}, {r['seconds']:.1f} s, at most {r['rss_anon']} of anonymous memory")


def cache(args):
    with tempfile.TemporaryDirectory() as kept:
        for turn in "first", "second":
            command = [args.binary, "--photos", args.photos, "--weights", args.weights, "--cache", kept]
            r = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
            print(f"{r['photos']} photos, the {turn} time: {r['seconds']:.3f} s")


def page(args):
    with tempfile.TemporaryDirectory() as dir:
        sheet = os.path.join(dir, "sheet.html")
        for worst in args.worst:
            start = time.perf_counter()
            subprocess.run([args.binary, "eval", args.photos, "--arch", args.arch, "--sheet", sheet, "--worst", str(worst)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            made = time.perf_counter() - start
            start = time.perf_counter()
            chromium = [args.chromium, "--headless", "--no-sandbox", "--disable-gpu", f"--screenshot={dir}/page.png", "file://" + sheet]
            subprocess.run(chromium, check=True, capture_output=True)
            opened = time.perf_counter() - start
            start = time.perf_counter()
            subprocess.run([*chromium[:-1], "about:blank"], check=True, capture_output=True)
            blank = time.perf_counter() - start
            print(f"--worst {worst}: made in {made:.1f} s, {os.path.getsize(sheet) / 2**20:.1f} MiB, opened in {opened:.1f} s (a blank page: {blank:.1f} s)")


parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
commands = parser.add_subparsers(required=True)
command = commands.add_parser("fit")
command.set_defaults(run=fit)
command.add_argument("binary")
command.add_argument("train")
command.add_argument("test")
command.add_argument("--repeat", type=int, default=3)
command.add_argument("--iterations", type=int, default=1000, help="of scikit-learn, at most")
command.add_argument("--prefix", default="", help="that runs the binary, such as taskset")
command = commands.add_parser("features")
command.set_defaults(run=features)
command.add_argument("binary")
command.add_argument("photos")
command.add_argument("--weights", required=True)
command.add_argument("--workers", type=int, default=0)
command.add_argument("--repeat", type=int, default=3)
command = commands.add_parser("memory")
command.set_defaults(run=memory)
command.add_argument("binary")
command.add_argument("--rows", type=int, default=50_000)
command.add_argument("--width", type=int, default=2048)
command = commands.add_parser("cache")
command.set_defaults(run=cache)
command.add_argument("binary")
command.add_argument("photos")
command.add_argument("--weights", required=True)
command = commands.add_parser("page")
command.set_defaults(run=page)
command.add_argument("binary")
command.add_argument("photos")
command.add_argument("--arch", required=True)
command.add_argument("--worst", type=int, nargs="+", default=[60, 10_000])
command.add_argument("--chromium", default="chromium")
args = parser.parse_args()
args.run(args)
