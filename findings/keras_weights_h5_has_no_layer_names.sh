#!/usr/bin/env bash
# Keras 3 names the groups of a .weights.h5 file by the class of a layer and its number among those of that class, not by the
# layer's name: two models whose layers have other names write the same paths. The name is only an attribute of the group
# "vars". h5py lists the groups alphabetically, so that batch norms come before the convolutions they follow.
# Seen with keras 3.15.1, h5py 3.16.0.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m pip install -q --target "$work/site" keras==3.15.1 h5py==3.16.0 numpy==2.4.6 scipy==1.16.3 jax==0.7.2
cd "$work"
PYTHONPATH=$work/site KERAS_BACKEND=jax python3 - <<'END'
import h5py, keras

def model(first, norm, second):
    return keras.Sequential([
        keras.Input((8, 8, 3)),
        keras.layers.Conv2D(4, 3, name=first), keras.layers.BatchNormalization(name=norm), keras.layers.Conv2D(4, 3, name=second),
    ])

def paths(names):
    model(*names).save_weights('m.weights.h5')
    with h5py.File('m.weights.h5') as f:
        found, layers = [], list(f['layers'])
        f.visititems(lambda name, item: found.append(name) if isinstance(item, h5py.Dataset) else None)
        return found, layers, {layer: f['layers'][layer]['vars'].attrs.get('name') for layer in layers}

found, layers, names = paths(('stem', 'stem_norm', 'head'))
print(found)
print('layers in the order of the file:', layers)
print('names, as attributes:', names)
assert found == paths(('a', 'b', 'c'))[0], 'the paths depend on the names of layers now'
assert not any('stem' in path or 'head' in path for path in found), 'a path has the name of a layer now'
assert layers[0] == 'batch_normalization', 'the order is another now'
END
