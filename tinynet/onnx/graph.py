"""The calls of a net as a graph of ONNX."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import helper, numpy_helper

from tinynet.base import Array, checks, functions
from tinynet.onnx.operators import OPERATORS, REDUCED, TWINS
from tinynet.source.recorded import calls, passes, predicted, refuse_size, where
from tinynet.tape.stand_ins import StandIn
from tinynet.tape.tape import Call

FAR = 2**63 - 1  # an end of a slice that is none
WHAT = "an ONNX file"


def type_of(dtype: Any) -> int:
    return int(helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))


class Graph:
    """Nodes and initializers. A value of the first recording goes by a name; its twin in the second
    one, of another number of examples, shows what depends on that number."""

    def __init__(self, model: Any) -> None:
        self.who, self.rows = model.who, model.examples == "rows"
        self.nodes, self.initializers = list[Any](), dict[str, Any]()
        self.constants = dict[Any, str]()
        model._built()
        self.passes = passes(model.layers, WHAT, predicted, constant=True)
        first, twin = self.passes
        self.output = f"A{len(model.layers)}"
        # the notes' names for what layers make, by stand-ins; Z where A is the same
        self.wanted = {id(x): name for name, x in reversed(first.found.items())}
        if self.rows:
            self.wanted[id(first.found[self.output])] += "_columns"
        X = self.node("Transpose", "X", name="X_columns") if self.rows else "X"
        self.names = {id(first.given["X"]): X}
        for pair in calls(self.passes):
            self.add(*pair)
        made = self.value(first.found[self.output], twin.found[self.output])
        if self.rows or made != self.output:
            self.node("Transpose" if self.rows else "Identity", made, name=self.output)

    # ---- writing

    def node(self, operator: str, *inputs: str, **settings: Any) -> str:
        """One more node, and the name of what it gives."""
        name = settings.pop("name", "") or f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], **settings))
        return str(name)

    def number(self, value: Any, dtype: Any) -> str:
        return self.constant(np.array(value, dtype))

    def whole(self, *values: int) -> str:
        return self.constant(np.array(values, np.int64))

    def constant(self, array: Array, name: str = "") -> str:
        """An array that is in the file."""
        key = array.tobytes(), array.shape, array.dtype
        if name not in self.initializers or not name:
            if not name and key in self.constants:
                return self.constants[key]
            name = name or f"c{len(self.constants)}"
            tensor = numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape), name)
            self.initializers[name] = tensor
            self.constants.setdefault(key, name)
        return name

    # ---- reading

    def value(self, x: Any, twin: Any) -> str:
        """The name of a value of the first recording."""
        if not isinstance(x, StandIn):
            if x.tobytes() != twin.tobytes():
                refuse_size(WHAT)
            return self.constant(x)
        if id(x) not in self.names:
            self.names[id(x)] = self.held(x, twin) if x.constant else self.viewed(x, twin)
        return self.names[id(x)]

    def held(self, x: StandIn, twin: StandIn) -> str:
        """What the parts know before there are examples."""
        a, b = x.settled(), twin.settled()
        if a.shape != b.shape:  # as many numbers as examples: they have to be one number
            if a.size == 0 or (a != a.flat[0]).any() or a.flat[0] != b.flat[0]:
                refuse_size(WHAT)
            return self.number(a.flat[0], a.dtype)
        if not np.array_equal(a, b):
            refuse_size(WHAT)
        return self.constant(a, self.passes[0].names.get(where(a), ""))

    def viewed(self, x: StandIn, twin: StandIn) -> str:
        """A part of another value, or that in another form."""
        base = self.value(x.origin, twin.origin)
        (how, *given), (_, *others) = (one.look.__reduce__()[1] for one in (x, twin))
        if how == "transpose":
            return self.node("Transpose", base)
        if how == "reshape":
            return self.node("Reshape", base, self.whole(*self.shape(x, twin)))
        if given != others:
            refuse_size(WHAT)
        return self.part(base, x.origin.ndim, given[0])

    def shape(self, x: StandIn, twin: StandIn) -> list[int]:
        """A shape, with -1 where it is as long as there are examples."""
        pairs = zip(x.shape, twin.shape, strict=True)
        found = [a if a == b else -1 for a, b in pairs]
        if found.count(-1) > 1:
            refuse_size(WHAT)
        return found

    def part(self, base: str, ndim: int, keys: tuple[Any, ...]) -> str:
        """base[keys]."""
        at = keys.index(...)
        some = sum(key is not None and key is not ... for key in keys)
        every = (slice(None),) * (ndim - some)
        starts, ends, axes, steps, dropped, new = ([] for _ in range(6))
        axis = place = 0
        for key in (*keys[:at], *every, *keys[at + 1 :]):
            if key is None:
                new.append(place)
            elif isinstance(key, int):
                starts.append(key)
                ends.append(key + 1 if key != -1 else FAR)
                axes.append(axis)
                steps.append(1)
                dropped.append(axis)
            elif key != slice(None):
                step = key.step or 1
                starts.append((0 if step > 0 else FAR) if key.start is None else key.start)
                ends.append((FAR if step > 0 else -FAR) if key.stop is None else key.stop)
                axes.append(axis)
                steps.append(step)
            axis += key is not None
            place += not isinstance(key, int)
        if axes:
            base = self.node("Slice", base, *(self.whole(*v) for v in (starts, ends, axes, steps)))
        if dropped:
            base = self.node("Squeeze", base, self.whole(*dropped))
        return self.node("Unsqueeze", base, self.whole(*new)) if new else base

    # ---- the calls

    def add(self, call: Call, twin: Call) -> None:
        """The nodes of a call; a row of ones is in the product that reads it."""
        if call.function is not functions.with_ones:
            made = len(self.nodes)
            name = self.call(call, twin)
            if len(self.nodes) > made and id(call.out) in self.wanted:
                name = self.nodes[-1].output[0] = self.wanted[id(call.out)]
            self.names[id(call.out)] = name

    def call(self, call: Call, twin: Call) -> str:
        """What the call gives."""
        function, settings = call.function, call.settings
        if function in (np.dot, np.matmul):
            return self.product(call, twin)
        inputs = [self.value(*pair) for pair in zip(call.inputs, twin.inputs, strict=True)]
        dtypes = [x.dtype for x in call.inputs]
        if function is np.copyto:
            return self.cast(inputs[0], dtypes[0], call.out.dtype)
        if function is np.argmax:
            return self.node("ArgMax", inputs[0], axis=settings["axis"], keepdims=0)
        if function in REDUCED:
            x = self.cast(inputs[0], dtypes[0], call.out.dtype)
            axis = settings["axis"]
            axes = range(call.inputs[0].ndim) if axis is None else np.ravel(axis)
            kept = int(settings["keepdims"])
            return self.node(REDUCED[function], x, self.whole(*axes), keepdims=kept)
        if function not in OPERATORS and function not in TWINS:
            got = getattr(function, "__name__", function)
            checks.refuse(self.who, "calls that have an operator in ONNX", got, error=TypeError)
        *loop, _ = function.resolve_dtypes((*dtypes, None))
        pairs = zip(inputs, dtypes, loop, strict=True)
        given = [self.cast(name, dtype, wanted) for name, dtype, wanted in pairs]
        if function in OPERATORS:
            return self.node(OPERATORS[function], *given)
        return TWINS[function](self, loop[0], *given)

    def cast(self, name: str, dtype: Any, wanted: Any) -> str:
        return name if dtype == wanted else self.node("Cast", name, to=type_of(wanted))

    def product(self, call: Call, twin: Call) -> str:
        """A product of matrices; W X + b where X has a row of ones under it."""
        (W, X), (other, below) = call.inputs, twin.inputs
        if not above_ones(X):
            pairs = (W, other), (X, below)
            if any(x.constant and x.shape != twin.shape for x, twin in pairs):
                refuse_size(WHAT)
            return self.node("MatMul", *(self.value(*pair) for pair in pairs))
        if above_ones(W) or not W.constant:
            checks.refuse(self.who, "parameters times what is above ones", "others")
        both, names = W.settled(), self.passes[0].names
        left, right = both[:, :-1], both[:, -1:]
        weights, bias = (self.constant(a, names.get(where(a), "")) for a in (left, right))
        return self.node("Gemm", weights, self.value(X.origin, below.origin), bias)


def above_ones(x: Any) -> bool:
    """Whether it is memory with a row of ones in it."""
    return isinstance(x, StandIn) and x.origin is not None and x.look is None


def tensor(name: str, dtype: Any, shape: Sequence[Any]) -> Any:
    """An input or an output."""
    return helper.make_tensor_value_info(name, type_of(dtype), shape)
