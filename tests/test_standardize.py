"""Standardize: what the first fit learns, and what it leaves alone."""

import math
import pickle

import numpy as np
import pytest

import tinynet as tn
from tests.test_kit_layers import same_all
from tests.ways import WAYS, same_in_blocks, taken
from tinynet.layers import standardize

rng = np.random.default_rng(0)
X = rng.normal(50, 20, (3, 60)) * np.array([[1.0], [1e4], [1e-3]])
LABELS = (X[0] > 50).astype(int)


def a_net(**settings):
    layers = [tn.Standardize(), tn.Dense(4, "tanh"), tn.Dense(1, "sigmoid")]
    model = tn.Sequential(layers, seed=0, **settings)
    model.compile(tn.Adam(0.05), metrics=["accuracy"])
    return model


def plain(**settings):
    layers = [tn.Dense(4, "tanh"), tn.Dense(1, "sigmoid")]
    model = tn.Sequential(layers, seed=0, **settings)
    model.compile(tn.Adam(0.05), metrics=["accuracy"])
    return model


def scaled(data, by):
    return (data - by.mean(axis=1, keepdims=True)) / by.std(axis=1, keepdims=True)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("batch_size", [None, 16])
def test_a_fit_learns_what_one_would_do_by_hand(batch_size, dtype):
    by_hand = plain(dtype=dtype)
    by_hand.fit(scaled(X, X), LABELS, 6, batch_size, verbose=0)
    models = [a_net(dtype=dtype) for _ in WAYS]
    for model, way in zip(models, WAYS, strict=True):
        with taken(way):
            for epochs in (2, 4):
                model.fit(X, LABELS, epochs, batch_size, verbose=0)
    same_all(*models)
    tolerance = 1e-9 if dtype == "float64" else 2e-4
    for p, q in zip(by_hand.get_weights(), models[0].get_weights()[2:], strict=True):
        np.testing.assert_allclose(p, q, rtol=tolerance, atol=tolerance)
    found, expected = models[0].predict(X), by_hand.predict(scaled(X, X))
    np.testing.assert_allclose(found, expected, atol=tolerance)


def test_only_the_first_fit_learns_and_only_from_its_own_part():
    model = a_net(examples="rows")
    model.fit(X.T, LABELS, 1, verbose=0, validation_split=0.25)
    rest = np.setdiff1d(np.arange(60), model.history.held_out)
    mean, scale = (model.layers[0].state[name][:, 0].copy() for name in ("mean", "scale"))
    np.testing.assert_allclose(mean, X[:, rest].mean(axis=1), rtol=1e-14)
    np.testing.assert_allclose(scale, X[:, rest].std(axis=1), rtol=1e-13)
    model.fit(X.T + 100, LABELS, 1, verbose=0)
    np.testing.assert_array_equal(model.layers[0].state["mean"][:, 0], mean)
    model.reset()
    model.fit(X.T + 100, LABELS, 1, verbose=0)
    np.testing.assert_allclose(model.layers[0].state["mean"][:, 0], X.mean(axis=1) + 100)


def test_weights_count():
    often = rng.integers(0, 3, 60)
    one, other = tn.Standardize().build(3), tn.Standardize().build(3)
    one.learn(X, often)
    other.learn(np.repeat(X, often, axis=1))
    for name in ("mean", "scale"):
        np.testing.assert_allclose(one.state[name], other.state[name], rtol=1e-12)
    model = a_net()
    model.fit(X, LABELS, 1, verbose=0, sample_weight=often)
    np.testing.assert_allclose(model.layers[0].state["mean"], one.state["mean"], rtol=1e-12)


@pytest.mark.parametrize("value", [0.0, 0.1, -3e5])
def test_a_constant_feature_has_a_scale_of_1(value):
    constant = np.vstack([np.full(60, value), X[0]])
    layer = tn.Standardize().build(2).learn(constant)
    assert layer.state["scale"][0, 0] == 1
    assert np.abs(layer(constant)[0]).max() <= 1e-10


