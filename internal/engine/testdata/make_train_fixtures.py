"""Trains the networks of make_fixtures.py for a few steps in PyTorch, in float64, and keeps the gradients and what became of them.

    python -m venv venv && venv/bin/pip install torch torchvision timm safetensors
    venv/bin/python make_train_fixtures.py train

Each network becomes a .safetensors file with the state dict that the training starts from, "input" (float16), "labels" (float32), the
gradient of each parameter after the first backward pass ("grad.NAME"), and the state dict after three steps ("after.NAME").
Its metadata holds the network ("spec"), the paths of frozen layers ("frozen"), the factors of the rates of some ("groups"), the choices of the training ("training") and the loss before each step ("losses").
"""

import json
import sys

import torch
from make_fixtures import NETS, Net, randomize, small_stem, spec, timm_d
from safetensors.torch import save_file
from torch import nn

# Beside those of the way there: what the kernels for blocks of 16 channels compute, and a stride without a padding.
# Layers that are frozen have the running statistics of their batch norms: in the middle, and from the first on.
MORE = {
    "wide": (spec(Layers=[1, 1], Planes=[16, 32], Shortcut="pad", Stem=small_stem(16), NumClasses=10), 12, 12),
    "frozen_middle": (spec(Layers=[2, 1]) | {"frozen": ["layer1"]}, 25, 21),
    "frozen_first": (spec(Layers=[1, 1], Shortcut="projection_all") | {"frozen": ["conv1", "bn1", "layer1", "layer2.0.conv1"]}, 25, 21),
    # Layers with learning rates and weight decays of their own: factors of those of the others.
    "groups": (spec(Layers=[1, 1]) | {"groups": {"layer1": [0.5, 0], "fc": [2, 3]}}, 17, 13),
    "adamw": (spec(Layers=[1, 1]) | {"groups": {"layer1": [0.5, 0], "fc": [2, 3]}, "frozen": ["conv1", "bn1"], "optimizer": "adamw"}, 17, 13),
}

TRAINING = [
    {"smoothing": 0.1, "lr": 0.05, "momentum": 0.9, "decay": 1e-2, "nesterov": False, "no_decay_norm": False},
    {"smoothing": 0.0, "lr": 0.05, "momentum": 0.9, "decay": 1e-2, "nesterov": True, "no_decay_norm": True},
]
ADAMW = {"optimizer": "adamw", "smoothing": 0.0, "lr": 0.01, "betas": [0.9, 0.99], "eps": 1e-5, "decay": 0.1, "no_decay_norm": True}


def parameters(net, training, groups):
    """Each parameter is a group, with rates of its own."""
    for name, p in net.named_parameters():
        if p.requires_grad:
            rate, decay = next((f for path, f in groups.items() if name.startswith(path + ".")), (1, 1))
            if training["no_decay_norm"] and p.ndim == 1:
                decay = 0
            yield {"params": [p], "lr": training["lr"] * rate, "weight_decay": training["decay"] * decay}


def optimizer_of(net, training, groups):
    if "optimizer" in training:
        return torch.optim.AdamW(parameters(net, training, groups), betas=training["betas"], eps=training["eps"])
    return torch.optim.SGD(parameters(net, training, groups), momentum=training["momentum"], nesterov=training["nesterov"])


def save(directory, name, spec, net, height, width, training):
    randomize(net)
    batch = 12
    x, labels = torch.randn(batch, 3, height, width).half(), torch.randint(spec["NumClasses"], (batch,))
    keep = lambda prefix: {prefix + k: v.float().clone() for k, v in net.state_dict().items() if not k.endswith("num_batches_tracked")}
    tensors = keep("") | {"input": x, "labels": labels.float()}
    net = net.double().train()
    frozen = spec.pop("frozen", [])
    metadata = {"frozen": json.dumps(frozen)} if frozen else {}
    groups = spec.pop("groups", {})
    metadata |= {"groups": json.dumps(groups)} if groups else {}
    if spec.pop("optimizer", ""):
        training = ADAMW
    for path in frozen:
        net.get_submodule(path).eval().requires_grad_(False)
    optimizer = optimizer_of(net, training, groups)
    losses = []
    for step in range(3):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x.double()), labels, label_smoothing=training["smoothing"])
        losses.append(loss.item())
        loss.backward()
        if step == 0:
            tensors |= {"grad." + k: p.grad.float().clone() for k, p in net.named_parameters() if p.requires_grad}
        optimizer.step()
    tensors |= keep("after.")
    save_file({k: v.contiguous() for k, v in tensors.items()}, f"{directory}/{name}.safetensors",
              metadata | {"spec": json.dumps(spec), "training": json.dumps(training), "losses": json.dumps(losses)})
    print(name, losses)


if __name__ == "__main__":
    for i, (name, (s, height, width)) in enumerate((NETS | MORE).items()):
        torch.manual_seed(i)
        save(sys.argv[1], name, s, timm_d(s) if s["Shortcut"] == "avgpool_projection" else Net(s), height, width, TRAINING[i % 2])
