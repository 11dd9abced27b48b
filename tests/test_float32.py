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
