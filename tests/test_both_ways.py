"""What version 0.1.0 had wrong, continued: the laws of training, over random nets at the settings
that users have (8), and both ways of taking a step, with users' parts."""

import copy
import pickle

import numpy as np
import pytest

import tinynet as tn
from tests import parts
from tests.ways import WAYS, a_training, taken
from tinynet.net import blocks

ACTIVATIONS = ["identity", "sigmoid", "tanh", "relu", "leaky_relu"]


def optimizers(draw):
    return [
        lambda: tn.SGD(0.05),
        lambda: tn.SGD(0.05, 0.9),
        lambda: tn.SGD(0.05, 0.9, nesterov=True),
        lambda: tn.Adam(0.01),
    ][draw.integers(4)]()


class Problem:
    """A random net with its data and the way in which it is trained."""

    def __init__(self, seed):
        self.draw = draw = np.random.default_rng(seed)
        self.last = draw.choice(["identity", "sigmoid", "softmax", "tanh"])
        self.dtype = draw.choice(["float32", "float64"])
        self.rows, self.shuffle = bool(draw.integers(2)), bool(draw.integers(4))
        n_x, m = draw.integers(1, 6), int(draw.choice([1, 2, 3, 5, 8, 17, 33, 64, 100, 257, 400]))
        n_y = int(draw.integers(2, 4)) if self.last == "softmax" else int(draw.integers(1, 4))
        X = draw.standard_normal((n_x, m)) * draw.choice([0.3, 1])
        Y = {
            "softmax": lambda: draw.integers(0, n_y, m),
            "sigmoid": lambda: draw.integers(0, 2, (n_y, m)),
        }.get(self.last, lambda: 0.5 * draw.standard_normal((n_y, m)))()
        self.X, self.Y = (X.T, Y.T) if self.rows else (X, Y)
        self.size = None if draw.integers(2) else int(draw.integers(1, m + 2))
        if draw.integers(3) == 0 and m > 2:
            self.size = next(n for n in range(m - 1, 0, -1) if m % n == 1 or n == 1)
        self.units = [int(n) for n in draw.integers(1, 40, draw.integers(0, 4))]
        self.hidden = [str(name) for name in draw.choice(ACTIVATIONS, len(self.units))]
        self.n_y, self.optimizer = n_y, optimizers(draw)
        self.loss = "mse" if draw.integers(3) == 0 else None
        self.metrics = ["accuracy"] if self.last in ("sigmoid", "softmax") else []
        self.metrics = [*self.metrics, parts.Error()] if self.last != "softmax" else self.metrics
        if self.last == "softmax":
            self.loss = None
        self.epochs = int(draw.integers(2, 150 if self.size is None else 12))

    def model(self):
        layers = [tn.Dense(n, g) for n, g in zip(self.units, self.hidden, strict=True)]
        settings = {"examples": "rows" if self.rows else "columns", "dtype": self.dtype}
        model = tn.Sequential([*layers, tn.Dense(self.n_y, self.last)], seed=5, **settings)
        model.compile(copy.deepcopy(self.optimizer), self.loss, self.metrics)
        return model

    def fit(self, model, epochs):
        return model.fit(self.X, self.Y, epochs, self.size, self.shuffle, 0)


def require_same(one, *others):
    for other in others:
        assert one.history.rows == other.history.rows
        assert parts.same(parts.everything(one), parts.everything(other))
        assert one.optimizer.steps == other.optimizer.steps


@pytest.mark.parametrize("seed", range(50))
def test_8_fit_of_a_and_fit_of_b_is_fit_of_both(seed):
    problem = Problem(seed)
    whole, pieces, between = (problem.model() for _ in range(3))
    problem.fit(whole, problem.epochs)
    left = problem.epochs
    while left:
        epochs = int(problem.draw.integers(1, left + 1))
        found = problem.fit(pieces, epochs)
        assert found.rows == pieces.history.rows[-epochs:]
        problem.fit(between, epochs)
        between = meddle(between, problem)
        left -= epochs
    require_same(whole, pieces)
    require_same(whole, between)
    J = problem.model().gradients(problem.X, problem.Y)[0]
    if problem.size is None:
        assert whole.history.history["loss"][0] == J


def meddle(model, problem):
    """What must not change a training."""
    X, Y, draw = problem.X, problem.Y, problem.draw
    for what in draw.choice(9, 3):
        if what == 0:
            model.predict(X)
        elif what == 1:
            model.gradients(X, Y)
        elif what == 2:
            model.evaluate(X, Y)
        elif what == 3:
            model = pickle.loads(pickle.dumps(model, int(draw.integers(0, 6))))
        elif what == 4:
            model = copy.deepcopy(model)
        elif what == 5:
            model.set_weights(model.get_weights())
        elif what == 6:
            rate, model.optimizer.learning_rate = model.optimizer.learning_rate, 7.0
            model.gradients(X, Y)
            model.optimizer.learning_rate = rate
        elif what == 7:
            model.trace(X)
            model.forward(X)
        else:
            model.fit(X, Y, 0, None, verbose=0)
    return model


