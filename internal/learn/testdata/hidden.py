"""Writes hidden.json: the objective of a head with hidden units and its gradient, and how low scikit-learn's fit gets, for
TestHiddenLikeScikitLearn.

PyTorch (float64, autograd) computes them, and scikit-learn's MLPClassifier must agree. Run with scikit-learn 1.9, NumPy 2.4 and
PyTorch 2: python hidden.py > hidden.json
"""

import json
import warnings

import numpy as np
import torch
from sklearn.neural_network import MLPClassifier

warnings.simplefilter("ignore")


def objective(x, y, classes, c, parts):
    """Mean loss and penalty as in scikit-learn: a single output stands beside a zero."""
    w1, w2, b1, b2 = parts
    z = torch.relu(x @ w1.T + b1) @ w2.T + b2
    if classes == 2:
        z = torch.cat([torch.zeros_like(z), z], 1)
    loss = torch.nn.functional.cross_entropy(z, y)
    return loss + ((w1**2).sum() + (w2**2).sum()) / (2 * c * len(x))


def sklearns(x, y, units, c, parts):
    """Value and gradient, by its own function for L-BFGS, and the smallest value that it finds from there."""
    w1, w2, b1, b2 = (p.detach().numpy() for p in parts)
    net = MLPClassifier((units,), alpha=1 / c, solver="lbfgs", max_iter=1)
    net.fit(x, y)
    net.coefs_, net.intercepts_ = [w1.T.copy(), w2.T.copy()], [b1.copy(), b2.copy()]
    kept = {}

    def record(values, *rest):
        kept["values"] = values
        return net.__class__._loss_grad_lbfgs(net, values, *rest)

    from scipy.optimize import minimize
    from sklearn.neural_network._multilayer_perceptron import _pack

    sizes = [x.shape[1], units, w2.shape[0]]
    target = net._label_binarizer.transform(y).astype(float)
    net._coef_indptr, net._intercept_indptr, start = [], [], 0
    for i in range(2):
        n = sizes[i] * sizes[i + 1]
        net._coef_indptr.append((start, start + n, (sizes[i], sizes[i + 1])))
        start += n
    for i in range(2):
        net._intercept_indptr.append((start, start + sizes[i + 1]))
        start += sizes[i + 1]
    activations = [x] + [np.empty((len(x), n)) for n in sizes[1:]]
    deltas = [np.empty_like(a) for a in activations[1:]]
    grads = [np.empty((sizes[i], sizes[i + 1])) for i in range(2)], [np.empty(sizes[i + 1]) for i in range(2)]
    packed = _pack(net.coefs_, net.intercepts_)
    args = (x, target, None, activations, deltas, *grads)
    value, gradient = record(packed, *args)
    gradient = gradient.copy()
    lowest = minimize(record, packed, args=args, jac=True, method="L-BFGS-B", options={"maxiter": 5000, "maxfun": 10000, "gtol": 1e-9, "ftol": 1e-15})
    return value, gradient, lowest.fun


def case(name, seed, counts, width, units, c):
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    centres = rng.normal(size=(len(counts), width))
    x = np.round(centres[y] + 1.2 * rng.normal(size=(len(y), width)), 2)
    x -= np.round(x.mean(0), 2)
    x = np.round(x, 2)
    outputs = 1 if len(counts) == 2 else len(counts)
    shapes = [(units, width), (outputs, units), (units,), (outputs,)]
    parts = [torch.tensor(np.round(rng.normal(size=s) / 2, 3), requires_grad=True) for s in shapes]
    value = objective(torch.tensor(x), torch.tensor(y), len(counts), c, parts)
    value.backward()
    theirs, gradient, lowest = sklearns(x, y, units, c, parts)
    ours = np.concatenate([parts[0].grad.numpy().T.ravel(), parts[1].grad.numpy().T.ravel(), parts[2].grad.numpy(), parts[3].grad.numpy()])
    assert abs(theirs - value.item()) < 1e-12 and np.abs(gradient - ours).max() < 1e-12, (theirs, value.item())
    flat = lambda tensors: [round(float(v), 9) for t in tensors for v in t.detach().ravel()]
    return {
        "name": name, "width": width, "units": units, "c": c, "features": [float(f"{v:.2f}") for v in x.ravel()], "class": y.tolist(),
        "params": flat(parts), "value": round(value.item(), 9), "gradient": flat(p.grad for p in parts), "lowest": round(float(lowest), 9),
    }


print(json.dumps([case("three classes", 1, [20, 30, 25], 5, 7, 0.5), case("two classes", 2, [23, 31], 4, 18, 0.3)], separators=(",", ":")))
