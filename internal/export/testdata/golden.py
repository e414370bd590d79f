"""Writes golden.json: of the models that `resnet weights convert nets/NAME.yaml NAME.onnx --seed 1` writes, the digest, and
the logits that ONNX Runtime computes with these very bytes. int8.safetensors, of nets/both.yaml, is one of them too; it is
made anew where it is missing.

    python golden.py RESNET             # onnx 1.23, onnxruntime 1.32, safetensors, numpy, pillow
"""
import hashlib
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

HERE = pathlib.Path(__file__).parent


def picture(shape):
    """Two pictures of the same numbers as in the test."""
    n = int(np.prod(shape))
    return np.array([i * 7919 % 1000 / 500 - 1 for i in range(2 * n)], np.float32).reshape(2, *shape)


def quantized(net, out, tmp):
    """Quantizes random weights whose batch norms do something, for noise."""
    stored, rng = tmp / "w.safetensors", np.random.default_rng(1)
    subprocess.run([sys.argv[1], "weights", "convert", net, stored, "--seed", "1"], check=True)
    tensors = load_file(stored)
    for key, t in tensors.items():
        if key.endswith(("running_mean", "bias")):
            tensors[key] = rng.uniform(-0.2, 0.2, t.shape).astype(np.float32)
        elif t.ndim == 1:
            tensors[key] = rng.uniform(0.7, 1.3, t.shape).astype(np.float32)
    save_file(tensors, stored)
    for i in range(8):
        Image.fromarray(np.random.default_rng(i).integers(0, 256, (20, 20, 3), np.uint8)).save(tmp / f"{i}.png")
    subprocess.run([sys.argv[1], "weights", "quantize", "w.safetensors", out, "--arch", net, "--calibrate", "."], check=True, cwd=tmp)


golden = {}
with tempfile.TemporaryDirectory() as tmp:
    out, int8 = pathlib.Path(tmp) / "out.onnx", HERE / "int8.safetensors"
    if not int8.exists():
        quantized(HERE / "nets" / "both.yaml", int8, pathlib.Path(tmp))
    models = [(f.stem, f, ["--seed", "1"]) for f in sorted(HERE.glob("nets/*.yaml"))]
    models.append(("int8", HERE / "nets" / "both.yaml", ["--weights", int8]))
    for name, net, flags in models:
        subprocess.run([sys.argv[1], "weights", "convert", net, out, *flags], check=True)
        data = out.read_bytes()
        model = onnx.load_from_string(data)
        onnx.checker.check_model(model, full_check=True)
        assert model.SerializeToString() == data, "protobuf itself writes other bytes"
        session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
        logits = session.run(None, {"input": picture(session.get_inputs()[0].shape[1:])})[0]
        golden[name] = {"sha256": hashlib.sha256(data).hexdigest(), "logits": [float(v) for v in logits.ravel()]}
(HERE / "golden.json").write_text(json.dumps(golden, indent=1) + "\n")
