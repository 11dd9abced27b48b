"""Where a `fit` stands: at any moment, when it is left, and after its callbacks' ends."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinynet.callbacks import Callback, ModelCheckpoint
from tinynet.metrics import summed
from tinynet.model.batches import Source
from tinynet.model.kept import CallbackState, kept_by, plain_arguments, stateful, torn_by
from tinynet.model.position import Position, packed, unpacked
from tinynet.model.snapshot import Snapshot
from tinynet.net.reporter import Reporter


def may_move(callback: Callback) -> bool:
    """Whether its begin or its end may move weights: it is a user's own."""
    calls = callback.on_train_begin, callback.on_train_end
    return any(not str(getattr(f, "__module__", "")).startswith("tinynet.") for f in calls)


class Standing(Reporter):
    """A training of the model, as far as another fit needs to know it to go on. `measure` gives the
    cost and the metrics on the validation data. With a position it goes on from there."""

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
        # where a fit was left, before this one goes on and after it was left
        self.left, self.begun = position, position
        # "runs", until it is left; then it "notes" where, then it "ends", which may have "failed"
        self.phase = "runs"
        # whether the last step is done; whether it is known where it was left; else why
        self.over, self.placed, self.torn = False, False, ""
        # what callbacks keep, and where the training stands, before ends that may move it
        self.before: tuple[Sequence[CallbackState], Snapshot] | None = None
        self.fingerprint = ""  # of the model when it was left
        self.made = [plain_arguments(callback) for callback in stateful(self.callbacks)]
        self.started = self.steps_before = model.optimizer.steps
        self.stop = position is not None and position.stop
        if position is not None:
            self.first = position.first
            self.records = unpacked(position.records, position.sums)
        # how many epochs were done, and whether a user's own begin or end may move weights
        self.begun_at, self.moving = self.done, any(map(may_move, callbacks))
        # up to which epoch all have looked; which have at the next, and which one does now
        self.done_before, self.looked_at = self.done, self.done
        self.looked, self.asked = list[int](), list[int]()
        # what the last of them said; how often weights were set or brought back
        self.said: Any = None
        self.touched = 0

    @property
    def stopped(self) -> bool:
        """Whether somebody said stop."""
        return self.stop or (isinstance(self.said, (bool, np.bool_)) and bool(self.said))

    @property
    def moved(self) -> bool:
        """Whether a step was taken; a callback may have set the count back."""
        return self.done != self.begun_at or self.model.optimizer.steps != self.started

    def due(self) -> bool:
        """Whether somebody looks after the last epoch."""
        last = self.done == self.epochs
        return self.looks and (last or any(self.done % n == 0 for n in self.everies))

    def position(self) -> Position:
        """Where the training is."""
        if self.left is not None:
            return self.left
        if self.over and self.phase == "ends":
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
            stop=self.stopped,
            callbacks=[] if torn else kept,
            torn=torn,
            fingerprint=self.fingerprint,
            moment=moment,
        )

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

    def unmarked(self) -> str:
        """What a second interrupt has prevented."""
        left = self.phase != "runs" and not self.over and not self.fingerprint
        return "a place to go on from, got an interrupt while it was noted" if left else ""

    def unread(self) -> str:
        """What an error in a metric has left out of the last epoch."""
        if not self.done:
            return ""
        missing = sorted(summed(self.model._metrics).keys() - self.history.rows[-1][0])
        return f"{', '.join(missing)} of epoch {self.done}, got an error of it" if missing else ""
