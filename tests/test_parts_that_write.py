"""What version 0.1.0 had wrong, continued: gradients, writes and methods of users' parts (13 to
20)."""

import contextlib
import copy

import numpy as np
import pytest

import tinynet as tn
from tests import parts
from tests.test_pickles_and_slots import X, Y, as_the_loop, both_ways, compiled, net
from tests.ways import WAYS, a_training, taken
from tinynet.net import blocks

rng = np.random.default_rng(0)

# ---- 13


GRADIENTS = {
    "missing": lambda W, b: {"W": W},
    "renamed": lambda W, b: {"W": W, "bias": b},
    "one too many": lambda W, b: {"W": W, "b": b, "c": b},
    "one for all": lambda W, b: {"W": W, "b": b.sum(axis=0, keepdims=True)},
    "flat": lambda W, b: {"W": W, "b": b[:, 0]},
    "turned": lambda W, b: {"W": W.T, "b": b},
}


@pytest.mark.parametrize("found", GRADIENTS.values(), ids=GRADIENTS)
@pytest.mark.parametrize("steady", [False, True])
@pytest.mark.parametrize("place", [0, 1])
def test_13_gradients_that_are_not_the_parameters(found, steady, place):
    def gradients(self, dZ, cache):
        return found(**tn.Dense.parameter_gradients(self, dZ, cache))

    kind = type("Odd", (tn.Dense,), {"parameter_gradients": gradients, "steady": steady})
    layers = [tn.Dense(4, "tanh"), tn.Dense(2, "tanh"), tn.Dense(1, "sigmoid")]
    layers[place] = kind(3, "tanh")
    model = compiled(*layers).build(2)
    before, refused = model.get_weights(), pytest.raises((ValueError, KeyError), match="Odd")
    for call in (model.gradients, model.check_gradients):
        with refused:
            call(X, Y)
    with pytest.warns(UserWarning, match="Odd") if steady else contextlib.nullcontext(), refused:
        model.fit(X, Y, verbose=0)
    assert parts.same(before, model.get_weights())
    assert model.optimizer.steps == len(model.history) == 0


# ---- 14, 15


class Viewing(tn.Activation):
    """Returns a view, and writes into what it made."""

    steady = True

    def value(self, Z):
        return Z.T.T

    def derivative(self, K):
        v = np.minimum(K, K)
        v -= v
        K = K - 0
        return K - K[0]


class Doubling(tn.Activation):
    """Writes into its own argument."""

    steady = True

    def value(self, Z):
        return 2 * Z

    def derivative(self, Z):
        Z += Z
        return Z


class Emptying(Viewing):
    steady = True

    def derivative(self, K):
        v = np.minimum(K, K)
        K -= v
        return K - K[0]


@pytest.mark.parametrize("kind", [Viewing, Emptying, Doubling])
@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_14_15_parts_that_write(kind, last, dtype, recwarn):
    """Whatever a part writes to, both ways give one number, or refuse."""
    ends = []
    for m in range(2, 30):
        A, B = rng.standard_normal((2, m)), rng.standard_normal((2, m))
        hidden = [tn.Dense(4, kind()), tn.Dense(3, "tanh")]
        layers = [tn.Dense(4), tn.Dense(2, kind())] if last else [*hidden, tn.Dense(2)]
        model = compiled(*layers, loss="mse", optimizer=tn.SGD(0.01), dtype=dtype)
        ends = []
        for way in ("walked", "as it comes"):
            twin = copy.deepcopy(model)
            with taken(way) if way == "walked" else contextlib.nullcontext():
                try:
                    twin.fit(A, B, 8, verbose=0)
                    ends.append([*twin.get_weights(), twin.history.history["loss"]])
                except ValueError as error:
                    assert "write" in str(error)  # noqa: PT017
                    ends.append([])
        assert parts.same(*ends)


# ---- 16


class OwnRun(tn.Tanh):
    def run(self, Z):
        A, cache = super().run(Z)
        return 2 * A, cache

    def pullback(self, dA, cache):
        return super().pullback(2 * dA, cache)


def test_16_a_last_activation_with_its_own_run_is_refused():
    model = tn.Sequential([tn.Dense(2), tn.Dense(1, OwnRun())], seed=0)
    with pytest.raises(TypeError, match="OwnRun: expected the run of Activation"):
        model.compile("sgd", "mse")
    model = compiled(tn.Dense(2, OwnRun()), tn.Dense(1))
    assert model.check_gradients(X, Y).passed


# ---- 17


class Passing(tn.Activation):
    def value(self, Z):
        return Z

    def derivative(self, Z):
        return np.ones_like(Z)


class InPlace(tn.Activation):
    def value(self, Z):
        Z *= 2
        return Z

    def derivative(self, Z):
        return 2 * np.ones_like(Z)


