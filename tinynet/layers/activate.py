"""An activation as a layer of its own."""

from collections.abc import Mapping
from typing import Any

from tinynet import activations
from tinynet.activations import Activation
from tinynet.base import Array
from tinynet.layers.same_width import SameWidth


class Activate(SameWidth):
    """A = g(X), without parameters: what an activation that stands alone in a `Sequential` becomes.

    >>> import numpy as np
    >>> Activate("relu").build(1)(np.array([[-1.0, 2.0]])).tolist()
    [[0.0, 2.0]]
    """

    steady = True

    def __init__(self, activation: Activation | str) -> None:
        super().__init__(activation)

    def preactivation(self, X: Array) -> Array:
        return X

    def input_gradient(self, dZ: Array, cache: Mapping[str, Any]) -> Array:
        return dZ

    def __repr__(self) -> str:
        return f"Activate({activations.label(self.activation)})"
