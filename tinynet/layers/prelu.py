"""PReLU: a rectifier whose slope is learned."""

# numpy's ufuncs give Any:
# mypy: disable-error-code="no-any-return"

from collections.abc import Mapping
from typing import Any

import numpy as np

from tinynet.base import Array, Field
from tinynet.layers.same_width import SameWidth
from tinynet.layers.sums import total


class PReLU(SameWidth):
    """a = x for x > 0, alpha x for x < 0, with an alpha of each unit that is learned. Put it behind
    a layer without an activation. At the kink the derivative is alpha.

    Parameter alpha (units, 1), 0.25 at first; d alpha = the sum of dA min(0, x) over the examples.
    He et al., ICCV 2015 (arXiv:1502.01852). As in torch; Keras's alpha is 0 at first.

    >>> layer = PReLU().build(1)
    >>> layer.forward(np.array([[-2.0, 3.0]])).tolist()
    [[-0.5, 3.0]]
    >>> layer.backward(np.ones((1, 2))).tolist(), layer.grads["alpha"].tolist()
    ([[0.25, 1.0]], [[-2.0]])
    """

    steady = True
    alpha, dalpha = Field("params", "alpha"), Field("grads", "alpha")

    def __init__(self) -> None:
        super().__init__()

    def make_params(self, n_in: int, rng: Any) -> dict[str, Array]:
        return {"alpha": np.full((n_in, 1), 0.25)}

    def preactivation(self, X: Array) -> Array:
        return np.maximum(X, 0) + self.params["alpha"] * np.minimum(X, 0)

    def parameter_gradients(self, dZ: Array, cache: Mapping[str, Any]) -> dict[str, Array]:
        return {"alpha": total(dZ * np.minimum(cache["X"], 0))}

    def input_gradient(self, dZ: Array, cache: Mapping[str, Any]) -> Array:
        passed = dZ * (cache["X"] > 0)
        return passed + cache["params"]["alpha"] * (dZ - passed)
