"""The use of a net: its outputs, over a block of examples at a time, so that all on the way stays in a core's cache."""

import numpy as np

from tinynet import checks
from tinynet.checks import Array
from tinynet.cost import Chain

BLOCK = 32_768  # numbers that the widest layer makes at a time, about
LEAST = 256  # examples that are one block, however wide the layers


def outputs(net: Chain, X: Array) -> Array:
    """A of the last layer."""
    return blockwise(net, X, wanted=1)


def preactivations(net: Chain, X: Array) -> Array:
    """Z of the last layer."""
    return blockwise(net, X, wanted=0)


def blockwise(net: Chain, X: Array, wanted: int) -> Array:
    """The wanted one of what `through` gives."""
    m = X.shape[1]
    with np.errstate(all="ignore"):
        if m <= LEAST:
            return through(net, X)[wanted]
        size = max(LEAST, BLOCK // max(layer.units for layer in net.layers))
        result = np.empty((net.layers[-1].units, m), X.dtype)
        for start in range(0, m, size):
            block = slice(start, start + size)
            result[:, block] = through(net, X[:, block])[wanted]
    return result


def through(net: Chain, X: Array) -> tuple[Array, Array]:
    """Z and A of the last layer. A Z that overflows on the way is an error: it might have been any number."""
    for layer, Z, A in net.walk(X):
        if not (checks.all_finite(Z) and (layer is not net.layers[-1] or checks.all_finite(A))):
            checks.refuse(layer.who, "a finite output", "inf or NaN", error=FloatingPointError)
    return Z, A
