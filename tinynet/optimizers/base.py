"""Optimizers: how a gradient moves a parameter, SGD before Adam.

A step is a function like any other, (params, grads; learning_rate, ...) -> params, so an optimizer
is a node: `optimizer(params, grads)` is the notes' update_parameters and writes nothing,
`optimizer.forward` does the step in place, and `optimizer.backward(d_params)` differentiates it,
which lets one learn a learning rate (hypergradient descent: Baydin et al., ICLR 2018,
arXiv:1703.04782; Chandra et al., NeurIPS 2022). Its scope: the last step only, with the gradients
held fixed and the gradients of the slots dropped.

An optimizer's author writes what the step takes off one array and, under it, that step's gradient.
params <- params - step stands once, in the base.
"""

# numpy's ufuncs give Any:
# mypy: disable-error-code="no-any-return"

import itertools
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np

from tinynet.base import checks
from tinynet.base.checks import Array
from tinynet.base.node import Node
from tinynet.base.settings import Part, Setting

Arrays: TypeAlias = Mapping[str, Array]


class Hyperparameter(Setting[float]):
    """A number in its interval."""

    def __init__(self, interval: str) -> None:
        super().__init__(checks.real, interval)


class Learnable(Hyperparameter):
    """One that `backward` gives a gradient: it stands in `params`."""

    def __get__(self, optimizer: Part | None, owner: type[Part]) -> Any:
        return self if optimizer is None else float(vars(optimizer)["params"][self.name])

    def keep(self, optimizer: Part, number: float) -> None:
        vars(optimizer)["params"][self.name] = np.array(number)


