"""Metrics: what a user wants to read beside the cost, as pure functions of outputs A and targets Y, both (n_y, m)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinynet import activations, checks
from tinynet.checks import Array

Metric = Callable[[Array, Array], float]


def binary_accuracy(A: Array, Y: Array) -> float:
    """The share of outputs on their target's side of 0.5.

    >>> binary_accuracy(np.array([[0.9, 0.4]]), np.array([[1, 1]]))
    0.5
    """
    return float(np.count_nonzero((A > 0.5) == (Y > 0.5)) / A.size)


def categorical_accuracy(A: Array, Y: Array) -> float:
    """The share of columns whose largest output is at their target's largest entry.

    >>> categorical_accuracy(np.array([[0.9, 0.4], [0.1, 0.6]]), np.array([[1, 1], [0, 0]]))
    0.5
    """
    return float(np.count_nonzero(A.argmax(axis=0) == Y.argmax(axis=0)) / A.shape[1])


ACCURACIES: dict[type[activations.Activation], Metric] = {
    activations.Sigmoid: binary_accuracy,
    activations.Softmax: categorical_accuracy,
}


def metric_functions(who: str, names: Any, activation: activations.Activation) -> dict[str, Metric]:
    """The functions that names stand for on a net that ends in `activation`."""
    if isinstance(names, str) or not isinstance(names, (list, tuple)):
        raise TypeError(checks.sentence(who, "metrics as a list", checks.shown(names), 'metrics=["accuracy"]'))
    for name in names:
        checks.known(who, "metrics", name, {"accuracy": ACCURACIES})
        if type(activation) not in ACCURACIES:
            cure = "it counts right classes"
            raise ValueError(checks.sentence(who, "a sigmoid or softmax output for accuracy", activation.label, cure))
    return {name: ACCURACIES[type(activation)] for name in names}
