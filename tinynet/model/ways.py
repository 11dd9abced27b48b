"""The way in which a model takes its steps: walked, played, or played with what is fused; and
why."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from tinynet.base import checks
from tinynet.engine.work import Work
from tinynet.metrics import summed
from tinynet.net import blocks

EXTRA = 'needs numba: install the extra "fast", pip install ".[fast]"'
# "auto" fuses what takes 10 seconds or more when it is played: steps times parameters, where the
# calls of a step take as long as so many parameters
CALLS, PAYS = 3_000, 4e9


def jit_compiled(who: str, value: Any) -> bool | str:
    """The argument `jit_compile` of `compile`."""
    if not isinstance(value, bool) and value != "auto":
        expected, got = 'jit_compile as True, False or "auto"', checks.shown(value)
        checks.refuse(who, expected, got)
    return value if value == "auto" else bool(value)


def require_extra(who: str, value: bool | str) -> None:
    if value is True and not find_spec("numba"):
        raise ImportError(f"{who}: jit_compile=True {EXTRA}")


def pays(model: Any, steps: int) -> bool:
    """Whether so many steps are worth the time that compiling takes: the same on every machine."""
    size = sum(layer.theta.size for layer in model.layers)
    return bool(steps * (size + CALLS) >= PAYS)


def fuse(model: Any, steps: int) -> Callable[..., Any] | None:
    """What makes machine code for a `fit` of so many steps, if it is wanted."""
    jit = model._jit
    if jit == "auto":
        jit = bool(find_spec("numba")) and pays(model, steps)
    if not jit:
        return None
    require_extra(model.who, jit)
    # who plays begins sooner without
    from tinynet.fused.reader import fused

    return fused


def way(model: Any) -> str:
    """A sentence on the way that the last `fit` took, or the next one will."""
    cost, optimizer = model._compiled()
    work, training = Work(cost, optimizer, summed(model._metrics)), model._training
    if training is not None and training.work.optimizer is not optimizer:
        training = None
    if not work.steady:
        parts = [part.who for part in work.parts if not blocks.steady(part)]
        return f"a step is walked: {', '.join(parts) or optimizer.who} is not steady"
    if training is not None and training.reason:
        return f"a step is walked, since no tape can hold it: {training.reason}"
    if model._jit == "auto" and not find_spec("numba"):
        return f"a step is played: to fuse it {EXTRA}"
    return f"a step is played{fused_too(model._jit, training)}"


def fused_too(jit: bool | str, training: Any) -> str:
    if not jit:
        return ""
    if training is None:
        return ", its update fused" if jit is True else ", its update fused if that pays"
    if training.work.fuse is None:
        return ": the last fit was too short for its update to be fused"
    done = all(plan.fused for plan in training.plans.values())
    return ", its update fused" if done else ": its update has calls that cannot be fused"