class Optimizer(Node):
    """params <- params - learning_rate * direction(grads, slots), for every named array.

    One optimizer serves one set of parameters: it knows them by name, and keeps its slots under
    those names.
    """

    learning_rate = Learnable("(0, inf)")
    slots: dict[str, dict[str, Array]]
    steps: int
    slot_names: tuple[
        str, ...
    ] = ()  # what is kept of earlier steps: for each parameter an array, zeros at first

    def __init__(self, learning_rate: float) -> None:
        super().__init__()
        self.params: dict[str, Array] = {}
        self.learning_rate = learning_rate
        self.reset()

    def reset(self) -> None:
        """Forget all earlier steps."""
        self.slots = {slot: {} for slot in self.slot_names}
        self.steps = 0

    def cast(self, dtype: Any) -> None:
        dtype = checks.float_type(self.who, dtype)
        self.slots = {
            slot: {name: a.astype(dtype) for name, a in held.items()}
            for slot, held in self.slots.items()
        }

    def numbers(self, t: int) -> tuple[float, ...]:
        """What `step` needs to know of step t, from 1: the learning rate, and what else changes
        from one to the next."""
        return (self.learning_rate,)

    def step(self, g: Array, slots: Arrays, *numbers: Any) -> tuple[Array, dict[str, Array]]:
        """What the step takes off one array, learning_rate * direction(g, slots), and the array's
        slots after it."""
        raise NotImplementedError

    def step_pullback(
        self, d: Array, g: Array, slots: Arrays, *numbers: Any
    ) -> tuple[Array, dict[str, float]]:
        """For the upstream gradient d of `step`: that of g, and those of the differentiable
        hyperparameters besides learning_rate. `slots` are those before the step."""
        checks.unwritten(self.who, "step_pullback")

    def slots_of(self, name: str, like: Array) -> dict[str, Array]:
        """The slots of one array; before its first step they are zeros."""
        return {
            slot: held[name] if name in held else np.zeros_like(like)
            for slot, held in self.slots.items()
        }

    def advance(
        self, params: Arrays, grads: Arrays
    ) -> tuple[dict[str, Array], dict[str, dict[str, Array]]]:
        """The parameters and their slots after the next step; nothing is written."""
        numbers, new, slots = self.numbers(self.steps + 1), {}, {}
        for name, g in grads.items():
            step, slots[name] = self.step(g, self.slots_of(name, g), *numbers)
            new[name] = params[name] - step
            if not checks.all_finite(new[name]):
                checks.refuse(
                    self.who, f"a finite step of {name}", "inf or NaN", error=FloatingPointError
                )
        return new, slots

    def update(self, params: Arrays, grads: Arrays) -> None:
        """The step in place, as training takes it."""
        new, slots = self.advance(params, grads)
        for name, p in new.items():
            params[name][...] = p
            for slot, a in slots[name].items():
                self.slots[slot].setdefault(name, np.empty_like(a))[...] = a
        self.steps += 1

    def value(self, params: Arrays, grads: Arrays) -> dict[str, Array]:
        return self.advance(params, grads)[0]

    def forward(self, params: Any, grads: Any) -> Any:
        """One step in place; the gradients and slots that backward needs are copied first."""
        grads = {name: g.copy() for name, g in self.admit(params, grads)[1].items()}
        for name, p in params.items():
            if not (
                isinstance(p, np.ndarray) and p.dtype == grads[name].dtype and p.flags.writeable
            ):
                expected, got = f"{name} as a writeable array of floats", checks.shown(p)
                cure = f"{type(self).__name__.lower()}(params, grads) returns new arrays instead"
                checks.refuse(self.who, expected, got, cure, TypeError)
        in_memory = sorted(params, key=lambda name: params[name].__array_interface__["data"])
        for name, other in itertools.pairwise(in_memory):
            if np.shares_memory(params[name], params[other]):
                got, cure = f"{name} and {other} of one memory", "give one of them a copy"
                checks.refuse(self.who, "each array under one name", got, cure)
        before = {
            name: {slot: a.copy() for slot, a in self.slots_of(name, g).items()}
            for name, g in grads.items()
        }
        numbers = self.numbers(self.steps + 1)
        self.update(params, grads)
        self.cache = {"grads": grads, "slots": before, "numbers": numbers}
        return params

    def pullback(self, d_params: Arrays, cache: Mapping[str, Any]) -> tuple[Any, dict[str, Array]]:
        slots, numbers = cache["slots"], cache["numbers"]
        d_grads, d_hyper = {}, dict.fromkeys(self.params, 0.0)
        for name, g in cache["grads"].items():
            d = d_params[name]
            step, _ = self.step(g, slots[name], *numbers)
            d_hyper["learning_rate"] -= float(np.vdot(step, d)) / self.learning_rate
            d_grads[name], inner = self.step_pullback(-d, g, slots[name], *numbers)
            for hyper, gradient in inner.items():
                d_hyper[hyper] += gradient
        return (d_params, d_grads), {
            hyper: np.array(gradient) for hyper, gradient in d_hyper.items()
        }

    def admit(self, params: Any, grads: Any) -> tuple[dict[str, Array], dict[str, Array]]:
        params = self.arrays("params", params)
        grads = self.arrays("grads", grads, like=params)
        for name, a in (item for held in self.slots.values() for item in held.items()):
            if name not in params or a.shape != params[name].shape:
                got, cure = {name: p.shape for name, p in params.items()}, "reset() forgets them"
                checks.refuse(self.who, f"the {name} of its earlier steps", got, cure)
        return params, grads

    def admit_upstream(self, d_params: Any) -> dict[str, Array]:
        return self.arrays("d_params", d_params, like=self.cache["grads"])

    def arrays(self, what: str, value: Any, like: Arrays | None = None) -> dict[str, Array]:
        """A mapping of named arrays, with the names, dtypes and shapes of `like`."""
        if not isinstance(value, Mapping):
            got = type(value).__name__
            checks.refuse(self.who, f"{what} as a mapping of named arrays", got, error=TypeError)
        for name in value:
            if not isinstance(name, str):
                got = checks.shown(name)
                checks.refuse(self.who, f"{what} named by strings", got, error=TypeError)
        if like is None:
            return {name: checks.numbers(self.who, name, a) for name, a in value.items()}
        if value.keys() != like.keys():
            checks.refuse(self.who, f"{what} named {', '.join(like)}", ", ".join(value) or "none")
        return {
            n: checks.numbers(self.who, f"{what}[{n!r}]", value[n], p.dtype, p.shape)
            for n, p in like.items()
        }
