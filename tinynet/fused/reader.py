"""A tape read in another way: runs of calls become functions of machine code.

A played step makes one of numpy's calls after another, and each goes over its arrays by itself.
Here neighbouring elementwise calls become the lines of a loop for each shape: a number is read
once, taken through all lines, and written if somebody needs it later. They are operations in which
IEEE 754 leaves no choice, in the order of the tape, so their bits are numpy's. Short products, exp
and the like are numpy's own inner loops. All other calls are made as they are.
"""

import warnings
from collections.abc import Callable, Collection, Sequence
from functools import cache, partial
from itertools import chain, groupby
from typing import Any, NamedTuple

import numpy as np

from tinynet.base import Array, functions
from tinynet.fused.chunk import Chunk
from tinynet.fused.inner_loops import lies_forwards, outline, row, trials
from tinynet.fused.kernel import kernel, written
from tinynet.tape.stand_ins import StandIn
from tinynet.tape.tape import Call, Calls, Tape

COMPARISONS: dict[Any, str] = {
    np.greater: "{0} > {1}",
    np.greater_equal: "{0} >= {1}",
    np.less: "{0} < {1}",
    np.less_equal: "{0} <= {1}",
}
# of operands {0} and {1}, which are names, a number of the type {type}
OPERATIONS: dict[Any, str] = COMPARISONS | {
    np.add: "{0} + {1}",
    np.subtract: "{0} - {1}",
    np.multiply: "{0} * {1}",
    np.true_divide: "{0} / {1}",
    np.negative: "-{0}",
    np.reciprocal: "{type}(1) / {0}",
    np.square: "{0} * {0}",
    np.sqrt: "np.sqrt({0})",
    np.absolute: "abs({0})",
    np.floor: "np.floor({0})",
    np.copysign: "np.copysign({0}, {1})",
    np.sign: "{type}({0} > 0) - {type}({0} < 0) if {0} == {0} else {0}",
    np.fmax: "{0} if {0} >= {1} or {1} != {1} else {1}",
    np.copyto: "{type}({0})",
    np.dot: "{0} * {1} + {type}(0)",  # of a column and a row
}
# row by row: what begins with the first, and goes on with each other
ROWS: dict[Any, tuple[str, str]] = {np.add.reduce: ("{type}(0) + {0}", OPERATIONS[np.add])}
# of two zeros the second, if numpy does so on this machine
if np.signbit(np.maximum(np.zeros(9), -np.zeros(9))).all():
    OPERATIONS[np.maximum] = "{0} if {0} > {1} or {0} != {0} else {1}"
    OPERATIONS[np.minimum] = "{0} if {0} < {1} or {0} != {0} else {1}"
    ROWS[np.maximum.reduce] = "{0}", OPERATIONS[np.maximum]
FLOATS = {np.dtype(np.float32): "np.float32", np.dtype(np.float64): "np.float64"}
READ = [*FLOATS, np.dtype(bool)]  # the dtypes of what is read


# "auto": numbers that a run makes in a fit, where a call of numpy takes as long as so many more. It
# takes some 3 s to play, of which most is won; numba takes 1 s to start, and some 0.2 s a function
PAYS, CALL = 1e10, 1000
# calls in a function, and functions in a chunk: numba takes long for more
LONGEST, MOST = 64, 8


