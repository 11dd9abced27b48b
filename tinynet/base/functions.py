"""Stable functions of numbers: what exp and log give where the textbook formula overflows, cancels
or loses its tail.

Each takes and gives arrays, elementwise or down the columns (axis 0: the classes), and keeps
float32 as it is. Where exp overflows, what is divided by it is 0, as it should be: who calls them
ignores that.
"""

# numpy's ufuncs give Any:
# mypy: disable-error-code="no-any-return"

from typing import Any

import numpy as np

from tinynet.base.checks import Array


def sigmoid(z: Array) -> Array:
    """1 / (1 + exp(-z)), which has all its digits in both tails.

    >>> print(sigmoid(np.array([-40.0, 0.0, 40.0])))
    [4.24835426e-18 5.00000000e-01 1.00000000e+00]
    """
    return np.reciprocal(1 + np.exp(-z))


def exp_difference(a: Array, b: Array) -> Array:
    """exp(a - b) for a <= b. Rounding a - b would cost exp as many digits as the difference has
    before its point, so the rounding error (Knuth's two-sum, 1969) is put back: exp(d + r) = exp(d)
    (1 + r)."""
    with np.errstate(
        over="ignore", invalid="ignore"
    ):  # where d overflows r is not a number, and the result 0
        d = a - b
        minus_b = d - a
        r = (a - (d - minus_b)) - (b + minus_b)
    e = np.exp(d)
    return e + e * np.fmax(r, -1)


def softmax_terms(z: Array) -> tuple[Array, Array, Array]:
    """exp(z - max z) down each column without its largest term, where that stood (1, else 0), and
    the sum of the others.

    With the largest term (a 1) kept out, log1p(rest) and rest / (1 + rest) have all their digits
    even if it towers.
    """
    e = exp_difference(z, z.max(axis=0))
    top = np.floor(e)
    others = e - top
    return (
        others,
        top,
        others.sum(axis=0) + (top.sum(axis=0) - 1),
    )  # equals of the largest are among the others


def softmax(z: Array) -> Array:
    """exp(z) / sum of exp(z) down each column.

    >>> print(softmax(np.array([[1000.0, 0.0], [1000.0, -40.0]])))
    [[5.00000000e-01 1.00000000e+00]
     [5.00000000e-01 4.24835426e-18]]
    """
    others, top, rest = softmax_terms(z)
    return (others + top) / (1 + rest)


def with_ones(X: Any) -> Array:
    """X (n, m) above a row of ones, (n + 1, m), in memory that is laid out as X's is. An array of
    another kind takes it upon itself, as it does numpy's own functions (NEP 18)."""
    if not isinstance(X, np.ndarray):
        return X.__array_function__(with_ones, (type(X),), (X,), {})
    (n, m), (down, along) = X.shape, X.strides
    above = np.empty((n + 1, m), X.dtype, "F" if down < along else "C")
    above.fill(1)
    above[:-1] = X
    return above


def uniform(X: Any, generator: Any) -> Array:
    """Numbers in [0, 1), as many as X (n, m) has, drawn example by example: so they are the same
    numbers whether the examples come at once or block by block."""
    if not isinstance(X, np.ndarray):
        return X.__array_function__(uniform, (type(X),), (X, generator), {})
    return generator.random(X.shape[::-1], X.dtype).T


def totals(values: Array, runs: int = 1) -> list[list[float]]:
    """For each of so many equal runs of columns the sum of each row, in float64: the same numbers
    whatever stands beside a run."""
    rows = values.astype(np.float64, copy=False).reshape(-1, runs, values.shape[-1] // runs)
    return rows.sum(axis=2).T.tolist()


def times_log(y: Array, a: Array) -> Array:
    """y log a, and 0 where y is 0, whatever a is there."""
    return y * np.log(np.where(y == 0, 1, a).astype(a.dtype))


def times_log1p(y: Array, x: Array) -> Array:
    """y log(1 + x), and 0 where y is 0, whatever x is there."""
    return y * np.log1p(np.where(y == 0, 0, x).astype(x.dtype))


def ratio(y: Array, a: Array) -> Array:
    """y / a, and 0 where y is 0, whatever a is there."""
    return y / np.where(y == 0, 1, a).astype(a.dtype)
