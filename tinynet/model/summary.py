"""A net as a table: of each layer its outputs, its parameters and state, and what it keeps for
backward."""

import copy
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from tinynet.base import Guard, html
from tinynet.layers import Layer
from tinynet.layers.nested import LETTERS

NOT_BUILT = "not built"


Row = tuple[str, str, str, str, str, str]
HEADS: Row = "", "layer", "outputs", "arrays", "parameters", "keeps for backward"


def row(layer: Layer) -> Row:
    """What is said of a layer. The arrays, parameters and state, go by their names in the model."""
    if not layer.n_in:
        return str(layer.position), repr(layer), "", NOT_BUILT, "", ""
    held = {**layer.params, **layer.state}
    shapes = [f"{name}{layer.position} {a.shape}" for name, a in held.items()]
    arrays, size = ", ".join(shapes) or "none", f"{layer.theta.size:,}"
    outputs, keeps = f"({layer.units}, m)", ", ".join(names_kept(layer))
    return str(layer.position), repr(layer), outputs, arrays, size, keeps


def names_kept(layer: Layer) -> list[str]:
    """What its cache has after a training pass: the arrays that are as long as there are examples.
    The pass is that of a copy, on two examples of zeros. A user's layer may refuse these, or raise
    anything; then nothing is known of it, and the table is there."""
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


def size(model: Any) -> str:
    return f"{sum(p.size for p in model.params.values()):,} parameters, {model._door.dtype}"


def as_text(model: Any) -> str:
    rows = [HEADS, *map(row, model.layers)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    forms = ">", "<", "<", "<", ">", "<"
    lines = []
    for cells in rows:
        padded = zip(cells, forms, widths, strict=True)
        lines.append("  ".join(f"{cell:{form}{width}}" for cell, form, width in padded).rstrip())
    return "\n".join([*lines, size(model)])


def as_html(model: Any) -> str:
    return html.table(f"Sequential, {size(model)}", HEADS, map(row, model.layers))
