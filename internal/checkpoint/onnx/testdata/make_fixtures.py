"""Makes the ONNX fixtures, and expected.json: the digest of their tensors, and the logits that ONNX Runtime computes.

    python make_fixtures.py            # torch 2.15, onnx 1.23, onnxruntime 1.32, torchvision 0.29
    python make_fixtures.py keras      # tensorflow-cpu 2.21, tf2onnx 1.17, onnxruntime: those of Keras
"""
import hashlib
import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

HERE = pathlib.Path(__file__).parent


def picture():
    """The input: the same numbers as in the test."""
    return np.array([i * 7919 % 1000 / 500 - 1 for i in range(3 * 32 * 32)], np.float32).reshape(1, 3, 32, 32)


def digest(model):
    hashes = sorted(hashlib.sha256(numpy_helper.to_array(t, str(HERE)).tobytes()).hexdigest() for t in model.graph.initializer)
    return hashlib.sha256("".join(hashes).encode()).hexdigest()


def expected(name):
    model = onnx.load(HERE / name, load_external_data=False)
    session = onnxruntime.InferenceSession(str(HERE / name))
    given = session.get_inputs()[0]
    x = picture()
    if given.shape[-1] == 3:
        x = x.transpose(0, 2, 3, 1)
    return {"tensors": digest(model), "initializers": len(model.graph.initializer), "constants": [n.output[0] for n in model.graph.node if n.op_type == "Constant"], "logits": [float(v) for v in session.run(None, {given.name: x})[0].ravel()]}


def net(block, groups=1, stem=None, deep=False, avg=False):
    import torch
    from torch import nn
    from torchvision.models import resnet

    torch.manual_seed(1)

    class Small(nn.Module):
        def __init__(self):
            super().__init__()
            kind = getattr(resnet, block)
            if deep:
                self.conv1 = nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 8, 3, 1, 1, bias=False))
            else:
                self.conv1 = nn.Conv2d(3, 8, 7, 2, 3, bias=False)
            self.bn1, self.relu, self.maxpool = nn.BatchNorm2d(8), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)
            self.last = 8
            self.layer1, self.layer2 = self.layer(kind, 8, 2, 1), self.layer(kind, 16, 1, 2)
            self.avgpool, self.fc = nn.AdaptiveAvgPool2d(1), nn.Linear(self.last, 5)

        def layer(self, kind, planes, n, stride):
            blocks = []
            for i in range(n):
                step, out, down = stride if i == 0 else 1, planes * kind.expansion, None
                if step > 1 or out != self.last:
                    first = [nn.AvgPool2d(2, step, ceil_mode=True, count_include_pad=False)] if avg and step > 1 else [nn.Identity()] if avg else []
                    down = nn.Sequential(*first, nn.Conv2d(self.last, out, 1, 1 if avg else step, bias=False), nn.BatchNorm2d(out))
                blocks.append(kind(self.last, planes, step, down, groups, 16 if groups > 1 else 64))
                self.last = out
            return nn.Sequential(*blocks)

        def forward(self, x):
            x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
            return self.fc(torch.flatten(self.avgpool(self.layer2(self.layer1(x))), 1))

    small = Small()
    for m in small.modules():
        if isinstance(m, nn.BatchNorm2d):
            nn.init.uniform_(m.running_mean, -0.2, 0.2)
            nn.init.uniform_(m.running_var, 0.5, 1.5)
            nn.init.uniform_(m.weight, 0.5, 1.5)
            nn.init.uniform_(m.bias, -0.2, 0.2)
    return small.eval()


def without_traces(path):
    """Takes away the lines of Python that each operator was called from, which the exporter writes with their folders."""
    model = onnx.load(path, load_external_data=False)
    for n in model.graph.node:
        kept = [(p.key, p.value) for p in n.metadata_props if p.key != "pkg.torch.onnx.stack_trace"]
        del n.metadata_props[:]
        for key, value in kept:
            n.metadata_props.add(key=key, value=value)
        n.doc_string = ""
    path.write_bytes(model.SerializeToString())


