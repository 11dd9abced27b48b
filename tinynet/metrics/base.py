"""The base class of metrics: what `fit` and `evaluate` report beside the cost.

A metric reads one or more values of each example, and is computed from their sums over the
examples. So the sums of blocks and batches can be added up, even for a metric that is not a mean.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from tinynet.activations import Activation
from tinynet.base import Array, Part, checks, read_only


class Metric(Part):
    """`read` gives k values for each example, (k, m) or (m,); `result` makes the metric from their
    sums over m examples. A class that says `steady = True` in its body promises that an example's
    values are those of its own outputs and targets, by the same numpy calls in every step."""

    steady = True
    of_classes = False  # whether outputs must stand for classes, as those of a sigmoid do

    def read(self, activation: Activation, A: Array, Y: Array) -> Array:
        """The values of outputs A against targets Y, both (n_y, m)."""
        checks.unwritten(self.who, "read")

    def result(self, sums: Sequence[float], m: int) -> float:
        """The metric of m examples: by default the mean."""
        return sum(sums) / (len(sums) * m)

    def measured(self, sums: Sequence[float], m: int) -> float:
        """Its `result`, or NaN where that divides by zero: there it is not defined."""
        with suppress(ZeroDivisionError):
            return float(self.result(sums, m))
        return float("nan")


def values(
    metrics: Mapping[str, Metric], g: Activation, Z: Array, Y: Array, weights: Any = None
) -> list[Array]:
    """What each metric reads of the outputs g(Z), each example's times its weight if there are
    any."""
    A = read_only(g.value(Z) if metrics else Z)
    read = [columns(name, metric.read(g, A, Y), Z) for name, metric in metrics.items()]
    return read if weights is None else [a * weights for a in read]


def columns(who: str, read: Any, Z: Array) -> Any:
    """What was read; refused if it is not some numbers for each example."""
    shape: tuple[int, ...] = getattr(read, "shape", ())
    if len(shape) not in (1, 2) or shape[-1] != Z.shape[1]:
        checks.refuse(who, "read to give numbers of each example, (k, m) or (m,)", shape)
    return read
