"""What is looked at after each epoch of a `fit`: the validation data, then the callbacks."""

import math
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

import numpy as np

from tinynet.base import Part, checks
from tinynet.callbacks import Callback


class Watch:
    """Around a training; called after each of its epochs. `measure` gives the cost and the metrics
    on the validation data, which go into the epoch's row as "val_loss" and so on."""

    def __init__(
        self,
        model: Any,
        callbacks: Sequence[Callback],
        measure: Callable[[], dict[str, float]] | None,
        epochs: int,
        steps: int,
        m: int,
    ) -> None:
        self.model, self.callbacks, self.measure = model, callbacks, measure
        self.told = {"model": model, "epochs": epochs, "steps": steps, "m": m}
        self.changed = False  # whether a setting was changed after the last epoch

    def __enter__(self) -> Self:
        with ExitStack() as begun:
            for callback in self.callbacks:
                vars(callback).update(self.told)
                callback.on_train_begin()
                begun.callback(callback.on_train_end)
            self.every = self.epochs_between()
            self.begun = begun.pop_all()
        return self

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
        self.begun.close()

    def __call__(self, epoch: int) -> bool:
        """Look at the epoch; whether to stop, or to go on as another `fit` would, since a setting
        has changed."""
        rows = self.model.history.rows
        names, numbers = rows[-1]
        if self.measure is not None:
            found = self.measure()
            names = *names, *(f"val_{name}" for name in found)
            numbers = *numbers, *found.values()
            rows[-1] = names, numbers
            self.model.history.forget_columns()
        logs, before = dict(zip(names, numbers, strict=True)), Part.latest[0]
        last = epoch == self.told["epochs"]
        due = [callback for callback in self.callbacks if last or epoch % callback.every == 0]
        # all of them look, even if one says stop
        said = [callback.on_epoch_end(epoch, logs) for callback in due]
        stop = any(isinstance(one, (bool, np.bool_)) and one for one in said)
        for callback in self.callbacks if stop else ():
            if callback not in due:
                callback.on_epoch_end(epoch, logs)
        self.every = self.epochs_between()
        self.changed = not stop and Part.latest[0] is not before
        return stop or self.changed
