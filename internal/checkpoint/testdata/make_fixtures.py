"""Write the checkpoints that the tests of this package read, and what PyTorch reads from them.

    python -m venv venv && venv/bin/pip install torch==2.15.0 safetensors==0.8.0 numpy
    venv/bin/python make_fixtures.py

The files are made by torch.save and safetensors alone. expected.json holds, for every tensor, its bytes as torch has them
once it is contiguous, and its values as float32. conversions.json holds digests of the conversions between float32 and
the two 16-bit types, over all values that are not NaN (what becomes of a NaN's payload depends on the processor).
"""

import argparse
import base64
import collections
import hashlib
import json
import pathlib
import warnings

import numpy
import safetensors.torch
import torch

HERE = pathlib.Path(__file__).parent


def dtypes():
    values = torch.tensor([0.0, -0.0, 1.0, -2.5, 0.1, 1e-7, 65504.0, float("inf"), -float("inf"), 3e38])
    tensors = {str(t).removeprefix("torch."): values.to(t) for t in (torch.float64, torch.float32, torch.float16, torch.bfloat16)}
    tensors["int64"] = torch.tensor([-(2**63), -1, 0, 2**24 + 1, 2**63 - 1])
    tensors["int32"] = torch.tensor([[-(2**31), -1], [0, 2**31 - 1]], dtype=torch.int32)
    tensors["int16"] = torch.tensor([-(2**15), 2**15 - 1], dtype=torch.int16)
    tensors["int8"] = torch.tensor([-128, 127], dtype=torch.int8)
    tensors["uint8"] = torch.tensor([0, 255], dtype=torch.uint8)
    tensors["bool"] = torch.tensor([True, False, True])
    tensors["scalar"] = torch.tensor(7)
    tensors["empty"] = torch.zeros(0, 3)
    return tensors


def views():
    base = torch.arange(60.0).reshape(3, 4, 5) / 7
    return {
        "base": base,
        "transposed": base.transpose(0, 2),
        "permuted_half": base.half().permute(1, 2, 0),
        "sliced": base[1:, ::2, 1::3],
        "row": base[2, 3],
        "column": base[:, 0, 4],
        "flat": base.view(-1),
        "windows": base.view(-1)[:20].unfold(0, 4, 2),
        "channels_last": (torch.arange(48.0) / 3).reshape(2, 2, 3, 4).to(memory_format=torch.channels_last),
        "int_transposed": torch.arange(6).reshape(2, 3).t(),
    }


def network():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3, bias=False), torch.nn.BatchNorm2d(4), torch.nn.Flatten(), torch.nn.Linear(16, 2))


def training():
    net = network()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, nesterov=True)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 30)
    net(torch.ones(2, 3, 4, 4)).sum().backward()
    optimizer.step()
    return {
        "epoch": 90,
        "arch": "tiny",
        "state_dict": torch.nn.DataParallel(net).state_dict(),
        "best_acc1": 76.15,
        "optimizer": optimizer.state_dict(),
        "scheduler": scheduler.state_dict(),
    }


def parameters():
    net = network()
    return {"parameter": net[3].weight, "buffer": net[1].running_var, "tied": net[3].weight}


def attributes():
    """Tensors that somebody gave attributes."""
    parameter, tensor = torch.nn.Parameter(torch.ones(2)), torch.arange(3.)
    parameter.tag = tensor.tag = "x"
    return {"parameter": parameter, "tensor": tensor, "buffer": torch.nn.Buffer(torch.arange(4.))}


def unread():
    """A tensor of each type and kind that has no float32 values of its own, and one that has."""
    names = ("uint16", "uint32", "uint64", "complex32", "complex64", "complex128", "float8_e4m3fn", "float8_e5m2",
             "float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e8m0fnu", "float4_e2m1fn_x2")
    tensors = {name: torch.ones(2, 48, dtype=torch.uint8).view(getattr(torch, name)) for name in names}
    scales, zeros = torch.tensor([.1, .2, .3]), torch.zeros(3, dtype=torch.int64)
    tensors["qint8"] = torch.quantize_per_tensor(torch.ones(3, 2), .1, 3, torch.qint8)
    tensors["quint8"] = torch.quantize_per_channel(torch.ones(3, 2), scales, zeros, 0, torch.quint8)
    tensors["qint32"] = torch.quantize_per_tensor(torch.ones(3), .1, 0, torch.qint32)
    tensors["quint4x2"] = torch.quantize_per_channel(torch.ones(3, 2), scales, zeros.float(), 0, torch.quint4x2)
    tensors["sparse_coo"] = torch.eye(3).to_sparse()
    tensors["sparse_csr"] = torch.eye(3).to_sparse_csr()
    tensors["sparse_csc"] = torch.eye(3).to_sparse_csc()
    tensors["sparse_bsr"] = torch.eye(4).to_sparse_bsr((2, 2))
    tensors["meta"] = torch.empty(3, 2, device="meta")
    tensors["negated"] = torch.complex(torch.ones(2), torch.ones(2)).conj().imag
    tensors["nested"] = torch.nested.nested_tensor([torch.ones(2), torch.ones(3)])
    return {**tensors, "parameter": torch.nn.Parameter(tensors["float8_e4m3fn"], requires_grad=False), "float32": torch.arange(3.)}


def kind(name, tensor):
    """What a tensor is listed as: its type, or what keeps it from being read whatever its type is."""
    if name in ("meta", "negated", "nested") or name.startswith("sparse"):
        return name
    return str(tensor.dtype).removeprefix("torch.")


