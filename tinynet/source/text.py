"""Calls as lines of Python: what is read once and is short stands where it is read, the rest has a
name."""

import math
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, NoReturn

import numpy as np

from tinynet.base import checks, functions
from tinynet.source.recorded import (
    SIZES,
    Pass,
    above_ones,
    constant,
    free_names,
    law,
    one_number,
    refuse_size,
    weights_and_bias,
    where,
)
from tinynet.tape.stand_ins import StandIn
from tinynet.tape.tape import Call

WHAT = "a module of plain numpy"
LONGEST = 60  # characters of an expression that stands where it is read
ATOM, PRODUCT, SUM, COMPARED = 3, 2, 1, 0  # how strongly an expression holds together
BINARY: Mapping[Any, tuple[str, int]] = {
    np.add: ("+", SUM),
    np.subtract: ("-", SUM),
    np.multiply: ("*", PRODUCT),
    np.divide: ("/", PRODUCT),
    np.greater: (">", COMPARED),
    np.greater_equal: (">=", COMPARED),
    np.less: ("<", COMPARED),
    np.less_equal: ("<=", COMPARED),
    np.equal: ("==", COMPARED),
    np.not_equal: ("!=", COMPARED),
}
PRODUCTS = np.dot, np.matmul
NOTHING: Mapping[int, str] = MappingProxyType({})
REDUCED: Mapping[Any, str] = {np.add.reduce: "sum", np.maximum.reduce: "max"}


class Text(NamedTuple):
    """An expression, and how strongly it holds together."""

    code: str
    level: float = ATOM

    def within(self, level: float) -> str:
        """As an operand of what holds together so strongly."""
        return self.code if self.level >= level else f"({self.code})"


def literal(value: Any) -> Text:
    """A number of Python's."""
    if not math.isfinite(value):
        return Text(f"float('{value}')")
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
    negative = math.copysign(1, value) < 0
    code = repr(int(value) if whole and (value or not negative) else value)
    return Text(code, SUM if negative else ATOM)


