"""Stand-ins: arrays without numbers, which write down what numpy is asked to do with them.

A stand-in holds one value for ever: what would write into one is refused, and so is whatever it
cannot answer (its numbers, an `if` on them, a call that has no place for its result).
"""

from collections.abc import Sequence
from functools import partial
from operator import methodcaller
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from numpy.lib.stride_tricks import as_strided

from tinynet.base import Array, functions

if TYPE_CHECKING:
    from tinynet.tape.tape import Tape

# numpy wants `out=` spelled out there, which elsewhere costs half a call; they are slow against one
# number
EXTREMES = (np.maximum, np.minimum)
LIKE = {np.zeros_like: 0, np.ones_like: 1}
REDUCTIONS = {np.sum: "sum", np.max: "max", np.mean: "mean"}
SMALL = 65_536  # numbers of an array that is made for the sake of time, at most
NUMBERS = (int, float, np.generic)


class UnsteadyError(Exception):
    """What a tape cannot hold."""


def outline(array: Array) -> Array:
    """An array of that shape, dtype and strides, whose numbers are nobody's. Only a small one has
    memory, since to do without takes more time."""
    if array.nbytes <= 4096 and (twin := np.empty_like(array)).strides == array.strides:
        return twin
    return as_strided(np.empty((), array.dtype), array.shape, array.strides)


def outcome(likes: Sequence[Any], dtype: Any) -> Array:
    """In outline what numpy makes entry by entry of such arrays, in the memory order it chooses."""
    flags: Any = [*[["readonly"]] * len(likes), ["writeonly", "allocate"]]
    dtypes = [*(like.dtype for like in likes), dtype]
    return outline(np.nditer([*likes, None], [], flags, dtypes).operands[-1])


