"""A layer by itself: its gradients at chosen points, its kink, and sums over many examples."""

import numpy as np
import pytest

import tinynet as tn


def moved(layer, n_in):
    """A layer whose parameters are neither 0 nor 1, where products and quotients look alike."""
    layer.build(n_in, seed=0)
    rng = np.random.default_rng(0)
    for p in layer.params.values():
        p[...] = rng.uniform(1.5, 3, p.shape)
    return layer


STANDARD = 5 + 3 * np.random.default_rng(0).standard_normal((3, 7))
LAYERS = {
    "batch norm": moved(tn.BatchNorm(), 3),
    "layer norm": moved(tn.LayerNorm(), 3),
    "prelu": moved(tn.PReLU(), 3),
    "standardize": tn.Standardize().build(3).learn(STANDARD),
    "standardize, inverse": tn.Standardize(invert=True).build(3).learn(STANDARD),
    "residual": moved(tn.Residual([tn.Dense(2, "tanh"), tn.Dense(3, regularizer="l2")]), 3),
}


@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
@pytest.mark.parametrize("m", [2, 5])
def test_backward_equals_differences_of_forward(layer, m):
    rng, h = np.random.default_rng(m), 1e-6
    X, w = rng.standard_normal((3, m)), rng.standard_normal((3, m))
    state = {name: a.copy() for name, a in layer.state.items()}

    def J(X):
        for name, a in state.items():
            layer.state[name][...] = a
        return np.vdot(w, layer.forward(X))

    J(X)
    dX, grads = layer.backward(w), dict(layer.grads)
    for array, gradient in [(X, dX), *((p, grads[name]) for name, p in layer.params.items())]:
        v = rng.standard_normal(array.shape)
        before = array.copy()
        array[...] = before + h * v
        above = J(X)
        array[...] = before - h * v
        below = J(X)
        array[...] = before
        assert np.vdot(gradient, v) == pytest.approx((above - below) / (2 * h), rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_at_its_kink_prelu_has_the_slope_of_the_left(zero):
    layer = tn.PReLU().build(1)
    layer.alpha = [[0.3]]
    layer.forward(np.array([[zero, 1.0]]))
    np.testing.assert_array_equal(layer.backward(np.full((1, 2), 2.0)), [[0.6, 2.0]])


def test_a_rate_of_0_drops_nothing_whatever_is_drawn():
    """A float32 is drawn as exactly 0 once in 16 million times."""

    class Zeros(tn.Dropout):
        def uniform(self, X):
            return np.zeros_like(X)

    layer = Zeros(0.0).build(2, seed=0)
    np.testing.assert_array_equal(layer.forward(np.ones((2, 3))), np.ones((2, 3)))


SUMMED = {"beta": tn.BatchNorm, "alpha": tn.PReLU}


@pytest.mark.parametrize("name", SUMMED)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("m", [128, 129, 200_000])
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_sum_over_the_examples_keeps_its_digits_and_its_dtype(order, m, dtype, name):
    """So many float32 of examples in rows, added up one by one, would keep three digits."""
    layer = SUMMED[name]().build(2, dtype=dtype)
    dA = np.full((2, m), 0.1, dtype, order=order)
    layer.forward(np.full((2, m), -1, dtype, order=order))
    layer.backward(dA)
    found = layer.grads[name]
    assert found.dtype == dtype
    np.testing.assert_allclose(np.abs(found), m * dA[:, :1].astype(float), rtol=1e-6)


class Remembering(tn.Dense):
    """A user's layer that gives another state than it has."""

    def __init__(self, has, gives):
        super().__init__(3)
        self.has, self.gives = has, gives

    def make_state(self, n_in):
        return {name: np.zeros(1) for name in self.has}

    def run(self, X):
        A, cache = super().run(X)
        return A, {**cache, "state": {name: np.ones(1) for name in self.gives}}


@pytest.mark.parametrize(
    ("has", "gives", "message"),
    [
        (["mean", "size"], ["mean"], "expected mean, size in the cache's state, got mean$"),
        (["mean"], [], "expected mean in the cache's state, got none$"),
        ([], ["mean"], "expected no state in the cache's state, got mean$"),
    ],
)
def test_a_pass_gives_the_state_that_the_layer_has(has, gives, message):
    layer = Remembering(has, gives).build(3, seed=0)
    with pytest.raises(ValueError, match=message):
        layer.forward(np.ones((3, 2)))
    assert not any(a.any() for a in layer.state.values())
