"""Compares logits with PyTorch for random variants of the residual networks of torchvision, timm and transformers.

    go build -o resnet ./cmd/resnet
    venv/bin/python internal/bind/testdata/differential.py ./resnet [variants [seed]]

Each variant is a network with arguments drawn at random, saved in one of the ways that its library and its users have.
The binary must compute its logits (to 1e-4 of the largest; of a network without a classifier its features) or refuse it. A variant that is answered wrongly is printed,
with what was said on stderr, and makes the exit code 1.
"""
import argparse
import collections
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import numpy
import safetensors.torch
import timm
import torch
import torchvision
import transformers
from PIL import Image
from torchvision.models.resnet import BasicBlock, Bottleneck
from transformers import ResNetConfig, ResNetForImageClassification, ResNetModel

SIZE = 64
MEAN, STD = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])

TIMM = ["resnet10t", "resnet14t", "resnet18", "resnet18d", "resnet26", "resnet26d", "resnet26t", "resnet34", "resnet50", "resnet50c",
        "resnet50d", "resnet50s", "resnet50t", "resnext50_32x4d", "wide_resnet50_2", "resnetaa34d", "resnetaa50", "resnetaa50d",
        "resnetblur18", "resnetblur50", "seresnet18", "ecaresnet26t", "resnet50_gn", "skresnet18", "resnet32ts", "resnetrs50"]


def randomize(net):
    """Statistics, scales and biases that show where one is taken for another."""
    for m in net.modules():
        if isinstance(m, torch.nn.BatchNorm2d) and m.affine:
            torch.nn.init.uniform_(m.weight, 0.5, 1.2)
            torch.nn.init.normal_(m.bias, 0, 0.2)
            if m.running_mean is not None:
                torch.nn.init.normal_(m.running_mean, 0, 0.2)
                torch.nn.init.uniform_(m.running_var, 0.5, 1.5)
    return net.eval()


