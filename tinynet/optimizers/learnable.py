"""Settings of an optimizer that have a gradient, for those who want to learn them; the learning
rate is one."""

import copy
from typing import Any

import numpy as np

from tinynet.base import Node, Part, Setting, checks
from tinynet.optimizers.schedules import Place, Schedule


class Learnable(Setting[float]):
    """A number with a gradient after `backward`: it is in the optimizer's `params`."""

    def __get__(self, optimizer: Part | None, owner: type[Part]) -> Any:
        return self if optimizer is None else optimizer.__dict__["params"][self.name].item()

    def keep(self, optimizer: Part, number: Any) -> None:
        vars(optimizer)["params"][self.name] = np.array(number)


class Rate(Learnable):
    """A learning rate: a number, or a schedule, which has no gradient."""

    def __get__(self, optimizer: Part | None, owner: type[Part]) -> Any:
        if optimizer is None:
            return self
        return optimizer.__dict__["schedule"] or optimizer.__dict__["params"][self.name].item()

    def keep(self, optimizer: Part, number: Any) -> None:
        scheduled = isinstance(number, Schedule)
        vars(optimizer)["schedule"] = number if scheduled else None
        vars(optimizer)["params"].pop(self.name, None)
        if not scheduled:
            super().keep(optimizer, number)


class Learned(Learnable):
    """A learning rate that is learned: its logarithm is in the optimizer's `params`."""

    def __get__(self, optimizer: Part | None, owner: type[Part]) -> Any:
        return self if optimizer is None else float(np.exp(vars(optimizer)["params"]["log_rate"]))

    def keep(self, optimizer: Part, number: float) -> None:
        vars(optimizer)["params"].setdefault("log_rate", np.zeros(()))[...] = np.log(number)
        vars(optimizer)["first"] = number


def rate_or_schedule(who: str, name: str, value: Any) -> Any:
    """A number above 0, or a copy of a schedule."""
    scheduled = isinstance(value, Schedule)
    return copy.deepcopy(value) if scheduled else checks.real(who, name, value, "(0, inf)")


class Rated(Node):
    """`learning_rate` > 0 is a number or a schedule."""

    steady = True
    learning_rate = Rate(rate_or_schedule)
    _place: Place | None = None  # in the last fit

    def rate(self, t: int) -> float:
        """The learning rate of step t."""
        own = self.learning_rate
        return own.at(t, self._place) if isinstance(own, Schedule) else own

    def numbers(self, t: int) -> tuple[float, ...]:
        """The scalars that `step` gets for step t, from 1: the learning rate, and whatever else
        changes from one step to the next. It is called before every step."""
        return (self.rate(t),)
