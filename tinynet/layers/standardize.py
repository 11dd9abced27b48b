"""Standardize: inputs brought to mean 0 and standard deviation 1."""

# numpy's ufuncs give Any:
# mypy: disable-error-code="no-any-return"

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from tinynet.base import Array, Guard, checks, in_one_go
from tinynet.layers.same_width import SameWidth

AT_A_TIME = 65_536  # examples of which the sums are taken at once


class Standardize(SameWidth):
    """A = (X - mean) / scale, the first layer of a net. The first `fit` learns the mean and the
    standard deviation of each input from what it trains on, weights included; they stay, and are
    saved with the model. A constant input has a scale of 1.

    State mean, scale, each (units, 1). `learn(X)` learns by hand, X (n_in, m).

    >>> layer = Standardize().build(2).learn(np.array([[1.0, 3.0], [5.0, 5.0]]))
    >>> layer(np.array([[1.0, 3.0], [5.0, 6.0]])).tolist()
    [[-1.0, 1.0], [0.0, 1.0]]
    """

    steady = True
    fixed_state = True
    learned = False

    def make_state(self, n_in: int) -> dict[str, Array]:
        return {"mean": np.zeros((n_in, 1)), "scale": np.ones((n_in, 1))}

    def beginning(self, n_in: int, rng: Any, dtype: Any) -> dict[str, Any]:
        return {**super().beginning(n_in, rng, dtype), "learned": False}

    def learn(self, X: Any, weights: Any = None) -> "Standardize":
        """The mean and the scale of these examples, in float64."""
        (X,) = self.admit(X)
        w = np.ones(X.shape[1]) if weights is None else np.asarray(weights, np.float64)
        parts = [slice(i, i + AT_A_TIME) for i in range(0, X.shape[1], AT_A_TIME)]

        def average(of: Any) -> Array:
            sums = [of(X[:, part].astype(np.float64)).dot(w[part]) for part in parts]
            return np.sum(sums, axis=0)[:, np.newaxis] / w.sum()

        with Guard(self.who):
            mean = average(lambda some: some)
            mean = mean + average(lambda some: some - mean)  # the rounding of the first
            scale = np.sqrt(average(lambda some: np.square(some - mean)))
        scale[scale <= 1e-12 * np.abs(mean)] = 1  # a constant, but for rounding
        checks.require_finite(self.who, "mean and scale", (mean, scale))
        new = {"mean": mean, "scale": scale}
        writes = [partial(self.state[name].__setitem__, ..., a) for name, a in new.items()]
        in_one_go([*writes, partial(vars(self).update, learned=True)])
        return self

    def preactivation(self, X: Array) -> Array:
        if not self.learned:
            got, cure = "none so far", "fit learns them, or set_weights, or learn(X)"
            checks.refuse(self.who, "a mean and a scale", got, cure, RuntimeError)
        return (X - self.state["mean"]) / self.state["scale"]

    def parameter_gradients(self, dZ: Array, cache: Mapping[str, Any]) -> dict[str, Array]:
        return {}

    def input_gradient(self, dZ: Array, cache: Mapping[str, Any]) -> Array:
        return dZ / self.state["scale"]
