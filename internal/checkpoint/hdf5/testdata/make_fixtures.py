"""Writes small HDF5 files with h5py, as Keras does and in the ways that h5py has beyond, and what h5py reads back.

    python make_fixtures.py

Made with h5py 3.16.0 (HDF5 2.0.0).
"""

import hashlib
import json
import pathlib

import h5py
import numpy as np

HERE = pathlib.Path(__file__).parent
rng = np.random.default_rng(1)


def values(shape, dtype="f4"):
    if np.dtype(dtype).kind == "f":
        return rng.standard_normal(shape).astype(dtype)
    return rng.integers(0, 100, shape).astype(dtype)


def describe(path):
    """Every group's texts, every dataset's type, shape and the digest of its bytes, as h5py reads them."""
    groups, datasets = {}, {}

    def texts(obj):
        out = {}
        for key, value in obj.attrs.items():
            list_ = value.ravel().tolist() if isinstance(value, np.ndarray) else [value]
            if all(isinstance(v, (str, bytes)) for v in list_) and getattr(value, "dtype", np.dtype("O")).kind in "OS":
                out[key] = [v if isinstance(v, str) else v.decode() for v in list_]
        return out

    def visit(name, obj):
        if isinstance(obj, h5py.Dataset):
            a = obj[()]
            datasets["/" + name] = {"dtype": str(obj.dtype), "shape": list(obj.shape), "sha256": hashlib.sha256(a.tobytes()).hexdigest()}
        else:
            groups["/" + name] = texts(obj)

    with h5py.File(path) as f:
        groups["/"] = texts(f)
        f.visititems(visit)
    return {"groups": groups, "datasets": datasets}


def tree(f, members):
    """Groups, texts of both kinds, numbers as attributes, and the element types."""
    f.attrs["keras_version"] = "3.15.1"
    f.attrs["backend"] = b"tensorflow"
    f.attrs["model_config"] = json.dumps({"class_name": "Functional", "long": "x" * 5000, "umlaut": "ü"})
    f.attrs["layer_names"] = [n.encode() for n in ("conv1", "bn", "a_longer_name")]
    f.attrs["weight_names"] = ["conv1/kernel", "bn/gamma"]
    f.attrs["epsilon"] = 1e-3
    f.attrs["empty"] = np.zeros(0)
    g = f.create_group("layers")
    for i in range(members):
        g.create_group(f"layer_{i:03d}").create_group("vars").attrs["name"] = f"conv{i}"
    v = f.create_group("conv1/vars")
    v["0"] = values((3, 3, 2, 4))
    v["1"] = np.float32(2.5)
    v["2"] = values((0, 3))
    for t in ("f2", "f8", "i1", "i2", "i4", "i8", "u1"):
        f["types/" + t] = values(5, t)


expected = {}


def write(name, build, **options):
    path = HERE / name
    with h5py.File(path, "w", **options) as f:
        build(f)
    expected[name] = describe(path)


def chunked(f):
    f.create_dataset("gzip", data=values((5, 7, 3)), chunks=(2, 3, 2), compression="gzip")
    f.create_dataset("shuffled", data=values((9, 5), "f8"), chunks=(4, 5), compression="gzip", shuffle=True)
    f.create_dataset("plain", data=values((11,), "i8"), chunks=(4,))
    f.create_dataset("many", data=values((36, 12), "u1"), chunks=(2, 3), compression="gzip")
    f.create_dataset("zeros", data=np.zeros((64, 256), "f4"), compression="gzip")


def compact(f):
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_layout(h5py.h5d.COMPACT)
    a = values((2, 3))
    d = h5py.h5d.create(f.id, b"small", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((2, 3)), plist)
    d.write(h5py.h5s.ALL, h5py.h5s.ALL, a)


write("plain.h5", lambda f: tree(f, 20))
write("headers2.h5", lambda f: tree(f, 3), libver=("v108", "v108"))
write("ordered.h5", lambda f: tree(f, 3), track_order=True)
write("chunked.h5", chunked)
write("compact.h5", compact)

# What is refused, by a word of the reason.
refused = {}


def refuse(name, reason, build, **options):
    with h5py.File(HERE / name, "w", **options) as f:
        build(f)
    refused[name] = reason


refuse("fractal.h5", "fractal heap", lambda f: [f.create_group(str(i)) for i in range(20)], libver="latest")
refuse("chunk4.h5", "version 4", lambda f: f.create_dataset("a", data=values((8,)), chunks=(2,)), libver="latest")
refuse("filter.h5", "filter 3", lambda f: f.create_dataset("a", data=values((8,)), chunks=(2,), fletcher32=True))
refuse("big.h5", "big-endian", lambda f: f.create_dataset("a", data=values((3,), ">f4")))
refuse("link.h5", "symbolic link", lambda f: f.__setitem__("a", h5py.SoftLink("/b")))
refuse("twice.h5", "another name", lambda f: f.__setitem__("b", f.create_group("a")))
refuse("missing.h5", "is missing", lambda f: f.create_dataset("a", (4,), "f4", chunks=(2,)).__setitem__(slice(0, 2), 1))

(HERE / "expected.json").write_text(json.dumps({"read": expected, "refused": refused}, indent=1) + "\n")
