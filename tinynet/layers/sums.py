"""Sums over the examples of a batch."""

import numpy as np

from tinynet.base import Array


def over_examples(a: Array) -> Array:
    """The sum of each unit's row, (units, 1), in the dtype of a, (units, m).

    Added up in float64: numpy adds the float32 of a row that does not lie in one piece, as in the
    transpose of examples in rows, one after the other, which loses two digits in 1e7 of them.
    """
    exact: Array = a.sum(axis=1, keepdims=True, dtype=np.float64)
    return exact if a.dtype == np.float64 else exact.astype(a.dtype)
