"""validation_split: which examples are held out, and that a later fit trains on none of them."""

import pickle

import numpy as np
import pytest

import tinynet as tn
from tests.test_callbacks import X, Y, a_net
from tests.test_kit_layers import NETS, same_all


@pytest.mark.parametrize("batch_size", [None, 32])
@pytest.mark.parametrize("examples", ["columns", "rows"])
def test_a_split_is_a_training_on_the_rest(examples, batch_size):
    model, twin = a_net(examples=examples), a_net(examples=examples)
    axis = -1 if examples == "columns" else 0
    own_X, own_Y = (X, Y[0]) if examples == "columns" else (X.T, Y[0])
    model.fit(own_X, own_Y, 3, batch_size, verbose=0, validation_split=0.25)
    out = model.history.held_out
    rest = np.setdiff1d(np.arange(120), out)
    validation = own_X.take(out, axis), own_Y[out]
    twin.fit(
        own_X.take(rest, axis), own_Y[rest], 3, batch_size, verbose=0, validation_data=validation
    )
    same_all(model, twin)
    assert len(out) == 30
    assert abs(Y[0, out].mean() - Y.mean()) <= 1 / 30  # of each class alike


def test_later_fits_keep_the_same_examples_out():
    once, again = a_net(), a_net()
    history = once.fit(X, Y, 6, 32, verbose=0, validation_split=0.2)
    again.fit(X, Y, 2, 32, verbose=0, validation_split=0.2)
    again = pickle.loads(pickle.dumps(again))
    again.fit(X, Y, 4, 32, verbose=0, validation_split=0.2)
    same_all(once, again)
    np.testing.assert_array_equal(history.held_out, again.history.held_out)
    for share, data in [(0.3, (X, Y)), (0.2, (X[:, 1:], Y[:, 1:]))]:
        with pytest.raises(ValueError, match=r"validation_split as before, 0.2 of 120 examples"):
            again.fit(*data, 1, verbose=0, validation_split=share)
    again.reset()
    assert again.history.held_out is None
    again.fit(X, Y, 1, verbose=0, validation_split=0.2)
    np.testing.assert_array_equal(history.held_out, again.history.held_out)


@pytest.mark.parametrize("other", ["another order", "other labels", "one number"])
def test_a_split_of_other_examples_is_refused(other, tmp_path):
    """In another order, those that were held out are trained on, and the others are measured."""
    model, order = a_net(), np.random.default_rng(0).permutation(120)
    model.fit(X, Y, 1, verbose=0, validation_split=0.2)
    moved = X.copy()
    moved[0, model.history.held_out[0]] += 1
    data = {"another order": (X[:, order], Y[:, order]), "other labels": (X, 1 - Y)}
    model.save(tmp_path / "net")
    for one in (model, tn.load(tmp_path / "net")):
        before = one.get_weights()
        told = "the same examples held out by validation_split as in the fit before, got others"
        with pytest.raises(ValueError, match=told):
            one.fit(*data.get(other, (moved, Y)), 1, verbose=0, validation_split=0.2)
        np.testing.assert_equal(one.get_weights(), before)
        one.fit(X, Y, 1, verbose=0, validation_split=0.2)
    model.reset()
    model.fit(X[:, order], Y[:, order], 1, verbose=0, validation_split=0.2)


@pytest.mark.parametrize("cast", [False, True])
def test_a_split_of_seconds_in_another_order_is_refused(cast):
    """float32 does not tell them apart, and float64 does."""
    seconds, labels = np.stack([1.7e9 + np.arange(120.0), np.zeros(120)]), np.repeat([0, 1], 60)
    model = a_net()
    model.fit(seconds, labels, 1, verbose=0, validation_split=0.2)
    if cast:
        model.cast("float32")
        model.fit(seconds, labels, 1, verbose=0, validation_split=0.2)
        model.cast("float64")
    draw = np.random.default_rng(0)
    order = np.concatenate([draw.permutation(60), 60 + draw.permutation(60)])
    with pytest.raises(ValueError, match="the same examples held out by validation_split"):
        model.fit(seconds[:, order], labels, 1, verbose=0, validation_split=0.2)


def test_a_split_of_other_numbers_in_training_is_the_same_split():
    model = a_net()
    model.fit(X, Y, 1, verbose=0, validation_split=0.2)
    rest = np.setdiff1d(np.arange(120), model.history.held_out)
    fresh = X.copy()
    fresh[:, rest] += 1.0
    model.fit(fresh, Y, 1, verbose=0, validation_split=0.2)
    model.cast("float32")
    model.fit(fresh, Y, 1, verbose=0, validation_split=0.2)


@pytest.mark.parametrize("optimizer", [tn.Adam(0.02), tn.SGD(0.1)])
def test_a_split_takes_the_weights_along(optimizer):
    weights = np.random.default_rng(0).random(120)
    model, twin = (a_net(NETS["lone activations"], optimizer) for _ in range(2))
    model.fit(X, Y, 2, 32, verbose=0, validation_split=0.25, sample_weight=weights)
    out = model.history.held_out
    rest = np.setdiff1d(np.arange(120), out)
    validation = X[:, out], Y[:, out], weights[out]
    twin.fit(
        X[:, rest], Y[:, rest], 2, 32, verbose=0, validation_data=validation,
        sample_weight=weights[rest],
    )  # fmt: skip
    for p, q in zip(model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_allclose(p, q, rtol=1e-12)


@pytest.mark.parametrize(("units", "last"), [(1, "sigmoid"), (3, "softmax")])
@pytest.mark.parametrize("seed", range(3))
def test_a_split_holds_out_the_same_share_of_each_class(seed, units, last):
    labels = np.repeat([0, 1, 2], [80, 32, 8]) % max(2, units)
    model = tn.Sequential([tn.Dense(units, last)], seed=seed)
    model.compile()
    model.fit(X, labels, 1, verbose=0, validation_split=0.25)
    held_out = np.bincount(labels[model.history.held_out])
    np.testing.assert_array_equal(held_out, np.bincount(labels) / 4)


def test_a_split_of_a_regression_and_of_several_sigmoids():
    for last, labels in [("identity", X[0]), ("sigmoid", np.vstack([Y, 1 - Y]))]:
        model = tn.Sequential([tn.Dense(1 if labels.ndim == 1 else 2, last)], seed=0)
        model.compile("sgd")
        model.fit(X, labels, 1, verbose=0, validation_split=0.25)
        assert len(model.history.held_out) == 30
