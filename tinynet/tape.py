"""A computation recorded once and played many times, with no new array in it.

What layers, activations, losses and optimizers compute is plain mathematics, so it runs on stand-ins as well as on arrays. A
stand-in has no numbers: it writes down which of numpy's calls was asked for. `Tape.settle` then finds memory for every
value, shared with values whose time is over, and what is left is a list of numpy's own calls on fixed arrays.

Only what is the same in every step can be on a tape. Whatever a stand-in cannot answer (its numbers, an `if` on them, a call
that has no place for its result, an array of somebody else's) raises UnsteadyError: such a step is taken as it is written.
"""

import math
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple, NoReturn, TypeAlias

import numpy as np

from tinynet import functions
from tinynet.arena import Arena, Life, address, room, same
from tinynet.checks import Array

KEYWORD_ONLY = (np.maximum, np.minimum)  # numpy wants `out=` spelled out there; elsewhere that costs half a call
LIKE = {np.zeros_like: 0, np.ones_like: 1}
NONE: Mapping[str, Any] = MappingProxyType({})
NUMBERS = (int, float, np.generic)


Calls: TypeAlias = list[Callable[[], Any]]


class UnsteadyError(Exception):
    """What a tape cannot hold."""


class StandIn(np.lib.mixins.NDArrayOperatorsMixin):
    """An array on a tape: one that was given, the result of a call, or a view of either."""

    def __init__(self, tape: "Tape", shape: tuple[int, ...], dtype: Any, origin: "StandIn | None" = None) -> None:
        self.tape, self.shape, self.dtype, self.ndim = tape, shape, np.dtype(dtype), len(shape)
        self.size, self.nbytes = math.prod(shape), math.prod(shape) * self.dtype.itemsize
        self.origin = origin
        self.look: Callable[[Array], Array] | None = None  # from the origin's array to its own
        self.array: Array | None = None  # known from the start where it was given, else after `settle`
        self.place: StandIn | None = None  # a given one, in whose array it is computed
        self.constant, self.path = False, ""
        self.taller: StandIn | None = None  # itself above a row of ones, where that was asked for

    def view(self, look: Callable[[Array], Array], name: str) -> "StandIn":
        twin = StandIn(self.tape, look(np.broadcast_to(np.empty((), self.dtype), self.shape)).shape, self.dtype, self)
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
            array = self.array if self.look is None or self.origin is None else self.look(self.origin.settled())
        assert array is not None
        return array

    @property
    def T(self) -> "StandIn":
        return self.view(np.transpose, ".T")

    def __getitem__(self, key: Any) -> "StandIn":
        if not {type(k) for k in (key if isinstance(key, tuple) else (key,))} <= {slice, int, type(None), type(...)}:
            raise UnsteadyError("an index that copies")
        return self.view(lambda array: array[key], str(key))

    def reshape(self, *shape: int) -> "StandIn":
        if self.ndim != len(shape) or not all(n in (-1, own) for n, own in zip(shape, self.shape, strict=True)):
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
        return self.tape.record(np.argmax, (self,), self.reduced_shape(axis, False), np.intp, settings={"axis": axis})

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

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **settings: Any) -> "StandIn":
        if ufunc is np.matmul and out is None:
            return self.__array_function__(np.dot, None, inputs, settings)
        if method != "__call__" or ufunc.nout != 1 or ufunc.signature or settings:
            raise UnsteadyError(f"{ufunc.__name__}.{method}")
        dtypes = [type(x) if type(x) in (int, float) else np.dtype(bool) if type(x) is bool else x.dtype for x in inputs]
        *loop, result = ufunc.resolve_dtypes((*dtypes, None))
        inputs = tuple(np.array(x, d) if isinstance(x, NUMBERS) else x for x, d in zip(inputs, loop, strict=True))
        shape = np.broadcast_shapes(*(x.shape for x in inputs))
        if ufunc in KEYWORD_ONLY:  # against one number they are four times slower than against a row of it
            inputs = tuple(x if x.ndim else self.tape.row(x, shape[-1]) for x in inputs)
        return self.tape.record(ufunc, inputs, shape, result, out[0] if out else None)

    def __array_function__(self, function: Any, types: Any, inputs: Any, settings: Any) -> "StandIn":
        if function in LIKE and not settings:
            return self.tape.given(np.broadcast_to(np.array(LIKE[function], self.dtype), self.shape), constant=True)
        if function is not np.dot or settings or any(x.ndim != 2 for x in inputs):
            raise UnsteadyError(function.__name__)
        (rows, _), (_, columns) = (x.shape for x in inputs)
        return self.tape.record(np.dot, inputs, (rows, columns), np.result_type(*(x.dtype for x in inputs)))

    def __getattr__(self, name: str) -> NoReturn:
        raise UnsteadyError(name)

    def refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise UnsteadyError("its numbers")

    __array__ = __bool__ = __float__ = __int__ = __index__ = __len__ = __iter__ = __setitem__ = refuse


