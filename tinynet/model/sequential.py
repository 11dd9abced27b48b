"""The model: layers in a row, trained by `fit` as in Keras.

X goes forward through the layers to A, the loss makes J of it, the gradients go backward, and the
optimizer takes its step.
"""

import copy
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from tinynet import losses, optimizers
from tinynet.activations import Activation
from tinynet.base import (
    Array,
    Arrays,
    Guard,
    Part,
    checks,
    functions,
    gradcheck,
    in_one_go,
    read_only,
)
from tinynet.callbacks import require_callbacks
from tinynet.data import held_out
from tinynet.engine.batch import Examples
from tinynet.engine.training import Training
from tinynet.engine.work import Work
from tinynet.layers import Layer, Standardize
from tinynet.layers.initializers import moved_on
from tinynet.losses.weights import class_weights, sample_weights
from tinynet.metrics import Metric, Whole, named_metrics, summed
from tinynet.metrics.base import values
from tinynet.model.network import Network
from tinynet.model.watch import Watch
from tinynet.net import diagnose, history, inference, parameters
from tinynet.net.cost import Cost


class Sequential(Network):
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
        layers: Sequence[Layer | Activation],
        *others: Layer,
        seed: Any = None,
        dtype: str = "float64",
        examples: str | None = None,
    ) -> None:
        super().__init__(layers, *others, seed=seed, dtype=dtype, examples=examples)
        self._optimizer: optimizers.Optimizer | None = None
        self._cost: Cost | None = None
        self._metrics: dict[str, Metric] = {}
        self.history = history.History()
        self._held_out: tuple[float, int, Array] | None = None  # by validation_split, of how many
        self._training: Training | None = None
        self._lock = threading.Lock()  # of a fit

    def snapshot(self) -> Callable[[], None]:
        """A call that brings back all that a training writes, as it is now: parameters, the
        optimizer's slots and count, the layers' state and draws, and the next batches. It serves
        as long as the model keeps its dtype and its optimizer."""
        self._built()
        self._require_still()
        optimizer, generators = self._compiled()[1], [self._generator, *self.generators()]
        kept = {name: a.copy() for name, a in self._arrays().items()}
        slots = copy.deepcopy(optimizer.slots)
        then, steps = copy.deepcopy(generators), optimizer.steps

        def back() -> None:
            self._require_still()
            arrays = self._arrays()
            same = {name: (a.shape, a.dtype) for name, a in arrays.items()}
            held = {name: (a.shape, a.dtype) for name, a in kept.items()}
            if optimizer is not self._optimizer or same != held:
                got, cure = "another dtype or optimizer", "take a snapshot after such a change"
                checks.refuse(self.who, "a model as it was", got, cure, RuntimeError)
            calls: list[Callable[[], Any]] = [
                partial(arrays[name].__setitem__, ..., a) for name, a in kept.items()
            ]
            calls += [moved_on(*pair) for pair in zip(generators, then, strict=True)]
            # new arrays of slots: so a training that runs is settled anew
            own = {"slots": copy.deepcopy(slots), "earlier": steps}
            calls += [partial(vars(optimizer).update, own), optimizer.taken.clear]
            in_one_go([*calls, partial(Part.latest.__setitem__, 0, object())])

        return back

    def reset(self) -> None:
        """Back to the first weights, batches and steps of the optimizer, with no history."""
        super().reset()
        if self.optimizer:
            self.optimizer.reset()
        self.history, self._held_out = history.History(), None

    def cast(self, dtype: Any) -> None:
        super().cast(dtype)
        if self.optimizer:
            self.optimizer.cast(dtype)

    @property
    def optimizer(self) -> optimizers.Optimizer | None:
        """The model's own optimizer, whose settings may be changed between two fits, or
        by a callback."""
        return self._optimizer

    @optimizer.setter
    def optimizer(self, value: Any) -> None:
        cure = "call compile(optimizer=...)"
        checks.refuse(self.who, "optimizer to stay as compiled", checks.shown(value), cure)

    def compile(self, optimizer: Any = "adam", loss: Any = None, metrics: Any = ()) -> None:
        """Choose copies of an optimizer and a loss, objects or names; by default Adam and the loss
        that matches the last activation. `metrics` is a list of names, such as "f1", of Metric
        objects, and of functions of (Y, A); these and "roc_auc" need all outputs at once, so they
        are measured by `evaluate` and on validation data only."""
        self._require_still(from_all=True)
        last = self.layers[-1]
        own = optimizers.optimizer(self.who, optimizer)
        own_loss = losses.matching(last.activation) if loss is None else losses.loss(self.who, loss)
        pair = own_loss.pair(last.activation)
        pair.require_outputs(last.units)
        diagnose.require_called(self.layers, pair.loss, own)
        self._metrics = named_metrics(self.who, metrics, last.activation, self._door.rows)
        self._optimizer, self._cost = own, Cost(self.layers, pair)

    def fit(
        self,
        X: Any,
        Y: Any,
        epochs: int = 1,
        batch_size: int | None = None,
        shuffle: bool = True,
        verbose: int = 1,
        *,
        validation_data: Any = None,
        validation_split: float = 0.0,
        callbacks: Any = (),
        sample_weight: Any = None,
        class_weight: Any = None,
    ) -> history.History:
        """Train for `epochs` more epochs and return their History; `self.history` keeps all.

        With `batch_size=None` a batch is the whole set, the notes' gradient descent, and an epoch's
        loss is J before its update; otherwise it is the mean over the examples, each batch's before
        its own update. Batches are drawn anew every epoch unless `shuffle=False`. `verbose=1`
        prints some ten lines, 0 none. A cost that is not finite stops the training with a
        FloatingPointError; the weights stay at the last finite ones.

        `validation_data`, (X, Y) or (X, Y, sample_weight): their cost and metrics after each epoch
        are in the History as "val_loss" and so on. `validation_split` in (0, 1): that share of the
        examples, of each class alike, is held out for it; drawn once for a model, so that no later
        `fit` trains on them, and named in `history.held_out`. `callbacks` are tn.Callback objects.

        `sample_weight` (m,) is how much each example counts: 2 is the example twice, 0 its absence.
        `class_weight` is the same by its class, {class: weight} or "balanced". J is the sum of w c
        over the sum of w, and in a batch over that of as many examples on average.
        """
        epochs = checks.count(self.who, "epochs", epochs, least=0)
        size = None if batch_size is None else checks.count(self.who, "batch_size", batch_size)
        shuffle = checks.switch(self.who, "shuffle", shuffle)
        if not isinstance(verbose, bool):
            verbose = checks.count(self.who, "verbose", verbose, least=0)
        if self._lock.locked():
            cure = "wait for it, or train a copy that was made before it"
            checks.refuse(self.who, "one fit at a time", "another that runs", cure, RuntimeError)
        callbacks = require_callbacks(self.who, callbacks)
        with self._lock, self._in_training():
            data = self._data(X, Y, sample_weight, build=True)
            (X, Y, *weights), held = self._validation(data, validation_data, validation_split)
            weights = self._by_class(Y, weights, class_weight)
            first = self.layers[0]
            if isinstance(first, Standardize) and not first.learned:
                first.learn(X, *weights)
            own = parameters.gather(self.layers)
            X, Y = (a.copy() if np.may_share_memory(a, own) else a for a in (X, Y))
            # the weights are a last row of Y, and go where it goes
            Y = np.concatenate([Y, weights]) if weights else Y
            examples = Examples(X, Y, size)
            measure = partial(self._measured, *held) if held else None
            watch = Watch(self, callbacks, measure)
            report = history.Reporter(self.history, epochs, bool(verbose), watch or None)
            batches = self._generator if shuffle else None
            # what is not finite is looked for here, and named
            with np.errstate(all="ignore"), watch:
                self._run(examples, batches, report, bool(weights))
                while watch.changed and report.done < epochs:  # as another fit would go on
                    self._run(examples, batches, report, bool(weights))
        left_out = self.history.held_out if validation_split else None
        return history.History(self.history.rows[report.first :], left_out)

    def _run(
        self, examples: Examples, batches: Any, report: history.Reporter, weighted: bool
    ) -> None:
        """Train until the epochs are done or somebody stops."""
        work = Work(*self._compiled(), summed(self._metrics), weighted)
        steps, each = work.optimizer.steps, -(-examples.m // examples.size)
        vars(work.optimizer).update(_epochs=(steps, len(self.history), each))
        if self._training is None or not self._training.fits(work, examples):
            self._training = None  # its memory is free first
            self._training = Training(self.who, work, examples)
        self._training.run(examples, batches, report)

    @contextmanager
    def _in_training(self) -> Iterator[None]:
        try:  # not as an attribute that is set: that would have all settings compared
            vars(self).update(_trainer=threading.get_ident())
            yield
        finally:
            vars(self).update(_trainer=None)

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        return {k: v for k, v in state.items() if k not in ("_training", "_lock")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._training, self._lock = None, threading.Lock()

    def evaluate(self, X: Any, Y: Any, sample_weight: Any = None) -> dict[str, float]:
        """The cost and the metrics on this data: {"loss": ..., "accuracy": ...}."""
        self._compiled()
        self._built()
        return self._measured(*self._data(X, Y, sample_weight))

    def _measured(self, X: Array, Y: Array, *weights: Array) -> dict[str, float]:
        cost, m = self._compiled()[0], X.shape[1]
        Z = read_only(inference.outputs(self, X, activated=False))
        with Guard(self.who):
            totals = functions.totals(cost.costs(Z, Y, *weights))
            (J,) = cost.J(totals, Z, [float(cost.penalty() or 0)])
            parts, activation = summed(self._metrics), cost.pair.activation
            read = values(parts, activation, Z, Y, *weights)
            A = read_only(activation.value(Z)) if len(parts) < len(self._metrics) else Z
        diagnose.require_finite(self, X, J)
        sums = [functions.totals(a)[0].tolist() for a in read]
        pairs = zip(parts.items(), sums, strict=True)
        found = {name: metric.measured(own, m) for (name, metric), own in pairs}
        for name, metric in self._metrics.items():
            if isinstance(metric, Whole):
                found[name] = metric.measure(A, Y, *weights)
        return {"loss": J} | {name: found[name] for name in self._metrics}

    def gradients(self, X: Any, Y: Any, sample_weight: Any = None) -> tuple[float, Arrays]:
        """J and its gradients {"W1": dW1, "b1": db1, ...} on this data. Nothing changes."""
        cost, _ = self._compiled()
        X, Y, *weights = self._data(X, Y, sample_weight, build=True)
        with Guard(self.who):
            # whose draws are not the model's
            own = copy.deepcopy(cost) if cost.generators() else cost
            J, grads = own.by_blocks(X, Y, *weights)
        diagnose.require_finite(self, X, J, grads)
        return J, grads

    def check_gradients(
        self, X: Any, Y: Any, sample_weight: Any = None, **settings: Any
    ) -> gradcheck.GradientTable:
        """Check the gradients of the net with its loss: a table, or a GradientError with it."""
        cost, _ = self._compiled()
        data = self._data(X, Y, sample_weight, build=True)
        return gradcheck.check_gradients(cost, *data, **settings)

    def _data(self, X: Any, Y: Any, weights: Any = None, build: bool = False) -> list[Array]:
        """X, Y and the weights of the examples if there are any, validated; `build` draws the net's
        own weights if there are none yet."""
        data = [*self._door.data(X, Y, self.layers, self._compiled()[0].pair)]
        m = data[0].shape[1]
        if weights is not None:
            data.append(sample_weights(self.who, weights, m, self._door.dtype))
        if build:
            self.build(data[0].shape[0])
        return data

    def _by_class(self, Y: Array, weights: list[Array], by_class: Any) -> list[Array]:
        """The weights of the examples that are trained on, times those of their classes."""
        if by_class is None:
            return weights
        classes = np.atleast_2d(self.layers[-1].activation.classes(Y)).astype(int)
        if len(classes) > 1:
            cure = "sample_weight gives each example its own"
            checks.refuse(self.who, "class_weight of one output", len(classes), cure)
        found = class_weights(self.who, by_class, classes[0]) * math.prod(weights)
        return [sample_weights(self.who, found, Y.shape[1], self._door.dtype)]

    def _validation(
        self, data: Sequence[Array], given: Any, share: Any
    ) -> tuple[Sequence[Array], Sequence[Array]]:
        """The data to train on, and that to look at after each epoch, if there is any."""
        share = checks.real(self.who, "validation_split", share, "[0, 1)")
        if given is not None:
            if share:
                checks.refuse(self.who, "validation_data or validation_split", "both")
            if not isinstance(given, (tuple, list)) or len(given) not in (2, 3):
                got = checks.shown(given)
                checks.refuse(self.who, "validation_data as (X, Y)", got, error=TypeError)
            return data, self._data(*given)
        if not share:
            return data, ()
        X, Y, *weights = data
        m, activation = X.shape[1], self.layers[-1].activation
        if m < 2:
            checks.refuse(self.who, "at least 2 examples for a validation_split", m)
        if self._held_out is None:
            one = activation.classifies and (activation.classes(Y).ndim == 1 or len(Y) == 1)
            labels = activation.classes(Y).ravel() if one else None
            # from a copy, so that the batches are those that they would have been
            out, _ = held_out(m, share, copy.deepcopy(self._generator_at_build), labels)
            self._held_out = share, m, np.sort(out)
        *first, out = self._held_out
        if first != [share, m]:
            got, cure = f"{share} of {m}", "reset() draws others"
            expected = f"validation_split as before, {first[0]} of {first[1]} examples"
            checks.refuse(self.who, expected, got, cure)
        rest, self.history.held_out = np.setdiff1d(np.arange(m), out), out
        # an example in one piece, as batches are gathered
        train, test = ([a.T.take(which, 0).T for a in data] for which in (rest, out))
        if weights:
            for part in (train, test):
                part[2] = sample_weights(self.who, part[2], len(part[2]), self._door.dtype)
        return train, test

    def _compiled(self) -> tuple[Cost, optimizers.Optimizer]:
        if self._cost is None or self.optimizer is None:
            got = "one without a loss and an optimizer"
            checks.refuse(self.who, "a compiled model", got, "call compile() first", RuntimeError)
        if self._cost.pair.activation is not self.layers[-1].activation:
            expected, cure = "the last activation of compile()", "compile() again"
            checks.refuse(self.who, expected, "another", cure, RuntimeError)
        return self._cost, self.optimizer
