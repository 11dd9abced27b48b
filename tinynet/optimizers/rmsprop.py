"""RMSProp: the gradient over the root of a running mean of its squares."""

# numpy's ufuncs give Any:
# mypy: disable-error-code="no-any-return"

from typing import Any

import numpy as np

from tinynet.base import Array, Arrays, Setting, checks
from tinynet.optimizers.base import Optimizer, Pulled, Stepped
from tinynet.optimizers.learnable import Learnable


class RMSProp(Optimizer):
    """RMSProp, Tieleman and Hinton, lecture 6.5 of Neural Networks for Machine Learning, 2012;
    epsilon is added after the root.

    v <- rho v + (1 - rho) g^2,   m <- momentum m + g / (sqrt(v) + epsilon),
    params <- params - learning_rate * m.

    As torch.optim.RMSprop, where rho is called alpha and is 0.99. Keras has epsilon under the root
    and the learning rate in m. The slot `r` is the root of v: in float32 g^2 overflows from 1.9e19
    on, r does not. Where v is 0 the derivative of the root is taken as 0.

    >>> rmsprop = RMSProp(learning_rate=0.1, rho=0.75)
    >>> print(rmsprop({"w": np.array([0.0])}, {"w": np.array([3.0])})["w"])
    [-0.2]
    """

    steady = True
    slot_names, squared = ("r", "m"), ("r",)
    rho, epsilon = Setting(checks.real, "[0, 1)"), Setting(checks.real, "[1e-12, inf)")
    momentum = Learnable(checks.real, "[0, 1)")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-8,
        clip_norm: float | None = None,
        clip_value: float | None = None,
    ) -> None:
        super().__init__(learning_rate, clip_norm, clip_value)
        self.rho, self.momentum, self.epsilon = rho, momentum, epsilon

    def step(self, p: Array, g: Array, slots: Arrays, *numbers: Any) -> Stepped:
        r = np.sqrt(self.rho * np.square(slots["r"]) + (1 - self.rho) * np.square(g))
        return self.step_by(r, g, slots, *numbers)

    def careful_step(self, p: Array, g: Array, slots: Arrays, *numbers: Any) -> Stepped:
        r = np.hypot(self.rho**0.5 * slots["r"], (1 - self.rho) ** 0.5 * g)
        return self.step_by(r, g, slots, *numbers)

    def step_by(self, r: Array, g: Array, slots: Arrays, *numbers: Any) -> Stepped:
        (rate,), momentum, m = numbers, self.momentum, g / (r + self.epsilon)
        m = momentum * slots["m"] + m if momentum else m
        return rate * m, {"r": r, "m": m}

    def step_pullback(self, d: Array, p: Array, g: Array, slots: Arrays, *numbers: Any) -> Pulled:
        (rate,), (_, after) = numbers, self.finite_step(p, g, slots, *numbers)
        r, d_momentum = after["r"], rate * float(np.vdot(slots["m"], d))
        inner = (1 - self.rho) * np.square(g) / np.where(r == 0, np.inf, r) / (r + self.epsilon)
        return 0, rate * d * (1 - inner) / (r + self.epsilon), {"momentum": d_momentum}
