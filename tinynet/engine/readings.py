"""What steps cost: the outputs that wait are read together, those of up to 64 steps in one go."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tinynet.base import functions
from tinynet.base.calls import in_one_go
from tinynet.engine.batch import Batch
from tinynet.engine.step import Written
from tinynet.engine.work import Work
from tinynet.net.history import Row
from tinynet.tape.recording import Bound


class Record(NamedTuple):
    """What is read of one step: J, and for each metric its sums over the examples."""

    width: int
    J: float
    sums: Sequence[Sequence[float]]


class Readings:
    """Reads the steps whose outputs wait in a batch's memory; `make` makes what reads a stretch of
    them."""

    def __init__(self, work: Work, batch: Batch, make: Callable[..., Bound | Written]) -> None:
        self.work, self.batch, self.make = work, batch, make
        self.bound = dict[int, list[Bound | Written]]()
        self.ready = set[int]()  # for how many steps the targets are repeated

    def read(self, steps: int) -> list[Record]:
        """The records of the first steps that wait."""
        batch, cost = self.batch, self.work.cost
        room = self.room_for(steps)
        if batch.fixed and room not in self.ready:
            self.repeat_targets(room)
        J: list[float] = batch.penalties[:room].tolist()
        sums: list[list[list[float]]] = [[[]] * room for _ in self.work.metrics]
        for part in self.parts(room):
            costs, *others = part.play()
            J = cost.J(costs, batch.Z[:, : batch.width], J)  # of several blocks the sum
            for i, read in enumerate(others):
                found = functions.totals(read, room)
                sums[i] = [added(a, b) for a, b in zip(sums[i], found, strict=True)]
        return [Record(batch.width, J[i], [own[i] for own in sums]) for i in range(steps)]

    def room_for(self, steps: int) -> int:
        """How many places are read: a power of two, so that there are few recordings; and at least
        two columns, since numpy adds up a single one in another order."""
        least = 2 if self.batch.width == 1 else 1
        return min(self.batch.room, max(least, 1 << (steps - 1).bit_length()))

    def parts(self, room: int) -> list[Bound | Written]:
        """What reads so many places: of one step block by block."""
        batch = self.batch
        if room not in self.bound:
            one = [slice(0, room * batch.width)]
            self.bound[room] = [
                self.make([batch.Z[:, part], batch.targets[:, part]], [1] if batch.fixed else [])
                for part in (batch.blocks if len(batch.blocks) > 1 else one)
            ]
        return self.bound[room]

    def renew(self) -> None:
        """The targets are others."""
        self.ready = set[int]()
        if self.batch.borrows:
            self.bound = {}

    def repeat_targets(self, room: int) -> None:
        """Those of all examples, beside the outputs of each step."""
        for place in self.batch.places[:room]:
            self.batch.waiting[:, place] = self.batch.Y
        for part in self.bound.get(room, []):
            in_one_go(part.prologue)
        self.ready.add(room)


def added(sums: Sequence[float], others: Sequence[float]) -> list[float]:
    return [a + b for a, b in zip(sums, others, strict=True)] if sums else list(others)


def row(records: Sequence[Record], work: Work) -> Row:
    """What an epoch of steps reports: the mean of its costs, each before its step, and the metrics
    of all its examples."""
    m = sum(record.width for record in records)
    J = math.fsum(record.width / m * record.J for record in records)
    numbers = [J]
    for i, metric in enumerate(work.metrics.values()):
        sums: Sequence[float] = []
        for record in records:
            sums = added(sums, record.sums[i])
        numbers.append(metric.result(sums, m))
    return ("loss", *work.metrics), tuple(numbers)
