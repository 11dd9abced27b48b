"""Where a fit was left, as a file holds it: in JSON, and in arrays whose names begin with
`position`."""

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from tinynet.base import Array, checks
from tinynet.files.generators import bits_of, generator_at, state_of
from tinynet.files.safetensors import DTYPES, only, refuse, typed
from tinynet.metrics.epochs import Reading
from tinynet.model.position import Position
from tinynet.model.snapshot import Snapshot, drawn_from, learned, matching, slots_in, standardizing

SOURCE = {"examples": int, "batch_size": int, "shuffle": bool, "data": str}


# ---- writing


def position_tree(position: Position | None, arrays: dict[str, Array]) -> Any:
    """A position as JSON; its arrays are added to those."""
    if position is None:
        return None
    tree = position._asdict() | {"source": dict(position.source)}
    del tree["records"]
    tree["sums"] = [len(own) for own in position.records[0][2]] if position.records else []
    if position.records:
        flat = [[m, J, *(x for own in sums for x in own)] for m, J, sums in position.records]
        arrays["position.records"] = np.array(flat, np.float64)
    tree["order"] = position.order and state_of(position.order)
    tree["moment"] = position.moment and snapshot_tree(position.moment, "position.moment", arrays)
    if position.callbacks is not None:
        tree["callbacks"] = [
            [name, {n: value_tree(a, f"{name}.{n}", f"position.{i}.{n}", arrays) for n, a in own}]
            for i, (name, kept) in enumerate(position.callbacks)
            for own in [kept.items()]
        ]
    return tree


def value_tree(value: Any, who: str, name: str, arrays: dict[str, Array]) -> Any:
    """What a callback keeps as JSON; `name` is that of its arrays."""
    if value is None or type(value) in (bool, int, str):
        return value
    inner: Any = name
    if type(value) is float:
        return value if math.isfinite(value) else {"float": repr(value)}
    if isinstance(value, Snapshot):
        kind, inner = "Snapshot", snapshot_tree(value, name, arrays)
    elif type(value) is list and not all(type(one) is float for one in value):
        own = (value_tree(a, who, f"{name}.{i}", arrays) for i, a in enumerate(value))
        kind, inner = "list", [*own]
    elif type(value) is list or (type(value) is np.ndarray and value.dtype in DTYPES.values()):
        arrays[name] = np.array(value)
        kind, inner = "floats" if type(value) is list else "array", name
    else:
        expected = f"{who}, which is kept, as a number, a text, an array, or a list of them"
        refuse(expected, checks.shown(value))
    return {kind: inner}


def snapshot_tree(moment: Snapshot, name: str, arrays: dict[str, Array]) -> dict[str, Any]:
    arrays |= {f"{name}.{own}": a for own, a in moment.arrays.items()}
    generators = [state_of(generator) for generator in moment.generators]
    own = {"steps": moment.steps, "learned": moment.learned}
    return own | {"name": name, "generators": generators}


# ---- reading


def position_of(model: Any, tree: Any, arrays: Mapping[str, Array]) -> Position | None:
    """The position that was written so, of a model that has its numbers."""
    if tree is None:
        return None
    if not model.optimizer:
        refuse("a position of a model that is compiled", "another")
    first, steps = (checks.count("position", n, only(tree, n, int), 0) for n in ("first", "steps"))
    if first > len(model.history):
        refuse(f"a position after at most {len(model.history)} epochs", first)
    source = only(tree, "source", dict)
    for name, value in source.items():
        typed(name, value, SOURCE.get(name, dict))
    looked = tree.get("looked")
    if looked is not None:
        looked = checks.count("position", "looked", looked, 0)
    order, moment, callbacks = (tree.get(name) for name in ("order", "moment", "callbacks"))
    if order is not None:
        order = generator_at(order)
        require_kind(order, model._generator)
    if moment is not None:
        moment = snapshot_of(model, moment, "position.moment", arrays)
    if callbacks is not None:
        callbacks = [
            (typed("a name", name, str), {n: value_of(model, a, arrays) for n, a in own.items()})
            for name, own in typed("callbacks", callbacks, list)
        ]
    records = records_of(only(tree, "sums", list), arrays.get("position.records"))
    stop = only(tree, "stop", bool)
    return Position(first, steps, source, records, order, looked, stop, callbacks, moment)


def records_of(sums: list[Any], flat: Any) -> list[Reading]:
    """What was read of steps."""
    ends = np.cumsum([2, *(checks.count("position", "sums", n) for n in sums)]).tolist()
    if flat is None:
        return []
    if flat.dtype != np.float64 or flat.ndim != 2 or flat.shape[1] != ends[-1]:
        refuse(f"records of {ends[-1]} float64", f"{flat.dtype} {flat.shape}")
    found = list[Reading]()
    for m, J, *rest in flat.tolist():
        own = [rest[a - 2 : b - 2] for a, b in pairwise(ends)]
        found.append((checks.count("position", "examples of a step", int(m)), J, own))
    return found


def value_of(model: Any, tree: Any, arrays: Mapping[str, Array]) -> Any:
    """What a callback kept."""
    if tree is None or type(tree) in (bool, int, float, str):
        return tree
    if not isinstance(tree, dict) or len(tree) != 1:
        refuse("what a callback keeps", checks.shown(tree))
    ((kind, inner),) = tree.items()
    if kind == "list":
        return [value_of(model, one, arrays) for one in typed(kind, inner, list)]
    if kind == "Snapshot":
        return snapshot_of(model, inner, only(inner, "name", str), arrays)
    if kind == "float" and inner in ("inf", "-inf", "nan"):
        return float(inner)
    if kind in ("array", "floats") and inner in arrays:
        return arrays[inner].copy() if kind == "array" else arrays[inner].tolist()
    return refuse("what a callback keeps", checks.shown(tree))


def snapshot_of(model: Any, tree: Any, name: str, arrays: Mapping[str, Array]) -> Snapshot:
    """A snapshot of the model."""
    moment, first = Snapshot(model), f"{name}."
    own, after = model._arrays(), learned(model.optimizer)
    kept = {n: matching(arrays, first + n, a).copy() for n, a in (own | after).items()}
    for slot, held in slots_in(arrays, first, model).items():
        kept |= {f"slots.{slot}.{n}": a for n, a in held.items()}
    moment.arrays = kept | {n: kept.pop(n) for n in after}  # in the order of `written`
    moment.steps = checks.count("snapshot", "steps", only(tree, "steps", int), 0)
    moment.generators = [generator_at(one) for one in only(tree, "generators", list)]
    for one, now in zip(moment.generators, drawn_from(model), strict=True):
        require_kind(one, now)
    moment.learned = [typed("learned", one, bool) for one in only(tree, "learned", list)]
    if len(moment.learned) != len(standardizing(model)):
        refuse(f"learned of {len(standardizing(model))} layers", len(moment.learned))
    return moment


def require_kind(generator: Any, other: Any) -> None:
    """Refuse a generator that cannot stand where the other one stands."""
    kinds = [(type(one).__name__, type(bits_of(one)).__name__) for one in (generator, other)]
    if kinds[0] != kinds[1]:
        refuse(f"a {' of '.join(kinds[1])}", f"a {' of '.join(kinds[0])}")
