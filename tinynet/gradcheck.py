"""The gradient checker: is backward the derivative of forward?

With a random upstream gradient w, every entry of every input and parameter is moved by h and the central difference of
<w, forward> (fourth order: f at +-h and +-2h) is held against what backward says. An array's error is |numeric - exact| /
(|numeric| + |exact|) in the norm, past the rounding of the difference itself; never relative to max(1, ...), which would
hide small gradients. A step that crosses a kink or leaves the domain is taken again with a smaller h.

A check proves only that backward fits forward: a forward with a wrong constant passes, so forwards need reference values.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from tinynet import checks
from tinynet.checks import Array
from tinynet.node import Node

STEPS = (2.0**-10, 2.0**-13, 2.0**-17, 2.0**-20)  # powers of two: x + h is exact


class GradientRow(NamedTuple):
    """One array: its error, and the entry that is furthest off."""

    name: str
    shape: tuple[int, ...]
    checked: int
    error: float
    at: tuple[int, ...]
    exact: float
    numeric: float


class GradientTable:
    """The rows of a check; `worst` is the one with the largest error."""

    def __init__(self, who: str, rows: list[GradientRow], tolerance: float) -> None:
        self.who, self.rows, self.tolerance = who, rows, tolerance
        self.worst = max(rows, key=lambda row: row.error)
        self.passed = self.worst.error <= tolerance

    @property
    def worst_error(self) -> float:
        return self.worst.error

    @property
    def worst_index(self) -> tuple[int, ...]:
        return self.worst.at

    def __str__(self) -> str:
        verdict = "passed" if self.passed else "FAILED"
        lines = [f"{self.who}: gradient check {verdict}, worst error {self.worst.error:.1e} in {self.worst.name}"]
        form = "{:>14} {:>12} {:>8} {:>8}  {:<12} {:>14} {:>14}"
        lines.append(form.format("", "shape", "checked", "error", "worst at", "backward", "difference"))
        for row in self.rows:
            figures = [f"{row.error:.1e}", str(row.at), f"{row.exact:.7g}", f"{row.numeric:.7g}"]
            lines.append(form.format(row.name, str(row.shape), row.checked, *figures))
        return "\n".join(lines)

    __repr__ = __str__


class GradientError(AssertionError):
    """backward is not the derivative of forward."""


def check_gradients(
    node: Node, *inputs: Any, tolerance: float = 1e-7, entries: int = 100, seed: int = 0
) -> GradientTable:
    """Check the gradients of any node with respect to its inputs and parameters, in float64, on a copy.

    At most `entries` entries of an array are checked one by one, drawn by `seed`; a larger array is checked along a
    random direction too, which moves all of them. Returns the table, or raises a GradientError with it.

    >>> import tinynet as tn
    >>> check_gradients(tn.Tanh(), np.array([[0.5, -1.0]])).passed
    True
    """
    tolerance = checks.real("check_gradients", "tolerance", tolerance, above=0)
    entries = checks.count("check_gradients", "entries", entries)
    rng = np.random.default_rng(seed)
    probe = Probe(node, inputs, rng)
    rows = [compare(probe, *array, tolerance, entries, rng) for array in probe.arrays()]
    table = GradientTable(node.who, rows, tolerance)
    if not table.passed:
        raise GradientError(str(table))
    return table


class Probe:
    """A private float64 copy of the node and its inputs, the gradients that its backward gives, and <w, forward>."""

    def __init__(self, node: Node, inputs: tuple[Any, ...], rng: Any) -> None:
        self.twin = node.fresh()
        self.twin.cast(np.float64)
        self.steps_in_place = any(isinstance(x, Mapping) for x in inputs)  # an optimizer: forward moves it along
        self.inputs = [each(lambda a: np.array(a, dtype=np.float64), x) for x in inputs]
        subject = copy.deepcopy(self.twin)
        if not self.steps_in_place:  # what an earlier forward left must not be seen again
            turned = [each(lambda a: np.flip(a).copy(), x) for x in self.inputs]
            subject.backward(self.upstream(subject.forward(*turned), rng))
            subject.forward(*turned)
        y = subject.forward(*self.arguments())
        self.w = self.upstream(y, rng)
        d_inputs = subject.backward(self.w)
        self.d_inputs = d_inputs if isinstance(d_inputs, tuple) else (d_inputs,)
        self.grads = subject.grads
        if self.grads.keys() != self.twin.params.keys():
            expected = f"gradients of {', '.join(self.twin.params) or 'no parameter'}"
            raise GradientError(checks.sentence(node.who, expected, ", ".join(self.grads) or "none"))

    def arrays(self) -> Iterator[tuple[str, Array, Array]]:
        """Each array that has a gradient, with that gradient: the inputs, then the parameters."""
        for i, (x, d) in enumerate(zip(self.inputs, self.d_inputs, strict=False)):  # targets come last and have none
            if isinstance(x, Mapping):
                yield from ((f"input {i} {name}", x[name], d[name]) for name in x)
            else:
                yield f"input {i}", x, d
        yield from ((name, p, self.grads[name]) for name, p in self.twin.params.items())

    def arguments(self) -> list[Any]:
        return [each(np.copy if self.steps_in_place else frozen, x) for x in self.inputs]

    def upstream(self, y: Any, rng: Any) -> Any:
        return each(lambda a: rng.standard_normal(np.shape(a)) if np.ndim(a) else float(rng.standard_normal()), y)

    def measure(self) -> tuple[float, float]:
        """<w, forward>, and the sum of the sizes of its terms, which bounds its rounding."""
        subject = copy.deepcopy(self.twin) if self.steps_in_place else self.twin
        y, w = subject.forward(*self.arguments()), self.w
        terms = [y[name] * w[name] for name in y] if isinstance(y, Mapping) else [y * w]
        return float(sum(np.sum(t) for t in terms)), float(sum(np.abs(t).sum() for t in terms))

    def slope(self, array: Array, place: Any, v: Any, h: float) -> tuple[float, float]:
        """The central difference as array[place] moves along v, and its rounding; (nan, 0) if forward refuses a step.

        The rounding is that of f, and f's slope times that of the moved entries.
        """
        start, total, size, values = np.copy(array[place]), 0.0, 0.0, []
        try:
            for step, weight in ((1, 8), (-1, -8), (2, -1), (-2, 1)):
                array[place] = start + step * h * v
                f, terms = self.measure()
                total += weight * f
                size = max(size, terms)
                values.append(f)
        except ValueError:
            return np.nan, 0.0
        finally:
            array[place] = start
        eps = np.finfo(float).eps
        return total / (12 * h), 8 * eps * (size + np.abs(start).max() * np.ptp(values) / h) / h


def compare(
    probe: Probe, name: str, array: Array, exact: Array, tolerance: float, entries: int, rng: Any
) -> GradientRow:
    """One array: entry by entry, and along a random direction where there are more entries than that."""
    if np.shape(exact) != array.shape:
        wanted = f"a gradient of shape {array.shape} for {name}"
        raise GradientError(checks.sentence(probe.twin.who, wanted, np.shape(exact)))
    chosen = np.arange(array.size) if array.size <= entries else rng.choice(array.size, entries, replace=False)
    places = [np.unravel_index(i, array.shape) for i in chosen]
    expected = np.array([exact[place] for place in places])
    numeric, excess = settle(probe, array, [(place, 1.0) for place in places], expected, tolerance)
    error = relative(excess, numeric, expected)
    if len(places) < array.size:
        v: Array = rng.standard_normal(array.shape) / array.size**0.5
        along = np.array([np.vdot(exact, v)])
        found, past = settle(probe, array, [(..., v)], along, tolerance)
        error = max(error, relative(past, found, np.linalg.norm(exact * v)))
    worst = int(excess.argmax())
    index = tuple(int(i) for i in places[worst])
    return GradientRow(name, array.shape, len(places), error, index, float(expected[worst]), float(numeric[worst]))


def settle(
    probe: Probe, array: Array, moves: list[tuple[Any, Any]], expected: Array, tolerance: float
) -> tuple[Array, Array]:
    """The differences, and by how much each misses its expected value past rounding, at the step that suits it best."""
    numeric, excess = np.zeros(len(expected)), np.full(len(expected), np.inf)
    for h in STEPS:
        for i in np.flatnonzero(excess > tolerance * (abs(numeric) + abs(expected))):
            slope, rounding = probe.slope(array, *moves[i], h)
            past = max(abs(slope - expected[i]) - rounding, 0.0)
            if past < excess[i]:
                numeric[i], excess[i] = slope, past
    return numeric, excess


def relative(excess: Array, numeric: Array, expected: Any) -> float:
    """|numeric - exact| / (|numeric| + |exact|) in the norm; 0 where all are 0."""
    off = float(np.linalg.norm(excess))
    return off / float(np.linalg.norm(numeric) + np.linalg.norm(expected)) if off else 0.0


def each(function: Callable[[Any], Any], x: Any) -> Any:
    """A function of an array, over a mapping of arrays too."""
    return {name: function(a) for name, a in x.items()} if isinstance(x, Mapping) else function(x)


def frozen(array: Array) -> Array:
    """A view that cannot be written: only an optimizer's forward may write to an argument."""
    view = array.view()
    view.flags.writeable = False
    return view
