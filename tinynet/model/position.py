"""Where a fit was left, so that another one can go on from there.

It is all that the model does not know by itself: how much of an epoch is done and what was read of
it, in which order its examples come, what the callbacks counted.
"""

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
from tinynet.metrics.epochs import Reading
from tinynet.model.snapshot import Snapshot, fingerprint

RESUME = "fit without resume=True begins another epoch"


class CallbackState(NamedTuple):
    """Of a callback: its class, its arguments, and the attributes that it keeps."""

    name: str
    arguments: Mapping[str, Any]
    kept: Mapping[str, Any]


class Position(NamedTuple):
    """Of a fit that was left."""

    first: int  # epochs in the History before it
    epochs: int  # that it was to do
    steps: int  # of the optimizer
    source: Mapping[str, Any]  # what it goes over
    records: Array  # of the epoch that is begun, a row a step: its examples, its J, its sums
    sums: Sequence[int]  # how many there are of each metric
    order: Any = None  # a generator that draws the order of this epoch, if it was drawn
    fingerprint: str = ""  # of the model when it was left
    looked: Sequence[int] | None = None  # which callbacks looked at the last epoch, if not yet all
    stop: bool = False  # whether one of them said so
    callbacks: Sequence[CallbackState] = ()
    over: bool = False  # whether nothing is left to do
    torn: str = ""  # why nobody can go on from here
    moment: Snapshot | None = None  # where the training stood, if it may stand elsewhere now

    @property
    def within(self) -> bool:
        """Whether it is within an epoch."""
        return len(self.records) > 0 or self.order is not None


class Floats(NamedTuple):
    """A list of numbers that a callback keeps, in little memory."""

    numbers: Array


def packed(records: Sequence[Reading]) -> tuple[Array, list[int]]:
    """What was read of some steps as numbers in rows, and how many each metric has."""
    sums = [len(own) for own in records[0][2]] if records else []
    flat = [[m, J, *(x for own in read for x in own)] for m, J, read in records]
    return np.array(flat, np.float64).reshape(len(flat), 2 + sum(sums)), sums


def unpacked(records: Array, sums: Sequence[int]) -> list[Reading]:
    """What was read of some steps, from such rows."""
    found = list[Reading]()
    for m, J, *read in records.tolist():
        left = iter(read)
        found.append((m, J, [[next(left) for _ in range(n)] for n in sums]))
    return found


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


def arguments(callback: Callback) -> dict[str, Any]:
    """The arguments that a callback was made with, as far as they are attributes of it: numbers,
    texts, None, and lists of them."""
    init = type(callback).__init__
    names = inspect.signature(init).parameters if isinstance(init, FunctionType) else ()
    held = {name: vars(callback).get(name) for name in names if name not in (callback.kept or ())}
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


def given(value: Any) -> Any:
    """A copy of a copy, as the callback had it."""
    if type(value) is Floats:
        return value.numbers.tolist()
    if type(value) is list:
        return [given(one) for one in value]
    return copied(value)


def give_back(position: Position, callbacks: Sequence[Callback]) -> None:
    """Let callbacks have what they kept."""
    for callback, own in zip(stateful(callbacks), position.callbacks, strict=True):
        for attribute, value in own.kept.items():
            setattr(callback, attribute, given(value))


def require_kept(who: str, callbacks: Sequence[Callback]) -> None:
    """Refuse a callback that does not say what it keeps: nobody could go on with it."""
    for callback in stateful(callbacks):
        kinds = type(callback).__mro__
        users = [k for k in kinds if not k.__module__.startswith("tinynet.") and k is not object]
        ours: Any = next(k for k in kinds if k.__module__.startswith("tinynet."))
        if users and not any("kept" in vars(kind) for kind in users):
            cure = 'kept = ("seen",) names attributes, kept = () says that there are none'
            expected = f"{type(callback).__name__} to say what a resumed fit needs of it"
            checks.refuse(who, expected, "no kept of its own", cure)
        missing = [name for name in ours.kept or () if name not in (callback.kept or ())]
        if missing:
            cure = f"kept = (*tn.{ours.__name__}.kept, ...)"
            expected = f"{type(callback).__name__} to keep {', '.join(missing)}, too"
            checks.refuse(who, expected, f"kept = {callback.kept!r}", cure)


