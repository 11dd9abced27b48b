"""Settings that change between two fits, and how costs and metrics are read."""

import copy
import pickle

import numpy as np
import pytest

import tinynet as tn
from tests import parts
from tests.test_changes_in_a_fit import X, Y, net, ways
from tinynet.metrics import Metric

# ---- what counts as a setting


class Steep(tn.Activation):
    """tanh(slope z), its slope an attribute of a name that a layer or an optimizer has, too."""

    steady = True

    def __init__(self, name, slope=1.0):
        super().__init__()
        self.name = name
        vars(self)[name] = slope

    @property
    def slope(self):
        return vars(self)[self.name]

    def value(self, Z):
        return np.tanh(self.slope * Z)

    def derivative(self, Z):
        return self.slope / np.square(np.cosh(self.slope * Z))


class Wrapped(tn.Activation):
    steady = True

    def __init__(self, inner):
        super().__init__()
        self.activation = inner

    def value(self, Z):
        return self.activation.value(Z)

    def derivative(self, Z):
        return self.activation.derivative(Z)


class Signed(tn.Activation):
    steady = True

    def __init__(self):
        super().__init__()
        self.side = 0.0

    def value(self, Z):
        return Z * np.copysign(1.0, self.side)

    def derivative(self, Z):
        return np.copysign(1.0, self.side) * np.ones_like(Z)


def curved(Z):
    return np.tanh(Z)


def steeper(Z):
    return np.tanh(3 * Z)


steeper.__qualname__, steeper.__name__ = curved.__qualname__, curved.__name__


class Applied(tn.Activation):
    steady = True

    def __init__(self, function):
        super().__init__()
        self.function = function

    def value(self, Z):
        return self.function(Z)

    def derivative(self, Z):
        return np.ones_like(Z)


NAMES = ["theta", "state", "shapes", "generator", "taken", "earlier", "loss", "slots", "params_"]


def set_in(name, value):
    return lambda activation: vars(activation).update({name: value})


CHANGES = {
    **{name: (lambda name=name: Steep(name), set_in(name, 3.0)) for name in NAMES},
    "an inner part": (
        lambda: Wrapped(tn.LeakyReLU(0.1)),
        lambda activation: setattr(activation.activation, "slope", 0.9),
    ),
    "a negative zero": (Signed, set_in("side", -0.0)),
    "a function of one name": (lambda: Applied(curved), set_in("function", steeper)),
}


@pytest.mark.parametrize(("make", "change"), CHANGES.values(), ids=CHANGES)
def test_a_setting_of_any_name_counts_from_the_next_fit_on(make, change):
    ends = []
    for again in (False, True):
        model = net(hidden=make())
        model.fit(X, Y, 10, verbose=0)
        change(model.layers[0].activation)
        if again:
            model._training = None
        ends.append(model.fit(X, Y, 10, verbose=0).history["loss"])
    assert ends[0] == ends[1]


@pytest.mark.parametrize("name", ["optimizer", "meta"])
def test_a_setting_of_an_inner_optimizer_counts_from_the_next_fit_on(name):
    ends = []
    for again in (False, True):
        model = net(tn.Hypergradient(tn.SGD(1.0, 0.9), tn.SGD(0.01, 0.9)))
        model.fit(X, Y, 10, verbose=0)
        getattr(model.optimizer, name).nesterov = True
        if again:
            model._training = None
        ends.append(model.fit(X, Y, 10, verbose=0).history["loss"])
    assert ends[0] == ends[1]


class Bodied(tn.Activation):
    steady = True
    slope = 1.0

    def value(self, Z):
        return self.slope * Z

    def derivative(self, Z):
        return self.slope * np.ones_like(Z)


def test_what_a_users_class_has_counts_from_the_next_fit_on(monkeypatch):
    ends = []
    for again in (False, True):
        model = net(hidden=Bodied())
        model.fit(X, Y, 10, verbose=0)
        with monkeypatch.context() as patch:
            patch.setattr(Bodied, "slope", 3.0)
            model._training = None if again else model._training
            losses = model.fit(X, Y, 10, verbose=0).history["loss"]
        with monkeypatch.context() as patch:
            patch.setattr(Bodied, "value", lambda self, Z: -Z)
            model._training = None if again else model._training
            ends.append([*losses, *model.fit(X, Y, 10, verbose=0).history["loss"]])
    assert ends[0] == ends[1]


