"""The contract. A net is made of nodes, and every node knows three verbs.

`node(x)` gives the value y and writes nothing, so many threads may call it at once.
`node.forward(x)` is the training pass: the same value, and the node remembers in its cache what
backward needs. `node.backward(dy)` takes dy = dJ/dy, the upstream gradient, uses the cache up,
replaces `node.grads` and returns dJ/dx.

The verbs call two functions that write nothing: `run` gives a value with its cache, `pullback`
turns an upstream gradient and that cache into gradients. The verbs add validated inputs, and give
and keep copies that nobody else can change. Training calls `run` and `pullback` directly.
"""

import copy
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, Self

import numpy as np

from tinynet.base import checks
from tinynet.base.checks import Array
from tinynet.base.settings import Part, argument_names, settings


class Node(Part):
    """What layers, activations, losses, optimizers and whole models have in common.

    A kind of node (Layer, Activation, ...) says in `admit` what its inputs are and in
    `admit_upstream` what its output's gradient is; a final class writes the mathematics. `params`
    and `grads` map names to arrays of equal shapes.
    """

    steady = True  # a class's promise to make the same numpy calls in every step: docs/design.md
    params: Mapping[str, Array] = MappingProxyType({})

    def __init__(self) -> None:
        # the cache is of the last forward, _seen are the settings that it had
        self.grads, self.cache, self._seen = dict[str, Array](), dict[str, Any](), list[Any]()

    def admit(self, *inputs: Any) -> tuple[Any, ...]:
        """Validate the inputs: the arrays that `run` takes, or an error."""
        checks.unwritten(self.who, "admit")

    def admit_upstream(self, dy: Any) -> Any:
        """Validate the upstream gradient, whose shape and dtype follow from the cache."""
        checks.unwritten(self.who, "admit_upstream")

    def value(self, *inputs: Any) -> Any:
        """The value without the cache."""
        return self.run(*inputs)[0]

    def run(self, *inputs: Any) -> tuple[Any, dict[str, Any]]:
        """The value and the cache that `pullback` needs."""
        checks.unwritten(self.who, "run")

    def pullback(self, dy: Any, cache: Mapping[str, Any]) -> tuple[Any, dict[str, Array]]:
        """The gradients with respect to the inputs and to the parameters."""
        checks.unwritten(self.who, "pullback")

    def __call__(self, *inputs: Any) -> Any:
        inputs = self.admit(*inputs)
        with Guard(self.who):
            value = self.value(*map(read_only, inputs))
        checks.require_finite(self.who, "output", value)
        return copy.deepcopy(value)

    def forward(self, *inputs: Any) -> Any:
        inputs = self.admit(*inputs)
        with Guard(self.who):
            value, cache = self.run(*map(read_only, inputs))
        checks.require_finite(self.who, "output", value)
        self.cache, self._seen = copy.deepcopy(cache), self.settings_now()
        return copy.deepcopy(value)

    def backward(self, dy: Any = 1.0, /) -> Any:
        self.require_cache()
        dy = read_only(self.admit_upstream(dy))
        with Guard(self.who):
            d_inputs, grads = self.pullback(dy, self.cache)
        checks.require_finite(self.who, "gradient", (d_inputs, grads))
        self.cache, self.grads = {}, copy.deepcopy(grads)
        return copy.deepcopy(d_inputs)

    def require_cache(self) -> None:
        if not self.cache or self._seen != self.settings_now():  # backward needs forward's settings
            name = type(self).__name__.lower()
            cure = f"each forward serves one backward, and a plain {name}(x) does not remember"
            checks.refuse(self.who, "a forward before this backward", "none", cure, RuntimeError)

    def settings_now(self) -> list[Any]:
        """The settings, with those of the nodes that it holds."""
        inside = [setting for x in held(self) for setting in x.settings_now()]
        kind = type(self)
        own = [] if self.ours else [vars(self).get(name) for name in argument_names(kind)]
        return [getattr(self, name) for name in settings(kind)] + [*map(known, own)] + inside

    def fresh(self) -> Self:
        """A copy without the cache and the gradients, such as a layer's own copy of a
        template."""
        twin = copy.deepcopy(self)
        twin.cache, twin.grads = {}, {}
        return twin

    def cast(self, dtype: Any) -> None:
        """Change the parameters to another dtype; a node without parameters does nothing."""

    def generators(self) -> list[Any]:
        """Those that its forward draws from."""
        return []

    def __setstate__(self, state: Any) -> None:
        held, slots = state if isinstance(state, tuple) else (state, {})
        vars(self).update(writeable(held))
        for name, value in slots.items():
            object.__setattr__(self, name, writeable(value))


def known(value: Any) -> Any:
    """What tells the value of an argument from another one."""
    if isinstance(value, (list, tuple)):
        return [*map(known, value)]
    if isinstance(value, Node):
        return value.settings_now()
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tobytes()
    return value if isinstance(value, (bool, int, float, str)) else None


def held(node: Node) -> list[Node]:
    """The nodes that it holds: of a layer its activation, its regularizer, layers inside."""
    parts = [x for a in vars(node).values() for x in (a if isinstance(a, tuple) else (a,))]
    return [x for x in parts if isinstance(x, Node)]


def writeable(value: Any) -> Any:
    """What a pickle gave back, with its arrays in memory of their own: some programs unpickle them
    into memory that is shared."""
    if isinstance(value, dict):
        return {key: writeable(inner) for key, inner in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(writeable, value))
    return value.copy() if isinstance(value, np.ndarray) and not value.flags.owndata else value


def read_only(value: Any) -> Any:
    """Of an array a view that cannot be written to; any other value as it is."""
    if not isinstance(value, np.ndarray):
        return value
    view = value.view()
    view.setflags(write=False)
    return view


class Guard(np.errstate):
    """Around the calls of a node's methods: numpy does not warn, for what is not finite is looked
    for afterwards, and a write to an argument is an error that says what to do."""

    def __init__(self, who: str) -> None:
        super().__init__(all="ignore")
        self.who = who

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        super().__exit__(kind, error, traceback)
        if kind is ValueError and "read-only" in str(error):
            expected = "parts that write to none of their arguments"
            checks.refuse(self.who, expected, "a write", "make a new array, as in Z = 2 * Z")


class MissingError(RuntimeError, AttributeError):
    """A parameter or gradient that is not there yet, or not at all."""


class Field:
    """`layer.W` for `layer.params["W"]`, `layer.dW` for `layer.grads["W"]`: assigning checks the
    shape and copies in."""

    def __init__(self, shelf: Literal["params", "grads"], key: str) -> None:
        self.shelf, self.key = shelf, key

    def __get__(self, node: Node | None, owner: type[Node]) -> Any:
        if node is None:
            return self
        shelf: Mapping[str, Array] = getattr(node, self.shelf)
        if self.key not in shelf:
            makes = {"params": "build(n_x) or a first fit", "grads": "a backward"}
            cure = f"{makes[self.shelf]} makes it"
            checks.refuse(node.who, f"{self.key} in its {self.shelf}", "none", cure, MissingError)
        return shelf[self.key]

    def __set__(self, node: Node, value: Any) -> None:
        held = Field("params", self.key).__get__(node, type(node))
        new = checks.numbers(node.who, self.key, value, held.dtype, shape=held.shape)
        if self.shelf == "params":
            held[...] = new
        else:  # a new one: gradients that were handed out never change
            node.grads = {**node.grads, self.key: new.copy()}
