"""Losses, optimizers and a schedule as users write them, for tests/fuzz.py."""

import numpy as np

import tinynet as tn
from tests import parts as more
from tests.fuzz_parts import PARTS, own

# ---- losses


def loss(name, costs, derivative, kind="loss", **more):
    methods = {"costs": lambda self, A, Y: costs(A, Y)}
    methods["derivative"] = lambda self, A, Y: derivative(A, Y)
    own(tn.Loss, kind, name, **methods, **more)


def around(A, Y):
    return A - Y - (A - Y).mean(axis=1, keepdims=True)


def squared(A, Y):
    return np.square(A - Y)


def slope(A, Y):
    return 2 * (A - Y)


def roughly(A, Y):
    d = A - Y
    d /= np.sqrt(1 + d * d)
    return d


EACH = {"averages_outputs": False}
loss("Hyperbolic", lambda A, Y: np.sqrt(1 + squared(A, Y)) - 1, roughly)
loss("Examples", lambda A, Y: squared(A, Y).sum(axis=0), slope, **EACH)
loss("Added", lambda A, Y: np.log(np.cosh(A - Y)), lambda A, Y: np.tanh(A - Y), **EACH)
loss(
    "Around", lambda A, Y: np.square(around(A, Y)), lambda A, Y: 2 * around(A, Y), whole_batch=True
)
# ---- optimizers


def optimizer(name, step, kind="optimizer", slots=("v",), **more):
    def taken(self, p, g, slots, *numbers):
        return step(p, g, slots, *numbers)

    own(tn.Optimizer, kind, name, step=taken, slot_names=slots, **more)


def heavy(p, g, slots, rate):
    v = 0.9 * slots["v"]
    v += g
    return rate * v, {"v": v}


def falling(self, t):
    return self.rate(t) / (1 + t / 7), 0.1 + 1 / t


def swapped(p, g, slots, rate):
    return rate * (g + 0.3 * slots["u"]), {"u": slots["v"], "v": g}


def normed(p, g, slots, rate):
    return rate * g / (1 + np.sqrt(np.square(g).sum())), {"v": np.abs(g)}


optimizer("Plainly", lambda p, g, slots, rate: (rate * g, {}), slots=())
optimizer("Heavy", lambda p, g, s, rate: (rate * (0.9 * s["v"] + g), {"v": 0.9 * s["v"] + g}))
optimizer("HeavyInPlace", heavy)
optimizer("Swapped", swapped, slots=("u", "v"))
optimizer("Falling", lambda p, g, s, a, b: (a * (g + b * p), {"v": b * g}), numbers=falling)
optimizer("Normed", normed)
PARTS["optimizer"].append(more.Bashforth)


class Cubic(tn.Regularizer):
    steady = True

    def value(self, W):
        return 0.02 * np.abs(W * W * W).sum()

    def derivative(self, W):
        return 0.06 * W * np.abs(W)


class Root(tn.Schedule):
    """The rate falls as 1 / sqrt."""

    def __init__(self, first, steps=None, epochs=None):
        super().__init__(steps, epochs)
        self.first = first

    def rate(self, t):
        return self.first / (1 + t / self.over) ** 0.5