def torch_fixtures():
    import torch

    x = torch.from_numpy(picture())
    old = dict(dynamo=False, input_names=["input"], output_names=["logits"], dynamic_axes={"input": {0: "n"}, "logits": {0: "n"}})
    torch.onnx.export(net("BasicBlock"), (x,), HERE / "folded.onnx", **old)
    torch.onnx.export(net("Bottleneck"), (x,), HERE / "unfolded.onnx", **old, training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False)
    torch.onnx.export(net("Bottleneck", deep=True, avg=True), (x,), HERE / "deep.onnx", **old)
    torch.onnx.export(net("Bottleneck", groups=2), (x,), HERE / "external.onnx", dynamo=True, external_data=True, verbose=False)
    torch.onnx.export(net("BasicBlock"), (x,), HERE / "dynamo.onnx", dynamo=True, external_data=False, verbose=False)
    without_traces(HERE / "external.onnx")
    without_traces(HERE / "dynamo.onnx")
    nameless = onnx.load(HERE / "folded.onnx")
    names = {}
    for n in nameless.graph.node:
        n.name = ""
        n.input[:] = [names.setdefault(i, f"{len(names)}") for i in n.input]
        n.output[:] = [names.setdefault(i, f"{len(names)}") for i in n.output]
    for t in [*nameless.graph.initializer, *nameless.graph.input, *nameless.graph.output]:
        t.name = names[t.name]
    del nameless.graph.value_info[:]
    onnx.checker.check_model(nameless)
    onnx.save(nameless, HERE / "nameless.onnx")


def mixed():
    """Casts around the network, as converters to float16 leave them."""
    model = onnx.load(HERE / "folded.onnx")
    graph = model.graph
    graph.node[0].input[0] = "input_cast"
    graph.node[-1].output[0] = "logits_uncast"
    graph.node.insert(0, helper.make_node("Cast", ["input"], ["input_cast"], to=TensorProto.FLOAT))
    graph.node.append(helper.make_node("Cast", ["logits_uncast"], ["logits"], to=TensorProto.FLOAT))
    onnx.checker.check_model(model)
    onnx.save(model, HERE / "mixed.onnx")


def normalized():
    """Mean and std in the graph, of each channel."""
    model = onnx.load(HERE / "folded.onnx")
    graph = model.graph
    graph.node[0].input[0] = "scaled"
    for i, (op, name, values, into) in enumerate([("Sub", "mean", [0.5, 0.25, 0.125], "shifted"), ("Div", "std", [0.25, 0.5, 0.75], "scaled")]):
        graph.initializer.append(numpy_helper.from_array(np.array(values, np.float32).reshape(1, 3, 1, 1), name))
        graph.node.insert(i, helper.make_node(op, ["input" if i == 0 else "shifted", name], [into]))
    onnx.checker.check_model(model)
    onnx.save(model, HERE / "normalized.onnx")


def fused():
    """What ONNX Runtime writes when it has optimized a model: FusedConv."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(HERE / "fused.onnx")
    onnxruntime.InferenceSession(str(HERE / "folded.onnx"), options)


def variants():
    """Without a classifier, with layers before it, and anti-aliased as timm's networks are, by both exporters."""
    import timm
    import torch
    from torch import nn

    def ended(by):
        small = net("BasicBlock")
        small.fc = by
        return small.eval()

    def aliased(layer):
        """The network of net(), with what timm's aa_layer puts into it."""
        small = net("BasicBlock")
        pool = (lambda c: nn.AvgPool2d(2)) if layer == "avg" else (lambda c: timm.layers.BlurPool2d(c))
        small.maxpool = pool(8) if layer == "avg" else nn.Sequential(nn.MaxPool2d(3, 1, 1), pool(8))
        block = small.layer2[0]
        block.conv1.stride = (1, 1)
        block.conv2 = nn.Sequential(pool(16), block.conv2)
        return small.eval()

    x = torch.from_numpy(picture())
    old, new = dict(dynamo=False), dict(dynamo=True, external_data=False, verbose=False)
    torch.onnx.export(ended(nn.Identity()), (x,), HERE / "backbone.onnx", **old)
    torch.onnx.export(ended(nn.Sequential(nn.Dropout(0.5), nn.Linear(16, 6, bias=False), nn.ReLU(), nn.Linear(6, 5))), (x,), HERE / "head.onnx", **new)
    torch.onnx.export(aliased("avg"), (x,), HERE / "average.onnx", **old)
    torch.onnx.export(aliased("blur"), (x,), HERE / "blur.onnx", **new)
    without_traces(HERE / "head.onnx")
    without_traces(HERE / "blur.onnx")


