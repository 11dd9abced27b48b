"""Several steps as one call: the functions of a step, one after another, in a loop of machine code
over the steps."""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from tinynet.base import Array
from tinynet.fused.kernel import kernel, written

MOST = 5_000_000  # numbers that a call makes at most: an interrupt comes when it is over
NAMES = re.compile(r"\b(?:[av]\d+|c_\w+|rows)\b")  # of a function's own


class Chunk:
    """Steps on batches of examples, `most` of them at a time. Each takes its numbers into their
    cells, and its examples out of those that were fetched for several, does its functions, and puts
    its outputs aside, where they wait. With `zeros`, numbers that are too small to be normal count
    as 0 meanwhile."""

    def __init__(
        self, zeros: bool, functions: Sequence[Any], cells: Sequence[Array], batch: Any
    ) -> None:
        self.kept = functions  # their rows hold bare addresses: the arrays must live as long
        self.places = batch.room
        self.most = min(batch.together, max(1, MOST // sum(own.work for own in functions)))
        self.span = np.zeros(2, np.int64)
        self.table = np.zeros((self.most, len(cells)), cells[0].dtype if cells else None)
        self.arrays = [self.span, self.table]
        lines = [f"{self.name(cell)}[()] = a1[s, {k}]" for k, cell in enumerate(cells)]
        for one, several in batch.fetched(self.most):
            lines += self.moved(one, several, "{0} = {1}", "s")
        for i, own in enumerate(functions):
            given = {name: self.name(array) for name, array in own.arrays.items()}
            lines += [NAMES.sub(partial(self.renamed, given, i), line) for line in own.lines]
        lines += self.moved(batch.Z, batch.waiting_Z, "{1} = {0}", "(a0[0] + s)")
        lines = ["for s in range(a0[1]):", *(f" {line}" for line in lines)]
        if zeros:
            lines = ["before = set_zeros()", *lines, "set_back(before)"]
        text = written((f"a{i}" for i in range(len(self.arrays))), lines)
        self.call = partial(kernel(text, self.arrays), *self.arrays)

    def steps(self, first: int, numbers: Sequence[Any]) -> Any:
        """The call that takes steps with these numbers each, whose outputs wait from that place
        on."""
        if not 0 <= first <= first + len(numbers) <= self.places:
            raise IndexError("more steps than places")  # nothing looks at an index in machine code
        self.span[:] = first, len(numbers)
        self.table[: len(numbers)] = numbers
        return self.call

    @staticmethod
    def renamed(given: Mapping[str, str], i: int, name: re.Match[str]) -> str:
        """What a name of function i is called here."""
        return given.get(name[0], f"f{i}_{name[0]}")

    def name(self, array: Array) -> str:
        """That of an argument."""
        if not any(own is array for own in self.arrays):
            self.arrays.append(array)
        return f"a{next(i for i, own in enumerate(self.arrays) if own is array)}"

    def moved(self, one: Array, many: Array, how: str, step: str) -> list[str]:
        """Between an array of a step and its place."""
        a, b = self.name(one), self.name(many)
        axes = "ij" if one.strides[0] >= one.strides[1] else "ji"
        heads = [
            f"{' ' * n}for {v} in range({a}.shape[{'ij'.index(v)}]):" for n, v in enumerate(axes)
        ]
        return [*heads, "  " + how.format(f"{a}[i, j]", f"{b}[i, {step} * {a}.shape[1] + j]")]
