"""The kit's layers in a net: what a training draws and remembers, the same in every way."""

import copy
import pickle

import numpy as np
import pytest

import tinynet as tn
from tests import parts
from tests.test_kit import same
from tests.ways import EVERY_WAY, taken

rng = np.random.default_rng(0)
X = rng.standard_normal((3, 24))
LABELS = (X[0] * X[1] > 0).astype(int)

NETS = {
    "batch norm": lambda: [tn.Dense(6), tn.BatchNorm(), tn.relu, tn.Dense(1, "sigmoid")],
    "layer norm": lambda: [tn.Dense(6, "tanh"), tn.LayerNorm(), tn.Dense(1, "sigmoid")],
    "dropout": lambda: [tn.Dense(6, "relu"), tn.Dropout(0.4), tn.Dense(1, "sigmoid")],
    "norm first": lambda: [tn.BatchNorm(), tn.Dense(6, "tanh"), tn.Dense(1, "sigmoid")],
    "lone activations": lambda: [tn.Dense(6), tn.gelu, tn.Dense(1), tn.sigmoid],
    "prelu": lambda: [tn.Dense(6), tn.PReLU(), tn.Dense(1, "sigmoid")],
    "residual": lambda: [
        tn.Residual([tn.Dense(4), tn.BatchNorm(), tn.PReLU(), tn.Dropout(0.2), tn.Dense(3)]),
        tn.Dense(4, "tanh"),
        tn.Residual([tn.Residual([tn.Dense(4, "relu", regularizer="l1_l2")]), tn.gelu]),
        tn.Dense(1, "sigmoid"),
    ],
    "all": lambda: [
        tn.Dropout(0.1),
        tn.Dense(6, regularizer="l2"),
        tn.BatchNorm(momentum=0.5),
        tn.silu,
        tn.LayerNorm(),
        tn.Dropout(0.2),
        tn.Dense(1),
        tn.sigmoid,
    ],
}
nets = pytest.mark.parametrize("layers", NETS.values(), ids=NETS)


def a_net(layers, **settings):
    model = tn.Sequential(layers(), seed=3, **settings)
    model.compile(tn.Adam(0.02), metrics=["accuracy"])
    return model


def everything(model):
    """All that a training writes, and where the layers' generators stand."""
    draws = [repr(g.bit_generator.state) for g in model.generators()]
    return parts.everything(model), draws


def same_all(one, *others):
    for other in others:
        same(one, other)
        (arrays, draws), (other_arrays, other_draws) = everything(one), everything(other)
        for a, b in zip(arrays, other_arrays, strict=True):
            np.testing.assert_array_equal(a, b)
        assert draws == other_draws


def trained_in_every_way(make, X, Y):
    """Models that are trained the same but for the way and for a pause."""
    models = [make() for _ in EVERY_WAY]
    for model, way in zip(models, EVERY_WAY, strict=True):
        with taken(way):
            for epochs in [5] if model is models[-1] else [2, 3]:
                model.fit(X, Y, epochs, 16, verbose=0)
    return models


def with_looks(model, batch_size):
    """Trained as the others, with all that may lie between two calls."""
    model.fit(X, LABELS, 3, batch_size, verbose=0)
    model.predict(X)
    model.evaluate(X, LABELS)
    model.gradients(X, LABELS)
    model.check_gradients(X, LABELS, entries=1)
    model = pickle.loads(pickle.dumps(model))
    model.fit(X, LABELS, 4, batch_size, verbose=0)
    return model


@nets
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("batch_size", [None, 7])
def test_a_net_trains_the_same_in_every_way(layers, batch_size, dtype):
    models = [a_net(layers, dtype=dtype) for _ in EVERY_WAY]
    for model, way in zip(models, EVERY_WAY, strict=True):
        with taken(way):
            for epochs in [7] if model is models[-1] else [3, 4]:
                model.fit(X, LABELS, epochs, batch_size, verbose=0)
    with taken("played"):
        models.append(with_looks(a_net(layers, dtype=dtype), batch_size))
    for model in models[1:]:
        same_all(models[0], model)
    assert all(a.dtype == dtype for a in everything(models[0])[0])


@nets
def test_a_net_is_proven_and_learns(layers):
    model = a_net(layers)
    assert model.check_gradients(X, LABELS).passed
    before = model.evaluate(X, LABELS)["loss"]
    model.fit(X, LABELS, 200, verbose=0)
    assert model.evaluate(X, LABELS)["loss"] < 0.7 * before


