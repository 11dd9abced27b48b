"""Gradient descent, with or without momentum."""

# numpy's ufuncs give Any:
# mypy: disable-error-code="no-any-return"

from typing import Any

import numpy as np

from tinynet.base import Array, Arrays, Setting, checks
from tinynet.optimizers.base import Optimizer, Pulled, Stepped
from tinynet.optimizers.learnable import Learnable


class SGD(Optimizer):
    """Gradient descent: v <- momentum * v + g, params <- params - learning_rate * v; the notes'
    update with momentum 0.

    With `nesterov` the direction is g + momentum * v (after Sutskever et al., ICML 2013).
    `learning_rate` > 0, 0 <= `momentum` < 1; `backward` gives gradients for both.

    >>> sgd = SGD(learning_rate=0.5)
    >>> theta = sgd.forward({"w": np.array([1.0])}, {"w": np.array([3.0])})
    >>> print(theta["w"])
    [-0.5]
    >>> (d_params, d_grads) = sgd.backward({"w": np.array([1.0])})
    >>> print(d_grads["w"], sgd.grads["learning_rate"])
    [-0.5] -3.0
    """

    steady = True
    slot_names = ("v",)
    momentum = Learnable(checks.real, "[0, 1)")
    nesterov = Setting(checks.switch)

    def __init__(
        self,
        learning_rate: Any = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        clip_norm: float | None = None,
        clip_value: float | None = None,
    ) -> None:
        super().__init__(learning_rate, clip_norm, clip_value)
        self.momentum, self.nesterov = momentum, nesterov

    def step(self, p: Array, g: Array, slots: Arrays, *numbers: Any) -> Stepped:
        (rate,), momentum = numbers, self.momentum
        v = momentum * slots["v"] + g if momentum else g
        return rate * (g + momentum * v if self.nesterov else v), {"v": v}

    def step_pullback(self, d: Array, p: Array, g: Array, slots: Arrays, *numbers: Any) -> Pulled:
        (rate,), momentum, v = numbers, self.momentum, slots["v"]
        if self.nesterov:
            d_momentum = rate * float(np.vdot(2 * momentum * v + g, d))
            return 0, rate * (1 + momentum) * d, {"momentum": d_momentum}
        return 0, rate * d, {"momentum": rate * float(np.vdot(v, d))}
