"""A large batch is computed in blocks, so a steady part may look at one example at a time: one that
looks at others is refused, and one whose outputs are only rounded in another way is not."""

import numpy as np
import pytest

import tinynet as tn
from tinynet.net import blocks

UNITS = 600  # so wide that a block has the fewest examples, in training and in use
X = np.random.default_rng(0).standard_normal((2, blocks.LEAST + 1))
Y = X[:1] - X[1:]
REFUSED = r"outputs that do not depend on other examples, got others: .* class .*: Looking$"


class Looking(tn.Dense):
    """Says that it computes example by example."""

    steady = True

    def __init__(self, look):
        super().__init__(1)
        self.look = look

    def preactivation(self, X):
        return self.look(super().preactivation(X))


def a_net(look, *layers, size=1.0, **settings):
    model = tn.Sequential([tn.Dense(UNITS, "tanh"), *layers, Looking(look)], seed=0, **settings)
    model.compile("sgd", "mse")
    model.build(2).layers[-1].W *= size
    return model


def gradients(model, m):
    return model.gradients(X[:, :m], Y[:, :m])


def predict(model, m):
    return model.predict(X[:, :m])


CALLS = pytest.mark.parametrize("call", [gradients, predict])


def in_twos(Z):
    """The second of two minus the first."""
    return np.where(np.arange(Z.shape[1]) % 2, Z - np.roll(Z, 1, axis=1), Z)


def in_fours(Z):
    """Minus the mean of up to four."""
    starts = np.arange(0, Z.shape[1], 4)
    lengths = np.diff([*starts, Z.shape[1]])
    return Z - np.repeat(np.add.reduceat(Z, starts, axis=1) / lengths, lengths, axis=1)


def off(by):
    """Another relative error where the number of examples is odd."""
    return lambda Z: Z * (1 + by * (Z.shape[1] % 2))


LOOKS = {
    "at the first": lambda Z: Z - Z[:, :1],
    "at all": lambda Z: Z - Z.mean(axis=1, keepdims=True),
    "at the one before": lambda Z: Z - np.roll(Z, 1, axis=1),
    "at the mirrored": lambda Z: Z + 0.4 * Z[:, ::-1],
    "in twos": in_twos,
    "in fours": in_fours,
    "how many they are": off(0.01),
}
CASES = {name: (look, []) for name, look in LOOKS.items()}
CASES |= {f"{name}, drawn": (look, [0.5]) for name, look in LOOKS.items()}


@CALLS
@pytest.mark.parametrize(("look", "rates"), CASES.values(), ids=CASES)
def test_who_looks_at_other_examples_is_refused(look, rates, call):
    with pytest.raises(ValueError, match=REFUSED):
        call(a_net(look, *map(tn.Dropout, rates)), blocks.LEAST + 1)


@CALLS
def test_a_batch_that_is_not_cut_is_computed_as_it_is_written(call):
    m = blocks.LEAST
    model, said = a_net(LOOKS["at all"]), a_net(LOOKS["at all"])
    said.layers[-1].__class__ = type("Said", (Looking,), {"steady": True, "whole_batch": True})
    found, expected = call(model, m), call(said, m)
    np.testing.assert_equal(found, expected)
    with pytest.raises(ValueError, match=REFUSED):
        call(model, m + 1)
    call(said, m + 1)


@CALLS
@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize(
    ("dtype", "rounding", "error"), [("float64", 1e-9, 1e-5), ("float32", 1e-4, 1e-2)]
)
def test_another_rounding_is_no_look_at_others_however_large_the_outputs(
    dtype, rounding, error, size, call
):
    m = blocks.LEAST + 1
    found = call(a_net(off(rounding), dtype=dtype, size=size), m)
    expected = call(a_net(off(0), dtype=dtype, size=size), m)
    np.testing.assert_allclose(found[0], expected[0], rtol=10 * rounding)
    with pytest.raises(ValueError, match=REFUSED):
        call(a_net(off(error), dtype=dtype, size=size), m)


class Fixed(tn.Layer):
    """A projection that is not trained."""

    steady = True

    def make_params(self, n_in, rng):
        return {}

    def preactivation(self, X):
        return X[:1] - X[1:]

    def parameter_gradients(self, dZ, cache):
        return {}

    def input_gradient(self, dZ, cache):
        return np.concatenate([dZ, -dZ])


def test_a_net_without_parameters_has_a_cost_and_no_gradients():
    model = tn.Sequential([Fixed(1)]).build(2)
    model.compile("sgd", "mse")
    assert gradients(model, 100) == (0.0, {})
    assert model.gradients(X, 0 * Y) == (pytest.approx(np.square(Y).mean()), {})
