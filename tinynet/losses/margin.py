"""Losses of a margin: hinge."""

# numpy's ufuncs give Any:
# mypy: disable-error-code="no-any-return"

from typing import Any

import numpy as np

from tinynet.base import Array, checks
from tinynet.losses.base import Loss


class Hinge(Loss):
    """For labels y of -1 and 1 and outputs of any size: J = the mean over examples and outputs of
    max(0, 1 - y a); dA = -Y / (n_y m) where y a < 1, else 0, as at the kink. Labels of 0 and 1 are
    taken as -1 and 1. Cortes and Vapnik, Machine Learning 20, 1995.

    >>> hinge = Hinge()
    >>> hinge.forward([[0.5, 3.0]], [1, 0]), hinge.backward().tolist()
    (2.25, [[-0.5, 0.5]])
    """

    steady = True

    def costs(self, A: Array, Y: Array) -> Array:
        return np.maximum(1 - Y * A, 0)

    def derivative(self, A: Array, Y: Array) -> Array:
        return -Y * (Y * A < 1)

    def targets(self, Y: Any, n_y: int, m: int, dtype: Any) -> Array:
        Y = super().targets(Y, n_y, m, dtype)
        if np.isin(Y, (0, 1)).all():
            return 2 * Y - 1
        if not np.isin(Y, (-1, 1)).all():
            got = f"values from {Y.min():g} to {Y.max():g}"
            checks.refuse(self.who, "labels Y of -1 and 1, or of 0 and 1", got)
        return Y
