"""What `model.to_source()` refuses, since no module of plain numpy can hold it."""

import numpy as np
import pytest

import tinynet as tn
from tests.test_source_parts import Bent, Named, Own, Told
from tinynet.base import functions


class Plain(tn.Activation):
    def value(self, Z):
        return Z + 1

    def derivative(self, Z):
        return np.ones_like(Z)


class Sized(Bent):
    steady = True

    def value(self, Z):
        return Z / Z.shape[1] ** 2


class Choosing(Bent):
    steady = True

    def value(self, Z):
        return np.where(Z > 0, Z, 0.0)


class InAnotherOrder(Own):
    """The parameter that is drawn first is named last."""

    steady = True

    def make_params(self, n_in, rng):
        c, U = rng.standard_normal((1, 1)), rng.standard_normal((2, n_in))
        return {"U": U, "c": c}


class Whole(Own):
    """It reads all parameters as one array."""

    steady = True

    def preactivation(self, X):
        return super().preactivation(X) + self.theta.sum()


class AboveOnes(Own):
    """It uses tinynet's row of ones."""

    steady = True

    def parameter_gradients(self, dZ, cache):
        both = functions.with_ones(cache["X"]).dot(dZ.T.copy())
        return {**super().parameter_gradients(dZ, cache), "U": both[:-1].T}


class InOnes(Own):
    """It looks into tinynet's row of ones."""

    steady = True

    def preactivation(self, X):
        return super().preactivation(X) + self.params["U"].dot(functions.with_ones(X)[:-1])


class Apart(Own):
    """A gradient that nothing is computed for."""

    steady = True

    def parameter_gradients(self, dZ, cache):
        return {**super().parameter_gradients(dZ, cache), "c": np.zeros((1, 1))}


class BelowOnes(Own):
    """A product with a row of ones of its own."""

    steady = True

    def make_params(self, n_in, rng):
        return {"U": np.ones((2, n_in)), "c": np.ones((1, 1)), "V": np.ones((2, n_in + 1))}

    def preactivation(self, X):
        return super().preactivation(X) + self.params["V"].dot(functions.with_ones(X))

    def parameter_gradients(self, dZ, cache):
        V = dZ.dot(functions.with_ones(cache["X"]).T)
        return {**super().parameter_gradients(dZ, cache), "V": V}


class Ranged(Own):
    steady = True

    def make_params(self, n_in, rng):
        return {"U": np.arange(2.0 * n_in).reshape(2, n_in), "c": np.ones((1, 1))}


class Drawn(Own):
    steady = True

    def make_params(self, n_in, rng):
        return {"U": rng.standard_normal((2, n_in)) ** 2, "c": rng.integers(0, 9, (1, 1)) + 1.0}


class Running(Own):
    steady = True

    def run(self, X):
        A, cache = super().run(X)
        return A + 0.0, cache


REFUSED = {
    "draws": (
        [tn.Dropout(0.5), tn.Dense(1)],
        "draw nothing, move no state and have no run in a mod",
    ),
    "a state": ([tn.BatchNorm(), tn.Dense(1)], "draw nothing, move no state and have no run"),
    "not steady": ([tn.Dense(1, Plain())], "got Plain, which is not steady"),
    "the size": ([tn.Dense(1, Sized())], "the same calls for any batch in a module of plain numpy"),
    "where": ([tn.Dense(1, Choosing())], "calls that a module of plain numpy can hold"),
    "truncated": ([tn.Dense(1, initializer=tn.TruncatedNormal())], "weights that start as normal"),
    "orthogonal": ([tn.Dense(1, initializer="orthogonal")], "weights=True writes them down"),
    "a run of its own": ([Running(), tn.Dense(1)], "have no run in a module of plain numpy, got R"),
    "a name twice": ([Named("Z"), tn.Dense(1)], "parameters of other names in a module of .* Z1"),
    "weights of its own": ([Ranged(), tn.Dense(1)], "weights=True writes them down"),
    "all parameters": ([Whole(), tn.Dense(1)], "got an array as a whole: read self.params"),
    "gradients with ones": ([AboveOnes(), tn.Dense(1)], "got a row of ones elsewhere"),
    "a gradient of no call": ([Apart(), tn.Dense(1)], "got dc1 of none: compute it from X and"),
    "a look into ones": ([InOnes(), tn.Dense(1)], "got a row of ones elsewhere"),
    "a product with ones": ([BelowOnes(), tn.Dense(1)], "got a row of ones elsewhere"),
    "a shape of examples": ([tn.Dense(2, Told("in a row"))], "the same calls for any batch"),
    "some examples": ([tn.Dense(2, Told("some"))], "the same calls for any batch"),
    "a constant": ([tn.Dense(2, Told("a constant"))], "the same calls for any batch"),
    "scipy's": (
        [tn.Dense(2, Told("expit"))],
        "calls that a module of plain .* can hold, got expit",
    ),
    "another order": ([InAnotherOrder(), tn.Dense(1)], "weights=True writes them down"),
    "draws of its own": ([Drawn(), tn.Dense(1)], "weights that start as normal, uniform or equal"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_has_no_place_in_a_module(what):
    layers, sentence = REFUSED[what]
    model = tn.Sequential(layers, seed=0).build(2)
    model.compile("sgd", "mse")
    with pytest.raises(TypeError, match=sentence):
        model.to_source()


def test_a_model_has_to_be_compiled_and_built():
    model = tn.Sequential([tn.Dense(1)], seed=0)
    with pytest.raises(RuntimeError, match="compile"):
        model.to_source()
    model.compile("sgd")
    with pytest.raises(RuntimeError, match="a model with weights"):
        model.to_source()
    with pytest.raises(TypeError, match="weights as True or False"):
        model.build(2).to_source(weights=1)