def where_to_begin(model: Any, resume: bool, epochs: int) -> tuple[Position | None, int, int]:
    """The position that a fit goes on from, how many epochs there were before it, and how many it
    is to do, those that are done included."""
    n, position = len(model.history), None
    if resume:
        position = model._fit.position() if model._fit else model._position
        epochs -= n if position is None else position.first
    if position is not None and position.over and not is_done(model, position, epochs):
        # more epochs than are done are another fit
        return None, n, epochs - (n - position.first)
    return position, n if position is None else position.first, epochs


def nothing_to_do(model: Any, position: Position | None, callbacks: Sequence[Callback]) -> str:
    """What is said of a fit that is over; the callbacks get back what they kept, if they are those
    of it."""
    why = ""
    if position is not None and position.over:
        why = "a callback ended the fit, " if position.stop else ""
        states = [(own.name, {*own.kept}) for own in position.callbacks]
        if states == [(type(c).__name__, {*(c.kept or ())}) for c in stateful(callbacks)]:
            give_back(position, callbacks)
    cure = "fit without resume=True trains on"
    return f"nothing to do: {why}{len(model.history)} epochs are done; {cure}"


def is_done(model: Any, position: Position | None, epochs: int) -> bool:
    """Whether a fit of so many epochs has nothing left to do."""
    if position is None:
        return epochs <= 0
    done = len(model.history) - position.first
    if position.over:
        return position.stop or done >= epochs
    return done > epochs or (done == epochs and position.within)


def require_same(
    model: Any,
    position: Position,
    source: Mapping[str, Any],
    callbacks: Sequence[Callback],
    epochs: int,
) -> None:
    """Refuse to go on with anything else than what the fit was left with."""
    who, steps, done = model.who, model.optimizer.steps, len(model.history) - position.first
    if position.torn:
        raise ValueError(f"{who}: expected {position.torn}: {RESUME}")
    for name, then in position.source.items():
        now = source.get(name)
        if name == "data" and then and now != then:
            cure = f"pass the same arrays; {RESUME}"
            checks.refuse(who, "the data of the fit that goes on", "others", cure)
        elif name != "data" and now != then:
            checks.refuse(who, f"{name} {then}, as in the fit that goes on", now, RESUME)
    if position.moment is None and position.steps != steps:
        expected = f"the optimizer after step {position.steps}, where the fit was left"
        checks.refuse(who, expected, steps, RESUME)
    # callbacks have been called for a last epoch, or will be
    last = position.looked is not None and done in (position.epochs, epochs)
    if position.epochs != epochs and (last or done >= position.epochs):
        expected = f"epochs={position.first + position.epochs}, as before, since the last is done"
        checks.refuse(who, expected, position.first + epochs, RESUME)
    if position.fingerprint and position.fingerprint != fingerprint(model):
        expected = "weights, state and generators as the fit that goes on left them"
        checks.refuse(who, expected, "others: somebody has moved them since", RESUME)
    before, now = position.callbacks, stateful(callbacks)
    names = [type(callback).__name__ for callback in now]
    if names != [own.name for own in before]:
        expected = ", ".join(own.name for own in before) or "none"
        got = ", ".join(names) or "none"
        checks.refuse(who, f"callbacks of the fit that goes on, {expected}", got, RESUME)
    for callback, own in zip(now, before, strict=True):
        made = arguments(callback)
        for name in {**own.arguments, **made}:
            then, value = own.arguments.get(name), made.get(name)
            if repr(value) != repr(then):
                expected = f"{own.name} with {name} {then!r}, as in the fit that goes on"
                checks.refuse(who, expected, repr(value), RESUME)
        if own.kept.keys() != {*(callback.kept or ())}:
            got = f"{', '.join(own.kept) or 'nothing'} in the fit that goes on"
            expected = f"{own.name} that keeps {', '.join(callback.kept or ()) or 'nothing'}"
            checks.refuse(who, expected, got, RESUME)
