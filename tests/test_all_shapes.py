"""Targets of every small shape against outputs of every small shape: the value that the definition
gives entry by entry, or an error. Nothing broadcasts."""

import itertools
import math

import numpy as np
import pytest

import tinynet as tn

SHAPES = [shape for rank in range(4) for shape in itertools.product(range(1, 5), repeat=rank)]
assert len(SHAPES) ** 2 == 7225

LOSSES = {
    tn.MeanSquaredError: lambda a, y: (a - y) ** 2,
    tn.MeanAbsoluteError: lambda a, y: abs(a - y),
    tn.Huber: lambda a, y: (a - y) ** 2 / 2 if abs(a - y) <= 1 else abs(a - y) - 0.5,
    tn.LogCosh: lambda a, y: math.log(math.cosh(a - y)),
    tn.Poisson: lambda a, y: a - y * math.log(a),
    tn.Hinge: lambda a, y: max(0.0, 1 - y * a),
    tn.BinaryCrossEntropy: lambda a, y: -math.log(a if y else 1 - a),
    tn.CrossEntropy: lambda a, y: -y * math.log(a),
    tn.KullbackLeibler: lambda a, y: -y * math.log(a),  # y log y is 0 for y of 0 and 1
}
CLASSES = tn.CrossEntropy, tn.KullbackLeibler
METRICS = {"mse": tn.MeanSquaredError, "mae": tn.MeanAbsoluteError}


def outputs(shape):
    """Numbers between 0 and 1, no two alike; down the columns of a matrix they add up to 1."""
    A = np.linspace(0.2, 0.7, math.prod(shape)).reshape(shape)
    return A / A.sum(axis=0) if len(shape) == 2 and len(A) > 1 else A


def targets(shape, kind):
    """0 and 1; for a hinge -1 and 1; for classes one 1 in each column."""
    if kind in CLASSES and len(shape) == 2:
        return np.eye(shape[0])[:, np.arange(shape[1]) % shape[0]]
    bits = (np.arange(math.prod(shape)).reshape(shape) % 2).astype(float)
    return 2 * bits - 1 if kind is tn.Hinge else bits


def one_by_one(kind, A, Y):
    """J by the definition, or None where there is none."""
    if A.ndim != 2:
        return None
    n, m = A.shape
    if Y.shape == (m,) and kind in CLASSES:
        if Y.max() >= n:
            return None
        Y = np.eye(n)[:, Y.astype(int)]
    elif Y.shape == (m,) and n == 1:
        Y = Y[None]
    if Y.shape != (n, m):
        return None
    cost = LOSSES[kind]
    total = sum(cost(float(A[i, j]), float(Y[i, j])) for i in range(n) for j in range(m))
    return total / (m if kind in CLASSES else n * m)


def told(call, *arguments):
    """What a call gives, or None if it is refused."""
    try:
        return call(*arguments)
    except (ValueError, TypeError):
        return None


def same(found, wanted):
    if found is None or wanted is None:
        return found is wanted
    return math.isclose(found, wanted, rel_tol=1e-12, abs_tol=1e-15)


def net(n, last, examples):
    """Whose Z are its inputs."""
    model = tn.Sequential([tn.Dense(n, last)], seed=0, examples=examples).build(n)
    model.set_weights([np.eye(n), np.zeros((n, 1))])
    return model


@pytest.mark.parametrize("kind", LOSSES, ids=lambda kind: kind.__name__)
def test_a_loss_of_all_pairs_of_shapes(kind):
    for target, output in itertools.product(SHAPES, repeat=2):
        A, Y = outputs(output), targets(target, kind)
        wanted = one_by_one(kind, A, Y)
        assert same(told(kind(), A, Y), wanted), (target, output)
        assert same(told(kind().forward, A, Y), wanted), (target, output)


@pytest.mark.parametrize("examples", ["columns", "rows"])
@pytest.mark.parametrize("name", METRICS)
def test_a_metric_of_all_pairs_of_shapes(name, examples):
    """Of nets that give their inputs."""
    for output in SHAPES:
        A = outputs(output)
        n = max(1, A.shape[1 if examples == "rows" else 0] if A.ndim == 2 else 1)
        model = net(n, "identity", examples)
        model.compile("sgd", "mse", metrics=[name])
        for target in SHAPES:
            Y = targets(target, METRICS[name])
            turned = (A.T, Y.T if Y.ndim == 2 else Y) if examples == "rows" else (A, Y)
            wanted = one_by_one(METRICS[name], *turned)
            found = told(model.evaluate, A, Y)
            assert same(found and found[name], wanted), (target, output)


@pytest.mark.parametrize("name", ["accuracy", "precision", "recall", "f1", "roc_auc"])
def test_a_metric_of_classes_of_all_pairs_of_shapes(name):
    """A perfect net scores 1, in whatever shape its targets come; or there is an error."""
    nets = {}
    for output, target in itertools.product(SHAPES, repeat=2):
        A = outputs(output)
        n = A.shape[0] if A.ndim == 2 else 1
        last = "sigmoid" if n == 1 else "softmax"
        if name == "roc_auc" and n > 2:
            continue
        if n not in nets:
            nets[n] = net(n, last, "columns")
            nets[n].compile("sgd", metrics=[name])
        loss = tn.BinaryCrossEntropy if n == 1 else tn.CrossEntropy
        Y = targets(target, loss)
        fits = A.ndim == 2 and (
            Y.shape == A.shape or (Y.shape == A.shape[1:] and Y.max() < max(2, n))
        )
        if fits:
            hot = Y[None] if Y.ndim == 1 else Y
            hot = np.eye(n)[:, Y.astype(int)] if Y.ndim == 1 and n > 1 else hot
            A = 10.0 * hot - 5.0
        found = told(nets[n].evaluate, A, Y)
        assert (found is not None) == fits, (target, output)
        if fits:
            classes = hot.argmax(axis=0) if n > 1 else hot
            both = len(np.unique(classes)) == max(2, n)  # or a score may be 0 / 0
            score = found[name]
            assert score == 1 or (not both and (math.isnan(score) or score == 0)), (target, output)
