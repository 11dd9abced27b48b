"""Laws of training, each over every optimizer and everything that a fit takes: a pause changes no
bit, nor does the way a step is taken, nor another process; nor does looking."""

import hashlib
import os
import subprocess
import sys
from functools import partial

import numpy as np
import pytest

import tinynet as tn
from tests.table import ROWS
from tests.test_kit_layers import same_all
from tests.ways import taken
from tinynet.net import blocks

rng = np.random.default_rng(0)
X = rng.standard_normal((3, 24))
LABELS = (X[0] * X[1] > 0).astype(int)
HELD = X + 0.1, LABELS
WEIGHTS = rng.uniform(0.5, 2, 24)
WHOLE = {"batch_size": None}

OPTIMIZERS = {
    "sgd": lambda rate=0.05, **limits: tn.SGD(rate, **limits),
    "momentum": lambda rate=0.05, **limits: tn.SGD(rate, 0.9, **limits),
    "nesterov": lambda rate=0.05, **limits: tn.SGD(rate, 0.9, nesterov=True, **limits),
    "adam": lambda rate=0.05, **limits: tn.Adam(rate, **limits),
    "adamw": lambda rate=0.05, **limits: tn.AdamW(rate, **limits),
    "rmsprop": lambda rate=0.05, **limits: tn.RMSProp(rate, momentum=0.5, **limits),
    "adagrad": lambda rate=0.05, **limits: tn.Adagrad(rate, **limits),
    "hypergradient": lambda **limits: tn.Hypergradient(tn.Adam(0.05, **limits), meta=tn.Adam(0.02)),
}


class Looks(tn.Callback):
    """It uses all that must not disturb a training."""

    every = 2

    def on_epoch_end(self, epoch, logs):
        model = self.model
        model.predict(X)
        model.evaluate(X, LABELS)
        model.gradients(X, LABELS)
        model.check_gradients(X, LABELS, entries=1)


# what is inside the net, settings of the optimizer, settings of fit
FEATURES = {
    "shuffle": ([], {}, {}),
    "no shuffle": ([], {}, {"shuffle": False}),
    "all at once": ([], {}, WHOLE),
    "dropout": ([lambda: tn.Dropout(0.3)], {}, {}),
    "batch norm": ([tn.BatchNorm], {}, {}),
    "layer norm": ([tn.LayerNorm], {}, {}),
    "prelu": ([tn.PReLU], {}, {}),
    "residual": ([lambda: tn.Residual([tn.Dense(4, "tanh"), tn.Dense(4)])], {}, {}),
    "regularizer": ([lambda: tn.Dense(4, regularizer="l1_l2")], {}, {}),
    "validation_data": ([], {}, {"validation_data": HELD}),
    "validation_split": ([], {}, {"validation_split": 0.25}),
    "sample_weight": ([], {}, {"sample_weight": WEIGHTS}),
    "class_weight": ([], {}, {"class_weight": {0: 1.0, 1: 3.0}}),
    "a schedule of steps": ([], {"rate": tn.CosineDecay(0.05, steps=15, warm_up=4)}, {}),
    "a schedule of epochs": ([], {"rate": tn.StepDecay(0.05, 0.5, epochs=2)}, {}),
    "clip_norm": ([], {"clip_norm": 0.05}, {}),
    "clip_value": ([], {"clip_value": 0.01}, {}),
    "callbacks": ([], {}, {"callbacks": [Looks()]}),
    "all together": (
        [tn.BatchNorm, lambda: tn.Dropout(0.2), lambda: tn.Dense(4, "relu", regularizer="l2")],
        {"clip_norm": 0.05},
        {"validation_split": 0.25, "sample_weight": WEIGHTS, "class_weight": "balanced"},
    ),
}
PAIRS = [
    (optimizer, feature)
    for optimizer in OPTIMIZERS
    for feature, (_, settings, _) in FEATURES.items()
    if not (optimizer == "hypergradient" and "rate" in settings)  # it is learned
]


def a_net(optimizer, feature, dtype="float64"):
    inside, settings, _ = FEATURES[feature]
    layers = [tn.Standardize(), tn.Dense(4, "tanh"), *(make() for make in inside)]
    model = tn.Sequential([*layers, tn.Dense(1, "sigmoid")], seed=3, dtype=dtype)
    model.compile(OPTIMIZERS[optimizer](**settings), metrics=["accuracy", "f1"])
    return model


