"""A function of arrays as numpy's own calls: recorded once for each set of shapes, then bound to
the arrays it shall work on."""

from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple, TypeAlias

from tinynet.base import Array, in_one_go
from tinynet.tape.memory import Arena
from tinynet.tape.stand_ins import UnsteadyError
from tinynet.tape.tape import Calls, Tape

# what is to be stored where, and what is to be kept until the end
Moves: TypeAlias = tuple[Sequence[tuple[Any, Any]], Sequence[Any]]


class Bound(NamedTuple):
    """Calls on arrays, and where they leave the results that are kept."""

    calls: Calls
    results: list[Array]
    prologue: Calls

    def play(self) -> list[Array]:
        in_one_go(self.calls)
        return self.results


class Played(NamedTuple):
    """What reads a tape as the calls that are on it."""

    def __call__(self, tape: Tape) -> Calls:
        return tape.bound()

    def ready(self, calls: Calls) -> Calls:
        """The calls as they can be made."""
        return calls

    def chunk(self, *step: Any) -> Any:
        """Several steps as one call: there is none."""


PLAYED = Played()


class Recording:
    """A function that takes stand-ins for some arrays and says what goes where. With `before`, a
    call before each time, it is recorded twice: a part that counts or looks at numbers asks for
    other calls the second time."""

    def __init__(
        self,
        function: Callable[..., Moves],
        arrays: Sequence[Array],
        arena: Arena,
        constant: Collection[int] = (),
        before: Callable[[int], Any] | None = None,
    ) -> None:
        tapes = [Tape() for _ in range(2 if before else 1)]
        for time, self.tape in enumerate(tapes):
            if before:
                before(time)
            self.given = [self.tape.given(a, i in constant, str(i)) for i, a in enumerate(arrays)]
            moves, self.results = function(*self.given)
            self.tape.store(moves)
        if before and tapes[0].key() != self.tape.key():
            raise UnsteadyError("a step that differs from the one before")
        self.tape.settle(arena, self.results)

    def bind(self, arrays: Sequence[Array], read: Any = PLAYED) -> Bound:
        """The calls on these arrays, which are like those of the recording, as they are or read in
        another way."""
        for stand_in, array in zip(self.given, arrays, strict=True):
            stand_in.array = array
        results = [result.settled() for result in self.results]
        return Bound(read(self.tape), results, list(self.tape.prologue))
