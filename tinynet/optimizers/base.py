"""The base class of optimizers: how gradients move parameters.

A step is a function, (params, grads; learning_rate, ...) -> params, so an optimizer is a node:
`optimizer(params, grads)` is the notes' update_parameters and writes nothing, `optimizer.forward`
does the step in place, and `optimizer.backward(d_params)` differentiates it, so that a learning
rate can be learned (hypergradient descent: Baydin et al., ICLR 2018, arXiv:1703.04782; Chandra et
al., NeurIPS 2022). It differentiates the last step only, with the gradients and slots held fixed.

An optimizer's author writes `step`, which is subtracted from one array, and under it that step's
gradient. The base subtracts it.
"""

# numpy's ufuncs give Any:
# mypy: disable-error-code="no-any-return"

import copy
import itertools
from collections.abc import Mapping
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from tinynet.base import Array, Arrays, Guard, checks, in_one_go, put, read_only, written_with
from tinynet.optimizers.together import Together

# what is subtracted from a parameter, and its slots after the step
Stepped: TypeAlias = tuple[Array, dict[str, Array]]
# the gradients of a step with respect to p, g and the hyperparameters
Pulled: TypeAlias = tuple[Any, Array, dict[str, float]]
DUSTING = 32  # every so many steps `without_dust` goes over the slots


