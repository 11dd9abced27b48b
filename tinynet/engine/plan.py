"""A step settled before it is taken, over the arrays of a training: recorded on a tape, or a list
of the methods as they are written.

Nobody reads a cost before its chunk of steps ends. So the outputs Z of the steps wait side by side,
and one play of another tape reads the costs and metrics of them all.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import chain, count, islice, repeat
from typing import Any

import numpy as np

from tinynet.base import Array, checks, functions, in_one_go, no_writes, read_only
from tinynet.engine.batch import Batch
from tinynet.engine.readings import Record, Sums, added
from tinynet.engine.step import Step, written
from tinynet.engine.store import Store, put
from tinynet.engine.work import PIECE, Work
from tinynet.net.blocks import steady
from tinynet.net.diagnose import first_not_finite
from tinynet.net.parameters import parts, pieces
from tinynet.optimizers.base import DUSTING
from tinynet.tape.memory import Arena
from tinynet.tape.recording import Bound, Moves, Recording
from tinynet.tape.tape import Calls, Tape


class Plan:
    """The steps of a chunk on batches of one width, as lists of calls."""

    def __init__(self, work: Work, batch: Batch, store: Store, arena: Arena | None) -> None:
        self.work, self.batch, self.store, self.arena = work, batch, store, arena
        self.recordings = dict[Any, Recording]()
        self.step = Step(work, recorded=arena is not None)
        self.bound = dict[int, list[Bound]]()  # what reads so many steps
        self.repeated = set[int]()  # for how many steps the targets stand side by side
        one = len(batch.blocks) == 1
        self.grads = store.grads if one else np.empty_like(store.grads)  # those of a block
        self.steps = list[Calls]()
        self.prologue, self.update, self.dust = Calls(), Calls(), Calls()
        if arena is not None:
            numbers = work.optimizer.numbers(work.optimizer.steps + 1)
            self.numbers = [np.array(number, store.params.dtype) for number in numbers]
            # a step has it from `numbers`; who asks the optimizer itself would have it for ever
            rate: Any = Tape().given(np.zeros(()))
            self.step.optimizer.params["learning_rate"] = rate
            self.settle_update()
        self.bind()

    def made(
        self, function: Callable[..., Moves], first: Any, arrays: list[Array], constant: Any = ()
    ) -> Bound:
        """A function of `first` and of these arrays, recorded or as it is written. Those of equal
        shapes share a recording. `constant` are the indices of arrays that stay for a training."""
        whole = partial(function, *first)
        if self.arena is None:
            return written(whole, arrays)
        key = function.__name__, first, tuple(a.shape for a in arrays)
        if key not in self.recordings:
            self.recordings[key] = Recording(whole, arrays, self.arena, constant, self.count)
        return self.recordings[key].bind(arrays)

    def read(self, steps: int) -> list[Record]:
        """The records of the first steps that wait. A power of two of them is read, so that there
        are few recordings; and at least two columns, since numpy adds up a single one in another
        order."""
        batch, cost, least = self.batch, self.work.cost, 2 if self.batch.width == 1 else 1
        room = min(batch.room, max(least, 1 << (steps - 1).bit_length()))
        J, sums = batch.penalties[:room].tolist(), list[Sums]([()] * room)
        for part in self.readings(room):
            costs, *others = part.play()
            J = cost.J(costs, batch.Z, J)  # of several blocks the sum
            if others:
                found = [functions.totals(read, room) for read in others]
                sums = [*map(added, sums, zip(*found, strict=True))]
        return list(islice(zip(repeat(batch.width), J, sums, strict=False), steps))

    def readings(self, room: int) -> list[Bound]:
        """What reads the outputs in so many places: of one step block by block."""
        batch, repeats = self.batch, self.batch.fixed and self.batch.room > 1
        if repeats and room not in self.repeated:
            for place in batch.places[:room]:
                batch.targets[:, place] = batch.Y
            for part in self.bound.get(room, []):
                in_one_go(part.prologue)
            self.repeated.add(room)
        if room not in self.bound:
            several = len(batch.blocks) > 1 and self.work.separable
            parts = batch.blocks if several else [slice(0, room * batch.width)]
            self.bound[room] = [self.reading(part, [1] if repeats else []) for part in parts]
        return self.bound[room]

    def reading(self, part: slice, constant: Sequence[int]) -> Bound:
        """What reads costs and metrics; what no tape can hold is read as it is written."""
        arrays = [read_only(a[:, part]) for a in (self.batch.outputs, self.batch.targets)]
        if all(map(steady, self.work.metrics.values())):
            with suppress(Exception):
                return self.made(self.step.entries, (), arrays, constant)
        return written(Step(self.work, recorded=False).entries, arrays)

    def count(self, time: int) -> None:
        """First a step further, then as it is: a part that counts its steps shows."""
        self.step.optimizer.steps = self.work.optimizer.steps + 1 - time

    def begin(self) -> None:
        """Work on the examples that the batch has been given."""
        in_one_go(self.prologue)
        self.repeated = set[int]()

    def bind(self) -> None:
        """Settle the calls of each step of a chunk: the gradients, block by block, the penalty,
        what waits of the step, and the update."""
        batch, total, several = self.batch, self.store.grads, len(self.batch.blocks) > 1
        calls, ends, penalty = Calls(), self.ends(), self.work.cost.penalty() is not None
        for block in batch.blocks:
            made = self.gradients(block)
            self.prologue += made.prologue
            calls += [partial(batch.fetch_block, block), *made.calls] if several else made.calls
            if several:
                add = partial(np.add, total, self.grads, total)
                calls.append(add if block.start else put(total, self.grads))
        calls += self.penalty().calls if penalty else []
        for i, place in enumerate(batch.places):
            waits = [put(batch.penalties[i : i + 1], batch.penalty)] if penalty else []
            if batch.room > 1:
                waits.append(put(batch.outputs[:, place], batch.Z))
                waits += [] if batch.whole else [put(batch.targets[:, place], batch.Y)]
            self.steps.append([*calls, *waits, *ends])

    def gradients(self, block: slice) -> Bound:
        """The gradients of a block of examples, into `grads`, with its outputs Z."""
        batch, store, weight = self.batch, self.store, self.work.cost.pair.weight
        share = weight(batch.Z) / weight(batch.Z[:, block])
        X = batch.X_above_ones[:, : block.stop - block.start]
        places = [*pieces(store.layers, self.grads), *store.next_states, batch.Z[:, block]]
        arrays = [read_only(X), read_only(batch.Y[:, block]), *store.read, *places]
        return self.made(self.step.gradients, (share,), arrays, [0, 1] if batch.fixed else [])

    def penalty(self) -> Bound:
        """What the parameters alone add to J and to the gradients."""
        places = [*pieces(self.store.layers, self.store.grads), self.batch.penalty]
        return self.made(self.step.penalty, (), [*self.store.read, *places])

    def settle_update(self) -> None:
        """The optimizer's step, piece by piece, and what some steps begin with."""
        store, slots = self.store, tuple(self.store.slots)
        self.step.require_entrywise(self.numbers)
        for start in range(0, store.params.size, PIECE):
            flat = [store.grads, store.params, *store.slots.values()]
            own = [a[start : start + PIECE] for a in flat]
            self.update += self.made(self.step.update, (slots,), [*own, *self.numbers]).calls
            for slot, a in zip(slots, own[2:], strict=True):
                self.dust += self.made(self.step.dusting, (slot,), [a]).calls

    def ends(self) -> Calls:
        """The update, the next state and the count: no interrupt comes between them."""
        return [*self.update, *self.states(), partial(self.work.optimizer.taken.append, None)]

    def states(self) -> Calls:
        return [*map(put, self.store.states, self.store.next_states)]

    def take(self, chosen: Sequence[Any]) -> None:
        """The steps on these examples. Each is whole, whenever an interrupt comes."""
        optimizer, written = self.work.optimizer, tuple[float, ...]()
        for t, examples, calls in zip(count(optimizer.steps + 1), chosen, self.steps, strict=False):
            numbers = optimizer.numbers(t)
            if numbers != written:
                for cell, number in zip(self.numbers, numbers, strict=True):
                    cell[()] = number
                written = numbers
            self.batch.fetch(examples)
            in_one_go(calls if t % DUSTING else chain(self.dust, calls))


