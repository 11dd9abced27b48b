"""How long a training takes."""

import time
from collections.abc import Mapping

from tinynet.callbacks import Callback

LONG = 0.2  # seconds of an epoch


class Pace(Callback):
    """Says after the first epoch how long all of them take, if that is long."""

    kept = ()

    def on_train_begin(self) -> None:
        self.begun = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float]) -> None:
        if epoch == 1:
            each = time.monotonic() - self.begun
            if each > LONG:
                said = f"all {self.epochs} of them some {duration(each * self.epochs)}"
                print(f"an epoch takes {each:.1f} s, {said}; it stops before if it gets no better")
            self.every = self.epochs  # it has said it, and is not asked again before the end


def duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} minutes"
