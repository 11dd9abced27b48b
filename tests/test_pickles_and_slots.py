"""What version 0.1.0 had wrong, line by line of the list: pickles, numbers of no dimension,
and parts that users write (1, 7, 9 to 12, 20)."""

import contextlib
import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest

import tinynet as tn
from tests import parts
from tests.ways import WAYS, equal, taken

rng = np.random.default_rng(0)
X, Y = tn.data.planar()


def net(optimizer=None, u=4, **settings):
    model = tn.Sequential([tn.Dense(u, "tanh"), tn.Dense(1, "sigmoid")], seed=3, **settings)
    model.compile(optimizer or tn.SGD(0.5), metrics=["accuracy"])
    return model


def compiled(*layers, loss=None, optimizer=None, **settings):
    model = tn.Sequential(layers, seed=3, **settings)
    model.compile(optimizer or tn.SGD(0.5), loss)
    return model


def both_ways(make, X, Y, epochs, size=None):
    """The model after a training each way; what one way refuses the other must not do."""
    ends = []
    for way in WAYS:
        model = make()
        with taken(way):
            model.fit(X, Y, epochs, size, shuffle=False, verbose=0)
        ends.append(model)
    assert parts.same(*map(parts.everything, ends))
    equal(*(model.history.rows for model in ends))
    return ends[0]


def as_the_loop(model, X, Y, epochs, size=None, rtol=1e-9):
    """`fit` ends where the notes' loop ends."""
    model.build(X.shape[0])
    twin, _ = parts.naive(model, X, Y, epochs, size)
    model.fit(X, Y, epochs, size, shuffle=False, verbose=0)
    for p, q in zip(model.params.values(), twin.params.values(), strict=True):
        np.testing.assert_allclose(p, q, rtol, 1e-12)


# ---- 1


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("u", [4, 64, 600])
def test_1_a_pickle_loads_and_trains_on(protocol, u):
    for optimizer in (tn.SGD(0.5, 0.9), tn.Adam(0.01)):
        model = net(optimizer, u)
        for epochs in (0, 3):
            model.fit(X, Y, epochs, verbose=0)
            twin = pickle.loads(pickle.dumps(model, protocol))
            assert parts.same(parts.everything(model), parts.everything(twin))
            assert model.fit(X, Y, 2, 150, verbose=0).rows == twin.fit(X, Y, 2, 150, verbose=0).rows
            assert parts.same(parts.everything(model), parts.everything(twin))


@pytest.mark.parametrize("frozen", [False, True])
def test_1_buffers_out_of_band(frozen):
    model = net(tn.Adam(0.01), 64).build(2)
    model.fit(X, Y, 3, verbose=0)
    found = []
    text = pickle.dumps(model, 5, buffer_callback=found.append)
    assert found
    sent = [bytes(b.raw()) if frozen else bytearray(b.raw()) for b in found]
    twin = pickle.loads(text, buffers=sent)
    assert model.fit(X, Y, 5, verbose=0).rows == twin.fit(X, Y, 5, verbose=0).rows
    twin.layers[0].W = np.zeros((64, 2))
    twin.forward(X)
    twin.backward(np.ones((1, 400)))


def trained(model):
    model.fit(X, Y, 5, verbose=0)
    return model