# ---- what is read of a step


class Centred(tn.Activation):
    steady = True
    whole_batch = True

    def value(self, Z):
        return Z - Z.mean(axis=1, keepdims=True)

    def pullback(self, dA, cache):
        return dA - dA.mean(axis=1, keepdims=True), {}


class Ranked(tn.Loss):
    """It looks at other examples, and promises nothing."""

    def costs(self, A, Y):
        return np.square(A - A.mean(axis=1, keepdims=True) - Y)

    def derivative(self, A, Y):
        d = 2 * (A - A.mean(axis=1, keepdims=True) - Y)
        return d - d.mean(axis=1, keepdims=True)


class RankedWhole(Ranked):
    steady = True
    whole_batch = True


@pytest.mark.parametrize("size", [1, 3, 8, None])
@pytest.mark.parametrize(
    ("activation", "loss"), [(Centred, "mse"), ("identity", Ranked), ("identity", RankedWhole)]
)
def test_a_cost_of_a_whole_batch_is_that_of_gradients(activation, loss, size):
    last = activation if isinstance(activation, str) else activation()
    model = tn.Sequential([tn.Dense(4, "tanh"), tn.Dense(1, last)], seed=3)
    model.compile(tn.SGD(1e-12), loss if isinstance(loss, str) else loss())
    J = model.fit(X, Y, 3, size, shuffle=False, verbose=0).history["loss"][0]
    m, n = X.shape[1], size or X.shape[1]
    runs = [slice(start, start + n) for start in range(0, m, n)]
    wanted = sum(model.gradients(X[:, r], Y[:, r])[0] * X[:, r].shape[1] / m for r in runs)
    assert pytest.approx(wanted, rel=1e-6) == J


class Above(Metric):
    """It promises nothing, so it is read as it is written."""

    threshold = 0.5

    def read(self, activation, A, Y):
        return self.threshold < A


def test_a_metric_that_promises_nothing_is_read_as_it_is_written(monkeypatch):
    model = net(metrics=[Above()])
    model.fit(X, Y, 10, verbose=0)
    monkeypatch.setattr(Above, "threshold", 2.0)
    assert model.fit(X, Y, 10, verbose=0).history["above"][-1] == 0 == model.evaluate(X, Y)["above"]


class Asking(Metric):
    steady = True

    def __init__(self, ask):
        self.ask = ask

    def read(self, activation, A, Y):
        return self.ask(A)


ASKED = {
    "astype": lambda A: (A > 0.5).astype(float, copy=False),
    "max": lambda A: A.max(axis=0, initial=0.0),
    "mean": lambda A: A.mean(axis=0, dtype=float),
    "reshape": lambda A: A.reshape(-1, order="C"),
}


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
def test_what_a_stand_in_does_not_know_is_read_as_it_is_written(ask):
    model = net(tn.SGD(1e-12), metrics=[Asking(ask)])
    numbers = model.fit(X, Y, 100, verbose=0).history["asking"]
    assert numbers == pytest.approx([model.evaluate(X, Y)["asking"]] * 100)
    assert model.optimizer.steps == len(model.history) == 100


class Keeping(Metric):
    steady = True

    def read(self, activation, A, Y):
        self.last = A
        return A > 0.5


def test_a_metric_that_keeps_what_it_reads_keeps_no_stand_in():
    model = net(metrics=[Keeping()])
    model.fit(X, Y, 100, verbose=0)
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert twin.fit(X, Y, 1, verbose=0).history["loss"] != []


@pytest.mark.parametrize("size", [None, 5, 32])
@pytest.mark.parametrize("units", [1, 2])
def test_a_matmul_of_one_unit_is_walked_and_played_alike(units, size):
    """numpy's matmul and dot may differ in the last bit, so each is recorded as itself."""
    data = np.random.default_rng(0).standard_normal((3, 301))
    ends = []
    for _, way in ways():
        hidden = [parts.Matmul(units, "tanh"), parts.Matmul(4, "sigmoid"), parts.Matmul(1)]
        model = tn.Sequential([*hidden, tn.Dense(1, "sigmoid")], seed=3)
        model.compile(tn.SGD(0.5))
        with way:
            losses = model.fit(data, data[0] > 0, 20, size, verbose=0).history["loss"]
        ends.append((losses, [w.tobytes() for w in model.get_weights()]))
    assert ends[0] == ends[1]
