"""Adagrad: steps that shrink by what was seen so far, each parameter its own."""

# numpy's ufuncs give Any:
# mypy: disable-error-code="no-any-return"

from typing import Any

import numpy as np

from tinynet.base import Array, Arrays, Setting, checks
from tinynet.optimizers.base import Optimizer, Pulled, Stepped


class Adagrad(Optimizer):
    """Adagrad, Duchi, Hazan and Singer, JMLR 12, 2011; epsilon is added after the root.

    v <- v + g^2 from v = `initial_accumulator_value`, params <- params - learning_rate * g /
    (sqrt(v) + epsilon).

    As torch.optim.Adagrad, with another epsilon. Keras starts with v = 0.1 and a learning rate of
    0.001. The slot `r` is the root of the sum of g^2: in float32 g^2 overflows from 1.9e19 on, r
    does not. Where v is 0 the derivative of the root is taken as 0.

    >>> adagrad = Adagrad(learning_rate=0.5)
    >>> print(adagrad({"w": np.array([0.0])}, {"w": np.array([3.0])})["w"])
    [-0.5]
    """

    steady = True
    slot_names, squared = ("r",), ("r",)
    initial_accumulator_value = Setting(checks.real, "[0, inf)")
    epsilon = Setting(checks.real, "[1e-12, inf)")

    def __init__(
        self,
        learning_rate: Any = 0.01,
        initial_accumulator_value: float = 0.0,
        epsilon: float = 1e-8,
        clip_norm: float | None = None,
        clip_value: float | None = None,
    ) -> None:
        super().__init__(learning_rate, clip_norm, clip_value)
        self.initial_accumulator_value, self.epsilon = initial_accumulator_value, epsilon

    def step(self, p: Array, g: Array, slots: Arrays, *numbers: Any) -> Stepped:
        (rate,), start = numbers, self.initial_accumulator_value
        r = np.sqrt(np.square(slots["r"]) + np.square(g))
        root = np.sqrt(np.square(r) + start) if start else r
        return rate * g / (root + self.epsilon), {"r": r}

    def careful_step(self, p: Array, g: Array, slots: Arrays, *numbers: Any) -> Stepped:
        (rate,), r = numbers, np.hypot(slots["r"], g)
        root = np.hypot(r, r.dtype.type(self.initial_accumulator_value**0.5))
        return rate * (g / (root + self.epsilon)), {"r": r}

    def step_pullback(self, d: Array, p: Array, g: Array, slots: Arrays, *numbers: Any) -> Pulled:
        (rate,), (step, after) = numbers, self.finite_step(p, g, slots, *numbers)
        root = np.hypot(after["r"], self.initial_accumulator_value**0.5)
        inner = rate - step * g / np.where(root == 0, np.inf, root)
        return 0, d * inner / (root + self.epsilon), {}
