#!/usr/bin/env bash
# timm's anti-aliased ResNets have the very tensors of the plain ones: a blur or an average pool has no parameters. So the
# state dict of a resnetaa50 loads into a resnet50 with strict=True, and the network then answers something else, by a large
# part of its largest logit. Nothing in the file tells the two apart, config.json alone does.
# Seen with timm 1.0.31, torch 2.15.0.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m pip install -q --target "$work/site" timm==1.0.31 torch==2.15.0 torchvision==0.29.2
cd "$work"
PYTHONPATH=$work/site python3 - <<'END'
import torch, timm

torch.manual_seed(0)
for other, plain in (('resnetaa50', 'resnet50'), ('resnetblur50', 'resnet50')):
    a, b = timm.create_model(other).eval(), timm.create_model(plain).eval()
    b.load_state_dict(a.state_dict(), strict=True)
    x = torch.randn(1, 3, 224, 224)
    with torch.no_grad():
        y, z = a(x), b(x)
    off = ((y - z).abs().max() / y.abs().max()).item()
    print(f'{other} loads into {plain} without a word; its logits are then off by {100 * off:.0f} % of the largest')
    assert off > 0.02, 'the two compute the same now'
END
