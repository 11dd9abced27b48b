"""What a model computes, as the calls that it makes: for other forms of the same net."""

import copy
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, NoReturn

import numpy as np

from tinynet.base import Array, checks
from tinynet.layers import Layer
from tinynet.net import blocks, parameters
from tinynet.tape.stand_ins import StandIn, UnsteadyError
from tinynet.tape.tape import Call, Tape

SIZES = 3, 5  # examples of the two recordings: what differs between them depends on that number


class Pass(NamedTuple):
    """The calls from X to the outputs of the last layer, Z and A of each, and the names of the
    parameters and the state by where they lie."""

    tape: Tape
    X: StandIn
    outputs: list[tuple[StandIn, StandIn]]
    names: dict[Any, str]


def passes(model: Any, what: str) -> list[Pass]:
    """What `predict` computes, recorded with two numbers of examples. `what` is to hold it, in
    errors."""
    model._built()
    require_steady(model.layers, what)
    found = [recorded(copy.deepcopy(model.layers), m, what) for m in SIZES]
    first, second = ([c.function for c in own.tape.calls] for own in found)
    if first != second:
        refuse_size(model.who, what)
    return found


def recorded(layers: Sequence[Layer], m: int, what: str) -> Pass:
    """The calls of these layers, which do not come back from it."""
    tape, outputs = Tape(), list[Any]()
    dtype, n_x = layers[0].theta.dtype, layers[0].n_in
    arrays = parameters.named({**layer.params, **layer.state} for layer in layers)
    names = {where(a): name for name, a in arrays.items()}
    for layer in layers:
        layer.theta = given(tape, layer.theta)
        layer.state = {name: given(tape, a) for name, a in layer.state.items()}
    X = tape.given(np.zeros((n_x, m), dtype), name="X")
    A: Any = X
    for layer in layers:
        try:
            Z, A = layer.outputs(A)
        except UnsteadyError as why:
            expected = f"calls that {what} can hold"
            checks.refuse(layer.who, expected, f"one that it cannot: {why}", error=TypeError)
        outputs.append((Z, A))
    tape.drop_unread([A])
    return Pass(tape, X, outputs, names)


def given(tape: Tape, a: Array) -> Any:
    """A stand-in for what stays as it is."""
    return tape.given(a, constant=True)


def require_steady(layers: Sequence[Layer], what: str) -> None:
    """Refuse parts that do not say that they make the same calls each time."""
    for part in blocks.parts_of(layers):
        if not blocks.steady(part):
            cure = "say steady = True in its class, if its methods make the same calls each time"
            got = f"{type(part).__name__}, which is not steady"
            checks.refuse("the model", f"parts that {what} can hold", got, cure, TypeError)


def refuse_size(who: str, what: str) -> NoReturn:
    """Refuse what is not the same for any number of examples."""
    got = "others for another number of examples"
    checks.refuse(who, f"the same calls for any batch in {what}", got, error=TypeError)


def where(a: Array) -> Any:
    """What an array is a view of."""
    return a.__array_interface__["data"][0], a.shape, a.strides


def calls(found: Sequence[Pass]) -> Iterator[tuple[Call, Call]]:
    """The calls of both recordings, side by side."""
    yield from zip(*(own.tape.calls for own in found), strict=True)
