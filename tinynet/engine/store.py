"""What training writes: parameters, gradients and slots, each kind in one array, and the layers'
running state. It can go back to where it was."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from tinynet.base import checks, in_one_go
from tinynet.layers import Layer
from tinynet.net.parameters import gather, home_of, parts
from tinynet.optimizers import Optimizer


def written(layers: Sequence[Layer], optimizer: Optimizer) -> list[Any]:
    """The very arrays and generators that a training of a net with its optimizer writes."""
    held: list[Any] = [optimizer]
    for layer in layers:
        held += layer.activation, layer.theta, layer.generator, *layer.state.values()
    for slots in optimizer.slots.values():
        held += slots.values()
    return held


class Store:
    """All that a training of these layers with this optimizer writes, and one snapshot of it."""

    def __init__(self, layers: Sequence[Layer], optimizer: Optimizer) -> None:
        self.layers, self.optimizer = layers, optimizer
        self.params = gather(layers)
        self.grads = np.empty_like(self.params)
        self.slots = dict[str, Any]()
        for slot, held in optimizer.slots.items():
            home = home_of(held.values())
            self.slots[slot] = np.zeros_like(self.params) if home is None else home
            views = parts(layers, self.slots[slot])
            for name, a in held.items() if home is None else ():
                views[name][...] = a
            held.update(views)
        self.states = [a for layer in layers for a in layer.state.values()]
        self.next_states = [a.copy() for a in self.states]
        self.generators = [g for layer in layers for g in layer.generators()]
        self.arrays = [self.params, *self.slots.values(), *self.states]
        self.kept = [np.empty_like(a) for a in self.arrays]
        self.kept_steps, self.kept_draws = 0, list[Any]()

    def finite(self) -> bool:
        return all(map(checks.all_finite, self.arrays))

    def draws(self) -> list[Any]:
        """Where the layers' generators stand."""
        return [generator.bit_generator.state for generator in self.generators]

    def keep(self, *also: Callable[[], Any]) -> None:
        """Remember this moment, and no earlier one."""
        moment = {"kept_steps": self.optimizer.steps, "kept_draws": self.draws()}
        pairs = zip(self.kept, self.arrays, strict=True)
        copies = [partial(kept.__setitem__, ..., a) for kept, a in pairs]
        counted = partial(vars(self.optimizer).update, earlier=moment["kept_steps"])
        kept = partial(self.__dict__.update, moment)
        in_one_go([*copies, kept, counted, self.optimizer.taken.clear, *also])

    def go_back(self) -> None:
        """To the moment remembered."""
        pairs = zip(self.kept, self.arrays, strict=True)
        copies: list[Any] = [partial(a.__setitem__, ..., kept) for kept, a in pairs]
        moment = {"earlier": self.kept_steps}
        calls = [*copies, *self.redraws(self.kept_draws)]
        calls += [partial(vars(self.optimizer).update, moment), self.optimizer.taken.clear]
        in_one_go(calls)

    def redraws(self, draws: Sequence[Any]) -> list[Any]:
        """The calls that set the generators back."""
        pairs = zip(self.generators, draws, strict=True)
        return [partial(setattr, g.bit_generator, "state", state) for g, state in pairs]
