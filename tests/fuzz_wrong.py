"""Parts as users write them, for tests/fuzz.py: wrong ones, and some that do what none should."""

import numpy as np

from tests import parts as more
from tests.fuzz_parts import PARTS, Same, Scale, Shift, activation, own, tanh_slope
from tests.fuzz_rules import Cubic, Root, loss, optimizer, slope, squared


def writing(Z):
    Z *= 0.5
    return Z


WRONG = "wrong activation"
activation("OneColumn", lambda Z: Z[:, :1] + 0, tanh_slope, WRONG)
activation("OneRow", lambda Z: Z.sum(axis=0), tanh_slope, WRONG)
activation("AList", lambda Z: np.tanh(Z).tolist(), tanh_slope, WRONG)
activation("SlopeOfAUnit", np.tanh, lambda Z: tanh_slope(Z)[:, :1], WRONG)
activation("SlopeOfOne", np.tanh, lambda Z: 0.9, WRONG)
activation("WritesZ", writing, lambda Z: 0.5 * np.ones_like(Z), WRONG)
activation("WritesKept", lambda Z: Z * 0.5, writing, WRONG)
activation("Peeks", lambda Z: Z - Z.mean(axis=1, keepdims=True) / 2, np.ones_like, WRONG)


def layer(base, name, **methods):
    own(base, "wrong layer", name, **methods)


def of_before(self, X):
    before, self.before = getattr(self, "before", None), X
    return X if before is None else X + 0.1 * before.mean()


def counting(self, X):
    self.state["mean"] += 0.1
    return X - self.state["mean"]


def twice(self, dZ, cache):
    dZ *= 2
    return dZ


def once_more(self, dZ, cache):
    X = cache["X"]
    X *= 2
    return {"s": (dZ * X).sum(axis=1, keepdims=True)}


def doubled(self, dA, cache):
    dA *= 2
    return dA, {}


layer(Same, "Before", preactivation=of_before, restless=True)
layer(Shift, "Moves", preactivation=counting, restless=True, after=lambda self, X: self.state)
layer(Same, "Narrow", preactivation=lambda self, X: X[:, :1])
layer(Same, "Short", preactivation=lambda self, X: X[:1])
layer(Same, "WritesX", preactivation=lambda self, X: writing(X))
layer(Same, "WritesDZ", input_gradient=twice)
layer(Same, "FlatDX", input_gradient=lambda self, dZ, cache: dZ.sum(axis=0))
layer(Same, "UnitDX", input_gradient=lambda self, dZ, cache: dZ[:, :1])
layer(Scale, "FlatGrad", parameter_gradients=lambda self, dZ, cache: {"s": dZ[:, 0]})
layer(Scale, "OneGrad", parameter_gradients=lambda self, dZ, cache: {"s": dZ[:1, :1]})
layer(Scale, "NoGrad", parameter_gradients=lambda self, dZ, cache: {})
layer(Scale, "OtherGrad", parameter_gradients=lambda self, dZ, cache: {"t": dZ[:, :1]})
layer(Scale, "WritesCache", parameter_gradients=once_more)
layer(Shift, "LosesState", after=lambda self, X: {})
layer(Shift, "OtherState", after=lambda self, X: {"means": X[:, :1]})
layer(Shift, "SpreadsState", after=lambda self, X: {"mean": X[:1, :1]})
layer(Shift, "FlatState", after=lambda self, X: {"mean": X[0, 0]})
layer(Same, "WritesDA", pullback=doubled)

WRONG = "wrong loss"
loss("OneCost", lambda A, Y: squared(A, Y).mean(), slope, WRONG)
loss("UnitCosts", lambda A, Y: squared(A, Y).mean(axis=1, keepdims=True), slope, WRONG)
loss("OneSlope", squared, lambda A, Y: slope(A, Y).mean(), WRONG)
loss("FlatSlope", squared, lambda A, Y: slope(A, Y).sum(axis=0), WRONG)
loss("WritesY", lambda A, Y: np.square(np.subtract(A, Y, out=Y)), slope, WRONG)
loss("WritesA", squared, lambda A, Y: 2 * np.subtract(A, Y, out=A), WRONG)


def writes_p(p, g, slots, rate):
    p -= rate * g
    return 0 * g, slots


def writes_slots(p, g, slots, rate):
    slots["v"] += g
    return rate * slots["v"], slots


WRONG = "wrong optimizer"
optimizer("Spreads", lambda p, g, s, rate: (rate * g.mean(axis=0, keepdims=True), s), WRONG)
optimizer("SpreadsAll", lambda p, g, s, rate: (rate * g.mean(), s), WRONG)
optimizer("SpreadsSlot", lambda p, g, s, rate: (rate * g, {"v": g.mean(axis=0)}), WRONG)
optimizer("Forgets", lambda p, g, s, rate: (rate * g, {}), WRONG)
optimizer("Invents", lambda p, g, s, rate: (rate * g, {"v": g, "w": g}), WRONG)
optimizer("WritesP", writes_p, WRONG)
optimizer("WritesSlots", writes_slots, WRONG)

KINDS = [kind for kinds in PARTS.values() for kind in kinds]
NODES = [*{id(kind): kind for kind in [*KINDS, Cubic, Root, more.Matmul, more.Ridge]}.values()]
