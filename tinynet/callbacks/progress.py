"""ProgressBar: what `fit` prints."""

import sys
import time
from collections.abc import Mapping
from typing import Any

from tinynet.base.functions import readable
from tinynet.callbacks.base import Callback


class ProgressBar(Callback):
    """How far the training is. `fit` shows one, but for `verbose=0`, with which it prints nothing.

    It is a bar of tqdm's if that is installed, and its widget in a notebook; where the output is
    a file or a pipe, or without tqdm, some ten lines. The first line says how many steps an epoch
    has.
    """

    kept = ()
    bar: Any = None

    def on_train_begin(self) -> None:
        self.begun = time.monotonic()
        if self.done >= self.epochs:
            return
        what = f"{self.m:,} examples" if self.m else "batches of your own"
        steps = f", {self.steps:,} step{'s' * (self.steps != 1)} an epoch" if self.steps else ""
        said = what + steps
        if self.done:
            said += f"; it goes on after epoch {self.done}"
        if self.steps == 1 and self.m > 1000:
            more = f"{-(-self.m // 32):,}"
            said += f"; batch_size=32 would take {more}, and most nets then learn in fewer epochs"
        print(said, flush=True)
        self.bar = a_bar(self.epochs, self.done)

    @property
    def every(self) -> int:  # type: ignore[override]
        return max(1, -(-self.epochs // (100 if self.bar else 10)))

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float]) -> None:
        shown = [f"{name} {readable(number)}" for name, number in logs.items()]
        if self.bar:
            self.bar.set_postfix_str("  ".join(shown), refresh=False)
            self.bar.update(epoch - self.bar.n)
            return
        # a resumed fit may begin with the look at an epoch that was done before
        pace = (time.monotonic() - self.begun) / max(1, epoch - self.done)
        left = pace * (self.epochs - epoch)
        shown += [f"{left:.0f} s left"] if left >= 1 else []
        print("  ".join([f"epoch {epoch}/{self.epochs}", *shown]), flush=True)

    def on_train_end(self) -> None:
        if self.bar:
            self.bar.close()


def a_bar(epochs: int, done: int) -> Any:
    """A bar of tqdm's, if it is installed and somebody sees it."""
    if not sys.stderr.isatty() and "ipykernel" not in sys.modules:
        return None
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return None
    return tqdm(total=epochs, initial=done, unit="epoch")
