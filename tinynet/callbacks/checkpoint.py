"""ModelCheckpoint: the model in a file while it trains."""

import os
import time
from typing import Any

from tinynet.base import Setting, checks
from tinynet.callbacks.base import Callback


def count(who: str, name: str, value: Any) -> int | None:
    return None if value is None else checks.count(who, name, value)


def seconds(who: str, name: str, value: Any) -> float | None:
    return None if value is None else checks.real(who, name, value, "[0, inf)")


class ModelCheckpoint(Callback):
    """Save the model to a file after so many batches, or so many seconds, whichever comes first,
    and at the end of the training, by Ctrl-C too, but not where it ended since a cost was not
    finite. From the first save on the path has a whole file at any moment.

    A file says where in its epoch the training is, and what the other callbacks have counted. So
    `tn.load(path).fit(X, Y, epochs=N, resume=True)` goes on, and ends with the numbers of a
    training that nobody cut off. A time is looked at between chunks of at most 64 steps.

    >>> import os, tempfile, tinynet as tn
    >>> X, Y = tn.data.moons(200, seed=0)
    >>> path = os.path.join(tempfile.mkdtemp(), "net.safetensors")
    >>> model = tn.Sequential([tn.Dense(8, "tanh"), tn.Dense(1, "sigmoid")], seed=0)
    >>> model.compile()
    >>> save = tn.ModelCheckpoint(path, every_batches=100)
    >>> _ = model.fit(X, Y, 20, batch_size=32, callbacks=[save], verbose=0)
    >>> len(tn.load(path).fit(X, Y, 30, batch_size=32, resume=True, verbose=0))
    10
    """

    kept = ()
    path = Setting(checks.path)
    every_batches, every_seconds = Setting(count), Setting(seconds)

    def __init__(
        self, path: Any, every_batches: int | None = None, every_seconds: float | None = 60.0
    ) -> None:
        self.path = path
        self.every_batches, self.every_seconds = every_batches, every_seconds

    def on_train_begin(self) -> None:
        path = os.path.realpath(self.path)
        folder, name = os.path.split(path)
        if not os.path.isdir(folder) or not os.access(folder, os.W_OK):
            checks.refuse(self.who, "a path in a folder that can be written", repr(self.path))
        if not name or (os.path.exists(path) and not os.path.isfile(path)):
            checks.refuse(self.who, "the path of a file", repr(self.path))
        self.saved_steps: int | None = None  # of the optimizer, when it was saved last

    def save_if_due(self) -> None:
        """Save the model after so many batches, or so many seconds."""
        steps, now = self.model.optimizer.steps, time.monotonic()
        if self.saved_steps is None:
            self.saved_steps, self.saved_at = steps, now
        overdue = self.every_seconds is not None and now - self.saved_at >= self.every_seconds
        if steps != self.saved_steps and (overdue or self.steps_left() <= 0):
            self.model.save(self.path)
            self.saved_steps, self.saved_at = steps, time.monotonic()

    def steps_left(self) -> int:
        """How many steps may be taken until it is due."""
        if self.every_batches is None or self.saved_steps is None:
            return 2**31
        taken = self.model.optimizer.steps - self.saved_steps
        # less than none are taken if another callback went back
        return self.every_batches - taken if taken >= 0 else 0

    def on_train_end(self) -> None:
        self.model.save(self.path)
