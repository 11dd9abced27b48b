"""What the callbacks of a fit keep, so that another fit can go on with them."""

import copy
import inspect
import math
from collections.abc import Mapping, Sequence
from types import FunctionType
from typing import Any, NamedTuple

import numpy as np

from tinynet.base import Array, checks
from tinynet.callbacks import Callback, ModelCheckpoint, ProgressBar
from tinynet.engine.work import PLAIN
from tinynet.files.safetensors import DTYPES
from tinynet.model.snapshot import Snapshot


class CallbackState(NamedTuple):
    """Of a callback: its class, its arguments, and the attributes that it keeps."""

    name: str
    arguments: Mapping[str, Any]
    kept: Mapping[str, Any]


class Floats(NamedTuple):
    """A list of numbers that a callback keeps, in little memory."""

    numbers: Array


def stateful(callbacks: Sequence[Callback]) -> list[Callback]:
    """Those that have to be there when a fit goes on."""
    others = [c for c in callbacks if not isinstance(c, ModelCheckpoint)]
    return [c for c in others if type(c) is not ProgressBar]


def kept_by(callbacks: Sequence[Callback], made: Sequence[Any]) -> list[CallbackState]:
    """What each callback keeps now; they were made with those arguments."""
    return [
        CallbackState(
            type(callback).__name__,
            arguments,
            {name: copied(getattr(callback, name)) for name in callback.kept or ()},
        )
        for callback, arguments in zip(stateful(callbacks), made, strict=True)
    ]


def plain_arguments(callback: Callback) -> dict[str, Any]:
    """The arguments that a callback was made with, as far as they are attributes of it: numbers,
    texts, None, and lists of them."""
    init = type(callback).__init__
    names = inspect.signature(init).parameters if isinstance(init, FunctionType) else ()
    held = {name: vars(callback).get(name) for name in names if name not in (callback.kept or ())}
    if "every" in vars(callback):  # it was set
        held["every"] = callback.every
    held = {n: [*a] if type(a) is tuple else a for n, a in held.items()}
    held = {n: a.item() if isinstance(a, np.generic) else a for n, a in held.items()}
    return {n: a for n, a in held.items() if is_plain(a)}


def is_plain(value: Any) -> bool:
    """Whether it is a number, a text, None, or a list of them."""
    if type(value) is list:
        return all(type(one) is not list and is_plain(one) for one in value)
    return type(value) in PLAIN and (type(value) is not float or math.isfinite(value))


def copied(value: Any) -> Any:
    """A copy of what a callback keeps; a list of floats in little memory."""
    if type(value) is not list:
        return value if isinstance(value, Snapshot) else copy.deepcopy(value)
    if value and all(type(one) in (float, np.float64) for one in value):
        return Floats(np.array(value, np.float64))
    return [copied(one) for one in value]


def not_to_keep(value: Any) -> bool:
    """Whether it is something that a callback cannot keep: a call that is cut off is made again,
    so a copy has to be worth as much, and quick."""
    if type(value) is list:
        return any(type(one) not in PLAIN for one in value)
    if isinstance(value, (np.ndarray, np.generic)):
        return value.dtype not in DTYPES.values() or not value.flags.c_contiguous
    return type(value) not in {*PLAIN, Floats} and not isinstance(value, Snapshot)


def torn_by(kept: Sequence[CallbackState]) -> str:
    """The name of the first attribute that no callback can keep, with what it is."""
    pairs = ((own, n, a) for own in kept for n, a in own.kept.items())
    found = next(((f"{own.name}.{n}", a) for own, n, a in pairs if not_to_keep(a)), None)
    if found is None:
        return ""
    expected = "a number, a text, an array in C order, or a list of numbers and texts"
    return f"{found[0]}, which is kept, as {expected}, got {checks.shown(found[1])}"


def as_kept(value: Any) -> Any:
    """A copy of a copy, as the callback had it."""
    if type(value) is Floats:
        return value.numbers.tolist()
    if type(value) is list:
        return [as_kept(one) for one in value]
    return copied(value)


def require_kept(who: str, callbacks: Sequence[Callback]) -> None:
    """Refuse a callback that does not say what it keeps: nobody could go on with it."""
    for callback in stateful(callbacks):
        kinds = type(callback).__mro__
        users = [k for k in kinds if not k.__module__.startswith("tinynet.") and k is not object]
        ours: Any = next(k for k in kinds if k.__module__.startswith("tinynet."))
        if users and not any("kept" in vars(kind) for kind in users):
            cure = 'kept = ("seen",) names attributes, kept = () says that there are none'
            if ours.kept:
                cure = f'kept = (*tn.{ours.__name__}.kept, "seen") names attributes'
            expected = f"{type(callback).__name__} to say what a resumed fit needs of it"
            checks.refuse(who, expected, "no kept of its own", cure)
        missing = [name for name in ours.kept or () if name not in (callback.kept or ())]
        if missing:
            cure = f"kept = (*tn.{ours.__name__}.kept, ...)"
            expected = f"{type(callback).__name__} to keep {', '.join(missing)}, too"
            checks.refuse(who, expected, f"kept = {callback.kept!r}", cure)
