"""Layers in a row, and the cost of such a net as one node: (X, Y) -> J, with the net's parameters
as its own.

Forward goes from layer to layer up to the last Z, of which the loss's pair makes J. Backward is the
notes' chain: dZ2 gives dW2, db2 and dA1; dA1 gives dZ1; dZ1 gives dW1 and db1. `fit`, `gradients`
and `check_gradients` all use the cost, so what is checked is what trains.
"""

import copy
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from tinynet.base import Array, Arrays, Node, checks, functions, read_only, writer
from tinynet.layers import Layer, Regularizer
from tinynet.layers.row import penalty
from tinynet.losses import Pair
from tinynet.losses.base import weighted
from tinynet.net import blocks, parameters


class Chain(Node):
    """Layers in a row. `params` has the layers' own arrays, so writing into one changes its
    layer."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        self.layers, self.grads, self.cache, self._seen = tuple(layers), {}, {}, []

    @property
    def params(self) -> Mapping[str, Array]:  # type: ignore[override]
        return MappingProxyType(parameters.named(layer.params for layer in self.layers))

    def each_output(self, X: Array) -> Iterator[tuple[Layer, Array, Array]]:
        """Each layer with its Z and A, without a cache."""
        for layer in self.layers:
            Z, X = layer.outputs(X)
            yield layer, Z, X

    def generators(self) -> list[Any]:
        return [generator for layer in self.layers for generator in layer.generators()]

    def cast(self, dtype: Any) -> None:
        for layer in self.layers:
            layer.cast(dtype)
        parameters.gather(self.layers)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        parameters.gather(self.layers)


class Cost(Chain):
    """J of the net on X (n_x, m) against targets Y (n_y, m); `backward(dJ)` fills `grads`."""

    def __init__(self, layers: Sequence[Layer], pair: Pair) -> None:
        super().__init__(layers)
        self.pair = pair

    def practice(self, X: Array) -> tuple[Array, list[dict[str, Any]]]:
        """The last Z of a training pass, and the caches of the layers."""
        *hidden, last = self.layers
        caches = []
        for layer in hidden:
            X, cache = layer.run(read_only(X))
            caches.append(cache)
        X = read_only(X)
        return read_only(last.preactivation(X)), [*caches, last.remembered(X)]

    def gradients(
        self, dJ: float, Z: Array, caches: Sequence[Any], Y: Array, weights: Any = None
    ) -> Arrays:
        """The gradients of J without the penalties."""
        own_cache = {"A": Z, "Y": Y, "weights": weights}  # Z is what the pair reads
        dZ = read_only(self.pair.pullback(dJ, own_cache)[0])
        checks.shaped(self.pair.loss, "dZ", dZ, Z.shape)
        (*hidden, last), (*kept, own) = self.layers, caches
        grads = [last.require_gradients(last.parameter_gradients(dZ, own))]
        dA = last.input_gradient(dZ, own)
        for layer, cache in zip(reversed(hidden), reversed(kept), strict=True):
            dA, inner = layer.pulled(dA, cache)
            grads.append(inner)
        return parameters.named(grads[::-1])

    def costs(self, Z: Array, Y: Array, weights: Any = None) -> Array:
        """The costs of the outputs, entry by entry or example by example; if there are weights,
        each example's is multiplied by its own."""
        costs: Array = weighted(self.pair.loss.require_costs(self.pair.costs(Z, Y), Z), weights)
        return costs

    def J(self, totals: Array, Z: Array, so_far: Sequence[float]) -> list[float]:
        """J of each step: what a row of `totals` of the costs adds to `so_far`, its penalty or the
        J of earlier blocks. Z says how wide a step is. Every J of a net is made here."""
        weight = self.pair.weight(Z)
        return [sum(row) * weight + J for row, J in zip(totals.tolist(), so_far, strict=True)]

    def penalty(self) -> Any:
        return penalty(self.layers)

    def may_have_penalty(self) -> bool:
        """Whether the parameters alone add to J, or may do so in a later step: a user's method is
        asked anew in each."""
        says = {Layer: ("penalty", "penalty_gradients"), Regularizer: ("value",)}
        parts = [(p, k) for p in blocks.parts_of(self.layers) for k in says if isinstance(p, k)]
        ours = all(writer(type(p), name).ours for p, kind in parts for name in says[kind])
        return not ours or self.penalty() is not None

    def penalty_gradients(self) -> Arrays:
        found = [x.require_gradients(x.penalty_gradients() or {}, some=True) for x in self.layers]
        return parameters.named(found) if any(found) else {}

    def run(self, X: Array, Y: Array, weights: Any = None) -> tuple[float, dict[str, Any]]:
        Z, caches = self.practice(X)
        (J,) = self.J(functions.totals(self.costs(Z, Y, weights)), Z, [float(self.penalty() or 0)])
        kept = {"Z": Z, "Y": Y, "caches": caches, "weights": weights}
        return J, {"outputs": kept, "penalties": self.penalty_gradients()}

    def pullback(self, dJ: float, cache: Mapping[str, Any]) -> tuple[tuple[()], dict[str, Array]]:
        grads = dict(self.gradients(dJ, **cache["outputs"]))
        return (), grads | {name: grads[name] + dJ * g for name, g in cache["penalties"].items()}

    def by_blocks(self, X: Array, Y: Array, weights: Any = None) -> tuple[float, Arrays]:
        """J and its gradients, a block of examples at a time if the parts allow it: both are sums
        over the blocks."""
        longest, m = blocks.practice_size(self.layers), X.shape[1]
        parts = [*blocks.parts_of(self.layers), self.pair, self.pair.loss]
        if m <= longest or not blocks.divisible(parts):
            J, cache = self.run(X, Y, weights)
            return J, self.pullback(1.0, cache)[1]
        self.require_alone(X)
        sums, total = [float(self.penalty() or 0)], dict(self.penalty_gradients())
        like = np.broadcast_to(X[:1, :1], (self.layers[-1].units, m))
        for block in blocks.runs(m, longest):
            Z, caches = self.practice(X[:, block])
            own = None if weights is None else weights[block]
            sums = self.J(functions.totals(self.costs(Z, Y[:, block], own)), like, sums)
            share = self.pair.weight(like) / self.pair.weight(Z)
            found = self.gradients(share, Z, caches, Y[:, block], own)
            total = {name: g + total.get(name, 0) for name, g in found.items()}
        return sums[0], total

    def require_alone(self, X: Array) -> None:
        """Refuse to cut a batch into blocks if an example's output depends on the others."""
        # draws belong to a place: there an example stays in its own, and its neighbours are others
        times = 2 if any(layer.generators() for layer in self.layers) else 1
        tried = X[:, :11], X[:, 1:9:2].repeat(times, axis=1)
        among, alone = (copy.deepcopy(self).practice(x)[0] for x in tried)
        blocks.require_alone(self.who, self.layers, among[:, 1:9:2], alone[:, times - 1 :: times])

    def admit(self, *inputs: Array) -> tuple[Array, ...]:
        return inputs  # the model's door has validated X, Y and the weights, if there are any

    def admit_upstream(self, dJ: Any) -> Any:
        return dJ
