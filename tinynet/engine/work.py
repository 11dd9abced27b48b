"""What a training works with, and how much of it at a time."""

import copy
import pickle
from collections.abc import Mapping
from typing import Any, NamedTuple

from tinynet.net import blocks
from tinynet.net.cost import Cost
from tinynet.net.metrics import Metric
from tinynet.optimizers import Optimizer

CHUNK = 64  # steps that are taken before somebody looks at them, at most
WAITING = 65_536  # outputs that wait to be read, at most: a core's cache holds them
PIECE = 32_768  # parameters that an update goes over at a time
PLAIN = {bool, int, float, str, type(None)}
# what a part has beside the settings of its steps; its own parts come by themselves
FLEETING = {"grads", "cache", "theta", "slots", "state", "generator", "taken", "earlier", "params"}
FLEETING |= {"activation", "loss", "shapes", "initializer", "bias_initializer"}


class Work(NamedTuple):
    """A net with its cost, its optimizer and what is read beside the cost."""

    cost: Cost
    optimizer: Optimizer
    metrics: Mapping[str, Metric]

    @property
    def parts(self) -> list[Any]:
        """All that has a say in a step."""
        pair = self.cost.pair
        return [*blocks.parts_of(self.cost.layers), pair, pair.loss, self.optimizer]

    @property
    def steady(self) -> bool:
        own = any(
            getattr(type(self.optimizer), name) is not getattr(Optimizer, name)
            for name in ("update", "advance", "finite_step", "slots_of")
        )
        return all(map(blocks.steady, self.parts)) and not own

    @property
    def divisible(self) -> bool:
        return blocks.divisible(self.parts[:-1])

    def settings(self) -> Any:
        """All that a recorded step takes for granted: equal as long as nobody changed a setting."""
        known = self.optimizer.params.items()
        plain: list[Any] = [(name, float(p)) for name, p in known if name != "learning_rate"]
        others = list[Any](self.metrics.items())
        for part in self.parts:
            plain.append(("", type(part)))
            for name, value in vars(part).items():
                if name not in FLEETING:
                    (plain if type(value) in PLAIN else others).append((name, value))
        try:
            return plain, pickle.dumps(others)
        except Exception:  # what cannot be compared is taken for changed
            return object()

    def written(self) -> list[Any]:
        """The very arrays and generators that a training writes."""
        layers = self.cost.layers
        held = [a for x in layers for a in (x.theta, x.generator, *x.state.values())]
        return held + [a for slots in self.optimizer.slots.values() for a in slots.values()]

    def twins(self) -> tuple[Cost, Optimizer]:
        """Copies of the cost and the optimizer, on which a step is recorded: so no stand-in stays
        behind in a part. They share what a training writes."""
        return copy.deepcopy((self.cost, self.optimizer), {id(a): a for a in self.written()})
