"""Sums over the examples of a batch, or over the units of a layer."""

import numpy as np

from tinynet.base import Array

FEW = 128  # numpy itself adds up so many in one run


def total(a: Array, axis: int = 1) -> Array:
    """The sum of a (units, m) over its examples, (units, 1), or over its units, (1, m).

    Of few it is a product, the fastest sum there is. More are added up in float64: numpy adds the
    float32 of a row that does not lie in one piece, as in the transpose of examples in rows, one
    after the other, which leaves two or three digits of the sum of 1e7.
    """
    if a.shape[axis] <= FEW:
        ones = np.ones_like(a[:1] if axis else a[:, :1]).T
        product: Array = a.dot(ones) if axis else ones.dot(a)
        return product
    exact: Array = a.sum(axis=axis, keepdims=True, dtype=np.float64)
    return exact if a.dtype == np.float64 else exact.astype(a.dtype)
