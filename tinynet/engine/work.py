"""What a training works with, and how much of it at a time."""

import copy
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from tinynet.metrics import Metric
from tinynet.net import blocks
from tinynet.net.cost import Cost
from tinynet.optimizers import RATES, Optimizer
from tinynet.tape.recording import PLAYED

CHUNK = 64  # steps that are taken before somebody looks at them, at most
WAITING = 65_536  # outputs that wait to be read, at most: a core's cache holds them
PIECE = 32_768  # parameters that an update goes over at a time
# methods of an optimizer that a recorded step does not call
UNRECORDED = "advance", "finite_step", "slots_of", "without_dust"
PLAIN = {bool, int, float, str, type(None)}


class Work(NamedTuple):
    """A net with its cost, its optimizer and what is read beside the cost."""

    cost: Cost
    optimizer: Optimizer
    metrics: Mapping[str, Metric]
    weighted: bool = False  # whether the last row of Y has the weights of the examples
    reader: Any = PLAYED  # what makes calls of a tape, and of several steps

    @property
    def parts(self) -> list[Any]:
        """All that has a say in a step."""
        inner = blocks.parts_of([self.optimizer])[::-1]  # the optimizer last
        return [*blocks.parts_of([*self.cost.layers, self.cost.pair]), *inner]

    @property
    def steady(self) -> bool:
        kind = type(self.optimizer)
        own = any(getattr(kind, name) is not getattr(Optimizer, name) for name in UNRECORDED)
        return all(map(blocks.steady, self.parts)) and not own

    @property
    def separable(self) -> bool:
        """Whether the outputs of several steps may be read side by side."""
        pair = self.cost.pair
        return blocks.divisible([pair, pair.loss, pair.activation, *self.metrics.values()])

    @property
    def recorded(self) -> list[Any]:
        """All that is recorded, if it can be."""
        return [*self.parts, *filter(blocks.steady, self.metrics.values())]

    @property
    def ours(self) -> bool:
        """Whether none of that is a user's: then all of it is known to be steady."""
        return all(part.ours for part in self.recorded)

    @property
    def foreseen(self) -> bool:
        """Whether the numbers of several steps may be asked for at once: a user's optimizer or
        schedule is asked right before each."""
        parts = blocks.parts_of([self.optimizer])
        rates = [vars(part)["schedule"] for part in parts if vars(part).get("schedule")]
        return all(part.ours for part in [*parts, *rates])

    def settings(self) -> Any:
        """All that a recorded step takes for granted: equal as long as nobody changed a setting.
        A user's part may look at anything, so two of a net with one are never equal."""
        if not self.ours:
            return object()
        recorded = self.recorded
        held = (vars(part).items() for part in recorded)
        # but for the count; -0.0 equals 0.0 and is another number
        plain = [a or repr(a) for b in held for n, a in b if type(a) in PLAIN and n != "earlier"]
        return [*map(type, recorded)], plain

    def frozen(self) -> list[float]:
        """The hyperparameters that a recorded step takes for granted."""
        hyper = [x for p in blocks.parts_of([self.optimizer]) for x in p.params.items()]
        return [float(p) for name, p in hyper if name not in RATES]

    def changed(self) -> list[Any]:
        """The very arrays and generators that a training writes."""
        layers = self.cost.layers
        held = [a for x in layers for a in (x.theta, *x.generators(), *x.state.values())]
        named = self.optimizer.learned, *self.optimizer.slots.values()
        return held + [a for arrays in named for a in arrays.values()]

    def twins(self) -> "Work":
        """Copies of all parts, on which a step is recorded: so no stand-in stays behind in one.
        They share what a training writes. A metric that cannot be copied is the same."""
        cost, optimizer = copy.deepcopy(self[:2], {id(a): a for a in self.changed()})
        metrics = dict(self.metrics)
        for name, metric in self.metrics.items():
            with suppress(Exception):
                metrics[name] = copy.deepcopy(metric)
        return self._replace(cost=cost, optimizer=optimizer, metrics=metrics)
