"""A model in a file: what it is made of as a description, and its numbers as arrays.

The description is in the metadata, in JSON; docs/files.md names all that is in it. A file is
believed in nothing: a model is made of its description as a user would make it, and is given the
arrays under the names that it has itself.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import numpy as np

from tinynet.base import Array, checks, in_one_go, put, read_only
from tinynet.files import disk, safetensors
from tinynet.files.generators import generator_at, state_of
from tinynet.files.safetensors import ModelFileError, only, refuse, typed
from tinynet.files.tree import Names
from tinynet.layers import Activate, Dense, Dropout, Layer, Residual, Zeros
from tinynet.layers.standardize import standardizing
from tinynet.metrics import METRICS
from tinynet.metrics.whole import Own
from tinynet.model.batches import HeldOut
from tinynet.model.history import History
from tinynet.model.position_file import position_of, position_tree
from tinynet.model.same import difference, numbers_in, runs
from tinynet.model.snapshot import matching, slots_in, written
from tinynet.model.ways import jit_compiled
from tinynet.optimizers.schedules import Place

NOTHING: Mapping[str, str] = MappingProxyType({})
FORMAT = {"format": "tinynet", "version": "1"}


def save(
    make: Any, model: Any, path: Any, beside: Mapping[str, str] = MappingProxyType({})
) -> None:
    """Write the model, and texts beside it."""
    path = checks.path(model.who, "path", path)
    disk.write(path, file_of(make, model, beside))


def file_of(make: Any, model: Any, beside: Mapping[str, str] = NOTHING) -> bytes:
    """The model as a file; before it is given away it is seen to come back as it is."""
    names = Names("save")
    if type(model) is not make:
        cure = "a file does not hold its class: save what it is made of"
        checks.refuse(model.who, f"a {make.__name__}", type(model).__name__, cure, TypeError)
    try:
        tree, arrays = described(model, names)
        text = json.dumps(tree, allow_nan=False)
        data = safetensors.encode(arrays, {**FORMAT, "model": text, **beside})
        twin = restored(make, data, names)
    except ModelFileError as why:
        raise ValueError(f"{model.who}: expected a model that a file can hold: {why}") from None
    what = difference(model, twin)
    if what:
        cure = "make it an argument of __init__, or an array of make_state"
        checks.refuse(model.who, "parts that come back as they are", f"another {what}", cure)
    return data


def load(make: Any, path: Any, nodes: Any) -> Any:
    """The model that was saved there."""
    return with_texts(make, path, nodes)[0]


def with_texts(make: Any, path: Any, nodes: Any = ()) -> tuple[Any, dict[str, str]]:
    """The model that was saved there, and the texts of the file."""
    names, path = Names("load", nodes), checks.path("load", "path", path)
    with in_one_error(path):
        data = disk.read(path, safetensors.look, safetensors.DIGEST.stop)
        return restored(make, data, names), safetensors.decode(data)[1]


@contextmanager
def in_one_error(path: str) -> Iterator[None]:
    """Whatever is wrong in a file, in one short error that names the file."""
    try:
        yield
    except OSError:  # no such file, or it cannot be read
        raise
    except Exception as why:
        kind = "" if isinstance(why, ModelFileError) else f"{type(why).__name__}: "
        text = "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(why)[:500])
        raise ModelFileError(f"{path}: {kind}{text}") from why


# ---- writing


def described(model: Any, names: Names) -> tuple[dict[str, Any], dict[str, Array]]:
    """What the model is made of, and its arrays."""
    door, held, at_build = model._door, model._held_out, model._generator_at_build
    epochs, arrays = model.history, written(model)
    tree = {
        "layers": [names.written(layer) for layer in model.layers],
        "dtype": door.dtype.name,
        "examples": door.examples if door.said else None,
        "n_x": model.layers[0].n_in,
        "learned": [x.learned for x in standardizing(model.layers)],
        "generator": state_of(model._generator),
        "generator_at_build": at_build and state_of(at_build),
        "layer_generators": [state_of(layer.generator) for layer in drawing(model)],
        "advised": sorted(model._advised),
        "held_out": held and [held.share, held.m, dict(held.digests)],
        "history": {"held_out": epochs.held_out is not None, "rows": runs(epochs.rows)},
        "compiled": model.optimizer and compiled(model, names),
    }
    if numbers := numbers_in(epochs.rows):
        arrays["history"] = np.array(numbers, np.float64)
    if held:
        arrays["held_out"] = held.indices.astype(np.int64)
    tree["position"] = position_tree(model._position, arrays)
    return tree, arrays


def compiled(model: Any, names: Names) -> dict[str, Any]:
    """The optimizer, the loss and the metrics."""
    found = {n: m.function if isinstance(m, Own) else m for n, m in model._metrics.items()}
    place = model.optimizer._place
    jit = {"jit_compile": model._jit} if model._jit else {}
    return {
        "optimizer": names.written(model.optimizer),
        "loss": names.written(model._cost.pair.loss),
        "metrics": {name: names.written(metric) for name, metric in found.items()},
        "steps": model.optimizer.steps,
        "place": place and list(place),
        **jit,
    }


# ---- reading


def restored(make: Any, data: Any, names: Names) -> Any:
    """The model that the bytes of a file describe."""
    arrays, metadata = safetensors.decode(data)
    if metadata.get("format") != FORMAT["format"]:
        refuse("a model of tinynet", checks.shown(metadata.get("format")))
    if metadata.get("version") != FORMAT["version"]:
        cure = "a newer tinynet may read it"
        refuse(f"version {FORMAT['version']}", checks.shown(metadata.get("version")), cure)
    tree = safetensors.parsed(only(metadata, "model", str).encode())
    layers = names.read({"list": only(tree, "layers", list)})
    start = generator_at(tree.get("generator_at_build") or tree.get("generator"))
    dtype, examples = only(tree, "dtype", str), tree.get("examples")
    model = make(layers, seed=start, dtype=dtype, examples=examples)
    own = tree.get("compiled")
    if own is not None:
        metrics = {name: names.read(one) for name, one in only(own, "metrics", dict).items()}
        optimizer, loss = names.read(own.get("optimizer")), names.read(own.get("loss"))
        model.compile(optimizer, loss, [*metrics.values()])
        pairs = dict(zip(metrics, model._metrics.items(), strict=True))
        for name, (known, metric) in pairs.items():
            if name != known and type(METRICS.get(name)) is not type(metric):
                refuse(f"a metric named {known}", checks.shown(name))
        read = {name: metric for name, (_, metric) in pairs.items()}
        vars(model).update(_metrics=read, _jit=jit_compiled("load", own.get("jit_compile", False)))
    fill(model, tree, arrays)
    again, held = described(model, names)
    for name in sorted(tree.keys() | again.keys()):
        if name not in again or not names.agree(tree.get(name), again[name]):
            refuse(f"{checks.shown(name)} as of that model", checks.shown(tree.get(name)))
    for name in sorted(arrays.keys() - held.keys()):
        refuse("the arrays of that model", f"{checks.shown(name)} beside them")
    return model


def fill(model: Any, tree: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    """Give a new model its numbers."""
    n_x = only(tree, "n_x", int)
    if n_x:
        require_room(model.layers, n_x, sum(a.size for a in arrays.values()))
        with zeros(model.layers), global_generator_kept(model.layers):
            model.build(n_x)
        in_one_go(put(a, matching(arrays, name, a)) for name, a in model._arrays().items())
    start = tree.get("generator_at_build")
    new = {"_generator": generator_at(tree.get("generator"))}
    new["_generator_at_build"] = None if start is None else generator_at(start)
    if (start is None) != (n_x == 0):
        refuse("where the generator stood if the model is built, else null", checks.shown(start))
    for layer, own in zip(drawing(model), only(tree, "layer_generators", list), strict=True):
        drawn = generator_at(own)
        if not isinstance(drawn, np.random.Generator):
            refuse("a Generator of a layer", type(drawn).__name__)
        vars(layer).update(generator=drawn)
    own = standardizing(model.layers)
    for layer, learned in zip(own, only(tree, "learned", list), strict=True):
        if n_x:
            vars(layer).update(learned=checks.switch(layer.who, "learned", learned))
    new["_advised"] = {typed("advice", name, str) for name in only(tree, "advised", list)}
    if tree.get("held_out") is not None:
        new["_held_out"] = held_out(tree["held_out"], arrays.get("held_out"))
    vars(model).update(new)
    model.history = history(only(tree, "history", dict), arrays.get("history"), model._held_out)
    if model.optimizer:
        fill_optimizer(model, only(tree, "compiled", dict), arrays)
    vars(model).update(_position=position_of(model, tree.get("position"), arrays))


def fill_optimizer(model: Any, tree: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    """Give the optimizer what it keeps of earlier steps."""
    optimizer = model.optimizer
    optimizer.steps = checks.count(optimizer.who, "steps", only(tree, "steps", int), 0)
    for slot, own in slots_in(arrays, "", model).items():
        optimizer.slots[slot].update(own)
    for name, a in optimizer.learned.items():
        a[...] = matching(arrays, f"learned.{name}", a)
    place = tree.get("place")
    if place is not None:
        counts = [checks.count(optimizer.who, "place", n, 0) for n in only(tree, "place", list)]
        place = Place(*counts)
        if place.steps_an_epoch < 1:
            refuse("a step an epoch at least", place)
        vars(optimizer).update(_place=place)


def held_out(tree: Any, indices: Any) -> HeldOut:
    """What validation_split holds out."""
    share, m, digests = typed("held_out", tree, list)
    share = checks.real("held_out", "share", typed("share", share, float), "(0, 1)")
    m = checks.count("held_out", "m", typed("m", m, int))
    if indices is None or indices.ndim != 1 or indices.dtype != np.int64:
        refuse("the indices that are held out", "none")
    inside = (np.diff(indices) > 0).all() and (indices >= 0).all() and (indices < m).all()
    if not inside or not 0 < len(indices) < m:
        refuse(f"increasing indices below {m}", checks.shown(indices))
    for dtype, own in typed("digests of what is held out", digests, dict).items():
        checks.float_type("held_out", dtype)
        typed("a digest of what is held out", own, str)
    return HeldOut(share, m, indices.copy(), digests)


def history(tree: Mapping[str, Any], numbers: Any, held: Any) -> History:
    """The History of those epochs."""
    numbers = np.empty(0) if numbers is None else numbers
    if numbers.ndim != 1 or numbers.dtype != np.float64:
        refuse("a history of float64", f"{numbers.dtype} {numbers.shape}")
    rows, left, total = list[Any](), iter(numbers.tolist()), numbers.size
    for listed, count in only(tree, "rows", list):
        names = tuple(typed("a name", name, str) for name in typed("names", listed, list))
        if names[:1] != ("loss",) or len({*names}) < len(names):
            refuse("names of numbers, loss first", checks.shown(names))
        if not 0 < typed("epochs", count, int) * len(names) <= total:
            refuse("as many numbers as the history has", total)
        rows += [(names, tuple(next(left) for _ in names)) for _ in range(count)]
    if [*left]:
        refuse("as many numbers as the history has", total)
    own = only(tree, "held_out", bool)
    return History(rows, read_only(held.indices) if own and held else None)


def drawing(model: Any) -> list[Layer]:
    """The layers that draw."""
    found = [x for x in inside(model.layers) if x.generator is not None]
    if [x.generator for x in found] != model.generators():
        expected = "layers that draw from their own generator alone"
        checks.refuse(model.who, expected, "others in generators()")
    return found


def require_room(layers: Iterable[Layer], n_x: int, numbers: int) -> None:
    """Refuse a description of more numbers than the file has, before there is memory for them."""
    least = sum(sizes(layers, n_x))
    if least > numbers + 2**16:
        refuse(f"a net of {numbers} numbers", f"layers of {least}")


def sizes(layers: Iterable[Layer], width: int) -> Iterator[int]:
    """How many numbers each layer has at least; of a user's own nobody knows."""
    for layer in layers:
        if isinstance(layer, Residual):
            yield from sizes(layer._inner, width)
        elif isinstance(layer, Dense):
            yield width * layer.units
        elif layer.ours and not isinstance(layer, (Activate, Dropout)):
            yield width
        width = layer.units or width


@contextmanager
def zeros(layers: Iterable[Layer]) -> Iterator[None]:
    """Weights that are about to be read need not be drawn."""
    dense = [x for x in inside(layers) if isinstance(x, Dense) and x.ours]
    before = [(x, {n: vars(x)[n] for n in ("initializer", "bias_initializer")}) for x in dense]
    for layer, own in before:
        vars(layer).update(dict.fromkeys(own, Zeros()))
    try:
        yield
    finally:
        for layer, own in before:
            vars(layer).update(own)


@contextmanager
def global_generator_kept(layers: Iterable[Layer]) -> Iterator[None]:
    """Users' layers may draw from numpy's global generator: it stays where it is."""
    before = None if all(x.ours for x in inside(layers)) else np.random.get_state(legacy=False)
    try:
        yield
    finally:
        if before is not None:
            np.random.set_state(before)


def inside(layers: Iterable[Layer]) -> Iterator[Layer]:
    for layer in layers:
        yield layer
        if isinstance(layer, Residual):
            yield from inside(layer._inner)