class Fused(NamedTuple):
    """What reads a tape: runs are fused that pay in so many steps. With `zeros`, numbers that are
    too small to be normal count as 0 within a chunk."""

    steps: float = np.inf
    zeros: bool = False

    def __call__(self, tape: Tape) -> list[Any]:
        """The calls of a tape on its arrays, as few as can be: functions that can be compiled, and
        calls of numpy's."""
        calls = list[Any]()
        for fusable, run in groupby(enumerate(tape.calls), lambda pair: is_fusable(pair[1])):
            pairs = [*run]
            work = sum(CALL + call.out.size * is_line(call) for _, call in pairs)
            pays = fusable and len(pairs) > 1 and work * self.steps >= PAYS
            parts = [pairs[i : i + LONGEST] for i in range(0, len(pairs), LONGEST)]
            calls += [Function(tape, part) for part in parts] if pays else bound(pairs)
        return calls

    def ready(self, calls: Sequence[Any]) -> Calls:
        """The calls as they can be made: those of numpy where numba fails."""
        own = [made(call.call) or call if isinstance(call, Function) else call for call in calls]
        several = ([*call.played] if isinstance(call, Function) else [call] for call in own)
        return [*chain.from_iterable(several)]

    def chunk(self, calls: Calls, *others: Any) -> Chunk | None:
        """Steps as one call, if all of their calls are machine code, and it pays."""
        pays = len(calls) * CALL * self.steps >= PAYS and len(calls) <= MOST
        if not pays or not all(isinstance(call, Function) for call in calls):
            return None
        chunk: Chunk | None = made(Chunk, self.zeros, calls, *others)
        return chunk


def bound(pairs: Sequence[tuple[int, Call]]) -> Calls:
    """The calls as numpy's own."""
    return [call.bound() for _, call in pairs]


def made(function: Callable[..., Any], *arguments: Any) -> Any:
    """What it gives; None where numba fails."""
    try:
        return function(*arguments)
    except Exception as why:  # numba's, of any kind
        text = f"numba cannot compile a step, so it is played: {type(why).__name__}: {why}"
        warnings.warn(text.partition("\n")[0], UserWarning, stacklevel=2)
        return None


def is_fusable(call: Call) -> bool:
    """Whether machine code can do it: in a loop, or by numpy's own."""
    ones = call.function is functions.with_ones and call.out.ndim == 2
    return is_line(call) or ones or row(call) is not None


def is_line(call: Call) -> bool:
    """Whether a call can be a line of a loop."""
    known = call.function in OPERATIONS and all(x.dtype in READ for x in call.inputs)
    known = known and (call.function is not np.dot or adds_to_0(*map(outline, call.inputs)))
    made = call.out.dtype in FLOATS or call.function in COMPARISONS
    flat = all(x.ndim <= 2 for x in (call.out, *call.inputs))
    # of two zeros numpy's fmax takes now the one, now the other
    numbers = [x for x in call.inputs if isinstance(x, np.ndarray)]
    zero = call.function is np.fmax and not any(numbers)
    # numpy copies what a call would write over before it is read
    kept = kept_from(read_by(call), call.out.settled())
    return kept and (goes_by_rows(call) or (known and made and flat and not zero))


@cache
def adds_to_0(a_outline: Any, b_outline: Any) -> bool:
    """Whether numpy's product of such arrays adds the product of two numbers to 0."""
    forwards = lies_forwards(*a_outline) and lies_forwards(*b_outline)
    if not forwards or a_outline[0][1:] != (1,) or b_outline[0][:-1] != (1,):
        return False
    pairs = trials(a_outline, b_outline)
    return all(a.dot(b).tobytes() == (a * b + 0).tobytes() for a, b in pairs)


def is_alone(call: Call) -> bool:
    """Whether it is no line among others."""
    return call.function in ROWS or not is_line(call)


def goes_by_rows(call: Call) -> bool:
    """Whether it is a sum, or the like, over the rows of what lies row after row: of more than one
    column numpy takes one row after another."""
    if call.function not in ROWS or call.settings["axis"] != 0 or call.inputs[0].ndim != 2:
        return False
    (a,), out = read_by(call), call.out.settled()
    (n, m), floats = a.shape, a.dtype == out.dtype in FLOATS
    return bool(n > 0 and m > 1 and a.flags.c_contiguous and floats)


def read_by(call: Call, made: Collection[int] = ()) -> list[Array]:
    """What a call reads, but for values that were made before."""
    inputs = [x for x in call.inputs if isinstance(x, StandIn) and id(x) not in made]
    return [x.settled() for x in inputs]


