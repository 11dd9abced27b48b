"""A step settled before it is taken: the methods of the cost and the optimizer on a tape, over the
arrays of a training.

Nobody reads a cost before its chunk of steps ends. So the outputs Z of the steps wait side by side,
and one play of a second tape reads the costs and metrics of them all.
"""

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from tinynet.base import functions
from tinynet.base.checks import Array
from tinynet.engine.store import Store
from tinynet.net.cost import Cost
from tinynet.net.history import Records
from tinynet.net.metrics import Metric, means, values
from tinynet.net.parameters import parts
from tinynet.optimizers import Optimizer
from tinynet.tape.memory import Arena
from tinynet.tape.recording import play, recorded
from tinynet.tape.tape import Calls

CHUNK = 64  # steps, at most
WAITING = 65_536  # outputs that wait, at most: their costs are read out of a core's cache
# numbers that the layers make of a block of examples, so that a core's cache holds them
ACTIVATIONS = 131_072
LEAST = 256  # examples of a block, however wide the layers
BLOCK = 32_768  # parameters that an update goes over at a time


class Work(NamedTuple):
    """What a training works with: X (n_x, m) and Y (n_y, m) are all its examples."""

    cost: Cost
    optimizer: Optimizer
    metrics: Mapping[str, Metric]
    X: Array
    Y: Array


def all_steady(work: Work) -> bool:
    """Whether all that has a say in a step may be on a tape."""
    layers, pair = work.cost.layers, work.cost.pair
    inner = [layer.activation for layer in layers]
    return all(map(steady, [*layers, *inner, pair.loss, pair.activation, work.optimizer]))


def steady(part: Any) -> bool:
    """Ours are, and a part whose class says `steady = True` in its own body."""
    kinds = [
        kind
        for kind in type(part).__mro__
        if kind is not object and kind.__module__.split(".")[0] != "tinynet"
    ]
    replaced = any(callable(getattr(type(part), name, None)) for name in vars(part))
    return all(vars(kind).get("steady") is True for kind in kinds) and not replaced


