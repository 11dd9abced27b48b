"""A net as a table: of each layer its outputs, its parameters and state, and what it keeps for
backward."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np

from tinynet.base import Guard, html
from tinynet.layers import Layer
from tinynet.layers.nested import LETTERS

NOT_BUILT = "not built"


class Look(NamedTuple):
    """What is said of a layer."""

    number: str
    layer: str
    outputs: str
    arrays: str
    parameters: str
    keeps: str


HEADS = Look("", "layer", "outputs", "parameters, state", "number", "keeps for backward")


def looks(layers: Sequence[Layer]) -> list[Look]:
    """A line for each layer. The arrays go by their names in the model."""
    return [look(layer) for layer in layers]


def look(layer: Layer) -> Look:
    if not layer.n_in:
        return Look(str(layer.position), repr(layer), "", NOT_BUILT, "", "")
    held = {**layer.params, **layer.state}
    shapes = [f"{name}{layer.position} {a.shape}" for name, a in held.items()]
    arrays, total = ", ".join(shapes) or "no parameters", f"{layer.theta.size:,}"
    outputs, keeps = f"({layer.units}, m)", ", ".join(names_kept(layer))
    return Look(str(layer.position), repr(layer), outputs, arrays, total, keeps)


def names_kept(layer: Layer) -> list[str]:
    """What its cache has after a training pass: the arrays that are as long as there are examples.
    The pass is that of a copy, on two examples of zeros; of a layer that refuses them, none."""
    with suppress(Exception), Guard(layer.who):
        X = np.zeros((layer.n_in, 2), layer.theta.dtype)
        return [*dict.fromkeys(arrays_in(copy.deepcopy(layer).run(X)[1]))]
    return []


def arrays_in(cache: Mapping[str, Any]) -> Iterator[str]:
    """The names of arrays of two examples, also of those within."""
    for key, value in cache.items():
        if isinstance(value, np.ndarray) and value.ndim > 1 and value.shape[-1] == 2:
            yield key
        elif key == "caches":
            for letter, inner in zip(LETTERS, value, strict=False):
                yield from (f"{own}_{letter}" for own in arrays_in(inner))
        elif isinstance(value, Mapping) and key not in ("params", "state"):
            yield from arrays_in(value)
        elif hasattr(value, "_asdict"):
            yield from arrays_in(value._asdict())


def total(model: Any) -> str:
    return f"{sum(p.size for p in model.params.values()):,} parameters, {model._door.dtype}"


def summary(model: Any) -> str:
    """The table as text."""
    rows = [HEADS, *looks(model.layers)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    forms = ">", "<", "<", "<", ">", "<"
    lines = []
    for row in rows:
        cells = zip(row, forms, widths, strict=True)
        lines.append("  ".join(f"{cell:{form}{width}}" for cell, form, width in cells).rstrip())
    return "\n".join([*lines, total(model)])


def as_html(model: Any) -> str:
    return html.table(f"Sequential, {total(model)}", HEADS, looks(model.layers))
