"""The column that is predicted: classes, or a number."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tinynet.base import Array, checks
from tinynet.layers import Dense, Layer, Standardize
from tinynet.tables.columns import NOTHING, Column, listed, number_of
from tinynet.tables.taken import case_said, count_of, require_clean, require_no_date

CLASSES = 10  # whole numbers that are taken for classes


class Target(NamedTuple):
    """The column that is predicted: its classes, or None for a number."""

    name: str
    classes: Sequence[str] | None

    def layers(self, units: int) -> list[Layer]:
        """A net for it."""
        hidden = [Standardize(), Dense(units, "relu")]
        if self.classes is None:
            return [*hidden, Dense(1), Standardize(invert=True)]
        return [*hidden, Dense(self.width, "sigmoid" if self.width == 1 else "softmax")]

    @property
    def width(self) -> int:
        """How many outputs there are: one for a number and for two classes."""
        n = len(self.classes or [])
        return n if n > 2 else 1

    def predicted(self, A: Array) -> Array:
        """What outputs A (m, width) say: numbers, or the number of the class."""
        if self.classes is None:
            return A[:, 0]
        return A.argmax(axis=1) if self.width > 1 else (A[:, 0] > 0.5).astype(int)

    def of(self, A: Array) -> Array:
        """What outputs say as values of the column."""
        found = self.predicted(A)
        return found if self.classes is None else self.values[found]

    def probabilities(self, A: Array) -> Array:
        """The probability of each class (m, n_classes)."""
        return A if self.width > 1 else np.hstack([1 - A, A])

    def numbers(self, who: str, column: Column) -> Array:
        """The targets of a column: numbers, or the numbers of the classes; NaN where one is
        missing."""
        if self.classes is None:
            require_numbers(who, column)
            return column.numbers
        names, codes = column.codes
        known = {name: i for i, name in enumerate(self.classes)} | {NOTHING: np.nan}
        for name in names:
            if name not in known:
                row = column.row(int((codes == names.index(name)).argmax()))
                expected = f"{self.name} in row {row} as one of {listed(self.classes)}"
                checks.refuse(who, expected, repr(name))
        return np.array([known[name] for name in names])[codes]

    @property
    def values(self) -> Array:
        """The classes in the type that they came in: whole numbers, True and False, or texts."""
        names = list(self.classes or [])
        if {*names} == {"False", "True"}:
            return np.array([False, True])
        whole = all(re.fullmatch(r"-?(0|[1-9]\d{0,17})", name) for name in names)
        return np.array([int(name) for name in names] if whole else names)

    def __str__(self) -> str:
        if self.classes is None:
            return f"{self.name}, a number"
        return f"{self.name}, {len(self.classes)} classes: {listed(self.classes)}"


def target_of(who: str, column: Column, classes: bool | None) -> tuple[Target, Array, str]:
    """What a target is, its numbers, NaN where one is missing, and a few words on it."""
    said = column.distinct
    if not said:
        checks.refuse(who, f"{column.name} with values", "no values in it")
    if len(said) == 1:
        nothing = "or nothing " * column.gaps
        cure = "write a word where there is nothing, such as no" if nothing else ""
        checks.refuse(
            who, f"a {column.name} that differs", f"{said[0]!r} {nothing}in each row", cure
        )
    if classes is None:
        require_no_date(who, column)
        if not column.is_numbers:
            require_clean(who, column)
        few = len(said) <= CLASSES and all(number_of(value).is_integer() for value in said)
        classes = not column.is_numbers or few
    return (of_classes if classes else of_numbers)(who, column)


def require_numbers(who: str, column: Column) -> None:
    if column.odd:
        got = f"{column.odd[1]!r} in row {column.odd[0]}"
        checks.refuse(who, f"{column.name} as numbers", got)


def of_numbers(who: str, column: Column) -> tuple[Target, Array, str]:
    require_numbers(who, column)
    Y = column.numbers
    return Target(column.name, None), Y, f"a number, {np.nanmin(Y):.6g} to {np.nanmax(Y):.6g}"


def of_classes(who: str, column: Column) -> tuple[Target, Array, str]:
    names, codes = ([], np.empty(0, int)) if column.many else column.codes
    counts = np.bincount(codes, minlength=len(names))
    kept = [name for name in names if name != NOTHING]  # it is the last
    if column.many or 2 * np.sum(counts[: len(kept)] == 1) > len(kept):
        cure = 'task="regression" takes numbers' if column.is_numbers else ""
        expected = f"{column.name} of classes, most of them with several rows"
        checks.refuse(who, expected, f"{count_of(column)} different values", cure)
    text = listed([f"{name} {n:,}" for name, n in zip(names, counts, strict=True)][: len(kept)])
    if column.is_numbers and len(kept) > 2:
        text += "; as a number: task regression"
    target = Target(column.name, tuple(kept))
    Y = np.where(codes < len(kept), codes, np.nan)
    return target, Y, f"{len(kept)} classes: {text}{case_said(kept)}"