class Lines:
    """The lines of two recordings, of different numbers of examples. `wanted` are the names that
    values get once they are made; the others get new ones."""

    def __init__(self, passes: Sequence[Pass], wanted: Mapping[int, str] = NOTHING) -> None:
        self.first, *_ = passes
        self.wanted = wanted
        self.texts = {id(x): Text(name) for name, x in self.first.given.items()}
        self.given = {*self.texts}
        taken = {*self.first.given, *self.first.found, *self.first.names.values()}
        self.free = free_names("v", taken | {*wanted.values()})
        self.lines, self.reads_m = list[str](), False
        # dW above db, made by one product: what the layer took, and dZ of both recordings
        self.gradients = dict[int, tuple[Text, StandIn, StandIn]]()
        self.readers = self.count(self.first.calls)

    def count(self, calls: Sequence[Call]) -> dict[int, int]:
        """How often each value is read, itself or a view of it."""
        found = dict[int, int]()
        for call in calls:
            for x in call.inputs:
                if isinstance(x, StandIn):
                    root = x.origin if above_ones(x) else x.root
                    found[id(root)] = found.get(id(root), 0) + 1
        for x in self.first.found.values():
            found[id(x.root)] = found.get(id(x.root), 0) + 1
        return found

    # ---- values

    def value(self, x: Any, twin: Any) -> Text:
        """The expression of a value."""
        if not isinstance(x, StandIn):
            return self.number(x, twin)
        if id(x) in self.texts:
            return self.texts[id(x)]
        if above_ones(x):
            self.refuse_ones()
        if x.constant:
            return self.filled(x, twin)
        if x.root.array is not None and id(x.root) not in self.given:
            return self.parameter(x, twin)
        return self.view(x, twin)

    def number(self, x: Any, twin: Any) -> Text:
        """A number, which may depend on how many examples there are."""
        form, k = law(WHAT, x, twin)
        if form == "{}":
            return literal(k)
        self.reads_m = True
        return Text(form.format(literal(k).code), PRODUCT)

    def filled(self, x: StandIn, twin: StandIn, whole: bool = False) -> Text:
        """An array of one number; as an array where it has to be `whole`."""
        number = one_number(WHAT, x, twin).item()
        if not whole:
            return literal(number)
        dtype = "" if x.dtype == np.float64 else f", np.{x.dtype}"
        return Text(f"np.full({self.shape(x, twin)}, {number!r}{dtype})")

    def shape(self, x: StandIn, twin: StandIn) -> str:
        """A shape as a tuple."""
        sizes = list[str]()
        for pair in zip(x.shape, twin.shape, strict=True):
            if pair != SIZES and pair[0] != pair[1]:
                refuse_size(WHAT)
            self.reads_m |= pair == SIZES
            sizes.append("m" if pair == SIZES else str(pair[0]))
        return f"({', '.join(sizes)}{',' * (len(sizes) == 1)})"

    def parameter(self, x: StandIn, twin: StandIn) -> Text:
        """A parameter, or a part of one."""
        name = self.first.names.get(where(x.settled()))
        if name is not None and x.shape == twin.shape:
            return Text(name)
        if x.origin is None:
            got, cure = "an array as a whole", "read self.params"
            checks.refuse("the net", f"parameters that {WHAT} can hold", got, cure, TypeError)
        return self.looked(self.value(x.origin, twin.origin), x, twin)

    def view(self, x: StandIn, twin: StandIn) -> Text:
        """A part of another value, or that in another form."""
        found = self.gradient(x, twin)
        if found is None:
            base = self.value(x.origin, twin.origin)
            found = self.looked(base, x, twin)
        self.texts[id(x)] = found
        return found

    def looked(self, base: Text, x: StandIn, twin: StandIn) -> Text:
        """What a view of an expression is."""
        code, (method, *given) = base.within(ATOM), x.how
        if method == "transpose":
            return Text(code.removesuffix(".T") if code.endswith(".T") else f"{code}.T")
        if method == "reshape":
            return Text(f"{code}.reshape{self.shape(x, twin)}")
        if x.how != twin.how:
            refuse_size(WHAT)
        return Text(f"{code}[{', '.join(map(index, given[0]))}]")

    def gradient(self, x: StandIn, twin: StandIn) -> Text | None:
        """dW or db, if both were made by one product with a row of ones."""
        part = x.origin
        if x.how != ("transpose",) or part.origin is None or id(part.origin) not in self.gradients:
            return None
        A, dZ, dZ_twin = self.gradients[id(part.origin)]
        d = self.value(dZ, dZ_twin)
        if part.how[1][0] == slice(None, -1):
            return Text(f"{d.within(PRODUCT)} @ {A.within(ATOM)}.T", PRODUCT)
        return summed(d, 1)

    # ---- lines

    def name(self, name: str, x: Any, twin: Any) -> None:
        """A value under its own name."""
        found = self.broadcast(self.value(x, twin), x, twin)
        if found.code != name:
            self.assign(x, name, found)

    def take(self) -> list[str]:
        """The lines so far; the next ones begin anew."""
        lines, self.lines = self.lines, []
        return lines

    # ---- calls

    def add(self, call: Call, twin: Call) -> None:
        """The line of a call; none if it stands where it is read."""
        if call.function is functions.with_ones:
            return
        found = self.call(call, twin)
        if found is not None:
            wanted = self.wanted.get(id(call.out), "")
            short = len(found.code) <= LONGEST and self.readers.get(id(call.out.root), 0) < 2
            if not wanted and (short or found.code.isidentifier()):
                self.texts[id(call.out)] = found
            else:
                self.assign(call.out, wanted or next(self.free), found)

    def assign(self, x: StandIn, name: str, text: Text) -> None:
        """A line that gives a value its name."""
        self.lines.append(f"{name} = {text.code}")
        self.texts[id(x)] = Text(name)

    def call(self, call: Call, twin: Call) -> Text | None:
        """The expression of a call."""
        pairs = [*zip(call.inputs, twin.inputs, strict=True)]
        if call.function in PRODUCTS:
            return self.product(pairs, call)
        texts = [self.value(*pair) for pair in pairs]
        if any(isinstance(x, StandIn) and x.dtype.kind in "iub" for x in call.inputs):
            texts = [self.exact(*pair) for pair in zip(texts, call.inputs, strict=True)]
        if not any(getattr(x, "shape", ()) == call.out.shape and not constant(x) for x, _ in pairs):
            texts = [self.broadcast(text, *pair) for text, pair in zip(texts, pairs, strict=True)]
        if isinstance(call.function, np.ufunc):
            return of_ufunc(call.function, texts, call.out.dtype.kind == "f")
        return of_method(call, texts[0])

    def exact(self, text: Text, x: Any) -> Text:
        """A whole float stays one beside integers."""
        plain = not isinstance(x, StandIn) and text.code == literal(x.item()).code
        return Text(repr(x.item()), text.level) if plain and np.isfinite(x) else text

    def broadcast(self, text: Text, x: Any, twin: Any) -> Text:
        """What has to be there as an array, for the shape of the result."""
        return self.filled(x, twin, whole=True) if constant(x) else text

    def product(self, pairs: Any, call: Call) -> Text | None:
        """A product of matrices, with W X + b and its gradients in the notes' form."""
        (W, W_twin), (X, X_twin) = pairs
        if above_ones(X):
            names = [name for _, name in weights_and_bias(self.first, W)]
            if not all(names):
                self.refuse_ones()
            x = self.value(X.origin, X_twin.origin).within(ATOM)
            return Text(f"{names[0]} @ {x} + {names[1]}", SUM)
        if above_ones(W):
            if X.how != ("transpose",):
                self.refuse_ones()
            self.gradients[id(call.out)] = (
                self.value(W.origin, W_twin.origin),
                X.origin,
                X_twin.origin,
            )
            return None
        if ones(W, (1, W.shape[-1])):
            return summed(self.value(X, X_twin), 0)
        if ones(X, (X.shape[0], 1)):
            return summed(self.value(W, W_twin), 1)
        whole = [self.broadcast(self.value(*pair), *pair) for pair in pairs]
        return Text(f"{whole[0].within(PRODUCT)} @ {whole[1].within(ATOM)}", PRODUCT)

    def refuse_ones(self) -> NoReturn:
        got = "a row of ones elsewhere"
        checks.refuse("the net", f"products that {WHAT} can hold", got, error=TypeError)


