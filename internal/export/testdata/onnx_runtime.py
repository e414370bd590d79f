"""Compares ONNX models that the built binary writes with ONNX Runtime: all networks of `resnet models`, with random weights.

    python onnx_runtime.py RESNET [NETWORK ...]   # onnx 1.23, onnxruntime 1.32, safetensors, numpy, pillow

Of each network: onnx.checker with shape inference takes the model; ONNX Runtime gives the logits of `resnet features`, for
one picture and for a batch of three; and read back, the model has the same tensors, bit for bit, and writes the same graph.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from PIL import Image
from safetensors.numpy import load_file, save_file


def run(*args):
    return subprocess.run([RESNET, *map(str, args)], check=True, capture_output=True, text=True).stdout


def weights(name, path):
    """Random weights whose batch norms do something, so that each of their tensors counts."""
    run("weights", "convert", name, path, "--seed", 1)
    rng, tensors = np.random.default_rng(1), load_file(path)
    blocks = sum(key.endswith("conv2.weight") for key in tensors)
    for key, t in tensors.items():
        if key.endswith(("running_mean", "bias")):
            tensors[key] = rng.uniform(-0.2, 0.2, t.shape).astype(np.float32)
        elif t.ndim == 1:
            tensors[key] = rng.uniform(0.7, 1.3, t.shape).astype(np.float32)
        if blocks > 100 and key.endswith("bn2.weight"):
            tensors[key] *= np.float32(20 / blocks)  # else the sums of so many blocks overflow
    save_file(tensors, path)
    return tensors


def check(name, size, tmp):
    path = tmp / "w.safetensors"
    stored = weights(name, path)
    run("weights", "convert", name, tmp / "w.onnx", "--weights", path)
    model = onnx.load(tmp / "w.onnx")
    onnx.checker.check_model(model, full_check=True)

    pictures = tmp / f"pictures{size}"
    if not pictures.exists():
        pictures.mkdir()
        for i in range(3):
            Image.fromarray(np.random.default_rng(i).integers(0, 256, (size, size, 3), np.uint8)).save(pictures / f"{i}.png")
    run("features", pictures, "--arch", name, "--weights", path, "--layer", "fc", "--exact", "-o", tmp / "ours.npy")
    run("preprocess", "-r", pictures, "--arch", name, "-o", tmp / "seen")
    ours = np.load(tmp / "ours.npy")
    x = np.concatenate([np.load(tmp / "seen" / f"{i}.png.npy") for i in range(3)])
    session = onnxruntime.InferenceSession(str(tmp / "w.onnx"), providers=["CPUExecutionProvider"])
    differences = [np.abs(session.run(["logits"], {"input": part})[0] - want).max() / np.abs(want).max() for part, want in [(x, ours), (x[:1], ours[:1])]]

    run("weights", "convert", tmp / "w.onnx", tmp / "back.safetensors")
    back = load_file(tmp / "back.safetensors")
    same = back.keys() == stored.keys() and all(back[k].tobytes() == stored[k].tobytes() for k in stored)
    run("weights", "convert", name, tmp / "again.onnx", "--weights", tmp / "w.onnx")
    again = onnx.load(tmp / "again.onnx")
    same_graph = again.graph.SerializeToString() == model.graph.SerializeToString()
    good = max(differences) <= 1e-5 and same and same_graph
    print(f"{name:18} {len(model.graph.node):5} operators  largest difference {max(differences):.1e} of the largest logit  tensors {'equal' if same else 'DIFFER'}  graph {'equal' if same_graph else 'DIFFERS'}", flush=True)
    return good


RESNET = str(pathlib.Path(sys.argv[1]).resolve())
nets = {m["name"]: m["input"][-1] for m in json.loads(run("models", "--format", "json"))["models"]}
with tempfile.TemporaryDirectory() as tmp:
    results = [check(name, nets[name], pathlib.Path(tmp)) for name in sys.argv[2:] or nets]
sys.exit(f"{results.count(False)} of {len(results)} differ" if not all(results) else 0)
