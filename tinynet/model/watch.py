"""What is looked at during a `fit`: after an epoch the validation data, then the callbacks; between
two steps whether a file is due."""

import copy
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from types import MappingProxyType, TracebackType
from typing import Any, ClassVar

from tinynet.base import Part, checks
from tinynet.callbacks import Callback, EarlyStopping, ModelCheckpoint, ReduceLROnPlateau
from tinynet.metrics.epochs import Row
from tinynet.model.kept import kept_by, stateful
from tinynet.model.resume import give_back
from tinynet.model.snapshot import (
    Snapshot,
    as_now,
    fingerprint,
    marks,
    settings_of,
    watched,
    work_of,
)
from tinynet.model.standing import Standing

CUT_OFF = object()  # what a call has said that did not end


class Watch(Standing):
    """Around a training of the model: its callbacks' begins and ends, and after an epoch the
    validation data, which go into its row as "val_loss" and so on, and the callbacks."""

    running: ClassVar[Sequence["Watch"]] = ()  # of fits in this process, with their ends

    def __init__(self, *of_a_fit: Any) -> None:
        super().__init__(*of_a_fit)
        # whether a setting was changed after the last epoch; whether numbers were not finite
        self.changed, self.broken = False, False
        self.watched: Any = None  # what is looked at for that
        self.told: dict[str, Any] = {"model": self.model, "epochs": self.epochs}
        self.told |= {"done": self.done, "steps": self.source.steps, "m": self.source.m}

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
        self.over, self.placed, self.phase = kind is None, kind is None, "notes"
        self.broken = kind is FloatingPointError
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
                self.phase = "ends"
                self.ends.close()
            except BaseException:  # perhaps before all of them were called
                self.phase = "failed"
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
        if self.phase == "runs" or not self.placed:  # it did not begin, or is torn
            return
        if kind is not None:  # it was cut off at its very end
            self.phase = "failed"
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

    def save(self, callback: ModelCheckpoint) -> None:
        """At the very end, if something has happened."""
        if self.phase == "runs":  # it did not begin
            return
        # an earlier file can go on, or has weights that have not exploded
        worse = self.broken or (self.left is not None and self.left.torn)
        if self.model._fit is None and not worse and (self.moved or self.begun is not None):
            callback.on_train_end()

    def pause(self) -> int:
        for callback in self.saving:
            callback.save_if_due()
        return min((callback.steps_left() for callback in self.saving), default=super().pause())

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
        self.watched = self.watched or watched(self.model)
        before = Part.latest[0], self.touched, marks(self.watched)
        last, places = epoch == self.epochs, range(len(self.callbacks))
        due = [i for i in places if last or epoch % self.callbacks[i].every == 0]
        others = [i for i in places if i not in due]
        for i in [*due, *others]:
            # all of those that are due look, even if one says stop, and then the others
            if i not in self.looked and (i in due or self.stop):
                self.ask(i, epoch, logs)
        everies = self.epochs_between()
        same = before == (Part.latest[0], self.touched, marks(self.watched))
        self.changed = not self.stop and not same
        if self.changed:  # a step count that was set back, too
            self.watched, steps = None, self.model.optimizer.steps
            self.done_before, self.records, self.steps_before = epoch, [], steps
        self.everies, self.looked_at, self.looked = everies, epoch, []
        return self.stop or self.changed

    def ask(self, i: int, epoch: int, logs: Mapping[str, float]) -> None:
        """Let the i-th callback look. A call that is cut off will be made again, so what it keeps
        is then as it was before."""
        callback, latest, by_hand = self.callbacks[i], Part.latest[0], self.set_by_hand()
        again = type(callback) in (EarlyStopping, ReduceLROnPlateau)  # which know of a second call
        own = () if again else callback.kept or ()
        before = {name: copy.copy(getattr(callback, name)) for name in own}
        self.said = CUT_OFF
        try:
            self.asked = [i]
            self.said = callback.on_epoch_end(epoch, MappingProxyType(logs))  # all see the same
            # no interrupt comes between these assignments
            self.stop, self.looked, self.asked = self.stopped, [*self.looked, i], []
        except BaseException:
            if self.said is CUT_OFF:
                self.asked = []
                for name, value in before.items():
                    setattr(callback, name, value)
                if not (again or (by_hand == self.set_by_hand() and self.unset(latest))):
                    name = type(callback).__name__
                    got = "one that was cut off after it had set something"
                    self.torn = f"{name} to end its call, got {got}"
            raise

    def set_by_hand(self) -> tuple[int, list[float]]:
        """How often weights were, and the numbers of the optimizer."""
        _, optimizers, _ = self.watched
        return self.touched, [float(p) for one in optimizers for p in one.params.values()]

    def unset(self, latest: object) -> bool:
        """Whether no setting of the model was set since that was the latest of any part. In a net
        with a user's part nobody knows which part it was."""
        if Part.latest[0] is latest:
            return True
        unchanged: bool = self.model._training.unchanged(work_of(self.model))
        return unchanged
