"""Whether two models are the same in all that they are made of."""

from collections.abc import Iterable, Iterator
from itertools import groupby, zip_longest
from operator import itemgetter
from types import MappingProxyType
from typing import Any

import numpy as np

from tinynet.base import Node, Part
from tinynet.files.generators import state_of
from tinynet.model.batches import HeldOut
from tinynet.model.history import History
from tinynet.model.kept import CallbackState, Floats
from tinynet.model.position import Position
from tinynet.model.snapshot import Snapshot
from tinynet.net.cost import Chain
from tinynet.net.door import Door
from tinynet.optimizers import Optimizer
from tinynet.optimizers.schedules import Place

EXACT = {bool, int, str, bytes, type(None)}
# attributes of no later use: caches, what is settled again, locks, what is counted in steps
PASSING: dict[type, set[str]] = {
    Node: {"grads", "cache", "_seen"},
    Optimizer: {"earlier", "taken"},
    Chain: {"_making", "_trainer", "_training", "_lock", "_fit", "_fits", "_looked_at"},
    History: {"_columns"},
}


def difference(a: Any, b: Any) -> str:
    """The name of the first thing that is not the same in two models, if there is one."""
    pairs = zip_longest(leaves("", a, {}), leaves("", b, {}), fillvalue=("", "the end"))
    return next((f"model{own[0]}" for own, other in pairs if own != other), "")


def leaves(name: str, value: Any, seen: dict[int, Any]) -> Iterator[tuple[str, Any]]:
    """All that a value is made of, by name. `seen` are the objects that were there before, with
    their numbers: to be one of them is something, too."""
    yield name, type(value)
    if type(value) in (list, dict) or isinstance(value, (Part, Snapshot)) or is_generator(value):
        new = id(value) not in seen
        yield name, seen.setdefault(id(value), (len(seen), value))[0]  # which keeps its id taken
        if not new:
            return
    inner = inside(value)
    if inner is None:
        yield name, fact(value)
    else:
        for key, own in inner:
            yield from leaves(f"{name}{key}", own, seen)


def is_generator(value: Any) -> bool:
    return isinstance(value, (np.random.Generator, np.random.RandomState))


def inside(value: Any) -> Iterable[tuple[str, Any]] | None:
    """What a value holds, under names; None if it is looked at as a whole."""
    if type(value) in (list, tuple, Place, Position, CallbackState, Floats, HeldOut):
        return ((f"[{i}]", own) for i, own in enumerate(value))
    if type(value) in (dict, MappingProxyType):
        return ((f"[{key!r}]", own) for key, own in value.items())
    if isinstance(value, (Part, Door, Snapshot)):
        return ((f".{key}", own) for key, own in attributes(value))
    if isinstance(value, History):
        numbers = numbers_in(value.rows)
        rows = (repr(runs(value.rows)), np.array(numbers), repr({*map(type, numbers)}))
        return [(".rows", rows), (".held_out", value.held_out)]
    return None


def fact(value: Any) -> Any:
    """What is equal for two values that are the same. Of an object that nobody knows only it itself
    is."""
    if type(value) is np.ndarray or isinstance(value, np.generic):
        return value.dtype, value.shape, value.tobytes()
    if is_generator(value):
        return state_of(value)
    if type(value) in (float, complex):  # NaN, -0.0
        return repr(value)
    if type(value) in (set, frozenset):
        return sorted(map(repr, value))
    return value if type(value) in EXACT or isinstance(value, np.dtype) else id(value)


def attributes(part: Any) -> Iterator[tuple[str, Any]]:
    """What a part has, but for what passes."""
    passing = set[str]().union(
        *(names for kind, names in PASSING.items() if isinstance(part, kind))
    )
    passing |= {"given"} if vars(part).get("inside") else set()
    slots = [n for kind in type(part).__mro__ for n in getattr(kind, "__slots__", ())]
    held = {n: getattr(part, n) for n in slots if n not in ("__dict__", "__weakref__")}
    for key, own in sorted({**held, **vars(part)}.items()):
        if key not in passing:
            ordered = isinstance(part, Optimizer) and key == "params"
            yield key, dict(sorted(own.items())) if ordered else own
    if isinstance(part, Optimizer):
        yield "steps", part.steps


def numbers_in(rows: Iterable[Any]) -> list[float]:
    """All numbers of a history, epoch after epoch."""
    return [number for _, own in rows for number in own]


def runs(rows: Iterable[Any]) -> list[Any]:
    """How many epochs, one after another, have numbers of the same names."""
    return [[list(names), len([*own])] for names, own in groupby(rows, itemgetter(0))]
