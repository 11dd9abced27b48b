"""Whether and from where a fit can go on: resume=True."""

from collections.abc import Mapping, Sequence
from typing import Any

from tinynet.base import checks
from tinynet.callbacks import Callback
from tinynet.model.kept import as_kept, plain_arguments, stateful
from tinynet.model.position import Position
from tinynet.model.snapshot import fingerprint

RESUME = "fit without resume=True begins another epoch"


def where_to_begin(model: Any, resume: bool, epochs: int) -> tuple[Position | None, int, int]:
    """The position that a fit goes on from, how many epochs there were before it, and how many it
    is to do, those that are done included."""
    n, position = len(model.history), None
    if resume:
        position = model._fit.position() if model._fit else model._position
        epochs -= n if position is None else position.first
    if position is not None and position.over and not is_done(model, position, epochs):
        # more epochs than are done are another fit
        return None, n, epochs - (n - position.first)
    return position, n if position is None else position.first, epochs


def is_done(model: Any, position: Position | None, epochs: int) -> bool:
    """Whether a fit of so many epochs has nothing left to do."""
    if position is None:
        return epochs <= 0
    done = len(model.history) - position.first
    if position.over:
        return position.stop or done >= epochs
    return done > epochs or (done == epochs and position.within)


def nothing_to_do(model: Any, position: Position | None, callbacks: Sequence[Callback]) -> str:
    """What is said of a fit that is over; the callbacks get back what they kept, if they are those
    of it."""
    why = ""
    if position is not None and position.over:
        why = "a callback ended the fit, " if position.stop else ""
        states = [(own.name, {*own.kept}) for own in position.callbacks]
        if states == [(type(c).__name__, {*(c.kept or ())}) for c in stateful(callbacks)]:
            give_back(position, callbacks)
    cure = "fit without resume=True trains on"
    if position is not None and not position.over:
        total = position.first + position.epochs
        cure = f"epochs={total} ends the fit that was cut off, epochs counting all in the History"
    return f"nothing to do: {why}{len(model.history)} epochs are done; {cure}"


def give_back(position: Position, callbacks: Sequence[Callback]) -> None:
    """Let callbacks have what they kept."""
    for callback, own in zip(stateful(callbacks), position.callbacks, strict=True):
        for attribute, value in own.kept.items():
            setattr(callback, attribute, as_kept(value))


def require_same(
    model: Any,
    position: Position,
    source: Mapping[str, Any],
    callbacks: Sequence[Callback],
    epochs: int,
) -> None:
    """Refuse to go on with anything else than what the fit was left with."""
    who, steps, done = model.who, model.optimizer.steps, len(model.history) - position.first
    if position.torn:
        raise ValueError(f"{who}: expected {position.torn}: {RESUME}")
    for name, then in position.source.items():
        now = source.get(name)
        if name == "data" and then and now != then:
            cure = f"pass the same arrays and weights; {RESUME}"
            expected = "the data of the fit that goes on, sample_weight and class_weight included"
            checks.refuse(who, expected, "others", cure)
        elif name != "data" and now != then:
            checks.refuse(who, f"{name} {then}, as in the fit that goes on", now, RESUME)
    if position.moment is None and position.steps != steps:
        expected = f"the optimizer after step {position.steps}, where the fit was left"
        checks.refuse(who, expected, steps, RESUME)
    # callbacks have been called for a last epoch, or will be
    last = position.looked is not None and done in (position.epochs, epochs)
    if position.epochs != epochs and (last or done >= position.epochs):
        expected = f"epochs={position.first + position.epochs}, as before, since the last is done"
        checks.refuse(who, expected, position.first + epochs, RESUME)
    if position.fingerprint and position.fingerprint != fingerprint(model):
        expected = "weights, state and generators as the fit that goes on left them"
        checks.refuse(who, expected, "others: somebody has moved them since", RESUME)
    before, now = position.callbacks, stateful(callbacks)
    names = [type(callback).__name__ for callback in now]
    if names != [own.name for own in before]:
        expected = ", ".join(own.name for own in before) or "none"
        got = ", ".join(names) or "none"
        checks.refuse(who, f"callbacks of the fit that goes on, {expected}", got, RESUME)
    for callback, own in zip(now, before, strict=True):
        made = plain_arguments(callback)
        for name in {**own.arguments, **made}:
            then, value = own.arguments.get(name), made.get(name)
            if repr(value) != repr(then):
                expected = f"{own.name} with {name} {then!r}, as in the fit that goes on"
                checks.refuse(who, expected, repr(value), RESUME)
        if own.kept.keys() != {*(callback.kept or ())}:
            got = f"{', '.join(own.kept) or 'nothing'} in the fit that goes on"
            expected = f"{own.name} that keeps {', '.join(callback.kept or ()) or 'nothing'}"
            checks.refuse(who, expected, got, RESUME)
