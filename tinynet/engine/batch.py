"""The examples of a training, and the memory for a batch of them."""

from typing import Any

import numpy as np

from tinynet.base.checks import Array
from tinynet.engine.work import CHUNK, WAITING, Work
from tinynet.net import blocks


class Examples:
    """X (n_x, m) and targets Y. Batches are gathered from rows, an example in one piece: from where
    X lies if its examples are in rows there, else from one copy."""

    def __init__(self, X: Array, Y: Array, batches: bool) -> None:
        self.X, self.Y = X, Y
        if batches:
            self.rows, self.Y = np.ascontiguousarray(X.T), np.ascontiguousarray(Y)


class Batch:
    """Memory for `width` examples of m: X and Y, and for `room` steps the outputs Z and targets
    that wait side by side until their costs are read.

    A small batch of all examples is `fixed`: what follows from it alone is computed once.
    """

    def __init__(self, work: Work, examples: Examples, width: int, at_once: int) -> None:
        (n_x, m), n_t = examples.X.shape, len(examples.Y)
        n_z, dtype = work.cost.layers[-1].units, examples.X.dtype
        self.width, self.whole = width, width == m
        longest = blocks.practice_size(work.cost.layers) if work.divisible else width
        self.blocks = blocks.runs(width, longest)
        one = len(self.blocks) == 1
        self.room = max(1, min(CHUNK, at_once, WAITING // (n_z * width))) if one else 1
        self.fixed = self.whole and self.room > 1
        self.borrows = self.whole and not self.fixed  # X and Y are used where they lie
        if not self.borrows:
            order = "C" if self.fixed else "F"
            self.X: Array = np.empty((n_x, width), dtype, order)  # type: ignore[call-overload]
            self.Y: Array = np.empty((n_t, width), dtype)
        self.Z = np.zeros((n_z, self.room * width), dtype)
        if self.room > 1:
            self.waiting: Array = np.empty((n_t, self.room * width), dtype)
        self.penalties = np.zeros(self.room)
        self.places = [slice(i * width, (i + 1) * width) for i in range(self.room)]

    @property
    def targets(self) -> Array:
        """Those of the outputs that wait."""
        return self.waiting if self.room > 1 else self.Y

    def load(self, examples: Examples) -> None:
        """Take the examples, all of them or to choose from."""
        self.examples = examples
        if self.borrows:
            self.X, self.Y = examples.X, examples.Y
        elif self.fixed:
            self.X[...], self.Y[...] = examples.X, examples.Y

    def release(self) -> None:
        """Let go of a user's arrays."""
        del self.examples
        if self.borrows:
            del self.X, self.Y

    def fetch(self, chosen: Any) -> None:
        """The chosen examples, a slice or indices, into X and Y."""
        if self.whole:
            return
        rows, Y = self.examples.rows, self.examples.Y
        if isinstance(chosen, slice):
            self.X.T[...], self.Y[...] = rows[chosen], Y[:, chosen]
        else:  # "clip", since numpy would copy for the sake of indices that are out of bounds
            rows.take(chosen, 0, self.X.T, "clip")
            Y.take(chosen, 1, self.Y, "clip")
