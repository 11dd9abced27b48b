"""What training writes: parameters, gradients and slots, each kind in one array, and the layers'
running state. It can go back to where it was."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from tinynet.base import in_one_go, put
from tinynet.layers import Layer
from tinynet.net.parameters import gather, parts, pieces
from tinynet.optimizers import Optimizer
from tinynet.tape.tape import Calls


class Store:
    """All that a training of these layers with this optimizer writes, and one snapshot of it."""

    def __init__(self, layers: Sequence[Layer], optimizer: Optimizer) -> None:
        self.layers, self.optimizer = layers, optimizer
        self.params = gather(layers)
        self.grads = np.empty_like(self.params)
        self.slots = dict[str, Any]()
        for slot, held in optimizer.slots.items():
            self.slots[slot] = np.zeros_like(self.params)
            views = parts(layers, pieces(layers, self.slots[slot]))
            for name, a in held.items():
                views[name][...] = a
            held.update(views)
        # what a step reads: a layer's theta, then its state
        self.inputs = [a for layer in layers for a in (layer.theta, *layer.state.values())]
        self.states = [a for layer in layers for a in layer.state.values()]
        self.next_states = [a.copy() for a in self.states]
        self.generators = [g for layer in layers for g in layer.generators()]
        self.learned = [*optimizer.learned.values()]
        self.next_learned = [a.copy() for a in self.learned]
        self.moves = [*map(put, self.states + self.learned, self.next_states + self.next_learned)]
        self.arrays = [self.params, *self.slots.values(), *self.states, *self.learned]
        self.kept = [np.empty_like(a) for a in self.arrays]
        self.kept_steps, self.kept_draws = 0, list[Any]()

    def draws(self) -> list[Any]:
        """Where the layers' generators stand."""
        return [generator.bit_generator.state for generator in self.generators]

    def snapshot(self, *also: Callable[[], Any]) -> None:
        """Remember this moment, and no earlier one."""
        steps = self.optimizer.steps
        moment = partial(vars(self).update, kept_steps=steps, kept_draws=self.draws())
        in_one_go([*map(put, self.kept, self.arrays), moment, *self.counted(steps), *also])

    def go_back(self) -> None:
        """To the moment remembered."""
        writes = [*map(put, self.arrays, self.kept), *self.redraws(self.kept_draws)]
        in_one_go([*writes, *self.counted(self.kept_steps)])

    def counted(self, steps: int) -> Calls:
        """The calls that set the optimizer's count."""
        return [partial(vars(self.optimizer).update, earlier=steps), self.optimizer.taken.clear]

    def redraws(self, draws: Sequence[Any]) -> Calls:
        """The calls that set the generators back."""
        pairs = zip(self.generators, draws, strict=True)
        return [partial(setattr, g.bit_generator, "state", state) for g, state in pairs]
