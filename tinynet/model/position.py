"""Where a fit was left, so that another one can go on from there.

It is all that the model does not know by itself: how much of an epoch is done and what was read of
it, in which order its examples come, what the callbacks counted.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tinynet.base import Array
from tinynet.metrics.epochs import Reading
from tinynet.model.kept import CallbackState
from tinynet.model.snapshot import Snapshot


class Position(NamedTuple):
    """Of a fit that was left."""

    first: int  # epochs in the History before it
    epochs: int  # that it was to do
    steps: int  # of the optimizer
    source: Mapping[str, Any]  # what it goes over
    records: Array  # of the epoch that is begun, a row a step: its examples, its J, its sums
    sums: Sequence[int]  # how many there are of each metric
    order: Any = None  # a generator that draws the order of this epoch, if it was drawn
    fingerprint: str = ""  # of the model when it was left
    looked: Sequence[int] | None = None  # which callbacks looked at the last epoch, if not yet all
    stop: bool = False  # whether one of them said so
    callbacks: Sequence[CallbackState] = ()
    over: bool = False  # whether nothing is left to do
    torn: str = ""  # why nobody can go on from here
    moment: Snapshot | None = None  # where the training stood, if it may stand elsewhere now

    @property
    def within(self) -> bool:
        """Whether it is within an epoch."""
        return len(self.records) > 0 or self.order is not None

    def lost(self, since: str) -> "Position | None":
        """What is left of it when somebody has moved the model; nothing if nothing was to do."""
        if self.over:
            return None
        records, sums = packed([])
        torn = f"a model as its fit was left, got one that was moved since, by {since}"
        return Position(
            first=self.first,
            epochs=self.epochs,
            steps=self.steps,
            source={},
            records=records,
            sums=sums,
            callbacks=[],
            torn=torn,
        )


def packed(records: Sequence[Reading]) -> tuple[Array, list[int]]:
    """What was read of some steps as numbers in rows, and how many each metric has."""
    sums = [len(own) for own in records[0][2]] if records else []
    flat = [[m, J, *(x for own in read for x in own)] for m, J, read in records]
    return np.array(flat, np.float64).reshape(len(flat), 2 + sum(sums)), sums


def unpacked(records: Array, sums: Sequence[int]) -> list[Reading]:
    """What was read of some steps, from such rows."""
    found = list[Reading]()
    for m, J, *read in records.tolist():
        left = iter(read)
        found.append((m, J, [[next(left) for _ in range(n)] for n in sums]))
    return found
