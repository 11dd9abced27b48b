"""What is read of steps, and what an epoch of them reports."""

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import TypeAlias

from tinynet.metrics.base import Metric

Sums: TypeAlias = Sequence[Sequence[float]]  # for each metric its sums over some examples
# what is read of a step: how many examples it counts for, its J, its sums
Reading: TypeAlias = tuple[float, float, Sums]
Row: TypeAlias = tuple[tuple[str, ...], tuple[float, ...]]  # the names and the numbers of an epoch


def added(sums: Sums, others: Sums) -> Sums:
    """The sums over two sets of examples together; the first may be nothing so far."""
    pairs = zip(sums, others, strict=True) if sums else ()
    return [[a + b for a, b in zip(*pair, strict=True)] for pair in pairs] or others


def counted(reading: Reading, weight: float) -> Reading:
    """What was read of a step whose examples have that weight on average."""
    m, J, sums = reading
    return m * weight, J, [[weight * x for x in own] for own in sums]


def rows(records: Sequence[Reading], steps: int, metrics: Mapping[str, Metric]) -> list[Row]:
    """What each epoch of so many steps reports, as far as it is whole: the mean of its costs, each
    before its step, and the metrics of all its examples."""
    if steps == 1 and not metrics:
        return [(("loss",), (J,)) for _, J, _ in records]
    found = list[Row]()
    for start in range(0, len(records) - steps + 1, steps):
        widths, costs, read = zip(*records[start : start + steps], strict=True)
        m, sums = sum(widths), reduce(added, read)
        J = sum(width / m * J for width, J in zip(widths, costs, strict=True))
        pairs = zip(metrics.values(), sums, strict=False)
        # of copies, which it may keep: what is read may be asked for again
        numbers = [metric.measured([*own], m) for metric, own in pairs]
        found.append((("loss", *metrics), (J, *numbers)))
    return found
