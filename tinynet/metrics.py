"""Metrics: what a user wants to read beside the cost, as functions of outputs A and targets Y, both (n_y, m)."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tinynet import activations, checks
from tinynet.checks import Array

Metric = Callable[[activations.Activation, Array, Array], float]


def accuracy(activation: activations.Activation, A: Array, Y: Array) -> float:
    """The share of right classes; those of several sigmoids count one by one.

    >>> accuracy(activations.sigmoid, np.array([[0.9, 0.4]]), np.array([[1, 1]]))
    0.5
    >>> accuracy(activations.softmax, np.array([[0.9, 0.4], [0.1, 0.6]]), np.array([[1, 1], [0, 0]]))
    0.5
    """
    right = activation.classes(A) == activation.classes(Y)
    return float(np.count_nonzero(right) / right.size)


METRICS: dict[str, Metric] = {"accuracy": accuracy}


def named_metrics(who: str, names: Any, activation: activations.Activation) -> dict[str, Metric]:
    """The functions that names stand for on a net that ends in `activation`."""
    if not isinstance(names, (list, tuple)):
        checks.refuse(who, "metrics as a list", checks.shown(names), 'metrics=["accuracy"]', TypeError)
    found = {name: checks.known(who, "metrics", name, METRICS) for name in names}
    if found and not activation.classifies:
        checks.refuse(who, "a sigmoid or softmax output for accuracy", activation.label, "it counts right classes")
    return found
