"""What training writes: parameters, gradients and slots, each kind in one array. It can go back to
where it was."""

from collections.abc import Sequence

import numpy as np

from tinynet.base import checks
from tinynet.base.checks import Array
from tinynet.layers import Layer
from tinynet.net.parameters import gather, home_of, parts
from tinynet.optimizers import Optimizer


class Store:
    """What training writes: the parameters, their gradients, the optimizer's slots. It can go back
    to where it was."""

    def __init__(self, layers: Sequence[Layer], optimizer: Optimizer) -> None:
        self.optimizer, self.params = optimizer, gather(layers)
        self.grads, self.slots = np.empty_like(self.params), dict[str, Array]()
        for slot, held in optimizer.slots.items():
            home = home_of(held.values())
            self.slots[slot] = np.zeros_like(self.params) if home is None else home
            optimizer.slots[slot] = parts(layers, self.slots[slot])
            for name, a in held.items() if home is None else ():
                optimizer.slots[slot][name][...] = a
        self.state = [self.params, *self.slots.values()]
        self.kept, self.kept_steps = [a.copy() for a in self.state], optimizer.steps

    def finite(self) -> bool:
        return all(map(checks.all_finite, self.state))

    def keep(self) -> None:
        """Remember this moment, and no earlier one."""
        for kept, array in zip(self.kept, self.state, strict=True):
            kept[...] = array
        self.kept_steps = self.optimizer.steps

    def go_back(self) -> None:
        """To the moment remembered."""
        for kept, array in zip(self.kept, self.state, strict=True):
            array[...] = kept
        self.optimizer.steps = self.kept_steps
