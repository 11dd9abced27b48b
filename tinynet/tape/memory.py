"""Where the values of a tape live: one stretch of memory, shared by values whose times do not
meet."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from tinynet.base.checks import Array

LINE = 64  # bytes of a cache line


class Life(NamedTuple):
    """From which call to which a value is needed, and its bytes."""

    first: float
    last: float
    size: int


class Arena:
    """One stretch of memory for the values of a tape, or of several that are not played at the same
    time."""

    def __init__(self) -> None:
        self.bytes = np.empty(0, np.uint8)

    def places(self, lives: Mapping[int, Life]) -> dict[int, int]:
        """Where each value starts: the largest is placed first, as low as those whose time it
        shares allow."""
        placed, starts = list[tuple[int, Life]](), dict[int, int]()
        for name, life in sorted(lives.items(), key=lambda item: -item[1].size):
            start = 0
            for other, (first, last, size) in sorted(placed):
                if first <= life.last and life.first <= last:
                    if start + life.size <= other:
                        break
                    start = max(start, other + -(-size // LINE) * LINE)
            placed.append((start, life))
            starts[name] = start
        needed = max((start + life.size for start, life in placed), default=0)
        if needed > self.bytes.size:  # what is on the old memory keeps it
            raw = np.empty(needed + LINE, np.uint8)
            self.bytes = raw[-address(raw) % LINE :][:needed]
        return starts


def address(array: Array) -> int:
    place: int = array.__array_interface__["data"][0]
    return place


def same(one: Array, other: Array) -> bool:
    """Whether both are the same numbers in memory."""
    strides = all(
        n == 1 or a == b for n, a, b in zip(one.shape, one.strides, other.strides, strict=False)
    )
    return strides and (address(one), one.shape, one.dtype) == (
        address(other),
        other.shape,
        other.dtype,
    )


def room(place: Array, shape: tuple[int, ...]) -> Array | None:
    """An array of this shape that starts where `place` does, in the same home."""
    home: Any = place if place.base is None else place.base
    start = address(place) - address(home)
    fits = start + math.prod(shape) * place.itemsize <= home.nbytes
    return np.ndarray(shape, place.dtype, home, start) if fits else None
