"""The model: layers in a row, trained by `fit` as in Keras.

X goes forward through the layers to A, the loss makes J of it, the gradients go backward, and the
optimizer takes its step.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Self

import numpy as np

from tinynet.activations import Activation
from tinynet.base import Array, Part, checks
from tinynet.callbacks import ModelCheckpoint, own_callbacks
from tinynet.engine.batch import Examples
from tinynet.engine.training import Training
from tinynet.engine.work import Work
from tinynet.layers import Layer
from tinynet.layers.standardize import standardizing
from tinynet.losses.weights import mean_weight
from tinynet.metrics import summed
from tinynet.metrics.epochs import Reading, rows
from tinynet.model import saved
from tinynet.model.advice import advice
from tinynet.model.batches import Order, Source, each_batch, require_batches, said_of
from tinynet.model.history import History
from tinynet.model.kept import require_kept
from tinynet.model.prepared import Prepared, share_of
from tinynet.model.resume import is_done, nothing_to_do, require_same, where_to_begin
from tinynet.model.snapshot import fingerprint
from tinynet.model.watch import Watch
from tinynet.model.ways import reader
from tinynet.net import parameters
from tinynet.net.reporter import Reporter
from tinynet.optimizers.schedules import Place


class Sequential(Prepared):
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
        self.history, self._held_out = History(), None
        self._advised = set[str]()  # what was said of trainings so far
        self._training: Training | None = None
        self._lock, self._fits = threading.Lock(), 0  # of a fit; how many have begun

    def reset(self, seed: Any = None) -> None:
        """Back to the first weights, batches and steps of the optimizer, with no history; with a
        seed, to those of a model with that seed."""
        super().reset(seed)
        if self.optimizer:
            self.optimizer.reset()
        vars(self).update(history=History(), _advised=set(), _fit=None, _position=None)

    def fit(
        self,
        X: Any,
        Y: Any = None,
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
        resume: bool = False,
    ) -> History:
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
        `fit` with that share trains on them, and named in `history.held_out`. `callbacks` are
        tn.Callback objects.

        `sample_weight` (m,) is how much each example counts: 2 is the example twice, 0 its absence.
        `class_weight` is the same by its class, {class: weight} or "balanced". J is the sum of w c
        over the sum of w, and in a batch over that of as many examples on average; in a batch of an
        iterable over the sum of its own, by which the History counts it.

        `resume=True` goes on where the last `fit` was left, by Ctrl-C, an error, or a file from
        within it (`ModelCheckpoint`): from its next batch until the History has `epochs` in all. So
        it ends with the numbers of a `fit` that nobody cut off. It needs the same data, arguments
        and callbacks. A model that is done stays as it is, and gives its History; a new one begins.

        In the place of X and Y, any iterable of batches (X, Y) or (X, Y, sample_weight) will do. It
        is gone through once an epoch, and each batch is looked at before its step. Batches of one
        size take the least time.
        """
        epochs = checks.count(self.who, "epochs", epochs, least=0)
        size = None if batch_size is None else checks.count(self.who, "batch_size", batch_size)
        shuffle = checks.switch(self.who, "shuffle", shuffle)
        if not isinstance(verbose, bool):
            verbose = checks.count(self.who, "verbose", verbose, least=0)
        resume = checks.switch(self.who, "resume", resume)
        share = share_of(self.who, validation_split)
        callbacks = own_callbacks(self.who, callbacks, bool(verbose))
        of_arrays = {"batch_size": size, "validation_split": share or None}
        of_arrays |= {"sample_weight": sample_weight, "class_weight": class_weight}
        require_batches(self.who, X, Y, of_arrays)
        if resume or any(isinstance(callback, ModelCheckpoint) for callback in callbacks):
            require_kept(self.who, callbacks)
        before, given = self._require_idle(), (Y, validation_data, share, class_weight)
        with self._lock, self._in_training(before):
            data = None if Y is None else self._data(X, Y, sample_weight, build=True)
            train, source, held = self._source(X, data, size, shuffle, given)
            seen = source.data[: 2 if verbose and source.order else 0]
            ranges = [(float(a.min()), float(a.max())) for a in seen]
            measure = partial(self._measured, *held) if held else None
            position, first, total = where_to_begin(self, resume, epochs)
            if resume and is_done(self, position, total):
                vars(self).update(_fit=None, _position=position or self._position)
                told = nothing_to_do(self, position, callbacks)
                if verbose:
                    print(told)
                first = 0 if position is None else first  # else nobody knows where it began
                return History(self.history.rows[first:], self.history.held_out)
            if position is not None:
                require_same(self, position, source.described, callbacks, total)
            watch = Watch(self, callbacks, measure, total, source, position)
            # what is not finite is looked for here, and named
            with np.errstate(all="ignore"), watch:
                watch.go_on()
                if watch.saving:
                    saved.file_of(Sequential, self._to_save())  # refused before the first step
                if not watch.stop and (watch.done < total or not resume):
                    train(watch)
                while watch.changed and watch.done < total:  # as another fit would go on
                    train(watch)
        new = History(self.history.rows[first:], self.history.held_out if share else None)
        found = advice(*self._compiled(), self._metrics, ranges, new.rows) if verbose else {}
        for what in sorted(found.keys() - self._advised):
            print(found[what])
        self._advised.update(found)
        return new

    def train_on_batch(self, X: Any, Y: Any, sample_weight: Any = None) -> dict[str, float]:
        """One step on these examples: their cost and metrics before it, {"loss": ..., ...}. The
        History keeps what `fit` does, and not this."""
        before = self._require_idle()
        with self._lock, self._in_training(before), np.errstate(all="ignore"):
            records = list[Reading]()
            self._step(records, 1, X, Y, sample_weight)
            ((names, numbers),) = rows(records, 1, summed(self._metrics))
        self._forget_fit("train_on_batch")
        return dict(zip(names, numbers, strict=True))

    def save(self, path: Any) -> None:
        """Write all of the model to a file in the safetensors format: what it is made of, weights,
        state, the optimizer's slots, generators, history. `tn.load(path)` goes on from there. The
        path has the old file or the new one at any moment, whatever happens."""
        self._require_still()
        saved.save(Sequential, self._to_save(), path)

    def _placed(self) -> Self:
        """The model, which knows where its fit is now."""
        if self._fit is not None:
            here = self._fit.position()
            if self._fit.phase == "runs":
                here = here._replace(fingerprint=fingerprint(self))
            vars(self).update(_position=here)
        return self

    def _to_save(self) -> Self:
        """The model, if a file of it can say where its fit is now."""
        position = self._placed()._position
        if self._fit is not None and position.torn:
            raise ValueError(f"{self.who}: expected {position.torn}")
        return self

    def _source(
        self, X: Any, data: Any, size: Any, shuffle: bool, given: Sequence[Any]
    ) -> tuple[Callable[[Reporter], None], Source, Sequence[Array]]:
        """A call that trains, what it goes over, and what is held out of it."""
        Y, validation_data, share, class_weight = given
        if data is None:
            held = self._validation_data(validation_data, share)
            steps = len(X) if hasattr(X, "__len__") else 0
            return partial(self._on_batches, X), Source(steps, 0, None, held), held
        held, rest = self._validation_data(validation_data, share), None
        if share:
            rest, held = self._held(data, share)
        data = [*data[:2], *self._by_class(data[1], data[2:], class_weight, rest)]
        self._learn((X, Y), *data, rest=rest)
        examples, order = self._examples(data, size, rest, shuffle)
        train = partial(self._run, examples, order, len(data) > 2)
        return train, Source(examples.steps, examples.m, order, [*data, *held]), held

    def _on_batches(self, batches: Any, report: Reporter) -> None:
        """Train on the batches of an iterable until the epochs are done or somebody stops."""
        stop = False
        while report.done < report.epochs and not stop:
            records = report.records if report.done == report.done_before else list[Reading]()
            done, steps = report.done, self.optimizer.steps - len(records)
            # no interrupt comes between these assignments
            report.done_before, report.records, report.steps_before = done, records, steps
            for i, batch in each_batch(self.who, batches, len(self.history) + 1, len(records)):
                report.pause()
                with said_of(f"batch {i}"):
                    self._step(records, i, *batch)
            stop = report(rows(records, len(records), summed(self._metrics)))

    def _step(self, records: Any, number: int, X: Any, Y: Any, weights: Any = None) -> None:
        """Train on one batch; what is read of it goes to the records."""
        data = self._data(X, Y, weights, build=True)
        for layer in standardizing(self.layers):
            if not layer.learned:
                expected, first = "a mean and a scale before batches", "model.build(n_x), then"
                what = "[-1].learn(Y), Y" if layer.invert else "[0].learn(X), X"
                cure = f"{first} model.layers{what} with examples in columns"
                checks.refuse(layer.who, expected, "none so far", cure, RuntimeError)
        report = Reporter(History(), 1, number)
        report.left_out = len(self.history)
        if weights is not None:
            report.weight = mean_weight(self.who, weights)
        examples, order = self._examples(data, None, None, shuffle=False)
        try:
            self._run(examples, order, len(data) > 2, report)
        finally:  # after an interrupt, too
            records.extend(report.records)

    def _examples(
        self, data: Sequence[Array], size: int | None, rest: Any, shuffle: bool
    ) -> tuple[Examples, Order]:
        """The examples of a training and the order of them, or of the `rest` that is not held
        out."""
        own = parameters.gather(self.layers)
        X, Y, *weights = (a.copy() if np.may_share_memory(a, own) else a for a in data)
        # the weights are a last row of Y, and go where it goes
        Y = np.concatenate([Y, weights]) if weights else Y
        generator = self._generator if shuffle else None
        m = X.shape[1] if rest is None else len(rest)
        if rest is not None and (size is None or size >= m):
            X, Y, rest = *(a.T.take(rest, 0).T for a in (X, Y)), None
        examples = Examples(X, Y, size, m)
        return examples, Order(m, examples.size, generator, rest)

    def _run(self, examples: Examples, order: Order, weighted: bool, report: Reporter) -> None:
        """Train until the epochs are done or somebody stops."""
        own = reader(self, report.epochs * examples.steps)
        work = Work(*self._compiled(), summed(self._metrics), weighted, own)
        steps = work.optimizer.steps - len(report.unreported(examples.steps))
        place, before = Place(steps, len(self.history), examples.steps), work.optimizer._place
        if before is None or not before.agrees(place):
            vars(work.optimizer).update(_place=place)
        if self._training is None or not self._training.fits(work, examples):
            self._require_as_compiled()
            self._training = None  # its memory is free first
            self._training = Training(self.who, work, examples)
        self._training.run(examples, order, report)

    def _require_idle(self) -> int:
        """Refuse a fit beside one that runs; how many there were."""
        if self._lock.locked():
            self._refuse_another()
        return self._fits

    def _refuse_another(self) -> None:
        cure = "wait for it, or train a copy that was made before it"
        checks.refuse(self.who, "one fit at a time", "another that runs", cure, RuntimeError)

    @contextmanager
    def _in_training(self, before: int) -> Iterator[None]:
        """An error before the first step leaves nothing of the data behind."""
        if self._fits != before:  # one has begun since it was asked
            self._refuse_another()
        self._require_as_compiled()
        vars(self).update(_fits=before + 1, _looked_at=Part.latest[0])
        held, start = self._held_out, self._steps_taken()
        own, shown = self.history, self.history.held_out
        learning = [layer for layer in standardizing(self.layers) if not layer.learned]
        try:  # not as an attribute that is set: that would have all settings compared
            vars(self).update(_trainer=threading.get_ident())
            yield
        except BaseException:
            if start == self._steps_taken():
                vars(self).update(_held_out=held)
                own.held_out = shown
                for layer in learning:
                    if layer.n_in:
                        vars(layer).update(learned=False)
            raise
        finally:
            vars(self).update(_trainer=None)

    def _steps_taken(self) -> tuple[int, Any]:
        """The epochs and steps so far."""
        return len(self.history), self.optimizer and self.optimizer.steps

    def __getstate__(self) -> dict[str, Any]:
        self._require_still()
        self._placed()
        passing = "_training", "_lock", "_fits", "_looked_at"
        return {k: v for k, v in super().__getstate__().items() if k not in passing}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._training, self._lock, self._fits = None, threading.Lock(), 0


def load(path: Any, nodes: Iterable[Any] = ()) -> Sequential:
    """The model that `model.save(path)` wrote; a ModelFileError if the file is anything else.

    `nodes`: the classes of one's own parts, and the functions that are metrics, which the model
    has. No other code is run.

    >>> import os, tempfile, tinynet as tn
    >>> model = tn.Sequential([tn.Dense(1, "sigmoid")], seed=0).build(2)
    >>> path = os.path.join(tempfile.mkdtemp(), "net.safetensors")
    >>> model.save(path)
    >>> bool((tn.load(path)(np.ones((2, 1))) == model(np.ones((2, 1)))).all())
    True
    """
    model: Sequential = saved.load(Sequential, path, nodes)
    return model
