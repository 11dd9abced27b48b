"""Whether two models are the same in all that they are made of."""

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Any

import numpy as np

from tinynet.base import Node, Part
from tinynet.files.generators import state_of
from tinynet.net.cost import Chain
from tinynet.net.door import Door
from tinynet.net.history import History
from tinynet.optimizers import Optimizer

# attributes of no later use: caches, what is settled again, locks, what is counted in steps
PASSING: dict[type, set[str]] = {
    Node: {"grads", "cache", "_seen"},
    Optimizer: {"earlier", "taken"},
    Chain: {"_making", "_trainer", "_training", "_lock"},
    History: {"_columns"},
}


def difference(a: Any, b: Any) -> str:
    """The name of the first thing that is not the same in two models, if there is one."""
    pairs = zip_longest(leaves("", a, {}), leaves("", b, {}), fillvalue=("", "the end"))
    return next((f"model{own[0]}" for own, other in pairs if own != other), "")


def leaves(name: str, value: Any, seen: dict[int, int]) -> Iterator[tuple[str, Any]]:
    """All that a value is made of, by name."""
    yield name, type(value)
    if isinstance(value, np.ndarray):
        yield name, (value.dtype, value.shape, value.tobytes())
    elif isinstance(value, (np.random.Generator, np.random.RandomState)):
        yield name, (state_of(value), seen.setdefault(id(value), len(seen)))
    elif isinstance(value, (list, tuple)):
        for i, own in enumerate(value):
            yield from leaves(f"{name}[{i}]", own, seen)
    elif isinstance(value, dict):
        for key, own in value.items():
            yield from leaves(f"{name}[{key!r}]", own, seen)
    elif isinstance(value, History):
        numbers = [number for _, own in value.rows for number in own]
        yield name, (runs(value.rows), np.array(numbers).tobytes(), {*map(type, numbers)})
        yield from leaves(f"{name}.held_out", value.held_out, seen)
    elif isinstance(value, (Part, Door)):
        if id(value) in seen:
            yield name, seen[id(value)]  # once is enough
            return
        seen[id(value)] = len(seen)
        for key, own in attributes(value):
            yield from leaves(f"{name}.{key}", own, seen)
    else:  # an object that nobody knows is equal to itself only
        yield name, repr(value) if isinstance(value, float) else value


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


def runs(rows: Iterable[Any]) -> list[Any]:
    """How many epochs, one after another, have numbers of the same names."""
    found = list[Any]()
    for names, _ in rows:
        if found and found[-1][0] == list(names):
            found[-1][1] += 1
        else:
            found.append([list(names), 1])
    return found
