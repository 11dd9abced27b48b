"""What a training is to do, and what it reports of each epoch."""

from collections.abc import Sequence
from typing import Any

from tinynet.metrics.epochs import Reading, Row


class Reporter:
    """What a training is to do and what was read of it: the rows of `epochs` new epochs go into a
    history."""

    # whether somebody looks at the model after the last epoch, and after every how many; the mean
    # weight of an example, beside that of other batches; epochs that its history leaves out
    looks, everies, steps_before, weight, left_out = False, list[int](), 0, 1.0, 0

    def __init__(self, history: Any, epochs: int, batch: int = 1) -> None:
        # a History; the number of the first batch, and of the epochs that there were before
        self.history, self.epochs, self.batch, self.first = history, epochs, batch, len(history)
        # what was read of steps since so many of its epochs were done
        self.done_before, self.records = 0, list[Reading]()

    @property
    def done(self) -> int:
        """How many of its epochs are reported."""
        return len(self.history) - self.first

    def unreported(self, n: int) -> list[Reading]:
        """What was read of an epoch of n steps that is not whole yet."""
        return self.records[(self.done - self.done_before) * n :]

    def pause(self) -> int:
        """Between two steps, where somebody may look at the model; how many may be taken until they
        want to again."""
        return 2**31

    def __call__(self, rows: Sequence[Row]) -> bool:
        """Report these rows; returns whether to stop."""
        self.history.rows.extend(rows)
        return False
