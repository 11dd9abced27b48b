"""The names of the losses, J of outputs A against targets Y. `base` has their base class and the
pair, the other files have one family each."""

from typing import Any

from tinynet.activations import Activation
from tinynet.base import checks
from tinynet.losses.base import Loss, Pair
from tinynet.losses.crossentropy import BinaryCrossEntropy, CrossEntropy, KullbackLeibler
from tinynet.losses.margin import Hinge
from tinynet.losses.regression import Huber, LogCosh, MeanAbsoluteError, MeanSquaredError, Poisson

__all__ = ["BinaryCrossEntropy", "CrossEntropy", "Hinge", "Huber", "KullbackLeibler", "LogCosh"]
__all__ += ["Loss", "MeanAbsoluteError", "MeanSquaredError", "Pair", "Poisson"]

LOSSES: dict[str, type[Loss]] = {
    "mse": MeanSquaredError,
    "mae": MeanAbsoluteError,
    "huber": Huber,
    "log_cosh": LogCosh,
    "poisson": Poisson,
    "hinge": Hinge,
    "binary_crossentropy": BinaryCrossEntropy,
    "categorical_crossentropy": CrossEntropy,
    "sparse_categorical_crossentropy": CrossEntropy,
    "kl_divergence": KullbackLeibler,
    "mean_squared_error": MeanSquaredError,
    "mean_absolute_error": MeanAbsoluteError,
    "bce": BinaryCrossEntropy,
    "kld": KullbackLeibler,
}


def loss(who: str, value: Any) -> Loss:
    """A new loss: a copy of an object, or what a string stands for."""
    return value.fresh() if isinstance(value, Loss) else checks.known(who, "loss", value, LOSSES)()


def matching(activation: Activation) -> Loss:
    """The loss whose `match` is this activation; mean squared error if there is none."""
    return next(
        (kind() for kind in LOSSES.values() if isinstance(activation, kind.match or ())),
        MeanSquaredError(),
    )
