"""Costs that diverge and values that overflow: an error that names the layer, the epoch and the
batch, and the last finite weights."""

import numpy as np
import pytest

import tinynet as tn
from tests.test_training import both_ways  # noqa: F401

rng = np.random.default_rng(0)
X, Y = rng.standard_normal((2, 30)), rng.integers(0, 2, (1, 30))


def runaway(batch_size=None):
    """A regression whose error grows a thousandfold each step."""
    model = tn.Sequential([tn.Dense(2), tn.Dense(1)], seed=0, dtype="float64")
    model.compile(tn.SGD(1e4))
    return model, lambda: model.fit(X, Y, 1000, batch_size=batch_size, verbose=0)


@pytest.mark.parametrize("batch_size", [None, 10])
def test_a_runaway_cost_stops_with_the_last_finite_weights(batch_size):
    model, fit = runaway(batch_size)
    with pytest.raises(
        FloatingPointError,
        match=r"epoch \d+, batch \d: .*layer \d, Dense\(\d\).*a smaller learning rate",
    ):
        fit()
    assert all(np.isfinite(p).all() for p in model.get_weights())
    assert all(np.isfinite(model.history.history["loss"]))
    model.optimizer.learning_rate = 1e-30
    with (
        np.errstate(over="ignore"),
        pytest.raises(FloatingPointError),
    ):  # the weights are finite, but huge
        fit()
    model.reset()
    model.fit(X, Y, 3, verbose=0)
    assert np.isfinite(model.evaluate(X, Y)["loss"])


def test_the_first_layer_that_is_not_finite_is_named():
    model = tn.Sequential([tn.Dense(2), tn.Dense(2), tn.Dense(1)], seed=0)
    model.compile(tn.SGD(0.1))
    model.build(2)
    model.layers[1].W = [[1e200, 1e200], [1e200, 1e200]]
    model.layers[0].W = [[1e200, 1e200], [1e200, 1e200]]
    before = model.get_weights()
    with pytest.raises(
        FloatingPointError, match=r"epoch 1, batch 1: .*layer 2, Dense\(2\) is the first"
    ):
        model.fit(X, Y, verbose=0)
    for p, q in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(p, q)


def test_the_first_batch_that_is_not_finite_is_named():
    model = tn.Sequential([tn.Dense(1)], seed=0)
    model.compile(tn.SGD(1e-9), "mse")
    far = np.where(np.arange(30) == 15, 1e200, Y)
    with pytest.raises(FloatingPointError, match="epoch 1, batch 2: "):
        model.fit(X, far, batch_size=10, shuffle=False, verbose=0)


def test_a_loss_that_overflows_by_itself_is_named():
    model = tn.Sequential([tn.Dense(1)], seed=0)
    model.compile(tn.SGD(0.1))
    with pytest.raises(
        FloatingPointError, match=r"a finite cost, got inf; .*layer 1, Dense\(1\), but too large"
    ):
        model.fit(X, np.full((1, 30), 1e200), verbose=0)


def test_a_saturated_unit_still_learns():
    model = tn.Sequential([tn.Dense(1, tn.sigmoid)], seed=0)
    model.compile(tn.SGD(10.0))
    model.build(1)
    model.layers[0].W, model.layers[0].b = [[0.0]], [[1000.0]]
    assert model.gradients([[1.0]], [0])[1]["b1"] == 1
    model.fit([[1.0]], [0], 200, verbose=0)
    assert model.evaluate([[1.0]], [0])["loss"] < 0.01


def overflowing():
    """inf - inf inside a matrix product: NaN, inf or a finite number, depending on the order in
    which BLAS adds."""
    model = tn.Sequential([tn.Dense(2), tn.Dense(1, tn.sigmoid)], seed=0)
    model.compile("sgd", metrics=["accuracy"])
    model.build(2)
    model.set_weights([np.full((2, 2), 1e200), np.zeros((2, 1)), [[1e200, -1e200]], [[0.0]]])
    return model


@pytest.mark.parametrize("method", ["predict", "predict_classes", "evaluate", "__call__"])
def test_outputs_that_overflow_are_refused(method):
    inputs = (X, Y) if method == "evaluate" else (X,)
    with pytest.raises(
        FloatingPointError, match=r"layer 2, Dense\(1\): expected a finite output, got inf or NaN"
    ):
        getattr(overflowing(), method)(*inputs)


