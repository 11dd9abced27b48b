"""Whole programs at random, against a naive loop: equal to rounding, or refused with a sentence."""

import numpy as np
import pytest
from hypothesis import Phase, given, settings, strategies

import tinynet as tn
from tests.fuzz import verdict
from tests.fuzz_wrong import PARTS

X = np.random.default_rng(0).standard_normal((3, 8))


def test_random_programs_are_the_naive_loop_or_refused(tmp_path, tries):
    found = [verdict(seed, tmp_path) for seed in range(tries(60, 2000))]
    equal = found.count("equal")
    # most are trained, and some of the wrong ones are refused
    assert 0.6 * len(found) < equal < len(found)


@given(seed=strategies.integers(1_000_000, 2**32))
@settings(max_examples=15, phases=[Phase.generate])
def test_programs_that_nobody_saw_before(seed, tmp_path_factory):
    """In a run with new seeds of hypothesis."""
    verdict(seed, tmp_path_factory.mktemp("programs"))


LAYERS = {"SpreadsState": "state mean", "FlatState": "state mean", "WritesDA": "write to none"}
FOUND = [kind for kind in PARTS["wrong layer"] if kind.__name__.removeprefix("Plain") in LAYERS]


@pytest.mark.filterwarnings("ignore:.*no tape can hold")
@pytest.mark.parametrize("kind", FOUND)
def test_a_layer_that_was_trained_as_another(kind):
    """Found by programs."""
    model = tn.Sequential([tn.Dense(3), tn.Residual([kind(3)]), tn.Dense(1)], seed=0)
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=LAYERS[kind.__name__.removeprefix("Plain")]):
        model.fit(X, X[:1], 2, verbose=0)


@pytest.mark.filterwarnings("ignore:.*no tape can hold")
@pytest.mark.parametrize("kind", [k for k in PARTS["wrong optimizer"] if "Spreads" in k.__name__])
def test_a_step_of_another_shape_is_refused(kind):
    model = tn.Sequential([tn.Dense(3)], seed=0)
    model.compile(kind(0.1), "mse")
    with pytest.raises(ValueError, match=r" of shape \(3, \d\), got \("):
        model.fit(X, X, 2, verbose=0)
