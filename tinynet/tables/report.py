"""How well a model does on the rows that were held out, beside a guess that needs no model."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from tinynet import plots
from tinynet.base import Array

WORST = 5  # residuals that are shown
LARGE = {"accuracy", "R2"}  # more is better
WIDEST = 12  # classes of a confusion matrix that is printed


class Report:
    """What a model said of rows that it was not trained on. `scores` has the numbers, `print` shows
    them, `draw(path)` makes a picture of them.

    Of classes: the accuracy. Of a number: R2 = 1 - sum (true - predicted)^2 / sum (true - mean)^2,
    and the mean absolute error. Beside each is the baseline's, which always says the class that
    most examples of the training have, or their mean.
    """

    def __init__(
        self, target: Any, rows: Array, true: Array, predicted: Array, known: Array, history: Any
    ) -> None:
        # the rows' numbers in the table; known are the targets of the rows that were trained on
        self.target, self.rows, self.true, self.predicted = target, rows, true, predicted
        self.history, self.scores = history, dict[str, float]()
        if target.classes:
            counts = np.bincount(known.astype(int), minlength=len(target.classes))
            self.majority = int(counts.argmax())
            baseline = np.full(len(true), self.majority)
        else:
            baseline = np.full(len(true), known.mean())
        for prefix, found in (("", predicted), ("baseline ", baseline)):
            for name, score in measured(true, found, bool(target.classes)):
                self.scores[prefix + name] = score

    def __str__(self) -> str:
        classes, shown = self.target.classes, list[str]()
        guess = f"always {classes[self.majority]}" if classes else "always the mean"
        for name, score in self.scores.items():
            if not name.startswith("baseline "):
                other = self.scores[f"baseline {name}"]
                texts = score_text(name, score), score_text(name, other)
                shown.append(f"  {name} {texts[0]} ({guess}: {texts[1]})")
                if name in LARGE and score <= other:
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
        pairs = n * self.true.astype(int) + self.predicted
        return np.bincount(pairs, minlength=n * n).reshape(n, n)

    def _worst(self) -> list[str]:
        """The largest residuals."""
        worst = np.argsort(-np.abs(self.true - self.predicted), kind="stable")[:WORST]
        pairs = [(self.rows[i], self.true[i], self.predicted[i]) for i in worst]
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
            plots.predicted(self.true, self.predicted, ax=right, title=self.target.name)
        plots.save(figure, path)


def measured(true: Array, predicted: Array, classes: bool) -> Iterator[tuple[str, float]]:
    """The scores by their names."""
    if classes:
        yield "accuracy", float(np.mean(predicted == true))
        return
    if spread := np.ptp(true):  # by which all is divided: squares of 1e-200 are 0
        left, own = (true - predicted) / spread, (true - true.mean()) / spread
        yield "R2", float(1 - left.dot(left) / own.dot(own))
    yield "mean absolute error", float(np.abs(true - predicted).mean())


def score_text(name: str, score: float) -> str:
    """A score; an error in at most four digits."""
    return f"{score:.3f}" if name in LARGE else f"{float(f'{score:.4g}'):.10g}"