def test_many_examples_are_learned_some_at_a_time(monkeypatch):
    whole = tn.Standardize().build(3).learn(X).state
    monkeypatch.setattr(standardize, "AT_A_TIME", 7)
    parts = tn.Standardize().build(3).learn(X).state
    for name, a in whole.items():
        np.testing.assert_allclose(parts[name], a, rtol=1e-13)


def test_large_numbers_keep_their_digits():
    far = rng.normal(1e8, 1, (1, 1000))
    layer = tn.Standardize().build(1).learn(far)
    assert layer.state["scale"][0, 0] == pytest.approx(far.std(), rel=1e-7)


def test_before_it_has_learned_it_says_so():
    model = a_net().build(3)
    for call in (model.predict, lambda X: model.gradients(X, LABELS), model.layers[0]):
        with pytest.raises(RuntimeError, match="a mean and a scale, got none so far: fit learns"):
            call(X)


def test_it_is_saved_and_its_numbers_are_weights():
    model = a_net()
    model.fit(X, LABELS, 3, verbose=0)
    back = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(back.predict(X), model.predict(X))
    other = a_net().build(3)
    other.set_weights(model.get_weights())
    np.testing.assert_array_equal(other.predict(X), model.predict(X))
    shapes = [w.shape for w in model.get_weights()]
    assert shapes == [(3, 1), (3, 1), (4, 3), (4, 1), (1, 4), (1, 1)]


def test_a_large_batch_is_still_cut_into_blocks():
    same_in_blocks(a_net(), a_net(), X, LABELS)


def test_it_is_proven_with_the_net():
    model = a_net()
    model.fit(X, LABELS, 1, verbose=0)
    assert model.check_gradients(X, LABELS).passed


def test_it_stands_first():
    with pytest.raises(ValueError, match=r"Standardize\(invert=False\) as the first layer"):
        tn.Sequential([tn.Dense(2), tn.Standardize(), tn.Dense(1)])
    with pytest.raises(ValueError, match=r"Standardize\(invert=True\) as the last layer"):
        tn.Sequential([tn.Standardize(invert=True), tn.Dense(1)])


class Doubled(tn.Activation):
    def value(self, Z):
        return 2 * np.maximum(Z, 0)


@pytest.mark.parametrize(
    "name", ["relu", "softplus", "sigmoid", "tanh", "softmax", "elu", "selu", "gelu", "silu"]
)
@pytest.mark.parametrize("alone", [True, False])
def test_nothing_cuts_off_what_is_standardized(name, alone):
    """A relu before it lets no prediction be below the mean of the targets."""
    layers = [tn.Dense(2), name] if alone else [tn.Dense(2, name)]
    told = rf"Standardize\(invert=True\): expected outputs before it .* got those of {name}: leave"
    for between in ([], [tn.Dropout(0.1)], [tn.PReLU(), tn.BatchNorm()]):
        with pytest.raises(ValueError, match=told):
            tn.Sequential([*layers, *between, tn.Standardize(invert=True)])
    free = tn.Dense(2)
    model = tn.Sequential([tn.Dense(3, name), free, tn.Standardize(invert=True)])
    free.activation = name
    with pytest.raises(ValueError, match=told):
        model.compile()


@pytest.mark.parametrize("free", ["leaky_relu", tn.PReLU(), tn.BatchNorm(), Doubled()])
def test_what_gives_all_numbers_or_is_not_ours_may_stand_before_it(free):
    tn.Sequential([tn.Dense(2), free, tn.Standardize(invert=True)])
    with pytest.raises(ValueError, match="as the first layer of a net, got it inside another"):
        tn.Residual([tn.Standardize(), tn.Dense(1)])


# ---- targets


TARGETS = 300 + 40 * np.sin(X[0] / 10)


