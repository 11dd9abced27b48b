"""What a step computes: functions of arrays, each of which says what goes where. On stand-ins they
are recorded, on arrays they are the step as the methods are written."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tinynet.base import Array, checks, read_only
from tinynet.engine.work import Work
from tinynet.layers import Layer
from tinynet.net.cost import Cost
from tinynet.net.metrics import values
from tinynet.tape.recording import Moves


class Written:
    """A function of arrays that is called as it is written; `Bound` is the same, recorded."""

    def __init__(self, function: Callable[..., Moves], arrays: Sequence[Array]) -> None:
        self.function, self.arrays = function, arrays
        self.calls, self.prologue = [self.play], list[Any]()
        self.results: list[Array] = []

    def play(self) -> Sequence[Array]:
        """Have everything where it goes; what is kept."""
        moves, kept = self.function(*self.arrays)
        for value, place in moves:
            place[...] = value
        return kept


class Step:
    """The functions of a step: on copies of the parts if it is to be recorded, so that no stand-in
    stays behind in one, else on the parts themselves."""

    def __init__(self, work: Work, recorded: bool) -> None:
        self.metrics, self.recorded = work.metrics, recorded
        self.cost, self.optimizer = work.twins() if recorded else (work.cost, work.optimizer)
        self.names = [list(layer.state) for layer in self.cost.layers]

    def take(self, arrays: Sequence[Any]) -> Cost:
        """The cost with these parameters, a theta a layer, and these arrays of state."""
        layers = self.cost.layers
        left = iter(arrays[len(layers) :])
        for layer, theta, names in zip(layers, arrays, self.names, strict=False):
            layer.theta, layer.state = theta, {name: next(left) for name in names}
        return self.cost

    def homes(self, flat: Sequence[Any]) -> dict[str, Any]:
        """What each parameter has of such arrays, one a layer, under its name."""
        return {
            f"{key}{i}": part
            for i, (layer, own) in enumerate(zip(self.cost.layers, flat, strict=True), 1)
            for key, part in layer.split(own).items()
        }

    def inputs(self, X_above_ones: Any) -> Any:
        """X, of which it is known that it stands above a row of ones."""
        X = X_above_ones[:-1]
        if not self.recorded:
            return read_only(X)
        X.above_ones = X_above_ones
        return X

    def gradients(self, share: float, n: int, X: Any, Y: Any, *others: Any) -> Moves:
        """The gradients of a block, `share` of the batch's, and the state after it. `others` are n
        thetas and arrays of state, then where their gradients and the next state go, and Z; without
        a place for Z it is kept."""
        read, written = others[:n], others[n:]
        cost, layers = self.take(read), self.cost.layers
        Z, caches = cost.outputs(self.inputs(X))
        found = cost.gradients(share, Z if self.recorded else read_only(Z), Y, caches)
        require_state(layers, caches)
        moves = [(found[k], home) for k, home in self.homes(written[: len(layers)]).items()]
        after = [
            cache.get("state", layer.state)[name]
            for layer, cache, names in zip(layers, caches, self.names, strict=True)
            for name in names
        ]
        places = written[len(layers) :]
        moves += zip([*after, Z], places, strict=False)
        return moves, [Z] if len(places) == len(after) else []

    def penalty(self, n: int, *arrays: Any) -> Moves:
        """The gradients of what the parameters alone add to J, on top of those of the batch; that
        is kept."""
        cost, places = self.take(arrays[:n]), self.homes(arrays[n:])
        found = cost.penalty_gradients().items()
        return [(places[k] + g, places[k]) for k, g in found], [cost.penalty()]

    def update(self, slots: Sequence[str], g: Any, p: Any, *others: Any) -> Moves:
        """The optimizer's step on a piece of all parameters."""
        places = dict(zip(slots, others, strict=False))
        step, after = self.optimizer.step(p, g, places, *others[len(slots) :])
        return [(p - step, p), *((a, places[slot]) for slot, a in after.items())], []

    def dusting(self, slot: str, a: Any) -> Moves:
        """Numbers of a slot that have decayed to nothing become 0."""
        return [(self.optimizer.without_dust(slot, a), a)], []

    def entries(self, Z: Any, Y: Any) -> Moves:
        """The costs of outputs and what the metrics read of them, in float64."""
        pair = self.cost.pair
        read = [self.cost.costs(Z, Y), *values(self.metrics, pair.activation, Z, Y)]
        return [], [a if a.dtype == float else a.astype(float) for a in read]


def require_state(layers: Sequence[Layer], caches: Sequence[Mapping[str, Any]]) -> None:
    """Refuse a pass that forgets some of a layer's state."""
    for layer, cache in zip(layers, caches, strict=True):
        names = [*layer.state], [*cache.get("state", layer.state)]
        if set(names[0]) != set(names[1]):
            expected = f"{', '.join(names[0]) or 'no state'} in the cache's state"
            checks.refuse(layer.who, expected, ", ".join(names[1]) or "none")