def zoo():
    """A network in the manner of MXNet's exporter, as in the ONNX zoo's resnet18-v1 … resnet152-v1: parameters are inputs too."""
    rng = np.random.default_rng(1)
    nodes, initializers, inputs = [], [], [helper.make_tensor_value_info("data", TensorProto.FLOAT, ["N", 3, 32, 32])]

    def parameter(name, values):
        initializers.append(numpy_helper.from_array(values.astype(np.float32), name))
        inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, values.shape))
        return name

    def conv(x, name, i, o, k, stride=1, bias=False):
        given = [x, parameter(name + "_weight", rng.normal(0, (2 / (i * k * k)) ** 0.5, (o, i, k, k)))]
        if bias:
            given.append(parameter(name + "_bias", rng.normal(0, 0.1, o)))
        nodes.append(helper.make_node("Conv", given, [name + "_fwd"], name + "_fwd", dilations=[1, 1], group=1, kernel_shape=[k, k], pads=[k // 2] * 4, strides=[stride] * 2))
        return name + "_fwd"

    def norm(x, name, n):
        given = [x, parameter(name + "_gamma", rng.uniform(0.5, 1.5, n)), parameter(name + "_beta", rng.normal(0, 0.1, n)), parameter(name + "_running_mean", rng.normal(0, 0.1, n)), parameter(name + "_running_var", rng.uniform(0.5, 1.5, n))]
        nodes.append(helper.make_node("BatchNormalization", given, [name + "_fwd"], name + "_fwd", epsilon=1e-5, momentum=0.9, spatial=1))
        return name + "_fwd"

    def relu(x, name):
        nodes.append(helper.make_node("Relu", [x], [name], name))
        return name

    p = "resnetv17_"
    x = relu(norm(conv("data", p + "conv0", 3, 8, 7, 2), p + "batchnorm0", 8), p + "relu0_fwd")
    nodes.append(helper.make_node("MaxPool", [x], [p + "pool0_fwd"], p + "pool0_fwd", kernel_shape=[3, 3], pads=[1] * 4, strides=[2, 2]))
    x, last = p + "pool0_fwd", 8
    for stage, (n, mid, stride) in enumerate([(2, 4, 1), (1, 8, 2)], 1):
        s = f"{p}stage{stage}_"
        count = iter(range(99))
        for b in range(n):
            step, out, names = stride if b == 0 else 1, 4 * mid, []
            a, c, d = [next(count) for _ in range(3)]
            y = relu(norm(conv(x, f"{s}conv{a}", last, mid, 1, step, True), f"{s}batchnorm{a}", mid), f"{s}relu{2*b}_fwd")
            y = relu(norm(conv(y, f"{s}conv{c}", mid, mid, 3), f"{s}batchnorm{c}", mid), f"{s}relu{2*b+1}_fwd")
            y = norm(conv(y, f"{s}conv{d}", mid, out, 1, 1, True), f"{s}batchnorm{d}", out)
            if step > 1 or last != out:
                e = next(count)
                x = norm(conv(x, f"{s}conv{e}", last, out, 1, step), f"{s}batchnorm{e}", out)
            nodes.append(helper.make_node("Add", [x, y], [f"{s}_plus{b}"], f"{s}_plus{b}"))
            x, last = relu(f"{s}_plus{b}", f"{s}activation{b}"), out
    nodes.append(helper.make_node("GlobalAveragePool", [x], ["pool1"], "pool1"))
    nodes.append(helper.make_node("Flatten", ["pool1"], ["flatten"], "flatten"))
    nodes.append(helper.make_node("Gemm", ["flatten", parameter(p + "dense0_weight", rng.normal(0, 0.1, (5, last))), parameter(p + "dense0_bias", rng.normal(0, 0.1, 5))], [p + "dense0_fwd"], p + "dense0_fwd", alpha=1.0, beta=1.0, transA=0, transB=1))
    graph = helper.make_graph(nodes, "zoo", inputs, [helper.make_tensor_value_info(p + "dense0_fwd", TensorProto.FLOAT, ["N", 5])], initializers)
    onnx.save(helper.make_model(graph, producer_name="", opset_imports=[helper.make_opsetid("", 8)], ir_version=3), HERE / "zoo.onnx")


def types():
    """An initializer of each element type; types.json says which are not read as float32."""
    read = "FLOAT UINT8 INT8 INT16 INT32 INT64 BOOL FLOAT16 DOUBLE BFLOAT16".split()
    tensors = [helper.make_tensor(name, t, [8], ["a"] * 8 if name == "STRING" else [0] * 8) for name, t in TensorProto.DataType.items() if name not in ("UNDEFINED", *read)]
    tensors.append(numpy_helper.from_array(np.arange(3, dtype=np.float32), "FLOAT"))
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "types", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])], [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])], tensors)
    (HERE / "types").mkdir(exist_ok=True)
    model = helper.make_model(graph)
    onnx.checker.check_model(model)
    onnx.save(model, HERE / "types" / "types.onnx")
    (HERE / "types" / "types.json").write_text(json.dumps([t.name for t in tensors], indent=1) + "\n")


