"""Runs narrow residual networks in PyTorch and keeps weights, input and every module's output.

    python -m venv venv && venv/bin/pip install torch torchvision timm safetensors
    venv/bin/python make_fixtures.py fixtures

Each network becomes a .safetensors file with the state dict, "input", and one tensor for each distinct output. Its
metadata holds the network ("spec": a model.Spec) and the events in the order in which PyTorch fires forward hooks
("events": path, class, tensor, and mean, std, min, max and share of zeros in float64). A hook clones what it sees,
because torchvision's ReLU and += work in place. The residual add is what the ReLU behind it is given.
"""

import json
import sys

import torch
from safetensors.torch import save_file
from timm.models.resnet import Bottleneck as TimmBottleneck
from timm.models.resnet import ResNet as TimmResNet
from torch import nn
from torchvision.models.resnet import BasicBlock, Bottleneck, conv1x1


class Pad(nn.Module):
    """Shortcut A: every stride-th pixel, the missing channels zero, half before and half after or all behind."""

    def __init__(self, stride, missing, behind):
        super().__init__()
        self.stride, self.missing, self.before = stride, missing, 0 if behind else missing // 2

    def forward(self, x):
        x = x[:, :, :: self.stride, :: self.stride]
        return nn.functional.pad(x, (0, 0, 0, 0, self.before, self.missing - self.before))


class PooledPad(nn.Module):
    """Shortcut A with an average pool in place of the stride."""

    def __init__(self, stride, missing, behind):
        super().__init__()
        self.pool, self.pad = nn.AvgPool2d(stride), Pad(1, missing, behind)

    def forward(self, x):
        return self.pad(self.pool(x))


class PlainBlock(BasicBlock):
    def forward(self, x):
        x = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(x)))


class Net(nn.Module):
    """torchvision's ResNet with any planes, and the shortcuts that torchvision lacks."""

    def __init__(self, spec):
        super().__init__()
        conv, pool = spec["Stem"]["Convs"][0], spec["Stem"]["Pool"]
        self.inplanes, self.dilation, self.spec = conv["Planes"], 1, spec
        self.conv1 = nn.Conv2d(3, self.inplanes, conv["Kernel"], conv["Stride"], conv["Padding"], bias=False)
        self.bn1 = nn.BatchNorm2d(self.inplanes)
        self.relu = nn.ReLU(inplace=True)
        if pool:
            self.maxpool = nn.MaxPool2d(pool["Kernel"], pool["Stride"], pool["Padding"])
        for i in range(len(spec["Layers"])):
            setattr(self, f"layer{i + 1}", self.layer(i))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(self.inplanes, spec["NumClasses"])

    def layer(self, i):
        spec = self.spec
        block = {"basic": BasicBlock, "bottleneck": Bottleneck}[spec["Block"]]
        if spec["Shortcut"] == "none":
            block = PlainBlock
        planes, stride, previous = spec["Planes"][i], spec["Strides"][i], self.dilation
        if i > 0 and spec["ReplaceStrideWithDilation"][i - 1]:
            self.dilation, stride = self.dilation * stride, 1
        blocks = []
        for n in range(spec["Layers"][i]):
            downsample = self.shortcut(planes * block.expansion, stride)
            extra = {"groups": spec["Groups"], "base_width": spec["WidthPerGroup"]} if block is Bottleneck else {}
            if block is Bottleneck:
                extra["dilation"] = previous
            b = block(self.inplanes, planes, stride, downsample, **extra)
            if spec["StrideIn"] == "1x1":
                b.conv1.stride, b.conv2.stride = b.conv2.stride, (1, 1)
            blocks.append(b)
            self.inplanes, stride, previous = planes * block.expansion, 1, self.dilation
        return nn.Sequential(*blocks)

    def shortcut(self, out, stride):
        kind, same = self.spec["Shortcut"], stride == 1 and self.inplanes == out
        if kind == "none" or same and kind != "projection_all":
            return None
        if kind == "pad":
            how = self.spec.get("Pad", {})
            kind = PooledPad if how.get("Pool") == "average" and stride > 1 else Pad
            return kind(stride, out - self.inplanes, how.get("Zeros") == "behind")
        return nn.Sequential(conv1x1(self.inplanes, out, stride), nn.BatchNorm2d(out))

    def forward(self, x):
        x = self.relu(self.bn1(self.conv1(x)))
        if self.spec["Stem"]["Pool"]:
            x = self.maxpool(x)
        for i in range(len(self.spec["Layers"])):
            x = getattr(self, f"layer{i + 1}")(x)
        return self.fc(torch.flatten(self.avgpool(x), 1))