def of_torchvision(draw):
    block = draw.choice([BasicBlock, Bottleneck])
    layers = [draw.randint(1, 2) for _ in range(4)]
    args = {"num_classes": draw.choice([2, 10, 200, 1000])}
    if block is Bottleneck:
        args |= draw.choice([{}, {"groups": 32, "width_per_group": 4}, {"width_per_group": 128}, {"groups": 2}])
    net = torchvision.models.ResNet(block, layers, **args)
    change = draw.choice([None] * 3 + ["dropout", "identity", "no bias", "gray", "mlp", "mlp of norms", "two linear", "tanh", "instance norm",
                                       "projection 3", "projection 5", "biases", "equal widths", "two channels"])
    if change == "dropout":
        net.fc = torch.nn.Sequential(torch.nn.Dropout(), torch.nn.Linear(net.fc.in_features, 7))
    elif change == "identity":
        net.fc = torch.nn.Identity()
    elif change == "no bias":
        net.fc = torch.nn.Linear(net.fc.in_features, 7, bias=False)
    elif change == "mlp":
        net.fc = torch.nn.Sequential(torch.nn.Linear(net.fc.in_features, 9), torch.nn.ReLU(), torch.nn.Dropout(), torch.nn.Linear(9, 7))
    elif change == "mlp of norms":
        net.fc = torch.nn.Sequential(torch.nn.Linear(net.fc.in_features, 9), torch.nn.BatchNorm1d(9), torch.nn.ReLU(), torch.nn.Linear(9, 7))
    elif change == "two linear":
        net.fc = torch.nn.Sequential(torch.nn.Linear(net.fc.in_features, 9), torch.nn.Linear(9, 7))
    elif change == "tanh":
        net.fc = torch.nn.Sequential(torch.nn.Linear(net.fc.in_features, 9), torch.nn.Tanh(), torch.nn.Linear(9, 7))
    elif change == "two channels":
        net.conv1 = torch.nn.Conv2d(2, 64, 7, 2, 3, bias=False)
    elif change in ("projection 3", "projection 5"):
        kernel = int(change[-1])
        for m in list(net.modules()):
            if isinstance(getattr(m, "downsample", None), torch.nn.Sequential):
                old = m.downsample[0]
                m.downsample[0] = torch.nn.Conv2d(old.in_channels, old.out_channels, kernel, old.stride, kernel // 2, bias=False)
    elif change == "biases":
        for m in list(net.modules()):
            if isinstance(m, torch.nn.Conv2d):
                m.bias = torch.nn.Parameter(torch.randn(m.out_channels) / 5)
    elif change == "equal widths":
        net.inplanes = 64
        for i in range(4):
            setattr(net, f"layer{i + 1}", net._make_layer(block, 64 if block is BasicBlock else 16, layers[i], stride=draw.choice([1, 2]) if i and block is BasicBlock else 1))
        net.fc = torch.nn.Linear(64, 7)
    elif change == "gray":
        net.conv1 = torch.nn.Conv2d(1, 64, 7, 2, 3, bias=False)
    elif change == "instance norm":
        net.bn1 = torch.nn.InstanceNorm2d(64, affine=True)
    return f"torchvision {block.__name__} {layers} {args} {change or ''}", randomize(net), None


def of_timm(draw):
    name, args = draw.choice(TIMM), {}
    for key, values in {"num_classes": [0, 5, 10], "in_chans": [1, 4], "global_pool": ["max", "avgmax", "catavgmax"], "act_layer": ["silu", "gelu"],
                        "output_stride": [8, 16], "stem_width": [24], "avg_down": [True], "block_reduce_first": [2]}.items():
        if draw.random() < 0.12:
            args[key] = draw.choice(values)
    try:
        net = timm.create_model(name, pretrained=False, **args)
    except (TypeError, ValueError, NotImplementedError, AssertionError):  # not every net takes every argument
        args = {}
        net = timm.create_model(name, pretrained=False)
    return f"timm {name} {args}", randomize(net), lambda d: timm.models.save_for_hf(net, d, model_args=args or None, safe_serialization=draw.random() < 0.7)


class Own(torch.nn.Module):
    """A network as tutorials write it: the stem, the stages and the parts of a block have names of their own."""

    def __init__(self, draw):
        super().__init__()
        self.stage = draw.choice(["layerN", "layer_N", "stageN", "stage_N", "convN_x"])
        self.first = 2 if self.stage == "convN_x" else draw.choice([0, 1]) if self.stage == "layerN" else 1
        stem = torch.nn.Conv2d(3, 16, 3, 1, 1, bias=draw.random() < 0.5), torch.nn.BatchNorm2d(16)
        names = draw.choice([("conv", "bn"), ("conv1", "bn1"), ("conv_1", "bn_1"), ("stem",), ("conv1",)])
        for name, module in zip(names, stem if len(names) == 2 else [torch.nn.Sequential(*stem)]):
            setattr(self, name, module)
        self.before, self.layers = [getattr(self, n) for n in names], []
        parts, shortcut, kernel = draw.choice(["convN bnN", "conv_N bn_N", "convN", "residual_function"]), draw.choice(["downsample", "shortcut", "short_cut"]), draw.choice([1, 3])
        i, bias = 16, draw.random() < 0.3
        for k in range(draw.randint(2, 4)):
            o, blocks = 16 << k, []
            for b in range(draw.randint(1, 2)):
                blocks.append(OwnBlock(i, o, 2 if k and not b else 1, parts, shortcut, kernel, bias))
                i = o
            self.layers.append(torch.nn.Sequential(*blocks))
            setattr(self, self.stage.replace("N", str(k + self.first)), self.layers[-1])
        self.head = draw.choice(["fc", "linear", "classifier"])
        setattr(self, self.head, torch.nn.Linear(i, 7))

    def forward(self, x):
        for module in self.before:
            x = module(x)
        x = torch.relu(x)
        for layer in self.layers:
            x = layer(x)
        return getattr(self, self.head)(x.mean((2, 3)))


class OwnBlock(torch.nn.Module):
    def __init__(self, i, o, stride, parts, shortcut, kernel, bias):
        super().__init__()
        units = [[torch.nn.Conv2d(a, o, 3, s, 1, bias=bias), torch.nn.BatchNorm2d(o)] for a, s in ((i, stride), (o, 1))]
        if parts == "residual_function":
            setattr(self, parts, torch.nn.Sequential(*units[0], torch.nn.ReLU(), *units[1]))
        for n, unit in enumerate(units, 1):
            if parts == "convN":
                setattr(self, f"conv{n}", torch.nn.Sequential(*unit))
            elif parts != "residual_function":
                for name, module in zip(parts.split(), unit):
                    setattr(self, name.replace("N", str(n)), module)
        down = [] if stride == 1 and i == o else [torch.nn.Conv2d(i, o, kernel, stride, kernel // 2, bias=bias), torch.nn.BatchNorm2d(o)]
        setattr(self, shortcut, torch.nn.Sequential(*down))
        self.steps = [torch.nn.Sequential(*unit) for unit in units] + [getattr(self, shortcut)]  # of a list no module has names

    def forward(self, x):
        first, second, side = self.steps
        return torch.relu(second(torch.relu(first(x))) + side(x))


def of_tutorials(draw):
    net = Own(draw)
    return f"tutorial {net.stage} from {net.first}, {list(dict.fromkeys(k.split('.')[0] for k in net.state_dict()))}", randomize(net), None


def of_transformers(draw):
    kind = draw.choice(["basic", "bottleneck"])
    n = draw.randint(2, 4)
    config = ResNetConfig(embedding_size=draw.choice([8, 64]), hidden_sizes=[32 << i for i in range(n)], depths=[draw.randint(1, 2) for _ in range(n)],
                          layer_type=kind, hidden_act=draw.choice(["relu"] * 4 + ["gelu", "silu"]), num_labels=draw.choice([2, 7]),
                          downsample_in_first_stage=draw.random() < 0.3, downsample_in_bottleneck=draw.random() < 0.3)
    bare = draw.random() < 0.25
    net = randomize((ResNetModel if bare else ResNetForImageClassification)(config))
    return f"transformers {'backbone ' if bare else ''}{kind} {config.to_diff_dict()}", net, lambda d: net.save_pretrained(d, max_shard_size="300KB" if draw.random() < 0.3 else "5GB")


def save_bare(draw, net, d, name):
    """A state dict as people's own training writes it, under a file name that says what it is where timm has a name for it."""
    s = net.state_dict()
    way = draw.choice(["plain", "legacy", "nested", "module", "lightning", "protocol", "safetensors", "save_model", "half", "compiled"])
    path = d / f"{name}.{'safetensors' if way in ('safetensors', 'save_model') else 'pth'}"
    if way == "plain":
        torch.save(s, path)
    elif way == "legacy":
        torch.save(s, path, _use_new_zipfile_serialization=False)
    elif way == "nested":
        torch.save({"epoch": 3, "arch": "x", "state_dict": s, "args": argparse.Namespace(lr=.1), "best": numpy.float64(1)}, path)
    elif way == "module":
        torch.save({"state_dict": collections.OrderedDict(("module." + k, v) for k, v in s.items()), "optimizer": {"state": {0: {"step": torch.ones(1)}}}}, path)
    elif way == "lightning":
        torch.save({"state_dict": {"model." + k: v for k, v in s.items()} | {"criterion.weight": torch.ones(3)}, "callbacks": {}, "loops": {}}, path)
    elif way == "protocol":
        torch.save(s, path, pickle_protocol=draw.choice([4, 5]))
    elif way == "safetensors":
        safetensors.torch.save_file(s, path)
    elif way == "save_model":
        safetensors.torch.save_model(net, str(path))
    elif way == "half":
        net.half().float()  # the logits are of the weights that were rounded
        torch.save({k: v.half() if v.is_floating_point() else v for k, v in net.state_dict().items()}, path)
    else:
        torch.save({"_orig_mod." + k: v for k, v in s.items()}, path)
    return way, path


def logits(net, image):
    x = torch.from_numpy(numpy.array(image)).float() / 255
    x = ((x - MEAN) / STD).permute(2, 0, 1)[None]
    channels = next(p for p in net.parameters() if p.dim() == 4).shape[1]
    if channels == 1:
        x = (torch.from_numpy(numpy.array(image.convert("L"))).float()[None, None] / 255 - MEAN.mean()) / STD.mean()
    elif channels != 3:
        return None
    with torch.no_grad():
        y = net(x)
    y = y.logits if hasattr(y, "logits") else y.pooler_output if hasattr(y, "pooler_output") else y
    return y[0].flatten()


def headless(words):
    return " identity" in words or "'num_classes': 0" in words or "backbone" in words or "mlp of norms" in words or "two linear" in words


def answer(binary, words, photo, path):
    """What the binary computes, or the error that it ends with."""
    common = ["--weights", path, "--exact", "--resize", str(SIZE), "--crop", str(SIZE), "--interpolation", "bilinear", "--preprocess", "imagenet"]
    command = ["features", photo, *common, "--format", "csv"] if headless(words) else ["classify", photo, *common, "--top", "all", "--format", "ndjson"]
    run = subprocess.run([binary, *command], capture_output=True, text=True)
    if run.returncode:
        return run, None
    if headless(words):
        return run, torch.tensor([float(v) for v in run.stdout.splitlines()[1].split(",")[1:]])
    got = {p["index"]: p["logit"] for p in json.loads(run.stdout)["predictions"]}
    return run, torch.tensor([got[k] for k in range(len(got))])


def main():
    binary, variants = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 200
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    transformers.utils.logging.disable_progress_bar()
    counts, reasons = collections.Counter(), collections.Counter()
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        photo = scratch / "photo.png"
        image = Image.fromarray(numpy.random.default_rng(5).integers(0, 256, (8, 8, 3), dtype=numpy.uint8)).resize((SIZE, SIZE), Image.BICUBIC)
        image.save(photo)
        for i in range(variants):
            draw = random.Random(f"{seed} {i}")
            torch.manual_seed(i)
            words, net, save = draw.choice([of_torchvision, of_torchvision, of_timm, of_timm, of_transformers, of_tutorials])(draw)
            d = scratch / f"{i}"
            d.mkdir()
            if save and (draw.random() < 0.6 or words.startswith("transformers") or "{}" not in words):
                save(str(d))  # arguments that no tensor tells are nowhere but in a folder's config
                way, path = "folder", d
            else:
                way, path = save_bare(draw, net, d, words.split()[1] if save else "model")
            if "mlp of norms" in words or "two linear" in words:
                net.fc = torch.nn.Identity()  # the binary says that it leaves out such a classifier
            want = logits(net, image)
            run, got = answer(binary, words, photo, path)
            if run.returncode:
                verdict = "refused"
                reasons[run.stderr.strip().replace(str(d), "FILE").splitlines()[-1][-150:]] += 1
                if "resnet: " not in run.stderr or "goroutine" in run.stderr:
                    verdict = "failed"
            else:
                fits = want is not None and got.shape == want.shape and (got - want).abs().max() <= 1e-4 * want.abs().max().clamp(min=1)
                verdict = "right" if fits else "warned" if "tanh" in words and "head: [9] with ReLU" in run.stderr else "wrong"
            counts[verdict] += 1
            if verdict in ("wrong", "failed"):
                print(f"{verdict}: {i}: {words}, {way}: {run.stderr.strip() or 'not a word'}", flush=True)
            subprocess.run(["rm", "-r", str(d)])
    for reason, n in reasons.most_common(40):
        print(f"{n:4} {reason}")
    print(", ".join(f"{n} {verdict}" for verdict, n in sorted(counts.items())))
    sys.exit(1 if counts["wrong"] or counts["failed"] else 0)


if __name__ == "__main__":
    main()
