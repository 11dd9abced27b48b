"""Stand-ins: arrays without numbers, which write down what numpy is asked to do with them.

A stand-in holds one value for ever: what would write into one is refused, and so is whatever it
cannot answer (its numbers, an `if` on them, a call that has no place for its result).
"""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from numpy.lib.stride_tricks import as_strided

from tinynet.base import functions
from tinynet.base.checks import Array

if TYPE_CHECKING:
    from tinynet.tape.tape import Tape

# numpy wants `out=` spelled out there; elsewhere that costs half a call
KEYWORD_ONLY = (np.maximum, np.minimum)
LIKE = {np.zeros_like: 0, np.ones_like: 1}
REDUCTIONS = {np.sum: "sum", np.max: "max", np.mean: "mean"}
NUMBERS = (int, float, np.generic)


class UnsteadyError(Exception):
    """What a tape cannot hold."""


class StandIn(np.lib.mixins.NDArrayOperatorsMixin):
    """An array on a tape: one that was given, the result of a call, or a view of either."""

    def __init__(self, tape: "Tape", shape: tuple[int, ...], dtype: Any, order: str = "C") -> None:
        self.tape, self.shape, self.dtype, self.ndim = tape, shape, np.dtype(dtype), len(shape)
        self.size, self.nbytes = math.prod(shape), math.prod(shape) * self.dtype.itemsize
        self.order = order
        self.origin: StandIn | None = None  # of what it is a view, and how
        self.look: Callable[[Array], Array] | None = None
        self.path = ""
        self.array: Array | None = None  # known from the start where it was given, else later
        self.place: StandIn | None = None  # a given one, in whose memory it is computed
        self.constant, self.name = False, ""
        self.above_ones: StandIn | None = None  # itself above a row of ones, once asked for

    @property
    def strides(self) -> tuple[int, ...]:
        if self.array is not None:
            return self.array.strides
        if self.origin is not None and self.look is not None:
            return self.look(self.origin.sample()).strides
        shape, steps = (self.shape, []) if self.order == "C" else (self.shape[::-1], [])
        for i in range(self.ndim):
            steps.append(math.prod(shape[i + 1 :]) * self.dtype.itemsize)
        return tuple(steps if self.order == "C" else steps[::-1])

    @property
    def steps(self) -> tuple[int, ...]:
        """The strides that count."""
        return tuple(step for n, step in zip(self.shape, self.strides, strict=True) if n > 1)

    def sample(self) -> Array:
        """An array of its shape and strides whose numbers must not be looked at."""
        return as_strided(np.empty((), self.dtype), self.shape, self.strides)

    def view(self, look: Callable[[Array], Array], name: str) -> "StandIn":
        seen = look(self.sample())
        turned = seen.ndim == 2 and seen.strides[0] < seen.strides[1]
        twin = StandIn(self.tape, seen.shape, self.dtype, "F" if turned else "C")
        twin.origin, twin.look, twin.path = self, look, self.path + name
        twin.constant = self.constant
        return twin

    @property
    def root(self) -> "StandIn":
        """That of which it is a view, if it is one."""
        return self if self.origin is None else self.origin.root

    @property
    def placed(self) -> bool:
        """Whether its memory is known."""
        return self.root.array is not None or self.root.place is not None

    def settled(self) -> Array:
        """The array it stands for."""
        if self.place is not None:
            return self.place.settled()
        if self.origin is not None and self.look is not None:
            return self.look(self.origin.settled())
        assert self.array is not None
        return self.array

    def lies_in(self, place: "StandIn") -> bool:
        """Whether it is what stands in that place already."""
        where = self.root if self.root.place is None else self.root.place
        return where.root is place.root and where.path + self.path == place.path

    @property
    def T(self) -> "StandIn":
        return self.view(np.transpose, ".T")

    def __getitem__(self, key: Any) -> "StandIn":
        keys = key if isinstance(key, tuple) else (key,)
        if not {type(k) for k in keys} <= {slice, int, type(None), type(...)}:
            raise UnsteadyError("an index that copies")
        return self.view(lambda array: array[key], str(key))

    def reshape(self, *shape: Any) -> "StandIn":
        wanted = shape[0] if shape and isinstance(shape[0], tuple) else shape
        known = -math.prod(wanted)
        wanted = tuple(self.size // known if n == -1 and known else n for n in wanted)
        if wanted == self.shape:
            return self
        if math.prod(wanted) != self.size or not self.sample().flags.c_contiguous:
            raise UnsteadyError("another shape")
        return self.view(lambda array: array.reshape(wanted), f"as{wanted}")

    def with_ones(self) -> "StandIn":
        """Itself above a row of ones, in the memory around its own."""
        root, tape = self.root, self.tape
        if self.above_ones is None:
            if self.constant:
                self.above_ones = tape.constant_ones(self)
            elif root is not self or self.placed:
                self.above_ones = self.astype(self.dtype).with_ones()
            else:
                around = StandIn(tape, (self.shape[0] + 1, self.shape[1]), self.dtype, self.order)
                around.origin, around.path = self, "above ones"
                self.above_ones = around
                tape.record_ones(around)
        return self.above_ones

    def sum(self, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> "StandIn":
        return self.reduced(np.add, axis, dtype, keepdims)

    def max(self, axis: Any = None, keepdims: bool = False) -> "StandIn":
        return self.reduced(np.maximum, axis, None, keepdims)

    def mean(self, axis: Any = None, keepdims: bool = False) -> "StandIn":
        total = self.sum(axis=axis, keepdims=keepdims)
        return total / (self.size // total.size)  # type: ignore[no-any-return]

    def argmax(self, axis: Any = None) -> "StandIn":
        if (axis, self.ndim) == (0, 2):  # numpy would make such a copy by itself, in new memory
            return self.T.copy().argmax(axis=1)
        shape = self.reduced_shape(axis, False)
        return self.tape.record(np.argmax, (self,), shape, np.intp, settings={"axis": axis})

    def astype(self, dtype: Any) -> "StandIn":
        return self.tape.record(np.copyto, (self,), self.shape, dtype, self.order)

    def copy(self) -> "StandIn":
        return self.tape.record(np.copyto, (self,), self.shape, self.dtype)

    def reduced(self, ufunc: np.ufunc, axis: Any, dtype: Any, keepdims: bool) -> "StandIn":
        kind = ufunc.reduce(np.ones(1, self.dtype), dtype=dtype).dtype
        shape = self.reduced_shape(axis, keepdims)
        settings = {"axis": axis, "keepdims": keepdims}
        return self.tape.record(ufunc.reduce, (self,), shape, kind, settings=settings)

    def reduced_shape(self, axis: Any, keepdims: bool) -> tuple[int, ...]:
        if axis is None:
            return (1,) * self.ndim if keepdims else ()
        if not isinstance(axis, int) or not -self.ndim <= axis < self.ndim:
            raise UnsteadyError(f"a reduction over axis {axis}")
        axis %= self.ndim
        return self.shape[:axis] + (1,) * keepdims + self.shape[axis + 1 :]

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, **settings: Any
    ) -> "StandIn":
        if ufunc is np.matmul and method == "__call__":
            return self.__array_function__(np.dot, None, inputs, settings)
        if "out" in settings:
            raise UnsteadyError("a write into an array")
        if method != "__call__" or ufunc.nout != 1 or ufunc.signature or settings:
            raise UnsteadyError(f"{ufunc.__name__}.{method}")
        dtypes = [type(x) if type(x) in (int, float, bool) else x.dtype for x in inputs]
        dtypes = [np.dtype(bool) if kind is bool else kind for kind in dtypes]
        *loop, result = ufunc.resolve_dtypes((*dtypes, None))
        inputs = tuple(
            np.array(x, d) if isinstance(x, NUMBERS) else x
            for x, d in zip(inputs, loop, strict=True)
        )
        shape = np.broadcast_shapes(*(x.shape for x in inputs))
        orders = {x.order for x in inputs if isinstance(x, StandIn) and x.shape == shape}
        if ufunc in KEYWORD_ONLY and shape:
            # against one number they are four times slower than against an array of it
            literal = [isinstance(x, np.ndarray) for x in inputs]
            pairs = zip(inputs, literal, strict=True)
            inputs = tuple(self.tape.filled(x, shape) if known else x for x, known in pairs)
        return self.tape.record(ufunc, inputs, shape, result, "F" if orders == {"F"} else "C")

    def __array_function__(
        self, function: Any, types: Any, inputs: Any, settings: Any
    ) -> "StandIn":
        if function in LIKE and not settings:
            numbers = np.broadcast_to(np.array(LIKE[function], self.dtype), self.shape)
            return self.tape.given(numbers, constant=True)
        if function is functions.with_ones:
            return self.with_ones()
        if function is functions.uniform:
            return self.tape.draw(inputs[1], self)
        if function in REDUCTIONS:
            made: StandIn = getattr(inputs[0], REDUCTIONS[function])(*inputs[1:], **settings)
            return made
        if function is not np.dot or settings or any(x.ndim != 2 for x in inputs):
            raise UnsteadyError(function.__name__)
        (rows, _), (_, columns) = (x.shape for x in inputs)
        dtype = np.result_type(*(x.dtype for x in inputs))
        return self.tape.record(np.dot, inputs, (rows, columns), dtype)

    def __getattr__(self, name: str) -> NoReturn:
        raise UnsteadyError(name)

    def refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise UnsteadyError("its numbers")

    __array__ = __bool__ = __float__ = __int__ = __index__ = __len__ = __iter__ = refuse
    __setitem__ = refuse