class Optimizer(Together):
    """params <- params - step(params, grads, slots, *numbers), for every named array.

    One optimizer serves one set of parameters: it knows them by name, and keeps its slots under
    those names. A slot is what a rule keeps of earlier steps: for each parameter an array, zeros
    at first.
    """

    steady = True
    slot_names: tuple[str, ...] = ()
    squared: tuple[str, ...] = ()  # the slots that a step squares

    def __init__(self, learning_rate: Any, clip_norm: Any = None, clip_value: Any = None) -> None:
        super().__init__()
        # its own parameters: hyperparameters, not those of a net
        self.params, self.earlier, self.taken = dict[str, Array](), 0, list[None]()
        self.learning_rate, self.clip_norm, self.clip_value = learning_rate, clip_norm, clip_value
        self.reset()

    def reset(self) -> None:
        """Forget all earlier steps."""
        self.slots = {slot: {} for slot in self.slot_names}
        self.steps = 0

    @property
    def steps(self) -> int:
        """How many steps it has taken: `earlier`, plus one for each entry of `taken`. Appending an
        entry is one call in C, so a step and its count can be written without an interrupt
        between them."""
        return self.earlier + len(self.taken)

    @steps.setter
    def steps(self, steps: int) -> None:
        steps = checks.count(self.who, "steps", steps, least=0)
        self.taken.clear()  # whoever appends to it goes on with it
        self.earlier = steps

    def cast(self, dtype: Any) -> None:
        kind, slots = checks.float_type(self.who, dtype), self.slots.items()
        self.slots = {slot: {n: a.astype(kind) for n, a in held.items()} for slot, held in slots}

    def step(self, p: Array, g: Array, slots: Arrays, *numbers: Any) -> Stepped:
        """What is subtracted from one array p, in proportion to the learning rate, and the slots of
        p after the step."""
        checks.unwritten(self.who, "step")

    def careful_step(self, p: Array, g: Array, slots: Arrays, *numbers: Any) -> Stepped:
        """The same as `step`, for where that overflows though its result would be finite."""
        return self.step(p, g, slots, *numbers)

    def step_pullback(self, d: Array, p: Array, g: Array, slots: Arrays, *numbers: Any) -> Pulled:
        """From the upstream gradient d of `step`'s result, the gradients with respect to p, to g,
        and to the learnable hyperparameters but learning_rate. `slots` are those before the
        step."""
        checks.unwritten(self.who, "step_pullback")

    def finite_step(self, p: Array, g: Array, slots: Arrays, *numbers: Any) -> Stepped:
        """`step`, or `careful_step` where that is not finite."""
        with Guard(self.who):
            step, after = self.step(p, g, dict(slots), *numbers)
        self.require_slots(after)
        checks.shaped(self, "a step", step, p.shape)
        if all(map(checks.all_finite, (step, *after.values()))):
            return step, after
        own = written_with(type(self), "careful_step", "step")
        return self.careful_step(p, g, dict(slots), *numbers) if own else (step, after)

    def without_dust(self, slot: str, a: Array) -> Array:
        """A slot with 0 for entries that are nearly subnormal, or would be squared: these make
        processors slow. Every `DUSTING`-th step begins with it."""
        smallest = np.finfo(a.dtype).tiny
        least = 2 * smallest**0.5 if slot in self.squared else 2.0**10 * smallest
        return a * (np.abs(a) >= least)

    def slots_of(self, name: str, like: Array) -> dict[str, Array]:
        """The slots of one array before its next step; zeros before its first."""
        if name not in next(iter(self.slots.values()), {}):
            return {slot: np.zeros_like(like) for slot in self.slots}
        found = {slot: held[name] for slot, held in self.slots.items()}
        if (self.steps + 1) % DUSTING == 0:
            found = {slot: self.without_dust(slot, a) for slot, a in found.items()}
        return found

    def advance(self, params: Arrays, grads: Arrays, *learned: Array) -> tuple[Arrays, Any]:
        """The parameters and their slots after the next step, by gradients that are looked at
        already, and what is learned of them; nothing is written."""
        numbers, new, slots = self.numbers(self.steps + 1), {}, dict[str, Arrays]()
        for name, gradient in grads.items():
            before = {slot: read_only(a) for slot, a in self.slots_of(name, gradient).items()}
            p, g = read_only(params[name]), read_only(gradient)
            # of the parameter's dtype throughout, as they are on a tape
            own = [np.array(number, p.dtype) for number in numbers]
            step, after = self.finite_step(p, g, before, *own, *learned)
            with np.errstate(over="ignore"):
                new[name] = np.asarray(p - step, p.dtype)
                slots[name] = {slot: np.asarray(a, p.dtype) for slot, a in after.items()}
        return new, slots

    def update(self, params: Arrays, grads: Arrays) -> None:
        """One step in place: `advance`, then `write`."""
        seen = self.looked_at(grads)
        self.write(params, *self.advance(params, *seen), *self.kept(seen[1:]))

    def write(self, params: Arrays, new: Arrays, slots: Mapping[str, Arrays], *also: Any) -> None:
        """Write the results of a step, once they are looked at: new parameters, new slots, then
        the calls `also`. No interrupt comes between the first write and the last."""
        kept = [(s, self.slots[s], n, a) for n, after in slots.items() for s, a in after.items()]
        for what, held, name, a in [*(("step", params, n, p) for n, p in new.items()), *kept]:
            checks.shaped(self, f"{what} of {name}", a, held.get(name, a).shape)
            checks.require_finite(self.who, f"{what} of {name}", a)
        writes = [put(params[name], p.copy()) for name, p in new.items()]
        # copies: a new slot may be a view of an old one
        writes += [put(s.setdefault(n, np.zeros_like(a)), a.copy()) for _, s, n, a in kept]
        in_one_go([*writes, *also, partial(self.taken.append, None)])

    def value(self, params: Arrays, grads: Arrays) -> Arrays:
        new, slots = self.advance(params, *self.looked_at(grads))
        checks.require_finite(self.who, "slot", slots)
        return new

    def forward(self, params: Any, grads: Any) -> Any:
        """One step in place; what backward needs is copied first."""
        _, grads = self.admit(params, grads)
        for name, p in params.items():
            fits = isinstance(p, np.ndarray) and p.dtype == grads[name].dtype
            if not (fits and p.flags.writeable):
                expected, got = f"{name} as a writeable array of floats", checks.shown(p)
                cure = f"{type(self).__name__.lower()}(params, grads) returns new arrays instead"
                checks.refuse(self.who, expected, got, cure, TypeError)
        for name, other in itertools.combinations(params, 2):
            if np.shares_memory(params[name], params[other]):
                got, cure = f"{name} and {other} of one memory", "give one of them a copy"
                checks.refuse(self.who, "each array under one name", got, cure)
        slots = {name: self.slots_of(name, g) for name, g in grads.items()}
        held = {"params": dict(params), "grads": grads, "slots": slots}
        held["learned"] = dict(self.learned)
        cache, numbers = copy.deepcopy(held), self.numbers(self.steps + 1)
        self.update(params, cache["grads"])
        cache["numbers"] = *numbers, *map(np.copy, self.learned.values())
        self.cache, self._seen = cache, self.settings_now()
        return params

    def pullback(self, d_params: Arrays, cache: Mapping[str, Any]) -> tuple[Any, dict[str, Array]]:
        if type(self).advance is not Optimizer.advance:
            checks.refuse(self.who, "a pullback that belongs to its own advance", "none")
        d_old, d_grads, d_hyper = {}, {}, dict.fromkeys(self.params, 0.0)
        for name, g in self.clipped_all(cache["grads"]).items():
            d, p, slots = d_params[name], cache["params"][name], cache["slots"][name]
            step, _ = self.finite_step(p, g, slots, *cache["numbers"])
            if "learning_rate" in d_hyper:
                d_hyper["learning_rate"] -= float(np.vdot(step, d)) / self.learning_rate
            d_p, d_grads[name], inner = self.step_pullback(-d, p, g, slots, *cache["numbers"])
            d_old[name] = d + d_p
            for hyper, gradient in inner.items():
                d_hyper[hyper] += gradient
        d_g = self.clip_pullback(d_grads, cache["grads"])
        return (d_old, d_g), {hyper: np.array(d) for hyper, d in d_hyper.items()}

    def admit(self, params: Any, grads: Any) -> tuple[dict[str, Array], dict[str, Array]]:
        params = self.arrays("params", params)
        grads = self.arrays("grads", grads, like=params)
        for name, a in (item for held in self.slots.values() for item in held.items()):
            if name not in params or a.shape != params[name].shape:
                got, cure = {name: p.shape for name, p in params.items()}, "reset() forgets them"
                checks.refuse(self.who, f"the {name} of its earlier steps", got, cure)
        for held in filter(None, self.slots.values()):
            if new := params.keys() - held.keys():
                cure = "an optimizer of its own serves what joins later"
                checks.refuse(self.who, "the parameters of its earlier steps", f"{min(new)}", cure)
        return params, grads

    def admit_upstream(self, d_params: Any) -> dict[str, Array]:
        return self.arrays("d_params", d_params, like=self.cache["grads"])

    def arrays(self, what: str, value: Any, like: Arrays | None = None) -> dict[str, Array]:
        """A mapping of named arrays, with the names, dtypes and shapes of `like`."""
        if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
            expected, got = f"{what} as a mapping of strings to arrays", checks.shown(value)
            checks.refuse(self.who, expected, got, error=TypeError)
        if like is None:
            return {name: checks.numbers(self.who, name, a) for name, a in value.items()}
        if value.keys() != like.keys():
            checks.refuse(self.who, f"{what} named {', '.join(like)}", ", ".join(value) or "none")
        wanted = [(n, f"{what}[{n!r}]", p) for n, p in like.items()]
        return {n: checks.numbers(self.who, t, value[n], p.dtype, p.shape) for n, t, p in wanted}
