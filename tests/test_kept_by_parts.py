"""What parts of one's own keep, return, write to and hold."""

import copy
import pickle
import threading

import numpy as np
import pytest

import tinynet as tn
from tests import parts
from tests.test_changes_in_a_fit import X, Y
from tests.ways import WAYS, equal, taken
from tinynet.metrics import Metric

# ---- what a part may keep


class Keeping(Metric):
    def __init__(self):
        self.seen = []

    def read(self, activation, A, Y):
        self.seen.append((A, Y))
        return (A - Y)[0]


class KeepingX(tn.Dense):
    def __init__(self, units):
        super().__init__(units, "tanh")
        self.seen = []

    def preactivation(self, X):
        self.seen.append(X)
        return super().preactivation(X)


@pytest.mark.parametrize("way", WAYS)
def test_a_metric_is_read_once_a_step_and_may_keep_what_it_reads(way):
    model = tn.Sequential([tn.Dense(3, "tanh"), tn.Dense(1, "sigmoid")], seed=0)
    metric = Keeping()
    model.compile("sgd", metrics=[metric])
    with taken(way):
        model.fit(X, Y, 3, batch_size=4, shuffle=False, verbose=0)
    steps = -(-X.shape[1] // 4)
    assert len(metric.seen) == 3 * steps
    for i, (_, own) in enumerate(metric.seen[:steps]):
        np.testing.assert_array_equal(own, Y[:, 4 * i : 4 * i + 4])


def test_an_unsteady_layer_may_keep_its_X():
    model = tn.Sequential([KeepingX(3), tn.Dense(1, "sigmoid")], seed=0)
    model.compile("sgd")
    model.fit(X, Y, 1, batch_size=4, shuffle=False, verbose=0)
    for i, own in enumerate(model.layers[0].seen):
        np.testing.assert_array_equal(own, X[:, 4 * i : 4 * i + 4])


class Locked(Metric):
    """Cannot be copied."""

    def __init__(self):
        self.lock = threading.Lock()

    def read(self, activation, A, Y):
        return (A - Y)[0]


def test_a_metric_that_cannot_be_copied_keeps_no_net_from_its_tape():
    model = tn.Sequential([tn.Dense(3, "tanh"), tn.Dense(1, "sigmoid")], seed=0)
    model.compile("sgd", metrics=[Locked()])
    with taken("played"):
        model.fit(X, Y, 3, verbose=0)


# ---- what a part returns


class Reusing(tn.Dense):
    """Returns the same array each time."""

    steady = True
    room = None

    def parameter_gradients(self, dZ, cache):
        found = tn.Dense.parameter_gradients(self, dZ, cache)
        self.room = self.room or {name: g.copy() for name, g in found.items()}
        for name, g in found.items():
            self.room[name][...] = g
        return self.room


def test_a_layer_may_return_memory_of_its_own():
    many = np.random.default_rng(1).standard_normal((2, 40_000))
    labels, found = (many[:1] > 0).astype(float), []
    for kind in (tn.Dense, Reusing):
        model = tn.Sequential([kind(8, "tanh"), tn.Dense(1, "sigmoid")], seed=0)
        model.compile("sgd")
        found.append(model.gradients(many, labels)[1]["W1"])
    np.testing.assert_array_equal(*found)


def test_gradients_that_were_handed_out_never_change():
    layer = Reusing(3, "tanh").build(2, seed=0)
    layer.forward(X)
    layer.backward(np.ones((3, X.shape[1])))
    first, before = layer.grads["W"], layer.grads["W"].copy()
    layer.forward(2 * X)
    layer.backward(np.ones((3, X.shape[1])))
    np.testing.assert_array_equal(first, before)


# ---- writes to arguments


class Spoiling(Metric):
    name = "spoiling"

    def read(self, activation, A, Y):
        A[...] = 1
        return A[0]


class SpoilingLoss(tn.MeanSquaredError):
    def derivative(self, A, Y):
        A -= Y
        return 2 * A


class SpoilingActivation(tn.Activation):
    def value(self, Z):
        Z *= 2
        return Z

    def derivative(self, Z):
        return 2 * np.ones_like(Z)


class SpoilingLayer(tn.Dense):
    def parameter_gradients(self, dZ, cache):
        dZ *= 2
        return super().parameter_gradients(dZ, cache)


SPOILED = [
    ("metric", Spoiling(), "fit evaluate"),
    ("loss", SpoilingLoss(), "fit gradients"),
    ("activation", SpoilingActivation(), "fit evaluate gradients predict"),
    ("last", SpoilingActivation(), "fit evaluate gradients predict"),
    ("layer", SpoilingLayer, "fit gradients"),
]


def spoiled(activation=tn.tanh, last="tanh", loss="mse", layer=tn.Dense, metric=None):
    model = tn.Sequential([layer(3, activation), tn.Dense(1, last)], seed=0)
    model.compile("sgd", loss, [] if metric is None else [metric])
    return model.build(2)


@pytest.mark.parametrize(
    ("where", "part", "verb"),
    [(where, part, verb) for where, part, verbs in SPOILED for verb in verbs.split()],
)
def test_a_write_into_an_argument_is_refused_wherever_it_is(where, part, verb):
    model = spoiled(**{where: part})
    arguments = {"fit": (X, Y, 2), "predict": (X,)}.get(verb, (X, Y))
    with pytest.raises(ValueError, match="expected parts that write to none"):
        getattr(model, verb)(*arguments)


def test_by_hand_too():
    dA = np.ones((3, X.shape[1]))
    layer = SpoilingLayer(3).build(2, seed=0)
    layer.forward(X)
    with pytest.raises(ValueError, match="expected parts that write to none"):
        layer.backward(dA)
    Z = np.ones((2, 3))
    for verb in (SpoilingActivation(), SpoilingActivation().forward):
        with pytest.raises(ValueError, match="expected parts that write to none"):
            verb(Z)
    np.testing.assert_array_equal(Z, 1)
    np.testing.assert_array_equal(dA, 1)


# ---- settings


class Body:
    slope = 1.0


class Inner(tn.Activation):
    """Its number is in the class body of an object that it holds, or of a class."""

    steady = True

    def __init__(self, held):
        super().__init__()
        self.held = held

    def value(self, Z):
        return self.held.slope * Z

    def derivative(self, Z):
        return self.held.slope * np.ones_like(Z)


class Told(Metric):
    steady = True

    def __init__(self, cache):
        self.cache = cache

    def read(self, activation, A, Y):
        return self.cache * (A - Y)[0]


@pytest.mark.parametrize("held", [Body(), Body])
def test_a_number_in_the_class_of_what_a_part_holds_is_a_setting(held, monkeypatch):
    ends = []
    for way in WAYS:
        model = tn.Sequential([tn.Dense(3, Inner(held)), tn.Dense(1, "sigmoid")], seed=0)
        model.compile("sgd")
        with taken(way):
            model.fit(X, Y, 2, verbose=0)
            monkeypatch.setattr(Body, "slope", 3.0)
            model.fit(X, Y, 2, verbose=0)
            monkeypatch.undo()
        ends.append(model.history.history)
    equal(*ends)


def test_whatever_a_metrics_attribute_is_called_it_is_a_setting():
    model = tn.Sequential([tn.Dense(3, "tanh"), tn.Dense(1, "sigmoid")], seed=0)
    metric = Told(1.0)
    model.compile("sgd", metrics=[metric])
    first, second = [], []
    for seen, factor in ((first, 1.0), (second, 2.0)):
        metric.cache = factor
        model.reset()
        seen.extend(model.fit(X, Y, 1, verbose=0).history["told"])
    assert second[0] == 2 * first[0]


@pytest.mark.parametrize(("before", "after"), [(True, 1), (1, 1.0), (0.0, -0.0)])
def test_a_setting_of_another_type_is_another(before, after):
    model = tn.Sequential([tn.Dense(3, "tanh"), tn.Dense(1, "sigmoid")], seed=0)
    metric = Told(before)
    model.compile("sgd", metrics=[metric])
    model.fit(X, Y, 1, verbose=0)
    training = model._training
    metric.cache = after
    model.fit(X, Y, 1, verbose=0)
    assert model._training is not training


class Slotted(tn.Dense):
    __slots__ = ("number",)


def test_an_attribute_in_a_slot_is_copied_too():
    layer = Slotted(1)
    layer.number = np.arange(3)
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        np.testing.assert_array_equal(twin.number, layer.number)


@pytest.mark.parametrize(("name", "value"), [("slope", 0.5), ("activation", "tanh")])
def test_a_setting_changed_after_several_fits_counts(name, value):
    ends = []
    for way in WAYS:
        model = tn.Sequential([tn.Dense(3, "leaky_relu"), tn.Dense(1, "sigmoid")], seed=0)
        model.compile("adam")
        with taken(way):
            for _ in range(3):
                model.fit(X, Y, 2, verbose=0)
            layer = model.layers[0]
            setattr(layer.activation if name == "slope" else layer, name, value)
            model.fit(X, Y, 2, verbose=0)
            model.optimizer.epsilon = 0.1
            model.fit(X, Y, 2, verbose=0)
        ends.append(model.history.history)
    equal(*ends)


def test_examples_changed_in_place_count():
    """What follows from a full batch alone is computed once for each set of examples."""
    ends = []
    for way in WAYS:
        model = tn.Sequential([tn.Dense(3, "tanh"), tn.Dense(1, "sigmoid")], seed=0)
        model.compile("sgd")
        features, labels = X.copy(), Y.copy()
        with taken(way):
            for a in (features, labels, features):
                model.fit(features, labels, 3, verbose=0)
                a[...] = a[:, ::-1]
            model.fit(features, labels, 3, verbose=0)
        ends.append(model.history.history)
    equal(*ends)


class Sums(Metric):
    """Two numbers of each example, which are not alike."""

    steady = True

    def read(self, activation, A, Y):
        return np.concatenate([A, 2 + 0 * A])

    def result(self, sums, m):
        return sums[0] / sums[1]


@pytest.mark.parametrize("size", [None, 16])
def test_the_numbers_of_a_metric_keep_their_order(size):
    model = tn.Sequential([tn.Dense(1, "sigmoid")], seed=0)
    model.compile("sgd", metrics=[Sums()])
    model.build(2)
    wanted = model.predict(X).mean() / 2
    assert model.evaluate(X, Y)["sums"] == pytest.approx(wanted)
    model.optimizer.learning_rate = 1e-12
    found = model.fit(X, Y, 1, batch_size=size, verbose=0).history["sums"]
    assert found == pytest.approx([wanted])


def test_a_penalty_is_in_the_checked_gradient():
    model = tn.Sequential([parts.Ridge(3, "tanh"), tn.Dense(1, "sigmoid")], seed=0)
    model.compile("sgd")
    assert model.check_gradients(X, Y).passed
    J, grads = model.gradients(X, Y)
    h, W = 1e-6, model.layers[0].W.copy()
    model.layers[0].W = W + h * np.eye(*W.shape)
    change = (model.gradients(X, Y)[0] - J) / h
    assert change == pytest.approx((grads["W1"] * np.eye(*W.shape)).sum(), rel=1e-4)