def kept_from(read: Sequence[Array], written: Array) -> bool:
    """Whether who writes an array place by place spoils nothing that is read later: it is read at
    that very place, or elsewhere."""
    here = written.__array_interface__["data"], written.strides, written.shape, written.dtype
    pairs = ((a, (a.__array_interface__["data"], a.strides, a.shape, a.dtype)) for a in read)
    return all(there == here or not np.may_share_memory(a, written) for a, there in pairs)


class Loop:
    """Calls of one shape, by their numbers on the tape, of which each looks at its own place in the
    results of the others."""

    def __init__(self, shape: tuple[int, ...], order: str, alone: bool) -> None:
        self.shape, self.order, self.alone = shape, order, alone
        self.calls, self.made = list[tuple[int, Call]](), set[int]()
        self.read, self.written = list[Array](), list[Array]()

    def takes(self, call: Call) -> bool:
        """Whether it can be the next line: it reads nothing that the loop writes elsewhere, and
        writes over nothing that the loop reads elsewhere."""
        if self.alone or is_alone(call):
            return False
        read = read_by(call, self.made)
        apart = not any(np.may_share_memory(a, b) for a in read for b in self.written)
        kept = kept_from(self.read, call.out.settled())
        return call.out.shape == self.shape and apart and kept

    def add(self, i: int, call: Call) -> None:
        self.read += read_by(call, self.made)
        self.written.append(call.out.settled())
        self.made.add(id(call.out))
        self.calls.append((i, call))


def loops(pairs: Sequence[tuple[int, Call]]) -> list[Loop]:
    """The calls in loops, in the order of the tape."""
    found = list[Loop]()
    for i, call in pairs:
        if not found or not found[-1].takes(call):
            found.append(Loop(call.out.shape, call.out.order, is_alone(call)))
        found[-1].add(i, call)
    return found


