"""Activations that saturate, which is to flatten out, on both sides: sigmoid and tanh."""

# numpy's ufuncs give Any:
# mypy: disable-error-code="no-any-return"

import numpy as np

from tinynet.activations.base import Activation
from tinynet.activations.in_float64 import in_float64
from tinynet.base import Array, functions


class Sigmoid(Activation):
    """g(z) = 1 / (1 + exp(-z)), g'(z) = g(z) (1 - g(z)). It is computed as (1 / (2 cosh(z / 2)))^2,
    because 1 - A has lost all its digits at z = 37.

    >>> print(Sigmoid()(np.array([0.0, -40.0])))
    [5.00000000e-01 4.24835426e-18]
    """

    steady = True
    classifies = True

    @in_float64
    def value(self, Z: Array) -> Array:
        return functions.sigmoid(Z)

    def derivative(self, Z: Array) -> Array:
        return np.square(0.5 / np.cosh(Z / 2))

    def classes(self, A: Array, threshold: float = 0.5) -> Array:
        return np.greater(A, threshold)


class Tanh(Activation):
    """g(z) = tanh(z), g'(z) = 1 - g(z)^2, which is computed as (1 / cosh(z))^2: 1 - A^2 has lost
    all its digits at z = 19.

    >>> t = Tanh()
    >>> t.forward(np.array([0.0, 20.0])).tolist()
    [0.0, 1.0]
    >>> print(t.backward(np.ones(2)))
    [1.0000000e+00 1.6993417e-17]
    """

    steady = True

    def value(self, Z: Array) -> Array:
        return np.tanh(Z)

    def derivative(self, Z: Array) -> Array:
        return np.square(1 / np.cosh(Z))
