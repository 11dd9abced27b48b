"""Parts as users write them, for tests/fuzz.py: right ones.

Each says steady = True, also where it breaks that promise, and has a child that does not say it. A
`kinked` part has a derivative that jumps, a `keeping` one has arrays that no file holds, a
`restless` one gives something else whenever it is called.
"""

import numpy as np

import tinynet as tn
from tests import parts
from tinynet.base import Setting, checks

PARTS = {}  # by kind: the class that says steady = True, and its child


def part(kind):
    def register(steady):
        plain = type(f"Plain{steady.__name__}", (steady,), {"steady": False})
        plain.__module__ = __name__
        globals()[plain.__name__] = plain
        PARTS.setdefault(kind, []).extend([steady, plain])
        return steady

    return register


def own(base, kind, name, **methods):
    """A class from a few formulas."""
    made = type(name, (base,), {"steady": True, "__module__": __name__, **methods})
    globals()[name] = part(kind)(made)  # where a pickle looks for it


# ---- activations


def activation(name, value, derivative, kind="activation", **more):
    methods = {"value": lambda self, Z: value(Z), "derivative": lambda self, K: derivative(K)}
    own(tn.Activation, kind, name, **methods, **more)


def tanh_slope(Z):
    return 1 - np.square(np.tanh(Z))


def added(Z):
    A = np.tanh(Z)
    A *= 0.5
    A += 0.1
    return A


def branched(Z):
    return np.tanh(Z) if Z.max() > 0.3 else 0.5 * np.tanh(Z)


def branched_slope(Z):
    return tanh_slope(Z) if Z.max() > 0.3 else 0.5 * tanh_slope(Z)


KINK = {"kinked": True}
activation("Soft", lambda Z: Z / (1 + np.abs(Z)), lambda Z: 1 / np.square(1 + np.abs(Z)))
activation("Bell", lambda Z: np.exp(-Z * Z), lambda Z: -2 * Z * np.exp(-Z * Z))
activation("KeepsA", np.tanh, lambda A: 1 - A * A, keeps="A")
activation("KeepsMask", lambda Z: np.maximum(Z, 0), lambda K: K * 0.9, keeps="mask", **KINK)
activation(
    "Chosen", lambda Z: np.where(Z > 0, Z, Z / 3), lambda Z: np.where(Z > 0, 1, 1 / 3), **KINK
)
activation("Viewing", lambda Z: Z.T.T, np.ones_like)
activation("Passing", lambda Z: Z, lambda Z: np.ones_like(Z) * 0.9)
activation("Turned", lambda Z: np.tanh(Z[::-1, ::-1])[::-1, ::-1], lambda Z: tanh_slope(Z.T).T)
activation("ByColumns", lambda Z: np.asfortranarray(np.tanh(Z)), tanh_slope)
activation("Wider", lambda Z: np.tanh(Z.astype(np.float64)), tanh_slope)
activation("Narrower", np.tanh, lambda Z: (1 / np.square(np.cosh(Z))).astype(Z.dtype))
activation("AddsInPlace", added, lambda Z: 0.5 * tanh_slope(Z))
activation("Branched", branched, branched_slope, whole_batch=True)
activation(
    "Centred", lambda Z: Z - Z.mean(axis=1, keepdims=True) / 2, np.ones_like, whole_batch=True
)


@part("activation")
class Swing(tn.Activation):
    """With a setting."""

    steady = True
    slope = Setting(checks.real, "[0, 1]")

    def __init__(self, slope=0.3):
        super().__init__()
        self.slope = slope

    def value(self, Z):
        return self.slope * Z + np.sin(Z)

    def derivative(self, Z):
        return self.slope + np.cos(Z)


@part("activation")
class Halves(tn.Activation):
    """With a pullback of its own."""

    steady = True

    def value(self, Z):
        return np.sin(Z)

    def pullback(self, dA, cache):
        return 0.5 * dA * np.cos(cache["Z"]), {}


@part("activation")
class Remembers(parts.Remembering):
    keeping = True


@part("activation")
class Reuses(tn.Activation):
    """Writes into an array of its own, and hands it out each time."""

    steady = True
    keeping = True
    room = None

    def value(self, Z):
        if self.room is None or self.room.shape != Z.shape:
            self.room = np.empty_like(Z)
        np.multiply(Z, 0.5, out=self.room)
        self.room += 0.1
        return self.room

    def derivative(self, Z):
        return 0.5 * np.ones_like(Z)


