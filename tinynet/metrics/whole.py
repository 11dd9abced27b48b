"""Metrics that no sums over the examples give: ROC AUC, and functions of a user's."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from tinynet.base import Array, checks
from tinynet.metrics.base import Metric


class Whole(Metric):
    """A metric of all outputs at once: for `evaluate` and validation data, not for the batches of a
    `fit`."""

    steady = True

    def measure(self, A: Array, Y: Array, weights: Array | None = None) -> float:
        checks.unwritten(self.who, "measure")


class ROCAUC(Whole):
    """The area under the curve of true against false positives: how probable it is that an example
    of class 1 has a larger output than one of class 0, ties counting half. NaN if there is one
    class only.

    >>> ROCAUC().measure(np.array([[0.1, 0.4, 0.35, 0.8]]), np.array([[0, 0, 1, 1]]))
    0.75
    """

    steady = True
    of_classes = True
    name = "roc_auc"

    def measure(self, A: Array, Y: Array, weights: Array | None = None) -> float:
        if len(A) > 2 or (len(A) == 2 and not np.allclose(A.sum(axis=0), 1)):
            checks.refuse(
                self.who, "one sigmoid, or a softmax over two classes", f"{len(A)} outputs"
            )
        w = np.ones(A.shape[1]) if weights is None else weights.astype(np.float64)
        _, place = np.unique(A[-1], return_inverse=True)
        is_one = Y[-1] > 0.5
        ones, zeros = (np.bincount(place, w * own) for own in (is_one, ~is_one))
        pairs = ones.sum() * zeros.sum()
        below = np.cumsum(zeros) - zeros / 2
        return float(ones @ below / pairs) if pairs else float("nan")


class Own(Whole):
    """A user's function of (Y, A), in the user's orientation; of (Y, A, sample_weight=...) if there
    are weights, which it gets with a mean of 1."""

    steady = True

    def __init__(self, function: Callable[..., Any], rows: bool) -> None:
        self.function, self.rows = function, rows
        self.name = getattr(function, "__name__", "metric")

    @property
    def who(self) -> str:
        return self.name

    def measure(self, A: Array, Y: Array, weights: Array | None = None) -> float:
        if weights is None:
            more: dict[str, Any] = {}
        elif "sample_weight" in inspect.signature(self.function).parameters:
            more = {"sample_weight": weights}
        else:
            cure = "give it that argument, or measure without weights"
            checks.refuse(self.who, "a metric that takes sample_weight", "none", cure)
        outputs = (Y.T, A.T) if self.rows else (Y, A)
        found = np.asarray(self.function(*outputs, **more))
        if found.ndim != 0 or found.dtype.kind not in "buif":
            got = checks.shown(found if found.ndim else found.item())
            checks.refuse(self.who, "a metric to give one number", got)
        return float(found)
