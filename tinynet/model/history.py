"""What training reports: one number per epoch for the cost and for each metric."""

from collections.abc import Sequence
from typing import Any

from tinynet.base import html
from tinynet.base.functions import readable
from tinynet.metrics.epochs import Row

SHOWN = 5  # epochs of the beginning, and of the end, in a table


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
        self._columns: dict[str, list[float]] = {}  # as last made; {} after a row was changed

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

    def _repr_html_(self) -> str:
        """A table of the first epochs and the last, for notebooks."""
        columns, n = self.history, len(self)
        shown = [i for i in range(n) if i < SHOWN or i >= n - SHOWN]
        rows = [[i + 1, *(readable(own[i]) for own in columns.values())] for i in shown]
        if n > len(shown):
            rows.insert(SHOWN, ["..."] * (1 + len(columns)))
        return html.table(f"{n} epoch{'s' * (n != 1)}", ["epoch", *columns], rows)
