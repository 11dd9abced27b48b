"""Activations that bend by an exponential: ELU, SELU, and softplus; the exponential itself."""

# numpy's ufuncs give Any:
# mypy: disable-error-code="no-any-return"

import numpy as np

from tinynet.activations.base import Activation
from tinynet.activations.in_float64 import in_float64
from tinynet.base import Array, Setting, checks, functions


def bent(Z: Array, above: float, below: float) -> Array:
    """above z for z > 0, below (exp(z) - 1) for the others."""
    return above * np.maximum(Z, 0) + below * np.expm1(np.minimum(Z, 0))


def bent_slope(Z: Array, above: float, below: float) -> Array:
    """above for z > 0, below exp(z) for the others."""
    return above * (Z > 0).astype(Z.dtype) + below * np.exp(np.minimum(Z, 0)) * (Z <= 0)


class Elu(Activation):
    """g(z) = z for z > 0, else alpha (exp(z) - 1); g'(z) = 1 for z > 0, else alpha exp(z). At the
    kink, which is none if alpha is 1, g'(0) = alpha.

    `alpha` is above 0. Clevert, Unterthiner and Hochreiter, ICLR 2016 (arXiv:1511.07289).

    >>> print(Elu()(np.array([-40.0, 3.0])))
    [-1.  3.]
    """

    steady = True
    alpha = Setting(checks.real, "(0, inf)")

    def __init__(self, alpha: float = 1.0) -> None:
        super().__init__()
        self.alpha = alpha

    @in_float64
    def value(self, Z: Array) -> Array:
        return bent(Z, 1.0, self.alpha)

    @in_float64
    def derivative(self, Z: Array) -> Array:
        return bent_slope(Z, 1.0, self.alpha)


class Selu(Activation):
    """g(z) = scale * ELU(z) with scale = 1.0507... and alpha = 1.6732..., which make mean 0 and
    variance 1 a fixed point from layer to layer; with the initializer `LeCun()`. At the kink
    g'(0) = scale alpha.

    Klambauer, Unterthiner, Mayr and Hochreiter, NeurIPS 2017 (arXiv:1706.02515).

    >>> print(Selu()(np.array([-40.0, 1.0])).round(6))
    [-1.758099  1.050701]
    """

    steady = True
    scale, alpha = 1.0507009873554805, 1.6732632423543772

    @in_float64
    def value(self, Z: Array) -> Array:
        return bent(Z, self.scale, self.scale * self.alpha)

    @in_float64
    def derivative(self, Z: Array) -> Array:
        return bent_slope(Z, self.scale, self.scale * self.alpha)


class Softplus(Activation):
    """g(z) = log(1 + exp(z)), a smooth max(0, z); g'(z) = sigmoid(z). It is computed as max(z, 0) +
    log(1 + exp(-|z|)), which neither overflows nor loses digits.

    >>> print(Softplus()(np.array([-40.0, 1000.0])))
    [4.24835426e-18 1.00000000e+03]
    """

    steady = True

    @in_float64
    def value(self, Z: Array) -> Array:
        return np.maximum(Z, 0) + np.log1p(np.exp(-np.abs(Z)))

    @in_float64
    def derivative(self, Z: Array) -> Array:
        return functions.sigmoid(Z)


class Exponential(Activation):
    """g(z) = g'(z) = exp(z), always above 0: the last activation of rates, whose logarithm is then
    what a net with a Poisson loss fits. Where it overflows, from z = 710 on, is an error.

    >>> print(Exponential()(np.array([-1000.0, 0.0])))
    [0. 1.]
    """

    steady = True

    @in_float64
    def value(self, Z: Array) -> Array:
        return np.exp(Z)

    @in_float64
    def derivative(self, Z: Array) -> Array:
        return np.exp(Z)
