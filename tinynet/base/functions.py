"""Numerically stable functions, for where a textbook formula with exp or log would overflow or lose
its digits.

Each takes and gives arrays, elementwise or down the columns (axis 0: the classes); float32 stays
float32. exp may overflow to inf. Then 1 / inf is 0, which is the right result, so the callers
silence the warning. The last three, a row of ones, draws and sums of runs, are here since a tape or
the engine needs them as functions.
"""

# numpy's ufuncs give Any:
# mypy: disable-error-code="no-any-return"

from typing import Any

import numpy as np

from tinynet.base.checks import Array


def readable(number: float) -> str:
    """A number as training shows it, with 6 decimals where these say something."""
    return f"{number:.6f}" if 1e-4 <= abs(number) < 1e6 or not number else f"{number:.6g}"


def sigmoid(z: Array) -> Array:
    """1 / (1 + exp(-z)), with all its digits at large z of either sign.

    >>> print(sigmoid(np.array([-40.0, 0.0, 40.0])))
    [4.24835426e-18 5.00000000e-01 1.00000000e+00]
    """
    return np.reciprocal(1.0 + np.exp(-z))


def exp_difference(a: Array, b: Array) -> Array:
    """exp(a - b) for a <= b. If d is a - b rounded, exp(d) loses as many digits as d has before its
    point. So the rounding error r (Knuth's two-sum, 1969) is put back: exp(d + r) = exp(d) (1 + r),
    as r is tiny."""
    # where d is -inf, r is NaN, fmax ignores it, and the result is 0
    d = a - b
    minus_b = d - a
    r = (a - (d - minus_b)) - (b + minus_b)
    e = np.exp(d)
    return e + e * np.fmax(r, -1)


def softmax_terms(z: Array) -> tuple[Array, Array, Array]:
    """Three arrays from e = exp(z - max z) down each column: e with its largest term replaced by 0;
    1 where that term was, else 0; and `rest`, the sum of the other terms.

    The largest term is 1. Because it is not in `rest`, log1p(rest) and rest / (1 + rest) have all
    their digits even if `rest` is tiny.
    """
    e = exp_difference(z, z.max(axis=0))
    top = np.floor(e)
    others = e - top
    # of k equal largest terms, k - 1 count in `rest`
    return others, top, others.sum(axis=0) + (top.sum(axis=0) - 1)


def softmax(z: Array) -> Array:
    """exp(z) / sum of exp(z) down each column.

    >>> print(softmax(np.array([[1000.0, 0.0], [1000.0, -40.0]])))
    [[5.00000000e-01 1.00000000e+00]
     [5.00000000e-01 4.24835426e-18]]
    """
    others, top, rest = softmax_terms(z)
    return (others + top) / (1 + rest)


def with_ones(X: Any) -> Array:
    """X (n, m) with a row of ones under it, (n + 1, m), in X's memory order. An array of another
    class does it by a method of its own, as for numpy's functions (NEP 18)."""
    if not isinstance(X, np.ndarray):
        return X.__array_function__(with_ones, (type(X),), (X,), {})
    (n, m), (down, along) = X.shape, X.strides
    above = np.empty((n + 1, m), X.dtype, "F" if down < along else "C")
    above.fill(1)
    above[:n] = X
    return above


def uniform(X: Any, generator: Any) -> Array:
    """Random numbers in [0, 1) in the shape of X (n, m). They are drawn example by example, so they
    are the same whether the examples come all at once or block by block."""
    if not isinstance(X, np.ndarray):
        return X.__array_function__(uniform, (type(X),), (X, generator), {})
    return generator.random(X.shape[::-1], X.dtype).T


def totals(values: Any, runs: int = 1) -> Any:
    """Cut the columns into `runs` equal runs, and give for each run the sum of each row, in
    float64, (runs, rows). The sums of one run do not depend on the other runs."""
    exact = values if values.dtype == np.float64 else values.astype(np.float64)
    return exact.reshape(-1, runs, exact.shape[-1] // runs).sum(axis=2).T
