"""Activations that pass what is positive: ReLU, then leaky ReLU."""

# numpy's ufuncs give Any:
# mypy: disable-error-code="no-any-return"

import numpy as np

from tinynet.activations.base import Activation
from tinynet.base import Array, Setting, checks


class ReLU(Activation):
    """g(z) = max(0, z); g'(z) = 1 for z > 0 and 0 for z < 0. At the kink g'(0) = 0.

    >>> r = ReLU()
    >>> r.forward(np.array([-2.0, 0.0, 3.0])).tolist(), r.backward(np.ones(3)).tolist()
    ([0.0, 0.0, 3.0], [0.0, 0.0, 1.0])
    """

    steady = True
    keeps = "mask"  # an eighth of A, or a quarter

    def value(self, Z: Array) -> Array:
        return np.maximum(Z, 0)

    def derivative(self, mask: Array) -> Array:
        return mask


class LeakyReLU(Activation):
    """g(z) = max(slope z, z); g'(z) = 1 for z > 0 and slope for z < 0. At the kink g'(0) = slope.

    `slope` is at least 0 and below 1, 0.01 in the notes. Maas, Hannun and Ng, Rectifier
    Nonlinearities, ICML 2013.

    >>> LeakyReLU()(np.array([-2.0, 3.0])).tolist()
    [-0.02, 3.0]
    """

    steady = True
    keeps = "A"
    slope = Setting(checks.real, "[0, 1)")

    def __init__(self, slope: float = 0.01) -> None:
        super().__init__()
        self.slope = slope

    def value(self, Z: Array) -> Array:
        return np.maximum(self.slope * Z, Z)

    def derivative(self, A: Array) -> Array:
        return np.maximum(np.sign(A), self.slope)
