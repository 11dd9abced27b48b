"""Steps by gradients from 1e-30 to 1e30 in float32: right to 1e-5."""

import math

import numpy as np
import pytest

import tinynet as tn

SIZES = [float(np.float32(10.0**n)) for n in range(-30, 31)]
RATE = 1e-3


class Rules:
    """The rules as they are published, in Python's floats, which hold the square of 1e30."""

    def __init__(self):
        self.m = self.v = 0.0
        self.t = 0

    def sgd(self, g):
        return RATE * g

    def momentum(self, g):
        self.m = 0.9 * self.m + g
        return RATE * self.m

    def adam(self, g):
        self.t += 1
        self.m = 0.9 * self.m + 0.1 * g
        self.v = 0.999 * self.v + 0.001 * g * g
        hat, root = self.m / (1 - 0.9**self.t), math.sqrt(self.v / (1 - 0.999**self.t))
        return RATE * hat / (root + 1e-8)

    def rmsprop(self, g):
        self.v = 0.9 * self.v + 0.1 * g * g
        return RATE * g / (math.sqrt(self.v) + 1e-8)

    def adagrad(self, g):
        self.v += g * g
        return RATE * g / (math.sqrt(self.v) + 1e-8)


OPTIMIZERS = {
    "sgd": lambda: tn.SGD(RATE),
    "momentum": lambda: tn.SGD(RATE, 0.9),
    "adam": lambda: tn.Adam(RATE),
    "rmsprop": lambda: tn.RMSProp(RATE, rho=0.9, epsilon=1e-8),
    "adagrad": lambda: tn.Adagrad(RATE, epsilon=1e-8),
}


def right(w, before, step):
    """The step is so right; or it is less than half of the last place of w."""
    return abs(float(w) - (before - step)) <= 1e-5 * abs(step) + float(np.spacing(abs(w))) / 2


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_steps_by_hand(name, sign):
    for size in SIZES:
        optimizer, rule, w = OPTIMIZERS[name](), Rules(), {"w": np.zeros(1, np.float32)}
        for _ in range(34):  # one begins with what has decayed
            before = float(w["w"][0])
            step = getattr(rule, name)(sign * size)
            optimizer.forward(w, {"w": np.array([sign * size], np.float32)})
            assert right(w["w"][0], before, step), size


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_step_by_hand_from_size_to_size(name):
    """What was large before does not spoil what is small now, nor the other way round."""
    for first, second in [(1e-30, 1e30), (1e30, 1e-30), (1e-20, 1.0), (1.0, 1e20), (1e19, 1e-19)]:
        optimizer, rule, w = OPTIMIZERS[name](), Rules(), {"w": np.zeros(1, np.float32)}
        for g in map(float, np.float32([first, second, second, first])):
            before = float(w["w"][0])
            step = getattr(rule, name)(g)
            optimizer.forward(w, {"w": np.array([g], np.float32)})
            assert right(w["w"][0], before, step), (first, second)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_steps_of_a_fit(name):
    """The mean absolute error of w x with x = g has the gradient -g as long as w x < 1."""
    for g in SIZES:
        model = tn.Sequential([tn.Dense(1, use_bias=False, initializer="zeros")], dtype="float32")
        model.compile(OPTIMIZERS[name](), "mae")
        X, Y = np.array([[g]], np.float32), np.array([[1.0]], np.float32)
        model.build(1)
        step = getattr(Rules(), name)(-float(np.float32(g)))
        model.fit(X, Y, 1, verbose=0)
        assert right(model.layers[0].W[0, 0], 0.0, step), g


ENTRYWISE = OPTIMIZERS | {
    "a start": lambda: tn.Adagrad(RATE, initial_accumulator_value=9.0, epsilon=0.5),
    "decay": lambda: tn.AdamW(RATE, weight_decay=0.1, epsilon=0.5),
    "rmsprop with momentum": lambda: tn.RMSProp(RATE, momentum=0.9, epsilon=0.5),
}


@pytest.mark.parametrize("name", ENTRYWISE)
def test_an_entry_beyond_all_others_changes_no_step_but_its_own(name):
    (alone, small), (beside, both) = (
        (ENTRYWISE[name](), {"w": np.zeros(n, np.float32)}) for n in (2, 3)
    )
    for g in ([0.5, -2.0], [0.25, 1.0], [-3.0, 0.125]):
        alone.forward(small, {"w": np.array(g, np.float32)})
        beside.forward(both, {"w": np.array([*g, 1e25], np.float32)})
        np.testing.assert_allclose(both["w"][:2], small["w"], rtol=1e-6)
