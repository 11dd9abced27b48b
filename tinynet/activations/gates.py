"""Activations z * gate(z), where the gate goes from 0 to 1: SiLU and GELU.

The gate is tiny far below 0, so z is multiplied in before anything underflows.
"""

# numpy's ufuncs give Any:
# mypy: disable-error-code="no-any-return"

import math
from typing import Any

import numpy as np

from tinynet.activations.base import Activation
from tinynet.activations.in_float64 import in_float64
from tinynet.base import Array, Setting, checks

ROOT = math.sqrt(2 / math.pi)
CUBIC = 0.044715  # of the approximate GELU, by its authors
CUBIC_HALVES = 0.044714998453855515, 1.5461444832776117e-09
SLOPE_HALVES = 1.5957691669464111, -4.534068042105272e-08  # 2 sqrt(2 / pi), in 30 digits


def near(z: Array) -> Array:
    """z, or the end of [-40, 40]: farther out the gate is 0 or 1."""
    return np.maximum(np.minimum(z, 40), -40)


def sigmoid_parts(u: Array, rest: Any = None) -> tuple[Array, Array, Array]:
    """With sigmoid(u) = q^2 / (1 + e): q, 1 + e, and sigmoid(-u). q^2 would underflow first. `rest`
    is what is missing of u."""
    q, positive = np.exp(-np.abs(u) / 2), (u >= 0).astype(u.dtype)
    if rest is not None:
        q = q + q * np.expm1((0.5 - positive) * rest)
    e = np.square(q)
    return np.maximum(q, positive), 1 + e, np.maximum(e, 1 - positive) / (1 + e)


def gated(z: Array, u: Array, rest: Any = None) -> Array:
    """z sigmoid(u)."""
    q, below, _ = sigmoid_parts(u, rest)
    return z * q / below * q


def gated_slope(z: Array, u: Array, du: Array | float) -> Array:
    """The derivative of z sigmoid(u) with respect to z, if du is that of u."""
    q, below, other = sigmoid_parts(u)
    return q * (1 + z * du * other) / below * q


class Silu(Activation):
    """g(z) = z s(z) with s the sigmoid, also called swish; g'(z) = s(z) (1 + z s(-z)).

    Elfwing, Uchibe and Doya, Neural Networks 107, 2018 (arXiv:1702.03118).

    >>> print(Silu()(np.array([-40.0, 0.0, 40.0])))
    [-1.6993417e-16  0.0000000e+00  4.0000000e+01]
    """

    steady = True

    @in_float64
    def value(self, Z: Array) -> Array:
        return gated(Z, Z)

    @in_float64
    def derivative(self, Z: Array) -> Array:
        return gated_slope(Z, Z, 1.0)


# (1 + x) times the upper tail of the normal distribution at x, over exp(-x^2 / 2), for x in
# [0, 40]: a polynomial in (x - 4) / (x + 4), here the highest power first. It is the Chebyshev
# series of degree 23, computed with 60 digits; its own error is below 2^-56. After Shepherd and
# Laframboise, Mathematics of Computation 36, 1981.
TAIL = (
    -7.825642031297579e-10, -1.5317087190038675e-09, 6.22327988983561e-09, 1.7600916016569622e-08,
    -1.9890925448276797e-08, -1.1090904624729512e-07, 1.4725397049075406e-09, 5.518983823631406e-07,
    4.0446216174943105e-07, -2.6128422055944675e-06, -3.432180680782058e-06, 1.3626844160372444e-05,
    2.125004136304907e-05, -8.785317765383863e-05, -9.443025188896631e-05, 0.0006948971036905743,
    -0.0002856230982578443, -0.005002378590969768, 0.017936097479694716, -0.03219783742808911,
    0.02860036405355013, 0.013999634724425471, -0.0967034773265258, 0.47205320650984467,
)  # fmt: skip


def halves(a: Array, rest: Any = None) -> tuple[Array, Array]:
    """a + rest as a number of 24 bits and what is left. A product of two such numbers is exact."""
    short = a.astype(np.float32).astype(np.float64)
    left = a - short
    return short, left if rest is None else left + rest


def normal_tail(x: Array) -> tuple[Array, Array]:
    """T and E for x >= 0: E T is the probability that a standard normal number is above x, and
    E = exp(-x^2 / 2). The rounding of x^2 / 2 alone would cost hundreds of units in the last place,
    so x is split into a short number, whose square is exact, and a rest."""
    x = np.minimum(x, 40)  # where all is 0
    t, above = (x - 4) / (x + 4), TAIL[0]
    for c in TAIL[1:]:
        above = above * t + c
    short, left = halves(x)
    E = np.exp(-np.square(short) / 2)
    return above / (1 + x), E + E * np.expm1(-left * (short + x) / 2)


def product(a: tuple[Any, Any], b: tuple[Any, Any]) -> tuple[Array, Array]:
    """The product of two numbers in halves: the larger part exactly, and the rest."""
    return a[0] * b[0], a[0] * b[1] + a[1] * b[0] + a[1] * b[1]


def precise_argument(z: Array) -> tuple[Array, Array]:
    """2 u of the approximate GELU, and what is missing of it. Rounding 2 u alone would cost as many
    units in the last place as u is large."""
    short = halves(z)
    cubic, rest = product(CUBIC_HALVES, halves(*product(short, short)))
    total = 1 + cubic
    lost = cubic - (total - 1)  # both differences are exact, as total is at least 1
    return product(SLOPE_HALVES, halves(*product(short, halves(total, lost + rest))))


class Gelu(Activation):
    """g(z) = z P(z), with P the distribution function of the standard normal: exact, to all digits
    in both tails; g'(z) = P(z) + z exp(-z^2 / 2) / sqrt(2 pi).

    With `approximate` P(z) is (1 + tanh(u)) / 2 = sigmoid(2 u) and u = sqrt(2 / pi) (z + 0.044715
    z^3). Hendrycks and Gimpel, 2016 (arXiv:1606.08415).

    >>> print(Gelu()(np.array([-10.0, 0.0, 10.0])))
    [-7.61985302e-23  0.00000000e+00  1.00000000e+01]
    """

    steady = True
    approximate = Setting(checks.switch)

    def __init__(self, approximate: bool = False) -> None:
        super().__init__()
        self.approximate = approximate

    @in_float64
    def value(self, Z: Array) -> Array:
        if self.approximate:
            return gated(Z, *precise_argument(near(Z)))
        x = np.abs(Z)
        T, E = normal_tail(x)
        return np.maximum(Z, 0) - np.minimum(x, 40) * T * E

    @in_float64
    def derivative(self, Z: Array) -> Array:
        if self.approximate:
            z = near(Z)
            return gated_slope(z, *self.argument(z))
        x, positive = np.minimum(np.abs(Z), 40), (Z >= 0).astype(Z.dtype)
        T, E = normal_tail(x)
        return positive + (2 * positive - 1) * E * (x * (ROOT / 2) - T)

    def argument(self, z: Array) -> tuple[Array, Array]:
        """2 u and its derivative."""
        square = CUBIC * np.square(z)
        return 2 * ROOT * z * (1 + square), 2 * ROOT * (1 + 3 * square)