def keras():
    import keras as k
    import tensorflow as tf
    import tf2onnx

    for name, changed in {"keras.onnx": ["moving", "gamma"], "keras_bias.onnx": ["moving", "gamma", "bias"]}.items():
        keras_fixture(k, tf, tf2onnx, name, changed)


def keras_fixture(k, tf, tf2onnx, name, changed):
    """Of convolutions with a bias tf2onnx leaves a batch norm as a product and a sum."""
    k.utils.clear_session()
    k.utils.set_random_seed(1)
    model = small_keras(k)
    for w in model.weights:
        if any(part in w.path for part in changed):
            w.assign(tf.random.uniform(w.shape, 0.5, 1.5))

    @tf.function(input_signature=[tf.TensorSpec((None, 32, 32, 3), tf.float32, name="input")])
    def call(x):
        return model(x, training=False)

    tf2onnx.convert.from_function(call, call.input_signature, opset=15, output_path=str(HERE / name))


def small_keras(k):
    from keras import layers as L

    def conv(x, n, size, stride, act=True):
        if stride > 1 and size > 1:
            x = L.ZeroPadding2D(size // 2)(x)
        x = L.Conv2D(n, size, stride, padding="valid" if stride > 1 and size > 1 else "same")(x)
        x = L.BatchNormalization(epsilon=1.001e-5)(x)
        return L.ReLU()(x) if act else x

    i = k.Input((32, 32, 3))
    x = L.MaxPooling2D(3, 2)(L.ZeroPadding2D(1)(conv(i, 8, 7, 2)))
    for mid, stride in [(4, 1), (4, 1), (8, 2)]:
        side = conv(x, 4 * mid, 1, stride, False) if x.shape[-1] != 4 * mid else x
        y = conv(conv(conv(x, mid, 1, stride), mid, 3, 1), 4 * mid, 1, 1, False)
        x = L.ReLU()(L.Add()([side, y]))
    return k.Model(i, L.Dense(5)(L.GlobalAveragePooling2D()(x)))


if __name__ == "__main__":
    if "keras" in sys.argv:
        keras()
    else:
        torch_fixtures()
        variants()
        zoo()
        types()
        mixed()
        normalized()
        fused()
        results = {f.name: expected(f.name) for f in sorted(HERE.glob("*.onnx"))}
        (HERE / "expected.json").write_text(json.dumps(results, indent=1) + "\n")