def timm_d(spec):
    """timm's ResNet-D: deep stem, average pool before the projection."""
    convs = spec["Stem"]["Convs"]
    net = TimmResNet(
        TimmBottleneck, tuple(spec["Layers"]), num_classes=spec["NumClasses"], channels=tuple(spec["Planes"]),
        stem_type="deep", stem_width=convs[0]["Planes"], avg_down=True)
    # timm multiplies the stem's width by two for the last convolution.
    assert net.conv1[-1].out_channels == convs[-1]["Planes"]
    return net


def randomize(net):
    for m in net.modules():
        if isinstance(m, nn.BatchNorm2d):
            nn.init.uniform_(m.weight, -0.3, 1.5)
            nn.init.normal_(m.bias, 0, 0.3)
            nn.init.normal_(m.running_mean, 0, 0.5)
            nn.init.uniform_(m.running_var, 0.3, 2)
        if isinstance(m, (nn.Conv2d, nn.Linear)):
            nn.init.normal_(m.weight, 0, m.weight[0].numel() ** -0.5)


def record(net, x):
    """The events of a pass: (path, class, output)."""
    events = []

    def see(path, cls):
        def hook(module, inputs, output):
            events.append((path, cls, output.clone()))
        return hook

    blocks = (BasicBlock, Bottleneck, TimmBottleneck)
    for path, m in net.named_modules():
        if isinstance(m, Pad):
            m.register_forward_hook(see(path.replace("downsample.pad", "pad").replace("downsample", "pad"), "Pad"))
        elif not isinstance(m, (nn.Identity, PooledPad)):
            path = path.replace("downsample.pool", "pool")
            m.register_forward_hook(see(path, {"Net": "ResNet", "PlainBlock": "BasicBlock"}.get(type(m).__name__, type(m).__name__)))
        if isinstance(m, blocks) and not isinstance(m, PlainBlock):
            # torchvision calls one ReLU two or three times, timm has a ReLU for each call.
            last, call = (m.act3, 1) if isinstance(m, TimmBottleneck) else (m.relu, 2 if isinstance(m, BasicBlock) else 3)
            last.register_forward_pre_hook(add_hook(path + ".add", call, events))
    with torch.no_grad():
        net(x)
    return events


def add_hook(path, call, events):
    """Records what the ReLU is given at its last call in a block: the residual add."""
    calls = [0]

    def hook(module, inputs):
        calls[0] += 1
        if calls[0] == call:
            events.append((path, "Add", inputs[0].clone()))
    return hook


def save(directory, name, spec, net, height, width):
    net = net.eval()
    randomize(net)
    x = torch.randn(2, 3, height, width)
    tensors = {k: v for k, v in net.state_dict().items() if not k.endswith("num_batches_tracked")}
    tensors["input"] = x
    events = []
    for path, cls, output in record(net, x):
        path = torchvision_path(path)
        if path.startswith("global_pool"):
            continue
        key = next((k for k, t in tensors.items() if k.startswith("event") and t.shape == output.shape and torch.equal(t, output)), None)
        if key is None:
            key = f"event{len(events)}"
            tensors[key] = output
        d = output.double()
        events.append([path, cls, key, d.mean().item(), d.std().item(), d.min().item(), d.max().item(), (d == 0).double().mean().item()])
    save_file({k: v.contiguous() for k, v in tensors.items()}, f"{directory}/{name}.safetensors",
              {"spec": json.dumps(spec), "events": json.dumps(events)})
    print(name, len(events), "events, largest output", max(e[6] for e in events))


