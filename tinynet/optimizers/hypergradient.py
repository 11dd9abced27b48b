"""Hypergradient: an optimizer whose learning rate is learned by another optimizer."""

# numpy's ufuncs give Any:
# mypy: disable-error-code="no-any-return"

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from tinynet.base import Array, Arrays, checks
from tinynet.optimizers.base import Optimizer, Pulled, Stepped
from tinynet.optimizers.learnable import Learned
from tinynet.optimizers.limits import joined

INSIDE = "optimizer", "meta"
# methods that are not called of an optimizer inside another
PASSED_BY = ["advance", "finite_step", "slots_of", "without_dust", "update", "write", "look"]
PASSED_BY += ["looked_at", "clipped", "bounded", "share", "run", "value", "pullback"]


class WithLearnedRate(Optimizer):
    """The step u of another optimizer at a learning rate of 1, times exp(r). r is the first number
    that is learned, which comes behind all others; u is kept as a slot."""

    steady = True
    learning_rate = Learned(checks.real, "(0, inf)")
    first: float  # the learning rate that was set

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = inner(self.who, "optimizer", optimizer)
        self.n_own = len(optimizer.fresh().numbers(1))  # how many numbers it has
        self.slot_names, self.squared = (*optimizer.slot_names, "u"), optimizer.squared
        first, self.optimizer.learning_rate = self.optimizer.learning_rate, 1.0
        self.optimizer.clip_norm = self.optimizer.clip_value = None
        super().__init__(first, optimizer.clip_norm, optimizer.clip_value)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in INSIDE and name in vars(self):
            cure = f"make a new {type(self).__name__}"
            checks.refuse(self.who, f"its {name} to stay", "another", cure, AttributeError)
        super().__setattr__(name, value)

    def arguments(self) -> dict[str, Any]:
        """The optimizers inside, as they were given."""
        own = self.optimizer.fresh()
        own.learning_rate = self.first
        own.clip_norm, own.clip_value = self.clip_norm, self.clip_value
        return {name: vars(self)[name] for name in INSIDE} | {"optimizer": own}

    def parted(self, g: Array, numbers: Any) -> tuple[Any, Any, Any]:
        """The numbers of `optimizer`, exp(r), and the numbers of `meta`."""
        n, end = self.n_own, len(numbers) - len(self.learned)
        return numbers[:n], np.exp(numbers[end]).astype(g.dtype), numbers[n:end]

    def step(self, p: Array, g: Array, slots: Arrays, *numbers: Any) -> Stepped:
        return self.scaled(self.optimizer.step, p, g, slots, numbers)

    def careful_step(self, p: Array, g: Array, slots: Arrays, *numbers: Any) -> Stepped:
        return self.scaled(self.optimizer.finite_step, p, g, slots, numbers)

    def scaled(self, step: Any, p: Array, g: Array, slots: Arrays, numbers: Any) -> Stepped:
        own, rate, _ = self.parted(g, numbers)
        with counting(self.optimizer, self.steps):
            u, after = step(p, g, slots, *own)
        return rate * u, {**after, "u": u}

    def step_pullback(self, d: Array, p: Array, g: Array, slots: Arrays, *numbers: Any) -> Pulled:
        own, rate, _ = self.parted(g, numbers)
        d_p, d_g, _ = self.optimizer.step_pullback(rate * d, p, g, slots, *own)
        step, _ = self.finite_step(p, g, slots, *numbers)
        return d_p, d_g, {"log_rate": float(np.vdot(step, d))}


