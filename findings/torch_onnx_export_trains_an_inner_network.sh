#!/usr/bin/env bash
# A network in eval mode is wrapped in a new Sequential, which is in training mode as every new module is, and exported. The
# TorchScript exporter (dynamo=False) puts all modules into eval mode for the export, and afterwards all of them into the mode of
# the outermost: the inner network comes back in training mode. What it answers next is by the statistics of the batch, and
# changes its running statistics; the exported file is right. The other exporter (dynamo=True) leaves the modes alone.
# Seen with torch 2.15.0.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m pip install -q --target "$work/site" torch==2.15.0 onnx==1.23.2 onnxscript==0.7.2 numpy
cd "$work"
PYTHONPATH=$work/site python3 -W ignore - <<'END'
import torch


def exported(dynamo):
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4)).eval()
    x = torch.randn(2, 3, 8, 8)
    with torch.no_grad():
        before = net(x)
        torch.onnx.export(torch.nn.Sequential(net, torch.nn.Softmax(1)), (x,), 'x.onnx', dynamo=dynamo, verbose=False)
        return net.training, (net(x) - before).abs().max().item()


for dynamo in (True, False):
    training, change = exported(dynamo)
    print(f'dynamo={dynamo}: the inner network is in training mode afterwards: {training}; its answer has changed by {change:.3g}')
    assert training == (not dynamo) and (change > 0.01) == (not dynamo), 'this has changed'
END
