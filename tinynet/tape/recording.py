"""A function of arrays as numpy's own calls: recorded on one set of them, bound to many, and played
in one go."""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from operator import call
from typing import Any

from tinynet.base.checks import Array
from tinynet.tape.memory import Arena
from tinynet.tape.stand_ins import StandIn, UnsteadyError
from tinynet.tape.tape import Calls, Tape


def recorded(
    function: Callable[..., Sequence[StandIn]],
    sets: Iterable[Sequence[Array]],
    arena: Arena,
    own: Sequence[Array] = (),
    constant: Collection[int] = (),
    elsewhere: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> Iterator[tuple[Calls, list[Array]]]:
    """For each set of arrays the calls of function(tape, *arrays), and where they leave its
    results. Sets of the same shapes share a recording. It is made twice, the first time
    `elsewhere`: a part that draws, counts or looks at numbers asks for other calls then. `constant`
    are the indices of arrays that never change."""
    made, tapes = list[Tape](), dict[Any, tuple[Tape, list[StandIn], Sequence[StandIn]]]()

    def on_tape(arrays: Sequence[Array]) -> tuple[Tape, list[StandIn], Sequence[StandIn]]:
        made.append(tape := Tape(*own))
        given = [tape.given(array, i in constant) for i, array in enumerate(arrays)]
        for i, stand_in in enumerate(given):
            stand_in.path = f"input {i}"
        return tape, given, function(tape, *given)

    try:
        for arrays in sets:
            shapes = tuple(array.shape for array in arrays)
            if shapes not in tapes:
                with elsewhere():
                    once, _, _ = on_tape(arrays)
                tape, given, results = tapes[shapes] = on_tape(arrays)
                if once.key() != tape.key():
                    raise UnsteadyError("a step that differs from the one before")
                once.forget()
                tape.settle(arena, results)
            tape, given, results = tapes[shapes]
            for stand_in, array in zip(given, arrays, strict=True):
                stand_in.array = array
            yield tape.bound(), [result.settled() for result in results]
    finally:
        for tape in made:
            tape.forget()


def play(calls: Calls) -> None:
    """Make the calls, one after another, in C from the first to the last."""
    deque(map(call, calls), 0)