class StandIn(np.lib.mixins.NDArrayOperatorsMixin):
    """An array on a tape, in outline: one that was given, the result of a call, or a view."""

    def __init__(self, tape: "Tape", like: Array) -> None:
        self.tape, self.like = tape, like
        self.shape, self.dtype, self.ndim, self.size = like.shape, like.dtype, like.ndim, like.size
        self.order: Any = "F" if like.ndim == 2 and like.strides[0] < like.strides[1] else "C"
        steps = zip(like.shape, like.strides, strict=True)
        self.layout = like.shape, like.dtype, *(step for n, step in steps if n > 1)
        self.origin: Any = None  # the stand-in of which it is a view
        self.how: tuple[Any, ...] = ()  # a method of the origin that gives it, and its arguments
        self.constant, self.name, self.path = False, "", ""
        self.array: Any = None  # known from the start where it was given, else later
        self.place: StandIn | None = None  # a given one, in whose memory it is computed

    def view(self, name: str, *how: Any) -> "StandIn":
        twin = StandIn(self.tape, methodcaller(*how)(self.like))
        twin.origin, twin.how = self, how
        twin.constant, twin.path = self.constant, self.path + name
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
        if self.array is not None:
            return self.array  # type: ignore[no-any-return]
        if self.place is not None:
            return self.place.settled()
        return methodcaller(*self.how)(self.origin.settled())  # type: ignore[no-any-return]

    def lies_in(self, place: "StandIn") -> bool:
        """Whether it is what stands in that place already."""
        where = self.root if self.root.place is None else self.root.place
        return where.root is place.root and where.path + self.path == place.path

    @property
    def T(self) -> "StandIn":
        return self.view(".T", "transpose")

    def __getitem__(self, key: Any) -> "StandIn":
        keys = key if isinstance(key, tuple) else (key,)
        if not {type(k) for k in keys} <= {slice, int, type(None), type(...)}:
            raise UnsteadyError("an index that copies")
        keys = keys if ... in keys else (*keys, ...)  # a view of one number, not its copy
        return self.view(str(key), "__getitem__", keys)

    def reshape(self, *shape: Any) -> "StandIn":
        wanted = np.broadcast_to(np.empty(()), self.shape).reshape(*shape).shape
        if wanted == self.shape:
            return self
        if not self.like.flags.c_contiguous:
            raise UnsteadyError("another shape of what does not lie in a row")
        return self.view(f"as{wanted}", "reshape", wanted)

    def with_ones(self) -> "StandIn":
        """Itself above a row of ones, in the memory around its own."""
        if id(self) in self.tape.above_ones:
            return self.tape.above_ones[id(self)][1]
        if self.constant:
            around = functions.with_ones(self.settled())
            above = self.tape.given(around, constant=True)
            self.tape.prologue.append(partial(around[:-1].__setitem__, ..., self.settled()))
        elif self.root is not self or self.placed:
            above = self.astype(self.dtype).with_ones()
        else:
            n, m = self.shape
            above = StandIn(self.tape, outline(np.empty((n + 1, m), self.dtype, self.order)))
            # no view of it, but the memory around it: `settle` finds both at once
            above.origin, above.path = self, "above ones"
            self.tape.add(functions.with_ones, (), above)
        self.tape.above_ones[id(self)] = self, above
        return above

    def dot(self, other: Any) -> "StandIn":
        return self.product(np.dot, self, other)

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
        seen = np.argmax(np.broadcast_to(np.empty((), bool), self.shape), axis)
        return self.tape.record(np.argmax, (self,), outline(seen), {"axis": axis})

    def astype(self, dtype: Any) -> "StandIn":
        return self.tape.record(np.copyto, (self,), outcome([self.like], dtype))

    def cast(self, dtype: Any) -> "StandIn":
        """As a ufunc reads it. Of few numbers a cast takes less time than one within the ufunc."""
        return self if dtype == self.dtype or self.size > SMALL else self.astype(dtype)

    def copy(self) -> "StandIn":
        return self.tape.record(np.copyto, (self,), outline(np.empty(self.shape, self.dtype)))

    def reduced(self, ufunc: np.ufunc, axis: Any, dtype: Any, keepdims: bool) -> "StandIn":
        if self.ndim > 2 and not self.like.flags.c_contiguous:
            raise UnsteadyError("a sum of three dimensions that do not lie in a row")
        alike = np.broadcast_to(np.ones((), self.dtype), self.shape)
        seen = ufunc.reduce(alike, axis, dtype, keepdims=keepdims)
        like = outline(np.empty(seen.shape, seen.dtype))
        return self.tape.record(ufunc.reduce, (self,), like, {"axis": axis, "keepdims": keepdims})

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **settings: Any) -> Any:
        if ufunc is np.matmul and method == "__call__" and not settings:
            return self.product(np.matmul, *inputs)
        if "out" in settings or any(isinstance(x, np.ndarray) for x in inputs):
            raise UnsteadyError("a write into an array, or an array that is not the tape's")
        if method != "__call__" or ufunc.nout != 1 or ufunc.signature or settings:
            raise UnsteadyError(f"{ufunc.__name__}.{method}")
        known: dict[type, Any] = {bool: np.dtype(bool), int: int, float: float}
        dtypes = [known.get(type(x)) or x.dtype for x in inputs]
        *loop, result = ufunc.resolve_dtypes((*dtypes, None))
        pairs = zip(inputs, loop, strict=True)
        inputs = tuple(np.array(x, d) if isinstance(x, NUMBERS) else x.cast(d) for x, d in pairs)
        like = outcome([getattr(x, "like", x) for x in inputs], result)
        if ufunc in EXTREMES and like.shape:
            # against one number they are four times slower than against an array of it
            filled = partial(self.tape.filled, shape=like.shape)
            inputs = tuple(x if isinstance(x, StandIn) else filled(x) for x in inputs)
        return self.tape.record(ufunc, inputs, like)

    def __array_function__(self, function: Any, types: Any, inputs: Any, settings: Any) -> Any:
        if function in LIKE and not settings:
            return self.tape.given(np.full_like(self.like, LIKE[function]), constant=True)
        if function is functions.with_ones:
            return self.with_ones()
        if function is functions.uniform:
            return self.tape.draw(inputs[1], self)
        if function in REDUCTIONS:
            return getattr(inputs[0], REDUCTIONS[function])(*inputs[1:], **settings)
        if function is np.dot and not settings:
            return self.product(np.dot, *inputs)
        raise UnsteadyError(function.__name__)

    def product(self, function: Any, first: Any, second: Any) -> "StandIn":
        if not {first.ndim, second.ndim} <= {1, 2} or first.shape[-1] != second.shape[0]:
            raise UnsteadyError(f"{function.__name__} of what is no matrix or vector that fits")
        shape = first.shape[:-1] + second.shape[1:]
        like = outline(np.empty(shape, np.result_type(first.dtype, second.dtype)))
        return self.tape.record(function, (first, second), like)

    def __getattr__(self, name: str) -> NoReturn:
        raise UnsteadyError(name)

    def refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise UnsteadyError("its numbers")

    __array__ = __bool__ = __float__ = __int__ = __index__ = __len__ = __iter__ = refuse
    __setitem__ = refuse
