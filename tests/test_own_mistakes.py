"""Mistakes in a part of one's own that numpy would let pass by spreading an array: each is refused,
walked or played, before a weight has changed."""

import contextlib

import numpy as np
import pytest

import tinynet as tn
from tests.test_changes_in_a_fit import X, Y
from tests.ways import WAYS, taken
from tinynet.metrics import Metric


def own(base, **methods):
    return type("Own", (base,), {"steady": True, **methods})


SLOPES = {
    "of one example": lambda self, Z: np.ones_like(Z)[:, :1],
    "of one unit": lambda self, Z: np.ones_like(Z)[:1],
    "a vector": lambda self, Z: np.ones_like(Z).sum(axis=0),
    "a number": lambda self, Z: 1.0,
}


def activated(slope):
    return {"activation": own(tn.Activation, value=lambda self, Z: 1 * Z, derivative=slope)()}


def lost(slope):
    loss = own(tn.MeanSquaredError, derivative=lambda self, A, Y: slope(self, A))
    return {"last": "tanh", "loss": loss()}


def closed(slope):
    """A loss with its activation in one formula, whose derivative has another shape."""

    def pair_derivative(self, Z, Y, weight):
        return slope(self, Z)

    formulas = ("costs", "derivative", "pair_costs")
    same = {name: vars(tn.BinaryCrossEntropy)[name] for name in formulas}
    loss = own(tn.BinaryCrossEntropy, **same, pair_derivative=pair_derivative)
    return {"loss": loss()}


class Flat(tn.Dense):
    steady = True

    def input_gradient(self, dZ, cache):
        return super().input_gradient(dZ, cache).sum(axis=0)


def model_of(activation="tanh", last="sigmoid", loss=None, layer=tn.Dense, optimizer="sgd"):
    model = tn.Sequential([tn.Dense(3, activation), layer(3, "tanh"), tn.Dense(1, last)], seed=0)
    model.compile(optimizer, loss)
    return model.build(2)


WRONG = {f"activation, {name}": activated(slope) for name, slope in SLOPES.items()}
WRONG |= {f"loss, {SLOPE}": lost(SLOPES[SLOPE]) for SLOPE in ("a vector", "a number")}
WRONG |= {f"pair, {name}": closed(SLOPES[name]) for name in ("of one example", "a vector")}
WRONG["layer, a vector"] = {"layer": Flat}


@pytest.mark.filterwarnings("ignore:.*no tape can hold")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("settings", WRONG.values(), ids=WRONG)
def test_a_gradient_of_another_shape_is_refused(settings, way):
    model = model_of(**settings)
    before = model.get_weights()
    said = r"expected (a derivative|dA|dZ|the dX .*) of shape \(\d, \d+\)"
    wrong = pytest.raises(ValueError, match=said)
    with taken("walked") if way == "walked" else contextlib.nullcontext(), wrong:
        model.fit(X, Y, 2, verbose=0)
    for p, q in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(p, q)
    with pytest.raises(ValueError, match=said):
        model.gradients(X, Y)


@pytest.mark.parametrize("slope", SLOPES.values(), ids=SLOPES)
def test_a_derivative_of_another_shape_is_refused_of_a_loss_alone(slope):
    loss = lost(slope)["loss"]
    loss.forward(X, X)
    with pytest.raises(ValueError, match=r"Own: expected a derivative of shape \(2, \d+\), got"):
        loss.backward()


READINGS = {
    "a number": lambda self, g, A, Y: 0.5,
    "a mean": lambda self, g, A, Y: np.abs(A - Y).mean(axis=1),
    "turned": lambda self, g, A, Y: np.abs(A - Y).T,
    "of all but one": lambda self, g, A, Y: np.abs(A - Y)[:, 1:],
    "in three dimensions": lambda self, g, A, Y: np.abs(A - Y)[np.newaxis],
}


@pytest.mark.parametrize("read", READINGS.values(), ids=READINGS)
def test_a_metric_reads_numbers_of_each_example(read):
    model = tn.Sequential([tn.Dense(1, "sigmoid")], seed=0).build(2)
    model.compile("sgd", metrics=[own(Metric, read=read)()])
    before = model.get_weights()
    for call in (model.evaluate, lambda X, Y: model.fit(X, Y, 1, verbose=0)):
        with pytest.raises(ValueError, match="own: expected read to give numbers of each example"):
            call(X, Y)
    for p, q in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(p, q)


def momentum(after):
    def step(self, p, g, slots, rate):
        v = 0.9 * slots["v"] + g
        return rate * v, after(v)

    return own(tn.Optimizer, slot_names=("v",), step=step)(0.1)


