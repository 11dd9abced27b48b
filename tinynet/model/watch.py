"""What is looked at during a `fit`: after an epoch the validation data, then the callbacks; between
two steps whether a file is due."""

import copy
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from types import MappingProxyType, TracebackType
from typing import Any, ClassVar

import numpy as np

from tinynet.base import Part, checks
from tinynet.callbacks import Callback, EarlyStopping, ModelCheckpoint, ReduceLROnPlateau
from tinynet.metrics import summed
from tinynet.metrics.epochs import Row
from tinynet.model.batches import Source
from tinynet.model.kept import CallbackState, arguments, kept_by, stateful, torn_by
from tinynet.model.position import Position, packed, unpacked
from tinynet.model.resume import give_back
from tinynet.model.snapshot import Snapshot, as_now, fingerprint, held, marks, settings_of
from tinynet.net.history import Reporter


def may_move(callback: Callback) -> bool:
    """Whether its begin or its end may move weights: it is a user's own."""
    calls = callback.on_train_begin, callback.on_train_end
    return any(not str(getattr(f, "__module__", "")).startswith("tinynet.") for f in calls)


class Watch(Reporter):
    """Around a training of the model. `measure` gives the cost and the metrics on the validation
    data, which go into the epoch's row as "val_loss" and so on. With a position the training goes
    on from there."""

    running: ClassVar[Sequence["Watch"]] = ()  # of fits in this process, with their ends

    def __init__(
        self,
        model: Any,
        callbacks: Sequence[Callback],
        measure: Callable[[], dict[str, float]] | None,
        epochs: int,
        source: Source,
        position: Position | None = None,
    ) -> None:
        super().__init__(model.history, epochs)
        self.model, self.measure, self.source = model, measure, source
        self.saving = [c for c in callbacks if isinstance(c, ModelCheckpoint)]
        self.callbacks = [c for c in callbacks if c not in self.saving]
        self.looks = bool(self.callbacks) or measure is not None
        self.changed = False  # whether a setting was changed after the last epoch
        self.held: Any = None  # what is looked at for that
        # where a fit was left, before this one goes on and after it was left
        self.left, self.begun, self.stop = position, position, False
        # whether the last step is done, and an end failed; why nobody can go on
        self.over, self.failed, self.torn = False, False, ""
        # what callbacks keep, and where the training stands, before ends that may move it
        self.before: tuple[Sequence[CallbackState], Snapshot] | None = None
        # whether it has not been left, and the model's fingerprint when it was
        self.runs, self.fingerprint = True, ""
        self.made = [arguments(callback) for callback in stateful(self.callbacks)]
        self.started = self.steps_before = model.optimizer.steps
        if position is not None:
            self.first, self.stop = position.first, position.stop
            self.records = unpacked(position.records, position.sums)
        done = self.done
        # how many epochs were done, and whether a user's own begin or end may move weights
        self.begun_at, self.moving = done, any(map(may_move, callbacks))
        self.told = {"model": model, "epochs": epochs, "done": done}
        self.told |= {"steps": source.steps, "m": source.m}
        # up to which epoch all have looked; which have at the next, and which one does now
        self.done_before, self.looked_at = done, done
        self.looked, self.asked = list[int](), list[int]()

    def __enter__(self) -> None:
        # a callback begins once more, but the model stays as it was left
        self.found = {"_fit": self.model._fit, "_position": self.model._position}
        built = self.model.layers[0].n_in
        again = self.begun is not None or (self.moving and built)
        self.undo = as_now(self.model) if again else None
        self.ends = ExitStack()
        try:
            others = [watch for watch in Watch.running if watch.model._lock.locked()]
            Watch.running = [*(watch for watch in others if watch.model is not self.model), self]
            # the last to begin is the first to end
            for saving in self.saving:
                self.begin(saving, partial(self.save, saving))
            self.ends.push(self.leave)
            for callback in self.callbacks:
                self.begin(callback, callback.on_train_end)
            vars(self.model).update(_fit=self, _position=None)
        except BaseException:
            try:
                self.ends.__exit__(*sys.exc_info())
            finally:  # as if it had not been asked for
                if self.undo is not None:
                    self.undo()
                vars(self.model).update(self.found)
                self.gone()
            raise

    def gone(self) -> None:
        """From here on its callbacks may be in another fit."""
        Watch.running = [watch for watch in Watch.running if watch is not self]

    def begin(self, callback: Callback, end: Callable[[], None]) -> None:
        others = [watch for watch in Watch.running if watch is not self]
        if any(callback in [*watch.saving, *watch.callbacks] for watch in others):
            who, cure = type(callback).__name__, "make one for each"
            checks.refuse(who, "to be in one fit at a time", "another that runs", cure)
        vars(callback).update(self.told)
        callback.on_train_begin()
        self.ends.callback(end)
        for name in callback.kept or ():
            if not hasattr(callback, name):
                who, cure = type(callback).__name__, f"self.{name} = ... in on_train_begin"
                checks.refuse(who, "an attribute for each name in kept", f"none for {name}", cure)

    def go_on(self) -> None:
        """Let everything stand where the fit was left, and finish the look that was begun."""
        position = self.left
        if position is not None and self.undo is not None:
            self.undo()
            give_back(position, self.callbacks)
            if position.moment is not None:
                position.moment()
            if self.source.order is not None and position.order is not None:
                self.source.order.again(len(self.history) + 1, position.order)
            if position.looked is not None:
                self.looked_at, self.looked = self.done - 1, [*position.looked]
        self.everies = self.epochs_between()
        self.started = self.model.optimizer.steps
        self.steps_before = self.started - len(self.records)
        self.left = None  # from here on it is this one that is left
        if self.looked_at < self.done:
            self.look(self.done)

    def epochs_between(self) -> list[int]:
        """After every how many epochs somebody looks."""
        each = [checks.count(type(c).__name__, "every", c.every) for c in self.callbacks]
        return each if self.measure is None else [1]

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # until the ends are called, it has failed
        self.over, self.runs, self.failed = kind is None, False, True
        self.placed = self.over  # whether it is known where it was left
        ends = [getattr(c.on_train_end, "__func__", None) for c in stateful(self.callbacks)]
        going_back = any(end is not Callback.on_train_end for end in ends)  # EarlyStopping's, too
        try:
            if kind is not None:
                self.fingerprint = fingerprint(self.model)
                self.note()
            elif self.moving:
                self.before = kept_by(self.callbacks, self.made), Snapshot(self.model)
            self.placed = True
        finally:
            if not self.placed and going_back:
                self.torn = "a place to go on from, got an error while it was noted"
            try:
                self.failed = False
                self.ends.close()
            except BaseException:  # perhaps before all of them were called
                self.failed = True
                raise

    def note(self) -> None:
        """Note where it is left, before the callbacks' ends, which may change weights."""
        if self.left is not None and self.undo is not None:  # it has not gone on
            self.undo()
        left = self.position()
        if left.moment is None and stateful(self.callbacks):
            left = left._replace(moment=Snapshot(self.model))
        begun = left.within or self.moved or self.moving
        self.settings = settings_of(self.model)
        self.left = left if begun or self.begun else None

    def leave(self, kind: Any, error: Any, traceback: Any) -> None:
        """After the callbacks' ends: what the next fit may go on from."""
        self.gone()
        if self.runs or not self.placed:  # it did not begin, or is torn
            return
        if kind is not None:  # it was cut off at its very end
            self.failed = True
            self.left = self.position()
        elif self.over and (self.stop or stateful(self.callbacks)):
            self.left = self.ended()
        if self.left is not None and not self.left.over:
            torn = self.left.torn
            if not self.over and self.settings != settings_of(self.model):
                torn = "settings as they were, got others after a callback's on_train_end"
            self.left = self.left._replace(torn=torn, fingerprint=fingerprint(self.model))
        vars(self.model).update(_fit=None, _position=self.left)
        self.source.data = ()  # lets go of a user's arrays
        self.measure = None

    def ended(self) -> Position:
        """That nothing is left to do, and what the callbacks keep."""
        kept, (read, sums) = kept_by(self.callbacks, self.made), packed([])
        return Position(
            first=self.first,
            epochs=self.epochs,
            steps=self.model.optimizer.steps,
            source={},
            records=read,
            sums=sums,
            callbacks=[] if torn_by(kept) else kept,
            stop=self.stop,
            over=True,
        )

    def save(self, callback: ModelCheckpoint) -> None:
        """At the very end, if something has happened."""
        if self.runs:  # it did not begin
            return
        torn = self.left is not None and self.left.torn  # an earlier file can go on
        if self.model._fit is None and not torn and (self.moved or self.begun is not None):
            callback.on_train_end()

    @property
    def moved(self) -> bool:
        """Whether a step was taken; a callback may have set the count back."""
        return self.done != self.begun_at or self.model.optimizer.steps != self.started

    def position(self) -> Position:
        """Where the training is."""
        if self.left is not None:
            return self.left
        if self.over and not self.failed:
            return self.ended()
        order, looked = self.source.order, None
        kept, moment = self.before or (kept_by(self.callbacks, self.made), None)
        steps = self.steps_before + len(self.records)
        if self.due() and self.looked_at < self.done:  # a callback that asks has done its part
            looked = [i for i in self.looked + self.asked if i < len(kept)]
        if self.over or looked is not None:
            steps = self.model.optimizer.steps
        drawn = order is not None and order.is_drawn(len(self.history) + 1)
        if order is not None:
            records = self.unreported(self.source.steps)
        else:  # of an iterable's batches nobody knows how many there are
            records = [] if self.done > self.done_before else self.records
        read, sums = packed(records)
        torn = self.torn or torn_by(kept) or self.unread() or self.unmarked()
        if steps != self.model.optimizer.steps:
            torn = torn or "costs and metrics of each step, got an error while they were read"
        return Position(
            first=self.first,
            epochs=self.epochs,
            steps=steps,
            source=self.source.described,
            records=read,
            sums=sums,
            order=order.before() if order is not None and drawn else None,
            looked=looked,
            stop=self.stop,
            callbacks=[] if torn else kept,
            torn=torn,
            fingerprint=self.fingerprint,
            moment=moment,
        )

    def unmarked(self) -> str:
        """What a second interrupt has prevented."""
        left = not (self.runs or self.over or self.fingerprint)
        return "a place to go on from, got an interrupt while it was noted" if left else ""

    def unread(self) -> str:
        """What an error in a metric has left out of the last epoch."""
        if not self.done:
            return ""
        missing = sorted(summed(self.model._metrics).keys() - self.history.rows[-1][0])
        return f"{', '.join(missing)} of epoch {self.done}, got an error of it" if missing else ""

    def pause(self) -> int:
        for callback in self.saving:
            callback.save_if_due()
        return min((callback.steps_left() for callback in self.saving), default=super().pause())

    def due(self) -> bool:
        """Whether somebody looks after the last epoch."""
        last = self.done == self.epochs
        return self.looks and (last or any(self.done % n == 0 for n in self.everies))

    def __call__(self, rows: Sequence[Row]) -> bool:
        super().__call__(rows)
        return self.look(self.done) if rows and self.due() else False

    def look(self, epoch: int) -> bool:
        """Look at the epoch; whether to stop, or to go on as another `fit` would, since a setting
        has changed."""
        rows = self.history.rows
        names, numbers = rows[-1]
        if self.measure is not None and "val_loss" not in names:
            found = self.measure()
            names = *names, *(f"val_{name}" for name in found)
            numbers = *numbers, *found.values()
            rows[-1] = names, numbers
            self.history._columns = {}
        logs = dict(zip(names, numbers, strict=True))
        self.held = self.held or held(self.model)
        before, marked = Part.latest[0], marks(self.held)
        last, places = epoch == self.epochs, range(len(self.callbacks))
        due = [i for i in places if last or epoch % self.callbacks[i].every == 0]
        others = [i for i in places if i not in due]
        for i in [*due, *others]:
            # all of those that are due look, even if one says stop, and then the others
            if i not in self.looked and (i in due or self.stop):
                self.ask(i, epoch, logs)
        everies = self.epochs_between()
        same = Part.latest[0] is before and marked == marks(self.held)
        self.changed = not self.stop and not same
        if self.changed:
            self.held = None
        self.everies, self.looked_at, self.looked = everies, epoch, []
        return self.stop or self.changed

    def ask(self, i: int, epoch: int, logs: Mapping[str, float]) -> None:
        """Let the i-th callback look. A call that is cut off will be made again, so what it keeps
        is then as it was before."""
        callback, settings = self.callbacks[i], Part.latest[0]
        again = type(callback) in (EarlyStopping, ReduceLROnPlateau)  # which know of a second call
        own = () if again else callback.kept or ()
        before = {name: copy.copy(getattr(callback, name)) for name in own}
        try:
            self.asked = [i]
            said = callback.on_epoch_end(epoch, MappingProxyType(logs))  # the next sees the same
            stop = self.stop or (isinstance(said, (bool, np.bool_)) and bool(said))
            # no interrupt comes between these assignments
            self.stop, self.looked, self.asked = stop, [*self.looked, i], []
        except BaseException:
            self.asked = []
            for name, value in before.items():
                setattr(callback, name, value)
            if not again and Part.latest[0] is not settings:
                name = type(callback).__name__
                got = "one that was cut off after it had changed the model"
                self.torn = f"{name} to end its call, got {got}"
            raise
