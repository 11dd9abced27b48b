"""Where a fit was left, as a file holds it: in JSON, and in arrays whose names begin with
`position`."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from tinynet.base import Array, checks
from tinynet.files.generators import bits_of, generator_at, state_of
from tinynet.files.safetensors import DTYPES, only, refuse, typed
from tinynet.model.position import Floats, Position
from tinynet.model.snapshot import Snapshot, drawn_from, learned, matching, slots_in, standardizing

SOURCE = {"examples": int, "batch_size": int, "shuffle": bool, "data": str}


# ---- writing


def position_tree(position: Position | None, arrays: dict[str, Array]) -> Any:
    """A position as JSON; its arrays are added to those."""
    if position is None:
        return None
    tree = position._asdict() | {"source": dict(position.source)}
    if len(tree.pop("records")):
        arrays["position.records"] = position.records
    tree["order"] = position.order and state_of(position.order)
    tree["moment"] = position.moment and snapshot_tree(position.moment, "position.moment", arrays)
    if position.callbacks is not None:
        tree["callbacks"] = [
            [who, {n: value_tree(a, f"{who}.{n}", named(i, n), arrays) for n, a in kept.items()}]
            for i, (who, kept) in enumerate(position.callbacks)
        ]
    return tree


def named(i: int, attribute: str) -> str:
    """The name of an array that the i-th callback keeps."""
    return f"position.{i}.{attribute}"


def value_tree(value: Any, who: str, name: str, arrays: dict[str, Array]) -> Any:
    """What a callback keeps as JSON; `name` is that of its arrays."""
    if value is None or type(value) in (bool, int, str):
        return value
    inner: Any = name
    if type(value) is float:
        return value if math.isfinite(value) else {"float": repr(value)}
    if isinstance(value, Snapshot):
        kind, inner = "Snapshot", snapshot_tree(value, name, arrays)
    elif type(value) is list:
        own = (value_tree(a, who, f"{name}.{i}", arrays) for i, a in enumerate(value))
        kind, inner = "list", [*own]
    elif type(value) is Floats:
        kind, arrays[name] = "floats", value.numbers
    elif type(value) is np.ndarray and value.dtype in DTYPES.values():
        kind, arrays[name] = "array", value
    else:
        expected = f"{who}, which is kept, as a number, a text, an array, or a list of them"
        refuse(expected, checks.shown(value))
    return {kind: inner}


def snapshot_tree(moment: Snapshot, name: str, arrays: dict[str, Array]) -> dict[str, Any]:
    arrays |= {f"{name}.{own}": a for own, a in moment.arrays.items()}
    generators = [state_of(generator) for generator in moment.generators]
    return {"generators": generators, "steps": moment.steps, "learned": moment.learned}


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
            (
                typed("a name", who, str),
                {n: value_of(model, a, named(i, n), arrays) for n, a in kept.items()},
            )
            for i, (who, kept) in enumerate(typed("callbacks", callbacks, list))
        ]
    read = records_of(only(tree, "sums", list), arrays.get("position.records"))
    stop = only(tree, "stop", bool)
    return Position(first, steps, source, *read, order, looked, stop, callbacks, moment)


def records_of(sums: list[Any], records: Any) -> tuple[Array, list[int]]:
    """What was read of steps."""
    if any(type(n) is not int or n < 0 for n in sums):
        refuse("sums as whole numbers", checks.shown(sums))
    width = 2 + sum(sums)
    if records is None:
        return np.empty((0, width)), sums
    if records.dtype != np.float64 or records.ndim != 2 or records.shape[1] != width:
        refuse(f"records of {width} float64", f"{records.dtype} {records.shape}")
    m = records[:, 0]
    if not ((m >= 1) & (m <= 2**53) & (m == np.floor(m))).all():
        refuse("records of whole numbers of examples", checks.shown(m))
    return records.copy(), sums


def value_of(model: Any, tree: Any, name: str, arrays: Mapping[str, Array]) -> Any:
    """What a callback kept; `name` is that of its arrays."""
    if tree is None or type(tree) in (bool, int, float, str):
        return tree
    if not isinstance(tree, dict) or len(tree) != 1:
        refuse("what a callback keeps", checks.shown(tree))
    ((kind, inner),) = tree.items()
    if kind == "list":
        own = enumerate(typed(kind, inner, list))
        return [value_of(model, one, f"{name}.{i}", arrays) for i, one in own]
    if kind == "Snapshot":
        return snapshot_of(model, inner, name, arrays)
    if kind == "float" and inner in ("inf", "-inf", "nan"):
        return float(inner)
    if kind in ("array", "floats") and inner == name and name in arrays:
        return arrays[name].copy() if kind == "array" else Floats(arrays[name].copy())
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