class Call(NamedTuple):
    function: Any
    settings: Mapping[str, Any]
    inputs: tuple[Any, ...]
    out: StandIn

    def stand_ins(self) -> list[StandIn]:
        return [x for x in (*self.inputs, self.out) if isinstance(x, StandIn)]

    def heirs(self) -> list[StandIn]:
        """The inputs whose memory the result may take while they are read, if nobody needs them after."""
        if not isinstance(self.function, np.ufunc):
            return []
        alike = [x for x in self.stand_ins() if (x.shape, x.dtype) == (self.out.shape, self.out.dtype)]
        return [x for x in alike if x is x.root and x is not self.out]

    def bound(self) -> Callable[[], Any]:
        """The call on its arrays. ufuncs and methods of arrays are C all through: no interrupt comes between two of them."""
        out = self.out.settled()
        first, *others = (x.settled() if isinstance(x, StandIn) else x for x in self.inputs)
        if self.function is np.dot:
            return partial(first.dot, *others, out)
        if self.function is np.copyto:
            return partial(out.__setitem__, ..., first)
        if self.function is np.argmax:
            return partial(first.argmax, self.settings["axis"], out)
        if self.settings:
            return partial(self.function, first, self.settings["axis"], out.dtype, out, self.settings["keepdims"])
        if self.function in KEYWORD_ONLY:
            return partial(self.function, first, *others, out=out)
        return partial(self.function, first, *others, out)

    def key(self, numbering: dict[int, int]) -> tuple[Any, ...]:
        """What makes it the same call on another tape."""

        def name(x: Any) -> tuple[Any, ...]:
            if isinstance(x, StandIn):
                folded = x.array if x.constant and not x.path else None
                numbers = None if folded is None else zlib.crc32(np.ascontiguousarray(folded).data)
                return numbering.setdefault(id(x.root), len(numbering)), x.path, x.shape, numbers
            return (x.item(),) if x.ndim == 0 else (address(x), x.shape, x.strides)

        return self.function, self.settings, name(self.out), *map(name, self.inputs)


