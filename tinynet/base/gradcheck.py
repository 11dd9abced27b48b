"""The gradient checker: is backward the derivative of forward?

It draws a random upstream gradient w, which makes forward one number, f = <w, forward>. It moves
every entry of every input and parameter by h, and compares the central difference of f (fourth
order: f at +-h and +-2h) with what backward says. An array's error is |numeric - exact| /
(|numeric| + |exact|) in the Euclidean norm, after subtracting the rounding error of the difference.
It is never relative to max(1, ...), which would hide small gradients.

If a difference misses, a smaller h is tried: the first may have crossed a kink or left the domain.
A smaller h has a larger rounding error, so it counts only if it comes closer by more than that.

The checker does not see rounding inside forward. Where forward cancels, as (a - y)^2 does at a
sigmoid that is right to seven digits, a true gradient can miss 1e-7.

A check proves only that backward fits forward: a forward with a wrong constant passes, so forwards
need reference values.
"""

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tinynet.base import checks, html
from tinynet.base.checks import Array
from tinynet.base.node import Node, read_only

# powers of two: x + h is exact; the last two find what rounding hides from the others
STEPS = tuple(2.0**-n for n in (10, 11, 12, 13, 17, 21, 27, 33, 40, 5, 0))


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
    """The rows of a check, and the worst error with its array and its index there."""

    def __init__(self, who: str, rows: list[GradientRow], tolerance: float) -> None:
        worst = max(rows, key=lambda row: row.error)
        self.who, self.rows, self.passed = who, rows, all(row.error <= tolerance for row in rows)
        self.worst_name, self.worst_error, self.worst_index = worst.name, worst.error, worst.at

    @property
    def verdict(self) -> str:
        said = f"{self.who}: gradient check {'passed' if self.passed else 'FAILED'}"
        return f"{said}, worst error {self.worst_error:.1e} in {self.worst_name}"

    def cells(self) -> Iterator[Sequence[str]]:
        """The texts of the table, row by row."""
        yield "", "shape", "checked", "error", "worst at", "backward", "difference"
        for row in self.rows:
            figures = f"{row.error:.1e}", str(row.at), f"{row.exact:.7g}", f"{row.numeric:.7g}"
            yield row.name, str(row.shape), str(row.checked), *figures

    def __str__(self) -> str:
        form = "{:>14} {:>12} {:>8} {:>8}  {:<12} {:>14} {:>14}"
        return "\n".join([self.verdict, *(form.format(*row) for row in self.cells())])

    def _repr_html_(self) -> str:
        heads, *rows = self.cells()
        return html.table(self.verdict, heads, rows)

    __repr__ = __str__


class GradientError(AssertionError):
    """backward is not the derivative of forward."""


def check_gradients(
    node: Node, *inputs: Any, tolerance: float = 1e-7, entries: int = 100, seed: int = 0
) -> GradientTable:
    """Check the gradients of any node with respect to its inputs and parameters, in float64, on a
    copy.

    At most `entries` entries of an array are checked one by one, drawn by `seed`; a larger array is
    checked along a random direction too, which moves all its entries. Returns the table, or raises
    a GradientError with it; a FloatingPointError if a value or a gradient is not finite.

    The error is |difference - gradient| beyond the rounding error of the difference, as a share of
    both. Where that rounding drowns the gradient even with a step of 1, nothing is proven: check
    with numbers near 1.

    >>> import tinynet as tn
    >>> check_gradients(tn.Tanh(), np.array([[0.5, -1.0]])).passed
    True
    """
    if not isinstance(node, Node):
        cure = checks.call_it(node) or "subclass tn.Activation, tn.Layer, ..."
        checks.refuse("check_gradients", "a node", checks.shown(node), cure, TypeError)
    if not inputs:
        checks.refuse("check_gradients", "the inputs of its forward", "none")
    tolerance = checks.real("check_gradients", "tolerance", tolerance, "(0, inf)")
    entries = checks.count("check_gradients", "entries", entries)
    rng = np.random.default_rng(checks.count("check_gradients", "seed", seed, 0, np.inf))
    probe = Probe(node, inputs, tolerance, rng)
    rows = [compare(probe, name, entries, rng) for name in probe.exact]
    table = GradientTable(node.who, rows, tolerance)
    if not table.passed:
        cure = "At a kink, such as a relu's 0, no difference is right: move the data off it."
        raise GradientError(f"{table}\n{cure}")
    return table