def a_regression(**settings):
    layers = [tn.Standardize(), tn.Dense(4, "tanh"), tn.Dense(1), tn.Standardize(invert=True)]
    model = tn.Sequential(layers, seed=0, **settings)
    model.compile(tn.Adam(0.05), metrics=["mae"])
    return model


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("batch_size", [None, 16])
def test_targets_are_standardized_and_told_in_their_own_units(batch_size, dtype):
    by_hand = tn.Sequential([tn.Dense(4, "tanh"), tn.Dense(1)], seed=0, dtype=dtype)
    by_hand.compile(tn.Adam(0.05, epsilon=1e-12), metrics=["mae"])
    scale, Y = TARGETS.std(), (TARGETS - TARGETS.mean()) / TARGETS.std()
    expected = by_hand.fit(scaled(X, X), Y, 6, batch_size, verbose=0).history
    models = [a_regression(dtype=dtype) for _ in WAYS]
    for model, way in zip(models, WAYS, strict=True):
        model.optimizer.epsilon = 1e-12
        with taken(way):
            for epochs in (2, 4):
                model.fit(X, TARGETS, epochs, batch_size, verbose=0)
    same_all(*models)
    tolerance = {"rtol": 1e-8 if dtype == "float64" else 2e-4}
    found = models[0].history.history
    np.testing.assert_allclose(found["loss"], scale**2 * np.array(expected["loss"]), **tolerance)
    np.testing.assert_allclose(found["mae"], scale * np.array(expected["mae"]), **tolerance)
    A = TARGETS.mean() + scale * by_hand.predict(scaled(X, X))
    np.testing.assert_allclose(models[0].predict(X), A, **tolerance)


def test_targets_are_learned_once_with_their_weights_and_proven():
    weights = rng.integers(0, 3, 60)
    model = a_regression(examples="rows")
    with pytest.raises(RuntimeError, match="a mean and a scale, got none so far"):
        model.gradients(X.T, TARGETS)
    model.fit(X.T, TARGETS, 1, verbose=0, sample_weight=weights)
    mean = model.layers[-1].state["mean"].item()
    assert mean == pytest.approx(np.average(TARGETS, weights=weights), rel=1e-13)
    model.fit(X.T, TARGETS + 100, 1, verbose=0)
    assert model.layers[-1].state["mean"].item() == mean
    assert model.check_gradients(X.T, TARGETS).passed
    other = a_regression(examples="rows").build(3)
    other.set_weights(model.get_weights())
    np.testing.assert_array_equal(other.predict(X.T), model.predict(X.T))


def test_several_targets_each_have_their_own_scale():
    Y = np.vstack([TARGETS, 1e-3 * X[1], np.full(60, 7.0)])
    layers = [tn.Standardize(), tn.Dense(3), tn.Standardize(invert=True)]
    model = tn.Sequential(layers, seed=0)
    model.compile(tn.Adam(0.05))
    model.fit(X, Y, 1, verbose=0)
    state = model.layers[-1].state
    np.testing.assert_allclose(state["mean"][:, 0], Y.mean(axis=1), rtol=1e-13)
    np.testing.assert_allclose(state["scale"][:2, 0], Y.std(axis=1)[:2], rtol=1e-12)
    assert state["scale"][2, 0] == 1


def test_what_overflows_is_refused():
    with pytest.raises(FloatingPointError, match="a finite mean and scale"):
        tn.Standardize().build(1).learn([[1.7e308, 1.7e308, -1.7e308]])


def stops():
    raise KeyboardInterrupt


STOPS = {"callbacks": [tn.LambdaCallback(on_train_begin=stops)]}


@pytest.mark.parametrize("share", [0.0, 0.25])
@pytest.mark.parametrize(
    ("size", "wrong"), [(1, STOPS), (1, {"class_weight": {0: 1.0}}), (1e200, {})]
)
def test_a_fit_without_a_step_leaves_nothing_behind(size, wrong, share):
    """Neither what was learned nor what was held out: the next fit has its own data."""
    X, Y = rng.standard_normal((2, 40)), rng.standard_normal((1, 40))
    refused, new = (
        tn.Sequential([tn.Standardize(), tn.Dense(1), tn.Standardize(invert=True)], seed=0)
        for _ in range(2)
    )
    for model in (refused, new):
        model.compile("sgd")
    with pytest.raises((KeyboardInterrupt, ValueError, FloatingPointError)):
        refused.fit(9 * X + 7, size * Y, 3, validation_split=share, verbose=0, **wrong)
    for model in (refused, new):
        model.fit(X, Y, 3, validation_split=share, verbose=0)
    same_all(refused, new)


