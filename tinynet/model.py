"""The model: layers in a row, trained by `fit` as in Keras.

X goes forward through the layers to A, the loss makes J of it, the gradients go backward, and the
optimizer takes its step. Every public method validates its arguments first (net/door.py).
"""

import copy
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Self

import numpy as np

from tinynet import losses, optimizers
from tinynet.base import Array, Guard, checks, functions, gradcheck, in_one_go, read_only
from tinynet.engine.batch import Examples
from tinynet.engine.training import Training
from tinynet.engine.work import Work
from tinynet.layers import Layer, initializers, require_layers
from tinynet.metrics import Metric, named_metrics
from tinynet.metrics.base import values
from tinynet.net import diagnose, history, inference, parameters
from tinynet.net.cost import Chain, Cost
from tinynet.net.door import Door


class Sequential(Chain):
    """A net of layers, one after another.

    `seed`, for weights and batches: an int, or a Generator or RandomState, used as it is. `dtype`:
    "float64" or "float32". `examples`: "columns" (the default), X (n_x, m) as in the notes, or
    "rows", X (m, n_x), and so for all that the model takes and gives. Labels may always be (m,).

    >>> import tinynet as tn
    >>> X, Y = np.array([[0, 0, 1, 1], [0, 1, 0, 1]]), np.array([0, 1, 1, 0])
    >>> model = tn.Sequential([tn.Dense(4, tn.tanh), tn.Dense(1, tn.sigmoid)], seed=1)
    >>> model.compile(optimizer=tn.SGD(learning_rate=1.0), loss="binary_crossentropy")
    >>> model.fit(X, Y, epochs=1000, verbose=0)
    History(1000 epochs, loss 0.002501)
    >>> model.predict_classes(X)
    array([[0, 1, 1, 0]])
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        *others: Layer,
        seed: Any = None,
        dtype: str = "float64",
        examples: str | None = None,
    ) -> None:
        require_layers(self.who, layers, others)
        for i, layer in enumerate(layers):
            if layer.position or layer.n_in or any(layer is other for other in layers[:i]):
                cure = "make a new layer for each place; set_weights gives it weights"
                checks.refuse(self.who, "new layers, each in one place", f"{layer!r} again", cure)
        self._generator_at_build: Any = None
        self._door = Door(self.who, examples, dtype)
        self._generator = initializers.generator(self.who, seed)
        for position, layer in enumerate(layers, 1):
            layer.position = position
        super().__init__(layers)
        self._optimizer: optimizers.Optimizer | None = None
        self.history = history.History()
        self._cost: Cost | None = None
        self._metrics: dict[str, Metric] = {}
        self._training: Training | None = None
        self._lock, self._making = threading.Lock(), threading.Lock()  # of a fit, of the weights

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "layers" and name in vars(self):
            cure = "make a new model of them"
            checks.refuse(self.who, "layers to stay as they were", "others", cure, AttributeError)
        super().__setattr__(name, value)

    # ---- making and training
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

    def reset(self) -> None:
        """Back to the first weights, batches and steps of the optimizer, with no history."""
        if self.layers[0].n_in:
            start = copy.deepcopy(self._generator_at_build)
            self._draw(self.layers[0].n_in, start, partial(vars(self).update, _generator=start))
        if self.optimizer:
            self.optimizer.reset()
        self.history = history.History()

    def _draw(self, n_x: int, generator: Any, also: Callable[[], Any]) -> None:
        """New weights for all layers, or for none."""
        widths, rng = [n_x, *(layer.units for layer in self.layers)], copy.deepcopy(generator)
        pairs = zip(self.layers, widths, strict=False)
        new = [layer.beginning(n, rng, self._door.dtype) for layer, n in pairs]
        built = zip(self.layers, new, strict=True)
        writes = [partial(vars(layer).update, own) for layer, own in built]
        in_one_go([*writes, initializers.moved_on(generator, rng), also])
        parameters.gather(self.layers)

    def cast(self, dtype: Any) -> None:
        self._door.dtype = checks.float_type(self.who, dtype)
        super().cast(dtype)
        if self.optimizer:
            self.optimizer.cast(dtype)

    @property
    def examples(self) -> str:
        """What one example is in X: "columns" or "rows"."""
        return self._door.examples

    def add(self, *layers: Any) -> None:
        """An error that says that a model takes all its layers when it is made."""
        cure = "Sequential([Dense(4, tanh), ...])"
        checks.refuse(self.who, "all layers at once", "add", cure, AttributeError)

    @property
    def optimizer(self) -> optimizers.Optimizer | None:
        """The model's own optimizer, whose settings may be changed at any time."""
        return self._optimizer

    @optimizer.setter
    def optimizer(self, value: Any) -> None:
        cure = "call compile(optimizer=...)"
        checks.refuse(self.who, "optimizer to stay as compiled", checks.shown(value), cure)

    def compile(self, optimizer: Any = "adam", loss: Any = None, metrics: Any = ()) -> None:
        """Choose copies of an optimizer and a loss, objects or names; by default Adam and the loss
        that matches the last activation. `metrics` is a list of "accuracy" or Metric objects."""
        last = self.layers[-1]
        own = optimizers.optimizer(self.who, optimizer)
        own_loss = losses.matching(last.activation) if loss is None else losses.loss(self.who, loss)
        pair = own_loss.pair(last.activation)
        pair.require_outputs(last.units)
        diagnose.require_called(self.layers, pair.loss, own)
        self._metrics = named_metrics(self.who, metrics, last.activation)
        self._optimizer, self._cost = own, Cost(self.layers, pair)

    def fit(
        self,
        X: Any,
        Y: Any,
        epochs: int = 1,
        batch_size: int | None = None,
        shuffle: bool = True,
        verbose: int = 1,
    ) -> history.History:
        """Train for `epochs` more epochs and return their History; `self.history` keeps all.

        With `batch_size=None` a batch is the whole set, the notes' gradient descent, and an epoch's
        loss is J before its update; otherwise it is the mean over the examples, each batch's before
        its own update. Batches are drawn anew every epoch unless `shuffle=False`. `verbose=1`
        prints some ten lines, 0 none. A cost that is not finite stops the training with a
        FloatingPointError; the weights stay at the last finite ones.
        """
        epochs = checks.count(self.who, "epochs", epochs, least=0)
        size = None if batch_size is None else checks.count(self.who, "batch_size", batch_size)
        shuffle = checks.switch(self.who, "shuffle", shuffle)
        if not isinstance(verbose, bool):
            verbose = checks.count(self.who, "verbose", verbose, least=0)
        if self._lock.locked():
            cure = "wait for it, or train a copy: copy.deepcopy(model)"
            checks.refuse(self.who, "one fit at a time", "another that runs", cure, RuntimeError)
        with self._lock:
            work = Work(*self._compiled(), self._metrics)
            examples = Examples(*self._data(X, Y, build=True), size)
            report = history.Reporter(self.history, epochs, bool(verbose))
            with np.errstate(all="ignore"):  # what is not finite is looked for here, and named
                if self._training is None or not self._training.fits(work, examples):
                    self._training = None  # its memory is free first
                    self._training = Training(self.who, work, examples)
                self._training.run(examples, self._generator if shuffle else None, report)
        return history.History(self.history.rows[report.first :])

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in vars(self).items() if k not in ("_training", "_lock", "_making")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._training, self._lock, self._making = None, threading.Lock(), threading.Lock()

    # ---- using
    def predict(self, X: Any) -> Array:
        """A of the last layer, (n_y, m); the same as `model(X)`."""
        (X,) = self.admit(X)
        return self._door.turned(inference.outputs(self, X))

    __call__ = predict

    def predict_classes(self, X: Any, threshold: float = 0.5) -> Array:
        """The classes as integers: after a sigmoid A > threshold, 0 or 1 in the shape of A; after a
        softmax labels (m,)."""
        threshold = checks.real(self.who, "threshold", threshold, "[0, 1)")
        A = inference.outputs(self, *self.admit(X))
        return self._door.turned(self.layers[-1].activation.classes(A, threshold).astype(int))

    def evaluate(self, X: Any, Y: Any) -> dict[str, float]:
        """The cost and the metrics on this data: {"loss": ..., "accuracy": ...}."""
        cost, _ = self._compiled()
        self._built()
        X, Y = self._data(X, Y)
        Z = read_only(inference.outputs(self, X, activated=False))
        with Guard(self.who):
            (J,) = cost.J(functions.totals(cost.costs(Z, Y)), Z, [float(cost.penalty() or 0)])
            read = values(self._metrics, cost.pair.activation, Z, Y)
        diagnose.require_finite(self, X, J)
        m = X.shape[1]
        sums = [functions.totals(a)[0].tolist() for a in read]
        pairs = zip(self._metrics.items(), sums, strict=True)
        return {"loss": J} | {name: metric.measured(own, m) for (name, metric), own in pairs}

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

    # ---- gradients
    def gradients(self, X: Any, Y: Any) -> tuple[float, dict[str, Array]]:
        """J and its gradients {"W1": dW1, "b1": db1, ...} on this data. Nothing changes."""
        cost, _ = self._compiled()
        X, Y = self._data(X, Y, build=True)
        with Guard(self.who):
            # whose draws are not the model's
            own = copy.deepcopy(cost) if cost.generators() else cost
            J, grads = own.by_blocks(X, Y)
        diagnose.require_finite(self, X, J, grads)
        return J, grads

    def check_gradients(self, X: Any, Y: Any, **settings: Any) -> gradcheck.GradientTable:
        """Check the gradients of the net with its loss: a table, or a GradientError with it."""
        cost, _ = self._compiled()
        return gradcheck.check_gradients(cost, *self._data(X, Y, build=True), **settings)

    # ---- weights
    def get_weights(self) -> list[Array]:
        """Copies of W1, b1, W2, b2, ..."""
        self._built()
        return [p.copy() for p in self.params.values()]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Copy W1, b1, W2, b2, ... in."""
        self._built()
        if not isinstance(weights, (list, tuple)) or len(weights) != len(self.params):
            listed = isinstance(weights, (list, tuple))
            got = f"{len(weights)} of them" if listed else type(weights).__name__
            checks.refuse(self.who, f"a list of {', '.join(self.params)}", got)
        pairs = zip(self.params.items(), weights, strict=True)
        # copies, for they may be the model's own
        new = [checks.numbers(self.who, n, w, p.dtype, p.shape).copy() for (n, p), w in pairs]
        for p, w in zip(self.params.values(), new, strict=True):
            p[...] = w

    def summary(self) -> None:
        """Print the net, a line a layer."""
        for layer in self.layers:
            shapes = (
                ", ".join(f"{key}{layer.position} {p.shape}" for key, p in layer.params.items())
                or "not built"
            )
            print(f"{layer.position:3}  {layer!r:32}{shapes}")
        print(f"     {sum(p.size for p in self.params.values())} parameters, {self._door.dtype}")

    def __repr__(self) -> str:
        return f"Sequential([{', '.join(map(repr, self.layers))}])"

    # ---- the door
    def admit(self, X: Any) -> tuple[Array]:
        self._built()
        return (self._door.inputs(X, self.layers[0]),)

    def _data(self, X: Any, Y: Any, build: bool = False) -> tuple[Array, Array]:
        """X and Y, validated; `build` draws the weights if there are none yet."""
        X, Y = self._door.data(X, Y, self.layers, self._compiled()[0].pair)
        if build:
            self.build(X.shape[0])
        return X, Y

    def _compiled(self) -> tuple[Cost, optimizers.Optimizer]:
        if self._cost is None or self.optimizer is None:
            got = "one without a loss and an optimizer"
            checks.refuse(self.who, "a compiled model", got, "call compile() first", RuntimeError)
        if self._cost.pair.activation is not self.layers[-1].activation:
            expected, cure = "the last activation of compile()", "compile() again"
            checks.refuse(self.who, expected, "another", cure, RuntimeError)
        return self._cost, self.optimizer

    def _built(self) -> None:
        if not self.layers[0].n_in:
            got, cure = "one whose input width is unknown", "call fit(X, Y) or build(n_x) first"
            checks.refuse(self.who, "a model with weights", got, cure, RuntimeError)


@contextmanager
def as_before(layers: Sequence[Layer]) -> Iterator[None]:
    """If the block under it fails, the layers get back their caches, gradients, state and draws."""
    before = [(x, x.cache, x.grads, copy.deepcopy((x.state, x.generator))) for x in layers]
    try:
        yield
    except BaseException:
        for layer, cache, grads, (state, generator) in before:
            layer.cache, layer.grads = cache, grads
            for name, a in state.items():
                layer.state[name][...] = a
            for own in layer.generators():
                own.bit_generator.state = generator.bit_generator.state
        raise