def of_ufunc(function: np.ufunc, texts: Sequence[Text], floats: bool) -> Text:
    """A call of a ufunc, by its sign if it has one."""
    if function in BINARY:
        sign, level = BINARY[function]
        chained = level == COMPARED  # as a < b < c is in Python
        left, right = texts[0].within(level + chained), texts[1].within(level + 1)
        if sign == "*" and "1" in (left, right):
            return texts[0] if right == "1" else texts[1]
        if sign == "+" and re.fullmatch(r"\(-[\d.e-]+\)", right):
            return Text(f"{left} - {right[2:-1]}", level)
        return Text(f"{left} {sign} {right}", level)
    if function is np.negative:
        return Text(f"-{texts[0].within(ATOM)}", PRODUCT)
    if function is np.reciprocal and floats:
        return Text(f"1 / {texts[0].within(ATOM)}", PRODUCT)
    name = {"absolute": "abs"}.get(function.__name__, function.__name__)
    if getattr(np, name, None) is not function:
        checks.refuse("the net", f"calls that {WHAT} can hold", name, error=TypeError)
    return Text(f"np.{name}({', '.join(text.code for text in texts)})")


def of_method(call: Call, text: Text) -> Text:
    """A call that is a method of an array."""
    function, settings, out = call.function, call.settings, call.out
    base, other = text.within(ATOM), out.dtype != call.inputs[0].dtype
    if function is np.copyto:
        return Text(f"{base}.astype(np.{out.dtype})") if other else text
    if function is np.argmax:
        return Text(f"{base}.argmax(axis={settings['axis']})")
    how = [f"axis={settings['axis']}"] * (settings["axis"] is not None)
    how += ["keepdims=True"] * bool(settings["keepdims"]) + [f"dtype=np.{out.dtype}"] * other
    return Text(f"{base}.{REDUCED[function]}({', '.join(how)})")


def summed(text: Text, axis: int) -> Text:
    return Text(f"{text.within(ATOM)}.sum(axis={axis}, keepdims=True)")


def ones(x: Any, shape: tuple[int, ...]) -> bool:
    """Whether it is a row or a column of ones."""
    return constant(x) and x.shape == shape and bool((x.settled() == 1).all())


def index(key: Any) -> str:
    """A key of a view."""
    if not isinstance(key, slice):
        return "..." if key is ... else str(key)
    start, stop, step = (
        "" if part is None else str(part) for part in (key.start, key.stop, key.step)
    )
    return f"{start}:{stop}" + (f":{step}" if step else "")
