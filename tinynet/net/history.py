"""What training reports: one number per epoch for the cost and for each metric."""

from collections.abc import Sequence
from typing import Any

from tinynet.base.functions import readable
from tinynet.metrics.epochs import Reading, Row


class History:
    """`h.history["loss"]` is a list with a float per epoch; so is every metric's, NaN where it was
    not measured. `held_out` has the indices of the examples that `validation_split` held out.

    >>> h = History([(("loss",), (0.5,)), (("loss",), (0.25,))])
    >>> h.history, len(h), h
    ({'loss': [0.5, 0.25]}, 2, History(2 epochs, loss 0.250000))
    """

    def __init__(self, rows: Sequence[Row] = (), held_out: Any = None) -> None:
        self.rows = list(rows)  # extended by one call, which no interrupt can cut in two
        self.held_out = held_out
        self._columns: dict[str, list[float]] = {}  # of no rows, if a row was changed

    @property
    def history(self) -> dict[str, list[float]]:
        if len(self._columns.get("loss", [])) != len(self.rows) or not self._columns:
            epochs = [dict(zip(*row, strict=True)) for row in self.rows]
            names = dict.fromkeys(name for epoch in epochs for name in epoch)
            columns = {name: [epoch.get(name, float("nan")) for epoch in epochs] for name in names}
            self._columns = columns or {"loss": []}
        return self._columns

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        shown = [f"{n} {readable(a)}" for row in self.rows[-1:] for n, a in zip(*row, strict=True)]
        return f"History({', '.join([f'{len(self)} epochs', *shown])})"


class Reporter:
    """What a training is to do and what was read of it: the rows of `epochs` new epochs go into a
    history."""

    # whether somebody looks at the model after the last epoch, and after every how many; the mean
    # weight of an example, beside that of other batches; epochs that its history leaves out
    looks, everies, steps_before, weight, left_out = False, list[int](), 0, 1.0, 0

    def __init__(self, history: History, epochs: int, batch: int = 1) -> None:
        # the number of the first batch, and of the epochs that there were before
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
