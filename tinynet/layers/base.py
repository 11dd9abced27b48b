"""Layers: a part with parameters, Z from X, then an activation, A = g(Z).

A layer's author writes how its parameters are made, Z from X, and the two gradients. X is (n_in,
m), one column an example; a layer checks its own width and nothing else, since the model validates
at its door.
"""

# numpy's ufuncs give Any:
# mypy: disable-error-code="no-any-return"

import itertools
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Self, TypeVar

import numpy as np

from tinynet import activations
from tinynet.activations import Activation, identity
from tinynet.base import checks
from tinynet.base.checks import Array
from tinynet.base.node import Node
from tinynet.base.settings import Part, Setting
from tinynet.layers import initializers

T = TypeVar("T")


class Fixed(Setting[T]):
    """A setting that stays once the layer is built."""

    def __set__(self, layer: Part, value: Any) -> None:
        if vars(layer).get("n_in"):
            expected, cure = f"{self.name} to stay as it was built", "make a new "
            cure += f"{type(layer).__name__} for another"
            checks.refuse(layer.who, expected, checks.shown(value), cure)
        super().__set__(layer, value)


class Layer(Node):
    """Z = preactivation(X), A = activation(Z): X (n_in, m) -> A (units, m)."""

    units = Fixed(checks.count)
    activation = Setting(activations.own)

    def __init__(self, units: int, activation: Activation | str = identity) -> None:
        super().__init__()
        self.position, self.n_in = (
            0,
            0,
        )  # its place in a model, from 1, since the input is layer 0; 0 is not built
        self.theta, self.shapes = (
            np.empty(0),
            dict[str, tuple[int, ...]](),
        )  # all parameters in one array
        self.units, self.activation = units, activation

    def make_params(self, n_in: int, rng: Any) -> dict[str, Array]:
        """The parameters at their start, in float64."""
        checks.unwritten(self.who, "make_params")

    def preactivation(self, X: Array) -> Array:
        """Z (units, m)."""
        checks.unwritten(self.who, "preactivation")

    def parameter_gradients(self, dZ: Array, cache: Mapping[str, Any]) -> dict[str, Array]:
        """dJ/dparameter for each parameter; the cache has "X" and "params"."""
        checks.unwritten(self.who, "parameter_gradients")

    def input_gradient(self, dZ: Array, cache: Mapping[str, Any]) -> Array:
        """dX (n_in, m)."""
        checks.unwritten(self.who, "input_gradient")

    def build(self, n_in: int, seed: Any = None, dtype: str = "float64") -> Self:
        """Draw the parameters for inputs of width n_in; `seed` is an int, a Generator or a
        RandomState."""
        if self.position:
            got, cure = "one of a model", "model.build or model.reset draws it"
            checks.refuse(self.who, "a layer of its own", got, cure, RuntimeError)
        n_in, kind = checks.count(self.who, "n_in", n_in), checks.float_type(self.who, dtype)
        return self.adopt(n_in, self.made(n_in, initializers.generator(self.who, seed)), kind)

    def made(self, n_in: int, rng: Any) -> dict[str, Array]:
        """What `make_params` gives, looked at."""
        made = self.make_params(n_in, rng)
        if not isinstance(made, Mapping):
            got = type(made).__name__
            checks.refuse(self.who, "make_params to give named arrays", got, error=TypeError)
        return {name: checks.numbers(self.who, name, p, np.float64) for name, p in made.items()}

    def adopt(self, n_in: int, made: Mapping[str, Array], dtype: Any) -> Self:
        """Begin with these parameters."""
        self.n_in, self.shapes = n_in, {name: p.shape for name, p in made.items()}
        self.grads, self.cache, self.theta = {}, {}, self.join(made).astype(dtype)
        return self

    @property
    def params(self) -> Mapping[str, Array]:  # type: ignore[override]
        return MappingProxyType(self.split(self.theta) if self.n_in else {})

    def join(self, params: Mapping[str, Array]) -> Array:
        """All parameters in one new array, theta."""
        return np.concatenate([np.empty(0), *(p.ravel() for p in params.values())])

    def split(self, theta: Array) -> dict[str, Array]:
        """The parameters' parts of theta, or of an array like it, as views under their names."""
        starts = itertools.accumulate(
            [math.prod(shape) for shape in self.shapes.values()], initial=0
        )
        parts = zip(self.shapes.items(), itertools.pairwise(starts), strict=True)
        return {name: theta[start:end].reshape(shape) for (name, shape), (start, end) in parts}

    def cast(self, dtype: Any) -> None:
        self.theta = self.theta.astype(checks.float_type(self.who, dtype))

    def run(self, X: Array) -> tuple[Array, dict[str, Any]]:
        A, kept = self.activation.run(self.preactivation(X))
        return A, {**self.remembered(X), "activation": kept}

    def remembered(self, X: Array) -> dict[str, Any]:
        return {"X": X, "params": dict(self.params)}

    def pullback(self, dA: Array, cache: Mapping[str, Any]) -> tuple[Array, dict[str, Array]]:
        dZ, _ = self.activation.pullback(dA, cache["activation"])
        grads = self.parameter_gradients(dZ, cache)  # first, so that X can make room
        return self.input_gradient(dZ, cache), grads

    def admit(self, X: Any) -> tuple[Array]:
        if not self.n_in:
            got, cure = "none so far", "build(n_in) makes them"
            checks.refuse(self.who, "a layer with parameters", got, cure, RuntimeError)
        dtype = next((p.dtype for p in self.params.values()), None)
        X = checks.matrix(self.who, "X", X, f"({self.n_in}, m)", dtype)
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
        return f"{place}{type(self).__name__}({vars(self).get('units', '')})"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.units}, {activations.label(self.activation)})"