class Walk(Plan):
    """Steps as the methods are written, one at a time, looked at before their update: for nets that
    no tape can hold, and to find what went wrong. They go over the same memory, block by block, so
    they are the same steps to the bit."""

    def __init__(self, who: str, work: Work, batch: Batch, store: Store) -> None:
        self.who = who
        self.begun: tuple[int, Sequence[Any]] = -1, ()  # a step, and where the generators stood
        self.record = list[Record]()  # of the last step, read before its update
        super().__init__(work, batch, store, None)
        self.named = parts(store.layers, pieces(store.layers, store.grads))

    def read(self, steps: int) -> list[Record]:
        """The record of its last step."""
        return self.record

    def walk(self, examples: Any, where: str) -> None:
        """The step on these examples."""
        self.begun = self.work.optimizer.steps, self.store.draws()
        try:
            self.batch.fetch(examples)
            with no_writes(self.who):
                in_one_go(self.steps[0])
        except FloatingPointError as error:
            cause = first_not_finite(self.work.cost, self.inputs(), self.named)
            cure = "the weights are the last finite ones; a smaller learning rate may help"
            raise FloatingPointError(f"{where}: {error}; {cause}; {cure}") from None

    def inputs(self) -> Iterator[Array]:
        """X of the batch, block by block."""
        for block in self.batch.blocks:
            if len(self.batch.blocks) > 1:
                self.batch.fetch_block(block)
            yield self.batch.X_above_ones[:-1, : block.stop - block.start]

    def undraw(self) -> None:
        """If its last step was begun and not taken, nothing was drawn for it."""
        steps, draws = self.begun
        if steps == self.work.optimizer.steps:
            in_one_go(self.store.redraws(draws))

    def ends(self) -> Calls:
        return [self.end]

    def end(self) -> None:
        """Look at the step, then write it."""
        optimizer, params = self.work.optimizer, self.work.cost.params
        self.record = super().read(1)
        ((_, J, _),) = self.record
        if not math.isfinite(J):
            checks.refuse(self.who, "a finite cost", J, error=FloatingPointError)
        before = {name: read_only(p) for name, p in params.items()}
        grads = {name: g.copy() for name, g in self.named.items()}  # which it may keep
        optimizer.write(params, *optimizer.advance(before, grads), *self.states())
