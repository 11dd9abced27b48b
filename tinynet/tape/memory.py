"""Where the values of a tape live: one stretch of memory, shared by values whose times do not
meet."""

from bisect import insort
from collections.abc import Mapping
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
        gaps, end = list[tuple[int, int]](), 0  # start and end of what is free below `end`
        ended, starts = list[tuple[float, int, int]](), dict[int, int]()
        for name, life in sorted(lives.items(), key=lambda item: item[1].first):
            while ended and ended[0][0] < life.first:
                _, start, stop = ended.pop(0)
                insort(gaps, (start, stop))
                joined = gaps.index((start, stop))
                for i in (joined, joined - 1):
                    if 0 <= i < len(gaps) - 1 and gaps[i][1] == gaps[i + 1][0]:
                        gaps[i : i + 2] = [(gaps[i][0], gaps[i + 1][1])]
            size = -(-life.size // LINE) * LINE
            fitting = [gap for gap in gaps if gap[1] - gap[0] >= size]
            if fitting:
                start, stop = min(fitting, key=lambda gap: gap[1] - gap[0])
                gaps.remove((start, stop))
                if start + size < stop:
                    insort(gaps, (start + size, stop))
            else:
                start = gaps.pop()[0] if gaps and gaps[-1][1] == end else end
                end = start + size
            starts[name] = start
            insort(ended, (life.last, start, start + size))
        if end > self.bytes.size:  # arrays in the old memory keep it alive
            raw = np.empty(end + LINE, np.uint8)
            self.bytes = raw[-raw.__array_interface__["data"][0] % LINE :][:end]
        return starts
