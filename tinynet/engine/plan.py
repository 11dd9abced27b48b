"""A step settled before it is taken: the methods of the cost and the optimizer on a tape, over the
arrays of a training.

Nobody reads a cost before its chunk of steps ends. So the outputs Z of the steps wait side by side,
and one play of another tape reads the costs and metrics of them all.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import chain, count
from typing import Any

import numpy as np

from tinynet.base.calls import in_one_go
from tinynet.base.checks import Array
from tinynet.engine.batch import Batch, Examples
from tinynet.engine.readings import Readings
from tinynet.engine.store import Store
from tinynet.engine.work import PIECE, Work
from tinynet.net.cost import Cost
from tinynet.net.parameters import pieces
from tinynet.optimizers.base import DUSTING
from tinynet.tape.memory import Arena
from tinynet.tape.recording import Bound, Moves, Recording
from tinynet.tape.stand_ins import StandIn, UnsteadyError
from tinynet.tape.tape import Calls, Tape


class Net:
    """The copy of a net on which its steps are recorded: its parameters and its state are whatever
    arrays, or stand-ins, it is given."""

    def __init__(self, work: Work) -> None:
        self.cost, self.optimizer = work.twins()
        self.layers = self.cost.layers
        self.names = [list(layer.state) for layer in self.layers]

    def take(self, arrays: Sequence[Any]) -> Cost:
        """The cost with these parameters, a theta a layer, and these arrays of state."""
        left = list(arrays[len(self.layers) :])
        for layer, theta, names in zip(self.layers, arrays, self.names, strict=False):
            layer.theta, layer.state = theta, {name: left.pop(0) for name in names}
        return self.cost


def homes(cost: Cost, flat: Sequence[Any]) -> dict[str, Any]:
    """What each parameter has of such arrays, one a layer, under its name."""
    return {
        f"{key}{i}": part
        for i, (layer, own) in enumerate(zip(cost.layers, flat, strict=True), 1)
        for key, part in layer.split(own).items()
    }


def states_after(cost: Cost, caches: Sequence[Mapping[str, Any]]) -> list[Any]:
    """The layers' running state after a pass."""
    pairs = zip(cost.layers, caches, strict=True)
    return [cache.get("state", layer.state)[name] for layer, cache in pairs for name in layer.state]


