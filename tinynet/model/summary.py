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
from tinynet.model.ways import way

NOT_BUILT = "not built"


Row = tuple[str, str, str, str, str, str]
HEADS: Row = "", "layer", "outputs", "arrays", "parameters", "keeps for backward"


def row(layer: Layer) -> Row:
    """What is said of a layer. The arrays, parameters and state, go by their names in the model."""
    name = " ".join(repr(layer).split())
    if not layer.n_in:
        return str(layer.position), name, "", NOT_BUILT, "", ""
    held = {**layer.params, **layer.state}
    shapes = [f"{name}{layer.position} {a.shape}" for name, a in held.items()]
    arrays, size = ", ".join(shapes) or "none", f"{layer.theta.size:,}"
    outputs, keeps = f"({layer.units}, m)", ", ".join(names_kept(layer))
    return str(layer.position), name, outputs, arrays, size, keeps


def names_kept(layer: Layer) -> list[str]:
    """What its cache has after a training pass: the arrays that are as long as there are examples.
    The pass is that of a copy, on examples of zeros. A user's layer may refuse these, or raise
    anything; then nothing is known of it, and the table is there."""
    with suppress(Exception), Guard(layer.who):
        m = max(layer.n_in, layer.units) + 1  # no width of the layer
        X = np.zeros((layer.n_in, m), layer.theta.dtype)
        return [*dict.fromkeys(arrays_in(copy.deepcopy(layer).run(X)[1], m))]
    return []


def arrays_in(cache: Mapping[str, Any], m: int) -> Iterator[str]:
    """The names of arrays of m examples, also of those within."""
    for key, value in cache.items():
        if isinstance(value, np.ndarray) and value.shape[-1:] == (m,):
            yield key
        elif key == "caches":
            for letter, inner in zip(LETTERS, value, strict=False):
                yield from (f"{own}_{letter}" for own in arrays_in(inner, m))
        elif isinstance(value, Mapping) and key not in ("params", "state"):
            yield from arrays_in(value, m)
        elif hasattr(value, "_asdict"):
            yield from arrays_in(value._asdict(), m)


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
    return "\n".join([*lines, size(model), *([way(model)] if model.optimizer else [])])


def as_html(model: Any) -> str:
    return html.table(f"Sequential, {size(model)}", HEADS, map(row, model.layers))
