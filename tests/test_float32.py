"""Data that float32 does not hold."""

import numpy as np
import pytest

import tinynet as tn
from tests.test_standardize import TARGETS, X, a_regression


@pytest.mark.parametrize("examples", ["columns", "rows"])
@pytest.mark.parametrize("far", ["inputs", "outputs"])
@pytest.mark.parametrize(("deviation", "digits"), [(90.0, False), (1.0, False), (2000.0, True)])
def test_what_float32_does_not_tell_apart_is_refused(examples, far, deviation, digits):
    """In it the seconds since 1970 go by steps of 128; a deviation of 1 would be none at all."""
    seconds = 1.7e9 + deviation * np.random.default_rng(0).standard_normal(X.shape)
    inputs, targets = (seconds, X[0]) if far == "inputs" else (X, seconds[0])
    model = a_regression(dtype="float32", examples=examples)
    data = inputs if examples == "columns" else inputs.T, targets
    if digits:
        model.fit(*data, 1, verbose=0)
        return
    told = rf"numbers that float32 tells apart, got {far[:-1]} 0 with"
    with pytest.raises(ValueError, match=told):
        model.fit(*data, 1, verbose=0)
    a_regression(examples=examples).fit(*data, 1, verbose=0)
    with pytest.raises(ValueError, match="tells apart"):
        tn.Standardize().build(len(X), dtype="float32").learn(seconds)


def test_a_constant_far_from_0_has_nothing_to_tell_apart():
    for constant in (1.7e9, 0.1):
        model = a_regression(dtype="float32")
        model.fit(np.full_like(X, constant), TARGETS, 1, verbose=0)


@pytest.mark.parametrize("weighted", [False, True])
def test_weights_count_in_what_float32_does_not_tell_apart(weighted):
    """What counts 0 is as if it were not there."""
    near, far = np.zeros(60), 1.7e9 + np.random.default_rng(0).standard_normal(60)
    inputs, weights = np.concatenate([near, far])[np.newaxis], np.repeat([0.0, 1.0], 60)
    model = tn.Sequential([tn.Standardize(), tn.Dense(1)], dtype="float32")
    model.compile()
    if weighted:
        with pytest.raises(ValueError, match="tells apart, got input 0 with"):
            model.fit(inputs, inputs[0] - 1.7e9, sample_weight=weights, verbose=0)
    else:
        model.fit(inputs, inputs[0], verbose=0)


def test_whole_numbers_that_float32_holds_stay_what_they_are():
    ids = 8_000_000 + np.random.default_rng(0).integers(0, 4, (1, 60))
    layer = tn.Standardize().build(1, dtype="float32").learn(ids)
    np.testing.assert_allclose(layer(ids).std(), 1, rtol=1e-5)


def test_a_model_that_has_learned_is_not_cast_to_less_than_it_needs():
    model = tn.Sequential([tn.Dense(1), tn.Standardize(invert=True)], seed=0)
    model.compile()
    model.fit(X, 1.7e9 + X[0], verbose=0)
    before = model.get_weights()
    with pytest.raises(ValueError, match="float32 tells apart, got output 0"):
        model.cast("float32")
    np.testing.assert_equal(model.get_weights(), before)
    assert model.predict(X).dtype == np.float64
