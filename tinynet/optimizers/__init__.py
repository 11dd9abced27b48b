"""Optimizers, how a gradient moves a parameter: the base class, then SGD before Adam; here their
names."""

from collections.abc import Callable
from typing import Any

from tinynet.base import checks
from tinynet.optimizers.adam import Adam
from tinynet.optimizers.base import Optimizer
from tinynet.optimizers.sgd import SGD

__all__ = ["SGD", "Adam", "Optimizer"]

OPTIMIZERS: dict[str, Callable[[], Optimizer]] = {"sgd": SGD, "adam": Adam}


def optimizer(who: str, value: Any) -> Optimizer:
    """An optimizer of one's own without earlier steps, from an object or its string."""
    own = (
        value.fresh()
        if isinstance(value, Optimizer)
        else checks.known(who, "optimizer", value, OPTIMIZERS)()
    )
    own.reset()
    return own
