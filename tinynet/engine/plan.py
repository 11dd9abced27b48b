"""A step settled before it is taken, over the arrays of a training: recorded on a tape, or a list
of the methods as they are written.

Nobody reads a cost before its chunk of steps ends. So the outputs Z of the steps wait side by side,
and one play of another tape reads the costs and metrics of them all.
"""

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from itertools import chain, count
from typing import Any

import numpy as np

from tinynet.base import Array, checks, in_one_go, read_only
from tinynet.engine.batch import Batch
from tinynet.engine.readings import Readings, Record
from tinynet.engine.step import Step, Written
from tinynet.engine.store import Store
from tinynet.engine.work import PIECE, Work
from tinynet.net.diagnose import first_not_finite, no_writes
from tinynet.net.parameters import pieces
from tinynet.optimizers import Optimizer
from tinynet.optimizers.base import DUSTING
from tinynet.tape.memory import Arena
from tinynet.tape.recording import Bound, Moves, Recording
from tinynet.tape.stand_ins import UnsteadyError
from tinynet.tape.tape import Calls, Tape


class Plan:
    """The steps of a chunk on batches of one width, as lists of calls."""

    def __init__(self, work: Work, batch: Batch, store: Store, arena: Arena | None) -> None:
        self.work, self.batch, self.store, self.arena = work, batch, store, arena
        self.recordings = dict[Any, Recording]()
        self.step = Step(work, recorded=arena is not None)
        self.readings = Readings(work, batch, self.reading)
        one = len(batch.blocks) == 1
        self.grads = store.grads if one else np.empty_like(store.grads)  # those of a block
        self.thetas = [layer.theta for layer in work.cost.layers]
        self.steps, self.prologues = list[Calls](), list[Calls]()
        self.update, self.dust = Calls(), Calls()
        if arena is not None:
            numbers = work.optimizer.numbers(work.optimizer.steps + 1)
            self.numbers = [np.zeros((), store.params.dtype) for _ in numbers]
            # a step has it from `numbers`; who asks the optimizer itself would have it for ever
            rate: Any = Tape().given(np.zeros(()))
            self.step.optimizer.params["learning_rate"] = rate
            self.settle_update()
        self.bind()

    def made(
        self,
        function: Callable[..., Moves],
        arrays: Sequence[Array],
        constant: Collection[int] = (),
    ) -> Bound | Written:
        """A function on these arrays, recorded or as it is written. Those of equal shapes share a
        recording. `constant` are the indices of arrays that stay for a training."""
        if self.arena is None:
            return Written(function, arrays)
        named = function.args if isinstance(function, partial) else ()
        plain = function.func if isinstance(function, partial) else function
        key = plain.__name__, named, tuple(a.shape for a in arrays)
        if key not in self.recordings:
            self.recordings[key] = Recording(function, arrays, self.arena, constant, self.count)
        return self.recordings[key].bind(arrays)

    def reading(self, arrays: Sequence[Array], constant: Collection[int]) -> Bound | Written:
        """What reads costs and metrics; one that no tape can hold does it as it is written."""
        try:
            return self.made(self.step.entries, arrays, constant)
        except UnsteadyError:
            return Written(self.step.entries, arrays)

    def count(self, time: int) -> None:
        """First a step further, then as it is: a part that counts its steps shows."""
        self.step.optimizer.steps = self.work.optimizer.steps + 1 - time

    def begin(self) -> None:
        """Work on the examples that the batch has been given."""
        for calls in self.prologues:
            in_one_go(calls)
        self.readings.renew()

    def forget(self) -> None:
        for recording in self.recordings.values():
            recording.forget()

    def bind(self) -> None:
        """Settle the calls of each step of a chunk: the gradients, block by block, the outputs and
        targets if they wait, the penalty and the update."""
        batch, total = self.batch, self.store.grads
        parts = [(block, self.gradients(block)) for block in batch.blocks]
        self.prologues = [made.prologue for _, made in parts]
        penalty, ends = self.penalty(), self.ends()
        for i, place in enumerate(batch.places):
            calls: Calls = []
            for block, made in parts:
                if len(parts) > 1:
                    calls.append(partial(batch.fetch_block, block))
                waiting = [partial(batch.Z[:, place].__setitem__, ...)] if batch.room > 1 else []
                calls += moved(made, waiting)
                if self.grads is not total:
                    add = partial(np.add, total, self.grads, total)
                    first = partial(total.__setitem__, ..., self.grads)
                    calls.append(add if block.start else first)
            if batch.room > 1 and not batch.whole:
                calls.append(partial(batch.targets[:, place].__setitem__, ..., batch.Y))
            if penalty is not None:
                calls += moved(penalty, [partial(batch.penalties.__setitem__, i)])
            self.steps.append([*calls, *ends])

    def gradients(self, block: slice) -> Bound | Written:
        """The gradients of a block of examples, into `grads`, with its outputs Z."""
        batch, store, weight = self.batch, self.store, self.work.cost.pair.weight
        share = weight(batch.Z[:, : batch.width]) / weight(batch.Z[:, block])
        width = block.stop - block.start
        examples = [batch.X_above_ones[:, :width], read_only(batch.Y[:, block])]
        read = [*self.thetas, *store.states]
        written = [*pieces(self.work.cost.layers, self.grads), *store.next_states]
        written += [] if batch.room > 1 else [batch.Z[:, block]]
        function = partial(self.step.gradients, share, len(read))
        fixed = [0, 1] if batch.fixed else []
        return self.made(function, [*examples, *read, *written], fixed)

    def penalty(self) -> Bound | Written | None:
        """What the parameters alone add to J and to the gradients."""
        if self.work.cost.penalty() is None:
            return None
        read = [*self.thetas, *self.store.states]
        written = pieces(self.work.cost.layers, self.store.grads)
        return self.made(partial(self.step.penalty, len(read)), [*read, *written])

    def settle_update(self) -> None:
        """The optimizer's step, piece by piece, and what some steps begin with."""
        store, slots = self.store, tuple(self.store.slots)
        for start in range(0, store.params.size, PIECE):
            flat = [store.grads, store.params, *store.slots.values()]
            own = [a[start : start + PIECE] for a in flat]
            update = partial(self.step.update, slots)
            self.update += self.made(update, [*own, *self.numbers]).calls
            for slot, a in zip(slots, own[2:], strict=True):
                self.dust += self.made(partial(self.step.dusting, slot), [a]).calls

    def ends(self) -> Calls:
        """The update, the next state and the count: no interrupt comes between them."""
        return [*self.update, *self.states(), partial(self.work.optimizer.taken.append, None)]

    def states(self) -> Calls:
        pairs = zip(self.store.states, self.store.next_states, strict=True)
        return [partial(state.__setitem__, ..., after) for state, after in pairs]

    def take(self, chosen: Sequence[Any]) -> None:
        """The steps on these examples, slices or indices. Each is whole, whenever an interrupt
        comes."""
        optimizer, written = self.work.optimizer, tuple[float, ...]()
        for t, examples, calls in zip(count(optimizer.steps + 1), chosen, self.steps, strict=False):
            numbers = optimizer.numbers(t)
            if numbers != written:
                for cell, number in zip(self.numbers, numbers, strict=True):
                    cell[()] = number
                written = numbers
            self.batch.fetch(examples)
            in_one_go(calls if t % DUSTING else chain(self.dust, calls))


