"""The base class of callbacks, which look at a training after each epoch."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tinynet.base import checks


class Callback:
    """What looks at a training after each epoch.

    `fit` sets some attributes: `model`; `epochs`, how many it does, with those that were done
    before it was cut off; `done`, these; `steps` of an epoch; `m`, the number of examples. It calls
    `on_train_begin`, after each epoch `on_epoch_end`, and at last, after an error or Ctrl-C too,
    `on_train_end`. A callback may have an `every` above 1: it is called after every so many epochs
    and after the last.

    `epoch` counts from 1 in each `fit`. `logs` are the numbers of the epoch by name: "loss", the
    metrics, and with validation data "val_loss" and so on. Whoever returns True stops the training;
    any other value does not. A callback may change weights and settings of the model: then it goes
    on as another `fit` would.

    `kept` names the attributes that a fit with `resume=True` needs: numbers, texts, None, arrays in
    C order, a `model.snapshot()`, lists of numbers and texts. They are set again after
    `on_train_begin`. A class that keeps none says `kept = ()`; one that says nothing is refused
    where a fit is resumed, or saved by a ModelCheckpoint. A call of `on_epoch_end` that Ctrl-C cut
    off is made again by the resumed fit, with these attributes as they were before it.
    """

    model: Any = None
    epochs, steps, m, done = 0, 0, 0, 0
    every = 1
    kept: Sequence[str] | None = None
    who: Any = "Callback"  # the name that errors use, unless a user's means something else by it

    def __init_subclass__(cls) -> None:
        if "who" not in vars(cls):
            cls.who = cls.__name__

    def on_train_begin(self) -> None:
        """Before the first step."""

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float]) -> Any:
        """After an epoch; True stops the training."""

    def on_train_end(self) -> None:
        """After the last step, whatever ended the training."""


class LambdaCallback(Callback):
    """Calls functions of one's own. What they remember is not kept for a resumed `fit`.

    >>> import numpy as np, tinynet as tn
    >>> model = tn.Sequential([tn.Dense(1)], seed=0)
    >>> model.compile("sgd")
    >>> low = tn.LambdaCallback(on_epoch_end=lambda epoch, logs: logs["loss"] < 1e-3)
    >>> X = np.arange(3.0)[np.newaxis]
    >>> len(model.fit(X, 2 * X, epochs=9999, callbacks=[low], verbose=0)) < 9999
    True
    """

    kept = ()

    def __init__(
        self,
        on_epoch_end: Callable[[int, Mapping[str, float]], Any] | None = None,
        on_train_begin: Callable[[], Any] | None = None,
        on_train_end: Callable[[], Any] | None = None,
    ) -> None:
        calls: dict[str, Any] = {"on_epoch_end": on_epoch_end, "on_train_begin": on_train_begin}
        calls["on_train_end"] = on_train_end
        given = {name: call for name, call in calls.items() if call is not None}
        for name, call in given.items():
            if not callable(call):
                got = checks.shown(call)
                checks.refuse("LambdaCallback", f"{name} as a function", got, error=TypeError)
        vars(self).update(given)
