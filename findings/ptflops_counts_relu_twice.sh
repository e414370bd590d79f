#!/usr/bin/env bash
# ptflops 0.7 by its default backend counts each ReLU and each pool twice: its hook on the module counts it, and so does its
# patch of the function that the module calls. 0.6.9 counts them once. A ResNet-50 has 10,511,872 such operations, and
# the two versions differ by just that; the aten backend of 0.7 counts none of them, nor batch norms.
# Seen with ptflops 0.6.9 and 0.7.5, torch 2.15.0.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m pip install -q --target "$work/torch" torch==2.15.0 torchvision==0.29.2
for version in 0.6.9 0.7.5; do
	python3 -m pip install -q --no-deps --target "$work/$version" "ptflops==$version"
done
cat >"$work/count.py" <<'END'
import contextlib, io, sys, torchvision
from ptflops import get_model_complexity_info
options = {'backend': sys.argv[1]} if len(sys.argv) > 1 else {}
with contextlib.redirect_stdout(io.StringIO()):
    n, _ = get_model_complexity_info(torchvision.models.resnet50(), (3, 224, 224), as_strings=False, print_per_layer_stat=False, **options)
print(int(n))
END
count() { PYTHONPATH=$work/$1:$work/torch python3 "$work/count.py" "${@:2}" 2>/dev/null; }
old=$(count 0.6.9) hooks=$(count 0.7.5 pytorch) aten=$(count 0.7.5 aten)
echo "ptflops 0.6.9: $old; 0.7.5 by hooks: $hooks; 0.7.5 by aten: $aten; difference of the first two: $((hooks - old))"
[[ $old == 4121925096 && $hooks == 4132436968 && $aten == 4089185256 ]] || { echo "these figures have changed" >&2; exit 1; }
