"""What goes wrong: a net's first number that is not finite, by layer, and methods that a training
would pass by."""

import math
from collections.abc import Mapping

import numpy as np

from tinynet.base import checks
from tinynet.base.checks import Array
from tinynet.layers import Layer
from tinynet.losses import Loss
from tinynet.net.cost import Chain


def first_not_finite(net: Chain, X: Array, grads: Mapping[str, Array]) -> str:
    """Which layer is the first with an inf or a NaN, in its Z or A or else in its gradient."""
    with np.errstate(all="ignore"):
        for layer, Z, A in net.walk(X):
            if not (checks.all_finite(Z) and checks.all_finite(A)):
                return f"{layer.who} is the first whose output is not finite"
    for layer in net.layers:
        if not all(
            checks.all_finite(grads.get(f"{key}{layer.position}", X)) for key in layer.params
        ):
            return f"{layer.who} is the first whose gradient is not finite"
    return f"every output and gradient is finite up to {net.layers[-1].who}, but too large"


def require_finite(net: Chain, X: Array, J: float, grads: Mapping[str, Array] = {}) -> None:
    """Refuse a cost or a gradient that is not finite, and name the cause."""
    if not (math.isfinite(J) and all(map(checks.all_finite, grads.values()))):
        cause = first_not_finite(net, X, grads)
        checks.refuse(
            net.who, "a finite cost and gradient", "inf or NaN", cause, FloatingPointError
        )


def require_called(last: Layer, loss: Loss) -> None:
    """Refuse a `run` and a `pullback` that a cost does without: its pair takes the last Z, and sums
    the loss's costs."""
    parts: list[tuple[Layer | Loss, type[Layer | Loss], str]] = [
        (last, Layer, "put a Dense behind it"),
        (loss, Loss, "write costs and derivative"),
    ]
    for part, kind, cure in parts:
        for name in ("run", "pullback"):
            if getattr(type(part), name) is not getattr(kind, name):
                expected = f"the {name} of {kind.__name__} in a model's last layer and in its loss"
                checks.refuse(part.who, expected, "its own", cure, TypeError)
