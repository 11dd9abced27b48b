"""A net of layers that is built and used: its weights, its outputs, its derivatives.

Every public method validates its arguments first (net/door.py).
"""

import copy
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Self

import numpy as np

from tinynet.activations import Activation
from tinynet.base import Array, Guard, checks, in_one_go, put
from tinynet.layers import Layer, initializers
from tinynet.layers.row import own_layers, pass_on_units, require_places
from tinynet.layers.standardize import require_apart, standardizing
from tinynet.model import summary
from tinynet.net import inference, parameters
from tinynet.net.cost import Chain
from tinynet.net.door import Door


class Network(Chain):
    """What `Sequential` can do without a loss and an optimizer."""

    def __init__(
        self,
        layers: Sequence[Layer | Activation],
        *others: Layer,
        seed: Any = None,
        dtype: str = "float64",
        examples: str | None = None,
    ) -> None:
        own = own_layers(self.who, layers, others)
        pass_on_units(own)
        require_places(self.who, own)
        self._generator_at_build: Any = None
        self._door = Door(self.who, examples, dtype)
        self._generator = initializers.generator(self.who, seed)
        for position, layer in enumerate(own, 1):
            layer.position = position
        super().__init__(own)
        self._making = threading.Lock()
        self._trainer: int | None = None  # the thread of the fit that runs
        self._fit: Any = None  # that runs, or was torn
        self._position: Any = None  # where the last one was left

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "layers" and name in vars(self):
            cure = "make a new model of them"
            checks.refuse(self.who, "layers to stay as they were", "others", cure, AttributeError)
        super().__setattr__(name, value)

    # ---- making
    def build(self, n_x: int) -> Self:
        """Draw the weights for inputs of width n_x; a first `fit` or `gradients` does it, too."""
        n_x = checks.count(self.who, "n_x", n_x)
        if self.layers[0].n_in not in (0, n_x):
            got = f"build({n_x}) after build({self.layers[0].n_in})"
            checks.refuse(self.who, "one input width", got, "make a new model for other inputs")
        with self._making:
            if not self.layers[0].n_in:
                start = {"_generator_at_build": copy.deepcopy(self._generator)}
                self._draw(n_x, self._generator, partial(vars(self).update, start))
        return self

    def reset(self, seed: Any = None) -> None:
        """Back to the first weights and batches, or to those of another seed."""
        self._require_still(from_all=True)
        built, start = self.layers[0].n_in, copy.deepcopy(self._generator_at_build)
        if seed is not None:
            start = initializers.generator(self.who, seed)
        if built:
            new = {"_generator": start, "_generator_at_build": copy.deepcopy(start)}
            self._draw(built, start, partial(vars(self).update, new))
        elif seed is not None:
            vars(self).update(_generator=start)

    def _draw(self, n_x: int, generator: Any, also: Callable[[], Any]) -> None:
        """New weights for all layers, or for none."""
        widths, rng = [n_x], copy.deepcopy(generator)
        for layer in self.layers[:-1]:
            widths.append(layer.units or widths[-1])
        pairs = zip(self.layers, widths, strict=True)
        new = [layer.beginning(n, rng, self._door.dtype) for layer, n in pairs]
        built = zip(self.layers, new, strict=True)
        writes = [write for layer, own in built for write in layer.begin(own)]
        in_one_go([*writes, initializers.moved_to(generator, initializers.standing(rng)), also])
        parameters.gather(self.layers)

    def cast(self, dtype: Any) -> None:
        self._require_still(from_all=True)
        kind = checks.float_type(self.who, dtype)
        for layer in self.layers:
            layer.generators()  # what was set inside one is refused before anything is cast
        for own in standardizing(self.layers):
            if own.learned and kind == np.float32:
                require_apart(own, own.state["mean"], own.state["scale"])
        self._forget_fit("cast")
        self._door.dtype = kind
        super().cast(dtype)

    @property
    def examples(self) -> str:
        """What one example is in X: "columns" or "rows"."""
        return self._door.examples

    def add(self, *layers: Any) -> None:
        """An error that says that a model takes all its layers when it is made."""
        cure = "Sequential([Dense(4, tanh), ...])"
        checks.refuse(self.who, "all layers at once", "add", cure, AttributeError)

    def _require_still(self, from_all: bool = False) -> None:
        """Refuse while another thread trains; with `from_all` also from within this thread's own
        fit, as from a callback."""
        if self._trainer not in (None, None if from_all else threading.get_ident()):
            got, cure = "a fit that runs", "wait for its end"
            checks.refuse(self.who, "a model that is not being trained", got, cure, RuntimeError)

    def _forget_fit(self, since: str) -> None:
        """No fit goes on from where the last one was left: this was done since. One that runs is
        told."""
        if self._trainer is None:
            here = self._fit.position() if self._fit else self._position
            vars(self).update(_fit=None, _position=here and here.lost(since))
        elif self._fit is not None:
            self._fit.touched += 1

    def __copy__(self) -> Self:
        return copy.deepcopy(self)  # two models have no weights in common

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in vars(self).items() if k not in ("_making", "_trainer", "_fit")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._making, self._trainer, self._fit = threading.Lock(), None, None

    # ---- using
    def predict(self, X: Any) -> Array:
        """A of the last layer, (n_y, m); the same as `model(X)`."""
        (X,) = self.admit(X)
        return self._door.turned(inference.outputs(self, X))

    __call__ = predict

    def predict_classes(self, X: Any, threshold: float = 0.5) -> Array:
        """The classes as integers: after a sigmoid A > threshold, 0 or 1 in the shape of A; after a
        softmax, and with examples in rows after one sigmoid, labels (m,)."""
        threshold = checks.real(self.who, "threshold", threshold, "[0, 1)")
        A = inference.outputs(self, *self.admit(X))
        classes = self.layers[-1].activation.classes(A, threshold).astype(int)
        # (m, 1) == labels would be (m, m)
        return classes[0] if self._door.rows and len(A) == 1 else self._door.turned(classes)

    def trace(self, X: Any) -> dict[str, Array]:
        """The notes' cache, {"Z1": ..., "A1": ..., "Z2": ...}; nothing is written."""
        seen = {}
        with Guard(self.who):
            for layer, Z, A in self.each_output(*self.admit(X)):
                checks.require_finite(layer.who, "output", (Z, A))
                for name, array in (("Z", Z), ("A", A)):
                    seen[f"{name}{layer.position}"] = self._door.turned(array.copy())
        return seen

    def forward(self, X: Any) -> Array:
        (A,) = self.admit(X)
        with as_before(self.layers):
            for layer in self.layers:
                A = layer.forward(A)
        self.cache = {layer.who: layer.cache for layer in self.layers}
        return self._door.turned(A)

    def backward(self, dA: Any = 1.0, /) -> Array:
        self.require_cache()
        for layer in self.layers:
            if layer.cache is not self.cache[layer.who]:
                expected, got = "a forward before this backward", f"another of {layer.who}"
                checks.refuse(self.who, expected, got, error=RuntimeError)
        m, units = self.layers[-1].cache["X"].shape[1], self.layers[-1].units
        dA = checks.numbers(self.who, "dA", dA, self._door.dtype, self._door.shape(units, m))
        dA = self._door.turned(dA)
        with as_before(self.layers):
            for layer in reversed(self.layers):
                dA = layer.backward(dA)
        self.grads, self.cache = parameters.named(layer.grads for layer in self.layers), {}
        return self._door.turned(dA)

    def settings_now(self) -> list[Any]:
        """Nothing: each layer looks at its own settings."""
        return []

    # ---- weights
    def get_weights(self) -> list[Array]:
        """Copies of W1, b1, W2, b2, ...: of each layer the parameters, then the state."""
        self._built()
        self._require_still()
        return [a.copy() for a in self._arrays().values()]

    def _arrays(self) -> dict[str, Array]:
        return parameters.named({**layer.params, **layer.state} for layer in self.layers)

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Copy W1, b1, W2, b2, ... in, as `get_weights` gives them."""
        self._built()
        self._require_still()
        arrays = self._arrays()
        if not isinstance(weights, (list, tuple)) or len(weights) != len(arrays):
            listed = isinstance(weights, (list, tuple))
            got = f"{len(weights)} of them" if listed else type(weights).__name__
            checks.refuse(self.who, f"a list of {', '.join(arrays)}", got)
        pairs = zip(arrays.items(), weights, strict=True)
        # copies, for they may be the model's own
        new = [checks.numbers(self.who, n, w, p.dtype, p.shape).copy() for (n, p), w in pairs]
        places = zip(arrays.values(), new, strict=True)
        writes = [put(p, w) for p, w in places]
        own = standardizing(self.layers)
        writes += [partial(vars(layer).update, learned=True) for layer in own]
        in_one_go([*writes, partial(self._forget_fit, "set_weights")])

    def summary(self) -> None:
        """Print the net, a line a layer: its outputs, its parameters and state by name and shape,
        how many parameters these are, and the names of what it keeps for backward."""
        print(summary.as_text(self))

    def _repr_html_(self) -> str:
        """The same for notebooks."""
        return summary.as_html(self)

    def __repr__(self) -> str:
        return f"Sequential([{', '.join(map(repr, self.layers))}])"

    # ---- the door
    def admit(self, X: Any) -> tuple[Array]:
        self._built()
        return (self._door.inputs(X, self.layers[0]),)

    def _built(self) -> None:
        if not self.layers[0].n_in:
            got, cure = "one whose input width is unknown", "call fit(X, Y) or build(n_x) first"
            checks.refuse(self.who, "a model with weights", got, cure, RuntimeError)


@contextmanager
def as_before(layers: Sequence[Layer]) -> Iterator[None]:
    """If the block under it fails, the layers get back their caches, gradients, state and draws."""
    before = [(x, x.cache, x.grads, copy.deepcopy((x.state, x.generators()))) for x in layers]
    try:
        yield
    except BaseException:
        for layer, cache, grads, (state, generators) in before:
            layer.cache, layer.grads = cache, grads
            for name, a in state.items():
                layer.state[name][...] = a
            for own, then in zip(layer.generators(), generators, strict=True):
                own.bit_generator.state = then.bit_generator.state
        raise
