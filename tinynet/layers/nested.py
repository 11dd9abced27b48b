"""The base class of layers that have layers inside."""

import copy
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tinynet.activations import Activation
from tinynet.base import Array, checks
from tinynet.layers.base import Layer
from tinynet.layers.row import inner_layers
from tinynet.layers.same_width import SameWidth

LETTERS = "abcdefghijklmnopqrstuvwxyz"  # one for each layer inside


def holds_what_was_given(layer: Layer) -> bool:
    """Whether a layer inside has the arrays that it was given last."""
    now = dict(vars(layer))  # at one moment: another thread may predict
    given, held = now.get("given"), [now["theta"], *now["state"].values()]
    return given is None or [*map(id, given)] == [*map(id, held)]


class Holder(SameWidth):
    """It holds layers in a row, and its parameters and state are theirs, each name with a letter
    behind it: W_a, b_a of the first, W_b, b_b of the second, ..."""

    steady = True
    _inner: tuple[Layer, ...] = ()

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers inside, each with its part of the parameters and the state."""
        self.hand_out()
        return self._inner

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if self._inner and name in ("theta", "state", "position"):
            self.hand_out()
        elif name == "grads":
            for layer, end, _ in self.pieces(self.theta) if self._inner else ():
                layer.grads = {n.removesuffix(end): g for n, g in value.items() if n.endswith(end)}

    def __setstate__(self, state: Any) -> None:
        super().__setstate__(state)
        for layer in self._inner:
            vars(layer)["given"] = None

    def cast(self, dtype: Any) -> None:
        super().cast(dtype)
        for layer in self._inner:
            layer.cast(dtype)
            vars(layer)["given"] = None
        self.hand_out()

    def hand_out(self) -> None:
        """Give each layer inside its part of the parameters and the state. What somebody set there
        instead of writing into it would be lost, so it is refused, and all is as before."""
        lost = [layer for layer in self._inner if not holds_what_was_given(layer)]
        for layer, end, own in self.pieces(self.theta):
            state = {n.removesuffix(end): a for n, a in self.state.items() if n.endswith(end)}
            given = {"theta": own, "state": state, "given": [own, *state.values()]}
            vars(layer).update(given, position=self.position, inside=True)
            if isinstance(layer, Holder):
                layer.hand_out()
        for layer in lost:
            expected, got = "writes into the arrays of a layer inside", f"others in {layer!r}"
            checks.refuse(self.who, expected, got, "theta[...] = ... and state[name][...] = ...")

    def pieces(self, theta: Array) -> Iterator[tuple[Layer, str, Array]]:
        """The layers inside, with the end of their names and their part of an array like theta."""
        start = 0
        for layer, letter in zip(self._inner, LETTERS, strict=False):
            end = start + math.prod(layer.theta.shape)
            yield layer, f"_{letter}", theta[start:end].reshape(layer.theta.shape)
            start = end


class Nested(Holder):
    """It is made of copies of layers in a row."""

    steady = True

    def __init__(self, layers: Sequence[Layer | Activation]) -> None:
        super().__init__()
        self._inner = inner_layers(self.who, layers, len(LETTERS))

    def named(self, held: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
        """One mapping of what the layers inside have, under names of this layer's."""
        pairs = zip(LETTERS, held, strict=False)
        return {f"{name}_{letter}": a for letter, own in pairs for name, a in own.items()}

    def beginning(self, n_in: int, rng: Any, dtype: Any) -> dict[str, Any]:
        vars(own := copy.copy(self)).update(_inner=tuple(map(copy.copy, self._inner)))
        width = n_in
        for layer in own._inner:
            vars(layer).update(layer.beginning(width, rng, dtype), given=None)
            width = layer.units
        if width != n_in:
            cure = f"its last layer needs {n_in} units"
            checks.refuse(self.who, f"as many outputs as inputs, {n_in}", width, cure)
        new = super(Nested, own).beginning(n_in, rng, dtype)
        vars(own).update(new)
        return {**new, "_inner": own.layers}

    def begin(self, new: Mapping[str, Any]) -> list[Callable[[], Any]]:
        pairs = zip(self._inner, new["_inner"], strict=True)
        inside = [call for layer, built in pairs for call in layer.begin(vars(built))]
        return [*inside, *super().begin({**new, "_inner": self._inner})]

    def make_params(self, n_in: int, rng: Any) -> dict[str, Array]:
        return self.named(layer.params for layer in self._inner)

    def make_state(self, n_in: int) -> dict[str, Array]:
        return self.named(layer.state for layer in self._inner)

    def join(self, params: Mapping[str, Array]) -> Array:
        theta = np.empty(sum(p.size for p in params.values()))
        for name, place in self.split(theta).items():
            place[...] = params[name]
        return theta

    def split(self, theta: Array) -> dict[str, Array]:
        return self.named(layer.split(own) for layer, _, own in self.pieces(theta))
