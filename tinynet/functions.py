"""Stable functions of numbers: what exp and log give where the textbook formula overflows, cancels or loses its tail.

Each takes and gives arrays, elementwise or down the columns (axis 0: the classes), and keeps float32 as it is.
"""

# numpy's ufuncs give Any:
# mypy: disable-error-code="no-any-return"

import numpy as np

from tinynet.checks import Array


def sigmoid(z: Array) -> Array:
    """1 / (1 + exp(-z)), with all its digits in both tails: only exp(-|z|) is ever taken.

    >>> print(sigmoid(np.array([-1000.0, -40.0, 0.0, 40.0])))
    [0.00000000e+00 4.24835426e-18 5.00000000e-01 1.00000000e+00]
    """
    e = np.exp(-np.abs(z))
    return np.maximum(e, z >= 0) / (1 + e)


def exp_difference(a: Array, b: Array) -> Array:
    """exp(a - b) for a <= b. Rounding a - b would cost exp as many digits as the difference has before its point, so
    the rounding error (Knuth's two-sum, 1969) is put back: exp(d + r) = exp(d) (1 + r)."""
    with np.errstate(over="ignore", invalid="ignore"):  # where d overflows r is not a number, and the result 0
        d = a - b
        minus_b = d - a
        r = (a - (d - minus_b)) - (b + minus_b)
    e = np.exp(d)
    return e + e * np.fmax(r, -1)


def softmax_terms(z: Array) -> tuple[Array, tuple[Array, Array], Array]:
    """exp(z - max z) down each column with its largest term set to 0, where that term stood, and the sum of the others.

    With the largest term (a 1) kept out, log1p(rest) and rest / (1 + rest) have all their digits even if it towers.
    """
    top = (z.argmax(axis=0), np.arange(z.shape[1]))
    e = exp_difference(z, z[top])
    e[top] = 0
    return e, top, e.sum(axis=0)


def softmax(z: Array) -> Array:
    """exp(z) / sum of exp(z) down each column.

    >>> print(softmax(np.array([[1000.0, 0.0], [1000.0, -40.0]])))
    [[5.00000000e-01 1.00000000e+00]
     [5.00000000e-01 4.24835426e-18]]
    """
    e, top, rest = softmax_terms(z)
    e[top] = 1
    return e / (1 + rest)


def times_log(y: Array, a: Array) -> Array:
    """y log a, and 0 where y is 0, whatever a is there."""
    return y * np.log(np.where(y == 0, 1, a).astype(a.dtype))


def times_log1p(y: Array, x: Array) -> Array:
    """y log(1 + x), and 0 where y is 0, whatever x is there."""
    return y * np.log1p(np.where(y == 0, 0, x).astype(x.dtype))


def ratio(y: Array, a: Array) -> Array:
    """y / a, and 0 where y is 0, whatever a is there."""
    return y / np.where(y == 0, 1, a).astype(a.dtype)
