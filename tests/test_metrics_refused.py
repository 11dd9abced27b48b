"""What a metric cannot be measured of, or does not give."""

import numpy as np
import pytest

import tinynet as tn


@pytest.mark.parametrize("metric", ["accuracy", "f1", "roc_auc"])
def test_targets_that_are_no_classes_have_no_classes_to_count(metric):
    model = tn.Sequential([tn.Dense(1, "sigmoid")], seed=0)
    X, Y = np.arange(8.0)[np.newaxis], np.arange(8) - 3.0
    for loss in ("mse", "hinge"):
        model.compile("sgd", loss, metrics=[metric])
        model.fit(X, Y > 0, verbose=0)
    model.compile("sgd", "mse", metrics=[metric])
    with pytest.raises(ValueError, match=f"classes in Y for {metric}, got values from -3 to 4"):
        model.fit(X, Y, verbose=0)
    with pytest.raises(ValueError, match="leave it out of the metrics of a regression"):
        model.evaluate(X, Y)


def test_a_function_that_gives_no_number_is_named():
    for found in (None, "a", 1j):
        model = tn.Sequential([tn.Dense(1)], seed=0).build(1)
        model.compile("sgd", "mse", metrics=[lambda y, a, found=found: found])
        with pytest.raises(ValueError, match="<lambda>: expected a metric to give one number"):
            model.evaluate(np.ones((1, 3)), np.ones(3))
