"""Losses of a regression: mean squared error."""

# numpy's ufuncs give Any:
# mypy: disable-error-code="no-any-return"

import numpy as np

from tinynet.base import Array
from tinynet.losses.base import Loss


class MeanSquaredError(Loss):
    """J = the mean over examples and outputs of (a - y)^2; dA = 2 (A - Y) / (n_y m). For
    regression.

    >>> mse = MeanSquaredError()
    >>> mse.forward([[1.0, 4.0]], [[1.0, 2.0]]), mse.backward().tolist()
    (2.0, [[0.0, 2.0]])
    """

    steady = True

    def costs(self, A: Array, Y: Array) -> Array:
        return np.square(A - Y)

    def derivative(self, A: Array, Y: Array) -> Array:
        return 2 * (A - Y)