def save_unread():
    tensors = unread()
    torch.save(tensors, HERE / "unread.pth")
    torch.save(tensors, HERE / "unread_legacy.pth", _use_new_zipfile_serialization=False)
    rows = [{"name": name, "dtype": kind(name, t), "shape": [t.values().numel()] if name == "nested" else list(t.shape)} for name, t in tensors.items()]
    expected = {"unread.pth": rows, "unread_legacy.pth": rows, "unread.safetensors": []}

    dense = {name: t for name, t in tensors.items() if name.startswith(("uint", "float")) or name == "complex64"}
    safetensors.torch.save_file(dense, HERE / "unread.safetensors")
    with safetensors.safe_open(HERE / "unread.safetensors", "pt") as file:
        for name in file.keys():  # two numbers of float4 are one element to torch, and two to the file
            shape = file.get_slice(name).get_shape()
            expected["unread.safetensors"].append({"name": name, "dtype": name.removesuffix("fn_x2"), "shape": shape})
    lines = [f"{json.dumps(file)}: [\n" + ",\n".join(map(json.dumps, rows)) + "\n]" for file, rows in expected.items()]
    (HERE / "unread.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


def save_foreign():
    """Files of other programs, of which the command line says what makes safetensors of them."""
    net = torch.nn.Conv2d(1, 2, 1)
    numpy.savez(HERE / "foreign" / "numpy.npz", **{k: v.numpy() for k, v in net.state_dict().items()})
    program = torch.export.export(net, (torch.zeros(1, 1, 2, 2),))
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)  # it has paths of the machine
    torch.export.save(program, HERE / "foreign" / "export.pt2")


def save_paddle():
    """python -c 'import make_fixtures; make_fixtures.save_paddle()', with paddlepaddle 3.3.1 beside the rest."""
    import paddle
    paddle.save(paddle.nn.Conv2D(1, 2, 1).state_dict(), str(HERE / "foreign" / "paddle.pdparams"))


def flatten(value, path=""):
    if isinstance(value, torch.Tensor):
        yield path, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, (list, tuple)) else ()
    for key, item in items:
        yield from flatten(item, f"{path}.{key}" if path else str(key))


def text(tensor):
    raw = tensor.detach().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes() if tensor.numel() else b""
    return base64.b64encode(raw).decode()


def describe(value):
    return [
        {
            "name": name,
            "dtype": str(tensor.dtype).removeprefix("torch."),
            "shape": list(tensor.shape),
            "stored": text(tensor),
            "float32": text(tensor.float()),
        }
        for name, tensor in flatten(value)
    ]


def beside():
    """Tensors, two of them views that are larger than their storage, and the objects that trainings save beside them."""
    return {
        "state_dict": {"w": torch.arange(6.).reshape(2, 3), "expanded": torch.tensor(1.5).expand(64),
                       "overlapping": torch.arange(5.).as_strided((3, 3), (1, 1))},
        "size": torch.Size([2, 3]), "dtype": torch.float32, "device": torch.device("cpu"), "set": {1, 2}, "bytes": b"abc",
        "counter": collections.Counter("ab"), "complex": 1 + 2j, "frozen": frozenset("a"), "array": bytearray(b"x"),
        "args": argparse.Namespace(lr=.1, milestones=[1, 2]), "best": numpy.float64(71.3),
    }


def save_all():
    expected = {}
    for name, value in {"dtypes": dtypes(), "views": views(), "training": training(), "parameters": parameters(), "attributes": attributes()}.items():
        torch.save(value, HERE / f"{name}.pth")
        torch.save(value, HERE / f"{name}_legacy.pth", _use_new_zipfile_serialization=False)
        loaded = torch.load(HERE / f"{name}.pth", weights_only=True)
        expected[f"{name}.pth"] = expected[f"{name}_legacy.pth"] = describe(loaded)

    torch.serialization.set_crc32_options(False)
    torch.save(network().half().state_dict(), HERE / "no_checksums.pth")
    torch.serialization.set_crc32_options(True)
    expected["no_checksums.pth"] = describe(network().half().state_dict())

    for protocol in 2, 4, 5:
        torch.save(beside(), HERE / f"beside{protocol}.pth", pickle_protocol=protocol)
        expected[f"beside{protocol}.pth"] = describe({"state_dict": beside()["state_dict"]})

    safetensors.torch.save_file(dtypes(), HERE / "dtypes.safetensors", metadata={"format": "pt"})
    expected["dtypes.safetensors"] = describe(dtypes())

    lines = ",\n".join(f"{json.dumps(file)}: [\n" + ",\n".join(map(json.dumps, tensors)) + "\n]" for file, tensors in expected.items())
    (HERE / "expected.json").write_text("{\n" + lines + "\n}\n")

    # Files that must be refused.
    torch.save(network(), HERE / "whole_model.pth")


def digest(tensor, nan):
    tensor = torch.where(nan, torch.zeros_like(tensor), tensor)
    return hashlib.sha256(tensor.view(torch.uint8).numpy().tobytes()).hexdigest()


def conversions():
    sixteen = torch.from_numpy(numpy.arange(1 << 16, dtype=numpy.uint16).view(numpy.int16))
    low = [0, 1, 0x0FFF, 0x1000, 0x1001, 0x2000, 0x3000, 0x7FFF, 0x8000, 0x8001, 0xFFFF]
    bits = numpy.concatenate([(numpy.arange(1 << 16, dtype=numpy.uint32) << 16) | x for x in low])
    floats = torch.from_numpy(bits.view(numpy.float32))
    out = {"low": low}
    for name, dtype in (("float16", torch.float16), ("bfloat16", torch.bfloat16)):
        wide = sixteen.view(dtype).float()
        out[name + " to float32"] = digest(wide, wide.isnan())
        out["float32 to " + name] = digest(floats.to(dtype), floats.isnan())
    (HERE / "conversions.json").write_text(json.dumps(out, indent=1) + "\n")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    save_all()
    save_unread()
    save_foreign()
    conversions()
