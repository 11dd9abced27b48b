"""Metrics: what `fit` and `evaluate` report beside the cost.

A metric reads one or more values of each example, and is computed from their sums over the
examples. So the sums of blocks and batches can be added up, even for a metric that is not a mean.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from tinynet import activations
from tinynet.activations import Activation
from tinynet.base import Array, Part, checks, read_only


class Metric(Part):
    """`read` gives k values for each example, (k, m) or (m,); `result` makes the metric from their
    sums over m examples. A class that says `steady = True` in its body promises that an example's
    values are those of its own outputs and targets, by the same numpy calls in every step."""

    steady = True

    def require(self, who: str, activation: Activation) -> None:
        """Refuse an output activation for which the metric makes no sense."""

    def read(self, activation: Activation, A: Array, Y: Array) -> Array:
        """The values of outputs A against targets Y, both (n_y, m)."""
        checks.unwritten(self.who, "read")

    def result(self, sums: Sequence[float], m: int) -> float:
        """The metric of m examples: by default the mean."""
        return sum(sums) / (len(sums) * m)

    def measured(self, sums: Sequence[float], m: int) -> float:
        """Its `result`, or NaN where that divides by zero: there it is not defined."""
        with suppress(ZeroDivisionError):
            return self.result(sums, m)
        return float("nan")


class Accuracy(Metric):
    """The share of right classes; of several sigmoids each output counts by itself.

    >>> import numpy as np
    >>> A, Y = np.array([[0.9, 0.4], [0.1, 0.6]]), np.array([[1, 1], [0, 0]])
    >>> Accuracy().read(activations.softmax, A, Y)
    array([ True, False])
    >>> Accuracy().result([1.0], 2)
    0.5
    """

    steady = True

    def require(self, who: str, activation: Activation) -> None:
        if not activation.classifies:
            expected = "a sigmoid or softmax output for accuracy"
            checks.refuse(who, expected, activations.label(activation), "it counts right classes")

    def read(self, activation: Activation, A: Array, Y: Array) -> Array:
        right: Array = activation.classes(A) == activation.classes(Y)
        return right


def values(metrics: Mapping[str, Metric], g: Activation, Z: Array, Y: Array) -> list[Array]:
    """What each metric reads of the outputs g(Z)."""
    A = read_only(g.value(Z) if metrics else Z)
    return [columns(name, "read", x.read(g, A, Y), Z) for name, x in metrics.items()]


def columns(who: str, what: str, read: Any, Z: Array) -> Any:
    """What was read; refused if it is not some numbers for each example."""
    shape: tuple[int, ...] = getattr(read, "shape", ())
    if len(shape) not in (1, 2) or shape[-1] != Z.shape[1]:
        checks.refuse(who, f"{what} to give numbers of each example, (k, m) or (m,)", shape)
    return read


METRICS: dict[str, Metric] = {"accuracy": Accuracy()}


def named_metrics(who: str, names: Any, activation: Activation) -> dict[str, Metric]:
    """The metrics under their names, for a net whose last activation is `activation`; a Metric
    object goes by the name of its class."""
    if not isinstance(names, (list, tuple)):
        cure = 'metrics=["accuracy"]'
        checks.refuse(who, "metrics as a list", checks.shown(names), cure, TypeError)
    found = {}
    for value in names:
        own = isinstance(value, Metric)
        metric = value if own else checks.known(who, "metrics", value, METRICS)
        metric.require(who, activation)
        name = getattr(value, "name", type(value).__name__.lower()) if own else value
        if name in found or name == "loss":
            cure = "give one of them a `name` in its class"
            checks.refuse(who, "metrics of different names", f"{name!r} again", cure)
        found[name] = metric
    return found