@pytest.mark.parametrize("m", [1, 400])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("call", ["predict", "trace", "forward", "alone"])
@pytest.mark.parametrize("g", [tn.identity, Passing()])
def test_17_no_memory_of_the_user_is_handed_out(m, dtype, call, g):
    A = rng.standard_normal((2, m)).astype(dtype)
    model = compiled(parts.Handing(2, g), loss="mse", dtype=dtype).build(2)
    layer = parts.Handing(2, g).build(2, dtype=dtype)
    found = layer(A) if call == "alone" else getattr(model, call)(A)
    for a in found.values() if call == "trace" else [found]:
        assert not np.shares_memory(a, A)
        assert a.flags.writeable
        np.testing.assert_array_equal(a, A)


@pytest.mark.parametrize("call", ["predict", "trace", "gradients", "fit", "evaluate", "forward"])
def test_17_x_is_not_written_to(call):
    A, B = rng.standard_normal((2, 400)), rng.standard_normal((2, 400))
    model = compiled(parts.Handing(2, InPlace()), tn.Dense(2), loss="mse").build(2)
    before = A.copy()
    try:
        getattr(model, call)(*((A, B) if call in ("gradients", "fit", "evaluate") else (A,)))
    except ValueError as error:
        assert "write" in str(error) or "read-only" in str(error)  # noqa: PT017
    np.testing.assert_array_equal(A, before)


@pytest.mark.parametrize("where", ["costs", "derivative"])
@pytest.mark.parametrize("size", [None, 150])
@pytest.mark.parametrize("call", ["gradients", "fit", "evaluate"])
def test_17_y_is_not_written_to(where, size, call):
    def writing(self, A, Y):
        Y -= A
        return getattr(tn.MeanSquaredError, where)(self, A, Y)

    kind = type("Writing", (tn.MeanSquaredError,), {where: writing})
    A, B = rng.standard_normal((2, 400)), rng.standard_normal((2, 400))
    model = compiled(tn.Dense(2), loss=kind()).build(2)
    twin = compiled(tn.Dense(2), loss="mse").build(2)
    before, more = B.copy(), {"batch_size": size, "verbose": 0} if call == "fit" else {}
    try:
        getattr(model, call)(A, B, **more)
    except ValueError as error:
        assert "write" in str(error)  # noqa: PT017
    else:  # then it was not asked, or its own copy was written to: the numbers must be right
        if call == "fit":
            twin.fit(A, B, **more)
            assert parts.same(twin.get_weights(), model.get_weights())
    np.testing.assert_array_equal(B, before)


# ---- 18, 19, 20


class Skewed(tn.Dense):
    """Its use differs from its practice."""

    def value(self, X):
        return 3 * super().value(X)


def test_18_a_value_of_its_own_is_used():
    model = compiled(Skewed(3, "tanh"), tn.Dense(1, "sigmoid")).build(2)
    one, two = model.layers
    for A in (X, np.tile(X, 50)):
        np.testing.assert_allclose(model.predict(A), two(3 * np.tanh(one.W @ A + one.b)), 1e-12)
    model = compiled(parts.Dropout(2), tn.Dense(1, "sigmoid")).build(2)
    np.testing.assert_array_equal(model.layers[0](X), X)
    np.testing.assert_array_equal(model.predict(X), model.layers[1](X))
    alone = parts.Dropout(2).build(2, seed=0)
    assert set(np.unique(alone.forward(np.ones((2, 400))))) == {0, 2}
    np.testing.assert_array_equal(alone(X), X)


@pytest.mark.parametrize("size", [None, 150])
@pytest.mark.parametrize("kind", [parts.Scheduled, parts.Decaying, parts.Multiplied])
def test_19_numbers_are_asked_before_every_step(kind, size):
    both_ways(lambda: net(kind(0.5, 0.9)), X, Y, 80, size)
    as_the_loop(net(kind(0.5, 0.9)), X, Y, 80, size, 1e-6)


@pytest.mark.parametrize("size", [None, 1500])
def test_20_a_batch_norm_sees_the_batch(size, monkeypatch):
    monkeypatch.setattr(blocks, "practice_size", lambda layers: 256)
    A = np.tile(X, 10) + np.linspace(0, 3, 4000)
    B = np.tile(Y, 10)

    def make():
        layers = [tn.Dense(4, "tanh"), parts.Norm(4), tn.Dense(1, "sigmoid")]
        return compiled(*layers)

    model = both_ways(make, A, B, 5, size)
    states = [a.copy() for a in model.layers[1].state.values()]
    assert not np.allclose(states[0], 0)
    model.gradients(A, B)
    model.check_gradients(A[:, :50], B[:, :50])
    assert parts.same(states, model.layers[1].state.values())
    as_the_loop(make(), A, B, 5, size)
    assert not a_training(make(), A, B).reason
    assert WAYS