class Tape:
    """Calls in the order in which they were asked for. `own` are arrays whose views may stand in them as they are."""

    def __init__(self, *own: Array) -> None:
        self.own, self.calls = own, list[Call]()
        self.made: dict[int, int] = {}  # by which call a value first is
        self.rows: dict[Any, StandIn] = {}
        self.stored: list[Array] = []  # where values are computed that were to be stored

    def given(self, array: Array, constant: bool = False) -> StandIn:
        """A stand-in for an array that is there already. What is computed from constants alone is computed at once."""
        stand_in = StandIn(self, array.shape, array.dtype)
        stand_in.array, stand_in.constant = array, constant
        return stand_in

    def row(self, number: Array, n: int) -> StandIn:
        """n times the same number."""
        key = (number.item(), number.dtype, n)
        if key not in self.rows:
            self.rows[key] = self.given(np.full(n, number), constant=True)
        return self.rows[key]

    def record(
        self, function: Any, inputs: Sequence[Any], shape: tuple[int, ...], dtype: Any, out: Any = None, settings: Any = NONE
    ) -> StandIn:
        arrays = [x for x in inputs if isinstance(x, np.ndarray) and x.ndim]
        stand_ins = [x for x in inputs if isinstance(x, StandIn)]
        if not (
            all(any(x is a or x.base is a for a in self.own) for x in arrays) and all(x.tape is self for x in stand_ins)
        ):
            raise UnsteadyError("an array that is not the tape's")
        if out is not None and (out.shape != shape or out.placed):
            raise UnsteadyError("a result that does not fit its place")
        result = StandIn(self, shape, dtype) if out is None else out
        asked = Call(function, settings, tuple(inputs), result)
        if out is None and not arrays and all(x.constant for x in stand_ins):
            result.array, result.constant = np.empty(shape, dtype), True
            asked.bound()()
        else:
            self.made.setdefault(id(result.root), len(self.calls))
            self.calls.append(asked)
        return result

    def store(self, value: StandIn, place: StandIn) -> None:
        """Have a value in this place, an array that was given: computed right there, where nobody reads what was there
        meanwhile, else copied."""
        root, made = value.root, self.made.get(id(value.root))
        if not root.placed and made is not None and root.taller is None and root.dtype == place.dtype:
            around = room(place.settled(), root.shape)
            later = [x for c in self.calls[made + 1 :] for x in c.inputs if not isinstance(x, StandIn) or x.placed]
            used = [x.root.settled() if isinstance(x, StandIn) else x for x in later]
            if around is not None and not any(np.may_share_memory(a, around) for a in [*used, *self.stored]):
                root.place = place
                if same(value.settled(), place.settled()):
                    self.stored.append(around)
                else:
                    root.place = None
        if not root.placed or not same(value.settled(), place.settled()):
            self.calls.append(Call(np.copyto, {}, (value,), place))

    def key(self) -> list[tuple[Any, ...]]:
        """Equal for two tapes of the same calls."""
        numbering: dict[int, int] = {}
        return [c.key(numbering) for c in self.calls]

    def forget(self) -> None:
        """Let go of everything: what is on a tape knows its tape, and would wait for the garbage collector."""
        for stand_in in {id(x): x for c in self.calls for x in c.stand_ins()}.values():
            stand_in.root.taller = None
        self.calls.clear()
        self.rows.clear()

    def drop_unread(self, kept: Sequence[StandIn]) -> None:
        """Leave out what is neither stored nor kept, nor read for what is."""
        read = {id(x.root) for x in kept}
        for i in reversed(range(len(self.calls))):
            asked = self.calls[i]
            if asked.out.placed or id(asked.out.root) in read:
                read |= {id(x.root) for x in asked.stand_ins()}
            else:
                del self.calls[i]

    def settle(self, arena: Arena, kept: Sequence[StandIn] = ()) -> None:
        """Find memory of the arena's for all values. Those `kept` last until the end."""
        self.drop_unread(kept)
        last: dict[int, float] = {id(x.root): i for i, c in enumerate(self.calls) for x in c.stand_ins()}
        last |= dict.fromkeys((id(x.root) for x in kept), math.inf)
        homes, lives, roots = dict[int, int](), dict[int, Life](), list[StandIn]()
        for i, c in enumerate(self.calls):
            out = c.out.root
            if not out.placed and id(out) not in homes:
                heir = next((x for x in c.heirs() if id(x) in homes and last[id(x)] == i), None)
                home = id(out) if heir is None else homes[id(heir)]
                first, _, size = lives.get(home, Life(i, i, 0))
                own = (out if out.taller is None else out.taller).nbytes
                homes[id(out)], lives[home] = home, Life(first, last[id(out)], max(size, own))
                roots.append(out)
        starts = arena.places(lives)
        for root in roots:
            for x in (root, *([] if root.taller is None else [root.taller])):
                x.array = np.ndarray(x.shape, x.dtype, arena.bytes, starts[homes[id(root)]])

    def bound(self) -> Calls:
        """The calls, on the memory that was found and on the arrays that the given ones stand for now."""
        ones = {id(c.out): c.out.taller for c in self.calls if c.out.taller is not None}
        calls: Calls = []
        for c in self.calls:
            if id(c.out) in ones:  # others may have written there since the last time
                calls.append(partial(ones.pop(id(c.out)).settled()[-1].fill, 1))
            calls.append(c.bound())
        return calls
