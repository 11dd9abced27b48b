"""Layers in a row, and the cost of such a net as one node: (X, Y) -> J, with the net's parameters
as its own.

Forward runs through the layers to the last Z and into the loss's pair; backward is the notes' chain
read off the page: dZ2 gives dW2, db2 and dA1, which gives dZ1, which gives dW1, db1. `fit`,
`gradients` and `check_gradients` all use the cost, so what is checked is what trains.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from tinynet.base.checks import Array
from tinynet.base.node import Node
from tinynet.layers import Layer
from tinynet.losses import Pair
from tinynet.net import parameters


class Chain(Node):
    """Layers in a row, and a look at their parameters: the arrays are theirs, so writing into one
    writes the layer's."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        self.layers, self.grads, self.cache = (
            tuple(layers),
            {},
            {},
        )  # and params, which is no field here

    @property
    def params(self) -> Mapping[str, Array]:  # type: ignore[override]
        return MappingProxyType(parameters.named(layer.params for layer in self.layers))

    def walk(self, X: Array) -> Iterator[tuple[Layer, Array, Array]]:
        """Each layer with its Z and A."""
        for layer in self.layers:
            Z = layer.preactivation(X)
            X = layer.activation.value(Z)
            yield layer, Z, X

    def cast(self, dtype: Any) -> None:
        for layer in self.layers:
            layer.cast(dtype)
        parameters.gather(self.layers)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        parameters.gather(self.layers)


class Cost(Chain):
    """J of the net on X (n_x, m) against targets Y (n_y, m); `backward(dJ)` fills `grads`."""

    def __init__(self, layers: Sequence[Layer], pair: Pair) -> None:
        super().__init__(layers)
        self.pair = pair

    def through(self, X: Array) -> tuple[Array, list[dict[str, Any]]]:
        """The last Z, and the caches of the layers."""
        *hidden, last = self.layers
        caches = []
        for layer in hidden:
            X, cache = layer.run(X)
            caches.append(cache)
        return last.preactivation(X), [*caches, last.remembered(X)]

    def run(self, X: Array, Y: Array) -> tuple[float, dict[str, Any]]:
        Z, caches = self.through(X)
        return self.pair.value(Z, Y), {"layers": caches, "Z": Z, "Y": Y}

    def pullback(self, dJ: float, cache: Mapping[str, Any]) -> tuple[tuple[()], dict[str, Array]]:
        dZ, _ = self.pair.pullback(dJ, {"A": cache["Z"], "Y": cache["Y"]})
        (*hidden, last), (*caches, kept) = self.layers, cache["layers"]
        grads, dA = [last.parameter_gradients(dZ, kept)], last.input_gradient(dZ, kept)
        for layer, kept in zip(reversed(hidden), reversed(caches), strict=True):
            dA, inner = layer.pullback(dA, kept)
            grads.append(inner)
        return (), parameters.named(reversed(grads))

    def admit(self, X: Array, Y: Array) -> tuple[Array, Array]:
        return X, Y  # the model's door has seen them

    def admit_upstream(self, dJ: Any) -> Any:
        return dJ
