"""The names of the layers, which make Z from X and then A = g(Z), and of the initializers. `base`
has the layers' base class."""

import itertools
from collections.abc import Sequence
from typing import Any

from tinynet.activations import Activation
from tinynet.base import checks
from tinynet.layers.activate import Activate
from tinynet.layers.base import Layer
from tinynet.layers.dense import Dense
from tinynet.layers.dropout import Dropout
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
from tinynet.layers.normalization import BatchNorm, LayerNorm
from tinynet.layers.regularizers import L1, L1L2, L2, Regularizer
from tinynet.layers.standardize import Standardize

__all__ = ["L1", "L1L2", "L2", "Activate", "BatchNorm", "Constant", "Dense", "Dropout", "Glorot"]
__all__ += ["He", "Initializer", "Layer", "LayerNorm", "LeCun", "Normal", "Orthogonal"]
__all__ += ["Regularizer", "Standardize", "TruncatedNormal", "Uniform", "Zeros"]


def own_layers(who: str, layers: Any, others: Sequence[Any]) -> list[Layer]:
    """The layers of a net, an activation that stands alone as one; refused if they are anything but
    a list of new layers."""
    expected, cure = "a list of layers", "Sequential([Dense(4, tanh), ...])"
    if others:
        checks.refuse(who, expected, f"{1 + len(others)} arguments", cure, TypeError)
    if not isinstance(layers, (list, tuple)) or not layers:
        checks.refuse(who, expected, checks.shown(layers), cure, TypeError)
    found = [Activate(x) if isinstance(x, Activation) else x for x in layers]
    for layer in found:
        if not isinstance(layer, Layer):
            got, cure = f"one with {checks.shown(layer)}", checks.call_it(layer, "...") or cure
            checks.refuse(who, expected, got, cure, TypeError)
    for i, layer in enumerate(found):
        if layer.position or layer.n_in or any(layer is other for other in found[:i]):
            cure = "make a new layer for each place; set_weights gives it weights"
            checks.refuse(who, "new layers, each in one place", f"{layer!r} again", cure)
    for before, layer in itertools.pairwise(found):
        if isinstance(layer, Standardize):
            cure = "BatchNorm or LayerNorm normalizes inside a net"
            checks.refuse(who, "Standardize as the first layer", f"it behind {before!r}", cure)
        if layer.units == 0:  # as many as inputs
            vars(layer)["units"] = before.units
    if found[-1].units == 0:
        cure = "such as a Dense, whose units are those of its outputs"
        checks.refuse(who, "a layer that says its units", "none", cure)
    return found
