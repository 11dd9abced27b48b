"""The examples of a training, and the memory for a batch of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinynet.base import Array
from tinynet.engine.work import WAITING, Work
from tinynet.net import blocks

FETCHED = 4 * WAITING  # numbers of the examples that are fetched together, at most


class Examples:
    """X (n_x, m) and targets Y, `size` of them a batch or all. Batches are gathered from rows, an
    example in one piece: from where X lies if its examples are in rows there, else from one
    copy. With m, they are drawn from so many of the examples only."""

    def __init__(self, X: Array, Y: Array, size: int | None, m: int | None = None) -> None:
        self.X, self.Y, self.m = X, Y, m or X.shape[1]
        self.size = min(size or self.m, self.m)
        self.steps = -(-self.m // self.size)  # an epoch
        self.shapes = X.shape, X.dtype, Y.shape, self.size, self.m
        if self.size < self.m:
            self.rows, self.Y = np.ascontiguousarray(X.T), np.ascontiguousarray(Y)


class Batch:
    """Memory for `width` examples: Y, the outputs Z and the penalty of a step, X above a row of
    ones for a block of them at a time; and for `room` steps, at most `most`, what waits of these,
    side by side, until it is read.

    A batch of all examples in one block is `fixed`: what follows from it alone is computed once.
    """

    def __init__(self, work: Work, examples: Examples, width: int, most: int) -> None:
        n_x, n_t, dtype = len(examples.X), len(examples.Y), examples.X.dtype
        layers = work.cost.layers
        longest = min(blocks.practice_size(layers), max(blocks.LEAST, WAITING // layers[-1].units))
        self.width, self.whole = width, width == examples.m
        self.blocks = blocks.runs(width, longest if blocks.divisible(work.parts[:-1]) else width)
        one, block = len(self.blocks) == 1, self.blocks[0].stop
        room = min(most, WAITING // (layers[-1].units * width))
        self.room = max(1, room) if one and work.separable else 1
        self.fixed = self.whole and one
        # steps that may be taken in one call, whose examples are fetched together
        self.together = self.room if self.whole else min(self.room, FETCHED // (width * n_x))
        self.X_above_ones: Array = np.ones((n_x + 1, block), dtype, "C" if self.whole else "F")
        self.gathered: Array = np.empty((0 if self.whole else block, n_x), dtype)
        self.X_in_rows = self.X_above_ones[:-1].T
        self.Y: Array = np.empty((n_t, width), dtype)
        self.Z: Array = np.zeros((layers[-1].units, width), dtype)
        waiting = [np.repeat(a, self.room, 1) if self.room > 1 else a for a in (self.Z, self.Y)]
        self.waiting_Z, self.waiting_Y = waiting
        self.penalty, self.penalties = np.zeros(()), np.zeros(self.room)
        self.places = [slice(i * width, (i + 1) * width) for i in range(self.room)]

    def load(self, examples: Examples) -> None:
        """Take the examples, all of them or to choose from."""
        self.examples = examples
        if self.whole:
            self.Y[...] = examples.Y
        if self.fixed:
            self.X_above_ones[:-1] = examples.X

    def release(self) -> None:
        """Let go of a user's arrays."""
        vars(self).pop("examples", None)

    def fetch(self, chosen: Any) -> None:
        """Take the examples of these indices; all of them are there already."""
        self.chosen = chosen
        if not self.whole:  # "clip", since numpy would copy for the sake of indices out of bounds
            self.examples.Y.take(chosen, 1, self.Y, "clip")
            if len(self.blocks) == 1:
                self.X_in_rows[...] = self.examples.rows.take(chosen, 0, self.gathered, "clip")

    def fetched(self, steps: int) -> list[tuple[Array, Array]]:
        """X and Y of a step, each with an array in which those of several lie side by side."""
        if self.whole:
            return []
        n_x, m = len(self.X_above_ones) - 1, steps * self.width
        self.rows_of_several: Array = np.empty((m, n_x), self.Y.dtype)
        self.Y_of_several: Array = np.empty((len(self.Y), m), self.Y.dtype)
        several = self.rows_of_several.T, self.Y_of_several
        return [*zip((self.X_above_ones[:-1], self.Y), several, strict=True)]

    def fetch_several(self, first: int, chosen: Sequence[Any]) -> None:
        """Take the examples of several steps, which wait from that place on."""
        if not self.whole:
            several, start = np.concatenate(chosen), self.places[first].start
            m = len(several)
            self.examples.rows.take(several, 0, self.rows_of_several[:m], "clip")
            self.Y_of_several[:, :m] = self.examples.Y.take(several, 1, mode="clip")
            self.waiting_Y[:, start : start + m] = self.Y_of_several[:, :m]

    def fetch_block(self, block: slice) -> Array:
        """The block's examples, in X."""
        n = block.stop - block.start
        X = self.X_above_ones[:-1, :n]
        if self.whole:
            X[...] = self.examples.X[:, block]
        else:
            X.T[...] = self.examples.rows.take(self.chosen[block], 0, self.gathered[:n], "clip")
        return X