def trained(optimizer, feature, epochs, dtype="float64"):
    model = a_net(optimizer, feature, dtype)
    for n in epochs:
        settings = {"batch_size": 7, "verbose": 0, **FEATURES[feature][2]}
        model.fit(X, LABELS, n, **settings)
    return model


@pytest.mark.parametrize(("optimizer", "feature"), PAIRS)
def test_neither_a_pause_nor_a_walk_changes_a_bit(optimizer, feature):
    whole = trained(optimizer, feature, [5])
    assert whole._training.plans
    with taken("walked"):
        walked = trained(optimizer, feature, [2, 3])
    for other in (trained(optimizer, feature, [1, 4]), walked):
        same_all(whole, other)
        assert whole.history.history == other.history.history


APART = ["shuffle", "dropout", "layer norm", "prelu", "residual", "regularizer", "sample_weight"]
APART += ["validation_data", "clip_norm", "clip_value"]


@pytest.mark.parametrize("feature", APART)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_batch_cut_into_blocks_is_the_same_in_both_ways(optimizer, feature, monkeypatch):
    """And it comes to what it comes to in one piece, but for rounding."""
    monkeypatch.setitem(FEATURES, feature, (*FEATURES[feature][:2], WHOLE | FEATURES[feature][2]))
    whole = trained(optimizer, feature, [3])
    monkeypatch.setattr(blocks, "practice_size", lambda layers: 7)
    played = trained(optimizer, feature, [3])
    with taken("walked"):
        walked = trained(optimizer, feature, [1, 2])
    assert len(played._training.batches[24].blocks) == 4
    same_all(played, walked)
    for p, q in zip(whole.get_weights(), played.get_weights(), strict=True):
        np.testing.assert_allclose(p, q, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_to_look_at_a_training_changes_no_bit(optimizer):
    same_all(trained(optimizer, "callbacks", [5]), trained(optimizer, "shuffle", [5]))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_float32_throughout(optimizer):
    model = trained(optimizer, "all together", [3], "float32")
    slots = [a for held in model.optimizer.slots.values() for a in held.values()]
    assert {a.dtype.name for a in [*model.get_weights(), *slots, model.predict(X)]} == {"float32"}
    _, grads = model.gradients(X, LABELS)
    assert {g.dtype.name for g in grads.values()} == {"float32"}


def digest():
    """Of all weights."""
    found = hashlib.sha256()
    for pair in PAIRS[::5]:  # every optimizer and every feature are among them
        for a in trained(*pair, [3]).get_weights():
            found.update(a.tobytes())
    return found.hexdigest()


def test_a_seed_gives_the_same_bits_in_another_process():
    command = [sys.executable, "-c", "from tests.test_laws import digest; print(digest())"]
    own = {**os.environ, "PYTHONHASHSEED": "7"}
    said = subprocess.run(command, capture_output=True, text=True, env=own, check=True)
    assert said.stdout.strip() == digest()


# ---- a cost


COSTS = {name: row for name, row in ROWS.items() if issubclass(row.covers, (tn.Loss, tn.Pair))}


@pytest.mark.parametrize("row", COSTS.values(), ids=COSTS)
def test_a_cost_does_not_depend_on_the_order_or_on_how_often_all_come(row):
    @row.law_of_kinds
    def check(case):
        A, Y = case.inputs[:2]
        loss, m = case.node, A.shape[1]
        order = np.random.default_rng(case.seed).permutation(m)
        J, weights = loss(A, Y), np.random.default_rng(case.seed).uniform(0.5, 2, m)
        assert loss(A[:, order], Y[:, order]) == pytest.approx(J, rel=1e-13, abs=1e-15)
        assert loss(np.tile(A, 2), np.tile(Y, 2)) == pytest.approx(J, rel=1e-13, abs=1e-15)
        J = loss(A, Y, sample_weight=weights)
        mixed = loss(A[:, order], Y[:, order], sample_weight=weights[order])
        assert mixed == pytest.approx(J, rel=1e-13, abs=1e-15)
        twice = loss(np.tile(A, 2), np.tile(Y, 2), sample_weight=np.tile(weights, 2))
        assert twice == pytest.approx(J, rel=1e-13, abs=1e-15)

    check()


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("size", [None, 7])
def test_the_loss_of_an_epoch_is_the_weighted_mean_of_its_batches(size, weights):
    """With a rate so small that all steps have the same cost, it is that of all examples."""
    model = tn.Sequential([tn.Dense(4, "tanh", regularizer="l2"), tn.Dense(1, "sigmoid")], seed=0)
    model.compile(tn.SGD(1e-300))
    loss = model.fit(X, LABELS, 1, size, sample_weight=weights, verbose=0).history["loss"][0]
    assert loss == pytest.approx(model.evaluate(X, LABELS, weights)["loss"], rel=1e-13)


MANY = 10_000_000
PART = np.float32(0.3)  # adding up so many of it one by one, float32 is wrong by percents
ONES = np.broadcast_to(np.float32(1), (1, MANY))


@pytest.mark.parametrize("loss", [row.covers for row in COSTS.values() if row.covers != tn.Pair])
def test_a_float32_cost_of_ten_million_columns(loss):
    several = issubclass(loss, (tn.CrossEntropy, tn.KullbackLeibler))
    A = np.array([[PART], [1 - PART]] if several else [[PART]])
    Y = np.array([[1], [0]] if several else [[1]], np.float32)
    wide = [np.broadcast_to(a, (len(a), MANY)) for a in (A, Y)]
    assert loss()(*wide) == pytest.approx(float(loss()(A, Y)), rel=1e-6)


@pytest.fixture(params="CF")  # F: examples in rows, transposed
def two_units(request):
    part = PART * np.linspace(0.5, 1.5, MANY // 2, dtype=np.float32)
    return np.array([part, 1 - part], order=request.param)


def test_float32_means_of_millions_of_columns(two_units):
    norm, first = tn.BatchNorm(momentum=0.0), tn.Standardize()
    for layer in (norm, first):
        layer.build(2, dtype="float32")
    norm.forward(two_units)
    first.learn(two_units)
    for i, exact in enumerate(two_units.astype(np.float64)):
        assert norm.state["mean"][i, 0] == pytest.approx(exact.mean(), rel=1e-6)
        assert norm.state["variance"][i, 0] == pytest.approx(exact.var(), rel=1e-6)
        assert first.state["mean"][i, 0] == pytest.approx(exact.mean(), rel=1e-6)
        assert first.state["scale"][i, 0] == pytest.approx(exact.std(), rel=1e-6)


@pytest.mark.parametrize("kind", [partial(tn.Dense, 2), tn.PReLU, tn.BatchNorm, tn.LayerNorm])
def test_float32_sums_of_millions_of_columns(kind, two_units):
    """The gradients of parameters that are a sum over the examples."""
    layer = kind().build(2, dtype="float32")
    X = two_units - np.float32(0.5)
    hat = layer.forward(X).astype(np.float64)
    layer.backward(two_units)
    dA = two_units.astype(np.float64)
    terms = {"b": dA, "beta": dA, "gamma": dA * hat, "alpha": dA * np.minimum(X, 0)}
    for name, grad in layer.grads.items():
        if name != "W":  # a product: its order is the library's
            exact = terms[name].sum(axis=1, keepdims=True)
            off = np.abs(grad - exact).max() / np.abs(terms[name]).sum(axis=1).max()
            assert off < 1e-6


def test_float32_gradients_and_metrics_of_ten_million_columns():
    """Those of a single one."""
    model = tn.Sequential([tn.Dense(1, initializer="zeros")], seed=0, dtype="float32").build(1)
    model.compile("sgd", "mse", metrics=["mae"])
    model.set_weights([np.ones((1, 1)), np.zeros((1, 1))])
    X = np.broadcast_to(PART, (1, MANY))
    small = X[:, :1]
    J, grads = model.gradients(X, 0 * ONES)
    expected, few = model.gradients(small, 0 * small)
    assert pytest.approx(expected, rel=1e-6) == J
    for name, g in grads.items():
        assert g[0, 0] == pytest.approx(few[name][0, 0], rel=1e-6)
    found = model.evaluate(X, 0 * ONES)
    assert found == pytest.approx(model.evaluate(small, 0 * small), rel=1e-6)
