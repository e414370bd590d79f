"""Writes logistic.json: what scikit-learn makes of small sets of random features, for TestLikeScikitLearn and TestFolds.

Run with scikit-learn 1.9 and NumPy 2.4: python fixture.py > logistic.json
"""

import json

import numpy as np
from sklearn.linear_model import LogisticRegressionCV
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold

GRID = np.logspace(-4, 4, 13)


def case(name, seed, counts, width, spread, balanced=False, offset=0.0):
    rng = np.random.default_rng(seed)
    classes = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    centres = rng.normal(size=(len(counts), width))
    x = centres[classes] + spread * rng.normal(size=(len(classes), width)) + offset
    x = np.round(x, 2).astype(np.float32)
    folds = StratifiedKFold(5)
    fold = np.empty(len(classes), int)
    for i, (_, own) in enumerate(folds.split(x, classes)):
        fold[own] = i
    model = LogisticRegressionCV(Cs=GRID, cv=folds, scoring="neg_log_loss", max_iter=100_000, tol=1e-9, use_legacy_attributes=False,
                                 class_weight="balanced" if balanced else None)
    model.fit(x.astype(np.float64), classes)
    p = model.predict_proba(x.astype(np.float64))
    scores = -np.asarray(model.scores_).reshape(5, -1).mean(axis=0)
    return {
        "name": name, "width": width, "balanced": balanced,
        "features": [float(f"{v:.2f}") for v in x.ravel()], "class": classes.tolist(), "folds": fold.tolist(),
        "c": float(model.C_), "losses": [round(float(v), 8) for v in scores],
        "coef": [round(float(v), 6) for v in model.coef_.ravel()], "intercept": [round(float(v), 6) for v in model.intercept_],
        "log_loss": round(float(log_loss(classes, p)), 8),
    }


print(json.dumps([
    case("three classes", 1, [20, 30, 25], 5, 1.5),
    case("two classes", 2, [23, 31], 4, 1.2),
    case("few of a class", 3, [40, 7, 12, 5], 6, 1.0),
    case("balanced", 4, [40, 9, 12], 4, 1.5, balanced=True),
    case("far from zero", 5, [20, 22], 3, 1.0, offset=50.0),
], separators=(",", ":")))
