"""Losses, J of outputs A against targets Y: the base class and its pair, then the parts by family;
here their names."""

from typing import Any

from tinynet.activations import Activation
from tinynet.base import checks
from tinynet.losses.base import Loss, Pair
from tinynet.losses.crossentropy import BinaryCrossEntropy, CrossEntropy
from tinynet.losses.regression import MeanSquaredError

__all__ = ["BinaryCrossEntropy", "CrossEntropy", "Loss", "MeanSquaredError", "Pair"]

LOSSES: dict[str, type[Loss]] = {
    "mse": MeanSquaredError,
    "binary_crossentropy": BinaryCrossEntropy,
    "categorical_crossentropy": CrossEntropy,
    "sparse_categorical_crossentropy": CrossEntropy,
}


def loss(who: str, value: Any) -> Loss:
    """A loss of one's own, from an object or its string."""
    return value.fresh() if isinstance(value, Loss) else checks.known(who, "loss", value, LOSSES)()


def matching(activation: Activation) -> Loss:
    """The loss that takes this activation and no other; mean squared error where there is none."""
    return next(
        (kind() for kind in LOSSES.values() if isinstance(activation, kind.match or ())),
        MeanSquaredError(),
    )
