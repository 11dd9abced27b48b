"""What an optimizer makes of all gradients together, before it goes from array to array."""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np

from tinynet.base import Array, Arrays
from tinynet.optimizers.limits import Limits, joined, split


class Together(Limits):
    """The limits, and `learned`: what an optimizer keeps of earlier steps beside its slots, arrays
    of one number each, such as a learning rate that is learned."""

    steady = True
    learned: Mapping[str, Array] = MappingProxyType({})
    slots: dict[str, dict[str, Array]]
    steps: int

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
        return split(found, grads), *(after[name] for name in self.learned)

    def kept(self, grads: Arrays, *after: Array) -> list[Callable[[], Any]]:
        """The calls that write what is learned."""
        pairs = zip(self.learned.values(), after, strict=True)
        return [partial(a.__setitem__, ..., new) for a, new in pairs]