# ---- layers, as wide as their input


class Same(parts.Handing):
    """Without parameters."""

    steady = True


class Scale(Same):
    """Each input times a number of its own."""

    steady = True

    def make_params(self, n_in, rng):
        return {"s": 0.5 + rng.random((n_in, 1))}

    def preactivation(self, X):
        return self.params["s"] * X

    def parameter_gradients(self, dZ, cache):
        return {"s": (dZ * cache["X"]).sum(axis=1, keepdims=True)}

    def input_gradient(self, dZ, cache):
        return cache["params"]["s"] * dZ


class Shift(Same):
    """Subtracts a running mean, of the batches before."""

    steady = True

    def make_state(self, n_in):
        return {"mean": np.zeros((n_in, 1))}

    def preactivation(self, X):
        return X - self.state["mean"]

    def after(self, X):
        return {"mean": 0.8 * self.state["mean"] + 0.2 * X.mean(axis=1, keepdims=True)}

    def run(self, X):
        A, cache = super().run(X)
        return A, {**cache, "state": self.after(X)}


part("layer")(Same)
part("layer")(Scale)
part("layer")(Shift)


@part("layer")
class Counts(Shift):
    """What it gives depends on how many batches there were."""

    steady = True

    def make_state(self, n_in):
        return {"count": np.zeros((1, 1)), "seen": np.zeros((n_in, 1))}

    def after(self, X):
        return {"count": self.state["count"] + 1, "seen": self.state["seen"] + X[:, :1]}

    def preactivation(self, X):
        return X * (1 + 1 / (1 + self.state["count"])) + 0.01 * self.state["seen"]

    def run(self, X):
        A, cache = super().run(X)
        return A, {**cache, "factor": 1 + 1 / (1 + self.state["count"])}

    def input_gradient(self, dZ, cache):
        return dZ * cache["factor"]


@part("layer")
class Halved(Shift):
    """Subtracts half of the mean of the batch."""

    steady = True
    whole_batch = True

    def run(self, X):
        return X - 0.5 * X.mean(axis=1, keepdims=True), {"X": X, "state": self.after(X)}

    def pullback(self, dA, cache):
        return dA - 0.5 * dA.mean(axis=1, keepdims=True), {}


@part("layer")
class Jitter(Same):
    steady = True
    stochastic = True

    def run(self, X):
        factor = 0.7 + 0.6 * self.uniform(X)
        return X * factor, {"X": X, "factor": factor}

    def pullback(self, dA, cache):
        return dA * cache["factor"], {}


@part("layer")
class JitterCounts(Shift):
    """Draws, and keeps the mean of what it drew."""

    steady = True
    stochastic = True

    def run(self, X):
        U = self.uniform(X)
        after = 0.5 * self.state["mean"] + U.mean(axis=1, keepdims=True)
        return X * (0.5 + U) - self.state["mean"], {"X": X, "U": U, "state": {"mean": after}}

    def pullback(self, dA, cache):
        return dA * (0.5 + cache["U"]), {}


@part("layer")
class Fixed(Scale):
    """With state that no pass moves."""

    steady = True
    fixed_state = True

    def make_state(self, n_in):
        return {"shift": np.linspace(0, 1, n_in)[:, np.newaxis]}

    def preactivation(self, X):
        return super().preactivation(X) + self.state["shift"]


@part("layer")
class KeepsX(Scale):
    """Reads what it kept in an attribute, and not the cache."""

    steady = True
    keeping = True

    def preactivation(self, X):
        self.X = X
        return super().preactivation(X)

    def parameter_gradients(self, dZ, cache):
        return {"s": (dZ * self.X).sum(axis=1, keepdims=True)}


@part("layer")
class AddsUp(Scale):
    """Writes into arrays that it made."""

    steady = True

    def input_gradient(self, dZ, cache):
        dX = dZ.copy()
        dX *= cache["params"]["s"]
        return dX


@part("layer")
class InUse(Scale):
    """Its use differs from its practice."""

    steady = True

    def value(self, X):
        return 3 * super().value(X)
