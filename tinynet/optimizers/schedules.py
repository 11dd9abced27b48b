"""Schedules: learning rates that change from step to step, or from epoch to epoch.

Each counts in steps or in epochs, whichever it is given: `steps=1000` or `epochs=30`. Both count
from 0, and a schedule by epochs has one rate for all steps of an epoch.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from tinynet.base import Part, Setting, checks


def span(who: str, name: str, value: Any) -> Any:
    """A whole number of steps or epochs, or an increasing list of them; or None."""
    if not isinstance(value, (list, tuple)):
        return None if value is None else checks.count(who, name, value)
    ends = [checks.count(who, name, one) for one in value]
    if ends != sorted(set(ends)):
        checks.refuse(who, f"{name} in increasing order", checks.shown(value))
    return ends


def rates_of(who: str, name: str, value: Any) -> list[float]:
    """A list of learning rates."""
    if not isinstance(value, (list, tuple)):
        checks.refuse(who, f"{name} as a list of numbers", checks.shown(value), error=TypeError)
    return [checks.real(who, name, one, "[0, inf)") for one in value]


class Place(NamedTuple):
    """Of a fit, for schedules by epochs: what was done before it, and how long an epoch is."""

    steps_before: int
    epochs_before: int
    steps_an_epoch: int

    def agrees(self, other: "Place") -> bool:
        """Whether both say of each step the same epoch."""
        epochs = other.epochs_before - self.epochs_before
        same_pace = self.steps_an_epoch == other.steps_an_epoch
        return same_pace and self.steps_before + epochs * self.steps_an_epoch == other.steps_before


class Schedule(Part):
    """`rate(t)` is the learning rate in step or epoch t; a class of one's own writes it. Over
    `steps` or `epochs`, of which one is given."""

    steps: Any = Setting(span)
    epochs: Any = Setting(span)

    def __init__(self, steps: Any = None, epochs: Any = None) -> None:
        if (steps is None) == (epochs is None):
            got = "none" if steps is None else "both"
            checks.refuse(self.who, "steps=... or epochs=...", got)
        self.steps, self.epochs = steps, epochs

    def __setattr__(self, name: str, value: Any) -> None:
        if name in vars(self) and isinstance(getattr(type(self), name, None), Setting):
            cure = "make a new one: its settings are looked at together"
            checks.refuse(self.who, f"{name} to stay", checks.shown(value), cure)
        super().__setattr__(name, value)

    @property
    def over(self) -> Any:
        return self.epochs if self.steps is None else self.steps

    def rate(self, t: int) -> float:
        checks.unwritten(self.who, "rate")

    def at(self, step: int, place: Place | None) -> float:
        """The rate of a step, from 1, of a fit in that place."""
        t = step - 1
        if self.steps is None:
            if place is None:
                cure = "a schedule by steps goes without"
                checks.refuse(self.who, "a fit, which knows its epochs", "none", cure, RuntimeError)
            t = place.epochs_before + (t - place.steps_before) // place.steps_an_epoch
        rate = self.rate(t)
        known = type(rate) is float and 0 <= rate < math.inf
        return rate if known else checks.real(self.who, "its rate", rate, "[0, inf)")


class Decay(Schedule):
    """From `learning_rate`, times `factor` for every so many steps or epochs."""

    learning_rate = Setting(checks.real, "(0, inf)")
    factor = Setting(checks.real, "(0, 1]")

    def __init__(
        self, learning_rate: float, factor: float, steps: int | None = None, epochs: Any = None
    ) -> None:
        super().__init__(steps, epochs)
        if isinstance(self.over, list):
            checks.refuse(self.who, "one number of steps or epochs", self.over)
        self.learning_rate, self.factor = learning_rate, factor


class ExponentialDecay(Decay):
    """learning_rate * factor^(t / steps).

    >>> ExponentialDecay(0.1, 0.5, steps=10).rate(20)
    0.025
    """

    def rate(self, t: int) -> float:
        return self.learning_rate * float(self.factor ** (t / self.over))


class StepDecay(Decay):
    """learning_rate * factor^floor(t / steps).

    >>> StepDecay(0.1, 0.5, epochs=10).rate(19)
    0.05
    """

    def rate(self, t: int) -> float:
        return self.learning_rate * float(self.factor ** (t // self.over))


class PiecewiseConstant(Schedule):
    """The first of `rates` before the first of the steps or epochs, the second before the second,
    and so on: one rate more than there are ends.

    >>> [PiecewiseConstant([0.1, 0.01], epochs=[5]).rate(t) for t in (4, 5)]
    [0.1, 0.01]
    """

    rates: Any = Setting(rates_of)

    def __init__(self, rates: Sequence[float], steps: Any = None, epochs: Any = None) -> None:
        super().__init__(steps, epochs)
        self.rates = rates
        if not isinstance(self.over, list) or len(self.rates) != len(self.over) + 1:
            got = f"{len(self.rates)} rates for {self.over}"
            checks.refuse(self.who, "a list of ends, and one rate more", got)

    def rate(self, t: int) -> float:
        return self.rates[sum(t >= end for end in self.over)]  # type: ignore[no-any-return]


class CosineDecay(Schedule):
    """Up in a line for `warm_up` steps or epochs, then down along half a cosine to `last` at the
    end of the steps or epochs, warm-up included; `last` from there on.

    Loshchilov and Hutter, ICLR 2017 (arXiv:1608.03983).

    >>> cosine = CosineDecay(0.1, steps=104, warm_up=4)
    >>> [round(cosine.rate(t), 6) for t in (0, 3, 4, 54, 104, 999)]
    [0.025, 0.1, 0.1, 0.05, 0.0, 0.0]
    """

    learning_rate = Setting(checks.real, "(0, inf)")
    warm_up = Setting(checks.count, 0)
    last = Setting(checks.real, "[0, inf)")

    def __init__(
        self,
        learning_rate: float,
        steps: int | None = None,
        epochs: int | None = None,
        warm_up: int = 0,
        last: float = 0.0,
    ) -> None:
        super().__init__(steps, epochs)
        self.learning_rate, self.warm_up, self.last = learning_rate, warm_up, last
        if isinstance(self.over, list) or self.warm_up >= self.over:
            expected = "one number of steps or epochs, more than warm_up"
            checks.refuse(self.who, expected, self.over)

    def rate(self, t: int) -> float:
        if t < self.warm_up:
            return self.learning_rate * (t + 1) / self.warm_up
        share = min((t - self.warm_up) / (self.over - self.warm_up), 1.0)
        return self.last + (self.learning_rate - self.last) * (1 + math.cos(math.pi * share)) / 2
