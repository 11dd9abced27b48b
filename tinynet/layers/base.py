"""The base class of layers: parameters make Z from X, then an activation makes A = g(Z).

A layer's author writes how its parameters are made, Z from X, and the gradients with respect to the
parameters and to X. X is (n_in, m), one column an example.
"""

# numpy's ufuncs give Any:
# mypy: disable-error-code="no-any-return"

import copy
import itertools
import math
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Self, TypeVar

import numpy as np

from tinynet import activations
from tinynet.activations import Activation, identity
from tinynet.base import Array, Guard, Node, Part, Setting, checks, functions, in_one_go, read_only
from tinynet.layers import initializers
from tinynet.layers.running import write_state

T = TypeVar("T")


class Fixed(Setting[T]):
    """A setting that cannot change once the layer is built."""

    def __set__(self, layer: Part, value: Any) -> None:
        if vars(layer).get("n_in"):
            got, cure = checks.shown(value), f"make a new {type(layer).__name__} for another"
            checks.refuse(layer.who, f"{self.name} to stay as it was built", got, cure)
        super().__set__(layer, value)


class Layer(Node):
    """Z = preactivation(X), A = activation(Z): X (n_in, m) -> A (units, m).

    All its parameters are views of one array, `theta`. A layer may also have `state`: arrays that a
    training pass changes, but by no gradient, such as a running mean. `make_state` makes them,
    `run` puts the state after the pass under "state" into the cache, and forward or a training step
    writes it. A layer that draws random numbers says `stochastic = True` and calls `uniform`.
    """

    steady = True
    whole_batch = False  # whether an output depends on other examples of its batch
    stochastic = False
    fixed_state = False  # whether a training pass leaves the state as it is
    place = ""  # "first" or "last", if it belongs there in a net

    units = Fixed(checks.count)
    activation = Setting(activations.own)

    def __init__(self, units: int, activation: Activation | str = identity) -> None:
        super().__init__()
        # its number in a model, from 1 (the input is layer 0); n_in is 0 until it is built
        self.position, self.n_in, self.theta = 0, 0, np.empty(0)
        self.shapes, self.state = dict[str, tuple[int, ...]](), dict[str, Array]()
        self.generator: Any = None  # a numpy.random.Generator if the layer is stochastic
        self.units, self.activation = units, activation

    def make_params(self, n_in: int, rng: Any) -> dict[str, Array]:
        """The parameters at their start, in float64."""
        checks.unwritten(self.who, "make_params")

    def make_state(self, n_in: int) -> dict[str, Array]:
        """The running state at its start, in float64."""
        return {}

    def preactivation(self, X: Array) -> Array:
        """Z (units, m)."""
        checks.unwritten(self.who, "preactivation")

    def parameter_gradients(self, dZ: Array, cache: Mapping[str, Any]) -> dict[str, Array]:
        """dJ/dparameter for each parameter; the cache has "X" and "params"."""
        checks.unwritten(self.who, "parameter_gradients")

    def input_gradient(self, dZ: Array, cache: Mapping[str, Any]) -> Array:
        """dX (n_in, m)."""
        checks.unwritten(self.who, "input_gradient")

    def penalty(self) -> Any:
        """What the parameters alone add to J, such as a sum of their squares; None for nothing."""

    def penalty_gradients(self) -> dict[str, Array]:
        """d penalty / dparameter, for the parameters in the penalty."""
        return {}

    def uniform(self, X: Array) -> Array:
        """Random numbers in [0, 1) in the shape of X, new in each pass; one call a pass."""
        if self.generator is None:
            expected, cure = "a layer that draws", "stochastic = True in its class, then build"
            checks.refuse(self.who, expected, "one without a generator", cure, RuntimeError)
        return functions.uniform(X, self.generator)

    def build(self, n_in: int, seed: Any = None, dtype: str = "float64") -> Self:
        """Draw the parameters for inputs of width n_in; `seed` is an int, a Generator or a
        RandomState."""
        if self.position or vars(self).get("inside"):
            got, cure = "one of a model", "model.build or model.reset draws it"
            checks.refuse(self.who, "a layer of its own", got, cure, RuntimeError)
        n_in, kind = checks.count(self.who, "n_in", n_in), checks.float_type(self.who, dtype)
        in_one_go(self.begin(self.beginning(n_in, initializers.generator(self.who, seed), kind)))
        return self

    def begin(self, new: Mapping[str, Any]) -> list[Callable[[], Any]]:
        """The calls that write what `beginning` gave."""
        return [partial(vars(self).update, new)]

    def beginning(self, n_in: int, rng: Any, dtype: Any) -> dict[str, Any]:
        """What it has once it is built; nothing is written yet."""
        made = self.make_params(n_in, rng)
        if not isinstance(made, Mapping):
            got = type(made).__name__
            checks.refuse(self.who, "make_params to give named arrays", got, error=TypeError)
        made = {n: checks.numbers(self.who, n, p, np.float64) for n, p in made.items()}
        state = {n: a.astype(dtype) for n, a in self.make_state(n_in).items()}
        for name, a in [*made.items(), *state.items()]:
            if not name.isidentifier() or name[-1].isdigit():
                cure = "the number of the layer comes behind it, as in W1"
                checks.refuse(self.who, "names of arrays without a number", name, cure)
            if a.ndim == 1 and a.size > 1:
                cure = "numpy would spread it over the examples"
                checks.refuse(self.who, f"{name} of shape ({a.size}, 1)", f"({a.size},)", cure)
        if made.keys() & state.keys():
            got = f"{', '.join(made.keys() & state.keys())} twice"
            checks.refuse(self.who, "other names for its state than for its parameters", got)
        own = np.random.default_rng(list(rng.bytes(16))) if self.stochastic else None
        shapes, theta = {name: p.shape for name, p in made.items()}, self.join(made)
        new = {"n_in": n_in, "shapes": shapes, "theta": theta, "state": state}
        new |= {"generator": own, "grads": {}, "cache": {}}
        vars(twin := copy.copy(self)).update(new)
        kept = twin.params  # as far as split gives them back
        if list(kept) != list(made) or not all(map(np.array_equal, kept.values(), made.values())):
            got, cure = ", ".join(made), f"give them as in {', '.join(kept)}"
            checks.refuse(self.who, "parameters that join and split give back", got, cure)
        return {**new, "theta": twin.theta.astype(dtype)}

    @property
    def params(self) -> Mapping[str, Array]:  # type: ignore[override]
        return MappingProxyType(self.split(self.theta) if self.n_in else {})

    def join(self, params: Mapping[str, Array]) -> Array:
        """All parameters in one new array, theta."""
        return np.concatenate([np.empty(0), *(p.ravel() for p in params.values())])

    def split(self, theta: Array) -> dict[str, Array]:
        """The parameters' parts of theta, or of an array like it, as views under their names."""
        sizes = [math.prod(shape) for shape in self.shapes.values()]
        starts = itertools.accumulate(sizes, initial=0)
        parts = zip(self.shapes.items(), itertools.pairwise(starts), strict=True)
        return {name: theta[start:end].reshape(shape) for (name, shape), (start, end) in parts}

    def cast(self, dtype: Any) -> None:
        dtype = checks.float_type(self.who, dtype)
        self.theta = self.theta.astype(dtype)
        self.state = {name: a.astype(dtype) for name, a in self.state.items()}

    def generators(self) -> list[Any]:
        return [] if self.generator is None else [self.generator]

    def value(self, X: Array) -> Array:
        return self.activation.value(self.preactivation(X))

    def outputs(self, X: Array) -> tuple[Array, Array]:
        """Z and A of the value. A user's parts cannot write to X or Z; if a layer of theirs
        overrides `value`, A stands for both."""
        g = self.activation
        if self.ours and g.ours:
            return (Z := self.preactivation(X)), g.value(Z)
        with Guard(self.who):
            if type(self).value is not Layer.value:
                Z = A = self.value(read_only(X))
            else:
                A = g.value(Z := read_only(self.preactivation(read_only(X))))
        checks.shaped(self, "an output", A, (self.units, X.shape[1]))
        return Z, A

    def run(self, X: Array) -> tuple[Array, dict[str, Any]]:
        A, kept = self.activation.run(read_only(self.preactivation(X)))
        checks.shaped(self, "an output", A, (self.units, X.shape[1]))
        return A, {**self.remembered(X), "activation": kept}

    def remembered(self, X: Array) -> dict[str, Any]:
        return {"X": X, "params": {name: read_only(p) for name, p in self.params.items()}}

    def pullback(self, dA: Array, cache: Mapping[str, Any]) -> tuple[Array, dict[str, Array]]:
        dZ = read_only(self.activation.pullback(dA, cache["activation"])[0])
        # the parameters' gradients come first: the last reader of X then frees its memory
        grads = self.parameter_gradients(dZ, cache)
        return self.input_gradient(dZ, cache), grads

    def require_gradients(self, grads: Mapping[str, Array], some: bool = False) -> Any:
        """The gradients; refused if they are not those of the parameters, or of some of them."""
        if not self.ours:
            got = {name: g.shape for name, g in grads.items()}
            wanted = {n: p.shape for n, p in self.params.items() if not some or n in got}
            if got != wanted:
                checks.refuse(self.who, f"gradients of the names and shapes {wanted}", got)
        return grads

    def pulled(self, dA: Array, cache: Mapping[str, Any]) -> tuple[Array, Any]:
        """The pullback in a net, where a user's layer may be behind it."""
        m = cache["X"].shape[1]
        checks.shaped(self, "the dX of the layer behind it", dA, (self.units, m))
        dX, grads = self.pullback(read_only(dA), cache)
        return dX, self.require_gradients(grads)

    def forward(self, X: Any, /) -> Any:
        A = super().forward(X)
        write_state(self, self.cache)
        return A

    def admit(self, X: Any) -> tuple[Array]:
        if not self.n_in:
            got, cure = "none so far", "build(n_in) makes them"
            checks.refuse(self.who, "a layer with parameters", got, cure, RuntimeError)
        X = checks.matrix(self.who, "X", X, f"({self.n_in}, m)", self.theta.dtype)
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
