"""What steps cost: the outputs that wait are read together, those of up to 64 steps in one go."""

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from tinynet.base import functions
from tinynet.base.calls import in_one_go
from tinynet.base.checks import Array
from tinynet.engine.batch import Batch
from tinynet.engine.work import Work
from tinynet.net.history import Row
from tinynet.net.metrics import values
from tinynet.tape.memory import Arena
from tinynet.tape.recording import Bound, Recording


class Record(NamedTuple):
    """What is read of one step: J, and for each metric its sums over the examples."""

    width: int
    J: float
    sums: Sequence[Sequence[float]]


class Readings:
    """Reads the steps whose outputs wait in a batch's memory."""

    def __init__(self, work: Work, batch: Batch, arena: Arena | None = None) -> None:
        self.work, self.batch, self.arena = work, batch, arena
        self.recordings = dict[Any, Recording]()
        self.bound = dict[int, list[Bound]]()
        self.ready = set[int]()  # for how many steps the targets are repeated

    def read(self, steps: int) -> list[Record]:
        """The records of the first steps that wait."""
        batch, cost = self.batch, self.work.cost
        room = self.room_for(steps)
        if batch.fixed and room not in self.ready:
            self.repeat_targets(room)
        J: list[float] = batch.penalties[:room].tolist()
        sums: list[list[list[float]]] = [[[]] * room for _ in self.work.metrics]
        for costs, *others in self.played(room) if self.arena else self.walked(room):
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

    def stretches(self, room: int) -> list[slice]:
        if len(self.batch.blocks) > 1:
            return self.batch.blocks
        return [slice(0, room * self.batch.width)]

    def entries(self, cost: Any, Z: Any, Y: Any) -> list[Any]:
        """The costs and what the metrics read, in float64."""
        pair = cost.pair
        read = [cost.costs(Z, Y), *values(self.work.metrics, pair.activation, Z, Y)]
        return [a if a.dtype == np.float64 else a.astype(np.float64) for a in read]

    def walked(self, room: int) -> Iterator[list[Array]]:
        for part in self.stretches(room):
            yield self.entries(self.work.cost, self.batch.Z[:, part], self.batch.targets[:, part])

    def played(self, room: int) -> Iterator[list[Array]]:
        if room not in self.bound:
            self.bound[room] = [self.recorded(part) for part in self.stretches(room)]
        for calls, results, _ in self.bound[room]:
            in_one_go(calls)
            yield results

    def recorded(self, part: slice) -> Bound:
        arrays = [self.batch.Z[:, part], self.batch.targets[:, part]]
        shape = arrays[0].shape
        if shape not in self.recordings:
            assert self.arena is not None
            twin = self.work.twins()[0]
            self.recordings[shape] = Recording(
                lambda Z, Y: ([], self.entries(twin, Z, Y)),
                arrays,
                self.arena,
                constant=[1] if self.batch.fixed else [],
            )
        return self.recordings[shape].bind(arrays)

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

    def unbind(self) -> None:
        """Let go of a user's arrays."""
        self.bound = {}
        for recording in self.recordings.values():
            recording.unbind()

    def forget(self) -> None:
        for recording in self.recordings.values():
            recording.forget()


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
