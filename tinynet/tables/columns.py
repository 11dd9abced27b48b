"""The columns of a table: their cells, and how these become inputs of a net."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from tinynet.base import Array, checks
from tinynet.tables.cells import Cells, missing

KNOWN = 1000  # values of a column that are told apart
NOTHING = "(missing)"  # how a category without a value is shown
WHOLE = re.compile(r"(-?\d+)\.0+")  # a whole number, as pandas writes it beside missing ones
THOUSANDS = re.compile(r"[-+]?[1-9]\d{0,2}(\.\d{3})+")


class Column:
    """The cells of a column, while they are read and after. Up to `most` values are told apart."""

    def __init__(self, name: str, most: float = KNOWN) -> None:
        self.name, self.most, self.m = name, most, 0
        self.values = dict[str, int]()  # and the code of each
        self._numbers: list[Array] | None = []
        self._codes: list[Array] | None = []
        self.odd: tuple[int, str] | None = None  # the first cell that is no number, and its row
        self.points: tuple[int, str] | None = None  # the first with a point in it
        self.thousands = True  # whether each point could be one between thousands

    def add(self, cells: Cells) -> None:
        """Read more cells."""
        if self._codes is not None:
            for cell in sorted({*cells} - self.values.keys()):
                self.values[cell] = len(self.values)
            many = len(self.values) > self.most
            codes = None if many else np.fromiter(map(self.values.get, cells), np.int32, len(cells))
            self._codes = None if codes is None else [*self._codes, codes]
        if self._numbers is not None:
            numbers = self._read(cells)
            self._numbers = None if numbers is None else [*self._numbers, numbers]
        if self.thousands:
            self._look_at_points(cells)
        self.m += len(cells)

    def _read(self, cells: Cells) -> Array | None:
        """The cells as numbers, NaN where they are missing, if all others are numbers."""
        try:
            found = np.array([*map(float, cells)])
            if np.isfinite(found).all() and not any("_" in cell for cell in cells):
                return found
        except ValueError:
            pass
        found = np.empty(len(cells))
        for i, cell in enumerate(cells):
            found[i] = number = number_of(cell)
            if np.isinf(number):
                self.odd = self.m + i + 1, cell
                return None
        return found

    def _look_at_points(self, cells: Cells) -> None:
        for i, cell in enumerate(cells):
            if "." in cell:
                self.points = self.points or (self.m + i + 1, cell)
                if not THOUSANDS.fullmatch(cell):
                    self.thousands = False
                    return

    def only(self, rows: Array) -> None:
        """Forget the other rows."""
        if self._numbers is not None:
            self._numbers = [self.numbers[rows]]
        if self._codes is not None:
            codes = np.concatenate(self._codes)[rows]
            left = np.unique(codes)
            names = list(self.values)
            self.values = {names[code]: i for i, code in enumerate(left)}
            self._codes = [np.searchsorted(left, codes).astype(np.int32)]
        self.m = len(rows)

    @property
    def numbers(self) -> Array:
        """NaN where they are missing."""
        return np.concatenate(self._numbers or [np.empty(0)])

    @property
    def codes(self) -> tuple[list[str], Array]:
        """The values in their order, those of numbers by size, and which each cell has, unless they
        are too many. What is missing is one value; so are 1 and 1.0."""
        names = sorted({*map(shown, self.values)}, key=order)
        place = {name: i for i, name in enumerate(names)}
        places = np.array([place[shown(name)] for name in self.values], np.int32)
        return names, places[np.concatenate(self._codes or [np.empty(0, np.int32)])]

    @property
    def many(self) -> bool:
        """Whether there are more values than are told apart."""
        return self._codes is None

    @property
    def said(self) -> list[str]:
        """The values that are not missing."""
        return [*dict.fromkeys(shown(value) for value in self.values if not missing(value))]

    @property
    def gaps(self) -> bool:
        """Whether some are missing."""
        return any(map(missing, self.values)) or bool(np.isnan(self.numbers).any())

    @property
    def is_numbers(self) -> bool:
        return self._numbers is not None


def number_of(cell: str) -> float:
    """The number of a cell, NaN if it is missing, inf if it is none."""
    if missing(cell):
        return float("nan")
    try:
        return float("inf") if "_" in cell else float(cell)
    except ValueError:
        return float("inf")


def order(value: str) -> tuple[bool, bool, float, str]:
    """Numbers by size, then texts, then what is missing."""
    number = number_of(value)
    return value == NOTHING, bool(np.isinf(number)), float(np.nan_to_num(number)), value


def shown(value: str) -> str:
    """A value of a category."""
    if missing(value):
        return NOTHING
    whole = WHOLE.fullmatch(value)
    return whole[1] if whole else value


def listed(values: Sequence[str]) -> str:
    """The values, or some of them."""
    more = f", ... ({len(values)})" if len(values) > 12 else ""
    return ", ".join(one if one.isprintable() else repr(one) for one in values[:12]) + more


class Numbers(NamedTuple):
    """A column of numbers; a missing one is the mean of those that were trained on."""

    name: str
    mean: float = float("nan")

    @property
    def width(self) -> int:
        return 1

    def fill(self, who: str, X: Array, column: Column) -> None:
        """Write the numbers of the column into X, (m, 1)."""
        if column.odd:
            row, cell = column.odd
            checks.refuse(who, f"{self.name} as numbers, as in training", f"{cell!r} in row {row}")
        numbers = column.numbers
        X[:, 0] = np.where(np.isnan(numbers), self.mean, numbers)

    def __str__(self) -> str:
        return f"numbers, {self.mean:.6g} where one is missing"


class Categories(NamedTuple):
    """A column of categories: 1 in the input of its value, 0 in those of the others."""

    name: str
    values: Sequence[str]

    @property
    def width(self) -> int:
        return len(self.values)

    def fill(self, who: str, X: Array, column: Column) -> None:
        """Write 0 and 1 into X, (m, width)."""
        names, codes = column.codes
        known = {value: i for i, value in enumerate(self.values)}
        places = np.array([known.get(name, -1) for name in names], np.int64)
        at = places[codes] if names else np.empty(0, np.int64)
        unknown = np.flatnonzero(at < 0)
        if unknown.size:
            row, others = unknown[0], len(unknown) - 1
            expected = f"{self.name} in row {row + 1} as one of {listed(self.values)}"
            more = f", and others in {others:,} more rows" if others else ""
            got = f"{listed([names[codes[row]]])}{more}"
            checks.refuse(who, expected, got, "it was not in what was trained on")
        X[...] = 0
        X[np.arange(len(at)), at] = 1

    def __str__(self) -> str:
        return f"one of {listed(self.values)}"


Kind: TypeAlias = Numbers | Categories


def matrix(who: str, kinds: Sequence[Kind], columns: Mapping[str, Column]) -> Array:
    """X (m, n_x) of these columns."""
    X = np.empty((columns[kinds[0].name].m, sum(kind.width for kind in kinds)))
    at = 0
    for kind in kinds:
        kind.fill(who, X[:, at : at + kind.width], columns[kind.name])
        at += kind.width
    return X


def tree(kind: Kind) -> dict[str, Any]:
    """A column as a file has it."""
    if isinstance(kind, Numbers):
        return {"name": kind.name, "mean": kind.mean}
    return {"name": kind.name, "values": list(kind.values)}
