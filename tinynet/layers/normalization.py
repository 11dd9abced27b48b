"""Layers that normalize: by the batch, or by the example.

Both compute hat = (X - mean) / sqrt(variance + epsilon) along an axis, and A = gamma hat + beta.
"""

# numpy's ufuncs give Any:
# mypy: disable-error-code="no-any-return"

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from tinynet.base import Array, Field, Setting, checks
from tinynet.layers.same_width import SameWidth
from tinynet.layers.sums import total


class Normalized(NamedTuple):
    hat: Array
    inverse: Array  # 1 / sqrt(variance + epsilon)
    mean: Array
    variance: Array


def average(a: Array, axis: int) -> Array:
    return total(a, axis) / a.shape[axis]


def normalized(X: Array, axis: int, epsilon: float) -> Normalized:
    """hat, 1 / sqrt(variance + epsilon), the mean and the variance of X along an axis. What the
    rounding of the mean leaves is subtracted again, so that hat and the variance have their digits
    even if the mean is large."""
    mean = average(X, axis)
    centred = X - mean
    centred = centred - average(centred, axis)
    variance = average(np.square(centred), axis)
    raised = variance + epsilon
    # NaN where the variance overflowed: 1 / inf would look like a number
    inverse = np.sqrt(raised) / raised
    return Normalized(centred * inverse, inverse, mean, variance)


class Normalization(SameWidth):
    """gamma and beta, (units, 1), one of each for a unit, and the gradients. In `get_weights` gamma
    comes first."""

    steady = True
    axis = 0
    gamma, beta = Field("params", "gamma"), Field("params", "beta")
    epsilon = Setting(checks.real, "(0, inf)")

    def __init__(self, epsilon: float = 1e-5) -> None:
        super().__init__()
        self.epsilon = epsilon

    def make_params(self, n_in: int, rng: Any) -> dict[str, Array]:
        return {"gamma": np.ones((n_in, 1)), "beta": np.zeros((n_in, 1))}

    def scaled(self, hat: Array) -> Array:
        params = self.params  # cut out of theta anew at each look
        return params["gamma"] * hat + params["beta"]

    def run(self, X: Array) -> tuple[Array, dict[str, Any]]:
        own = normalized(X, self.axis, self.epsilon)
        return self.scaled(own.hat), {**self.remembered(X), "normalized": own}


class BatchNorm(Normalization):
    """Each unit normalized over the examples of the batch, in training; in use by a running mean
    and variance, which training moves: new = momentum * old + (1 - momentum) * that of the batch.

    Parameters gamma, beta; state mean, variance, each (units, 1). The running variance is that of a
    sample, over m - 1, as in the paper and in torch; Keras's is over m, and its momentum is 0.99.
    Weights of examples do not count in the mean and variance of a batch.
    Ioffe and Szegedy, ICML 2015 (arXiv:1502.03167).

    >>> layer = BatchNorm().build(1)
    >>> layer.forward(np.array([[1.0, 3.0]])).round(4).tolist()
    [[-1.0, 1.0]]
    >>> {name: round(float(a[0, 0]), 6) for name, a in layer.state.items()}
    {'mean': 0.2, 'variance': 1.1}
    """

    steady = True
    whole_batch = True
    axis = 1
    momentum = Setting(checks.real, "[0, 1)")

    def __init__(self, momentum: float = 0.9, epsilon: float = 1e-5) -> None:
        super().__init__(epsilon)
        self.momentum = momentum

    def make_state(self, n_in: int) -> dict[str, Array]:
        return {"mean": np.zeros((n_in, 1)), "variance": np.ones((n_in, 1))}

    def preactivation(self, X: Array) -> Array:
        params, s = self.params, self.state
        scale = params["gamma"] / np.sqrt(s["variance"] + self.epsilon)
        return scale * (X - s["mean"]) + params["beta"]

    def run(self, X: Array) -> tuple[Array, dict[str, Any]]:
        A, cache = super().run(X)
        m, own, old = X.shape[1], cache["normalized"], self.momentum
        mean = old * self.state["mean"] + (1 - old) * own.mean
        of_a_sample = (1 - old) * (m / max(m - 1, 1))
        variance = old * self.state["variance"] + of_a_sample * own.variance
        return A, {**cache, "state": {"mean": mean, "variance": variance}}

    def pullback(self, dA: Array, cache: Mapping[str, Any]) -> tuple[Array, dict[str, Array]]:
        """A unit has one gamma for all examples, so the means over them are gamma times those of
        dA, and these are sums that the parameters need, too."""
        (hat, inverse, *_), m = cache["normalized"], dA.shape[1]
        beta, gamma = total(dA), total(dA * hat)
        inner = dA - beta / m - hat * (gamma / m)
        return inverse * cache["params"]["gamma"] * inner, {"gamma": gamma, "beta": beta}


class LayerNorm(Normalization):
    """Each example normalized over its units, in training and in use alike.

    Parameters gamma, beta (units, 1). Ba, Kiros and Hinton, 2016 (arXiv:1607.06450).

    >>> LayerNorm().build(2)(np.array([[1.0], [3.0]])).round(4).tolist()
    [[-1.0], [1.0]]
    """

    steady = True

    def make_params(self, n_in: int, rng: Any) -> dict[str, Array]:
        if n_in == 1:
            checks.refuse(self.who, "at least 2 units", 1, "the one alone would always be 0")
        return super().make_params(n_in, rng)

    def preactivation(self, X: Array) -> Array:
        return self.scaled(normalized(X, self.axis, self.epsilon).hat)

    def pullback(self, dA: Array, cache: Mapping[str, Any]) -> tuple[Array, dict[str, Array]]:
        hat, inverse, *_ = cache["normalized"]
        d = dA * cache["params"]["gamma"]
        inner = d - average(d, self.axis) - hat * average(d * hat, self.axis)
        grads = {"gamma": total(dA * hat), "beta": total(dA)}
        return inverse * inner, grads