def test_rows_and_columns_are_the_same_net():
    for layers in NETS.values():
        columns, rows = a_net(layers), a_net(layers, examples="rows")
        columns.fit(X, LABELS, 3, 7, verbose=0)
        rows.fit(X.T, LABELS, 3, 7, verbose=0)
        same_all(columns, rows)
        np.testing.assert_array_equal(columns.predict(X).T, rows.predict(X.T))


# ---- batch norm


def test_the_running_state_is_that_of_the_batches():
    model = tn.Sequential([tn.BatchNorm(momentum=0.8), tn.Dense(1)], seed=0)
    model.compile(tn.SGD(1e-9))
    model.fit(X, X[0], 3, verbose=0)
    mean, variance = np.zeros((3, 1)), np.ones((3, 1))
    for _ in range(3):
        mean = 0.8 * mean + 0.2 * X.mean(axis=1, keepdims=True)
        variance = 0.8 * variance + 0.2 * X.var(axis=1, keepdims=True, ddof=1)
    state = model.layers[0].state
    np.testing.assert_allclose(state["mean"], mean, rtol=1e-12)
    np.testing.assert_allclose(state["variance"], variance, rtol=1e-12)


@pytest.mark.parametrize("order", ["C", "F"])
def test_the_variance_of_large_float32_numbers(order):
    wide = np.random.default_rng(0).normal(1e4, 1, (2, 4096)).astype(np.float32)
    layer = tn.BatchNorm(momentum=0.0).build(2, dtype="float32")
    layer.forward(np.asarray(wide, order=order))
    truth = wide.astype(np.float64).var(axis=1, keepdims=True, ddof=1)
    np.testing.assert_allclose(layer.state["variance"], truth, rtol=1e-4)
    model = tn.Sequential([tn.BatchNorm(momentum=0.0), tn.Dense(1)], seed=0, dtype="float32")
    model.compile("sgd")
    model.fit(np.asarray(wide, order=order), wide[0] - 1e4, 1, verbose=0)
    np.testing.assert_allclose(model.layers[0].state["variance"], truth, rtol=1e-4)


def test_a_batch_of_one_example():
    layer = tn.BatchNorm().build(2)
    np.testing.assert_array_equal(layer.forward(np.ones((2, 1))), np.zeros((2, 1)))
    model = a_net(NETS["batch norm"])
    model.fit(X[:, :1], LABELS[:1], 2, verbose=0)
    assert np.isfinite(model.predict(X)).all()


def test_evaluate_uses_the_running_state():
    """One example alone has the outputs that it has among others."""
    model = a_net(NETS["batch norm"])
    model.fit(X, LABELS, 5, verbose=0)
    together = model.predict(X)
    alone = np.hstack([model.predict(X[:, i : i + 1]) for i in range(X.shape[1])])
    np.testing.assert_allclose(together, alone, rtol=1e-12)


def test_layer_norm_needs_two_units():
    with pytest.raises(ValueError, match="at least 2 units, got 1"):
        tn.LayerNorm().build(1)


# ---- dropout


def test_dropout_keeps_the_mean_and_leaves_use_alone():
    layer = tn.Dropout(0.3).build(200, seed=0)
    A = layer.forward(np.ones((200, 300)))
    assert (A == 0).mean() == pytest.approx(0.3, abs=0.01)
    assert A.mean() == pytest.approx(1, abs=0.02)
    assert set(np.unique(A)) == {0, 1 / 0.7}
    np.testing.assert_array_equal(layer(X[:1].repeat(200, 0)), X[:1].repeat(200, 0))


def test_dropout_draws_anew_in_every_step_and_by_its_seed():
    runs = []
    for seed in (0, 0, 1):
        layer = tn.Dropout(0.5).build(50, seed=seed)
        runs.append([layer.forward(np.ones((50, 4))) for _ in range(2)])
    assert not np.array_equal(*runs[0])
    np.testing.assert_array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0], runs[2])


def test_no_dropout_is_no_change():
    with_it = a_net(lambda: [tn.Dense(6, "relu"), tn.Dropout(0.0), tn.Dense(1, "sigmoid")])
    without = a_net(lambda: [tn.Dense(6, "relu"), tn.Dense(1, "sigmoid")])
    with_it.build(3)
    without.build(3).set_weights(with_it.get_weights())
    for model in (with_it, without):
        model.fit(X, LABELS, 3, verbose=0)
    same(with_it, without)


