"""Layers: a part with parameters, Z from X, then an activation, A = g(Z).

A layer's author writes how its parameters are made, Z from X, and the two gradients. X is (n_in, m), one column an
example; a layer checks its own width and nothing else, since the model validates at its door.
"""

# numpy's ufuncs give Any:
# mypy: disable-error-code="no-any-return"

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from tinynet import activations, checks, initializers
from tinynet.activations import Activation, identity
from tinynet.checks import Array
from tinynet.initializers import Initializer, Zeros
from tinynet.node import Field, Node


class Layer(Node):
    """Z = preactivation(X), A = activation(Z): X (n_in, m) -> A (units, m)."""

    def __init__(self, units: int, activation: Activation | str = identity) -> None:
        super().__init__()
        self.position, self.n_in = 0, 0  # its place in a model, from 1, since the input is layer 0; 0 is not built
        self.units = checks.count(type(self).__name__, "units", units)
        self.activation = activations.template(self.who, activation).fresh()
        if self.activation.params:
            checks.refuse(self.who, "an activation without parameters", self.activation.label, "a layer can hold them")

    def make_params(self, n_in: int, rng: Any) -> dict[str, Array]:
        """The parameters at their start, in float64."""
        raise NotImplementedError

    def preactivation(self, X: Array) -> Array:
        """Z (units, m)."""
        raise NotImplementedError

    def parameter_gradients(self, dZ: Array, cache: Mapping[str, Any]) -> dict[str, Array]:
        """dJ/dparameter for each parameter; the cache has "X" and "params"."""
        raise NotImplementedError

    def input_gradient(self, dZ: Array, cache: Mapping[str, Any]) -> Array:
        """dX (n_in, m)."""
        raise NotImplementedError

    def build(self, n_in: int, seed: Any = None, dtype: str = "float64") -> Self:
        """Draw the parameters for inputs of width n_in; `seed` is an int, a Generator or a RandomState."""
        if self.position:
            checks.refuse(
                self.who, "a layer of its own", "one of a model", "model.build or model.reset draws it", RuntimeError
            )
        n_in, rng = checks.count(self.who, "n_in", n_in), initializers.generator(self.who, seed)
        return self.draw(n_in, rng, checks.known(self.who, "dtype", dtype, checks.FLOATS))

    def draw(self, n_in: int, rng: Any, dtype: Any) -> Self:
        self.params = {name: p.astype(dtype) for name, p in self.make_params(n_in, rng).items()}
        self.n_in, self.grads, self.cache = n_in, {}, {}
        return self

    def value(self, X: Array) -> Array:
        return self.activation.value(self.preactivation(X))

    def run(self, X: Array) -> tuple[Array, dict[str, Any]]:
        Z, cache = self.run_preactivation(X)
        A, kept = self.activation.run(Z)
        return A, {**cache, "activation": kept}

    def run_preactivation(self, X: Array) -> tuple[Array, dict[str, Any]]:
        return self.preactivation(X), {"X": X, "params": self.params}

    def pullback(self, dA: Array, cache: Mapping[str, Any]) -> tuple[Array, dict[str, Array]]:
        dZ, _ = self.activation.pullback(dA, cache["activation"])
        return self.input_gradient(dZ, cache), self.parameter_gradients(dZ, cache)

    def admit(self, X: Any) -> tuple[Array]:
        if not self.n_in:
            checks.refuse(self.who, "a layer with parameters", "none so far", "build(n_in) makes them", RuntimeError)
        X = checks.matrix(self.who, "X", X, f"({self.n_in}, m)", next((p.dtype for p in self.params.values()), None))
        if X.shape[0] != self.n_in:
            product = f"({self.units}, {self.n_in})·{X.shape} do not align"
            checks.refuse(self.who, f"X of shape ({self.n_in}, m)", X.shape, product)
        return (X,)

    def admit_upstream(self, dA: Any) -> Array:
        X = self.cache["X"]
        return checks.numbers(self.who, "dA", dA, X.dtype, shape=(self.units, X.shape[1]))

    @property
    def who(self) -> str:
        place = f"layer {self.position}, " if self.position else ""
        return f"{place}{type(self).__name__}({self.units})"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.units}, {self.activation.label})"


class Dense(Layer):
    """A = g(W X + b): every unit sees every input.

    W (units, n_in), b (units, 1). With dZ = dA * g'(Z): dW = dZ X^T, db = the sum of dZ over the examples,
    dX = W^T dZ. dZ is dJ/dZ, so the notes' 1/m is in it already (see losses.py).

    `activation`: an activation or its name, copied. `initializer`: "auto" is He for the ReLU family and Glorot for the
    others; `Normal(0.01)` is the notes'. `bias_initializer`: zeros. `use_bias=False` leaves b out.

    >>> layer = Dense(1, "tanh").build(2, seed=0)
    >>> layer.W = [[1.0, -1.0]]
    >>> print(layer.forward(np.array([[0.5], [0.25]])))
    [[0.24491866]]
    >>> print(layer.backward(np.ones((1, 1))).ravel(), layer.dW, layer.db)
    [ 0.94001485 -0.94001485] [[0.47000742 0.23500371]] [[0.94001485]]
    """

    W, b = Field("params", "W"), Field("params", "b")
    dW, db = Field("grads", "W"), Field("grads", "b")

    def __init__(
        self,
        units: int,
        activation: Activation | str = identity,
        *,
        initializer: Initializer | str = "auto",
        bias_initializer: Initializer | str = Zeros(),
        use_bias: bool = True,
    ) -> None:
        super().__init__(units, activation)
        if isinstance(initializer, str) and initializer == "auto":
            initializer = "he" if self.activation.rectifier else "glorot"
        self.initializer = initializers.initializer(self.who, "initializer", initializer)
        self.bias_initializer = initializers.initializer(self.who, "bias_initializer", bias_initializer)
        self.use_bias = checks.switch(self.who, "use_bias", use_bias)

    def make_params(self, n_in: int, rng: Any) -> dict[str, Array]:
        params = {"W": self.initializer((self.units, n_in), rng)}
        if self.use_bias:
            params["b"] = self.bias_initializer((self.units, 1), rng)
        return params

    def preactivation(self, X: Array) -> Array:
        Z: Array = np.dot(self.params["W"], X)
        if self.use_bias:
            Z += self.params["b"]
        return Z

    def parameter_gradients(self, dZ: Array, cache: Mapping[str, Any]) -> dict[str, Array]:
        grads = {"W": np.dot(dZ, cache["X"].T)}
        if self.use_bias:
            grads["b"] = dZ.sum(axis=1, keepdims=True)
        return grads

    def input_gradient(self, dZ: Array, cache: Mapping[str, Any]) -> Array:
        return np.dot(cache["params"]["W"].T, dZ)
