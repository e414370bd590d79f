"""Compares a quantized network in ONNX Runtime with what it was written from, on photos.

    python onnx_int8.py RESNET WEIGHTS PHOTOS [COUNT]   # onnx 1.23, onnxruntime 1.32, numpy

The first 64 photos below the folder PHOTOS calibrate, and COUNT of them (100) are compared: the logits of `resnet features`
in bytes and in floats with those of the model with QuantizeLinear and DequantizeLinear. ONNX Runtime computes it twice: as it
stands, in floats, and as its optimizer fuses it, in bytes. Signal to noise is in decibels, over all logits.
"""
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime


def run(*args):
    subprocess.run([sys.argv[1], *map(str, args)], check=True, stdout=subprocess.DEVNULL)


def compare(what, got, want):
    noise = 10 * np.log10((want**2).sum() / ((got - want) ** 2).sum())
    worst = np.abs(got - want).max() / np.abs(want).max()
    same = (got.argmax(1) == want.argmax(1)).sum()
    print(f"{what:55} {noise:5.1f} dB  largest difference {worst:.1e} of the largest logit  top-1 equal on {same} of {len(want)}")


weights, photos = map(pathlib.Path, sys.argv[2:4])
files = sorted(f for f in photos.rglob("*") if f.is_file())
some = files[: int(sys.argv[4]) if len(sys.argv) > 4 else 100]
with tempfile.TemporaryDirectory() as tmp:
    tmp = pathlib.Path(tmp)
    for folder, list_ in [("calibrate", files[:64]), ("photos", some)]:
        (tmp / folder).mkdir()
        for i, f in enumerate(list_):
            (tmp / folder / f"{i:04}{f.suffix}").symlink_to(f.resolve())
    run("weights", "quantize", weights, tmp / "q.safetensors", "--calibrate", tmp / "calibrate")
    run("weights", "convert", tmp / "q.safetensors", tmp / "q.onnx")
    onnx.checker.check_model(onnx.load(tmp / "q.onnx"), full_check=True)
    run("features", tmp / "photos", "--weights", tmp / "q.safetensors", "--layer", "fc", "-o", tmp / "int8.npy")
    run("features", tmp / "photos", "--weights", weights, "--layer", "fc", "-o", tmp / "float.npy")
    run("preprocess", "-r", tmp / "photos", "--weights", tmp / "q.safetensors", "-o", tmp / "seen")
    inputs = [np.load(f) for f in sorted((tmp / "seen").glob("*.npy"))]
    int8, floats = np.load(tmp / "int8.npy"), np.load(tmp / "float.npy")
    levels = onnxruntime.GraphOptimizationLevel
    logits = {}
    onnxruntime.set_default_logger_severity(3)
    for name, level in [("as it stands", levels.ORT_DISABLE_ALL), ("fused", levels.ORT_ENABLE_ALL)]:
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = level
        if level != levels.ORT_DISABLE_ALL:
            options.optimized_model_filepath = str(tmp / "fused.onnx")
        session = onnxruntime.InferenceSession(str(tmp / "q.onnx"), options, providers=["CPUExecutionProvider"])
        logits[name] = np.concatenate([session.run(["logits"], {"input": x})[0] for x in inputs])
        compare(f"ONNX Runtime, {name}: with resnet in bytes", logits[name], int8)
        compare(f"ONNX Runtime, {name}: with resnet in floats", logits[name], floats)
    compare("resnet in bytes: with resnet in floats", int8, floats)
    fused = onnx.load(tmp / "fused.onnx").graph.node
    print("fused:", {kind: sum(n.op_type == kind for n in fused) for kind in sorted({n.op_type for n in fused})})
