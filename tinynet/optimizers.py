"""Optimizers: how a gradient moves a parameter, SGD before Adam.

A step is a function like any other, (params, grads; learning_rate, ...) -> params, so an optimizer is a node:
`optimizer(params, grads)` is the notes' update_parameters and writes nothing, `optimizer.forward` does the step in place,
and `optimizer.backward(d_params)` differentiates it, which lets one learn a learning rate (hypergradient descent: Baydin
et al., ICLR 2018, arXiv:1703.04782; Chandra et al., NeurIPS 2022). Its scope: the last step only, with the gradients held
fixed and the gradients of the slots dropped.

An optimizer's author writes the direction of one array and, under it, that direction's gradient. params <- params -
learning_rate * direction stands once, in the base.
"""

# numpy's ufuncs give Any:
# mypy: disable-error-code="no-any-return"

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

from tinynet import checks
from tinynet.checks import Array
from tinynet.node import Node

Arrays: TypeAlias = Mapping[str, Array]


class Hyperparameter:
    """A validated number in its interval. A differentiable one stands in `params`, and `backward` gives it a gradient."""

    def __init__(self, interval: str, differentiable: bool = False) -> None:
        self.interval, self.differentiable = interval, differentiable

    def __set_name__(self, owner: type[Node], name: str) -> None:
        self.name = name

    def __get__(self, optimizer: "Optimizer | None", owner: type[Node]) -> Any:
        if optimizer is None:
            return self
        return float((optimizer.params if self.differentiable else optimizer.constants)[self.name])

    def __set__(self, optimizer: "Optimizer", value: Any) -> None:
        number = np.array(checks.real(optimizer.who, self.name, value, self.interval))
        (optimizer.params if self.differentiable else optimizer.constants)[self.name] = number
        optimizer.cache = {}  # a step taken with the old number cannot be differentiated with the new one


