"""What a net computes, as the calls that it makes: for other forms of the same net."""

import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, NoReturn

import numpy as np

from tinynet.base import Array, checks
from tinynet.layers import Layer
from tinynet.net import blocks, parameters
from tinynet.tape.stand_ins import StandIn, UnsteadyError
from tinynet.tape.tape import Call, Tape

SIZES = 3, 5  # examples of the two recordings: what differs between them depends on that number


class Pass(NamedTuple):
    """Calls on stand-ins: those that were given by their names, those that came out, and the names
    of the parameters and the state by where they lie."""

    tape: Tape
    given: dict[str, StandIn]
    found: dict[str, StandIn]
    names: dict[Any, str]

    @property
    def calls(self) -> list[Call]:
        return self.tape.calls


Recorded = Callable[[Tape, int, Sequence[Layer]], tuple[dict[str, Any], dict[str, Any]]]


def passes(layers: Sequence[Layer], what: str, function: Recorded, constant: bool) -> list[Pass]:
    """What a function makes of a tape, a number of examples and these layers, which have stand-ins
    for their arrays, recorded with two numbers of examples. `constant`: whether the arrays stay as
    they are. `what` is to hold the calls, in errors."""
    require_steady(layers, what)
    found = [recorded(copy.deepcopy(layers), m, what, function, constant) for m in SIZES]
    first, second = ([call.function for call in one.calls] for one in found)
    if first != second:
        refuse_size(what)
    return found


def recorded(
    layers: Sequence[Layer], m: int, what: str, function: Recorded, constant: bool
) -> Pass:
    """The calls of these layers, which do not come back from it."""
    tape = Tape()
    arrays = parameters.named({**layer.params, **layer.state} for layer in layers)
    names = {where(a): name for name, a in arrays.items()}
    for layer in layers:
        layer.theta = given(tape, layer.theta, constant)
        layer.state = {name: given(tape, a, constant) for name, a in layer.state.items()}
    try:
        came, found = function(tape, m, layers)
    except UnsteadyError as why:
        expected = f"calls that {what} can hold"
        checks.refuse("the net", expected, f"one that it cannot: {why}", error=TypeError)
    tape.drop_unread([x for x in found.values() if isinstance(x, StandIn)])
    return Pass(tape, came, found, names)


def given(tape: Tape, a: Array, constant: bool) -> Any:
    return tape.given(a, constant=constant)


def predicted(tape: Tape, m: int, layers: Sequence[Layer]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What `predict` computes: Z and A of each layer."""
    A: Any = tape.given(np.zeros((layers[0].n_in, m), layers[0].theta.dtype), name="X")
    X, found = A, dict[str, Any]()
    for i, layer in enumerate(layers, 1):
        try:
            Z, A = layer.outputs(A)
        except UnsteadyError as why:
            raise UnsteadyError(f"{why}, in {layer.who}") from why
        found |= {f"Z{i}": Z, f"A{i}": A}
    return {"X": X}, found


def where(a: Array) -> Any:
    """What an array is a view of."""
    return a.__array_interface__["data"][0], a.shape, a.strides


def require_steady(nodes: Sequence[Any], what: str) -> None:
    """Refuse parts that do not say that they make the same calls each time."""
    for part in blocks.parts_of(nodes):
        if not blocks.steady(part):
            cure = "say steady = True in its class, if its methods make the same calls each time"
            got = f"{type(part).__name__}, which is not steady"
            checks.refuse("the net", f"parts that {what} can hold", got, cure, TypeError)


def refuse_size(what: str) -> NoReturn:
    """Refuse what is not the same for any number of examples."""
    got = "others for another number of examples"
    checks.refuse("the net", f"the same calls for any batch in {what}", got, error=TypeError)


def calls(found: Sequence[Pass]) -> Iterator[tuple[Call, Call]]:
    """The calls of both recordings, side by side."""
    yield from zip(*(one.calls for one in found), strict=True)
