"""What a step computes: functions of arrays, each of which says what goes where. On stand-ins they
are recorded, on arrays they are the step as the methods are written."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinynet.base import Array, checks, functions, read_only
from tinynet.engine.work import PIECE, Work
from tinynet.layers.running import state_after
from tinynet.metrics.base import values
from tinynet.net.parameters import parts
from tinynet.tape.recording import Bound, Moves
from tinynet.tape.stand_ins import UnsteadyError
from tinynet.tape.tape import Tape


def as_written(function: Callable[..., Moves], arrays: Sequence[Array]) -> Bound:
    """A function of arrays that is called as it is written, in the form of one that is recorded.
    What is read only is given as a copy: a part may keep it."""
    results = list[Array]()

    def play() -> None:
        given = [a if a.flags.writeable else read_only(a.copy("K")) for a in arrays]
        moves, results[:] = function(*given)
        for value, place in moves:
            place[...] = value

    return Bound([play], results, [])


class Step:
    """The functions of a step: on copies of the parts if it is to be recorded, so that no stand-in
    stays behind in one, else on the parts themselves."""

    def __init__(self, work: Work, recorded: bool) -> None:
        own = work.twins() if recorded else work
        self.cost, self.optimizer, self.metrics, self.weighted, _ = own

    def hand_out(self, arrays: Sequence[Any]) -> list[Any]:
        """Give each layer its theta and its arrays of state; what is left are places."""
        left = iter(arrays)
        for layer in self.cost.layers:
            layer.theta, layer.state = next(left), {name: next(left) for name in layer.state}
        return list(left)

    def gradients(self, share: float, X_above_ones: Any, Y: Any, *arrays: Any) -> Moves:
        """The gradients of a block, `share` of the batch's, the state after it, and Z. `arrays` are
        what the layers take, then places for all these."""
        X, layers, places = X_above_ones[:-1], self.cost.layers, self.hand_out(arrays)
        if not isinstance(X, np.ndarray):
            X.tape.above_ones[id(X)] = X, X_above_ones
        Z, caches = self.cost.practice(X)
        found = self.cost.gradients(share, Z, caches, *self.parted(Y))
        homes = parts(layers, places[: len(layers)])
        passes = zip(layers, caches, strict=True)
        after = [a for own in itertools.starmap(state_after, passes) for a in own.values()]
        pairs = zip([*after, Z], places[len(layers) :], strict=True)
        return [*((found[name], home) for name, home in homes.items()), *pairs], []

    def parted(self, Y: Any) -> tuple[Any, ...]:
        """The targets, and the weights of their examples (1, m) if there are any."""
        return (Y[:-1], Y[-1:]) if self.weighted else (Y,)

    def penalty(self, *arrays: Any) -> Moves:
        """What the parameters alone add to J, and its gradients on top of those of the batch."""
        *places, place = self.hand_out(arrays)
        homes, found = parts(self.cost.layers, places), self.cost.penalty_gradients().items()
        moves = [(homes[name] + g, homes[name]) for name, g in found]
        J = self.cost.penalty()
        return [*moves, (0.0 if J is None else J, place)], []

    def look(self, slots: Sequence[str], g: Any, *others: Any) -> Moves:
        """All gradients of a step within the optimizer's limits, and what it learns.
        `others` are its slots, what it learned so far, places for what follows, and its numbers."""
        left, own = iter(others), self.optimizer.learned
        held, before, places = ({s: next(left) for s in names} for names in (slots, own, own))
        found, after = self.optimizer.look(g, held, before, *left)
        return [(found, g), *((after[s], place) for s, place in places.items())], []

    def require_entrywise(self, numbers: Sequence[Array], size: int) -> None:
        """Refuse to record an optimizer's step of which an entry depends on others or on a shape:
        all parameters are in one array of that size, which is cut into pieces."""
        layers, slots = self.cost.layers, tuple(self.optimizer.slots)
        found, wanted = list[Any](), {p.shape for x in layers for p in x.params.values()}
        for shape in (*wanted, (min(size, PIECE),), (size % PIECE or PIECE,)):
            tape = Tape()
            arrays = [np.empty(shape, layers[0].theta.dtype) for _ in range(2 + len(slots))]
            given = [tape.given(a, name=str(i)) for i, a in enumerate([*arrays, *numbers])]
            tape.store(self.update(slots, *given)[0])
            found.append(tape.key(shaped=False) if tape.entrywise() else None)
        if found[0] is None or found.count(found[0]) < len(found):
            raise UnsteadyError("an optimizer's step that looks at other entries than its own")

    def update(self, slots: Sequence[str], g: Any, p: Any, *others: Any) -> Moves:
        """The optimizer's step on a piece of all parameters."""
        places = dict(zip(slots, others, strict=False))
        step, after = self.optimizer.step(p, g, dict(places), *others[len(slots) :])
        checks.shaped(self.optimizer, "a step", step, p.shape)
        return [(p - step, p), *((after[s], places[s]) for s in {**places, **after})], []

    def dusting(self, slot: str, a: Any) -> Moves:
        """Numbers of a slot that have decayed to nothing become 0."""
        return [(self.optimizer.without_dust(slot, a), a)], []

    def totals(self, steps: int, Z: Any, Y: Any) -> Moves:
        """Of the outputs of so many steps the sums, step by step, of the costs and of what the
        metrics read."""
        g, data = self.cost.pair.activation, (Z, *self.parted(Y))
        read = [self.cost.costs(*data), *values(self.metrics, g, *data)]
        return [], [functions.totals(a, steps) for a in read]
