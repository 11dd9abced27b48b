"""What a net computes, as the calls that it makes: for other forms of the same net."""

import copy
import math
from collections.abc import Callable, Container, Iterator, Sequence
from itertools import count
from typing import Any, NamedTuple, NoReturn

import numpy as np

from tinynet.base import Array, checks
from tinynet.layers import Layer
from tinynet.net import blocks, parameters
from tinynet.tape.stand_ins import StandIn, UnsteadyError
from tinynet.tape.tape import Call, Tape

SIZES = 3, 5  # examples of two recordings: what differs between them depends on that number
MORE = 128  # examples of a third, which has to be as the two say


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


# of a tape, a number of examples and layers: what it was given and what it found, by names
Computation = Callable[[Tape, int, Any], tuple[dict[str, Any], dict[str, Any]]]


def passes(
    layers: Sequence[Layer], what: str, compute: Computation, constant: bool = False
) -> list[Pass]:
    """A computation recorded with three numbers of examples, on copies of the layers that have
    stand-ins for their arrays. `constant`: whether these stay as they are. `what` is to hold the
    calls, in errors."""
    require_steady(layers, what)
    sizes = *SIZES, MORE
    found = [one_pass(copy.deepcopy(layers), m, what, compute, constant) for m in sizes]
    first, *others = ([call.function for call in one.calls] for one in found)
    if others != [first, first]:
        refuse_size(what)
    for triple in zip(*(one.calls for one in found), strict=True):
        for x, twin, other in zip(*(call.inputs for call in triple), strict=True):
            if not isinstance(x, StandIn):
                require_law(what, x, twin, other)
    return found


def law(what: str, x: Any, twin: Any) -> tuple[str, Any]:
    """How a number of two recordings depends on m, as "{}", "{} / m" or "{} * m" of a number."""
    a, b, (m, n) = x.item(), twin.item(), SIZES
    if a == b or (np.isnan(a) and np.isnan(b)):
        return "{}", a
    forms = ("{} / m", a * m, b * n), ("{} * m", a / m, b / n)
    found = [(form, k) for form, k, other in forms if close(x, k, other)]
    if not found:
        refuse_size(what)
    form, k = found[0]
    return form, float(round(k)) if close(x, k, round(k)) else k


def require_law(what: str, x: Any, twin: Any, other: Any) -> None:
    """Refuse a number that is another one in the third recording."""
    form, k = law(what, x, twin)
    expected = {"{}": k, "{} / m": k / MORE, "{} * m": k * MORE}[form]
    if not (np.isnan(k) or close(x, expected, other.item())):
        refuse_size(what)


def close(x: Any, a: float, b: float) -> bool:
    """Whether they are equal but for the rounding of numbers such as x."""
    kind = x.dtype if x.dtype.kind == "f" else np.float64
    return math.isclose(a, b, rel_tol=8 * float(np.finfo(kind).eps))


def one_pass(layers: Any, m: int, what: str, compute: Computation, constant: bool) -> Pass:
    tape = Tape()
    arrays = parameters.named({**layer.params, **layer.state} for layer in layers)
    names = {where(a): name for name, a in arrays.items()}
    for layer in layers:
        layer.theta = tape.given(layer.theta, constant)
        layer.state = {name: tape.given(a, constant) for name, a in layer.state.items()}
    try:
        given, found = compute(tape, m, layers)
    except UnsteadyError as why:
        expected = f"calls that {what} can hold"
        checks.refuse("the net", expected, f"one that it cannot: {why}", error=TypeError)
    clash = sorted({*given, *found} & {*names.values()})
    if clash:
        got, cure = clash[0], "values on the way have it: give the parameter another name"
        checks.refuse("the net", f"parameters of other names in {what}", got, cure, TypeError)
    for name, x in found.items():
        if not isinstance(x, StandIn):
            expected, got = f"calls that {what} can hold", f"{name} of none"
            checks.refuse("the net", expected, got, "compute it from X and params", TypeError)
    tape.drop_unread([*found.values()])
    return Pass(tape, given, found, names)


def predicted(tape: Tape, m: int, layers: Any) -> tuple[dict[str, Any], dict[str, Any]]:
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


def calls(found: Sequence[Pass]) -> list[tuple[Call, Call]]:
    """The calls of the first two recordings, side by side."""
    first, second, _ = (one.calls for one in found)
    return [*zip(first, second, strict=True)]


def constant(x: Any) -> bool:
    """Whether it is known before there are examples."""
    return isinstance(x, StandIn) and x.constant


def above_ones(x: Any) -> bool:
    """Whether it is the memory around a value, with a row of ones under it."""
    return isinstance(x, StandIn) and x.origin is not None and not x.how


def weights_and_bias(found: Pass, theta: StandIn) -> list[tuple[Array, str]]:
    """W and b of a product [W b] times what is above ones, with their names if they have some."""
    both = theta.settled()
    return [(a, found.names.get(where(a), "")) for a in (both[:, :-1], both[:, -1:])]


def one_number(what: str, x: StandIn, twin: StandIn) -> Any:
    """The number that an array of the recordings is made of; refused if it is made of several."""
    a, b = x.settled(), twin.settled()
    if not a.size or (a != a.flat[0]).any() or a.flat[0] != b.flat[0]:
        refuse_size(what)
    return a.flat[0]


def free_names(prefix: str, taken: Container[str]) -> Iterator[str]:
    """prefix1, prefix2, ... but for those that are taken."""
    return (name for i in count(1) if (name := f"{prefix}{i}") not in taken)
