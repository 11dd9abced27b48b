"""The names of the optimizers, which move parameters by their gradients. `base` has their base
class."""

from collections.abc import Callable
from typing import Any

from tinynet.base import checks
from tinynet.optimizers.adagrad import Adagrad
from tinynet.optimizers.adam import Adam, AdamW
from tinynet.optimizers.base import Optimizer
from tinynet.optimizers.hypergradient import Hypergradient
from tinynet.optimizers.rmsprop import RMSProp
from tinynet.optimizers.schedules import (
    CosineDecay,
    ExponentialDecay,
    PiecewiseConstant,
    Schedule,
    StepDecay,
)
from tinynet.optimizers.sgd import SGD

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "CosineDecay", "ExponentialDecay", "Optimizer"]
__all__ += ["Hypergradient", "PiecewiseConstant", "RMSProp", "Schedule", "StepDecay"]

RATES = "learning_rate", "log_rate"  # numbers of an optimizer that change from step to step

OPTIMIZERS: dict[str, Callable[[], Optimizer]] = {
    "sgd": SGD,
    "adam": Adam,
    "adamw": AdamW,
    "rmsprop": RMSProp,
    "adagrad": Adagrad,
}


def optimizer(who: str, value: Any) -> Optimizer:
    """A new optimizer without earlier steps: a copy of an object, or what a string stands for."""
    if isinstance(value, Optimizer) and "taken" not in vars(value):
        name, cure = type(value).__name__, "call it first: super().__init__(learning_rate)"
        checks.refuse(name, "the __init__ of Optimizer", "one without it", cure, TypeError)
    own = (
        value.fresh()
        if isinstance(value, Optimizer)
        else checks.known(who, "optimizer", value, OPTIMIZERS)()
    )
    own.reset()
    return own
