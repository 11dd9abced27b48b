"""A computation recorded once and played many times, with no new array in it.

What layers, activations, losses and optimizers compute is plain mathematics, so it runs on
stand-ins as well as on arrays. A stand-in writes down which of numpy's calls was asked for.
`Tape.settle` then finds memory for every value, shared with values whose time is over, and what is
left is a list of numpy's own calls on fixed arrays: the one description of the computation.

Only what is the same in every step can be on a tape; for everything else there is UnsteadyError.
"""

import math
import weakref
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from tinynet.base import Array, functions
from tinynet.tape.memory import Arena, Life
from tinynet.tape.stand_ins import EXTREMES, SMALL, StandIn, UnsteadyError, outline

Calls: TypeAlias = list[Callable[[], Any]]
NONE: Mapping[str, Any] = MappingProxyType({})


class Call(NamedTuple):
    function: Any
    settings: Mapping[str, Any]
    inputs: tuple[Any, ...]
    out: StandIn

    def stand_ins(self) -> list[StandIn]:
        return [x for x in (*self.inputs, self.out) if isinstance(x, StandIn)]

    @property
    def entrywise(self) -> bool:
        """Whether an entry of the result follows from those in its place."""
        # only ufuncs have a signature, and the elementwise ones have None
        return getattr(self.function, "signature", "") is None

    def heirs(self) -> list[StandIn]:
        """The inputs whose memory the result may take while they are read, if nobody needs them
        after."""
        roots = [x for x in self.inputs if isinstance(x, StandIn) and x is x.root]
        return [x for x in roots if self.entrywise and x.layout == self.out.layout]

    def bound(self) -> Callable[[], Any]:
        """The call on its arrays. ufuncs and methods of arrays are C all through: no interrupt
        comes between two of them."""
        out, function, settings = self.out.settled(), self.function, self.settings
        # a call without inputs has a 0 for the first
        first, *others = [x.settled() if isinstance(x, StandIn) else x for x in self.inputs] or [0]
        kinds: dict[Any, Callable[[], Callable[[], Any]]] = {
            functions.uniform: lambda: partial(settings["generator"].random, None, out.dtype, out),
            functions.with_ones: lambda: partial(out[-1].fill, 1),
            np.dot: lambda: partial(first.dot, *others, out),
            np.copyto: lambda: partial(out.__setitem__, ..., first),
            np.argmax: lambda: partial(first.argmax, settings["axis"], out),
        }
        if function in kinds:
            return kinds[function]()
        if settings:
            return partial(function, first, settings["axis"], out.dtype, out, settings["keepdims"])
        if function in EXTREMES:
            return partial(function, first, *others, out=out)
        return partial(function, first, *others, out)

    @property
    def work(self) -> int:
        """How many numbers it makes, or products of two."""
        return self.out.size * (self.inputs[1].shape[0] if self.function is np.dot else 1)

    def key(self, numbering: dict[int, int], shaped: bool) -> tuple[Any, ...]:
        """What makes it the same call on another tape; `shaped` if the shapes count."""

        def name(x: Any) -> tuple[Any, ...]:
            if not isinstance(x, StandIn):
                return (x.tobytes(),)
            number = numbering.setdefault(id(x.root), len(numbering)), x.root.name
            folded = x.array if x.constant and not x.path else None
            if not shaped:  # what is folded is then one number
                return *number, None if folded is None else folded.flat[0].tobytes()
            numbers = None if folded is None else zlib.crc32(np.ascontiguousarray(folded).data)
            return *number, x.path, x.shape, numbers

        return self.function, dict(self.settings), name(self.out), *map(name, self.inputs)


