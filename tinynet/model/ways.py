"""The way in which a model takes its steps: walked, played or fused; and why."""

import warnings
from functools import cache
from importlib.util import find_spec
from typing import Any

from tinynet.base import checks
from tinynet.engine.work import Work
from tinynet.fused.reader import Fused
from tinynet.metrics import summed
from tinynet.net import blocks
from tinynet.tape.recording import PLAYED

EXTRA = 'needs numba: install the extra "fast", pip install ".[fast]"'


@cache
def numba() -> bool:
    """Whether it is installed."""
    return find_spec("numba") is not None


def jit_compiled(who: str, value: Any) -> bool | str:
    """The argument `jit_compile` of `compile`."""
    if isinstance(value, str) and value == "auto":
        return "auto"
    return checks.switch(who, 'jit_compile, if not "auto",', value)


def require_numba(who: str, jit: bool | str) -> None:
    if jit is True and not numba():
        raise ImportError(f"{who}: jit_compile=True {EXTRA}")


def reader(model: Any, steps: int) -> Any:
    """What makes calls of a tape, for a `fit` of so many steps."""
    jit = model._jit
    if jit is True and not numba():  # a model from a file
        text = f"{model.who}: jit_compile=True {EXTRA}; it trains without, more slowly"
        warnings.warn(text, UserWarning, stacklevel=4)
    if not jit or not numba():
        return PLAYED
    return Fused(zeros=True) if jit is True else Fused(steps)


def way(model: Any) -> str:
    """A line on the way that the last `fit` took, or that the next one will."""
    cost, optimizer = model._compiled()
    work, training = Work(cost, optimizer, summed(model._metrics)), model._training
    if training is not None and training.work.optimizer is not optimizer:
        training = None
    if not work.steady:
        parts = [part.who for part in work.parts if not blocks.steady(part)]
        return f"fit walks: {', '.join(parts) or optimizer.who} is not steady"
    if training is not None and training.reason:
        return f"fit walks, since no tape can hold a step: {training.reason}"
    found = {True: "fuses", "auto": "fuses where that pays", False: "plays"}[model._jit]
    if model._jit and not numba():
        found = f"plays: jit_compile {EXTRA}"
    if training is None:
        return f"fit {found}"
    plan = training.plans[training.size]
    if plan.chunk is not None:
        return f"fit {found}, up to {plan.chunk.most} steps a call"
    return f"fit {found}, {len(plan.steps[0])} calls a step"