def torchvision_path(path):
    """timm has a ReLU for each call where torchvision calls one again, and a container about the pool."""
    if path == "global_pool.pool":
        return "avgpool"
    head, _, last = path.rpartition(".")
    if last in ("act1", "act2", "act3"):
        return f"{head}.relu" if head else "relu"
    return path


def spec(**changes):
    s = {
        "Block": "basic", "Layers": [1, 1], "Planes": [4, 8], "Strides": [1, 2], "StrideIn": "3x3", "Shortcut": "projection",
        "Groups": 1, "WidthPerGroup": 64, "Stem": {"Convs": [{"Kernel": 7, "Planes": 4, "Stride": 2, "Padding": 3}],
        "Pool": {"Kernel": 3, "Stride": 2, "Padding": 1}}, "NumClasses": 5, "Input": [3, 32, 32],
    }
    s.update(changes)
    s["ReplaceStrideWithDilation"] = changes.get("ReplaceStrideWithDilation", [False] * (len(s["Layers"]) - 1))
    return s


def small_stem(planes):
    return {"Convs": [{"Kernel": 3, "Planes": planes, "Stride": 1, "Padding": 1}], "Pool": None}


DEEP = {"Convs": [{"Kernel": 3, "Planes": 4, "Stride": 2, "Padding": 1}, {"Kernel": 3, "Planes": 4, "Stride": 1, "Padding": 1},
                  {"Kernel": 3, "Planes": 8, "Stride": 1, "Padding": 1}], "Pool": {"Kernel": 3, "Stride": 2, "Padding": 1}}

NETS = {
    "basic": (spec(Layers=[2, 1]), 25, 21),
    "bottleneck": (spec(Block="bottleneck", Planes=[2, 4]), 21, 27),
    "bottleneck_v1": (spec(Block="bottleneck", Planes=[2, 4], StrideIn="1x1"), 23, 19),
    "grouped": (spec(Block="bottleneck", Planes=[4, 4], Groups=4, WidthPerGroup=32), 19, 25),
    "dilated": (spec(Block="bottleneck", Layers=[1, 1, 2], Planes=[2, 2, 4], Strides=[1, 2, 2],
                     ReplaceStrideWithDilation=[False, True]), 29, 25),
    "pad": (spec(Layers=[1, 2], Shortcut="pad", Planes=[4, 6], Stem=small_stem(4)), 13, 15),
    "deep_avgpool": (spec(Block="bottleneck", Layers=[1, 1, 1, 1], Planes=[3, 2, 4, 4], Strides=[1, 2, 2, 2],
                          Shortcut="avgpool_projection", Stem=DEEP), 21, 23),
    "plain": (spec(Shortcut="none", Stem=small_stem(4)), 11, 17),
    "projection_all": (spec(Layers=[2, 1], Shortcut="projection_all"), 25, 23),
    "pad_odd": (spec(Shortcut="pad", Planes=[4, 7], Stem=small_stem(4)), 9, 11),  # an odd number of missing channels
    "pad_behind": (spec(Shortcut="pad", Pad={"Zeros": "behind", "Pool": "stride"}, Planes=[4, 7], Stem=small_stem(4)), 9, 11),
    "pad_average": (spec(Shortcut="pad", Pad={"Zeros": "behind", "Pool": "average"}, Planes=[4, 7], Stem=small_stem(4)), 10, 12),
    "pad_average_both": (spec(Shortcut="pad", Pad={"Zeros": "both", "Pool": "average"}, Planes=[4, 7], Stem=small_stem(4)), 10, 12),
}

if __name__ == "__main__":
    for i, (name, (s, height, width)) in enumerate(NETS.items()):
        torch.manual_seed(i)
        save(sys.argv[1], name, s, timm_d(s) if s["Shortcut"] == "avgpool_projection" else Net(s), height, width)
