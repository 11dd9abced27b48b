"""Metrics: what a user wants to read beside the cost, as functions of outputs A and targets Y, both
(n_y, m)."""

from collections.abc import Callable, Mapping
from typing import Any

from tinynet import activations
from tinynet.base import checks, functions
from tinynet.base.checks import Array

Metric = Callable[
    [activations.Activation, Array, Array], Array
]  # reported is the mean of its entries


def accuracy(activation: activations.Activation, A: Array, Y: Array) -> Array:
    """Whether each class is right; several sigmoids count one by one.

    >>> import numpy as np
    >>> accuracy(activations.sigmoid, np.array([[0.9, 0.4]]), np.array([[1, 1]]))
    array([[ True, False]])
    >>> A, Y = np.array([[0.9, 0.4], [0.1, 0.6]]), np.array([[1, 1], [0, 0]])
    >>> accuracy(activations.softmax, A, Y)
    array([ True, False])
    """
    right: Array = activation.classes(A) == activation.classes(Y)
    return right


def values(
    metrics: Mapping[str, Metric], activation: activations.Activation, Z: Array, Y: Array
) -> dict[str, Array]:
    """Each metric of the outputs activation(Z), entry by entry."""
    if not metrics:
        return {}
    A = activation.value(Z)
    return {name: metric(activation, A, Y) for name, metric in metrics.items()}


def means(read: Array, runs: int = 1) -> list[float]:
    return [total * runs / read.size for total in functions.sums(read, runs)]


METRICS: dict[str, Metric] = {"accuracy": accuracy}


def named_metrics(who: str, names: Any, activation: activations.Activation) -> dict[str, Metric]:
    """The functions that names stand for on a net that ends in `activation`."""
    if not isinstance(names, (list, tuple)):
        checks.refuse(
            who, "metrics as a list", checks.shown(names), 'metrics=["accuracy"]', TypeError
        )
    found = {name: checks.known(who, "metrics", name, METRICS) for name in names}
    if found and not activation.classifies:
        checks.refuse(
            who,
            "a sigmoid or softmax output for accuracy",
            activations.label(activation),
            "it counts right classes",
        )
    return found