class Function:
    """A run of calls as the lines of a function, and the arrays that it is given. They know no
    number and no length: one text serves nets of any size, with any settings."""

    def __init__(self, tape: Tape, pairs: Sequence[tuple[int, Call]]) -> None:
        self.played = bound(pairs)
        self.lasting, self.last = tape.lasting, dict[int, int]()
        for i, call in enumerate(tape.calls):
            self.last |= {id(x.root): i for x in call.inputs if isinstance(x, StandIn)}
        self.given, self.names = list[Array](), dict[Any, str]()
        self.constants, self.head, self.count = dict[str, list[Any]](), list[str](), 0
        self.rows = list[Array]()  # of inner loops
        self.work = sum(call.work for _, call in pairs)
        body = [line for loop in loops(pairs) for line in self.loop(loop)]
        self.lines = [*self.head, *body]
        packed = {name: np.array(own) for name, own in self.constants.items()}
        packed |= {"rows": np.array(self.rows)} if self.rows else {}
        given = {f"a{i}": array for i, array in enumerate(self.given)}
        self.arrays = given | packed  # by the names that they have in the lines

    def call(self) -> Any:
        """It compiled, with its arrays."""
        text, arrays = written(self.arrays, self.lines), [*self.arrays.values()]
        made: Any = partial(kernel(text, arrays), *arrays)
        made.kept = self.played  # rows hold bare addresses: their arrays must live as long
        return made

    def loop(self, loop: Loop) -> list[str]:
        """A loop over its shape, in which what somebody needs later is written into its place."""
        (last, call), lines, names, size = loop.calls[-1], list[str](), dict[Any, str](), ""
        if call.function in ROWS:
            return self.by_rows(call)
        if call.function is functions.with_ones:
            ones = self.argument(call.out.settled()[-1])
            return [f"for j in range({ones}.size):", f" {ones}[j] = 1"]
        if not is_line(call):
            return self.by_inner_loop(call)
        for _, call in loop.calls:
            found = self.value(loop, call, lines, names)
            root = id(call.out.root)
            if root in self.lasting or self.last[root] > last:
                size = self.argument(call.out.settled())
                lines.append(f"{size}[{place(call.out, loop)}] = {found}")
        axes = [*zip("ij", range(len(loop.shape)), strict=False)]
        axes = axes[::-1] if loop.order == "F" else axes
        heads = [f"{' ' * n}for {v} in range({size}.shape[{k}]):" for n, (v, k) in enumerate(axes)]
        return [*heads, *(" " * len(axes) + line for line in lines)]

    def by_inner_loop(self, call: Call) -> list[str]:
        """numpy's own loop."""
        own = row(call)
        assert own is not None, "what is no line has a row"
        self.rows.append(own)
        return [f"run(rows.ctypes.data + {self.rows[0].nbytes * (len(self.rows) - 1)})"]

    def by_rows(self, call: Call) -> list[str]:
        """A loop over the rows of what is summed."""
        a, out = (self.argument(x.settled()) for x in (*call.inputs, call.out))
        here = f"{out}[{'0, ' * (call.out.ndim - 1)}j]"
        first, going_on = ROWS[call.function]
        first = first.format(f"{a}[0, j]", type=FLOATS[call.out.dtype])
        heads = [f"for j in range({a}.shape[1]):", f" {here} = {first}"]
        heads += [f"for i in range(1, {a}.shape[0]):", f" for j in range({a}.shape[1]):"]
        lines = list[str]()
        operands = self.new(lines, here), self.new(lines, f"{a}[i, j]")
        found = self.new(lines, going_on.format(*operands))
        return [*heads, *(f"  {line}" for line in [*lines, f"{here} = {found}"])]

    def value(self, loop: Loop, call: Call, lines: list[str], names: dict[Any, str]) -> str:
        """The name of what a call makes, after the lines that it takes."""
        dtypes = [x.dtype for x in call.inputs]
        if isinstance(call.function, np.ufunc):  # which cast what they read
            *dtypes, _ = call.function.resolve_dtypes((*dtypes, None))
        operands = []
        for x, dtype in zip(call.inputs, dtypes, strict=True):
            if isinstance(x, StandIn) and id(x) not in names:
                array = x.settled()
                where = f"{self.argument(array)}[{place(x, loop)}]"
                if where not in names:
                    names[where] = self.new(lines, where)
                names[id(x)] = names[where]
            found = names[id(x)] if isinstance(x, StandIn) else self.constant(x)
            operands.append(found if x.dtype == dtype else f"{FLOATS[dtype]}({found})")
        kind = FLOATS.get(call.out.dtype, "")
        found = self.new(lines, OPERATIONS[call.function].format(*operands, type=kind))
        names[id(call.out)] = found
        return found

    def new(self, lines: list[str], what: str) -> str:
        """A name for it."""
        self.count += 1
        lines.append(f"v{self.count} = {what}")
        return f"v{self.count}"

    def constant(self, number: Any) -> str:
        """A number that stays, read before the loops."""
        own = self.constants.setdefault(f"c_{number.dtype}", [])
        own.append(number)
        return self.new(self.head, f"c_{number.dtype}[{len(own) - 1}]")

    def argument(self, array: Array) -> str:
        key = array.__array_interface__["data"][0], array.shape, array.strides, array.dtype
        if key not in self.names:
            self.names[key] = f"a{len(self.given)}"
            self.given.append(array)
        return self.names[key]


def place(x: StandIn, loop: Loop) -> str:
    """The index of a number in a loop, where one of its axes may be the same for all."""
    axes = zip("ij"[: len(loop.shape)][::-1], x.shape[::-1], loop.shape[::-1], strict=False)
    found = [v if n == m else "0" for v, n, m in axes]
    return ", ".join(found[::-1]) or "()"
