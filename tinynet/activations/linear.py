"""The identity: the output of a regression."""

# numpy's ufuncs give Any:
# mypy: disable-error-code="no-any-return"

import numpy as np

from tinynet.activations.base import Activation
from tinynet.base import Array


class Identity(Activation):
    """g(z) = z, g'(z) = 1: the output of a regression.

    >>> Identity()(np.array([-1.0, 2.0]))
    array([-1.,  2.])
    """

    steady = True

    def value(self, Z: Array) -> Array:
        return Z.copy()

    def derivative(self, Z: Array) -> Array:
        return np.ones_like(Z)
