"""The third room of the museum: faults of what is learned beside parameters."""

import numpy as np

import tinynet as tn
from tests.faults import STEP, Exhibit, warm
from tinynet.optimizers.hypergradient import Scaled


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
    return gradients, Scaled.pullback(self, d_params, cache)[1]


EXHIBITS = {
    "hypergradient, held fixed": learned(
        "backward holds the learning rate fixed, which the gradients move", pullback=Scaled.pullback
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
