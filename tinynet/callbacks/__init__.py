"""The names of the callbacks, which look at a training after each epoch. `base` has their base
class."""

from typing import Any

from tinynet.base import checks
from tinynet.callbacks.base import Callback, LambdaCallback
from tinynet.callbacks.checkpoint import ModelCheckpoint
from tinynet.callbacks.monitors import EarlyStopping, ReduceLROnPlateau
from tinynet.callbacks.progress import ProgressBar

__all__ = ["Callback", "EarlyStopping", "LambdaCallback", "ModelCheckpoint", "ProgressBar"]
__all__ += ["ReduceLROnPlateau"]


TOLD = {"epochs", "done", "steps", "m"}  # attributes that fit sets


def own_callbacks(who: str, callbacks: Any, verbose: bool) -> list[Callback]:
    """The callbacks of a fit, refused if they are anything but a list of them: with one
    ProgressBar, or none if it is not `verbose`."""
    if not isinstance(callbacks, (list, tuple)):
        cure = "callbacks=[tn.EarlyStopping()]"
        checks.refuse(who, "callbacks as a list", checks.shown(callbacks), cure, TypeError)
    for callback in callbacks:
        if not isinstance(callback, Callback):
            cure = checks.call_it(callback, "...") or "tn.LambdaCallback(on_epoch_end=...)"
            expected = "callbacks that are tn.Callback objects"
            checks.refuse(who, expected, checks.shown(callback), cure, TypeError)
        if isinstance(callback, ModelCheckpoint):
            asked = type(callback).on_epoch_end is not Callback.on_epoch_end
            if asked or callback.kept:
                expected = "no on_epoch_end, and nothing that is kept"
                got = "on_epoch_end" if asked else f"kept = {callback.kept!r}"
                cure = "nothing would look at it: write another callback"
                checks.refuse(type(callback).__name__, expected, got, cure)
        taken = sorted(TOLD & vars(callback).keys())
        if taken and "model" not in vars(callback):  # and so it was in no fit before
            expected = f"attributes of other names than {', '.join(taken)}"
            checks.refuse(type(callback).__name__, expected, "its own", "fit sets these")
        if isinstance(callback.kept, str):
            cure = f"kept = ({callback.kept!r},)"
            expected, got = "kept as a tuple of names", repr(callback.kept)
            checks.refuse(type(callback).__name__, expected, got, cure)
        for name in dir(callback):
            if name.startswith("on_") and name not in dir(Callback):
                expected = "methods on_train_begin, on_epoch_end and on_train_end"
                checks.refuse(type(callback).__name__, expected, name, "nothing would call it")
    bars = [callback for callback in callbacks if isinstance(callback, ProgressBar)]
    others = [callback for callback in callbacks if callback not in bars]
    return [*others, *(bars or [ProgressBar()])[: int(verbose)]]
