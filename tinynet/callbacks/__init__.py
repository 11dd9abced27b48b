"""The names of the callbacks, which look at a training after each epoch. `base` has their base
class."""

from collections.abc import Sequence
from typing import Any

from tinynet.base import checks
from tinynet.callbacks.base import Callback, LambdaCallback
from tinynet.callbacks.monitors import EarlyStopping, ReduceLROnPlateau

__all__ = ["Callback", "EarlyStopping", "LambdaCallback", "ReduceLROnPlateau"]


def require_callbacks(who: str, callbacks: Any) -> Sequence[Callback]:
    """Refuse anything but a list of callbacks."""
    if not isinstance(callbacks, (list, tuple)):
        cure = "callbacks=[tn.EarlyStopping()]"
        checks.refuse(who, "callbacks as a list", checks.shown(callbacks), cure, TypeError)
    for callback in callbacks:
        if not isinstance(callback, Callback):
            cure = checks.call_it(callback, "...") or "tn.LambdaCallback(on_epoch_end=...)"
            expected = "callbacks that are tn.Callback objects"
            checks.refuse(who, expected, checks.shown(callback), cure, TypeError)
    return callbacks