class Tape:
    """Calls in the order in which they were asked for. Arrays that are given to it share no memory
    with one another."""

    def __init__(self) -> None:
        self.calls = list[Call]()
        self.made: dict[int, int] = {}  # by which call a value is made
        self.read: dict[int, int] = {}  # by which call a value is read last
        # of a given array, where values are computed right there
        self.taken: dict[int, set[str]] = {}
        self.constants: dict[Any, StandIn] = {}
        # stand-ins above a row of ones, by the id of what stands there, which is kept with them
        self.above_ones: dict[int, tuple[StandIn, StandIn]] = {}
        self.proxy: Any = weakref.proxy(self)  # what stand-ins know: so there is no circle
        self.prologue: Calls = []  # what follows from constants alone; again when they are others

    def given(self, array: Array, constant: bool = False, name: str = "") -> StandIn:
        """A stand-in for an array that is there already. What is computed from constants alone is
        computed at once."""
        stand_in = StandIn(self.proxy, outline(array))
        stand_in.array, stand_in.constant, stand_in.name = array, constant, name
        return stand_in

    def filled(self, number: Array, shape: tuple[int, ...]) -> StandIn:
        """The same number as an array of this shape, or as a row of it where that is large."""
        key = number.tobytes(), number.dtype, shape if math.prod(shape) <= SMALL else shape[-1:]
        if key not in self.constants:
            self.constants[key] = self.given(np.full(key[2], number), constant=True)
        return self.constants[key]

    def record(self, function: Any, inputs: Any, like: Array, settings: Any = NONE) -> StandIn:
        stand_ins = [x for x in inputs if isinstance(x, StandIn)]
        foreign = any(isinstance(x, np.ndarray) and x.ndim for x in inputs)
        if foreign or not all(x.tape is self.proxy for x in stand_ins):
            raise UnsteadyError("an array that is not the tape's")
        result = StandIn(self.proxy, like)
        if stand_ins and all(x.constant for x in stand_ins):
            result.array, result.constant = np.empty_like(like), True
            self.prologue.append(Call(function, settings, tuple(inputs), result).bound())
            self.prologue[-1]()
        else:
            self.add(function, inputs, result, settings)
        return result

    def add(self, function: Any, inputs: Any, out: StandIn, settings: Any = NONE) -> None:
        self.made.setdefault(id(out.root), len(self.calls))
        self.read |= {id(x.root): len(self.calls) for x in inputs if isinstance(x, StandIn)}
        self.calls.append(Call(function, settings, tuple(inputs), out))

    def draw(self, generator: Any, like: StandIn) -> StandIn:
        if any(c.settings.get("generator") is generator for c in self.calls):
            raise UnsteadyError("two draws of one layer in a pass")
        result = StandIn(self.proxy, outline(np.empty(like.shape[::-1], like.dtype)))
        self.add(functions.uniform, (), result, {"generator": generator})
        return result.T if like.order == "F" else result.T.copy()  # in X's memory order

    def store(self, pairs: Sequence[tuple[StandIn, StandIn]]) -> None:
        """Have each value in its place, an array that was given or a view of one: computed right
        there, where nobody reads what was there meanwhile, else copied."""
        moved = [(v, p) for v, p in pairs if not v.lies_in(p)]
        # what was given may be overwritten by another of the values
        moved = [(v if v.root.array is None else v.copy(), p) for v, p in moved]
        # a whole of which a part goes elsewhere is not computed where another would overwrite it
        homes = {id(v.root): id(p.root) for v, p in moved}
        spread = {k for v, p in moved if (v.path, homes[k := id(v.root)]) != (p.path, id(p.root))}
        for value, place in moved:
            apart = value is not value.root and id(value.root) in spread
            if apart or not (value.lies_in(place) or self.computed_in(value.root, value, place)):
                self.add(np.copyto, (value,), place)

    def computed_in(self, root: StandIn, value: StandIn, place: StandIn) -> bool:
        """Whether the value, and all of which it is a part, can be computed in that place."""
        whole = place.root if value.path == place.path else place
        made, taken = self.made.get(id(root)), self.taken.setdefault(id(place.root), set())
        # parts of different paths do not overlap: `split` makes them; a part and its whole do
        free = not taken or (whole.path not in taken and "" not in taken and whole.path)
        alike = root.layout == whole.layout and id(root) not in self.above_ones
        if root.placed or made is None or not alike or not free:
            return False
        read = self.read.get(id(place.root), -1)
        maker = self.calls[made]
        itself = all(x is place for x in maker.stand_ins() if x.root is place.root)
        # somebody still needs what stands there, unless it is the maker, entry by entry
        if read > made or (read == made and not (maker.entrywise and itself)):
            return False
        root.place = whole
        taken.add(whole.path)
        return True

    def key(self, shaped: bool = True) -> list[tuple[Any, ...]]:
        """Equal for two tapes of the same calls; `shaped` if the shapes count."""
        numbering: dict[int, int] = {}
        return [c.key(numbering, shaped) for c in self.calls]

    def entrywise(self) -> bool:
        """Whether an entry of each result follows from those in its place."""
        parts = any(x.path for c in self.calls for x in c.stand_ins())
        return not parts and all(c.entrywise or c.function is np.copyto for c in self.calls)

    def drop_unread(self, kept: Sequence[StandIn]) -> None:
        """Leave out what is neither stored nor kept, nor read for what is. A draw stays: the next
        one depends on it."""
        read, needed = {id(x.root) for x in kept}, list[Call]()
        for asked in reversed(self.calls):
            drawn = asked.function is functions.uniform
            if asked.out.placed or drawn or id(asked.out.root) in read:
                read |= {id(x.root) for x in asked.stand_ins()}
                needed.append(asked)
        self.calls[:] = reversed(needed)

    def settle(self, arena: Arena, kept: Sequence[StandIn] = ()) -> None:
        """Find memory of the arena's for all values. Those `kept` last until the end."""
        self.drop_unread(kept)
        # what somebody needs after the last call
        self.lasting = {id(c.out.root) for c in self.calls if c.out.placed}.union(
            map(id, (x.root for x in kept))
        )
        last = {id(x.root): float(i) for i, c in enumerate(self.calls) for x in c.stand_ins()}
        last |= dict.fromkeys((id(x.root) for x in kept), math.inf)
        homes, lives, roots = dict[int, int](), dict[int, Life](), list[tuple[StandIn, StandIn]]()
        for i, c in enumerate(self.calls):
            out = c.out.root
            if not out.placed and id(out) not in homes:
                _, around = self.above_ones.get(id(out), (out, out))
                heirs = c.heirs() if around is out or out.order == "C" else []  # else other strides
                free = (homes[id(x)] for x in heirs if id(x) in homes and last[id(x)] == i)
                home = homes[id(out)] = next(free, id(out))
                first, _, size = lives.get(home, Life(i, i, 0))
                lives[home] = Life(first, last[id(out)], max(size, around.like.nbytes))
                roots.append((out, around))
        starts = arena.places(lives)
        for root, around in roots:
            like, start = around.like, starts[homes[id(root)]]
            around.array = np.ndarray(like.shape, like.dtype, arena.bytes, start, like.strides)
            root.array = around.array if around is root else around.array[:-1]

    def bound(self) -> Calls:
        """The calls, on the memory that was found and on the arrays that the given ones stand for
        now."""
        return [c.bound() for c in self.calls]
