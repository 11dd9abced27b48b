"""The model's door: what users pass in becomes columns, (n, m) of one dtype, and what comes out is
turned back.

Columns are examples, as in the notes; with examples="rows" a user's arrays are (m, n), and a
transposed view is all it takes. Where an array would fit the other way round, the error says so.
"""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinynet.base import Array, checks, read_only
from tinynet.layers import Layer
from tinynet.losses import Loss

ORIENTATIONS = {"columns": "rows", "rows": "columns"}  # each with the other one


class Door:
    """The orientation and dtype of one model's data. `examples=None` means columns by default; only
    then is there a warning about an X that fits both ways."""

    def __init__(self, who: str, examples: str | None, dtype: str) -> None:
        self.who, self.said = who, examples is not None
        self.examples = "columns" if examples is None else examples
        self.other = checks.known(who, "examples", self.examples, ORIENTATIONS)
        self.rows, self.dtype = self.examples == "rows", checks.float_type(who, dtype)

    def turned(self, array: Array) -> Array:
        """From the user's orientation to columns, and back."""
        return array.T if self.rows else array

    def inputs(self, X: Any, first: Layer) -> Array:
        """X as columns, of the width that the first layer has if it is built."""
        inside = self.turned(checks.matrix(self.who, "X", X, self.axes("n_x"), self.dtype))
        if first.n_in and inside.shape[0] != first.n_in:
            product = f"({first.units}, {first.n_in})·{inside.shape} do not align"
            cure = self.other_axis("X") if inside.shape[1] == first.n_in else product
            checks.refuse(first.who, f"X of shape {self.axes(first.n_in)}", np.shape(X), cure)
        # in one memory order, since BLAS rounds others in another way
        return np.asarray(inside, order="F" if self.rows else "C")

    def data(self, X: Any, Y: Any, layers: Sequence[Layer], loss: Loss) -> tuple[Array, Array]:
        """X and the loss's targets, as columns."""
        X, Y = self.inputs(X, layers[0]), checks.numbers(self.who, "Y", Y)
        m, units = X.shape[1], layers[-1].units
        if X.shape[0] == m > 1 and Y.shape in ((m,), X.shape) and not self.said:
            text = "a square X with such a Y fits both ways: say examples='columns' or 'rows'"
            warnings.warn(f"{self.who}: {text}; taken as columns", UserWarning, stacklevel=4)
        inside = self.turned(Y) if Y.ndim == 2 else Y
        flat = units == 1 or loss.takes_labels
        if inside.shape != (units, m) and not (flat and inside.shape == (m,)):
            cure = f"{m} examples in X and {units} outputs"
            several = units == 1 and inside.ndim == 2 and inside.shape[1] == m
            if several and np.isin(inside, (0, 1)).all() and (inside.sum(axis=0) == 1).all():
                axis, k = int(self.rows), len(inside)
                cure = f"Y.argmax(axis={axis}) makes labels of it"
                cure = f"is Y one-hot? {cure if k == 2 else f'a softmax over {k} units takes it'}"
            elif X.shape[0] in inside.shape and m not in inside.shape:
                cure = self.other_axis("X")
            elif inside.shape == (m, units):
                cure = self.other_axis("Y")
            elif flat and inside.shape in ((1, m), (m, 1)):
                cure = "np.ravel(Y) makes labels of it"
            expected = f"Y of shape {self.shape(units, m)}{f' or ({m},)' if flat else ''}"
            checks.refuse(self.who, expected, Y.shape, cure)
        return read_only(X), read_only(loss.targets(inside, units, m, self.dtype))

    def shape(self, n: int, m: int) -> tuple[int, int]:
        return (m, n) if self.rows else (n, m)

    def axes(self, n: Any) -> str:
        return f"(m, {n})" if self.rows else f"({n}, m)"

    def other_axis(self, name: str) -> str:
        return f"did you mean {name}.T, or examples='{self.other}'?"