class Plan:
    """A step on `width` of the examples, `at_once` of them in a chunk at most. `taller` is X above
    a row of ones, and the arena is shared with other plans."""

    def __init__(
        self, work: Work, taller: Array, store: Store, width: int, at_once: int, arena: Arena
    ) -> None:
        n_y, dtype = len(work.Y), taller.dtype
        self.work, self.taller, self.store, self.width, self.whole = (
            work,
            taller,
            store,
            width,
            width == taller.shape[1],
        )
        self.blocks = runs(width, block_size(work))
        one = len(self.blocks) == 1
        self.room = max(1, min(CHUNK, at_once, WAITING // (n_y * width))) if one else 1
        self.fixed = (
            self.whole and self.room > 1
        )  # then what follows from the examples alone is small, and computed once
        self.X = taller if self.whole else np.empty((width, len(taller)), dtype).T
        self.Y = work.Y if self.whole else np.zeros((n_y, width), dtype)
        self.Z = np.zeros((n_y, self.room * width), dtype)
        self.targets = self.Y if self.room == 1 else np.tile(self.Y, self.room)
        own = [work.optimizer.slots, *(layer.theta for layer in work.cost.layers)]
        self.twins = copy.deepcopy(
            (work.cost, work.optimizer), {id(a): a for a in own}
        )  # stand-ins leave no trace in parts
        self.numbers = [np.zeros((), dtype) for _ in work.optimizer.numbers(1)]
        self.varying = (
            type(work.optimizer).numbers is not Optimizer.numbers
        )  # or else the learning rate alone
        self.done: list[None] = []  # one for each step of the chunk
        self.grads = store.grads if one else np.empty_like(store.grads)  # those of a block
        self.steps = self.planned(arena)
        stretches = [
            slice(block.start * self.room, block.stop * self.room) for block in self.blocks
        ]
        waiting = [(self.Z[:, stretch], self.targets[:, stretch]) for stretch in stretches]
        constant = [1] if self.fixed else []
        self.readings = list(
            recorded(self.reading, waiting, arena, constant=constant, elsewhere=self.elsewhere)
        )

    def planned(self, arena: Arena) -> list[Calls]:
        """For each step of a chunk its calls: the gradients, block by block, the outputs if they
        wait, and the update."""
        total, part = self.store.grads, self.grads
        rows = [self.X, self.Y, self.Z] if self.room == 1 else [self.X, self.Y]
        examples = [[row[:, block] for row in rows] for block in self.blocks]
        gradients: Calls = []
        fixed = [0, 1] if self.fixed else []
        passes = list(
            recorded(self.gradient, examples, arena, [self.store.params], fixed, self.elsewhere)
        )
        for block, (calls, _) in zip(self.blocks, passes, strict=True):
            gradients += calls
            if part is not total:
                add = (
                    partial(np.add, total, part, total)
                    if block.start
                    else partial(total.__setitem__, ..., part)
                )
                gradients.append(add)
        arrays = [total, *self.store.state]
        pieces = [
            [a[start : start + BLOCK] for a in arrays] for start in range(0, total.size, BLOCK)
        ]
        updates = recorded(self.update, pieces, arena, elsewhere=self.elsewhere)
        update: Calls = [
            *(call for calls, _ in updates for call in calls),
            partial(self.done.append, None),
        ]
        if self.room == 1:
            return [[*gradients, *update]]
        moves = [(self.Z, *passes[0][1]), *([] if self.whole else [(self.targets, self.Y)])]
        places = [slice(i * self.width, (i + 1) * self.width) for i in range(self.room)]
        return [
            [*gradients, *(partial(row[:, p].__setitem__, ..., a) for row, a in moves), *update]
            for p in places
        ]

    def gradient(self, tape: Any, taller: Any, Y: Any, *place: Any) -> list[Any]:
        """The gradients of a block of examples, and its output Z, in its place if that is known."""
        cost = self.twins[0]
        X = taller[:-1]
        X.taller = taller
        Z, caches = cost.through(X)
        share = cost.pair.weight(self.Z[:, : self.width]) / cost.pair.weight(Z)
        grads = cost.pullback(share, {"layers": caches, "Z": Z, "Y": Y})[1]
        for name, home in parts(cost.layers, self.grads).items():
            tape.store(grads[name], tape.given(home))
        for row in place:
            tape.store(Z, row)
        return [] if place else [Z]

    @contextmanager
    def elsewhere(self) -> Iterator[None]:
        """For a moment other weights, and a step further."""
        params, optimizer = self.store.params, self.twins[1]
        try:
            params += 0.125
            optimizer.steps += 1
            yield
        finally:
            params[...], optimizer.steps = self.store.kept[0], self.work.optimizer.steps

    def update(self, tape: Any, g: Any, p: Any, *slots: Any) -> list[Any]:
        """The step of a block of parameters."""
        optimizer, numbers = self.twins[1], [tape.given(number) for number in self.numbers]
        places = dict(zip(optimizer.slots, slots, strict=True))
        step, after = optimizer.step(g, places, *numbers)
        tape.store(p - step, p)
        for slot, a in after.items():
            tape.store(a, places[slot])
        return []

    def reading(self, tape: Any, Z: Any, Y: Any) -> list[Any]:
        """The cost and the metrics of outputs, entry by entry."""
        pair = self.twins[0].pair
        read = [pair.costs(Z, Y), *values(self.work.metrics, pair.activation, Z, Y).values()]
        return [a if a.dtype == np.float64 else a.astype(np.float64) for a in read]

    def take(self, batches: Sequence[Any]) -> None:
        """The steps on these examples, slices or indices. Each is whole, whenever an interrupt
        comes."""
        self.done.clear()
        optimizer, first = self.work.optimizer, self.work.optimizer.steps + 1
        for i, examples in enumerate(batches):
            if i == 0 or self.varying:
                for cell, number in zip(self.numbers, optimizer.numbers(first + i), strict=True):
                    cell[()] = number
            if not self.whole:
                self.fetch(examples)
            play(self.steps[i])

    def fetch(self, examples: Any) -> None:
        X, Y = self.taller, self.work.Y
        if isinstance(examples, slice):
            self.X[...], self.Y[...] = X[:, examples], Y[:, examples]
        else:  # "clip", since numpy would copy for the sake of indices that are out of bounds
            X.T.take(examples, 0, self.X.T, "clip")
            Y.take(examples, 1, self.Y, "clip")

    def records(self) -> Records:
        """What the steps of the chunk cost, one after another."""
        records: Records = {name: [0.0] * self.room for name in ("loss", *self.work.metrics)}
        weight = self.work.cost.pair.weight(self.Z[:, : self.width])
        for block, (calls, (costs, *others)) in zip(self.blocks, self.readings, strict=True):
            play(calls)
            share = (block.stop - block.start) / self.width
            shares = [[total * weight for total in functions.sums(costs, self.room)]]
            shares += [[share * mean for mean in means(read, self.room)] for read in others]
            for (name, so_far), numbers in zip(records.items(), shares, strict=True):
                records[name] = [a + b for a, b in zip(so_far, numbers, strict=True)]
        return {name: numbers[: len(self.done)] for name, numbers in records.items()}


def block_size(work: Work) -> int:
    """How many examples a block has at most. It makes at least four times the numbers that its
    gradients are added to."""
    layers = work.cost.layers
    parameters, units = (
        sum(layer.theta.size for layer in layers),
        sum(layer.units for layer in layers),
    )
    return max(LEAST, max(ACTIVATIONS, 4 * parameters) // units)


def runs(m: int, longest: int) -> list[slice]:
    """m examples in runs of one length, which is at most `longest`; only the last may be
    shorter."""
    size = -(-m // -(-m // longest))
    return [slice(start, min(start + size, m)) for start in range(0, m, size)]
