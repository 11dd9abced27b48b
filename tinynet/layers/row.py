"""Layers in a row: those of a net, or those inside a `Residual`."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinynet.activations import Activation, identity, label
from tinynet.base import checks
from tinynet.layers.activate import Activate
from tinynet.layers.base import Layer
from tinynet.layers.same_width import SameWidth

FAR = 1e6  # an output that is far from any bound of an activation


def own_layers(who: str, layers: Any, others: Sequence[Any] = ()) -> list[Layer]:
    """The layers of a net, an activation that stands alone as one; refused if they are anything but
    a list of new layers."""
    expected, cure = "a list of layers", f"{who}([Dense(4, tanh), ...])"
    if others:
        checks.refuse(who, expected, f"{1 + len(others)} arguments", cure, TypeError)
    if not isinstance(layers, (list, tuple)) or not layers:
        checks.refuse(who, expected, checks.shown(layers), cure, TypeError)
    found = [Activate(x) if isinstance(x, (Activation, str)) else x for x in layers]
    for layer in found:
        if not isinstance(layer, Layer):
            got, cure = f"one with {checks.shown(layer)}", checks.call_it(layer, "...") or cure
            checks.refuse(who, expected, got, cure, TypeError)
        if "theta" not in vars(layer):
            who, cure = type(layer).__name__, "call it first: super().__init__(units, activation)"
            checks.refuse(who, "the __init__ of Layer", "a layer without it", cure, TypeError)
        if type(layer).build is not Layer.build:
            cure = "write make_params(n_in, rng) and make_state(n_in)"
            checks.refuse(layer.who, "the build of Layer", "its own", cure, TypeError)
    for i, layer in enumerate(found):
        if layer.position or layer.n_in or any(layer is other for other in found[:i]):
            cure = "make a new layer for each place; set_weights gives it weights"
            checks.refuse(who, "new layers, each in one place", f"{layer!r} again", cure)
    return found


def penalty(layers: Sequence[Layer]) -> Any:
    """What the parameters of all layers alone add to J; None where none has a penalty."""
    found = [(layer, p) for layer in layers if (p := layer.penalty()) is not None]
    for layer, p in found:
        checks.shaped(layer, "a penalty", p, ())
    return sum([p for _, p in found[1:]], start=found[0][1]) if found else None


def pass_on_units(layers: Sequence[Layer]) -> None:
    """A layer that has as many units as inputs gets those of the layer before it."""
    for before, layer in itertools.pairwise(layers):
        if layer.units == 0:
            vars(layer)["units"] = before.units


def inner_layers(who: str, layers: Any, most: int) -> tuple[Layer, ...]:
    """Copies of the layers inside another one."""
    found = own_layers(who, layers)
    if len(found) > most:
        checks.refuse(who, f"at most {most} layers", len(found))
    for layer in found:
        if layer.place:
            got = "it inside another"
            checks.refuse(who, f"{layer!r} as the {layer.place} layer of a net", got)
    own = tuple(layer.fresh() for layer in found)
    pass_on_units(own)
    return own


def require_places(who: str, layers: Sequence[Layer]) -> None:
    """Refuse a layer that belongs first or last in a net and stands elsewhere, and a net that does
    not know its outputs."""
    ends = {"first": layers[0], "last": layers[-1]}
    for layer in layers:
        if layer.place and layer is not ends[layer.place]:
            cure = "BatchNorm or LayerNorm normalizes inside a net"
            checks.refuse(who, f"{layer!r} as the {layer.place} layer", "it elsewhere", cure)
    if layers[-1].place:
        require_unbounded(layers)
    if layers[-1].units == 0:
        cure = "such as a Dense, whose units are those of its outputs"
        checks.refuse(who, "a layer that says its units", "none", cure)


def require_unbounded(layers: Sequence[Layer]) -> None:
    """Refuse an activation of tinynet before standardized targets if it does not give all numbers:
    these have the mean 0 and go to both sides of it. No layer of the same width changes that."""
    for layer in reversed(layers[:-1]):
        activation = layer.activation if layer.activation.ours else identity
        with np.errstate(all="ignore"):
            low, high = activation.value(np.array([[-FAR, FAR]]))[0]
        if low > -1000 or high < 1000:
            expected, cure = "outputs before it that have no bounds", "leave this activation out"
            checks.refuse(repr(layers[-1]), expected, f"those of {label(activation)}", cure)
        if not isinstance(layer, SameWidth):
            return
