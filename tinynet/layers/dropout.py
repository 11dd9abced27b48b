"""Dropout: inputs that are left out at random."""

from collections.abc import Mapping
from typing import Any

from tinynet.base import Array, Setting, checks
from tinynet.layers.same_width import SameWidth


class Dropout(SameWidth):
    """In training each input is 0 with probability `rate`, and 1 / (1 - rate) times itself
    otherwise, so that its mean stays (inverted dropout); backward is the same for dA. In use A = X.

    `fit` draws anew in every step. `gradients` and `check_gradients` draw once, and move no
    generator. Srivastava et al., JMLR 15, 2014.

    >>> import numpy as np
    >>> layer = Dropout(0.5).build(4, seed=0)
    >>> layer(np.ones((4, 1))).ravel().tolist(), layer.forward(np.ones((4, 1))).ravel().tolist()
    ([1.0, 1.0, 1.0, 1.0], [2.0, 0.0, 0.0, 2.0])
    """

    steady = True
    stochastic = True
    rate = Setting(checks.real, "[0, 1)")

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def preactivation(self, X: Array) -> Array:
        return X

    def run(self, X: Array) -> tuple[Array, dict[str, Any]]:
        kept = (self.uniform(X) >= self.rate).astype(X.dtype) * (1 / (1 - self.rate))
        return X * kept, {"X": X, "params": {}, "kept": kept}

    def pullback(self, dA: Array, cache: Mapping[str, Any]) -> tuple[Array, dict[str, Array]]:
        return dA * cache["kept"], {}
