"""How well a model does on the rows that were held out, beside a guess that needs no model."""

from typing import Any

import numpy as np

from tinynet import plots
from tinynet.base import Array
from tinynet.metrics import confusion_matrix

WORST = 5  # residuals that are shown
GUESS = {True: " of the commonest class", False: " of the mean"}
BEST = {"accuracy", "R2"}  # the first that is said
WIDEST = 12  # classes of a confusion matrix that is printed


class Report:
    """What a model said of rows that it was not trained on. `scores` has the numbers, `print` shows
    them, `draw(path)` makes a picture of them.

    Of classes: the accuracy, and that of always saying the commonest class. Of a number: R2 and the
    mean absolute error, and those of always saying the mean.
    """

    def __init__(
        self, target: Any, rows: Array, true: Array, said: Array, known: Array, history: Any
    ) -> None:
        # the rows' numbers in the table; known are the targets of the rows that were trained on
        self.target, self.rows, self.true, self.said = target, rows, true, said
        self.history, self.scores = history, dict[str, float]()
        if target.classes:
            counts = np.bincount(known.astype(int), minlength=len(target.classes))
            self.commonest = int(counts.argmax())
            self.scores["accuracy"] = float(np.mean(said == true))
            self.scores[f"accuracy{GUESS[True]}"] = float(np.mean(true == self.commonest))
        else:
            mean = np.full(len(true), known.mean())
            for name, found in (("", said), (GUESS[False], mean)):
                if spread := np.ptp(true):  # so that no square is lost
                    left, own = (a / spread for a in (true - found, true - true.mean()))
                    self.scores[f"R2{name}"] = float(1 - left.dot(left) / own.dot(own))
                self.scores[f"mean absolute error{name}"] = float(np.abs(true - found).mean())
        self.scores["rows"] = float(len(true))

    def __str__(self) -> str:
        classes, shown = self.target.classes, list[str]()
        guess = f"always {classes[self.commonest]}" if classes else "always the mean"
        for name, score in self.scores.items():
            other = self.scores.get(name + GUESS[bool(classes)])
            if other is not None:
                shown.append(f"  {name} {readable(name, score)} ({guess}: {readable(name, other)})")
                if name in BEST and score <= other:
                    shown.append("  no better than that: the columns may not tell the target")
        where = f"on {len(self.true):,} rows that it was not trained on:"
        return "\n".join([where, *shown, *(self._confused() if classes else self._worst())])

    def _confused(self) -> list[str]:
        """The confusion matrix, a row for each class."""
        names, counts = self.target.classes, self.confusion
        if len(names) > WIDEST:
            return []
        wide = max(len("is"), *(len(name) for name in names))
        widths = [max(len(name), 6) for name in names]
        head = "  ".join(f"{name:>{w}}" for name, w in zip(names, widths, strict=True))
        lines = [f"  {'is':<{wide}}  said to be", f"  {'':<{wide}}  {head}"]
        for i, name in enumerate(names):
            own = "  ".join(f"{n:>{w}}" for n, w in zip(counts[i], widths, strict=True))
            lines.append(f"  {name:<{wide}}  {own}")
        return lines

    @property
    def confusion(self) -> Array:
        """How many rows of a class (a row) were said to be of each class (a column)."""
        n = len(self.target.classes)
        every = np.arange(n)  # so that each has its place, whatever came
        true, said = (np.append(a, every).astype(int) for a in (self.true, self.said))
        return confusion_matrix(true, said).astype(int) - np.eye(n, dtype=int)

    def _worst(self) -> list[str]:
        """The largest residuals."""
        worst = np.argsort(-np.abs(self.true - self.said), kind="stable")[:WORST]
        pairs = [(self.rows[i], self.true[i], self.said[i]) for i in worst]
        shown = [f"  row {row}: {true:.6g}, said to be {said:.6g}" for row, true, said in pairs]
        return ["  the largest residuals:", *shown]

    def draw(self, path: Any) -> None:
        """Write a picture: the cost, and the confusion or what is predicted. Needs the extra
        `plot`."""
        figure, (left, right) = plots.figure(2)
        plots.curve(self.history, ax=left, title="cost")
        if self.target.classes:
            plots.confusion(self.confusion, self.target.classes, ax=right)
        else:
            plots.predicted(self.true, self.said, ax=right, title=self.target.name)
        figure.savefig(path, dpi=80)


def readable(name: str, score: float) -> str:
    """A score; an error in at most four digits."""
    return f"{score:.3f}" if name in BEST else f"{float(f'{score:.4g}'):.10g}"
