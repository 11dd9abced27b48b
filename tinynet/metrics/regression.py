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
        return np.asarray(np.square(A - Y))


class MAE(Metric):
    """The mean of |a - y| over examples and outputs."""

    steady = True

    def read(self, activation: Activation, A: Array, Y: Array) -> Array:
        return np.asarray(np.abs(A - Y))


class R2(Metric):
    """1 - the sum of (a - y)^2 over that of (y - mean y)^2, for each output, then the mean over the
    outputs: 1 is right, 0 is as good as the mean of Y. NaN if all y are the same.

    >>> R2().result([1.0, 0.0, 4.0], 4)
    0.75
    """

    steady = True

    def read(self, activation: Activation, A: Array, Y: Array) -> Array:
        A, Y = A.astype(np.float64), Y.astype(np.float64)
        return np.concatenate([np.square(A - Y), Y, np.square(Y)])

    def result(self, sums: Sequence[float], m: int) -> float:
        found, n_y = 0.0, len(sums) // 3
        for off, y, squares in np.reshape(sums, (3, n_y)).T.tolist():
            spread = squares - y * y / m
            found += 1 - off / (spread if spread > 1e-13 * squares else 0)  # else it is rounding
        return found / n_y
