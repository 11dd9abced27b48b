"""What a training works with, and how much of it at a time."""

import copy
import functools
import io
import pickle
from collections.abc import Mapping
from contextlib import suppress
from itertools import chain
from types import FunctionType
from typing import Any, NamedTuple

from tinynet.base import Node
from tinynet.layers import Layer
from tinynet.losses import Pair
from tinynet.net import blocks
from tinynet.net.cost import Cost
from tinynet.net.metrics import Metric
from tinynet.optimizers import Optimizer

CHUNK = 64  # steps that are taken before somebody looks at them, at most
WAITING = 65_536  # outputs that wait to be read, at most: a core's cache holds them
PIECE = 32_768  # parameters that an update goes over at a time
# methods of an optimizer that a recorded step does not call
PASSED_BY = "advance", "finite_step", "slots_of"
PLAIN = {bool, int, float, str, type(None)}
# what a part has beside the settings of its steps; its own parts come by themselves
INITIALIZERS = "initializer", "bias_initializer"
FLEETING: dict[type, set[str]] = {
    Layer: {"grads", "cache", "theta", "state", "generator", "shapes", "activation", *INITIALIZERS},
    Optimizer: {"grads", "cache", "params", "slots", "taken", "earlier"},
    Pair: {"grads", "cache", "loss", "activation"},
    Node: {"grads", "cache"},
    object: set(),
}


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
        kind = type(self.optimizer)
        own = any(getattr(kind, name) is not getattr(Optimizer, name) for name in PASSED_BY)
        return all(map(blocks.steady, self.parts)) and not own

    @property
    def divisible(self) -> bool:
        return blocks.divisible(self.parts[:-1])

    @property
    def separable(self) -> bool:
        """Whether the outputs of several steps may be read side by side."""
        pair = self.cost.pair
        return blocks.divisible([pair, pair.loss, pair.activation, *self.metrics.values()])

    def settings(self) -> Any:
        """All that a recorded step takes for granted: equal as long as nobody changed a setting."""
        hyper = self.optimizer.params.items()
        plain: list[Any] = [repr(float(p)) for name, p in hyper if name != "learning_rate"]
        others = list[Any]()
        for part in (*self.parts, *self.metrics.values()):
            fleeting, classes = known(part.__class__)
            plain.append(type(part))
            for name, value in chain(*(vars(x).items() for x in (part, *classes))):
                if name in fleeting or name.startswith("__"):
                    continue
                if type(value) in PLAIN:  # -0.0 is equal to 0.0, but is another
                    plain += name, type(value), value or repr(value)
                else:  # a method, or what is like one, is the same if it is the same object
                    methods = dir(type(value))
                    same = "__get__" in methods or "__set__" in methods
                    (plain if same else others).extend((name, value))
        told = io.BytesIO()
        try:
            Told(told).dump(others)
            return plain, told.getvalue()
        except Exception:  # what cannot be compared is taken for changed
            return object()

    def written(self) -> list[Any]:
        """The very arrays and generators that a training writes."""
        layers = self.cost.layers
        held = [a for x in layers for a in (x.theta, x.generator, *x.state.values())]
        return held + [a for slots in self.optimizer.slots.values() for a in slots.values()]

    def twins(self) -> "Work":
        """Copies of all parts, on which a step is recorded: so no stand-in stays behind in one.
        They share what a training writes. A metric that cannot be copied is the same."""
        cost, optimizer = copy.deepcopy(self[:2], {id(a): a for a in self.written()})
        metrics = dict(self.metrics)
        for name, metric in self.metrics.items():
            with suppress(Exception):
                metrics[name] = copy.deepcopy(metric)
        return Work(cost, optimizer, metrics)


class Told(pickle.Pickler):
    """Pickles numbers, arrays and tinynet's own parts: what is in the class body of another object,
    or in a function, might change unseen."""

    def reducer_override(self, value: Any) -> Any:
        kind = value if isinstance(value, type) else type(value)
        known = kind.__module__.partition(".")[0] in ("builtins", "numpy", "tinynet")
        if isinstance(value, FunctionType) or not known:
            raise pickle.PicklingError(f"{kind.__name__} cannot be compared")
        return NotImplemented


@functools.cache
def known(kind: Any) -> tuple[set[str], list[type]]:
    """What steps change in a part of this class, and which of its classes are the user's."""
    names = next(own for base, own in FLEETING.items() if issubclass(kind, base))
    return names, [k for k in kind.__mro__[:-1] if not k.__module__.startswith("tinynet.")]