@pytest.mark.parametrize("seed", range(1000, 1040))
def test_8_both_ways_are_one(seed):
    """Also when the rate, the weights and the slots change in between."""
    problem, ends = Problem(seed), []
    for way in WAYS:
        model = problem.model()
        with taken(way):
            problem.fit(model, problem.epochs)
            model.optimizer.learning_rate *= 0.3
            problem.fit(model, 2)
            model.set_weights([0.5 * w for w in model.get_weights()])
            problem.fit(model, 2)
            model.optimizer.reset()
            problem.fit(model, 2)
            twin = problem.model()
            twin.build(problem.X.shape[problem.rows])
        ends.append(model)
    require_same(*ends)


# ---- users' parts


def with_parts(name, dtype="float64", metrics=()):
    hidden = {
        "dropout": [tn.Dense(6, "tanh"), parts.Dropout(6)],
        "dropout twice": [parts.Dropout(2), tn.Dense(6, "tanh"), parts.Dropout(6)],
        "norm": [tn.Dense(5, "tanh"), parts.Norm(5)],
        "ridge": [parts.Ridge(5, "tanh"), parts.Ridge(4, "relu")],
        "matmul": [parts.Matmul(5, parts.Swish()), parts.Matmul(4, "tanh")],
        "all": [parts.Ridge(6), parts.Norm(6, "relu"), parts.Dropout(6), parts.Matmul(4, "tanh")],
    }.get(name, [tn.Dense(5, "tanh")])
    rules = {
        "scheduled": parts.Scheduled(0.1, 0.9),
        "decaying": parts.Decaying(0.1, 0.9),
        "multiplied": parts.Multiplied(0.7),
        "bashforth": parts.Bashforth(0.1),
    }
    model = tn.Sequential([*hidden, tn.Dense(1, "sigmoid")], seed=4, dtype=dtype)
    model.compile(rules.get(name) or tn.Adam(0.02), metrics=[*metrics, "accuracy"])
    return model


NAMES = ["dropout", "dropout twice", "norm", "ridge", "matmul", "all", "scheduled", "decaying"]
NAMES += ["multiplied", "bashforth"]
draw = np.random.default_rng(7)
X = draw.standard_normal((2, 301))
Y = (X[:1] * X[1:] > 0).astype(int)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
# a block of 301 is as long as the whole batch; of a smaller batch there would be one block anyway
@pytest.mark.parametrize(
    ("longest", "size"), [(0, None), (0, 64), (40, None), (40, 100), (301, None)]
)
def test_users_parts_walked_and_played(name, size, dtype, longest, monkeypatch):
    if longest:
        monkeypatch.setattr(blocks, "practice_size", lambda layers: longest)
    ends = []
    for way in WAYS:
        model = with_parts(name, dtype, [parts.Error()])
        with taken(way):
            assert bool(a_training(model, X, Y, size).plans) == (way != "walked")
            model.fit(X, Y, 70 if size is None else 5, size, verbose=0)
            model.gradients(X, Y)
            model.evaluate(X, Y)
            model.fit(X, Y, 3, size, verbose=0)
        ends.append(model)
    require_same(*ends)
    pieces = with_parts(name, dtype, [parts.Error()])
    # each fit of a user's part is recorded anew, so not many; 66 epochs are more than one chunk
    for epochs in [1, 1, 2, 66] if size is None else [1, 3, 1]:
        pieces.fit(X, Y, epochs, size, verbose=0)
    pieces.fit(X, Y, 3, size, verbose=0)
    require_same(pieces, ends[0])


@pytest.mark.parametrize("name", NAMES)
def test_users_parts_are_what_their_formulas_say(name):
    model = with_parts(name).build(2)
    before, again = parts.everything(model), copy.deepcopy(model)
    assert model.check_gradients(X[:, :40], Y[:, :40]).passed
    assert model.gradients(X, Y)[0] == model.gradients(X, Y)[0]
    assert parts.same(before, parts.everything(model))
    assert model.fit(X, Y, 3, 64, verbose=0).rows == again.fit(X, Y, 3, 64, verbose=0).rows


@pytest.mark.parametrize("metric", [parts.F1, parts.R2, parts.Error])
@pytest.mark.parametrize("size", [None, 64, 100])
@pytest.mark.parametrize("way", WAYS)
def test_a_metric_of_the_user(metric, size, way):
    """It is read in every training, however it is written, and is that of all examples."""
    model = with_parts("", metrics=[metric()])
    plain = with_parts("")
    name = metric.__name__.lower()
    with taken(way, may_walk=True):
        model.fit(X, Y, 70, size, verbose=0)
    plain.fit(X, Y, 70, size, verbose=0)
    assert parts.same(model.get_weights(), plain.get_weights())
    A, found = model.predict(X), model.evaluate(X, Y)[name]
    said = A > 0.5
    expected = {
        "f1": 2 * (said & (Y == 1)).sum() / (said.sum() + Y.sum()),
        "r2": 1 - np.square(A - Y).sum() / np.square(Y - Y.mean()).sum(),
        "error": np.square(A - Y).mean(),
    }[name]
    assert found == pytest.approx(expected, rel=1e-12)
    assert len(model.history.history[name]) == 70
    after = model.fit(X, Y, 1, verbose=0).history[name]
    assert after == [pytest.approx(found, rel=1e-12)]