def test_1_a_pool_of_processes():
    models = [net(tn.Adam(0.01), u).build(2) for u in (64, 600)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        found = list(pool.map(trained, models))
    for model, other in zip(models, found, strict=True):
        assert parts.same(parts.everything(trained(model)), parts.everything(other))


# ---- 7


def test_7_numbers_of_no_dimension_are_looked_at():
    params, grads = {"w": np.array(1.0)}, {"w": np.array(1e300)}
    for call in (tn.SGD(1e300), tn.SGD(1e300).forward):
        refused = pytest.raises(FloatingPointError, match=r"a finite (step of w|output)")
        with np.errstate(over="ignore"), refused:
            call(params, grads)
    assert params["w"] == 1.0


class Shift(tn.Layer):
    """One number for all units, of no dimension."""

    steady = True

    def make_params(self, n_in, rng):
        return {"s": np.array(0.5)}

    def preactivation(self, X):
        return X + self.params["s"]

    def parameter_gradients(self, dZ, cache):
        return {"s": dZ.sum()}

    def input_gradient(self, dZ, cache):
        return dZ


@pytest.mark.parametrize("way", WAYS)
def test_7_a_parameter_of_no_dimension_stays_finite(way):
    model = compiled(Shift(2), tn.Dense(1), optimizer=tn.SGD(1e300))
    ways = taken("walked") if way == "walked" else contextlib.nullcontext()
    with ways, pytest.raises(FloatingPointError, match="the weights stay finite"):
        model.fit(X, Y, 5, verbose=0)
    assert all(np.isfinite(p).all() for p in model.get_weights())


# ---- 9


class Turned(parts.Bashforth):
    steady = True
    slot_names = ("g1", "g2")

    def step(self, p, g, slots, rate):
        step, after = super().step(p, g, slots, rate)
        return step, {"g1": after["g1"], "g2": after["g2"]}


@pytest.mark.parametrize("kind", [parts.Bashforth, Turned])
def test_9_slots_that_feed_one_another(kind):
    model = both_ways(lambda: net(kind(0.1)), X, Y, 30)
    start = net(kind(0.1)).build(2)
    by_hand, g1, g2 = start.get_weights(), [0, 0, 0, 0], [0, 0, 0, 0]
    for _ in range(30):
        g = list(start.gradients(X, Y)[1].values())
        by_hand = [
            p - 0.1 * (23 / 12 * a - 16 / 12 * b + 5 / 12 * c)
            for p, a, b, c in zip(by_hand, g, g1, g2, strict=True)
        ]
        start.set_weights(by_hand)
        g1, g2 = g, g1
    for p, q in zip(model.get_weights(), by_hand, strict=True):
        np.testing.assert_allclose(p, q, 1e-9)
    as_the_loop(net(kind(0.1)), X, Y, 5)


# ---- 10


class Clipped(tn.SGD):
    steady = True

    def advance(self, params, grads):
        return super().advance(params, {n: np.clip(g, -1e-3, 1e-3) for n, g in grads.items()})


@pytest.mark.parametrize("size", [None, 150])
def test_10_an_own_advance_is_taken(size):
    as_the_loop(net(Clipped(0.5)), X, Y, 40, size)


# ---- 11


class Centred(tn.Dense):
    def preactivation(self, X):
        Z = tn.Dense.preactivation(self, X)
        return Z - Z.mean(axis=1, keepdims=True)

    def input_gradient(self, dZ, cache):
        return tn.Dense.input_gradient(self, dZ - dZ.mean(axis=1, keepdims=True), cache)

    def parameter_gradients(self, dZ, cache):
        return tn.Dense.parameter_gradients(self, dZ - dZ.mean(axis=1, keepdims=True), cache)


class SaidCentred(Centred):
    whole_batch = True


WrongCentred = type("WrongCentred", (tn.Dense,), {**vars(Centred), "steady": True})
RightCentred = type("RightCentred", (WrongCentred,), {"steady": True, "whole_batch": True})


FEATURES = rng.standard_normal((2, 40_000))
CLASSES = (FEATURES[:1] > FEATURES[1:]).astype(int)
FEATURES = FEATURES[:, np.argsort(FEATURES[0])]


@pytest.mark.parametrize("kind", [Centred, SaidCentred, RightCentred])
def test_11_the_whole_batch_is_seen_in_use(kind):
    model = compiled(kind(3, "tanh"), tn.Dense(1, "sigmoid")).build(2)
    one, two = model.layers
    expected = two(one(FEATURES))
    np.testing.assert_allclose(model.predict(FEATURES), expected, 1e-12)
    J = tn.BinaryCrossEntropy()(expected, CLASSES)
    assert model.evaluate(FEATURES, CLASSES)["loss"] == pytest.approx(J, rel=1e-12)
    assert model.gradients(FEATURES, CLASSES)[0] == pytest.approx(J, rel=1e-12)
    assert model.fit(FEATURES, CLASSES, 1, verbose=0).history["loss"] == [pytest.approx(J)]


def test_11_a_promise_that_is_broken_is_an_error():
    model = compiled(WrongCentred(3, "tanh"), tn.Dense(1, "sigmoid")).build(2)
    for call in (model.predict, lambda X: model.evaluate(X, CLASSES)):
        with pytest.raises(ValueError, match=r"whole_batch = True in the class .*WrongCentred"):
            call(FEATURES)


@pytest.mark.parametrize("call", ["gradients", "fit"])
def test_20_a_promise_that_is_broken_is_no_wrong_number(call):
    """Right, refused or at least warned of; not silently the means of blocks."""
    said = compiled(RightCentred(3, "tanh"), tn.Dense(1, "sigmoid")).build(2)
    wrong = compiled(WrongCentred(3, "tanh"), tn.Dense(1, "sigmoid")).build(2)
    if call == "gradients":
        J = said.gradients(FEATURES, CLASSES)[0]
    else:
        J = said.fit(FEATURES, CLASSES, 1, verbose=0).history["loss"][0]
    try:
        if call == "gradients":
            found = wrong.gradients(FEATURES, CLASSES)[0]
        else:
            found = wrong.fit(FEATURES, CLASSES, 1, verbose=0).history["loss"][0]
    except (ValueError, UserWarning) as error:
        assert "WrongCentred" in str(error)  # noqa: PT017
    else:
        assert found == pytest.approx(J, rel=1e-9)


# ---- 12


class TwoRows(tn.Loss):
    """Squared distances from y and from 2 y: two rows of targets for one unit."""

    steady = True

    def targets(self, Y, n_y, m, dtype):
        Y = super().targets(Y, n_y, m, dtype)
        return np.concatenate([Y, 2 * Y])

    def costs(self, A, Y):
        return np.square(A - Y[:1]) + np.square(A - Y[1:])

    def derivative(self, A, Y):
        return 2 * (A - Y[:1]) + 2 * (A - Y[1:])


@pytest.mark.parametrize("size", [None, 150, 1])
def test_12_targets_of_another_height(size):
    def make():
        return compiled(tn.Dense(4, "tanh"), tn.Dense(1), loss=TwoRows(), optimizer=tn.SGD(0.01))

    both_ways(make, X, Y, 5, size)
    as_the_loop(make(), X, Y, 5, size)
    model = make().build(2)
    A = model.predict(X)
    J = np.mean(np.square(A - Y) + np.square(A - 2 * Y))
    assert model.gradients(X, Y)[0] == pytest.approx(J, rel=1e-12)
    assert model.check_gradients(X, Y).passed
