"""Residual: what some layers make of X is added to X."""

# numpy's ufuncs give Any:
# mypy: disable-error-code="no-any-return"

from collections.abc import Mapping
from typing import Any

import numpy as np

from tinynet.base import Array, checks, read_only
from tinynet.layers.nested import Nested
from tinynet.layers.row import penalty


class Residual(Nested):
    """A = X + f(X), where f is layers in a row, of which the last has as many units as X has rows;
    dX = dA + what the layers make of dA. He et al., CVPR 2016 (arXiv:1512.03385).

    It works with copies of the layers, and `layers` has them. Their parameters and state get a
    letter each: W_a, b_a of the first, W_b, b_b of the second, ...

    >>> import numpy as np, tinynet as tn
    >>> f = [tn.Dense(8, "relu"), tn.Dense(2, initializer="zeros")]
    >>> layer = Residual(f).build(2, seed=0)
    >>> layer(np.array([[1.0], [-2.0]])).tolist(), list(layer.params)
    ([[1.0], [-2.0]], ['W_a', 'b_a', 'W_b', 'b_b'])
    """

    steady = True

    def preactivation(self, X: Array) -> Array:
        A = X
        for layer in self.layers:
            Z, A = layer.outputs(A)
            if isinstance(A, np.ndarray):  # and no stand-in
                checks.require_finite(layer.who, "output", (Z, A))
        return X + A

    def run(self, X: Array) -> tuple[Array, dict[str, Any]]:
        A, caches = X, []
        for layer in self.layers:
            A, cache = layer.run(read_only(A))
            caches.append({"state": layer.state, **cache})
        state = self.named(cache["state"] for cache in caches)
        return X + A, {"X": X, "caches": caches, "state": state}

    def pullback(self, dA: Array, cache: Mapping[str, Any]) -> tuple[Array, dict[str, Array]]:
        dX, grads = dA, list[Mapping[str, Array]]()
        for layer, kept in zip(reversed(self.layers), reversed(cache["caches"]), strict=True):
            dX, own = layer.pulled(dX, kept)
            grads.insert(0, own)
        checks.shaped(self, "the dX of its first layer", dX, dA.shape)
        return dA + dX, self.named(grads)

    def generators(self) -> list[Any]:
        # asked before a fit and a cast: by `layers`, so that they refuse what was set inside
        return [generator for layer in self.layers for generator in layer.generators()]

    def penalty(self) -> Any:
        return penalty(self.layers)

    def penalty_gradients(self) -> dict[str, Array]:
        found = [(layer, layer.penalty_gradients()) for layer in self.layers]
        return self.named(layer.require_gradients(own, some=True) for layer, own in found)

    def __repr__(self) -> str:
        return f"Residual([{', '.join(map(repr, self._inner))}])"
