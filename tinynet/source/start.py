"""initialize_parameters: where the parameters of a net start."""

import math
from collections.abc import Iterator
from typing import Any, NoReturn

import numpy as np

from tinynet.base import Array, checks, writer
from tinynet.layers import Constant, Dense, Initializer, Layer, Residual, Uniform, Zeros
from tinynet.layers.initializers import Scaled
from tinynet.layers.nested import LETTERS
from tinynet.net import parameters
from tinynet.source.functions import function, returned
from tinynet.source.text import WHAT


def initialize_parameters(model: Any, weights: bool) -> str:
    """With `weights` as they are now; else as they are drawn. What a Standardize learned is there
    in any case."""
    arrays, states = model._arrays(), parameters.named(layer.state for layer in model.layers)
    if weights:
        texts = {name: written(a) for name, a in arrays.items()}
        return function("initialize_parameters()", "The trained parameters.", all_of(texts))
    drawn_by = model._generator_at_build
    kind = "RandomState" if isinstance(drawn_by, np.random.RandomState) else "default_rng"
    drawn = {f"{n}{layer.position}": text for layer in model.layers for n, text in starts(layer)}
    texts = drawn | {name: written(a) for name, a in states.items()}
    lines = [f"rng = np.random.{kind}(seed)", *all_of({name: texts[name] for name in arrays})]
    says = "Where the parameters start, as in a model with that seed."
    return function("initialize_parameters(seed=None)", says, lines)


def all_of(texts: dict[str, str]) -> list[str]:
    return returned([*texts.items()])


def written(a: Array) -> str:
    """An array with all its digits."""
    dtype = "" if a.dtype == np.float64 else f", np.{a.dtype}"
    return f"np.array({a.tolist()}{dtype})"


def starts(layer: Layer) -> Iterator[tuple[str, str]]:
    """How each parameter of a layer is drawn: in float64."""
    if isinstance(layer, Residual):
        for inner, letter in zip(layer._inner, LETTERS, strict=False):
            yield from ((f"{name}_{letter}", text) for name, text in starts(inner))
        return
    if isinstance(layer, Dense) and layer.ours:
        by = {"W": layer.initializer, "b": layer.bias_initializer}
        found = {name: drawn(layer, by[name], a.shape) for name, a in layer.params.items()}
    else:
        made = layer.make_params(layer.n_in, NoDraws(layer))
        found = {name: equal(layer, a) for name, a in made.items()}
    for name, text in found.items():
        kind = layer.theta.dtype
        yield name, text if kind == np.float64 else f"({text}).astype(np.{kind})"


def drawn(layer: Layer, initializer: Any, shape: Any) -> str:
    """A call of an initializer as it stands in its class."""
    if isinstance(initializer, (Zeros, Constant)):
        return equal(layer, initializer(shape, None))
    scaled, limit = writer(type(initializer), "__call__") is Scaled, 0.0
    if type(initializer) is Uniform:
        limit = initializer.limit
    elif scaled and initializer.distribution == "uniform":
        limit = math.sqrt(3) * initializer.scale(*shape)
    elif not scaled and writer(type(initializer), "__call__") is not Initializer:
        refuse_start(layer)
    if limit:
        return f"rng.uniform({-limit!r}, {limit!r}, {shape})"
    return f"rng.standard_normal({shape}) * {initializer.scale(*shape)!r}"


def equal(layer: Layer, a: Array) -> str:
    """An array of one number."""
    if (a != a.flat[0]).any():
        refuse_start(layer)
    return f"np.full({a.shape}, {a.flat[0].item()!r})" if a.flat[0] else f"np.zeros({a.shape})"


def refuse_start(layer: Layer) -> NoReturn:
    expected = f"weights that start as normal, uniform or equal numbers in {WHAT}"
    cure = "weights=True writes them down as they are"
    checks.refuse(layer.who, expected, "others", cure, TypeError)


class NoDraws:
    """A generator that nothing is to be drawn from."""

    def __init__(self, layer: Layer) -> None:
        self.layer = layer

    def __getattr__(self, name: str) -> Any:
        refuse_start(self.layer)
