"""What a column is for a net: one input of numbers, or an input for each of its categories."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import numpy as np

from tinynet.base import Array, checks
from tinynet.files.safetensors import only, refuse, typed
from tinynet.tables.columns import Column, listed


@dataclass(frozen=True)
class Numbers:
    """A column of numbers; a missing one is the mean of those that were trained on."""

    name: str
    mean: float = float("nan")

    caption: ClassVar[str] = "numbers"
    width: ClassVar[int] = 1

    def fill(self, who: str, x: Array, column: Column) -> None:
        """Write the numbers of the column into x, (m, 1)."""
        if column.odd:  # and so if it gave up reading numbers
            row, cell = column.odd
            checks.refuse(who, f"{self.name} as numbers, as in training", f"{cell!r} in row {row}")
        numbers = column.numbers
        x[:, 0] = np.where(np.isnan(numbers), self.mean, numbers)

    def known(self, who: str, x: Array, rows: Array) -> tuple["Numbers", Array]:
        """The same with the mean of these rows, which it writes where one is missing."""
        there = x[rows][~np.isnan(x[rows])]
        if not there.size:
            expected = f"numbers in {self.name} where it is trained on"
            checks.refuse(who, expected, "none", "drop it")
        mean = float(there.mean())
        x[np.isnan(x)] = mean
        return Numbers(self.name, mean), np.array([True])

    def tree(self) -> dict[str, Any]:
        return {"name": self.name, "mean": self.mean}

    def __str__(self) -> str:
        return f"numbers, {self.mean:.6g} where one is missing"


@dataclass(frozen=True)
class Categories:
    """A column of categories: 1 in the input of its value, 0 in those of the others."""

    name: str
    values: Sequence[str]

    caption: ClassVar[str] = "categories"

    @property
    def width(self) -> int:
        return len(self.values)

    def fill(self, who: str, x: Array, column: Column) -> None:
        """Write 0 and 1 into x, (m, width)."""
        names, codes = column.codes
        known = {value: i for i, value in enumerate(self.values)}
        places = np.array([known.get(name, -1) for name in names], np.int64)
        at = places[codes] if names else np.empty(0, np.int64)
        unknown = np.flatnonzero(at < 0)
        if unknown.size:
            row, others = unknown[0], len(unknown) - 1
            expected = f"{self.name} in row {column.row(row)} as one of {listed(self.values)}"
            more = f", and others in {others:,} more rows" if others else ""
            got = f"{listed([names[codes[row]]])}{more}"
            checks.refuse(who, expected, got, "it was not in what was trained on")
        x[...] = 0
        x[np.arange(len(at)), at] = 1

    def known(self, who: str, x: Array, rows: Array) -> tuple["Categories", Array]:
        """The same with the values of these rows, and which they are."""
        there = np.array(x[rows].max(axis=0) > 0)
        values = (value for value, own in zip(self.values, there, strict=True) if own)
        return Categories(self.name, tuple(values)), there

    def tree(self) -> dict[str, Any]:
        return {"name": self.name, "values": list(self.values)}

    def __str__(self) -> str:
        return f"one of {listed(self.values)}"


Input: TypeAlias = Numbers | Categories


def spans(inputs: Sequence[Input]) -> Iterator[tuple[Input, slice]]:
    """Each with its columns of X."""
    start = 0
    for one in inputs:
        yield one, slice(start, start := start + one.width)


def matrix(who: str, inputs: Sequence[Input], columns: Mapping[str, Column]) -> Array:
    """X (m, n_x) of these columns."""
    X = np.empty((columns[inputs[0].name].m, sum(one.width for one in inputs)))
    for one, span in spans(inputs):
        one.fill(who, X[:, span], columns[one.name])
    return X


def known_inputs(
    who: str, inputs: Sequence[Input], X: Array, rows: Array
) -> tuple[list[Input], Array]:
    """The inputs as these rows know them, with their means and the values that they have, and X
    so."""
    X = X.copy()
    found = [one.known(who, X[:, span], rows) for one, span in spans(inputs)]
    there = np.concatenate([own for _, own in found])
    return [one for one, _ in found], X if there.all() else X[:, there]


def input_from(found: dict[str, Any]) -> Input:
    """An input as a file has it."""
    name = only(found, "name", str)
    if found.keys() == {"name", "mean"}:
        return Numbers(name, only(found, "mean", float))
    return Categories(name, distinct_texts("values", only(found, "values", list)))


def distinct_texts(name: str, found: Any, least: int = 1) -> tuple[str, ...]:
    """Different texts of a file."""
    texts = tuple(typed(f"one of {name}", text, str) for text in typed(name, found, list))
    if len(texts) < least or len({*texts}) < len(texts):
        refuse(f"different {name}", checks.shown(found))
    return texts