@pytest.mark.filterwarnings("ignore:.*no tape can hold")
@pytest.mark.parametrize("after", [lambda v: {}, lambda v: {"v": v, "u": v}, lambda v: {"u": v}])
def test_a_step_gives_all_its_slots_and_no_other(after):
    model = model_of(optimizer=momentum(after))
    with pytest.raises(ValueError, match="Own: expected the slots v after a step, got"):
        model.fit(X, Y, 2, verbose=0)


class Precision(Metric):
    """Divides by zero where nothing is predicted positive."""

    def read(self, activation, A, Y):
        chosen = A[0] > 2
        return np.stack([chosen & (Y[0] == 1), chosen])

    def result(self, sums, m):
        return sums[0] / sums[1]


@pytest.mark.parametrize("steady", [True, False])
def test_a_metric_that_is_not_defined_is_nan(steady):
    metric = type("Precision", (Precision,), {"steady": steady})()
    model, other = (tn.Sequential([tn.Dense(1, "sigmoid")], seed=0) for _ in range(2))
    model.compile("sgd", metrics=[metric])
    other.compile("sgd")
    found = model.fit(X, Y, 100, verbose=0).history
    assert found["loss"] == other.fit(X, Y, 100, verbose=0).history["loss"]
    assert np.isnan(found["precision"]).all()
    assert np.isnan(model.evaluate(X, Y)["precision"])


class Broken(Precision):
    def result(self, sums, m):
        raise LookupError("no result")


@pytest.mark.parametrize("size", [None, 4])
def test_a_metric_that_fails_leaves_history_and_weights_of_one_epoch(size):
    model, other = (tn.Sequential([tn.Dense(1, "sigmoid")], seed=0) for _ in range(2))
    model.compile("sgd", metrics=[Broken()])
    other.compile("sgd")
    with pytest.raises(LookupError, match="no result"):
        model.fit(X, Y, 100, batch_size=size, verbose=0)
    n = len(model.history)
    assert n > 0
    other.fit(X, Y, n, batch_size=size, verbose=0)
    assert model.history.history["loss"] == other.history.history["loss"]
    for p, q in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(p, q)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_an_upstream_gradient_of_another_shape_is_refused(activation):
    def pullback(self, dJ, cache):
        return (cache["A"] - cache["Y"])[:, :1], {}

    pair = own(tn.MeanSquaredError, pullback=pullback)().pair(activation)
    pair.forward(X, X)
    with pytest.raises(ValueError, match=r"expected dA of shape \(2, \d+\), got \(2, 1\)"):
        pair.backward()


class Forgot:
    def __init__(self, own):
        self.own = own


def test_a_part_that_forgot_to_call_its_base():
    layer, optimizer = (type("Own", (Forgot, base), {})(1) for base in (tn.Layer, tn.Optimizer))
    with pytest.raises(TypeError, match=r"Own: expected the __init__ of Layer.*super\(\)"):
        tn.Sequential([layer, tn.Dense(1)])
    with pytest.raises(TypeError, match=r"Own: expected the __init__ of Optimizer.*super\(\)"):
        model_of(optimizer=optimizer)


def own_layer(params, state):
    def made(names):
        return lambda self, n_in, rng=None: {name: np.ones(shape) for name, shape in names.items()}

    return type("Own", (tn.Layer,), {"make_params": made(params), "make_state": made(state)})(3)


NAMED = {
    "twice": ({"a": (2, 1)}, {"a": (2, 1)}, "other names for its state than for .*, got a twice"),
    "W1 of layer 1": ({"w1": (2, 1)}, {}, "names of arrays without a number, got w1"),
    "h1 of layer 1": ({}, {"h1": (2, 1)}, "names of arrays without a number, got h1"),
    "a flat one": ({"w": (2,)}, {}, r"w of shape \(2, 1\), got \(2,\): numpy would spread it"),
    "a flat state": ({}, {"h": (2,)}, r"h of shape \(2, 1\), got \(2,\): numpy would spread it"),
}


@pytest.mark.parametrize(("params", "state", "told"), NAMED.values(), ids=NAMED)
def test_arrays_of_a_layer_have_names_and_shapes_of_their_own(params, state, told):
    """Parameters and state are found by name, under that and the number of the layer."""
    with pytest.raises(ValueError, match=rf"Own\(3\): expected {told}"):
        own_layer(params, state).build(2)
    model = tn.Sequential([tn.Dense(2), own_layer(params, state)], seed=0)
    with pytest.raises(ValueError, match=f"expected {told}"):
        model.build(2)


def test_a_number_of_one_and_a_row_of_one_may_stand_alone():
    layer = own_layer({"a": (), "b": (1,)}, {"c": ()}).build(2)
    assert [p.shape for p in layer.params.values()] == [(), (1,)]