class Hypergradient(WithLearnedRate):
    """params <- params - exp(r) u, where u is the step of `optimizer` at a learning rate of 1, and
    exp(r) is the learning rate, which is always above 0: r <- r - the step of `meta` on dJ/dr.

    The gradients of a batch say what the step before would have been for the better:
    dJ/dr = -exp(r) <grads, u of that step>. So `meta` takes its first step with the second, and
    the first is at the learning rate of `optimizer`. Neither may have a schedule. The limits of
    `optimizer` hold for the gradients, after dJ/dr, and those of `meta` for dJ/dr. Baydin et al.,
    ICLR 2018 (arXiv:1703.04782); Chandra et al., NeurIPS 2022 (arXiv:1909.13371).

    >>> import tinynet as tn
    >>> learned, w = Hypergradient(tn.SGD(0.001), meta=tn.Adam(0.05)), {"w": np.array([1.0])}
    >>> for _ in range(100):  # the cost w^2
    ...     w = learned.forward(w, {"w": 2 * w["w"]})
    >>> print(f"{learned.learning_rate:.3f} {w['w'][0]:.3f}")
    0.096 0.000
    """

    steady = True

    def __init__(self, optimizer: Optimizer, meta: Optimizer) -> None:
        self.meta = inner(self.who, "meta", meta)
        super().__init__(optimizer)

    @property
    def learned(self) -> Arrays:  # type: ignore[override]
        held = {slot: own["log_rate"] for slot, own in self.meta.slots.items()}
        return {"log_rate": self.params["log_rate"], **held}

    def reset(self) -> None:
        super().reset()
        self.optimizer.reset()
        self.meta.reset()
        self.meta.slots = {slot: {"log_rate": np.zeros(())} for slot in self.meta.slots}
        self.learning_rate = self.first

    def numbers(self, t: int) -> tuple[float, ...]:
        if self.optimizer.learning_rate != 1 or self.optimizer.clips():
            expected = "a learning rate of 1 and no limits in its optimizer"
            checks.refuse(self.who, expected, self.optimizer, "set its own")
        require_settings(self.who, "meta", self.meta)
        return *self.optimizer.numbers(t), *self.meta.numbers(max(1, t - 1))

    def look(self, g: Array, slots: Arrays, learned: Arrays, *numbers: Any) -> tuple[Array, Arrays]:
        r, own = learned["log_rate"], numbers[self.n_own :]
        d_r = self.meta.clipped(-np.exp(r) * (g * slots["u"]).sum())
        with counting(self.meta, max(0, self.steps - 1)):
            step, after = self.meta.step(r, d_r, learned, *own)
        self.meta.require_slots(after)
        # NaN, which is refused, where the rate would be 0
        return self.clipped(g), {**after, "log_rate": r - step + 0 / np.exp(r - step)}

    def pullback(self, d_params: Arrays, cache: Mapping[str, Any]) -> tuple[Any, dict[str, Array]]:
        """Back through the step, then through meta's."""
        (d_old, d_grads), hyper = super().pullback(d_params, cache)
        learned, u = cache["learned"], {name: own["u"] for name, own in cache["slots"].items()}
        g, r, d = joined(cache["grads"]), learned["log_rate"], hyper["log_rate"]
        d_r = {"r": -np.exp(r) * (g * joined(u)).sum()}
        limited, (_, _, own) = self.meta.clipped_all(d_r)["r"], self.parted(g, cache["numbers"])
        d_before, back, _ = self.meta.step_pullback(-d, r, limited, learned, *own)
        back = self.meta.clip_pullback({"r": back}, d_r)["r"]
        far = (back * np.exp(r)).astype(g.dtype)
        d_grads = {name: d_g - far * u[name] for name, d_g in d_grads.items()}
        return (d_old, d_grads), {"log_rate": np.array(d + d_before + back * d_r["r"])}

    def __repr__(self) -> str:
        own = self.optimizer.fresh()
        own.learning_rate = self.learning_rate
        own.clip_norm, own.clip_value = self.clip_norm, self.clip_value
        return f"Hypergradient({own!r}, meta={self.meta!r})"


@contextmanager
def counting(optimizer: Optimizer, steps: int) -> Iterator[None]:
    """Meanwhile the optimizer inside says that it has taken so many steps."""
    vars(optimizer).update(earlier=steps)
    try:
        yield
    finally:
        vars(optimizer).update(earlier=0)


def require_settings(who: str, name: str, optimizer: Optimizer) -> None:
    decay = vars(optimizer).get("weight_decay", 0)
    if name == "meta" and decay:
        cure = "it would pull every learning rate to 1"
        checks.refuse(who, "a meta without weight_decay", decay, cure)
    if not isinstance(optimizer.learning_rate, float):
        cure = "what is learned has no schedule"
        checks.refuse(who, f"a number as the learning_rate of {name}", "a schedule", cure)


def inner(who: str, name: str, value: Any) -> Optimizer:
    """A copy of an optimizer without earlier steps, if it can work inside another."""
    if not isinstance(value, Optimizer) or isinstance(value, WithLearnedRate):
        cure = checks.call_it(value) or "such as tn.Adam(0.01)"
        checks.refuse(who, f"{name} as an optimizer", checks.shown(value), cure, TypeError)
    require_settings(who, name, value)
    for method in PASSED_BY:
        if getattr(type(value), method) is not getattr(Optimizer, method):
            expected, cure = f"{name} with the {method} of Optimizer", "write its step"
            checks.refuse(who, expected, "its own", cure, TypeError)
    if taken := {"u", "log_rate"} & {*value.slot_names}:
        checks.refuse(who, f"other names for the slots of {name}", ", ".join(taken))
    return value.fresh()
