"""What PyTorch's forward hooks see in torchvision's networks: the reference of the traces.

    python reference.py reference

in a virtual environment with torch 2.15.0 and torchvision 0.29.2 writes, into the directory given, for resnet34 and resnet50
  article/NAME.txt   what the two hooks of the article print, where the article registers them
  events/NAME.jsonl  an object for each module's forward hook, in order, with what the module has
and sha256.json with the digests of the same texts for more networks, input sizes and batches.
"""

import contextlib
import hashlib
import io
import json
import pathlib
import sys

import torch
import torchvision.models

ARCHS = [
    "resnet18", "resnet34", "resnet50", "resnet101", "resnet152",
    "resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d", "wide_resnet50_2", "wide_resnet101_2",
]
FULL = ["resnet34", "resnet50"]
# (batch, channels, height, width)
INPUTS = [(name, (1, 3, 224, 224)) for name in ARCHS] + [
    ("resnet18", (4, 3, 32, 32)),
    ("resnet18", (1, 3, 1, 1)),
    ("resnet34", (2, 3, 65, 97)),
    ("resnet50", (1, 3, 320, 256)),
    ("resnext50_32x4d", (3, 3, 47, 33)),
    ("wide_resnet50_2", (2, 3, 64, 64)),
]


def print_sizes(self, input, output):
    name = self.__class__.__name__
    print("\n" + name)
    if name.startswith("Conv") or name.startswith("MaxPool") or name.startswith("AvgPool"):
        print(f"\tkernel: {self.kernel_size}\n\tpadding: {self.padding}\n\tstride: {self.stride}")
    if not (name.startswith("ReLU") or name.startswith("BatchNorm")):
        print("\tinput size:", input[0].size())
        print("\toutput size:", output.data.size())


def layer_hook(self, input, output):
    print("\n\t\t Layer boundary \n")


def article(model, shape):
    """What the article's hooks print during one pass."""
    for module in [model.conv1, model.bn1, model.relu, model.maxpool, model.avgpool, model.fc]:
        module.register_forward_hook(print_sizes)
    for layer in [model.layer1, model.layer2, model.layer3, model.layer4]:
        layer.register_forward_hook(layer_hook)
        for block in layer.children():
            for child in block.children():
                inner = child.children() if isinstance(child, torch.nn.Sequential) else [child]
                for module in inner:
                    module.register_forward_hook(print_sizes)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), torch.no_grad():
        model(torch.zeros(shape))
    return printed.getvalue()


def pair(value):
    return list(value) if isinstance(value, tuple) else [value, value]


def event(path, module, inputs, output):
    row = {"path": path, "class": type(module).__name__}
    conv = isinstance(module, torch.nn.Conv2d)
    if conv or isinstance(module, (torch.nn.MaxPool2d, torch.nn.AvgPool2d)):
        row["kernel"] = pair(module.kernel_size)
        row["stride"] = pair(module.stride)
        row["padding"] = pair(module.padding)
        if hasattr(module, "dilation"):
            row["dilation"] = pair(module.dilation)
    if conv:
        row["groups"] = module.groups
    row["input"] = [list(x.shape) for x in inputs]
    row["output"] = list(output.shape)
    row["params"] = sum(p.numel() for p in module.parameters(recurse=False))
    if conv:
        row["macs"] = output.numel() * module.weight[0].numel()
    if isinstance(module, torch.nn.Linear):
        row["macs"] = output.shape[0] * module.weight.numel()
    return row


def events(model, shape):
    """An object for each hook event, a line each."""
    rows = []
    for path, module in model.named_modules():
        module.register_forward_hook(lambda m, i, o, path=path: rows.append(event(path, m, i, o)))
    with torch.no_grad():
        model(torch.zeros(shape))
    return "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows)


def main(out):
    digests = []
    for name, shape in INPUTS:
        texts = {}
        for kind, trace, ending in [("article", article, "txt"), ("events", events, "jsonl")]:
            model = getattr(torchvision.models, name)().eval()
            texts[kind] = trace(model, shape)
            if name in FULL and shape == (1, 3, 224, 224):
                file = out / kind / f"{name}.{ending}"
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(texts[kind])
        digests.append({"arch": name, "input": list(shape)} | {k: hashlib.sha256(t.encode()).hexdigest() for k, t in texts.items()})
        print(name, shape)
    (out / "sha256.json").write_text("[\n" + ",\n".join(map(json.dumps, digests)) + "\n]\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