class Optimizer(Node):
    """params <- params - learning_rate * direction(grads, slots), for every named array.

    One optimizer serves one set of parameters: it knows them by name, and keeps its slots under those names.
    """

    learning_rate = Hyperparameter("(0, inf)", differentiable=True)
    slot_names: tuple[str, ...] = ()  # what is kept of earlier steps: for each parameter an array, zeros at first

    def __init__(self, learning_rate: float) -> None:
        super().__init__()
        self.constants: dict[str, Array] = {}
        self.learning_rate = learning_rate
        self.reset()

    def reset(self) -> None:
        """Forget all earlier steps."""
        self.slots: dict[str, dict[str, Array]] = {}
        self.steps = 0

    def cast(self, dtype: Any) -> None:
        self.slots = {name: {slot: a.astype(dtype) for slot, a in held.items()} for name, held in self.slots.items()}

    def direction(self, g: Array, slots: Arrays, t: int) -> tuple[Array, dict[str, Array]]:
        """The direction of step t (from 1) for the gradient g of one array, and its slots after the step."""
        raise NotImplementedError

    def direction_pullback(self, d: Array, g: Array, slots: Arrays, t: int) -> tuple[Array, dict[str, float]]:
        """For the upstream gradient d of the direction: that of g, and those of the differentiable hyperparameters besides
        learning_rate. `slots` are those before the step."""
        raise NotImplementedError

    def no_slots(self, g: Array) -> dict[str, Array]:
        return {slot: np.zeros_like(g) for slot in self.slot_names}

    def advance(self, params: Arrays, grads: Arrays) -> tuple[dict[str, Array], dict[str, dict[str, Array]]]:
        """The parameters and the slots after the next step; nothing is written."""
        rate, t, new, slots = self.learning_rate, self.steps + 1, {}, {}
        for name, g in grads.items():
            step, slots[name] = self.direction(g, self.slots.get(name) or self.no_slots(g), t)
            new[name] = params[name] - rate * step
            if not checks.all_finite(new[name]):
                checks.refuse(self.who, f"a finite step of {name}", "inf or NaN", error=FloatingPointError)
        return new, slots

    def update(self, params: Arrays, grads: Arrays) -> None:
        """The step in place, as training takes it."""
        new, slots = self.advance(params, grads)
        for name, p in new.items():
            params[name][...] = p
        self.slots, self.steps = slots, self.steps + 1

    def value(self, params: Arrays, grads: Arrays) -> dict[str, Array]:
        return self.advance(params, grads)[0]

    def forward(self, params: Any, grads: Any) -> Any:
        """One step in place; the gradients and slots that backward needs are copied first."""
        grads = {name: g.copy() for name, g in self.admit(params, grads)[1].items()}
        for name, p in params.items():
            if not (isinstance(p, np.ndarray) and p.dtype == grads[name].dtype and p.flags.writeable):
                cure = f"{type(self).__name__.lower()}(params, grads) returns new arrays instead"
                checks.refuse(self.who, f"{name} as a writeable array of floats", checks.shown(p), cure, TypeError)
        before = {name: self.slots.get(name) or self.no_slots(g) for name, g in grads.items()}
        self.update(params, grads)
        self.cache = {"grads": grads, "slots": before, "t": self.steps}
        return params

    def pullback(self, d_params: Arrays, cache: Mapping[str, Any]) -> tuple[Any, dict[str, Array]]:
        rate, slots, t = self.learning_rate, cache["slots"], cache["t"]
        d_grads, d_hyper = {}, dict.fromkeys(self.params, 0.0)
        for name, g in cache["grads"].items():
            d = d_params[name]
            step, _ = self.direction(g, slots[name], t)
            d_hyper["learning_rate"] -= float(np.vdot(step, d))
            d_grads[name], inner = self.direction_pullback(-rate * d, g, slots[name], t)
            for hyper, gradient in inner.items():
                d_hyper[hyper] += gradient
        return (d_params, d_grads), {hyper: np.array(gradient) for hyper, gradient in d_hyper.items()}

    def admit(self, params: Any, grads: Any) -> tuple[dict[str, Array], dict[str, Array]]:
        params = self.arrays("params", params)
        grads = self.arrays("grads", grads, like=params)
        for name, slots in self.slots.items():
            if name not in params or any(slot.shape != params[name].shape for slot in slots.values()):
                got, cure = {name: p.shape for name, p in params.items()}, "reset() forgets them"
                checks.refuse(self.who, f"the {name} of its earlier steps", got, cure)
        return params, grads

    def admit_upstream(self, d_params: Any) -> dict[str, Array]:
        return self.arrays("d_params", d_params, like=self.cache["grads"])

    def arrays(self, what: str, value: Any, like: Arrays | None = None) -> dict[str, Array]:
        """A mapping of named arrays, with the names, dtypes and shapes of `like`."""
        if not isinstance(value, Mapping):
            checks.refuse(self.who, f"{what} as a mapping of named arrays", type(value).__name__, error=TypeError)
        if like is None:
            return {name: checks.numbers(self.who, name, a) for name, a in value.items()}
        if value.keys() != like.keys():
            checks.refuse(self.who, f"{what} named {', '.join(like)}", ", ".join(value) or "none")
        return {n: checks.numbers(self.who, f"{what}[{n!r}]", value[n], p.dtype, p.shape) for n, p in like.items()}

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={float(number)!r}" for name, number in {**self.params, **self.constants}.items())
        return f"{type(self).__name__}({settings})"


