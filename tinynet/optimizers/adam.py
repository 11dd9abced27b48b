"""Adam: steps whose size hardly depends on that of the gradient; AdamW, with weight decay."""

# numpy's ufuncs give Any:
# mypy: disable-error-code="no-any-return"

from typing import Any

import numpy as np

from tinynet.base import Array, Arrays, Setting, checks
from tinynet.optimizers.base import Optimizer, Pulled, Stepped


class Adam(Optimizer):
    """Adam, Algorithm 1 of Kingma and Ba, ICLR 2015 (arXiv:1412.6980); epsilon is added after the
    root.

    m <- beta_1 m + g,   v <- beta_2 v + g^2,   n_i = 1 + beta_i + ... + beta_i^(t-1),
    params <- params - learning_rate * (m / n_1) / (sqrt(v / n_2) + epsilon).

    m / n_1 and v / n_2 are weighted means of all gradients and of their squares; the paper has a
    factor of 1 - beta_i in m, v and n_i, which cancels. The slot `r` is the root of v: in float32
    g^2 overflows from 1.9e19 on, r does not. g^2 underflows below 1e-19, so epsilon is at least
    1e-12. Where r is 0 the derivative of the root is taken as 0.

    >>> adam = Adam(learning_rate=0.001)
    >>> print(adam({"w": np.array([0.0])}, {"w": np.array([1e-8])})["w"])
    [-0.0005]
    """

    steady = True
    slot_names, squared = ("m", "r"), ("r",)

    beta_1, beta_2 = Setting(checks.real, "[0, 1)"), Setting(checks.real, "[0, 1)")
    epsilon = Setting(checks.real, "[1e-12, inf)")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        clip_norm: float | None = None,
        clip_value: float | None = None,
    ) -> None:
        super().__init__(learning_rate, clip_norm, clip_value)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon

    def numbers(self, t: int) -> tuple[float, ...]:
        """With c = sqrt(n_2), the step learning_rate * (m / n_1) / (r / c + epsilon) is m * scale /
        (r + c epsilon): scale = learning_rate c / n_1, and c epsilon."""
        return self.corrected(self.rate(t), t)

    def corrected(self, rate: float, t: int) -> tuple[float, float]:
        beta_1, beta_2 = self.beta_1, self.beta_2
        n_1 = (1 - beta_1**t) / (1 - beta_1)
        c = ((1 - beta_2**t) / (1 - beta_2)) ** 0.5
        return rate * c / n_1, self.epsilon * c

    def step(self, p: Array, g: Array, slots: Arrays, *numbers: Any) -> Stepped:
        r = np.sqrt(self.beta_2 * np.square(slots["r"]) + np.square(g))
        return self.step_by(p, r, g, slots, *numbers)

    def careful_step(self, p: Array, g: Array, slots: Arrays, *numbers: Any) -> Stepped:
        r = np.hypot(self.beta_2**0.5 * slots["r"], g)
        return self.step_by(p, r, g, slots, *numbers)

    def step_by(self, p: Array, r: Array, g: Array, slots: Arrays, *numbers: Any) -> Stepped:
        scale, epsilon = numbers
        m = self.beta_1 * slots["m"] + g
        return m * scale / (r + epsilon), {"m": m, "r": r}

    def step_pullback(self, d: Array, p: Array, g: Array, slots: Arrays, *numbers: Any) -> Pulled:
        scale, epsilon = numbers
        step, after = self.finite_step(p, g, slots, *numbers)
        r = after["r"]
        return 0, d * (scale - step * g / np.where(r == 0, np.inf, r)) / (r + epsilon), {}


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter, ICLR 2019, arXiv:1711.05101): each
    step also subtracts learning_rate * weight_decay * p, from every parameter p, biases too.

    As torch.optim.AdamW and Keras, whose defaults for `weight_decay` are 0.01 and 0.004; both decay
    p before the step of Adam, which is the same.

    >>> adamw = AdamW(learning_rate=0.1, weight_decay=0.5)
    >>> print(adamw({"w": np.array([2.0])}, {"w": np.array([0.0])})["w"])
    [1.9]
    """

    steady = True
    weight_decay = Setting(checks.real, "[0, inf)")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float = 0.01,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        clip_norm: float | None = None,
        clip_value: float | None = None,
    ) -> None:
        super().__init__(learning_rate, beta_1, beta_2, epsilon, clip_norm, clip_value)
        self.weight_decay = weight_decay

    def numbers(self, t: int) -> tuple[float, ...]:
        rate = self.rate(t)
        return *self.corrected(rate, t), rate * self.weight_decay

    def step_by(self, p: Array, r: Array, g: Array, slots: Arrays, *numbers: Any) -> Stepped:
        *adam, decay = numbers
        step, after = super().step_by(p, r, g, slots, *adam)
        return step + decay * p, after

    def step_pullback(self, d: Array, p: Array, g: Array, slots: Arrays, *numbers: Any) -> Pulled:
        (scale, epsilon, decay), (step, after) = numbers, self.finite_step(p, g, slots, *numbers)
        r = after["r"]
        inner = scale - (step - decay * p) * g / np.where(r == 0, np.inf, r)
        return decay * d, d * inner / (r + epsilon), {}
