"""What goes wrong: the first layer with inf or NaN, and overridden methods that a training would
never call."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tinynet.activations import Activation
from tinynet.base import Array, Node, checks
from tinynet.layers import Layer, Regularizer
from tinynet.losses import Loss
from tinynet.net.blocks import parts_of
from tinynet.net.cost import Chain
from tinynet.optimizers import Optimizer


def first_not_finite(net: Chain, blocks: Iterable[Array], grads: Mapping[str, Array]) -> str:
    """Which layer is the first with an inf or a NaN, in its Z or A or else in its gradient;
    `blocks` are those of X."""
    with np.errstate(all="ignore"):
        for X in blocks:
            for layer, Z, A in net.each_output(X):
                if not (checks.all_finite(Z) and checks.all_finite(A)):
                    return f"{layer.who} is the first whose output is not finite"
    for layer in net.layers:
        own = [grads.get(f"{key}{layer.position}", p) for key, p in layer.params.items()]
        if not all(map(checks.all_finite, own)):
            return f"{layer.who} is the first whose gradient is not finite"
    return f"every output and gradient is finite up to {net.layers[-1].who}, but too large"


def require_finite(net: Chain, X: Array, J: float, grads: Mapping[str, Array] = {}) -> None:
    """Refuse a cost or a gradient that is not finite, and name the cause."""
    if not (np.isfinite(J) and all(map(checks.all_finite, grads.values()))):
        expected, cause = "a finite cost and gradient", first_not_finite(net, [X], grads)
        checks.refuse(net.who, expected, "inf or NaN", cause, FloatingPointError)


def require_called(layers: Sequence[Layer], loss: Loss, optimizer: Optimizer) -> None:
    """Refuse overridden methods that a training would never call."""
    last, everywhere = layers[-1], parts_of(layers)
    behind, inside = "put a Dense behind it", " in a model's last layer and in its loss"
    penalties = [part for part in everywhere if isinstance(part, Regularizer)]
    verbs = ["forward", "backward", "__call__"]
    passed_by: list[tuple[Any, list[str], str, str]] = [
        (last, ["run", "pullback", "value"], inside, behind),
        (last.activation, ["run"], inside, behind),
        *((part, ["run", "pullback"], "", "write value and derivative") for part in penalties),
        (loss, ["run", "pullback", "value", *verbs], inside, "write costs and derivative"),
        (optimizer, ["value", "update", "write", *verbs], "", "write step, or advance for all"),
        *((part, verbs, "", "write run and pullback, or value") for part in everywhere),
    ]
    for part, names, where, cure in passed_by:
        kinds = Layer, Activation, Loss, Optimizer, Regularizer, Node
        kind = next(k for k in kinds if isinstance(part, k))
        for name in names:
            if getattr(type(part), name) is not getattr(kind, name):
                expected = f"the {name} of {kind.__name__}{where}"
                checks.refuse(part.who, expected, "its own", cure, TypeError)
