"""The calls of a net as a graph of ONNX."""

from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np
from onnx import helper, numpy_helper

from tinynet.base import Array, checks, functions
from tinynet.onnx.operators import BOOLEAN, LOGICAL, OPERATORS, REDUCED, TWINS
from tinynet.source.recorded import (
    above_ones,
    calls,
    constant,
    free_names,
    one_number,
    passes,
    predicted,
    refuse_size,
    weights_and_bias,
    where,
)
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
        self.rows = model.examples == "rows"
        self.nodes, self.initializers = list[Any](), list[Any]()
        model._built()
        self.passes = first, twin, _ = passes(model.layers, WHAT, predicted, constant=True)
        self.output = f"A{len(model.layers)}"
        # the notes' names for what layers make, by stand-ins; Z where A is the same
        self.wanted = {id(x): name for name, x in reversed(first.found.items())}
        A, A_twin = first.found[self.output], twin.found[self.output]
        dtype = first.given["X"].dtype
        if self.rows or A.dtype != dtype:
            self.wanted[id(A)] += "_inside"
        taken = {*first.names.values(), *self.wanted.values()}
        self.free, self.free_constants = free_names("v", taken), free_names("c", taken)
        self.constants = dict[Any, str]()  # names of arrays that are in the file
        X = self.node("Transpose", "X", name="X_columns") if self.rows else "X"
        self.names = {id(first.given["X"]): X}
        for pair in calls(self.passes):
            self.add(*pair)
        if A.constant:
            refuse_size(WHAT)
        made = self.cast(self.value(A, A_twin), A.dtype, dtype)
        if self.rows or made != self.output:
            self.node("Transpose" if self.rows else "Identity", made, name=self.output)

    # ---- writing

    def node(self, operator: str, *inputs: str, **settings: Any) -> str:
        """One more node, and the name of what it gives."""
        name = settings.pop("name", "") or next(self.free)
        self.nodes.append(helper.make_node(operator, list(inputs), [name], **settings))
        return str(name)

    def number(self, value: Any, dtype: Any) -> str:
        return self.constant(np.array(value, dtype))

    def whole(self, *values: int) -> str:
        return self.constant(np.array(values, np.int64))

    def constant(self, array: Array, name: str = "") -> str:
        """The name of an array that is in the file, a parameter's own or a new one."""
        key = name or (array.tobytes(), array.shape, array.dtype)
        if key not in self.constants:
            self.constants[key] = name or next(self.free_constants)
            plain = np.ascontiguousarray(array).reshape(array.shape)
            self.initializers.append(numpy_helper.from_array(plain, self.constants[key]))
        return self.constants[key]

    # ---- reading

    def value(self, x: Any, twin: Any) -> str:
        """The name of a value of the first recording."""
        if not isinstance(x, StandIn):
            if x.tobytes() != twin.tobytes():
                refuse_size(WHAT)
            return self.constant(x)
        if above_ones(x):
            refuse_operator("a row of ones elsewhere")
        if id(x) not in self.names:
            self.names[id(x)] = self.known(x, twin) if x.constant else self.viewed(x, twin)
        return self.names[id(x)]

    def known(self, x: StandIn, twin: StandIn) -> str:
        """What is known before there are examples; one number where it is as long as these."""
        if x.shape != twin.shape:
            return self.number(one_number(WHAT, x, twin), x.dtype)
        a = x.settled()
        if not np.array_equal(a, twin.settled()):
            refuse_size(WHAT)
        return self.constant(a, self.passes[0].names.get(where(a), ""))

    def viewed(self, x: StandIn, twin: StandIn) -> str:
        """A part of another value, or that in another form."""
        base, (method, *given) = self.value(x.origin, twin.origin), x.how
        if method == "transpose":
            return self.node("Transpose", base)
        if method == "reshape":
            return self.node("Reshape", base, self.whole(*self.shape(x, twin)))
        if x.how != twin.how:
            refuse_size(WHAT)
        return self.part(base, x.origin.ndim, *given)

    def shape(self, x: StandIn, twin: StandIn) -> list[int]:
        """A shape, with -1 for the length that follows from the others and the examples."""
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
        if call.function in (np.dot, np.matmul):
            return self.product(call, twin)
        inputs, out = call.inputs, call.out
        shapes = [x.shape for x in inputs if not constant(x)]
        pairs = zip(inputs, twin.inputs, strict=True)
        if out.shape not in shapes and any(constant(x) and x.shape != y.shape for x, y in pairs):
            refuse_size(WHAT)  # a constant of one number that gives the result its shape
        names = [self.value(*pair) for pair in zip(inputs, twin.inputs, strict=True)]
        if isinstance(call.function, np.ufunc):
            return self.ufunc(call.function, names, [x.dtype for x in inputs])
        axis, dtype = call.settings.get("axis"), inputs[0].dtype
        if call.function is np.copyto or axis == ():
            return self.cast(names[0], dtype, out.dtype)
        if call.function is np.argmax and axis is not None:
            return self.node("ArgMax", names[0], axis=axis, keepdims=0)
        if call.function not in REDUCED:
            refuse_operator(call.function)
        number = np.dtype(np.int32) if out.dtype == bool else out.dtype
        axes = self.whole(*(range(inputs[0].ndim) if axis is None else np.ravel(axis)))
        kept = int(call.settings["keepdims"])
        made = self.cast(names[0], dtype, number)
        made = self.node(REDUCED[call.function], made, axes, keepdims=kept)
        return self.cast(made, number, out.dtype)

    def ufunc(self, function: np.ufunc, names: list[str], dtypes: list[Any]) -> str:
        """A call of a ufunc, its inputs as it takes them."""
        *loop, _ = function.resolve_dtypes((*dtypes, None))
        boolean = loop[0] == np.dtype(bool)
        if boolean and function is np.absolute:
            return names[0]
        if function in LOGICAL:
            loop = [np.dtype(bool)] * len(loop)
        elif boolean and function not in BOOLEAN:
            loop = [np.dtype(np.int32)] * len(loop)  # comparisons
        elif loop[0] == np.dtype(np.float16):
            refuse_operator("numbers of float16")
        triples = zip(names, dtypes, loop, strict=True)
        given = [self.cast(name, dtype, wanted) for name, dtype, wanted in triples]
        table = BOOLEAN if boolean and function in BOOLEAN else OPERATORS
        if function in table:
            return self.node(table[function], *given)
        if function not in TWINS:
            refuse_operator(function)
        return TWINS[function](self, loop[0], *given)

    def cast(self, name: str, dtype: Any, wanted: Any) -> str:
        return name if dtype == wanted else self.node("Cast", name, to=type_of(wanted))

    def product(self, call: Call, twin: Call) -> str:
        """A product of matrices; W X + b where X has a row of ones under it."""
        (W, X), (W_twin, X_twin), dtype = call.inputs, twin.inputs, call.out.dtype
        if above_ones(X) and W.constant:
            parts = weights_and_bias(self.passes[0], W)
            weights, bias = (self.cast(self.constant(a, n), a.dtype, dtype) for a, n in parts)
            x = self.cast(self.value(X.origin, X_twin.origin), X.origin.dtype, dtype)
            return self.node("Gemm", weights, x, bias)
        for x, other in ((W, W_twin), (X, X_twin)):
            if above_ones(x) or (x.constant and x.shape != other.shape):
                refuse_size(WHAT)
        pairs = (W, W_twin), (X, X_twin)
        return self.node("MatMul", *(self.cast(self.value(*p), p[0].dtype, dtype) for p in pairs))


def refuse_operator(function: Any) -> NoReturn:
    got = getattr(function, "__name__", function)
    checks.refuse("the net", "calls that have an operator in ONNX", got, error=TypeError)


def tensor(name: str, dtype: Any, shape: Sequence[Any]) -> Any:
    """An input or an output."""
    return helper.make_tensor_value_info(name, type_of(dtype), shape)
