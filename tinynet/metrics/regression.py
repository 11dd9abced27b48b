"""Metrics of numbers: mean squared error, mean absolute error, and R2."""

from collections.abc import Sequence

import numpy as np

from tinynet.activations import Activation
from tinynet.base import Array
from tinynet.metrics.base import Metric


class MSE(Metric):
    """The mean of (a - y)^2 over examples and outputs."""

    steady = True

    def read(self, activation: Activation, A: Array, Y: Array) -> Array:
        # in float64: in float32 the square of 1e25 is inf, and that of 1e-25 is 0
        return np.asarray(np.square(np.subtract(A, Y, dtype=np.float64)))


class MAE(Metric):
    """The mean of |a - y| over examples and outputs."""

    steady = True

    def read(self, activation: Activation, A: Array, Y: Array) -> Array:
        return np.asarray(np.abs(A - Y))


class R2(Metric):
    """1 - the sum of (a - y)^2 over that of (y - mean y)^2, for each output, then the mean over the
    outputs: 1 is right, 0 is as good as the mean of Y. NaN if all y are the same, or so nearly that
    their spread is lost in the rounding of the sums.

    >>> R2().result([1.0, 0.0, 4.0, 4.0], 4)
    0.75
    """

    steady = True

    def read(self, activation: Activation, A: Array, Y: Array) -> Array:
        A, Y = A.astype(np.float64), Y.astype(np.float64)
        # the last row counts the weights: in float32 they do not add up to m
        return np.concatenate([np.square(A - Y), Y, np.square(Y), np.ones_like(Y)])

    def result(self, sums: Sequence[float], m: int) -> float:
        found, n_y = 0.0, len(sums) // 4
        for off, y, squares, weight in np.reshape(sums, (4, n_y)).T.tolist():
            spread = squares - y * y / weight
            found += 1 - off / (spread if spread > 1e-9 * squares else 0)
        return found / n_y
