"""Dense: every unit sees every input."""

# numpy's ufuncs give Any:
# mypy: disable-error-code="no-any-return"

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tinynet.activations import Activation, identity
from tinynet.base import Array, Field, Guard, Setting, checks, functions, read_only
from tinynet.layers import initializers, regularizers
from tinynet.layers.base import Fixed, Layer
from tinynet.layers.initializers import Initializer
from tinynet.layers.regularizers import Regularizer
from tinynet.layers.sums import total

# for more examples than that db is a sum by itself, added up in float64: in float32 a
# matrix product over that many would lose digits
MANY = 10_000


class Dense(Layer):
    """A = g(W X + b): every unit sees every input.

    W (units, n_in), b (units, 1). With dZ = dA * g'(Z): dW = dZ X^T, db = the sum of dZ over the
    examples, dX = W^T dZ. dZ is dJ/dZ, so the notes' 1/m is in it already (losses/base.py).

    One product makes W X + b: theta is [W b] transposed, and X gets a row of ones under it.

    `activation`: an activation or its name, copied. `initializer`: where W starts, Glorot's;
    `Normal(0.01)` is the notes'. `bias_initializer`: zeros. `use_bias=False` leaves b out.
    `regularizer`: what W adds to J, such as `L2(1e-4)`, or None.

    >>> layer = Dense(1, "tanh").build(2, seed=0)
    >>> layer.W = [[1.0, -1.0]]
    >>> print(layer.forward(np.array([[0.5], [0.25]])))
    [[0.24491866]]
    >>> print(layer.backward(np.ones((1, 1))).ravel(), layer.dW, layer.db)
    [ 0.94001485 -0.94001485] [[0.47000742 0.23500371]] [[0.94001485]]
    """

    steady = True
    W, b = Field("params", "W"), Field("params", "b")
    dW, db = Field("grads", "W"), Field("grads", "b")
    initializer = Setting(initializers.initializer)
    bias_initializer = Setting(initializers.initializer)
    use_bias = Fixed(checks.switch)
    regularizer = Setting(regularizers.regularizer)

    def __init__(
        self,
        units: int,
        activation: Activation | str = identity,
        *,
        initializer: Initializer | str = "glorot",
        bias_initializer: Initializer | str = "zeros",
        use_bias: bool = True,
        regularizer: Regularizer | str | None = None,
    ) -> None:
        super().__init__(units, activation)
        self.initializer, self.bias_initializer = initializer, bias_initializer
        self.use_bias, self.regularizer = use_bias, regularizer

    def make_params(self, n_in: int, rng: Any) -> dict[str, Array]:
        shapes = {"W": (self.units, n_in)} | ({"b": (self.units, 1)} if self.use_bias else {})
        by = {"W": self.initializer, "b": self.bias_initializer}
        return {n: initializers.drawn(self.who, n, by[n], s, rng) for n, s in shapes.items()}

    def join(self, params: Mapping[str, Array]) -> Array:
        return np.concatenate([p.T for p in params.values()])

    def split(self, theta: Array) -> dict[str, Array]:
        return {"W": theta[:-1].T, "b": theta[-1:].T} if self.use_bias else {"W": theta.T}

    def preactivation(self, X: Array) -> Array:
        return self.theta.T.dot(functions.with_ones(X) if self.use_bias else X)

    def parameter_gradients(self, dZ: Array, cache: Mapping[str, Any]) -> dict[str, Array]:
        X = cache["X"]
        grads = self.split((functions.with_ones(X) if self.use_bias else X).dot(dZ.T))
        if self.use_bias and dZ.shape[1] > MANY:
            grads["b"] = total(dZ)
        return grads

    def input_gradient(self, dZ: Array, cache: Mapping[str, Any]) -> Array:
        return cache["params"]["W"].T.dot(dZ)

    def penalty(self) -> Any:
        return self.regularizer and of_weights(self, self.regularizer.value)

    def penalty_gradients(self) -> dict[str, Array]:
        return {"W": of_weights(self, self.regularizer.derivative)} if self.regularizer else {}


def of_weights(layer: Layer, method: Callable[[Array], Any]) -> Any:
    """What a method of a regularizer makes of W, to which it cannot write."""
    with Guard(layer.who):
        return method(read_only(layer.params["W"]))