class Probe:
    """A private float64 copy of a node and its inputs, with the gradients of <w, forward> that its
    backward gives."""

    def __init__(self, node: Node, inputs: Sequence[Any], tolerance: float, rng: Any) -> None:
        self.twin, self.tolerance = node.fresh(), tolerance
        self.twin.cast(np.float64)
        # an optimizer: its forward writes to its inputs and slots
        self.in_place = any(isinstance(x, Mapping) for x in inputs)
        self.inputs = [admitted(f"input {i}", x) for i, x in enumerate(inputs)]
        self.arrays = {**flat(self.inputs), **self.twin.params}
        self.draws = [g.bit_generator.state for g in self.twin.generators()]
        self.state: dict[str, Array] = copy.deepcopy(vars(self.twin).get("state", {}))
        subject = copy.deepcopy(self.twin)
        if not self.in_place:  # first on other inputs, whose cache must not be used here
            turned = [np.flip(x).copy() for x in self.inputs]
            subject.backward(upstream(subject.forward(*turned), rng))
            subject.forward(*turned)
        self.w = upstream(self.forward(subject), rng)
        d_inputs = subject.backward(self.w)
        d_inputs = d_inputs if isinstance(d_inputs, tuple) else (d_inputs,)
        self.exact = {**flat(d_inputs), **subject.grads}
        if subject.grads.keys() != self.twin.params.keys():
            expected = f"gradients of {', '.join(self.twin.params) or 'no parameter'}"
            got = ", ".join(subject.grads) or "none"
            checks.refuse(node.who, expected, got, error=GradientError)
        if np.shape(self.w) == () and not isinstance(self.w, Mapping):  # the gradients of J itself
            self.exact, self.w = {name: d / self.w for name, d in self.exact.items()}, 1.0

    def forward(self, subject: Any) -> Any:
        """The value, with the same draws and from the same state each time. Only an optimizer's
        forward may write to what it is given."""
        for name, a in self.state.items():
            subject.state[name][...] = a
        for generator, state in zip(subject.generators(), self.draws, strict=True):
            generator.bit_generator.state = state
        own = np.copy if self.in_place else read_only
        return subject.forward(*(each(own, x) for x in self.inputs))

    def measure(self) -> tuple[float, float]:
        """<w, forward>, and the sum of the absolute values of its terms, which bounds its rounding
        error."""
        subject = copy.deepcopy(self.twin) if self.in_place else self.twin
        y, w = flat([self.forward(subject)]), flat([self.w])
        terms = np.concatenate([np.ravel(y[name] * w[name]) for name in y])
        return float(terms.sum()), float(np.abs(terms).sum())

    def slope(self, array: Array, place: Any, v: Any, h: float) -> tuple[float, float]:
        """The central difference where array[place] moves along v, and a bound on its rounding
        error; nan if forward refuses a step, or if it is lost in the entries.

        The bound adds up the rounding error of f, and f's slope times that of the moved entries;
        of a large step also how far the difference of second order is off, since the curve bends.
        """
        start, f = np.copy(array[place]), []
        try:
            for step in (1, -1, 2, -2):
                array[place] = start + step * h * v
                f.append(self.measure())
        except (ValueError, FloatingPointError):
            return np.nan, 0.0
        finally:
            array[place] = start
        values, sizes = np.array(f).T
        rounding = sizes.max() + np.abs(start).max() * np.ptp(values) / h
        bound = 8 * np.finfo(float).eps * float(rounding + np.finfo(float).tiny) / h
        moved = h if h >= 4 * np.spacing(np.abs(start).max()) else np.nan
        slope = float(values @ [8, -8, -1, 1]) / (12 * moved)
        bend = abs(slope - float(values[0] - values[1]) / (2 * moved)) * (h > STEPS[0])
        return slope, bound + bend

    def settle(self, array: Array, moves: list[Any], expected: Array) -> tuple[Array, Array]:
        """For each move the difference, and how far it is from its expected value beyond the
        rounding error, both at the h that brings it closest."""
        numeric, excess, doubt = np.zeros(len(expected)), *np.full((2, len(expected)), np.inf)
        for h in STEPS:
            near = doubt <= self.tolerance * (abs(numeric) + abs(expected)).max() / len(doubt)
            for i in np.flatnonzero(~near):
                slope, rounding = self.slope(array, moves[i][0], moves[i][1], h)
                rounding += abs(slope - numeric[i]) * (h > STEPS[0])  # it may be a wave
                off = abs(slope - expected[i])
                # a smaller h has more rounding error, and must come closer by more than that
                if off + rounding < doubt[i]:
                    numeric[i], excess[i], doubt[i] = slope, max(off - rounding, 0), off + rounding
        return numeric, excess


