"""The names of the layers, which make Z from X and then A = g(Z), and of the initializers. `base`
has the layers' base class."""

from collections.abc import Sequence
from typing import Any

from tinynet.base import checks
from tinynet.layers.base import Layer
from tinynet.layers.dense import Dense
from tinynet.layers.initializers import (
    Constant,
    Glorot,
    He,
    Initializer,
    LeCun,
    Normal,
    Orthogonal,
    TruncatedNormal,
    Uniform,
    Zeros,
)
from tinynet.layers.regularizers import L1, L1L2, L2, Regularizer

__all__ = ["L1", "L1L2", "L2", "Constant", "Dense", "Glorot", "He", "Initializer", "Layer", "LeCun"]
__all__ += ["Normal", "Orthogonal", "Regularizer", "TruncatedNormal", "Uniform", "Zeros"]


def require_layers(who: str, layers: Any, others: Sequence[Any]) -> None:
    """Refuse anything but a list of layers."""
    expected, cure = "a list of layers", "Sequential([Dense(4, tanh), ...])"
    if others:
        checks.refuse(who, expected, f"{1 + len(others)} arguments", cure, TypeError)
    if not isinstance(layers, (list, tuple)) or not layers:
        checks.refuse(who, expected, checks.shown(layers), cure, TypeError)
    for layer in layers:
        if not isinstance(layer, Layer):
            got, cure = f"one with {checks.shown(layer)}", checks.call_it(layer, "...") or cure
            checks.refuse(who, expected, got, cure, TypeError)
