"""The model: layers in a row, trained by `fit` as in Keras.

X goes forward through the layers to A, the loss makes J of it, the gradients go backward, and the
optimizer takes its step.
"""

import copy
import math
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from tinynet.activations import Activation
from tinynet.base import Array, checks
from tinynet.callbacks import own_callbacks
from tinynet.data import held_out
from tinynet.engine.batch import Examples
from tinynet.engine.training import Training
from tinynet.engine.work import Work
from tinynet.layers import Layer, Standardize
from tinynet.losses.weights import class_weights, sample_weights
from tinynet.metrics import summed
from tinynet.model.advice import advice
from tinynet.model.compiled import Compiled
from tinynet.model.watch import Watch
from tinynet.net import history, parameters


class Sequential(Compiled):
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
        self.history = history.History()
        self._held_out: tuple[float, int, Array] | None = None  # by validation_split, of how many
        self._advised = set[str]()  # what was said of trainings so far
        self._training: Training | None = None
        self._lock = threading.Lock()  # of a fit

    def reset(self) -> None:
        """Back to the first weights, batches and steps of the optimizer, with no history."""
        super().reset()
        if self.optimizer:
            self.optimizer.reset()
        self.history, self._held_out = history.History(), None

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
        its own update. Batches are drawn anew every epoch unless `shuffle=False`. `verbose=1` shows
        how far it is, and says at the end what looks wrong; 0 prints nothing. A cost that is not
        finite stops the training with a FloatingPointError; the weights stay at the last finite
        ones.

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
        callbacks = own_callbacks(self.who, callbacks, bool(verbose))
        with self._lock, self._in_training():
            data = self._data(X, Y, sample_weight, build=True)
            (X, Y, *weights), held = self._validation(data, validation_data, validation_split)
            weights = self._by_class(Y, weights, class_weight)
            for layer, seen in ((self.layers[0], X), (self.layers[-1], Y)):
                if isinstance(layer, Standardize) and not layer.learned:
                    layer.learn(seen, *weights)
            own = parameters.gather(self.layers)
            X, Y = (a.copy() if np.may_share_memory(a, own) else a for a in (X, Y))
            # the weights are a last row of Y, and go where it goes
            Y = np.concatenate([Y, weights]) if weights else Y
            examples = Examples(X, Y, size)
            measure = partial(self._measured, *held) if held else None
            steps = -(-examples.m // examples.size)
            watch = Watch(self, callbacks, measure, epochs, steps, examples.m)
            batches = self._generator if shuffle else None
            # what is not finite is looked for here, and named
            with np.errstate(all="ignore"), watch:
                report = history.Reporter(self.history, epochs, watch if watch.every else None)
                self._run(examples, batches, report, bool(weights))
                while watch.changed and report.done < epochs:  # as another fit would go on
                    self._run(examples, batches, report, bool(weights))
        left_out = self.history.held_out if validation_split else None
        new = history.History(self.history.rows[report.first :], left_out)
        found = advice(self._compiled()[0], X, new.rows) if verbose else {}
        for what in found.keys() - self._advised:
            print(found[what])
        self._advised |= found.keys()
        return new

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