def moved(made: Bound | Written, places: Sequence[Callable[[Any], Any]]) -> Calls:
    """Its calls, and what is kept of it into places."""
    if isinstance(made, Written):
        return [lambda: [put(a) for put, a in zip(places, made.play(), strict=True)]]
    return [*made.calls, *(partial(p, a) for p, a in zip(places, made.results, strict=True))]


class Walk(Plan):
    """Steps as the methods are written, one at a time, looked at before their update: for nets that
    no tape can hold, and to find what went wrong. They go over the same memory, block by block, so
    they are the same steps to the bit."""

    def __init__(self, who: str, work: Work, batch: Batch, store: Store) -> None:
        self.who = who
        self.begun: tuple[int, Sequence[Any]] = -1, ()  # a step, and where the generators stood
        self.last: tuple[int, Record] | None = None  # which step was read before its update
        super().__init__(work, batch, store, None)
        self.named = self.step.homes(pieces(work.cost.layers, store.grads))

    def read(self, steps: int) -> list[Record]:
        """The record of the last step."""
        if self.last is not None and self.last[0] == self.work.optimizer.steps:
            return [self.last[1]]
        return self.readings.read(steps)

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
        (record,) = self.readings.read(1)
        self.last = optimizer.steps + 1, record
        if not math.isfinite(record[1]):
            checks.refuse(self.who, "a finite cost", record[1], error=FloatingPointError)
        if type(optimizer).update is Optimizer.update:
            optimizer.write(params, *optimizer.advance(params, self.named), *self.states())
        else:
            optimizer.update(params, self.named)
            in_one_go(self.states())