class SGD(Optimizer):
    """Gradient descent: v <- momentum * v + g, params <- params - learning_rate * v; the notes' update with momentum 0.

    With `nesterov` the direction is g + momentum * v (after Sutskever et al., ICML 2013). `learning_rate` > 0, 0 <=
    `momentum` < 1; both are differentiable.

    >>> sgd = SGD(learning_rate=0.5)
    >>> theta = sgd.forward({"w": np.array([1.0])}, {"w": np.array([3.0])})
    >>> print(theta["w"])
    [-0.5]
    >>> (d_params, d_grads) = sgd.backward({"w": np.array([1.0])})
    >>> print(d_grads["w"], sgd.grads["learning_rate"])
    [-0.5] -3.0
    """

    slot_names = ("v",)
    momentum = Hyperparameter("[0, 1)", differentiable=True)

    def __init__(self, learning_rate: float = 0.01, momentum: float = 0.0, nesterov: bool = False) -> None:
        super().__init__(learning_rate)
        self.momentum = momentum
        self.nesterov = checks.switch(self.who, "nesterov", nesterov)

    def direction(self, g: Array, slots: Arrays, t: int) -> tuple[Array, dict[str, Array]]:
        momentum = self.momentum
        v = momentum * slots["v"] + g if momentum else g
        return g + momentum * v if self.nesterov else v, {"v": v}

    def direction_pullback(self, d: Array, g: Array, slots: Arrays, t: int) -> tuple[Array, dict[str, float]]:
        momentum, v = self.momentum, slots["v"]
        if self.nesterov:
            return d * (1 + momentum), {"momentum": float(np.vdot(2 * momentum * v + g, d))}
        return d, {"momentum": float(np.vdot(v, d))}

    def __repr__(self) -> str:
        return f"{super().__repr__()[:-1]}, nesterov=True)" if self.nesterov else super().__repr__()


class Adam(Optimizer):
    """Adam, Algorithm 1 of Kingma and Ba, ICLR 2015 (arXiv:1412.6980); epsilon is added after the root.

    m <- beta_1 m + (1 - beta_1) g,   v <- beta_2 v + (1 - beta_2) g^2,
    params <- params - learning_rate * m / (1 - beta_1^t) / (sqrt(v / (1 - beta_2^t)) + epsilon).

    The slot `r` is the root of v: g^2 overflows float32 from 1.9e19 on, r does not. It underflows below 1e-19, so epsilon
    is at least 1e-12. Where r is 0 the derivative of the root is taken as 0.

    >>> adam = Adam(learning_rate=0.001)
    >>> print(adam({"w": np.array([0.0])}, {"w": np.array([1e-8])})["w"])
    [-0.0005]
    """

    slot_names = ("m", "r")

    beta_1, beta_2, epsilon = Hyperparameter("[0, 1)"), Hyperparameter("[0, 1)"), Hyperparameter("[1e-12, inf)")

    def __init__(
        self, learning_rate: float = 0.001, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-8
    ) -> None:
        super().__init__(learning_rate)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon

    def direction(self, g: Array, slots: Arrays, t: int) -> tuple[Array, dict[str, Array]]:
        m = self.beta_1 * slots["m"] + (1 - self.beta_1) * g
        r = self.root(g, slots["r"])
        return m / (1 - self.beta_1**t) / self.denominator(r, t), {"m": m, "r": r}

    def direction_pullback(self, d: Array, g: Array, slots: Arrays, t: int) -> tuple[Array, dict[str, float]]:
        step, after = self.direction(g, slots, t)
        r, denominator = after["r"], self.denominator(after["r"], t)
        d_m = (1 - self.beta_1) / (1 - self.beta_1**t)
        d_root = (1 - self.beta_2) * g / np.where(r == 0, np.inf, r) / (1 - self.beta_2**t) ** 0.5
        return d * (d_m - step * d_root) / denominator, {}

    def root(self, g: Array, r: Array) -> Array:
        with np.errstate(over="ignore"):
            new: Array = np.sqrt(self.beta_2 * r * r + (1 - self.beta_2) * g * g)
        if not checks.all_finite(new):
            new = np.hypot(self.beta_2**0.5 * r, (1 - self.beta_2) ** 0.5 * g)
        return new

    def denominator(self, r: Array, t: int) -> Array:
        return r / (1 - self.beta_2**t) ** 0.5 + self.epsilon


OPTIMIZERS: dict[str, Callable[[], Optimizer]] = {"sgd": SGD, "adam": Adam}


def optimizer(who: str, value: Any) -> Optimizer:
    """An optimizer of one's own without earlier steps, from an object or its string."""
    own = value.fresh() if isinstance(value, Optimizer) else checks.known(who, "optimizer", value, OPTIMIZERS)()
    own.reset()
    return own
