"""What an optimizer makes of all gradients together, before it goes from array to array."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from tinynet.base import Array, Arrays, Guard, checks, put, read_only
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
        """Gradients by name within the limits, then the new value of each `learned`."""
        if not (self.looks() and grads):
            return grads, *self.learned.values()
        g, held = joined(grads), dict[str, Array]()
        for slot, own in self.slots.items() if self.learned else ():
            held[slot] = joined({n: own.get(n, np.zeros_like(a)) for n, a in grads.items()})
        numbers = self.numbers(self.steps + 1) if self.learned else ()
        given = [np.array(number, g.dtype) for number in numbers]
        before = {name: read_only(a) for name, a in self.learned.items()}
        with Guard(self.who):
            found, after = self.look(g, held, before, *given)
        checks.require_finite(self.who, "number that it learns", after)
        return split(found, grads), *(after[name] for name in self.learned)

    def require_slots(self, after: Arrays) -> None:
        """Refuse what a step leaves if some slots are missing or unknown."""
        if after.keys() != self.slots.keys():
            expected = f"the slots {', '.join(self.slots) or '(none)'} after a step"
            checks.refuse(self.who, expected, ", ".join(after) or "none")

    def kept(self, after: Sequence[Array]) -> list[Callable[[], Any]]:
        """The calls that write what is learned."""
        pairs = zip(self.learned.values(), after, strict=True)
        return [put(a, np.array(new)) for a, new in pairs]  # copies: they may change places
