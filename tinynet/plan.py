"""A step settled before it is taken: the methods of the cost and the optimizer on a tape, over the arrays of a training.

Nobody reads a cost before its chunk of steps ends. So the outputs Z of the steps wait side by side, and one play of a second
tape reads the costs and metrics of them all.
"""

import copy
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from tinynet import functions
from tinynet.arena import Arena
from tinynet.checks import Array
from tinynet.cost import Cost
from tinynet.history import Records
from tinynet.metrics import Metric, means, values
from tinynet.optimizers import Optimizer
from tinynet.store import Store
from tinynet.tape import Calls, Tape, UnsteadyError, play

CHUNK = 64  # steps, at most
WAITING = 65_536  # outputs that wait, at most: their costs are read out of a core's cache
BLOCK = 32_768  # parameters that an update goes over at a time, for the same reason


class Work(NamedTuple):
    """What a training works with: X (n_x, m) and Y (n_y, m) are all its examples, `size` of them a step."""

    cost: Cost
    optimizer: Optimizer
    metrics: Mapping[str, Metric]
    X: Array
    Y: Array
    size: int


def all_steady(work: Work) -> bool:
    """Whether all that has a say in a step may be on a tape."""
    layers, pair = work.cost.layers, work.cost.pair
    inner = [layer.activation for layer in layers]
    return all(map(steady, [*layers, *inner, pair.loss, pair.activation, work.optimizer]))


def steady(part: Any) -> bool:
    """Ours are, and a part whose class says `steady = True` in its own body."""
    kinds = [kind for kind in type(part).__mro__ if kind is not object and kind.__module__.split(".")[0] != "tinynet"]
    replaced = any(callable(getattr(type(part), name, None)) for name in vars(part))
    return all(vars(kind).get("steady") is True for kind in kinds) and not replaced


class Plan:
    """A step on `width` of the examples; the arena is shared with other plans."""

    def __init__(self, work: Work, store: Store, width: int, shuffled: bool, arena: Arena) -> None:
        (n_x, m), n_y, dtype = work.X.shape, len(work.Y), work.X.dtype
        self.work, self.store, self.whole = work, store, width == m
        self.room = max(1, min(CHUNK, WAITING // (n_y * width))) if width == work.size else 1
        self.fixed = self.whole and self.room > 1  # then what follows from the examples alone is small, and computed once
        self.drawn = np.empty((width if shuffled else 0, n_x), dtype)
        self.X = functions.bordered(work.X) if self.whole else np.ones((width, n_x + 1), dtype).T
        self.Y = work.Y if self.whole else np.empty((n_y, width), dtype)
        own = [work.optimizer.slots, *(layer.theta for layer in work.cost.layers)]
        self.twins = copy.deepcopy((work.cost, work.optimizer), {id(a): a for a in own})  # stand-ins leave no trace in parts
        self.numbers = [np.zeros((), dtype) for _ in work.optimizer.numbers(1)]
        self.varying = type(work.optimizer).numbers is not Optimizer.numbers  # or else the learning rate alone
        self.done: list[None] = []  # one for each step of the chunk
        arena.reserved = []
        calls, Z = self.step(arena)
        self.steps = self.waiting(calls, Z)
        arena.reserve(Z)
        self.reading, self.read = self.reader(arena)

    def recorded(self, end: int | None = None) -> tuple[Tape, Any]:
        """The step on a tape of its own, whose update ends after so many blocks, and its output Z."""
        (cost, optimizer), store = self.twins, self.store
        tape: Any = Tape(store.params)
        taller, Y = tape.given(self.X, self.fixed), tape.given(self.Y, self.fixed)
        X = taller[:-1]
        X.taller = taller
        Z, caches = cost.through(X)
        grads = cost.pullback(1.0, {"layers": caches, "Z": Z, "Y": Y})[1]
        for name, place in store.grad_parts.items():
            tape.store(grads[name], place)
        numbers = [tape.given(number) for number in self.numbers]
        for start in range(0, store.params.size, BLOCK)[:end]:
            block = slice(start, start + BLOCK)
            slots = {slot: tape.given(a[block]) for slot, a in store.slots.items()}
            step, slots = optimizer.step(tape.given(store.grads[block]), slots, *numbers)
            tape.store(tape.given(store.params[block]) - step, store.params[block])
            for slot, a in slots.items():
                tape.store(a, store.slots[slot][block])
        return tape, Z

    def step(self, arena: Arena) -> tuple[Calls, Array]:
        """Its calls, and the array that they leave Z in. A part that draws or counts asks for other calls next time."""
        first, _ = self.recorded(end=1)
        once = first.key()
        first.forget()
        tape, Z = self.recorded()
        if tape.key()[: len(once)] != once:
            raise UnsteadyError("a step that differs from the one before")
        return tape.settle(arena, [Z]), Z.settled()

    def waiting(self, calls: Calls, Z: Array) -> list[Calls]:
        """For each step of a chunk the calls with which it puts its outputs into the row, and is counted."""
        count, width = partial(self.done.append, None), Z.shape[1]
        self.Z, self.targets = Z, self.Y
        if self.room == 1:
            return [[*calls, count]]
        self.Z = np.zeros((len(Z), self.room * width), Z.dtype)
        self.targets = np.tile(self.Y, self.room) if self.whole else np.zeros_like(self.Z)
        moves = [(self.Z, Z)] if self.whole else [(self.Z, Z), (self.targets, self.Y)]
        places = [slice(i * width, (i + 1) * width) for i in range(self.room)]
        return [[*calls, *(partial(row[:, place].__setitem__, ..., a) for row, a in moves), count] for place in places]

    def reader(self, arena: Arena) -> tuple[Calls, dict[str, Array]]:
        """The calls that read what waits, and the arrays that hold it then: the costs and metrics, entry by entry."""
        tape: Any = Tape()
        Z, Y, pair = tape.given(self.Z), tape.given(self.targets, self.fixed), self.twins[0].pair
        read: Any = {"loss": pair.costs(Z, Y), **values(self.work.metrics, pair.activation, Z, Y)}
        read = {name: a if a.dtype == np.float64 else a.astype(np.float64) for name, a in read.items()}
        return tape.settle(arena, list(read.values())), {name: a.settled() for name, a in read.items()}

    def take(self, batches: Sequence[Any]) -> None:
        """The steps on these examples, slices or indices. Each is whole, whenever an interrupt comes."""
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
        X, Y = self.work.X, self.work.Y
        if isinstance(examples, slice):
            self.X[:-1], self.Y[...] = X[:, examples], Y[:, examples]
        else:  # "clip", since numpy would copy for the sake of indices that are out of bounds
            X.T.take(examples, 0, self.drawn, "clip")
            Y.take(examples, 1, self.Y, "clip")
            self.X[:-1] = self.drawn.T

    def records(self) -> Records:
        """What the steps of the chunk cost, one after another."""
        play(self.reading)
        weight = self.work.cost.pair.weight(self.Z[:, : self.Z.shape[1] // self.room])
        read = {name: means(a, self.room) for name, a in self.read.items()}
        read["loss"] = [total * weight for total in functions.sums(self.read["loss"], self.room)]
        return {name: numbers[: len(self.done)] for name, numbers in read.items()}