def test_nobody_moves_what_is_held_out():
    model = tn.Sequential([tn.Dense(1, "sigmoid")], seed=0)
    model.compile("sgd")
    history = model.fit(
        rng.standard_normal((2, 40)), rng.integers(0, 2, 40), 1, validation_split=0.25, verbose=0
    )
    with pytest.raises(ValueError, match="read-only"):
        history.held_out[0] = 0


def test_a_snapshot_of_before_it_learned():
    model = tn.Sequential([tn.Standardize(), tn.Dense(1)], seed=0).build(2)
    model.compile("sgd")
    back, X = model.snapshot(), 9 + rng.standard_normal((2, 40))
    model.fit(X, X[0], 1, verbose=0)
    back()
    assert not model.layers[0].learned
    model.fit(X, X[0], 1, verbose=0)
    np.testing.assert_allclose(model.layers[0].state["mean"][:, 0], X.mean(axis=1))


@pytest.mark.parametrize("weights", [[1, 2], "a", [-1, 1, 1], [0, 0, 0], [np.nan, 1, 1]])
def test_weights_to_learn_by_are_looked_at(weights):
    layer = tn.Standardize().build(2)
    with pytest.raises((ValueError, TypeError), match="Standardize: expected weights"):
        layer.learn(np.ones((2, 3)), weights)
    assert not layer.learned


@pytest.mark.parametrize("size", [1e-170, 1e-30, 1.0, 1e150, 1e200])
def test_any_size_is_standardized(size):
    X = rng.standard_normal((2, 40))
    layer = tn.Standardize().build(2).learn(size * X)
    np.testing.assert_allclose(
        layer.state["scale"], size * X.std(axis=1, keepdims=True), rtol=1e-12
    )
    np.testing.assert_allclose(layer(size * X).std(axis=1), 1, rtol=1e-12)


def test_the_largest_numbers_are_standardized():
    """Twice the largest would be none, and so would its square."""
    layer = tn.Standardize().build(1).learn([[1.7e308, 0.0, 0.0]])
    np.testing.assert_allclose(layer.state["scale"], 1.7e308 / 3 * 2**0.5, rtol=1e-12)


def test_what_differs_by_less_than_a_float32_can_tell_is_a_constant():
    """The smallest float32 there is, among zeros: their deviation would be 0 in float32."""
    X = np.zeros((1, 40), np.float32)
    X[0, 0] = np.nextafter(np.float32(0), np.float32(1))
    layer = tn.Standardize().build(1, dtype="float32").learn(X)
    assert layer.state["scale"].item() == 1
    np.testing.assert_array_equal(layer(np.ones((1, 2))), np.ones((1, 2)))


@pytest.mark.parametrize("seed", range(5))
def test_a_mean_far_from_0_is_exact_to_its_last_digit(seed):
    far = 1e8 + np.random.default_rng(seed).standard_normal((1, 20_000))
    mean = tn.Standardize().build(1).learn(far).state["mean"].item()
    assert abs(mean - math.fsum(far[0]) / far.size) <= np.spacing(mean)


def test_where_it_stands_is_fixed():
    layer = tn.Standardize(invert=True).build(2)
    with pytest.raises(ValueError, match="expected invert to stay"):
        layer.invert = False


def test_a_feature_that_hardly_differs_is_no_constant():
    """Seconds of a day, counted in microseconds from long ago."""
    far = 1e13 + np.round(8 * X) / 8
    layer = tn.Standardize().build(len(far)).learn(far)
    np.testing.assert_allclose(layer(far).std(axis=1), 1, rtol=1e-4)


def test_a_constant_that_is_only_rounded_stays_small():
    """Numbers of 64 bits that float64 tells apart by steps of 256."""
    ids = 1_700_000_000_000_000_000.0 + np.arange(400.0)[np.newaxis]
    for X, top in ((ids, 1), (np.full((1, 9), 0.1), 0)):
        layer = tn.Standardize().build(1).learn(X)
        assert np.abs(layer(X)).max() <= top
