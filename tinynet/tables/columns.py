"""The cells of a column, as numbers and as values that are told apart."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinynet.base import Array
from tinynet.tables.cells import Cells, missing

KNOWN = 1000  # values of a column that are told apart
NOTHING = "(missing)"  # how a category without a value is shown
WHOLE = re.compile(r"(-?\d+)(?:\.0+)?")  # a whole number, as pandas writes it beside missing ones
THOUSANDS = re.compile(r"[-+]?[1-9]\d{0,2}(\.\d{3})+")


class Column:
    """The cells of a column, while they are read and after. Up to `most` values are told apart;
    `points`: whether to look if each point could be one between thousands."""

    def __init__(self, name: str, most: float = KNOWN, points: bool = False) -> None:
        self.name, self.most, self.m = name, most, 0
        self.rows: Any = None  # of the table, if some were left out
        self.values = dict[str, int]()  # and the code of each
        self._numbers: list[Array] | None = []  # inf where a cell is none, if these are few
        self._odd = list[tuple[int, str]]()  # those cells, with their places
        self._codes: list[Array] | None = []
        self.thousands: tuple[int, str] | None = None  # the first with a point, if all may be so
        self._points = points

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
            self._numbers = [*self._numbers, numbers] if len(self._odd) <= KNOWN else None
        if self._points:
            self._look_at_points(cells)
        self.m += len(cells)

    def _read(self, cells: Cells) -> Array:
        """The cells as numbers, NaN where they are missing, inf where they are none."""
        try:
            found = np.array([*map(float, cells)])
            if np.isfinite(found).all() and "_" not in "".join(cells):
                return found
        except ValueError:
            pass
        found = np.array([*map(number_of, cells)])
        odd = np.flatnonzero(np.isinf(found))[: KNOWN + 1]
        self._odd += [(self.m + i, cells[i]) for i in odd.tolist()]
        return found

    def _look_at_points(self, cells: Cells) -> None:
        for i, cell in enumerate(cells, self.m + 1):
            if "." in cell:
                self.thousands = self.thousands or (i, cell)
                if not THOUSANDS.fullmatch(cell):
                    self.thousands, self._points = None, False
                    return

    def only(self, rows: Array) -> None:
        """Forget the other rows; these go up."""
        if self._numbers is not None:
            places = [int(np.searchsorted(rows, i)) for i, _ in self._odd]
            pairs = [*zip(places, self._odd, strict=True)]
            self._odd = [(k, cell) for k, (i, cell) in pairs if k < len(rows) and rows[k] == i]
            self._numbers = [np.concatenate(self._numbers)[rows]]
        if self._codes is not None:
            codes = np.concatenate(self._codes)[rows]
            left = np.unique(codes)
            names = list(self.values)
            self.values = {names[code]: i for i, code in enumerate(left)}
            self._codes = [np.searchsorted(left, codes).astype(np.int32)]
        self.m, self.rows = len(rows), rows

    def row(self, i: int) -> int:
        """The number of a row in the table, from 1."""
        return int(i if self.rows is None else self.rows[i]) + 1

    @property
    def odd(self) -> tuple[int, str] | None:
        """The first cell that is no number, with its row."""
        return (self.row(self._odd[0][0]), self._odd[0][1]) if self._odd else None

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
    def distinct(self) -> list[str]:
        """The values that are not missing."""
        return [*dict.fromkeys(shown(value) for value in self.values if not missing(value))]

    @property
    def gaps(self) -> bool:
        """Whether some are missing."""
        return any(map(missing, self.values)) or bool(np.isnan(self.numbers).any())

    @property
    def is_numbers(self) -> bool:
        return self._numbers is not None and not self._odd


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
    return ("0" if whole[1] == "-0" else whole[1]) if whole else value


def listed(values: Sequence[str]) -> str:
    """The values, or some of them."""
    more = f", ... ({len(values)})" if len(values) > 12 else ""
    return ", ".join(one if one.isprintable() else repr(one) for one in values[:12]) + more
