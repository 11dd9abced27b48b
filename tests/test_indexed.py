"""One number of an array, read in a part of one's own: on a tape it was frozen."""

import numpy as np
import pytest

import tinynet as tn
from tests.ways import WAYS, equal, taken

X = np.linspace(-1, 1, 24).reshape(2, 12)
Y = X[:1] * X[1:]


class Layer(tn.Layer):
    """A = s X, of one s."""

    steady = True

    def make_params(self, n_in, rng):
        return {"s": np.array([[1.0]])}

    def preactivation(self, X):
        return self.params["s"][0, 0] * X

    def parameter_gradients(self, dZ, cache):
        return {"s": (dZ * cache["X"]).sum().reshape(1, 1)}

    def input_gradient(self, dZ, cache):
        return dZ * cache["params"]["s"][0][-1]


class Stateful(Layer):
    """Divided by a count of its passes."""

    steady = True

    def make_state(self, n_in):
        return {"count": np.ones((1, 1))}

    def preactivation(self, X):
        return super().preactivation(X) / self.state["count"][0, 0]

    def run(self, X):
        A, cache = super().run(X)
        return A, {**cache, "state": {"count": self.state["count"] + 1}, "by": self.state["count"]}

    def parameter_gradients(self, dZ, cache):
        return {"s": (dZ * cache["X"]).sum().reshape(1, 1) / cache["by"][0, 0]}

    def input_gradient(self, dZ, cache):
        return dZ * cache["params"]["s"][0, 0] / cache["by"][0, 0]


class First(Layer):
    """Times the first number of the batch."""

    steady = True
    whole_batch = True

    def preactivation(self, X):
        return super().preactivation(X) * X[0, 0]

    def parameter_gradients(self, dZ, cache):
        X = cache["X"]
        return {"s": (dZ * X).sum().reshape(1, 1) * X[0, 0]}


class Corner(tn.Regularizer):
    """The square of one weight."""

    steady = True

    def value(self, W):
        return W[0, 0] * W[0, 0]

    def derivative(self, W):
        return 2 * W[0, 0] * np.ones_like(W)


PARTS = {
    "a parameter": lambda: Layer(2),
    "a state": lambda: Stateful(2),
    "an input": lambda: First(2),
    "a weight": lambda: tn.Dense(2, regularizer=Corner()),
}


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
@pytest.mark.parametrize("size", [None, 5])
def test_it_is_read_anew_in_every_step(part, size):
    found = []
    for way in WAYS:
        model = tn.Sequential([part(), tn.Dense(1)], seed=0)
        model.compile(tn.SGD(0.1), "mse")
        with taken(way):
            model.fit(X, Y, 6, size, verbose=0)
        found.append([*model.get_weights(), model.history.history["loss"]])
    equal(*found)
    losses = found[0][-1]
    assert len({*losses}) == len(losses)


CONSTANTS = {
    "times a vector": lambda dZ: (dZ @ np.ones_like(dZ[0]))[:, np.newaxis],
    "times a column": lambda dZ: dZ @ np.ones_like(dZ[:1]).T,
    "times a matrix": lambda dZ: np.dot(dZ, np.ones_like(dZ).T)[:, :1],
    "of a product": lambda dZ: (np.ones_like(dZ) * 0.1 * dZ).sum(axis=1, keepdims=True) * 10,
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("summed", CONSTANTS.values(), ids=CONSTANTS)
def test_constants_are_arrays_as_they_are_without_a_tape(summed, dtype):
    class Mine(tn.Dense):
        steady = True

        def parameter_gradients(self, dZ, cache):
            return {"W": np.dot(dZ, cache["X"].T), "b": summed(dZ)}

    found = []
    for way in WAYS:
        model = tn.Sequential([Mine(5, "tanh"), tn.Dense(1)], seed=0, dtype=dtype)
        model.compile(tn.SGD(0.1), "mse")
        with taken(way):
            model.fit(np.tile(X, 9), np.tile(Y, 9), 6, 36, verbose=0)
        found.append(model.get_weights())
    equal(*found)
