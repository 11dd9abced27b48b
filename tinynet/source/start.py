"""initialize_parameters: where the parameters of a net start."""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NoReturn

import numpy as np

from tinynet.base import Array, checks
from tinynet.layers import Dense, Layer, Residual
from tinynet.layers.nested import LETTERS
from tinynet.net import parameters
from tinynet.source.functions import function, returned
from tinynet.source.symbol import Symbol
from tinynet.source.text import WHAT, Text

MARK = re.compile(r"<(\d+)>")


def initialize_parameters(model: Any, weights: bool) -> str:
    """With `weights` as they are now; else as they are drawn. What a Standardize learned is there
    in any case."""
    arrays, states = model._arrays(), parameters.named(layer.state for layer in model.layers)
    if weights:
        lines = returned([(name, written(a)) for name, a in arrays.items()])
        return function("initialize_parameters()", "The trained parameters.", lines)
    drawn_by = model._generator_at_build
    kind = "RandomState" if isinstance(drawn_by, np.random.RandomState) else "default_rng"
    drawn = {f"{n}{layer.position}": text for layer in model.layers for n, text in starts(layer)}
    texts = drawn | {name: written(a) for name, a in states.items()}
    lines = [f"rng = np.random.{kind}(seed)", *returned([(name, texts[name]) for name in arrays])]
    says = "Where the parameters start, as in a model with that seed."
    return function("initialize_parameters(seed=None)", says, lines)


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
    draws, found = Draws(), dict[str, Any]()
    with suppress(Exception):  # of what no text can be made
        if isinstance(layer, Dense) and layer.ours:
            by = {"W": layer.initializer, "b": layer.bias_initializer}
            found = {name: by[name](a.shape, draws) for name, a in layer.params.items()}
        else:
            found = dict(layer.make_params(layer.n_in, draws))
    codes = {n: a.text.code if isinstance(a, Symbol) else equal(layer, a) for n, a in found.items()}
    drawn = [int(n) for n in MARK.findall("".join(codes.values()))]
    if found.keys() != layer.params.keys() or drawn != [*range(draws.n)]:
        refuse_start(layer)
    for name, code in codes.items():
        text = MARK.sub("", code)
        kind = layer.theta.dtype
        yield name, text if kind == np.float64 else f"({text}).astype(np.{kind})"


class Draws:
    """A generator that writes down what is drawn, with a mark that tells one draw from another."""

    n = 0

    def standard_normal(self, shape: Any) -> Symbol:
        return self.draw(f"rng.standard_normal({shape})")

    def uniform(self, low: float, high: float, shape: Any) -> Symbol:
        return self.draw(f"rng.uniform({low!r}, {high!r}, {shape})")

    def draw(self, code: str) -> Symbol:
        self.n += 1
        return Symbol(Text(f"{code}<{self.n - 1}>"))

    def __getattr__(self, name: str) -> NoReturn:
        raise TypeError(name)


def equal(layer: Layer, a: Any) -> str:
    """An array of one number."""
    if not isinstance(a, np.ndarray) or (a != a.flat[0]).any():
        refuse_start(layer)
    return f"np.full({a.shape}, {a.flat[0].item()!r})" if a.flat[0] else f"np.zeros({a.shape})"


def refuse_start(layer: Layer) -> NoReturn:
    expected = f"weights that start as normal, uniform or equal numbers in {WHAT}"
    cure = "weights=True writes them down as they are"
    checks.refuse(layer.who, expected, "others", cure, TypeError)
