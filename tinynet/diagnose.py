"""What went wrong: a net's first number that is not finite, by layer."""

import math
from collections.abc import Mapping

import numpy as np

from tinynet import checks
from tinynet.checks import Array
from tinynet.cost import Chain


def first_not_finite(net: Chain, X: Array, grads: Mapping[str, Array]) -> str:
    """Which layer is the first with an inf or a NaN, in its Z or A or else in its gradient."""
    with np.errstate(all="ignore"):
        for layer, Z, A in net.walk(X):
            if not (checks.all_finite(Z) and checks.all_finite(A)):
                return f"{layer.who} is the first whose output is not finite"
    for layer in net.layers:
        if not all(checks.all_finite(grads.get(f"{key}{layer.position}", X)) for key in layer.params):
            return f"{layer.who} is the first whose gradient is not finite"
    return f"every output and gradient is finite up to {net.layers[-1].who}, but too large"


def require_finite(net: Chain, X: Array, J: float, grads: Mapping[str, Array] = {}) -> None:
    """Refuse a cost or a gradient that is not finite, and name the cause."""
    if not (math.isfinite(J) and all(map(checks.all_finite, grads.values()))):
        cause = first_not_finite(net, X, grads)
        checks.refuse(net.who, "a finite cost and gradient", "inf or NaN", cause, FloatingPointError)
