"""What is read of the steps of a training, and what the epochs report of it."""

from collections.abc import Sequence
from functools import reduce
from typing import TypeAlias

from tinynet.engine.work import Work
from tinynet.net.history import Row

Sums: TypeAlias = Sequence[Sequence[float]]  # for each metric its sums over some examples
Record: TypeAlias = tuple[int, float, Sums]  # what is read of a step: its examples, its J, its sums


def added(sums: Sums, others: Sums) -> Sums:
    """The sums over two sets of examples together; the first may be nothing so far."""
    pairs = zip(sums, others, strict=True) if sums else ()
    return [[a + b for a, b in zip(*pair, strict=True)] for pair in pairs] or others


def rows(records: Sequence[Record], steps: int, work: Work) -> list[Row]:
    """What each epoch of so many steps reports, as far as it is whole."""
    if steps == 1 and not work.metrics:
        return [(("loss",), (J,)) for _, J, _ in records]
    starts = range(0, len(records) - steps + 1, steps)
    return [row(records[start : start + steps], work) for start in starts]


def row(records: Sequence[Record], work: Work) -> Row:
    """What an epoch of steps reports: the mean of its costs, each before its step, and the metrics
    of all its examples."""
    m = sum(width for width, _, _ in records)
    J = sum(width / m * J for width, J, _ in records)
    sums = reduce(added, [found for _, _, found in records])
    pairs = zip(work.metrics.values(), sums, strict=False)
    return ("loss", *work.metrics), (J, *[metric.result(own, m) for metric, own in pairs])
