"""The checker's steps: which of them count, and what the rounding of each is allowed to hide."""

import numpy as np
import pytest

import tinynet as tn
from tinynet.base.gradcheck import GradientRow, GradientTable

rng = np.random.default_rng(0)


def passes(node, *inputs, **settings):
    try:
        return tn.check_gradients(node, *inputs, **settings).passed
    except tn.GradientError:
        return False


@pytest.mark.parametrize(("error", "passed"), [(0.25, True), (np.nextafter(0.25, 1), False)])
def test_an_error_of_exactly_the_tolerance_passes(error, passed):
    row = GradientRow("W1", (1,), 1, error, (0,), 1.0, 1.5)
    assert GradientTable("Dense", [row], 0.25).passed == passed


class Wave(tn.Activation):
    """A sine upon a level, and its derivative times a factor."""

    def __init__(self, height=1.0, frequency=90.0, level=0.0, factor=1.0):
        super().__init__()
        self.height, self.frequency, self.level, self.factor = height, frequency, level, factor

    def value(self, Z):
        return self.height * np.sin(self.frequency * Z) + self.level

    def derivative(self, Z):
        return self.factor * self.height * self.frequency * np.cos(self.frequency * Z)


@pytest.mark.parametrize("n", [1, 50, 100])
def test_many_entries_are_each_as_near_as_one(n):
    """The first step misses each by one in a million, the next ones by less than the tolerance."""
    assert passes(Wave(), np.zeros((1, n)))


@pytest.mark.parametrize("factor", [1.0, 1.03, 0.97])
def test_a_level_far_above_a_wave_hides_no_fault_of_3_percent(factor):
    """The rounding of the first step is smaller than the fault, that of smaller ones is not; and
    over larger ones the wave bends."""
    node = Wave(100 / 60, 60.0, 1e12, factor)
    assert passes(node, np.zeros((1, 1))) == (factor == 1)


def test_the_rounding_of_large_entries_that_move_together_is_forgiven():
    """They are 1e9 and lie 1e-7 apart, so even a step of 1 in a direction is not exact."""
    Y = np.full((1, 200), 1e9)
    A = Y + rng.integers(-3, 4, Y.shape)
    assert passes(tn.MeanSquaredError(), A, Y, entries=5)


class Twice(tn.Activation):
    """Z, and twice its derivative."""

    def value(self, Z):
        return 1 * Z

    def derivative(self, Z):
        return np.full_like(Z, 2)


def test_a_step_of_four_times_the_distance_of_numbers_counts():
    """It is 1 where numbers lie 1/4 apart. Where they lie 1/2 apart no step is left, and nothing
    passes, right or wrong."""
    assert passes(tn.Identity(), np.array([[2.0**51 - 1]]))
    for node in (tn.Identity(), Twice()):
        assert not passes(node, np.array([[2.0**51]]))


def test_the_rounding_of_a_long_formula_is_forgiven():
    """A small gradient beside values near 1, of some ten operations each."""
    node = tn.AdamW(1.432765571360752, clip_norm=1.0, beta_1=0.0, beta_2=0.5, weight_decay=0.0)
    W = [[-0.05, -1.15820871, -1.7140625], [-0.55, -0.55, -0.05], [-0.175, 1.1125, -1.55]]
    grads = {"W1": np.array(W), "b1": np.array([[0.4875], [-1.05], [-1.55]])}
    zeros = {name: 0 * g for name, g in grads.items()}
    assert passes(node, zeros, grads, seed=10151)


@pytest.mark.parametrize("z", [-20.0, -23.75, -28.0, -35.0])
def test_a_softmax_that_is_nearly_sure_passes(z):
    """Gradients of 1e-12 beside a value of 1, where small steps are noise and large ones bend."""
    assert all(passes(tn.Softmax(), np.array([[z], [-100.0], [2.0]]), seed=s) for s in range(20))


@pytest.mark.parametrize("z", [-38.5, -38.2, -37.5, -30.0])
def test_a_gradient_among_the_smallest_numbers_passes(z):
    assert passes(tn.Gelu(), np.array([[z]]))
