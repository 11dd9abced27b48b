"""Stand-ins: arrays without numbers, which write down what numpy is asked to do with them."""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from tinynet.base import functions
from tinynet.base.checks import Array
from tinynet.tape.memory import room

if TYPE_CHECKING:
    from tinynet.tape.tape import Tape

# numpy wants `out=` spelled out there; elsewhere that costs half a call
KEYWORD_ONLY = (np.maximum, np.minimum)
LIKE = {np.zeros_like: 0, np.ones_like: 1}
NONE: Mapping[str, Any] = MappingProxyType({})
NUMBERS = (int, float, np.generic)


class UnsteadyError(Exception):
    """What a tape cannot hold."""


class StandIn(np.lib.mixins.NDArrayOperatorsMixin):
    """An array on a tape: one that was given, the result of a call, or a view of either."""

    def __init__(
        self, tape: "Tape", shape: tuple[int, ...], dtype: Any, origin: "StandIn | None" = None
    ) -> None:
        self.tape, self.shape, self.dtype, self.ndim = tape, shape, np.dtype(dtype), len(shape)
        self.size, self.nbytes = math.prod(shape), math.prod(shape) * self.dtype.itemsize
        self.origin = origin
        self.look: Callable[[Array], Array] | None = None  # from the origin's array to its own
        self.array: Array | None = (
            None  # known from the start where it was given, else after `settle`
        )
        self.place: StandIn | None = None  # a given one, in whose array it is computed
        self.constant, self.path = False, ""
        self.taller: StandIn | None = None  # itself above a row of ones, where that was asked for

    def view(self, look: Callable[[Array], Array], name: str) -> "StandIn":
        twin = StandIn(
            self.tape,
            look(np.broadcast_to(np.empty((), self.dtype), self.shape)).shape,
            self.dtype,
            self,
        )
        twin.look, twin.constant, twin.path = look, self.constant, self.path + name
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
            array = room(self.place.settled(), self.shape)
        else:
            array = (
                self.array
                if self.look is None or self.origin is None
                else self.look(self.origin.settled())
            )
        assert array is not None
        return array

    @property
    def T(self) -> "StandIn":
        return self.view(np.transpose, ".T")

    def __getitem__(self, key: Any) -> "StandIn":
        if not {type(k) for k in (key if isinstance(key, tuple) else (key,))} <= {
            slice,
            int,
            type(None),
            type(...),
        }:
            raise UnsteadyError("an index that copies")
        return self.view(lambda array: array[key], str(key))

    def reshape(self, *shape: int) -> "StandIn":
        if self.ndim != len(shape) or not all(
            n in (-1, own) for n, own in zip(shape, self.shape, strict=True)
        ):
            raise UnsteadyError("another shape")
        return self

    def bordered(self) -> "StandIn":
        """Itself above a row of ones, which stands in the memory behind its own."""
        if self.taller is not None:
            return self.taller
        if self.constant:
            return self.tape.given(functions.bordered(self.settled()), constant=True)
        if self.root is not self or self.placed:
            self.taller = self.copy().bordered()
            return self.taller
        self.taller = StandIn(self.tape, (self.shape[0] + 1, self.shape[1]), self.dtype, self)
        self.taller.path = "bordered"
        return self.taller

    def sum(self, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> "StandIn":
        return self.reduced(np.add, axis, dtype, keepdims)

    def max(self, axis: Any = None, keepdims: bool = False) -> "StandIn":
        return self.reduced(np.maximum, axis, None, keepdims)

    def argmax(self, axis: Any = None) -> "StandIn":
        if (axis, self.ndim) == (0, 2):  # numpy would make such a copy by itself, in new memory
            return self.T.copy().argmax(axis=1)
        return self.tape.record(
            np.argmax, (self,), self.reduced_shape(axis, False), np.intp, settings={"axis": axis}
        )

    def astype(self, dtype: Any) -> "StandIn":
        return self.tape.record(np.copyto, (self,), self.shape, dtype)

    def copy(self) -> "StandIn":
        return self.astype(self.dtype)

    def reduced(self, ufunc: np.ufunc, axis: Any, dtype: Any, keepdims: bool) -> "StandIn":
        kind = ufunc.reduce(np.ones(1, self.dtype), dtype=dtype).dtype
        shape = self.reduced_shape(axis, keepdims)
        settings = {"axis": axis, "keepdims": keepdims}
        return self.tape.record(ufunc.reduce, (self,), shape, kind, settings=settings)

    def reduced_shape(self, axis: Any, keepdims: bool) -> tuple[int, ...]:
        if not isinstance(axis, int) or not -self.ndim <= axis < self.ndim:
            raise UnsteadyError(f"a reduction over axis {axis}")
        axis %= self.ndim
        return self.shape[:axis] + (1,) * keepdims + self.shape[axis + 1 :]

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **settings: Any
    ) -> "StandIn":
        if ufunc is np.matmul and out is None:
            return self.__array_function__(np.dot, None, inputs, settings)
        if method != "__call__" or ufunc.nout != 1 or ufunc.signature or settings:
            raise UnsteadyError(f"{ufunc.__name__}.{method}")
        dtypes = [
            type(x) if type(x) in (int, float) else np.dtype(bool) if type(x) is bool else x.dtype
            for x in inputs
        ]
        *loop, result = ufunc.resolve_dtypes((*dtypes, None))
        inputs = tuple(
            np.array(x, d) if isinstance(x, NUMBERS) else x
            for x, d in zip(inputs, loop, strict=True)
        )
        shape = np.broadcast_shapes(*(x.shape for x in inputs))
        if (
            ufunc in KEYWORD_ONLY
        ):  # against one number they are four times slower than against a row of it
            inputs = tuple(x if x.ndim else self.tape.row(x, shape[-1]) for x in inputs)
        return self.tape.record(ufunc, inputs, shape, result, out[0] if out else None)

    def __array_function__(
        self, function: Any, types: Any, inputs: Any, settings: Any
    ) -> "StandIn":
        if function in LIKE and not settings:
            return self.tape.given(
                np.broadcast_to(np.array(LIKE[function], self.dtype), self.shape), constant=True
            )
        if function is not np.dot or settings or any(x.ndim != 2 for x in inputs):
            raise UnsteadyError(function.__name__)
        (rows, _), (_, columns) = (x.shape for x in inputs)
        return self.tape.record(
            np.dot, inputs, (rows, columns), np.result_type(*(x.dtype for x in inputs))
        )

    def __getattr__(self, name: str) -> NoReturn:
        raise UnsteadyError(name)

    def refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise UnsteadyError("its numbers")

    __array__ = __bool__ = __float__ = __int__ = __index__ = __len__ = __iter__ = __setitem__ = (
        refuse
    )
