"""Where a fit was left, as a file holds it: in JSON, and in arrays whose names begin with
`position`."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from tinynet.base import Array, checks
from tinynet.files.generators import bits_of, generator_at, state_of
from tinynet.files.safetensors import only, refuse, typed
from tinynet.layers.initializers import standing
from tinynet.layers.standardize import standardizing
from tinynet.model.kept import CallbackState, Floats, is_plain
from tinynet.model.position import Position
from tinynet.model.snapshot import Snapshot, drawn_from, learned, matching, slots_in

READ: dict[str, Any] = {"array": np.asarray, "floats": Floats, "scalar": lambda a: a[()]}
COUNTS = "first", "epochs", "steps"
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
    tree["callbacks"] = [
        [who, own, {n: value_tree(a, named(i, n), arrays) for n, a in kept.items()}]
        for i, (who, own, kept) in enumerate(position.callbacks)
    ]
    return tree


def named(i: int, attribute: str) -> str:
    """The name of an array that the i-th callback keeps."""
    return f"position.{i}.{attribute}"


def value_tree(value: Any, name: str, arrays: dict[str, Array]) -> Any:
    """What a callback keeps as JSON; `name` is that of its array."""
    if isinstance(value, Snapshot):
        return {"Snapshot": snapshot_tree(value, name, arrays)}
    if type(value) is list:
        return {"list": [value_tree(one, name, arrays) for one in value]}
    if isinstance(value, np.generic):
        arrays[name] = np.asarray(value)
        return {"scalar": name}
    if type(value) in (Floats, np.ndarray):
        floats = type(value) is Floats
        arrays[name] = value.numbers if floats else value
        return {"floats" if floats else "array": name}
    finite = type(value) is not float or math.isfinite(value)
    return value if finite else {"float": repr(value)}


def snapshot_tree(moment: Snapshot, name: str, arrays: dict[str, Array]) -> dict[str, Any]:
    arrays |= {f"{name}.{own}": a for own, a in moment.arrays.items()}
    generators = [state_of(generator) for generator in moment.generators()]
    return {"generators": generators, "steps": moment.steps, "learned": moment.learned}


# ---- reading


def position_of(model: Any, tree: Any, arrays: Mapping[str, Array]) -> Position | None:
    """The position that was written so, of a model that has its numbers."""
    if tree is None:
        return None
    if not model.optimizer:
        refuse("a position of a model that is compiled", "another")
    first, epochs, steps = (checks.count("position", n, only(tree, n, int), 0) for n in COUNTS)
    if first > len(model.history):
        refuse(f"a position after at most {len(model.history)} epochs", first)
    source = only(tree, "source", dict)
    for name, value in source.items():
        if name not in SOURCE:
            refuse(f"a source of {', '.join(SOURCE)}", checks.shown(name))
        typed(name, value, SOURCE[name])
    looked = tree.get("looked")
    if looked is not None:
        looked = [checks.count("position", "looked", i, 0) for i in only(tree, "looked", list)]
    moment = tree.get("moment")
    order = tree.get("order")
    if order is not None:
        order = generator_at(order)
        require_kind(order, model._generator)
    if moment is not None:
        moment = snapshot_of(model, moment, "position.moment", arrays)
    callbacks = [
        kept_of(model, i, typed("a callback", one, list), arrays)
        for i, one in enumerate(only(tree, "callbacks", list))
    ]
    records, sums = records_of(only(tree, "sums", list), arrays.get("position.records"))
    torn = only(tree, "torn", str)
    if not torn.isprintable() or len(torn) > 500:
        refuse("torn as a sentence", checks.shown(torn))
    if not torn and any(i >= len(callbacks) for i in looked or ()):
        refuse("looked of the callbacks there are", checks.shown(looked))
    return Position(
        first=first,
        epochs=epochs,
        steps=steps,
        source=source,
        records=records,
        sums=sums,
        order=order,
        fingerprint=only(tree, "fingerprint", str),
        looked=looked,
        stop=only(tree, "stop", bool),
        callbacks=callbacks,
        over=only(tree, "over", bool),
        torn=torn,
        moment=moment,
    )


def kept_of(model: Any, i: int, tree: list[Any], arrays: Mapping[str, Array]) -> CallbackState:
    """What the i-th callback is made of and keeps."""
    if [*map(type, tree)] != [str, dict, dict]:
        refuse("name, arguments and what is kept", checks.shown(tree))
    name, arguments, kept = tree
    for text in (name, *arguments, *kept):
        if not text.isidentifier():
            refuse("names of a callback and its attributes", checks.shown(text))
    for value in arguments.values():
        if not is_plain(value):
            refuse("plain arguments of a callback", checks.shown(value))
    found = {n: value_of(model, a, named(i, n), arrays) for n, a in kept.items()}
    return CallbackState(name, arguments, found)


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
    if not ((m > 0) & (m <= 2**53 * 1e100)).all():
        refuse("records of some examples", checks.shown(m))
    return records.copy(), sums


def value_of(model: Any, tree: Any, name: str, arrays: Mapping[str, Array]) -> Any:
    """What a callback kept; `name` is that of its arrays."""
    if tree is None or type(tree) in (bool, int, float, str):
        return tree
    if not isinstance(tree, dict) or len(tree) != 1:
        refuse("what a callback keeps", checks.shown(tree))
    ((kind, inner),) = tree.items()
    if kind == "list":
        return [value_of(model, one, name, arrays) for one in typed(kind, inner, list)]
    if kind == "Snapshot":
        return snapshot_of(model, inner, name, arrays)
    if kind == "float" and inner in ("inf", "-inf", "nan"):
        return float(inner)
    if kind in READ and inner == name and name in arrays:
        return READ[kind](arrays[name].copy())
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
    generators = [generator_at(one) for one in only(tree, "generators", list)]
    if len(generators) != len(drawn_from(model)):
        refuse(f"{len(drawn_from(model))} generators", len(generators))
    for one, now in zip(generators, drawn_from(model), strict=True):
        require_kind(one, now)
    moment.draws = [standing(one) for one in generators]
    moment.learned = [typed("learned", one, bool) for one in only(tree, "learned", list)]
    if len(moment.learned) != len(standardizing(model.layers)):
        refuse(f"learned of {len(standardizing(model.layers))} layers", len(moment.learned))
    return moment


def require_kind(generator: Any, other: Any) -> None:
    """Refuse a generator that cannot stand where the other one stands."""
    kinds = [(type(one).__name__, type(bits_of(one)).__name__) for one in (generator, other)]
    if kinds[0] != kinds[1]:
        refuse(f"a {' of '.join(kinds[1])}", f"a {' of '.join(kinds[0])}")
