"""A computation recorded once and played many times, with no new array in it.

What layers, activations, losses and optimizers compute is plain mathematics, so it runs on
stand-ins as well as on arrays. A stand-in has no numbers: it writes down which of numpy's calls was
asked for. `Tape.settle` then finds memory for every value, shared with values whose time is over,
and what is left is a list of numpy's own calls on fixed arrays.

Only what is the same in every step can be on a tape. Whatever a stand-in cannot answer (its
numbers, an `if` on them, a call that has no place for its result, an array of somebody else's)
raises UnsteadyError: such a step is taken as it is written.
"""

import math
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from tinynet.base.checks import Array
from tinynet.tape.memory import Arena, Life, address, room, same
from tinynet.tape.stand_ins import KEYWORD_ONLY, NONE, StandIn, UnsteadyError

Calls: TypeAlias = list[Callable[[], Any]]


class Call(NamedTuple):
    function: Any
    settings: Mapping[str, Any]
    inputs: tuple[Any, ...]
    out: StandIn

    def stand_ins(self) -> list[StandIn]:
        return [x for x in (*self.inputs, self.out) if isinstance(x, StandIn)]

    def heirs(self) -> list[StandIn]:
        """The inputs whose memory the result may take while they are read, if nobody needs them
        after."""
        if not isinstance(self.function, np.ufunc):
            return []
        alike = [
            x for x in self.stand_ins() if (x.shape, x.dtype) == (self.out.shape, self.out.dtype)
        ]
        return [x for x in alike if x is x.root and x is not self.out]

    def bound(self) -> Callable[[], Any]:
        """The call on its arrays. ufuncs and methods of arrays are C all through: no interrupt
        comes between two of them."""
        out = self.out.settled()
        first, *others = (x.settled() if isinstance(x, StandIn) else x for x in self.inputs)
        if self.function is np.dot:
            return partial(first.dot, *others, out)
        if self.function is np.copyto:
            return partial(out.__setitem__, ..., first)
        if self.function is np.argmax:
            return partial(first.argmax, self.settings["axis"], out)
        if self.settings:
            return partial(
                self.function,
                first,
                self.settings["axis"],
                out.dtype,
                out,
                self.settings["keepdims"],
            )
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
    """Calls in the order in which they were asked for. `own` are arrays whose views may stand in
    them as they are."""

    def __init__(self, *own: Array) -> None:
        self.own, self.calls = own, list[Call]()
        self.made: dict[int, int] = {}  # by which call a value first is
        self.rows: dict[Any, StandIn] = {}
        self.stored: list[Array] = []  # where values are computed that were to be stored

    def given(self, array: Array, constant: bool = False) -> StandIn:
        """A stand-in for an array that is there already. What is computed from constants alone is
        computed at once."""
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
        self,
        function: Any,
        inputs: Sequence[Any],
        shape: tuple[int, ...],
        dtype: Any,
        out: Any = None,
        settings: Any = NONE,
    ) -> StandIn:
        arrays = [x for x in inputs if isinstance(x, np.ndarray) and x.ndim]
        stand_ins = [x for x in inputs if isinstance(x, StandIn)]
        if not (
            all(any(x is a or x.base is a for a in self.own) for x in arrays)
            and all(x.tape is self for x in stand_ins)
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
        """Have a value in this place, an array that was given: computed right there, where nobody
        reads what was there meanwhile, else copied."""
        root, made = value.root, self.made.get(id(value.root))
        if (
            not root.placed
            and made is not None
            and root.taller is None
            and root.dtype == place.dtype
        ):
            around = room(place.settled(), root.shape)
            later = [
                x
                for c in self.calls[made + 1 :]
                for x in c.inputs
                if not isinstance(x, StandIn) or x.placed
            ]
            used = [x.root.settled() if isinstance(x, StandIn) else x for x in later]
            if around is not None and not any(
                np.may_share_memory(a, around) for a in [*used, *self.stored]
            ):
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
        """Let go of everything: what is on a tape knows its tape, and would wait for the garbage
        collector."""
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
        last: dict[int, float] = {
            id(x.root): i for i, c in enumerate(self.calls) for x in c.stand_ins()
        }
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
        """The calls, on the memory that was found and on the arrays that the given ones stand for
        now."""
        ones = {id(c.out): c.out.taller for c in self.calls if c.out.taller is not None}
        calls: Calls = []
        for c in self.calls:
            if id(c.out) in ones:  # others may have written there since the last time
                calls.append(partial(ones.pop(id(c.out)).settled()[-1].fill, 1))
            calls.append(c.bound())
        return calls
