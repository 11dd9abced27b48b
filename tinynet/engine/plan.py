"""A step settled before it is taken, over the arrays of a training: recorded on a tape, or a list
of the methods as they are written.

Nobody reads a cost before its chunk of steps ends. So the outputs Z of the steps wait side by side,
and one play of another tape reads the costs and metrics of them all.
"""

import math
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from itertools import chain, count
from typing import Any

import numpy as np

from tinynet.base import Array, Guard, checks, in_one_go, interrupts_later, put, read_only
from tinynet.engine.batch import Batch
from tinynet.engine.step import Step, as_written
from tinynet.engine.store import Store
from tinynet.engine.work import PIECE, Work
from tinynet.metrics.epochs import Reading, Sums, added
from tinynet.net.blocks import steady
from tinynet.net.diagnose import first_not_finite
from tinynet.net.parameters import parts, pieces
from tinynet.optimizers.base import DUSTING
from tinynet.tape.memory import Arena
from tinynet.tape.recording import Bound, Recording
from tinynet.tape.tape import Calls


class Plan:
    """The steps of a chunk on batches of one width, as lists of calls."""

    def __init__(self, work: Work, batch: Batch, store: Store, arena: Arena | None) -> None:
        self.work, self.batch, self.store, self.arena = work, batch, store, arena
        self.recordings = dict[Any, Recording]()
        self.doubted = not work.ours  # whether there is a user's part
        self.step = Step(work, recorded=arena is not None)
        self.bound = dict[int, list[Bound]]()  # what reads so many steps
        self.seen = b""  # the examples for which constants were computed
        # those of a block
        self.grads = store.grads if len(batch.blocks) == 1 else np.empty_like(store.grads)
        self.steps = list[Calls]()
        self.prologue, self.update, self.dust = Calls(), Calls(), Calls()
        self.chunk: Any = None  # steps as one call, if the reader can
        # a walk asks for them only if something is learned
        numbers = work.optimizer.numbers(work.optimizer.steps + 1) if arena or store.learned else ()
        self.numbers = [np.array(number, store.params.dtype) for number in numbers]
        if arena is not None:
            self.settle_update()
        self.bind()

    def made(self, function: Any, first: Any, arrays: list[Array], constant: Any = ()) -> Bound:
        """A function of `first` and of these arrays, recorded or as it is written. Those of equal
        shapes share a recording. `constant` are the indices of arrays that stay for a training."""
        whole = partial(function, *first)
        if self.arena is None:
            return as_written(whole, arrays)
        key = function.__name__, first, tuple(a.shape for a in arrays)
        if key not in self.recordings:
            before = self.pretend if self.doubted else None
            self.recordings[key] = Recording(whole, arrays, self.arena, constant, before)
        return self.recordings[key].bind(arrays, self.work.reader)

    def read(self, steps: int) -> list[Reading]:
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
                sums = [*map(added, sums, zip(*(read.tolist() for read in others), strict=True))]
        found: list[Reading] = [(batch.width, *pair) for pair in zip(J, sums, strict=True)]
        return found[:steps]

    def readings(self, room: int) -> list[Bound]:
        """What reads the outputs in so many places: of one step block by block."""
        batch = self.batch
        if room not in self.bound:
            repeats = batch.fixed and batch.room > 1  # the same targets for each step
            in_one_go(put(batch.waiting_Y[:, i], batch.Y) for i in batch.places[: room * repeats])
            several = len(batch.blocks) > 1 and self.work.separable
            parts = batch.blocks if several else [slice(0, room * batch.width)]
            bound = [self.reading(room, part, [1] if repeats else []) for part in parts]
            in_one_go(chain.from_iterable(part.prologue for part in bound))
            self.bound[room] = bound
        return self.bound[room]

    def reading(self, steps: int, part: slice, constant: Sequence[int]) -> Bound:
        """What reads costs and metrics; what no tape can hold is read as it is written."""
        arrays = [read_only(a[:, part]) for a in (self.batch.waiting_Z, self.batch.waiting_Y)]
        if all(map(steady, self.work.metrics.values())):
            with interrupts_later(), suppress(Exception):
                made = self.made(self.step.totals, (steps,), arrays, constant)
                return made._replace(calls=self.work.reader.ready(made.calls))
        return as_written(partial(Step(self.work, recorded=False).totals, steps), arrays)

    def pretend(self, time: int) -> None:
        """First a step further, then as it is: a part that counts its steps shows."""
        self.step.optimizer.steps = self.work.optimizer.steps + 1 - time

    def begin(self) -> None:
        """Compute what follows from the examples of the batch alone, if they are others."""
        batch = self.batch
        seen = batch.X_above_ones.tobytes() + batch.Y.tobytes() if batch.fixed else b""
        if seen != self.seen:
            self.seen, self.bound = b"", {}
            in_one_go(self.prologue)
            self.seen = seen

    def bind(self) -> None:
        """Settle the calls of each step of a chunk: the gradients, block by block, the penalty,
        the limits, what waits of the step, and the update."""
        batch, total, several = self.batch, self.store.grads, len(self.batch.blocks) > 1
        calls, penalty = Calls(), self.work.cost.may_have_penalty()
        # no interrupt comes between the update, the next state and the count
        taken = partial(self.work.optimizer.taken.append, None)
        ends = [*self.update, *self.store.moves, taken] if self.arena is not None else Calls()
        for block in batch.blocks:
            made = self.gradients(block)
            self.prologue += made.prologue
            calls += [partial(batch.fetch_block, block), *made.calls] if several else made.calls
            if several:
                add = partial(np.add, total, self.grads, total)
                calls.append(add if block.start else put(total, self.grads))
        if penalty:  # what the parameters alone add to J and to the gradients
            places = [*pieces(self.store.layers, total), batch.penalty]
            calls += self.made(self.step.penalty, (), [*self.store.inputs, *places]).calls
        if self.arena is None or self.work.optimizer.looks():  # walked, limits may come later
            learned, places = self.store.learned, self.store.next_learned
            slots = self.store.slots if learned else {}
            given = [*map(read_only, slots.values()), *map(read_only, learned)]
            arrays = [total, *given, *places, *self.numbers]
            calls += self.made(self.step.look, (tuple(slots),), arrays).calls
        reader = self.work.reader
        if self.arena is not None and batch.together > 1 and not penalty and self.work.foreseen:
            self.chunk = reader.chunk([*calls, *ends[:-1]], self.numbers, batch)
        if self.chunk is not None:
            return
        calls, ends = reader.ready(calls), reader.ready(ends)
        for i, place in enumerate(batch.places):
            waits = [put(batch.penalties[i : i + 1], batch.penalty)] if penalty else []
            if batch.room > 1:
                waits.append(put(batch.waiting_Z[:, place], batch.Z))
                waits += [] if batch.whole else [put(batch.waiting_Y[:, place], batch.Y)]
            self.steps.append([*calls, *waits, *ends])

    def gradients(self, block: slice) -> Bound:
        """The gradients of a block of examples, into `grads`, with its outputs Z."""
        batch, store, weight = self.batch, self.store, self.work.cost.pair.weight
        share = weight(batch.Z) / weight(batch.Z[:, block])
        X = batch.X_above_ones[:, : block.stop - block.start]
        places = [*pieces(store.layers, self.grads), *store.next_states, batch.Z[:, block]]
        arrays = [read_only(X), read_only(batch.Y[:, block]), *store.inputs, *places]
        return self.made(self.step.gradients, (share,), arrays, [0, 1] if batch.fixed else [])

    def settle_update(self) -> None:
        """The optimizer's step, piece by piece, and what some steps begin with."""
        store, slots = self.store, tuple(self.store.slots)
        numbers = [*self.numbers, *store.next_learned]
        if self.doubted:
            self.step.require_entrywise(numbers, store.params.size)
        for i in range(0, store.params.size, PIECE):
            own = [a[i : i + PIECE] for a in (store.grads, store.params, *store.slots.values())]
            self.update += self.made(self.step.update, (slots,), [*own, *numbers]).calls
            for slot, a in zip(slots, own[2:], strict=True):
                made = self.made(self.step.dusting, (slot,), [a])
                self.dust += self.work.reader.ready(made.calls)

    def ask(self, t: int) -> None:
        """The numbers of step t."""
        for cell, number in zip(self.numbers, self.work.optimizer.numbers(t), strict=True):
            cell[()] = number

    def take(self, chosen: Sequence[Any]) -> None:
        """The steps on these examples. Each is whole, whenever an interrupt comes."""
        optimizer = self.work.optimizer
        if self.chunk is not None:
            self.take_together(chosen)
            return
        for t, examples, calls in zip(count(optimizer.steps + 1), chosen, self.steps, strict=False):
            self.ask(t)
            self.batch.fetch(examples)
            in_one_go(calls if t % DUSTING else chain(self.dust, calls))

    def take_together(self, chosen: Sequence[Any]) -> None:
        """The same, several in one call, up to the next that begins with dusting."""
        optimizer, first = self.work.optimizer, 0
        while first < len(chosen):
            t = optimizer.steps + 1
            n = min(len(chosen) - first, self.chunk.most, DUSTING - t % DUSTING)
            self.batch.fetch_several(first, chosen[first : first + n])
            call = self.chunk.steps(first, [optimizer.numbers(t + i) for i in range(n)])
            taken = partial(optimizer.taken.extend, [None] * n)
            in_one_go([*([] if t % DUSTING else self.dust), call, taken])
            first += n