# ---- widths


def test_a_layer_of_as_many_units_as_inputs_knows_them_when_it_can():
    model = tn.Sequential([tn.Dropout(0.1), tn.Dense(4), tn.relu, tn.BatchNorm(), tn.Dense(2)])
    assert [layer.units for layer in model.layers] == [0, 4, 4, 4, 2]
    model.build(3)
    assert [layer.units for layer in model.layers] == [3, 4, 4, 4, 2]
    assert repr(model.layers[0]) == "Dropout(rate=0.1)"
    assert repr(model) == (
        "Sequential([Dropout(rate=0.1), Dense(4, identity), Activate(relu), "
        "BatchNorm(epsilon=1e-05, momentum=0.9), Dense(2, identity)])"
    )
    assert list(model.params) == ["W2", "b2", "gamma4", "beta4", "W5", "b5"]


def test_a_failed_build_leaves_no_width():
    class Failing(tn.Dense):
        fails = True

        def make_params(self, n_in, rng):
            if self.fails:
                raise MemoryError
            return super().make_params(n_in, rng)

    model = tn.Sequential([tn.BatchNorm(), Failing(2)], seed=0)
    with pytest.raises(MemoryError):
        model.build(5)
    Failing.fails = False
    assert model.build(3).predict(X).shape == (2, 24)


def test_a_net_needs_a_layer_that_says_its_units():
    with pytest.raises(ValueError, match="a layer that says its units, got none"):
        tn.Sequential([tn.relu])
    with pytest.raises(TypeError, match="put a Dense behind it"):
        tn.Sequential([tn.Dense(2), tn.BatchNorm()]).compile(loss="mse")


def test_a_template_is_not_the_net_s_own():
    slope = tn.LeakyReLU(0.2)
    model = tn.Sequential([tn.Dense(2), slope, tn.Dense(2), slope, tn.Dense(1)], seed=0)
    model.layers[1].activation.slope = 0.5
    assert (slope.slope, model.layers[3].activation.slope) == (0.2, 0.2)


def test_the_state_goes_back_with_the_weights_after_a_runaway():
    model = tn.Sequential([tn.Dense(3), tn.BatchNorm(), tn.Dense(1)], seed=0)
    model.compile(tn.SGD(1e200))
    model.build(3)
    with pytest.raises(FloatingPointError, match="the weights stay finite"):
        model.fit(1e5 * X, X[0], 50, verbose=0)
    taken_steps = len(model.history)
    twin = tn.Sequential([tn.Dense(3), tn.BatchNorm(), tn.Dense(1)], seed=0)
    twin.compile(tn.SGD(1e200))
    twin.fit(1e5 * X, X[0], taken_steps, verbose=0)
    same_all(model, twin)


def test_a_copy_draws_and_remembers_on_its_own():
    model = a_net(NETS["all"])
    model.fit(X, LABELS, 2, 7, verbose=0)
    twin = copy.deepcopy(model)
    for one in (model, twin):
        one.fit(X, LABELS, 2, 7, verbose=0)
    same_all(model, twin)


@pytest.mark.parametrize("kind", [tn.BatchNorm, tn.LayerNorm])
def test_a_mean_far_off_leaves_nothing_in_the_outputs(kind):
    """In float32 the mean itself is rounded to 1/64: its rounding is subtracted, too."""
    X = (2e5 + np.random.default_rng(0).standard_normal((300, 300))).astype(np.float32)
    A = kind().build(300, dtype="float32").forward(X).astype(np.float64)
    assert np.abs(A.mean(axis=1 if kind is tn.BatchNorm else 0)).max() < 1e-6


def test_layers_have_initializers_and_a_penalty_of_their_own():
    given = tn.Normal(0.01)
    one, other = tn.Dense(2, initializer=given), tn.Dense(2, initializer=given)
    one.initializer.stddev = 9.0
    assert (given.stddev, other.initializer.stddev) == (0.01, 0.01)


def test_a_bad_penalty_inside_is_said_of_its_layer():
    class Bad(tn.Dense):
        def penalty(self):
            return np.ones(3)

    model = tn.Sequential([tn.Residual([tn.PReLU(), Bad(2)]), tn.Dense(1)], seed=0)
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"Bad\(2\): expected a penalty of shape \(\)"):
        model.fit(np.ones((2, 4)), np.ones((1, 4)), 1, verbose=0)
