"""Float32 computed in float64, for activations whose formula would lose digits."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from tinynet.base import Array


def in_float64(method: Callable[[Any, Array], Array]) -> Callable[[Any, Array], Array]:
    """A method that takes float32 as float64, and rounds its result once."""

    @wraps(method)
    def rounded(self: Any, array: Array) -> Array:
        if array.dtype == np.float64:
            return method(self, array)
        return method(self, array.astype(np.float64)).astype(array.dtype)

    return rounded