def test_costs_whose_sum_overflows_are_refused():
    """Each cost is finite, and so is each row's sum, but not the sum of the rows."""
    model = tn.Sequential([tn.Dense(2)], seed=0)
    model.compile(tn.SGD(1e-9))
    model.build(1)
    X, Y = np.ones((1, 4)), np.full((2, 4), 6e153)
    with pytest.raises(
        FloatingPointError, match="epoch 1, batch 1: Sequential: expected a finite cost, got inf"
    ):
        model.fit(X, Y, 100, verbose=0)
    assert model.optimizer.steps == 0
    for method in (model.evaluate, model.gradients):
        with pytest.raises(FloatingPointError, match="a finite cost and gradient"):
            method(X, Y)
    with pytest.raises(FloatingPointError, match="a finite output"):
        tn.MeanSquaredError()(np.full((2, 3), 7e153), np.zeros((2, 3)))


def test_saturated_outputs_warn_of_nothing():
    model = tn.Sequential([tn.Dense(1, "sigmoid")], seed=0)
    model.compile("sgd", metrics=["accuracy"])
    model.build(1)
    model.layers[0].W = [[1.0]]
    assert model.evaluate([[-1000.0, 1000.0]], [0, 1]) == {"loss": 0.0, "accuracy": 1.0}
    assert model.trace([[-1000.0, 1000.0]])["A1"].tolist() == [[0.0, 1.0]]


def test_gradients_that_overflow_are_refused():
    with pytest.raises(
        FloatingPointError, match=r"a finite cost and gradient, got inf or NaN: layer 2, Dense\(1\)"
    ):
        overflowing().gradients(X, Y)


def test_a_step_past_the_largest_number_is_refused():
    w = {"w": np.array([1.7e308])}
    with np.errstate(over="ignore"), pytest.raises(FloatingPointError, match="a finite step of w"):
        tn.SGD(1.0).forward(w, {"w": np.array([-1.7e308])})
    assert w["w"] == 1.7e308


def test_the_first_gradient_that_is_not_finite_is_named():
    """The cost is finite, but its gradient with respect to the weights overflows."""
    model = tn.Sequential([tn.Dense(1)], seed=0)
    model.compile(tn.SGD(0.1))
    model.build(1)
    model.set_weights([[[0.0]], [[0.0]]])
    with pytest.raises(
        FloatingPointError, match=r"layer 1, Dense\(1\) is the first whose gradient is not finite"
    ):
        model.fit([[1.7e308, 1.7e308]], [[-2.0, -2.0]], verbose=0)


@pytest.mark.parametrize(("hidden", "x"), [("relu", -1e308), ("tanh", 1e308), ("relu", 1e308)])
def test_a_hidden_overflow_that_the_activation_hides_is_refused(hidden, x):
    model = tn.Sequential([tn.Dense(1, hidden), tn.Dense(1, "sigmoid")], seed=0).build(1)
    model.layers[0].W = [[1e10]]
    with pytest.raises(
        FloatingPointError, match=r"layer 1, Dense\(1\): expected a finite output, got inf or NaN"
    ):
        model.predict([[x]])


class Exponential(tn.Activation):
    def value(self, Z):
        return np.exp(Z)


def test_an_activation_that_overflows_is_refused():
    model = tn.Sequential([tn.Dense(1, Exponential())], seed=0).build(1)
    model.layers[0].W = [[1.0]]
    assert model.predict([[0.0]]) == 1
    with pytest.raises(
        FloatingPointError, match=r"layer 1, Dense\(1\): expected a finite output, got inf or NaN"
    ):
        model.predict([[1000.0]])


def test_outputs_are_not_refused_for_being_large():
    model = tn.Sequential([tn.Dense(1)], seed=0).build(1)
    model.layers[0].W = [[1e10]]
    assert model.predict([[1e290, 1.0]]).tolist() == [[1e300, 1e10]]


class Asking(tn.Activation):
    """Calls another model in its value, and raises an error if told to."""

    fails = False

    def value(self, Z):
        other = tn.Sequential([tn.Dense(1, "sigmoid")], seed=0).build(len(Z))
        A = Z * other.predict(Z)
        if self.fails:
            raise RuntimeError("told to")
        return A


def test_predict_leaves_numpy_s_warnings_as_they_were():
    before = np.geterr()
    model = tn.Sequential([tn.Dense(3, Asking()), tn.Dense(1)], seed=0).build(2)
    model.predict(X)
    assert np.geterr() == before
    model.layers[0].activation.fails = True
    with pytest.raises(RuntimeError, match="told to"):
        model.predict(X)
    assert np.geterr() == before