class Walk(Plan):
    """Steps as the methods are written, one at a time, looked at before their update: for nets that
    no tape can hold, and to find what went wrong. They go over the same memory, block by block, so
    they are the same steps to the bit."""

    def __init__(self, who: str, work: Work, batch: Batch, store: Store) -> None:
        self.who = who
        self.begun: tuple[int, Sequence[Any]] = -1, ()  # a step, and where the generators stood
        self.found = list[Reading]()  # of the last step, read before its update
        super().__init__(work, batch, store, None)
        self.named = parts(store.layers, pieces(store.layers, store.grads))
        self.params = work.cost.params
        self.before = {name: read_only(p) for name, p in self.params.items()}

    def read(self, steps: int) -> list[Reading]:
        """What was read of its last step: the only one that waits."""
        return self.found

    def walk(self, epoch: int, i: int, examples: Any) -> None:
        """The step on these examples."""
        self.begun = self.work.optimizer.steps, self.store.draws()
        try:
            self.batch.fetch(examples)
            if self.numbers:
                self.ask(self.begun[0] + 1)
            with Guard(self.who):
                in_one_go(self.steps[0])
                self.end()
        except FloatingPointError as why:
            X = map(self.batch.fetch_block, self.batch.blocks)
            cause = first_not_finite(self.work.cost, X, self.named)
            cure = "after a reset() a smaller learning rate or tn.Standardize() may help"
            text = f"epoch {epoch}, batch {i}: {why}; {cause}; the weights stay finite; {cure}"
            raise FloatingPointError(text) from None

    def undraw(self) -> None:
        """If its last step was begun and not taken, nothing was drawn for it."""
        if self.begun[0] == self.work.optimizer.steps:
            in_one_go(self.store.redraws(self.begun[1]))

    def end(self) -> None:
        """Look at the step, then write it."""
        self.found = super().read(1)
        ((_, J, _),) = self.found
        if not math.isfinite(J):
            checks.refuse(self.who, "a finite cost", J, error=FloatingPointError)
        grads = {name: g.copy() for name, g in self.named.items()}  # which it may keep
        learned = self.store.next_learned
        checks.require_finite(self.work.optimizer.who, "number that it learns", learned)
        new, slots = self.work.optimizer.advance(self.before, grads, *learned)
        self.work.optimizer.write(self.params, new, slots, *self.store.moves)
