"""The cost of a net as one node: (X, Y) -> J, with the net's parameters as its own.

Forward runs through the layers to the last Z and into the loss's pair; backward is the notes' chain read off the page:
dZ2 gives dW2, db2 and dA1, which gives dZ1, which gives dW1, db1. `fit`, `gradients`, `evaluate` and `check_gradients`
all use this node, so what is checked is what trains.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tinynet import checks
from tinynet.checks import Array
from tinynet.layers import Layer
from tinynet.losses import Pair
from tinynet.node import Node


def named(layers: Sequence[Layer]) -> Iterator[tuple[str, Layer, str]]:
    """("W1", layer 1, "W"), ("b1", layer 1, "b"), ("W2", ...), ...: the input is layer 0."""
    return ((f"{key}{layer.position}", layer, key) for layer in layers for key in layer.params)


class Cost(Node):
    """J of the net on X (n_x, m) against targets Y (n_y, m); `backward(dJ)` fills `grads`."""

    def __init__(self, layers: Sequence[Layer], pair: Pair) -> None:
        super().__init__()
        self.layers, self.pair = tuple(layers), pair
        self.link()

    def link(self) -> None:
        self.params = {name: layer.params[key] for name, layer, key in named(self.layers)}
        self.places = [(name, -layer.position, key) for name, layer, key in named(self.layers)]

    def cast(self, dtype: Any) -> None:
        for layer in self.layers:
            layer.cast(dtype)
        self.link()

    def outputs(self, X: Array) -> Array:
        """Z of the last layer."""
        *hidden, last = self.layers
        for layer in hidden:
            X = layer.value(X)
        return last.preactivation(X)

    def value(self, X: Array, Y: Array) -> float:
        return self.pair.value(self.outputs(X), Y)

    def run(self, X: Array, Y: Array) -> tuple[float, dict[str, Any]]:
        *hidden, last = self.layers
        caches = []
        for layer in hidden:
            X, cache = layer.run(X)
            caches.append(cache)
        Z, cache = last.run_preactivation(X)
        J, pair_cache = self.pair.run(Z, Y)
        return J, {"layers": [*caches, cache], "pair": pair_cache, "Z": Z}

    def pullback(self, dJ: float, cache: Mapping[str, Any]) -> tuple[tuple[()], dict[str, Array]]:
        dZ, _ = self.pair.pullback(dJ, cache["pair"])
        grads = [self.layers[-1].parameter_gradients(dZ, cache["layers"][-1])]
        for i in range(len(self.layers) - 1, 0, -1):
            dA = self.layers[i].input_gradient(dZ, cache["layers"][i])
            below, kept = self.layers[i - 1], cache["layers"][i - 1]
            dZ, _ = below.activation.pullback(dA, kept)
            grads.append(below.parameter_gradients(dZ, kept))
        return (), {name: grads[place][key] for name, place, key in self.places}

    def first_not_finite(self, X: Array) -> str:
        """Which layer's output is the first with an inf or a NaN; the loss's, where all are finite."""
        for layer in self.layers:
            X = layer.value(X)
            if not checks.all_finite(X):
                return f"{layer.who} is the first whose output is not finite"
        return f"the output of {self.layers[-1].who} is finite, but too large for {self.pair!r}"

    def admit(self, X: Array, Y: Array) -> tuple[Array, Array]:
        return X, Y  # the model's door has seen them

    def admit_upstream(self, dJ: Any) -> Any:
        return dJ