def compare(probe: Probe, name: str, entries: int, rng: Any) -> GradientRow:
    """Check one array: entry by entry, and along a random direction if it has more entries than
    `entries`."""
    array, exact = probe.arrays[name], probe.exact[name]
    if np.shape(exact) != array.shape:
        wanted = f"a gradient of shape {array.shape} for {name}"
        checks.refuse(probe.twin.who, wanted, np.shape(exact), error=GradientError)
    n = array.size
    chosen = np.arange(n) if n <= entries else rng.choice(n, entries, replace=False)
    places = [tuple(map(int, np.unravel_index(i, array.shape))) for i in chosen]
    expected = np.array([exact[place] for place in places])
    numeric, excess = probe.settle(array, [(place, 1.0) for place in places], expected)
    error = relative(excess, numeric, expected)
    if len(places) < n:
        v: Array = rng.standard_normal(array.shape) / n**0.5
        found, past = probe.settle(array, [(..., v)], np.array([np.vdot(exact, v)]))
        error = max(error, relative(past, found, exact * v))
    at = int(abs(numeric - expected).argmax())
    return GradientRow(name, array.shape, len(places), error, places[at], expected[at], numeric[at])


def relative(excess: Array, numeric: Array, expected: Array) -> float:
    """|numeric - exact| / (|numeric| + |exact|) in the norm; 0 where all are 0."""
    top = float(np.max([abs(a).max() for a in (excess, numeric, expected)]))
    if not 0 < top < np.inf:
        return top and np.inf
    # of parts of the largest number, since its square may overflow
    off, *sizes = (np.linalg.norm(a / top) for a in (excess, numeric, expected))
    return float(off / sum(sizes))


def upstream(y: Any, rng: Any) -> Any:
    return each(lambda a: rng.standard_normal(np.shape(a)), y)


def admitted(name: str, x: Any) -> Any:
    """A copy of an input in float64."""
    if isinstance(x, Mapping):
        return {key: admitted(f"{name} {key}", a) for key, a in x.items()}
    array = checks.numbers("check_gradients", name, x, np.float64).copy()
    if array.size == 0:
        checks.refuse("check_gradients", f"{name} with at least one entry", array.shape)
    return array


def each(function: Callable[[Any], Any], x: Any) -> Any:
    """Apply a function to an array, or to each array of a mapping."""
    return {name: function(a) for name, a in x.items()} if isinstance(x, Mapping) else function(x)


def flat(values: Iterable[Any]) -> dict[str, Any]:
    """Arrays, and those in mappings, in one mapping: "input 0", "input 1 W1", ..."""
    found: dict[str, Any] = {}
    for i, x in enumerate(values):
        own = {f" {name}": a for name, a in x.items()} if isinstance(x, Mapping) else {"": x}
        found |= {f"input {i}{name}": a for name, a in own.items()}
    return found
