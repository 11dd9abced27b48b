"""The third room of the museum: PReLU, Residual, limits of gradients, a learned learning rate."""

import numpy as np

import tinynet as tn
from tests.faults import REAL, STEP, Exhibit, warm
from tinynet.optimizers.hypergradient import WithLearnedRate
from tinynet.optimizers.limits import joined, split


def learned(story, **methods):
    """A Hypergradient after a first step, with one thing wrong."""
    kind = type("Hypergradient", (tn.Hypergradient,), methods)
    return Exhibit(story, warm(kind(tn.SGD(0.1, 0.5), meta=tn.SGD(0.3))), STEP)


def looks(slope):
    """Meta's step on another slope of J."""

    def look(self, g, slots, learned, *numbers):
        r = learned["log_rate"]
        step, after = self.meta.step(r, slope(r, g, slots["u"]), learned, numbers[-1])
        return self.clipped(g), {"log_rate": r - step, **after}

    return {"look": look}


def nearly(self, d_params, cache):
    (d_old, d_grads), d = tn.Hypergradient.pullback(self, d_params, cache)
    return (d_old, {name: (1 + 1e-6) * d_g for name, d_g in d_grads.items()}), d


def of_the_last_step(self, d_params, cache):
    """The derivative with respect to r after meta's step, for that before it."""
    gradients, _ = tn.Hypergradient.pullback(self, d_params, cache)
    return gradients, WithLearnedRate.pullback(self, d_params, cache)[1]


def sloped(story, **methods):
    """A PReLU with one thing wrong."""
    kind = type("PReLU", (tn.PReLU,), methods)
    return Exhibit(story, kind().build(3), REAL[:1])


def slopes(d_alpha):
    return {"parameter_gradients": lambda self, dZ, cache: {"alpha": d_alpha(dZ, cache["X"])}}


def summed(a):
    return a.sum(axis=1, keepdims=True)


def added(story, pullback):
    """A Residual with another pullback."""
    kind = type("Residual", (tn.Residual,), {"pullback": pullback})
    layers = [tn.Dense(4, "tanh"), tn.Dense(3)]
    return Exhibit(story, kind(layers).build(3, seed=0), REAL[:1])


def without_x(self, dA, cache):
    dX, grads = tn.Residual.pullback(self, dA, cache)
    return dX - dA, grads


def of_the_inside(self, dA, cache):
    dX, grads = tn.Residual.pullback(self, dA, cache)
    return dX, tn.Residual.pullback(self, dX, cache)[1] if grads else grads


def in_order(self, dA, cache):
    dX, grads = tn.Residual.pullback(self, dA, cache)
    return dX, {**grads, "b_a": 1.000001 * grads["b_a"]}


def limited(story, **methods):
    """SGD with limits that are reached, and one thing wrong."""
    kind = type("SGD", (tn.SGD,), methods)
    return Exhibit(story, kind(0.1, clip_norm=0.5, clip_value=0.8), STEP)


def of_the_norm(self, d, grads):
    g = self.bounded(joined(grads))
    return split(self.share(g, self.clip_norm) * joined(d) * (g == joined(grads)), grads)


def of_the_values(self, d, grads):
    bounded = {name: self.bounded(g) for name, g in grads.items()}
    return tn.SGD(clip_norm=self.clip_norm).clip_pullback(d, bounded)


EXHIBITS = {
    "prelu, slope on both sides": sloped(
        "dalpha = sum of dA x, over x > 0 too", **slopes(lambda dZ, X: summed(dZ * X))
    ),
    "prelu, a mean": sloped(
        "dalpha has a 1/m", **slopes(lambda dZ, X: summed(dZ * np.minimum(X, 0)) / X.shape[1])
    ),
    "prelu, sign": sloped(
        "dalpha of -x below 0", **slopes(lambda dZ, X: -summed(dZ * np.minimum(X, 0)))
    ),
    "prelu, the other side's slope": sloped(
        "dX = alpha dA above 0, dA below",
        input_gradient=lambda self, dZ, cache: dZ * np.where(cache["X"] > 0, self.alpha, 1),
    ),
    "residual, no x": added("dX is that of f alone", without_x),
    "residual, dX for dA": added("the layers inside get dX for dA", of_the_inside),
    "residual, 1 + 1e-6": added("the gradient of one bias 1 + 1e-6 times as large", in_order),
    "limits, the norm held fixed": limited(
        "clip_norm / norm taken for a constant", clip_pullback=of_the_norm
    ),
    "limits, values pass": limited(
        "entries beyond clip_value get a gradient", clip_pullback=of_the_values
    ),
    "limits, none in backward": limited(
        "backward without the limits", clip_pullback=lambda self, d, grads: d
    ),
    "hypergradient, held fixed": learned(
        "backward holds the learning rate fixed, which the gradients move",
        pullback=WithLearnedRate.pullback,
    ),
    "hypergradient, r after the step": learned(
        "dJ/dr with respect to r after meta's step", pullback=of_the_last_step
    ),
    "hypergradient, sign": learned(
        "the rate goes up the slope", **looks(lambda r, g, u: np.exp(r) * (g * u).sum())
    ),
    "hypergradient, no logarithm": learned(
        "dJ/dr without the factor exp(r)", **looks(lambda r, g, u: -(g * u).sum())
    ),
    "hypergradient, a mean": learned(
        "a mean over the entries for the sum", **looks(lambda r, g, u: -np.exp(r) * (g * u).mean())
    ),
    "hypergradient, 1 + 1e-6": learned("d_grads 1 + 1e-6 times as large", pullback=nearly),
}
