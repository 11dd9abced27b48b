"""What is looked at during a `fit`: after an epoch the validation data, then the callbacks; between
two steps whether a file is due."""

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import cached_property
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np

from tinynet.base import Array, Part, checks
from tinynet.callbacks import Callback, ModelCheckpoint
from tinynet.callbacks.monitors import Monitor
from tinynet.metrics.epochs import Row
from tinynet.model.batches import Order
from tinynet.model.position import (
    Position,
    digest,
    ended,
    give_back,
    kept_by,
    packed,
    stateful,
    unpacked,
)
from tinynet.model.snapshot import Snapshot
from tinynet.net.history import Reporter


class Source(NamedTuple):
    """What a fit goes over: steps of an epoch and examples, 0 if nobody knows; of arrays the order
    of their examples; all data, with those that are held out."""

    steps: int
    m: int
    order: Order | None
    data: Sequence[Array]

    def described(self) -> dict[str, Any]:
        """What has to be the same if a fit goes on."""
        own = self.order.described() if self.order else {}
        return own | {"data": digest(self.data)}


class Watch(Reporter):
    """Around a training of the model. `measure` gives the cost and the metrics on the validation
    data, which go into the epoch's row as "val_loss" and so on. With a position the training goes
    on from there."""

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
        # where a fit was left, before this one goes on and after it was left
        self.left, self.begun, self.stop = position, position, False
        self.started = self.steps_before = model.optimizer.steps
        if position is not None:
            self.first, self.stop = position.first, position.stop
            self.records = unpacked(position.records, position.sums)
        done = self.done
        self.told = {"model": model, "epochs": epochs, "done": done}
        self.told |= {"steps": source.steps, "m": source.m}
        # up to which epoch all have looked, and how many of them at the next
        self.done_before, self.looked_at, self.looked = done, done, 0

    def __enter__(self) -> Self:
        with ExitStack() as begun:
            # the last to begin is the first to end
            for each in (self.saving, self.callbacks):
                for callback in each:
                    self.begin(callback, begun)
                if each is self.saving:
                    begun.push(self.leave)
            self.every = self.epochs_between() or self.every
            self.ends = begun.pop_all()
        vars(self.model).update(_fit=self, _position=None)
        return self

    def begin(self, callback: Callback, begun: ExitStack) -> None:
        vars(callback).update(self.told)
        callback.on_train_begin()
        begun.callback(callback.on_train_end)
        for name in callback.kept or ():
            if not hasattr(callback, name):
                who, cure = type(callback).__name__, f"self.{name} = ... in on_train_begin"
                checks.refuse(who, "an attribute for each name in kept", f"none for {name}", cure)

    def go_on(self) -> None:
        """Let everything stand where the fit was left, and finish the look that was begun."""
        position = self.left
        if position is not None:
            give_back(self.model.who, position, self.callbacks)
            if position.moment is not None:
                position.moment()
            if self.source.order is not None and position.order is not None:
                self.source.order.again(len(self.history) + 1, position.order)
            if position.looked is not None:
                self.looked_at, self.looked = self.done - 1, position.looked
        self.started = self.model.optimizer.steps
        self.steps_before = self.started - len(self.records)
        self.left = None  # from here on it is this one that is left
        if self.looked_at < self.done:
            self.look(self.done)

    def epochs_between(self) -> int:
        """After how many epochs somebody looks; 0 if nobody does."""
        each = [checks.count(type(c).__name__, "every", c.every) for c in self.callbacks]
        return math.gcd(*each, *[1] * (self.measure is not None))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None:
            left = self.position()
            if left.moment is None and stateful(self.callbacks):  # which may change weights now
                left = left._replace(moment=Snapshot(self.model))
            begun = left.order is not None or left.steps != self.started
            self.left = left if begun or self.begun else None
        self.ends.close()

    def leave(self, kind: Any, error: Any, traceback: Any) -> None:
        """After the callbacks' ends: what the next fit may go on from."""
        if self.model._fit is not self:  # it did not begin
            return
        if kind is not None:  # it was cut off at its very end
            self.left = self.position()
        elif self.left is None and self.stop:
            self.left = ended(self.first, self.model.optimizer.steps)
        vars(self.model).update(_fit=None, _position=self.left)
        self.source = self.source._replace(data=())  # lets go of a user's arrays
        self.measure = None

    @cached_property
    def described(self) -> dict[str, Any]:
        """What has to be the same if a fit goes on from here."""
        return self.source.described()

    def position(self) -> Position:
        """Where the training is."""
        if self.left is not None:
            return self.left
        n = self.source.steps if self.source.order else 2**31  # of other batches nobody knows
        order, looked = self.source.order, None
        steps = self.steps_before + len(self.records)
        if self.due() and self.looked_at < self.done:
            looked, steps = self.looked, self.model.optimizer.steps
        own = order.before() if order and order.drawn[0] == len(self.history) + 1 else None
        kept, source = kept_by(self.callbacks), self.described
        read = packed(self.unreported(n))
        return Position(self.first, steps, source, *read, own, looked, self.stop, kept, None)

    def room(self) -> int:
        return min((callback.room() for callback in self.saving), default=super().room())

    def due(self) -> bool:
        """Whether somebody looks after the last epoch."""
        return self.looks and (self.done % self.every == 0 or self.done == self.epochs)

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
            self.history.forget_columns()
        logs, before = dict(zip(names, numbers, strict=True)), Part.latest[0]
        last = epoch == self.epochs
        due = [callback for callback in self.callbacks if last or epoch % callback.every == 0]
        others = [callback for callback in self.callbacks if callback not in due]
        for i, callback in enumerate([*due, *others]):
            # all of those that are due look, even if one says stop, and then the others
            if i >= self.looked and (i < len(due) or self.stop):
                self.ask(callback, i + 1, epoch, logs)
        every = self.epochs_between() or self.every
        self.changed = not self.stop and Part.latest[0] is not before
        self.every, self.looked_at, self.looked = every, epoch, 0
        return self.stop or self.changed

    def ask(self, callback: Callback, i: int, epoch: int, logs: Mapping[str, float]) -> None:
        """Let the callback look, the i-th to do so. A call that is cut off will be made again, so
        what it keeps is then as it was before."""
        own = () if isinstance(callback, Monitor) else callback.kept or ()  # which knows by itself
        before = {name: copy.copy(getattr(callback, name)) for name in own}
        try:
            said = callback.on_epoch_end(epoch, logs)
            stop = self.stop or (isinstance(said, (bool, np.bool_)) and bool(said))
            # no interrupt comes between these assignments
            self.stop, self.looked = stop, i
        except BaseException:
            for name, value in before.items():
                setattr(callback, name, value)
            raise
