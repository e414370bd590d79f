"""Saves small residual networks with Keras in each of its formats, and what Keras computes with them.

    KERAS_BACKEND=torch python make_fixtures.py

Made with Keras 3.15.1, torch 2.15.0, h5py 3.16.0.
"""

import hashlib
import json
import pathlib

import h5py
import keras
import numpy as np
from keras import layers
from keras.src.applications import resnet
from keras.src.legacy.saving import legacy_h5_format

HERE = pathlib.Path(__file__).parent
rng = np.random.default_rng(7)


def randomize(model):
    """Gives every variable values that make a mistake show."""
    for v in model.variables:
        name = v.path.split("/")[-1]
        if name == "moving_variance":
            v.assign(rng.uniform(0.5, 1.5, v.shape))
        elif name == "gamma":
            v.assign(rng.uniform(0.5, 1.0, v.shape))
        elif name == "kernel":
            v.assign(rng.standard_normal(v.shape) * np.sqrt(1.5 / np.prod(v.shape[:-1])))
        else:
            v.assign(rng.standard_normal(v.shape) * 0.2)


def applications(top=True, blocks=2):
    """keras.applications' own builder, with fewer blocks and channels."""

    def stacks(x):
        x = resnet.stack_residual_blocks_v1(x, 4, blocks, stride1=1, name="conv2")
        return resnet.stack_residual_blocks_v1(x, 8, 1, name="conv3")

    return resnet.ResNet(stacks, False, True, include_top=top, weights=None, input_shape=(32, 32, 3), classes=5, name="small")


def cifar(batch_norm=True):
    """The network of Keras's own CIFAR-10 example (resnet_v1 of cifar10_resnet.py), narrower, 8 layers deep."""

    def unit(x, filters, kernel=3, strides=1, activation="relu", batch_normalization=True):
        x = layers.Conv2D(filters, kernel, strides=strides, padding="same", kernel_regularizer=keras.regularizers.L2(1e-4))(x)
        if batch_normalization:
            x = layers.BatchNormalization()(x)
        return layers.Activation(activation)(x) if activation else x

    inputs = keras.Input((32, 32, 3))
    x = unit(inputs, 4)
    for stack, filters in enumerate((4, 8, 16)):
        strides = 2 if stack else 1
        y = unit(x, filters, strides=strides)
        y = unit(y, filters, activation=None)
        if stack:
            x = unit(x, filters, 1, strides, activation=None, batch_normalization=False)
        x = layers.Activation("relu")(layers.add([x, y]))
    x = layers.AveragePooling2D(pool_size=8)(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(layers.Flatten()(x)))


def transfer():
    """A backbone inside another model, as the guide to transfer learning has it."""
    inputs = keras.Input((32, 32, 3))
    x = layers.Rescaling(1 / 127.5, offset=-1)(layers.RandomFlip("horizontal")(inputs))
    x = layers.GlobalAveragePooling2D()(applications(top=False, blocks=1)(x, training=False))
    return keras.Model(inputs, layers.Dense(3)(layers.Dropout(0.2)(x)), name="transfer")


def picture(size):
    i = np.arange(size * size * 3)
    return ((i * 7919 % 1000) / 500 - 1).astype("float32").reshape(1, 3, size, size)


def logits(model, x, pool=keras.ops.mean):
    """What the last layer gives before its activation; x is (n, c, h, w)."""
    if getattr(model.layers[-1], "activation", None) is keras.activations.softmax:
        model.layers[-1].activation = keras.activations.linear
        y = model(x.transpose(0, 2, 3, 1), training=False)
        model.layers[-1].activation = keras.activations.softmax
    else:
        y = model(x.transpose(0, 2, 3, 1), training=False)
    if len(y.shape) == 4:  # of a model without a top: the average that our networks end in
        y = pool(y, (1, 2))
    return [float(v) for v in keras.ops.convert_to_numpy(y).ravel()]


def tensors(model):
    """A digest of the digests of all tensors, sorted."""
    digests = [hashlib.sha256(keras.ops.convert_to_numpy(v.value).tobytes()).hexdigest() for v in model.variables if v.path.split("/")[-1] != "seed_generator_state"]
    return hashlib.sha256("".join(sorted(digests)).encode()).hexdigest()


expected = {}
for name, make in {"applications": applications, "cifar": cifar, "transfer": transfer, "backbone": lambda: applications(top=False)}.items():
    keras.utils.clear_session()
    model = make()
    randomize(model)
    if name == "applications":
        model.save_weights(HERE / "applications.weights.h5")
        with h5py.File(HERE / "applications_v2.weights.h5", "w") as f:  # as keras.applications has them for download
            legacy_h5_format.save_weights_to_hdf5_group(f, model)
    else:
        model.save(HERE / (name + ".keras"))
    if name == "cifar":
        model.save(HERE / "cifar.h5")
    expected[name] = {"logits": logits(model, picture(32)), "tensors": tensors(model)}
    if name == "backbone":
        expected[name]["max"] = logits(model, picture(32), keras.ops.max)

(HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
