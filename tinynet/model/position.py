"""Where a fit was left, so that another one can go on from there.

It is all that the model does not know by itself: how much of an epoch is done and what was read of
it, in which order its examples come, what the callbacks counted.
"""

import copy
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tinynet.base import Array, checks
from tinynet.callbacks import Callback, ModelCheckpoint, ProgressBar
from tinynet.metrics.epochs import Reading
from tinynet.model.snapshot import Snapshot

RESUME = "fit without resume=True begins another epoch"
BLOCK = 2**16  # examples that are copied at a time


class Position(NamedTuple):
    """Of a fit that was left."""

    first: int  # epochs in the History before it
    steps: int  # of the optimizer
    source: Mapping[str, Any]  # what it goes over
    records: Array  # of the epoch that is begun, a row a step: its examples, its J, its sums
    sums: Sequence[int]  # how many there are of each metric
    order: Any  # a generator that draws the order of this epoch, if it was drawn
    looked: int | None  # how many callbacks looked at the last epoch, if not yet all
    stop: bool  # whether one of them said so
    # the names of the callbacks and what they keep; None if the fit is over
    callbacks: Sequence[tuple[str, Mapping[str, Any]]] | None
    moment: Snapshot | None  # where the training stood, if it may stand elsewhere now


class Floats(NamedTuple):
    """A list of numbers that a callback keeps, in little memory."""

    numbers: Array


def ended(first: int, steps: int) -> Position:
    """Of a fit that a callback ended: there is nothing to do."""
    return Position(first, steps, {}, *packed([]), None, None, True, None, None)


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
        found.append((int(m), J, [[next(left) for _ in range(n)] for n in sums]))
    return found


def stateful(callbacks: Sequence[Callback]) -> list[Callback]:
    """Those that have to be there when a fit goes on."""
    return [c for c in callbacks if not isinstance(c, (ModelCheckpoint, ProgressBar))]


def kept_by(callbacks: Sequence[Callback]) -> list[tuple[str, dict[str, Any]]]:
    """What each callback keeps, as it is now."""
    kept = list[tuple[str, dict[str, Any]]]()
    for callback in stateful(callbacks):
        own = {name: copied(getattr(callback, name)) for name in callback.kept or ()}
        kept.append((type(callback).__name__, own))
    return kept


def copied(value: Any) -> Any:
    """A copy of what a callback keeps, with numbers of Python's."""
    if type(value) in (np.float64, np.int64, np.bool_):
        return value.item()
    if type(value) is not list:
        return value if isinstance(value, Snapshot) else copy.deepcopy(value)
    if all(type(one) in (float, np.float64) for one in value):
        return Floats(np.array(value, np.float64))
    return [copied(one) for one in value]


def given(value: Any) -> Any:
    """A copy of a copy, as the callback had it."""
    if type(value) is Floats:
        return value.numbers.tolist()
    if type(value) is list:
        return [given(one) for one in value]
    return copied(value)


def give_back(who: str, position: Position, callbacks: Sequence[Callback]) -> None:
    """Let callbacks have what they kept."""
    pairs = zip(stateful(callbacks), position.callbacks or (), strict=False)
    for callback, (name, kept) in pairs:
        if kept.keys() != {*(callback.kept or ())}:
            got = f"{', '.join(kept) or 'nothing'} in the fit that goes on"
            checks.refuse(who, f"{name} that keeps {', '.join(callback.kept or ())}", got, RESUME)
        for attribute, value in kept.items():
            setattr(callback, attribute, given(value))


def require_kept(who: str, callbacks: Sequence[Callback]) -> None:
    """Refuse a callback that does not say what it keeps: nobody could go on with it."""
    for callback in callbacks:
        if callback.kept is None:
            cure = 'kept = ("seen",) names attributes, kept = () says that there are none'
            expected = f"{type(callback).__name__} to say what a resumed fit needs of it"
            checks.refuse(who, expected, "kept = None", cure)


def require_same(
    who: str, position: Position, source: Mapping[str, Any], callbacks: Sequence[Callback]
) -> None:
    """Refuse to go on with anything else than what the fit was left with."""
    for name, then in position.source.items():
        now = source.get(name)
        if name == "data" and then and now != then:
            cure = f"pass the same arrays; {RESUME}"
            checks.refuse(who, "the data of the fit that goes on", "others", cure)
        elif name != "data" and now != then:
            checks.refuse(who, f"{name} {then}, as in the fit that goes on", now, RESUME)
    names = [type(callback).__name__ for callback in stateful(callbacks)]
    if position.callbacks is not None:
        before = [name for name, _ in position.callbacks]
        if names != before:
            expected = f"callbacks of the fit that goes on, {', '.join(before) or 'none'}"
            checks.refuse(who, expected, ", ".join(names) or "none", RESUME)


def digest(arrays: Sequence[Array]) -> str:
    """What tells these examples from others: a column of each array is one."""
    found = hashlib.sha256()
    for a in arrays:
        found.update(repr((a.dtype.str, a.shape)).encode())
        for start in range(0, a.shape[-1], BLOCK):
            found.update(a[..., start : start + BLOCK].tobytes())
    return found.hexdigest()
