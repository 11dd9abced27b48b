"""The use of a net: its outputs, over a block of examples at a time, so that all on the way stays in a core's cache."""

import numpy as np

from tinynet import checks
from tinynet.checks import Array
from tinynet.cost import Chain

BLOCK = 32_768  # numbers that the widest layer makes at a time, about
LEAST = 256  # examples that are one block, however wide the layers


def outputs(net: Chain, X: Array) -> tuple[Array, Array]:
    """Z and A of the last layer. A Z that overflows on the way is an error: it might have been any number."""
    m = X.shape[1]
    with np.errstate(all="ignore"):
        if m <= LEAST:
            return block(net, X)
        size = max(LEAST, BLOCK // max(layer.units for layer in net.layers))
        Z, A = np.empty((2, net.layers[-1].units, m), X.dtype)
        for start in range(0, m, size):
            part = slice(start, start + size)
            Z[:, part], A[:, part] = block(net, X[:, part])
    return Z, A


def block(net: Chain, A: Array) -> tuple[Array, Array]:
    for layer in net.layers:
        Z = layer.preactivation(A)
        A = layer.activation.value(Z)
        if not (checks.all_finite(Z) and (layer is not net.layers[-1] or checks.all_finite(A))):
            checks.refuse(layer.who, "a finite output", "inf or NaN", error=FloatingPointError)
    return Z, A
