"""Layers in a row, and the cost of such a net as one node: (X, Y) -> J, with the net's parameters as its own.

Forward runs through the layers to the last Z and into the loss's pair; backward is the notes' chain read off the page:
dZ2 gives dW2, db2 and dA1, which gives dZ1, which gives dW1, db1. `fit`, `gradients` and `check_gradients` all use the
cost, so what is checked is what trains.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from tinynet import checks
from tinynet.checks import Array
from tinynet.layers import Layer
from tinynet.losses import Pair
from tinynet.node import Node


def named(shelves: Iterable[Mapping[str, Array]]) -> dict[str, Array]:
    """What the layers hold, from the first on, under the notes' names, W1, b1, W2, ...: the input is layer 0."""
    return {f"{key}{i}": array for i, shelf in enumerate(shelves, 1) for key, array in shelf.items()}


class Chain(Node):
    """Layers in a row, and a look at their parameters: the arrays are theirs, so writing into one writes the layer's."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        self.layers, self.grads, self.cache = tuple(layers), {}, {}  # and params, which is no field here

    @property
    def params(self) -> Mapping[str, Array]:  # type: ignore[override]
        return MappingProxyType(named(layer.params for layer in self.layers))

    def walk(self, X: Array) -> Iterator[tuple[Layer, Array, Array]]:
        """Each layer with its Z and A."""
        for layer in self.layers:
            Z = layer.preactivation(X)
            X = layer.activation.value(Z)
            yield layer, Z, X

    def first_not_finite(self, X: Array, grads: Mapping[str, Array]) -> str:
        """Which layer is the first with an inf or a NaN, in its Z or A or else in its gradient."""
        for layer, Z, A in self.walk(X):
            if not (checks.all_finite(Z) and checks.all_finite(A)):
                return f"{layer.who} is the first whose output is not finite"
        for layer in self.layers:
            if not all(checks.all_finite(grads.get(f"{key}{layer.position}", X)) for key in layer.params):
                return f"{layer.who} is the first whose gradient is not finite"
        return f"every output and gradient is finite up to {self.layers[-1].who}, but too large"

    def cast(self, dtype: Any) -> None:
        for layer in self.layers:
            layer.cast(dtype)


class Cost(Chain):
    """J of the net on X (n_x, m) against targets Y (n_y, m); `backward(dJ)` fills `grads`."""

    def __init__(self, layers: Sequence[Layer], pair: Pair) -> None:
        super().__init__(layers)
        self.pair = pair

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
            dZ, _ = below.activation.pullback(dA, kept["activation"])
            grads.append(below.parameter_gradients(dZ, kept))
        return (), named(reversed(grads))

    def admit(self, X: Array, Y: Array) -> tuple[Array, Array]:
        return X, Y  # the model's door has seen them

    def admit_upstream(self, dJ: Any) -> Any:
        return dJ