class Plan:
    """The steps of a chunk on batches of one width, as lists of calls."""

    def __init__(self, work: Work, batch: Batch, store: Store, arena: Arena) -> None:
        self.work, self.batch, self.store, self.arena = work, batch, store, arena
        self.readings = Readings(work, batch, arena)
        self.net = Net(work)
        one = len(batch.blocks) == 1
        self.grads = store.grads if one else np.empty_like(store.grads)  # those of a block
        self.thetas = [layer.theta for layer in work.cost.layers]
        self.recordings = dict[Any, Recording]()
        t = work.optimizer.steps + 1
        self.numbers = [np.zeros((), store.params.dtype) for _ in work.optimizer.numbers(t)]
        self.penalty, self.update, self.dust = self.penalties(), self.updates(), self.dusting()
        self.steps: list[Calls] = []
        self.prologues: list[Calls] = []
        if not batch.borrows:
            self.bind()

    def load(self, examples: Examples) -> None:
        self.batch.load(examples)
        if not self.steps:
            self.bind()
        for calls in self.prologues:
            in_one_go(calls)
        self.readings.renew()

    def release(self) -> None:
        """Let go of a user's arrays."""
        if self.batch.borrows:
            self.steps, self.prologues = [], []
            for recording in self.recordings.values():
                recording.unbind()
            self.readings.unbind()
        self.batch.release()

    def forget(self) -> None:
        for recording in self.recordings.values():
            recording.forget()
        self.readings.forget()

    def bind(self) -> None:
        """Settle the calls of each step of a chunk: the gradients, block by block, the outputs and
        targets if they wait, the penalties and the update."""
        total, part, batch = self.store.grads, self.grads, self.batch
        gradients: Calls = []
        for block in batch.blocks:
            calls, results, prologue = self.gradients(block)
            self.prologues.append(prologue)
            gradients += calls
            if part is not total:
                add = partial(np.add, total, part, total)
                gradients.append(add if block.start else partial(total.__setitem__, ..., part))
        moves = [(batch.Z, results[0])] if results else []
        moves += [(batch.waiting, batch.Y)] if batch.room > 1 and not batch.whole else []
        done = partial(self.work.optimizer.taken.append, None)
        self.steps = [
            [
                *gradients,
                *(partial(row[:, place].__setitem__, ..., a) for row, a in moves),
                *self.penalty.calls,
                *(partial(batch.penalties.__setitem__, i, p) for p in self.penalty.results),
                *self.update,
                done,
            ]
            for i, place in enumerate(batch.places)
        ]

    def recorded(
        self,
        name: Any,
        function: Callable[..., Moves],
        arrays: Sequence[Array],
        constant: Sequence[int] = (),
    ) -> Bound:
        """The calls of a function; those of the same name and shapes share a recording."""
        key = (name, *(a.shape for a in arrays))
        if key not in self.recordings:
            self.recordings[key] = Recording(function, arrays, self.arena, constant, self.moment)
        return self.recordings[key].bind(arrays)

    def moment(self, time: int) -> None:
        """First a step further, then as it is: a part that counts its steps shows."""
        self.net.optimizer.steps = self.work.optimizer.steps + 1 - time

    def gradients(self, block: slice) -> Bound:
        """The gradients of a block of examples into `grads`, and its outputs Z, which are kept if
        they must wait for their place."""
        batch, store, n = self.batch, self.store, len(self.thetas)
        weight = self.work.cost.pair.weight
        share = weight(batch.Z[:, : batch.width]) / weight(batch.Z[:, block])
        wait = batch.room > 1

        def function(X: Any, Y: Any, *others: Any) -> Moves:
            read, written = others[: n + len(store.states)], others[n + len(store.states) :]
            cost = self.net.take(read)
            Z, caches = cost.outputs(X)
            found = cost.gradients(share, Z, Y, caches)
            moves = [(found[name], home) for name, home in homes(cost, written[:n]).items()]
            moves += zip(states_after(cost, caches), written[n:], strict=False)
            return ([*moves] if wait else [*moves, (Z, written[-1])]), ([Z] if wait else [])

        arrays = [batch.X[:, block], batch.Y[:, block], *self.thetas, *store.states]
        arrays += [*pieces(self.work.cost.layers, self.grads), *store.next_states]
        arrays += [] if wait else [batch.Z[:, block]]
        return self.recorded("gradients", function, arrays, [0, 1] if batch.fixed else [])

    def penalties(self) -> Bound:
        """What the parameters alone add to J and to the gradients, and the layers' next state."""
        layers, n = self.work.cost.layers, len(self.thetas)

        def function(*arrays: Any) -> Moves:
            cost = self.net.take([*arrays[:n], *self.store.states])
            total, places = cost.penalty(), homes(cost, arrays[n : 2 * n])
            moves = [(places[k] + g, places[k]) for k, g in cost.penalty_gradients().items()]
            if not isinstance(total, (StandIn, type(None))):
                raise UnsteadyError("a penalty that does not depend on the parameters")
            after = arrays[2 * n :]
            half = len(after) // 2
            moves += zip(after[half:], after[:half], strict=True)
            return moves, [] if total is None else [total]

        arrays = [*self.thetas, *pieces(layers, self.store.grads)]
        states = [*self.store.states, *self.store.next_states]
        return self.recorded("penalties", function, [*arrays, *states])

    def pieces(self) -> list[list[Array]]:
        """The gradients, the parameters and the slots, piece by piece."""
        arrays = [self.store.grads, self.store.params, *self.store.slots.values()]
        return [
            [a[start : start + PIECE] for a in arrays]
            for start in range(0, self.store.params.size, PIECE)
        ]

    def updates(self) -> Calls:
        """The optimizer's step."""
        names, optimizer = list(self.store.slots), self.net.optimizer
        # a step has it from `numbers`; who asks the optimizer itself would have it for ever
        optimizer.params["learning_rate"] = Tape().given(np.zeros(()))  # type: ignore[assignment]

        def function(g: Any, p: Any, *others: Any) -> Moves:
            places = dict(zip(names, others, strict=False))
            step, after = optimizer.step(p, g, places, *others[len(names) :])
            return [(p - step, p), *((a, places[slot]) for slot, a in after.items())], []

        pieces = [[*arrays, *self.numbers] for arrays in self.pieces()]
        return [call for own in pieces for call in self.recorded("update", function, own).calls]

    def dusting(self) -> Calls:
        """What some steps begin with: numbers that have decayed to nothing become 0."""
        optimizer, calls = self.net.optimizer, list[Callable[[], Any]]()
        for _, _, *slots in self.pieces():
            for slot, a in zip(self.store.slots, slots, strict=True):

                def function(a: Any, slot: str = slot) -> Moves:
                    return [(optimizer.without_dust(slot, a), a)], []

                calls += self.recorded(slot, function, [a]).calls
        return calls

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
