"""Callbacks that watch one number: EarlyStopping and ReduceLROnPlateau."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from tinynet.base import Setting, checks
from tinynet.callbacks.base import Callback

BETTER = {"min": -1, "max": 1}
SMALL = {"loss", "mse", "mae", "mean_squared_error", "mean_absolute_error"}  # less is better
LARGE = {"accuracy", "precision", "recall", "f1", "roc_auc", "auc", "r2"}


def name_of_a_number(who: str, name: str, value: Any) -> str | None:
    if not isinstance(value, str | None):
        checks.refuse(who, f"{name} as a name", checks.shown(value), "patience=...", TypeError)
    return value


def direction(who: str, name: str, value: Any) -> str | None:
    if value is not None:
        checks.known(who, name, value, BETTER)
    return value  # type: ignore[no-any-return]


class Monitor(Callback):
    """Counts the epochs since a number was best.

    `monitor` is a name in the logs: by default "val_loss" with validation data, else "loss". Less
    is better with `mode="min"`, more with "max"; of the loss and of tinynet's metrics that is
    known, of others it is to be said. Neither NaN counts nor what is better by no more than
    `min_delta`; `patience` epochs without any number at all are an error. With an `every` above 1
    those are counted that it looks at.
    """

    kept: Sequence[str] = ("best", "waited", "seen")
    monitor, mode = Setting(name_of_a_number), Setting(direction)
    patience, min_delta = Setting(checks.count), Setting(checks.real, "[0, inf)")

    def __init__(
        self, monitor: str | None, patience: int, min_delta: float, mode: str | None
    ) -> None:
        self.monitor, self.mode = monitor, mode
        self.patience, self.min_delta = patience, min_delta

    def on_train_begin(self) -> None:
        self.best: float | None = None
        self.waited, self.seen = 0, 0
        self.sign()  # or an error

    def sign(self) -> int:
        """1 if more is better, -1 if less is."""
        name = (self.monitor or "loss").removeprefix("val_")
        if self.mode is None and name not in SMALL | LARGE:
            own = f"{self.monitor!r}, which is none of tinynet's numbers"
            expected = f'mode="min" or mode="max" for {own}'
            checks.refuse(self.who, expected, None, "is less better, or more?")
        return BETTER[self.mode or ("min" if name in SMALL else "max")]

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float]) -> Any:
        name = self.monitor or ("val_loss" if "val_loss" in logs else "loss")
        if name not in logs:
            cure = "fit takes validation_data, compile takes metrics"
            expected = f"monitor to be one of {', '.join(logs)}"
            checks.refuse(self.who, expected, repr(name), cure)
        if epoch != self.seen:  # a call that was cut off is made again
            value, sign, best, waited = logs[name], self.sign(), self.best, self.waited + 1
            first = best is None and not math.isnan(value)
            if first or (best is not None and sign * value > sign * best + self.min_delta):
                best, waited = value, 0
            if best is None and waited >= self.patience:
                got = f"{logs[name]} in each of {waited} epochs"
                checks.refuse(self.who, f"numbers in {name}", got, "monitor=... looks at another")
            new = {"best": best, "waited": waited, "seen": epoch} | self.noted(epoch, waited)
            vars(self).update(new)  # which no interrupt can cut in two
        return self.act()

    def noted(self, epoch: int, waited: int) -> dict[str, Any]:
        """Attributes to set after an epoch, the best so far or so many after it."""
        checks.unwritten(self.who, "noted")

    def act(self) -> Any:
        """Do what is to be done after the epoch; True stops the training."""
        checks.unwritten(self.who, "act")


class EarlyStopping(Monitor):
    """Stop when a number was not better for `patience` epochs.

    However the training ends, at the last epoch and by Ctrl-C too, the model goes back to its best
    epoch: parameters, the optimizer's slots and count, and the layers' state. `best_epoch` says
    which. The History keeps all epochs, and a schedule by epochs counts these. A "loss" is that
    before the epoch's updates, a "val_loss" that after them. See `Monitor` for the other arguments.

    >>> import tinynet as tn
    >>> X, Y = tn.data.moons(200, seed=0)
    >>> model = tn.Sequential([tn.Dense(8, "tanh"), tn.Dense(1, "sigmoid")], seed=0)
    >>> model.compile(tn.Adam(0.05))
    >>> stop = tn.EarlyStopping(patience=20)
    >>> history = model.fit(X, Y, 5000, validation_split=0.25, callbacks=[stop], verbose=0)
    >>> len(history) == stop.best_epoch + 20
    True
    """

    kept = *Monitor.kept, "best_epoch", "back"

    def __init__(
        self,
        monitor: str | None = None,
        patience: int = 10,
        min_delta: float = 0.0,
        mode: str | None = None,
    ) -> None:
        super().__init__(monitor, patience, min_delta, mode)

    def on_train_begin(self) -> None:
        super().on_train_begin()
        self.best_epoch, self.back = 0, None

    def noted(self, epoch: int, waited: int) -> dict[str, Any]:
        return {} if waited else {"best_epoch": epoch, "back": self.model.snapshot()}

    def act(self) -> Any:
        return self.waited >= self.patience

    def on_train_end(self) -> None:
        if self.back is not None:
            self.back()
        self.back = None  # it holds the model's arrays


class ReduceLROnPlateau(Monitor):
    """Multiply the learning rate by `factor` when a number was not better for `patience` epochs,
    and wait again; never below `min_learning_rate`. See `Monitor` for the other arguments.

    >>> import numpy as np, tinynet as tn
    >>> model = tn.Sequential([tn.Dense(1)], seed=0)
    >>> model.compile(tn.SGD(0.4))
    >>> slow = tn.ReduceLROnPlateau(factor=0.5, patience=3)
    >>> _ = model.fit(np.ones((1, 4)), [0, 1, 2, 3], 50, callbacks=[slow], verbose=0)
    >>> model.optimizer.learning_rate < 0.4
    True
    """

    kept = *Monitor.kept, "rate"
    factor = Setting(checks.real, "(0, 1)")
    min_learning_rate = Setting(checks.real, "[0, inf)")

    def __init__(
        self,
        monitor: str | None = None,
        factor: float = 0.1,
        patience: int = 10,
        min_delta: float = 1e-4,
        mode: str | None = None,
        min_learning_rate: float = 0.0,
    ) -> None:
        super().__init__(monitor, patience, min_delta, mode)
        self.factor, self.min_learning_rate = factor, min_learning_rate

    def on_train_begin(self) -> None:
        super().on_train_begin()
        self.rate, rate = None, self.model.optimizer.learning_rate  # a new one, if it is time
        if not isinstance(rate, float):
            expected = "a learning rate that is a number"
            checks.refuse(self.who, expected, repr(rate))

    def noted(self, epoch: int, waited: int) -> dict[str, Any]:
        if waited < self.patience:
            return {"rate": None}
        now = self.model.optimizer.learning_rate
        rate = max(self.factor * now, self.min_learning_rate)
        return {"waited": 0, "rate": rate if 0 < rate < now else None}

    def act(self) -> Any:
        if self.rate is not None:
            self.model.optimizer.learning_rate = self.rate
