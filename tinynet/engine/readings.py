"""What steps cost: the outputs that wait are read together, those of up to 64 steps in one go."""

from collections.abc import Callable, Sequence
from itertools import islice, repeat
from typing import TypeAlias

from tinynet.base import functions, in_one_go, read_only
from tinynet.engine.batch import Batch
from tinynet.engine.work import Work
from tinynet.net.history import Row
from tinynet.tape.recording import Bound

Sums: TypeAlias = Sequence[Sequence[float]]  # for each metric its sums over some examples
Record: TypeAlias = tuple[int, float, Sums]  # what is read of a step: its examples, its J, its sums


class Readings:
    """Reads the steps whose outputs wait in a batch's memory; `make` makes what reads a stretch of
    them."""

    def __init__(self, work: Work, batch: Batch, make: Callable[..., Bound]) -> None:
        self.work, self.batch, self.make = work, batch, make
        self.bound = dict[int, list[Bound]]()
        self.ready = set[int]()  # for how many steps the targets are repeated

    def read(self, steps: int) -> list[Record]:
        """The records of the first steps that wait."""
        batch, cost = self.batch, self.work.cost
        room = self.room_for(steps)
        if batch.fixed and batch.room > 1 and room not in self.ready:
            self.repeat_targets(room)
        J, sums = batch.penalties[:room].tolist(), list[Sums]([()] * room)
        for part in self.parts(room):
            costs, *others = part.play()
            J = cost.J(costs, batch.Z, J)  # of several blocks the sum
            if others:
                found = [functions.totals(read, room) for read in others]
                sums = [*map(added, sums, zip(*found, strict=True))]
        return list(islice(zip(repeat(batch.width), J, sums, strict=False), steps))

    def room_for(self, steps: int) -> int:
        """How many places are read: a power of two, so that there are few recordings; and at least
        two columns, since numpy adds up a single one in another order."""
        least = 2 if self.batch.width == 1 else 1
        return min(self.batch.room, max(least, 1 << (steps - 1).bit_length()))

    def parts(self, room: int) -> list[Bound]:
        """What reads so many places: of one step block by block."""
        batch = self.batch
        if room not in self.bound:
            one = [slice(0, room * batch.width)]
            constant = [1] if batch.fixed and batch.room > 1 else []
            self.bound[room] = [
                self.make([read_only(a[:, part]) for a in (batch.outputs, batch.targets)], constant)
                for part in (batch.blocks if len(batch.blocks) > 1 else one)
            ]
        return self.bound[room]

    def renew(self) -> None:
        """The targets are others."""
        self.ready = set[int]()

    def repeat_targets(self, room: int) -> None:
        """Those of all examples, beside the outputs of each step."""
        for place in self.batch.places[:room]:
            self.batch.targets[:, place] = self.batch.Y
        for part in self.bound.get(room, []):
            in_one_go(part.prologue)
        self.ready.add(room)


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
    (m, J, sums), *others = records
    if others:
        m = sum(width for width, _, _ in records)
        J = sum(width / m * J for width, J, _ in records)
    for _, _, found in others:
        sums = added(sums, found)
    pairs = zip(work.metrics.values(), sums, strict=False)
    return ("loss", *work.metrics), (J, *[metric.result(own, m) for metric, own in pairs])
