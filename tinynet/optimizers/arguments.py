"""What every optimizer has: a learning rate, limits for the gradients, perhaps numbers that it
learns."""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np

from tinynet.base import Array, Arrays
from tinynet.optimizers.learnable import Rate, rate_or_schedule
from tinynet.optimizers.limits import Limits, joined, split
from tinynet.optimizers.schedules import Schedule


class Arguments(Limits):
    """`learning_rate` > 0 is a number or a schedule; `clip_norm` and `clip_value` are limits.

    `learned` is what an optimizer keeps of earlier steps beside its slots: arrays of one number
    each, such as a learning rate that is learned.
    """

    steady = True
    learning_rate = Rate(rate_or_schedule)
    learned: Mapping[str, Array] = MappingProxyType({})
    slots: dict[str, dict[str, Array]]
    steps: int
    _epochs: tuple[int, int, int] | None = None  # what a schedule by epochs needs of a fit

    def rate(self, t: int) -> float:
        """The learning rate of step t."""
        own = self.learning_rate
        return own.at(t, self._epochs) if isinstance(own, Schedule) else own

    def numbers(self, t: int) -> tuple[float, ...]:
        """The scalars that `step` gets for step t, from 1: the learning rate, and whatever else
        changes from one step to the next. It is called before every step."""
        return (self.rate(t),)

    def looks(self) -> bool:
        """Whether a step looks at all gradients together."""
        return self.clips() or bool(self.learned)

    def look(self, g: Array, slots: Arrays, learned: Arrays, *numbers: Any) -> tuple[Array, Arrays]:
        """All gradients in one array, within the limits, and what is learned of them. Every slot
        is in one array, too."""
        return self.clipped(g), {}

    def looked_at(self, grads: Arrays) -> tuple[Any, ...]:
        """The same of gradients by name: those within the limits, and what is learned."""
        if not (self.looks() and grads):
            return grads, *self.learned.values()
        g, held = joined(grads), dict[str, Array]()
        for slot, own in self.slots.items() if self.learned else ():
            held[slot] = joined({n: own.get(n, np.zeros_like(a)) for n, a in grads.items()})
        numbers = self.numbers(self.steps + 1) if self.learned else ()
        found, after = self.look(g, held, self.learned, *(np.array(n, g.dtype) for n in numbers))
        return split(found, grads), *after.values()

    def kept(self, grads: Arrays, *after: Array) -> list[Callable[[], Any]]:
        """The calls that write what is learned."""
        pairs = zip(self.learned.values(), after, strict=True)
        return [partial(a.__setitem__, ..., new) for a, new in pairs]
