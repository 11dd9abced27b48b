"""The faults of the museum that take more than a line: nodes and methods with one thing wrong."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import tinynet as tn
from tinynet.base import functions

rng = np.random.default_rng(7)
Z = (rng.uniform(0.2, 1.5, (3, 4)) * np.where(rng.random((3, 4)) < 0.5, -1, 1),)
X = (rng.standard_normal((3, 4)),)
A = rng.uniform(0.1, 0.9, (3, 4))
ONE_HOT = np.eye(3)[:, [0, 2, 1, 1]]
TARGETS = (A, ONE_HOT)
LOGITS = (Z[0], ONE_HOT)
REAL = (Z[0], rng.standard_normal((3, 4)))
STEP = ({"W1": rng.standard_normal((2, 3))}, {"W1": rng.uniform(0.3, 1, (2, 3))})


class Exhibit(NamedTuple):
    story: str
    node: Any
    inputs: tuple[Any, ...]
    truth: Any = (
        None  # the value that forward should have, for a fault that only a reference catches
    )

    @property
    def caught_by(self) -> str:
        return "check" if self.truth is None else "reference"


def faulty(base: type, *settings: Any, **methods: Callable[..., Any]) -> Any:
    return type(base.__name__, (base,), methods)(*settings)


def dense(**methods):
    """A square layer, on which a forgotten transpose has the right shape."""
    return faulty(tn.Dense, 3, "tanh", **methods).build(3, seed=1)


def warm(optimizer):
    optimizer.forward({"W1": np.zeros((2, 3))}, {"W1": np.linspace(-1, 1.5, 6).reshape(2, 3)})
    return optimizer


def gelu(slope):
    """z sigma(slope z): GELU to two digits where slope is 1.702 (Hendrycks and Gimpel)."""
    s = functions.sigmoid
    return {
        "value": lambda self, Z: Z * s(slope * Z),
        "derivative": lambda self, Z: s(slope * Z) + slope * Z * s(slope * Z) * s(-slope * Z),
    }


def parameters(W=lambda dZ, X: dZ @ X.T, b=lambda dZ: dZ.sum(axis=1, keepdims=True)):
    return {"parameter_gradients": lambda self, dZ, cache: {"W": W(dZ, cache["X"]), "b": b(dZ)}}


class Accumulating(tn.Dense):
    def pullback(self, dA, cache):
        dX, grads = super().pullback(dA, cache)
        return dX, {name: g + self.grads.get(name, 0) for name, g in grads.items()}


class Stale(tn.Tanh):
    def run(self, Z):
        A, cache = super().run(Z)
        self.first = getattr(self, "first", cache)
        return A, self.first


class WritesToItsInput(tn.ReLU):
    def value(self, Z):
        Z[Z < 0] = 0
        return Z


class RowsAgainstColumns(tn.CrossEntropy):
    weights = np.array([[1.0], [2.0], [3.0]])

    def costs(self, A, Y):
        return self.weights * super().costs(A, Y)

    def derivative(self, A, Y):
        return np.resize(self.weights, (1, A.shape[1])) * super().derivative(A, Y)


class LastEpsilon(tn.Adam):
    """epsilon under the root, as Adam is often written."""

    def below(self, r, epsilon):
        return np.sqrt(r**2 + epsilon**2 / self.epsilon)

    def step(self, p, g, slots, scale, epsilon):
        _, after = super().step(p, g, slots, scale, epsilon)
        return scale * after["m"] / self.below(after["r"], epsilon), after

    def step_pullback(self, d, p, g, slots, scale, epsilon):
        step, after = self.step(p, g, slots, scale, epsilon)
        below = self.below(after["r"], epsilon)
        return 0, d * (scale - step * g / below) / below, {}


def adam(**methods):
    return warm(faulty(tn.Adam, 0.1, **methods))


def adam_root_constant(self, d, p, g, slots, scale, epsilon):
    _, after = self.step(p, g, slots, scale, epsilon)
    return 0, d * scale / (after["r"] + epsilon), {}


def adam_uncorrected(self, d, p, g, slots, scale, epsilon):
    d_p, d_g, rest = tn.Adam.step_pullback(self, d, p, g, slots, scale, epsilon)
    return d_p, d_g * (1 - self.beta_1**2), rest


def momentum_after(self, d, p, g, slots, rate):
    _, after = self.step(p, g, slots, rate)
    return 0, rate * d, {"momentum": rate * float(np.vdot(after["v"], d))}


def no_look_ahead(self, d, p, g, slots, rate):
    return 0, rate * d, {"momentum": rate * float(np.vdot(1.8 * slots["v"] + g, d))}


PLAIN_STEP = {"W1": STEP[0]["W1"] - 0.5 * STEP[1]["W1"]}
