"""`model.to_source()` of parts of one's own, and what is refused."""

import copy

import numpy as np
import pytest

import tinynet as tn
from tests import parts
from tests.test_source import compiled, module, require_same


class Bent(tn.Activation):
    """One of a user's own."""

    steady = True

    def value(self, Z):
        return np.sin(Z) + 0.1 * Z

    def derivative(self, Z):
        return np.cos(Z) + 0.1


def test_parts_of_ones_own():
    require_same(compiled([tn.Dense(4, Bent()), tn.Dense(2, Bent())], "mse", "adam"))


class Own(tn.Layer):
    """A user's own layer, by parts of its inputs."""

    steady = True

    def __init__(self):
        super().__init__(2)

    def make_params(self, n_in, rng):
        return {"U": np.full((2, n_in), 0.5), "c": np.full((1, 1), -0.25)}

    def preactivation(self, X):
        p = self.params
        return p["U"] @ X + p["c"] * X.sum(axis=0, keepdims=True) * X[1:2]

    def parameter_gradients(self, dZ, cache):
        X = cache["X"]
        inner = X.sum(axis=0, keepdims=True) * X[1:2]
        return {"U": dZ @ X.T, "c": (dZ * inner).sum(axis=(0, 1)).reshape(1, 1)}

    def input_gradient(self, dZ, cache):
        return cache["params"]["U"].T @ dZ


def test_a_layer_of_ones_own():
    """As the last to come back, its gradient with respect to X is not asked for."""
    require_same(compiled([Own(), tn.Dense(2, "tanh")], "mse"))


class Named(parts.Named):
    steady = True

    def preactivation(self, X):
        return np.exp(-np.square(self.params[self.name] @ X)) + np.maximum(X[:2], -np.inf)

    def parameter_gradients(self, dZ, cache):
        U = cache["params"][self.name]
        inner = U @ cache["X"]
        return {self.name: (dZ * -2 * inner * np.exp(-np.square(inner))) @ cache["X"].T}

    def input_gradient(self, dZ, cache):
        return np.zeros_like(cache["X"])


@pytest.mark.parametrize("name", ["v", "c", "n", "m", "X", "t"])
def test_names_of_parameters_are_kept_apart_from_those_of_other_values(name):
    require_same(compiled([Named(name), tn.Dense(2, "gelu")], "mse", "adam"))


def test_draws_of_a_layer_of_ones_own():
    model = compiled([Named("U"), tn.Dense(1)], "mse", seed=4).build(3)
    found = module(model.to_source())["initialize_parameters"](4)
    np.testing.assert_array_equal(found["U1"], model.layers[0].params["U"])


class Told(tn.Activation):
    """Its value and derivative are told."""

    steady = True

    def __init__(self, what):
        super().__init__()
        self.what = what

    def value(self, Z):
        return TOLD[self.what][0](Z)

    def derivative(self, Z):
        return TOLD[self.what][1](Z)


def of_scipy(Z):
    special = pytest.importorskip("scipy.special")
    return special.expit(Z)


TOLD = {
    "in a row": (lambda Z: Z + Z.T.copy().reshape(-1).sum(), np.ones_like),
    "some": (lambda Z: Z + Z[:, : Z.shape[1] - 2].sum(), np.ones_like),
    "a constant": (lambda Z: Z * (np.ones_like(Z[:, :1]) * Z.shape[1]), np.ones_like),
    "expit": (of_scipy, np.ones_like),
    "booleans": (lambda Z: Z * ((Z > 0) == (Z < 1)), lambda Z: 1.0 * ((Z > 0) == (Z < 1))),
    "the sign of 0": (lambda Z: Z * np.copysign(1, np.abs(Z) * -0.0 - 0.0), np.zeros_like),
    "a tiny share": (lambda Z: Z * (1e-9 / Z.shape[1]) * 1e9, lambda Z: 0 * Z + 1 / Z.shape[1]),
    "integers": (lambda Z: Z + np.reciprocal(Z.argmax(axis=0) + 1), np.zeros_like),
    "floats": (lambda Z: np.power(Z.argmax(axis=0) * 2.0 + 3.0, -1.0) * Z, np.zeros_like),
    "a shape": (lambda Z: np.zeros_like(Z) + Z.max(axis=0), np.zeros_like),
    "a size of integers": (lambda Z: Z * (Z.argmax(axis=0) * Z.shape[1]), np.zeros_like),
    "NaN": (lambda Z: np.fmax(Z, np.nan), np.ones_like),
}


@pytest.mark.parametrize("what", ["booleans", "a tiny share", "NaN"])
def test_expressions_that_are_easy_to_get_wrong(what):
    for m in (1, 4):
        require_same(compiled([tn.Dense(1, Told(what)), tn.Dense(2)], "mse"), m)


@pytest.mark.parametrize(
    "what", ["the sign of 0", "a size of integers", "integers", "floats", "a shape"]
)
def test_values_that_are_easy_to_get_wrong(what):
    model = compiled([tn.Dense(2, Told(what)), tn.Dense(1)], "mse").build(3)
    own = module(model.to_source(weights=True))
    X = np.random.default_rng(0).normal(size=(3, 7))
    A, _ = own["forward_propagation"](X, own["initialize_parameters"]())
    np.testing.assert_allclose(A, model(X), rtol=1e-12)


class Tiny(tn.Loss):
    """Of a weight that no rounding to whole numbers may hide."""

    steady = True

    def weight(self, A):
        return 1e-9 / A.size

    def costs(self, A, Y):
        return 1e9 * np.square(A - Y)

    def derivative(self, A, Y):
        return 2e9 * (A - Y)


def test_a_tiny_weight():
    require_same(compiled([tn.Dense(2, "tanh"), tn.Dense(1)], Tiny()))


class Kept(Named):
    """It computes in forward, from its parameters alone, what backward reads."""

    steady = True

    def remembered(self, X):
        return {**super().remembered(X), "once": np.square(self.params[self.name])}

    def parameter_gradients(self, dZ, cache):
        grads = super().parameter_gradients(dZ, cache)
        return {self.name: grads[self.name] + 0 * cache["once"]}


def test_what_forward_makes_of_parameters_for_backward():
    require_same(compiled([Kept("s"), tn.Dense(1)], "mse"))


class Keeping(tn.MeanSquaredError):
    """It keeps what it got."""

    steady = True

    def costs(self, A, Y):
        self.last = A
        return super().costs(A, Y)


def test_no_stand_in_stays_in_a_part():
    model = compiled([tn.Dense(1)], Keeping()).build(3)
    model.to_source()
    assert not hasattr(model._cost.pair.loss, "last")
    copy.deepcopy(model)


def test_a_loop_in_float32_stays_there():
    model = compiled([tn.Dense(3, "tanh"), tn.Dense(1)], "mse", "adam", dtype="float32").build(2)
    X = np.random.default_rng(0).normal(size=(2, 9)).astype(np.float32)
    parameters = module(model.to_source())["nn_model"](X, X[:1], 3)
    assert {a.dtype for a in parameters.values()} == {np.dtype("float32")}


def test_a_repr_may_hold_anything():
    class Quoted(tn.Dense):
        steady = True

        def __repr__(self):
            return 'Quoted("""\\N")'

    model = tn.Sequential([Quoted(1)], seed=0).build(2)
    model.compile("sgd", "mse")
    module(model.to_source(weights=True))
