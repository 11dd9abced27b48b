"""The use of a net: its outputs, over a block of examples at a time, so that all on the way stays
in a core's cache."""

import functools
import math
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numpy as np

from tinynet.base import checks
from tinynet.base.checks import Array
from tinynet.net.cost import Chain

BLOCK = 32_768  # numbers that the widest layer makes at a time, about
LEAST = 256  # examples that are one block, however wide the layers
P = ParamSpec("P")
T = TypeVar("T")


def quietly(function: Callable[P, T]) -> Callable[P, T]:
    """Without numpy's warnings. As a decorator errstate costs a third of a `with`, but numpy 1
    cannot enter one twice."""
    if np.lib.NumpyVersion(np.__version__) >= "2.0.0":
        return np.errstate(all="ignore")(function)

    @functools.wraps(function)
    def quiet(*args: P.args, **kwargs: P.kwargs) -> T:
        with np.errstate(all="ignore"):
            return function(*args, **kwargs)

    return quiet


@quietly
def outputs(net: Chain, X: Array, activated: bool = True) -> Array:
    """A of the last layer, or else its Z."""
    m = X.shape[1]
    if m <= LEAST:
        return np.asarray(through(net, X)[activated], X.dtype)
    size = max(LEAST, BLOCK // max(layer.units for layer in net.layers))
    result = np.empty((net.layers[-1].units, m), X.dtype)
    for start in range(0, m, size):
        block = slice(start, start + size)
        result[:, block] = through(net, X[:, block])[activated]
    return result


def through(net: Chain, X: Array) -> tuple[Array, Array]:
    """Z and A of the last layer. A Z that overflows on the way is an error: it might have been any
    number."""
    A, seen = X, 0.0  # a sum of z a over all, which is finite only if each of them is
    for layer in net.layers:
        Z = layer.preactivation(A)
        A = layer.activation.value(Z)
        seen += Z.ravel().dot(A.ravel())
    if not math.isfinite(seen):
        for layer, *outputs in net.walk(X):
            if not all(map(checks.all_finite, outputs)):
                checks.refuse(layer.who, "a finite output", "inf or NaN", error=FloatingPointError)
    return Z, A
