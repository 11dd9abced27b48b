"""Where the values of a tape live: one stretch of memory, shared by values whose times do not
meet."""

from bisect import insort
from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

import numpy as np

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
        """Where each value starts: in the order of time, in the smallest gap that holds it."""
        live, starts, end = list[tuple[int, int, float]](), dict[int, int](), 0
        for name, life in sorted(lives.items(), key=lambda item: item[1].first):
            live = [held for held in live if held[2] >= life.first]  # in the order of their starts
            size, edges = -(-life.size // LINE) * LINE, [(0, 0, 0), *live, (end, end, 0)]
            gaps = [(b[0] - a[1], a[1]) for a, b in pairwise(edges) if b[0] - a[1] >= size]
            start = min(gaps)[1] if gaps else edges[-2][1]
            starts[name], end = start, max(end, start + size)
            insort(live, (start, start + size, life.last))
        if end > self.bytes.size:  # arrays in the old memory keep it alive
            raw = np.empty(end + LINE, np.uint8)
            self.bytes = raw[-raw.__array_interface__["data"][0] % LINE :][:end]
        return starts
