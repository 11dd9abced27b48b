"""update_parameters: a step of an optimizer."""

import copy
from typing import Any

import numpy as np

from tinynet.base import checks
from tinynet.optimizers import Hypergradient, Optimizer, Schedule
from tinynet.source.functions import INDENT, function
from tinynet.source.recorded import calls, free_names, passes
from tinynet.source.symbol import Symbol
from tinynet.source.text import WHAT, Lines, Text
from tinynet.tape.tape import Tape

NAMES = {"p", "g", "t", "np", "name", "new", "after", "memory", "grads", "parameters"}
NAMES |= {"learning_rate"}


def update_parameters(optimizer: Optimizer, dtype: Any) -> tuple[str, bool]:
    """update_parameters, and whether it remembers something from step to step."""
    require_plain(optimizer)
    numbers = numbers_of(optimizer)
    slots = [*type(optimizer).slot_names]
    own: Any = optimizer
    clash = sorted({*slots} & NAMES)
    if clash:
        cure = "the function has it for something else"
        checks.refuse(optimizer.who, f"other names of slots in {WHAT}", clash[0], cure, TypeError)

    def step(tape: Tape, *_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        came = {name: tape.given(np.zeros((2, 3), dtype)) for name in ("p", "g", *slots)}
        given = {f"n{i}": tape.given(np.zeros((), dtype)) for i in range(len(numbers))}
        memory = {name: came[name] for name in slots}
        change, after = own.step(came["p"], came["g"], memory, *given.values())
        return came | given, {"p": came["p"] - change} | {name: after[name] for name in slots}

    found = passes([], WHAT, step)
    (first, second), lines = found, Lines(found)
    before, free = list[str](), free_names("n", slots)
    for i, text in enumerate(numbers, 1):
        name = text.code if text.code.isidentifier() else next(free)
        before += [] if name == text.code else [f"{name} = {text.code}"]
        lines.texts[id(first.given[f"n{i - 1}"])] = Text(name)
    for pair in calls(found):
        lines.add(*pair)
    read = {id(x) for call in first.calls for x in call.inputs}
    kept = [name for name in slots if id(first.given[name]) in read]
    codes = [lines.value(first.found[name], second.found[name]).code for name in ("p", *kept)]
    inner = lines.take().lines
    head, says = f"learning_rate={optimizer.learning_rate!r}", "The parameters after a step."
    if kept:
        inner.insert(0, f"{', '.join(kept)} = memory.get(name, {tuple_of(['0.0'] * len(kept))})")
        inner.append(f"after[name] = {tuple_of(codes[1:])}")
        head = f"memory, t, {head}"
        says = (
            "The parameters after step t, from 1, and the memory for the next; at first it is {}."
        )
    loop = ["p = parameters[name[1:]]  # without the d", *inner, f"new[name[1:]] = {codes[0]}"]
    body = [
        *before,
        "new, after = dict(parameters), {}" if kept else "new = dict(parameters)",
        "for name, g in grads.items():",
        *(INDENT + line for line in loop),
        "return new, after" if kept else "return new",
    ]
    return function(f"update_parameters(parameters, grads, {head})", says, body), bool(kept)


def tuple_of(codes: list[str]) -> str:
    return f"({', '.join(codes)})" if len(codes) > 1 else codes[0]


def numbers_of(optimizer: Optimizer) -> list[Text]:
    """The numbers of step t as formulas of the learning rate and t."""
    twin: Any = copy.deepcopy(optimizer)
    vars(twin).update(rate=lambda _: Symbol(Text("learning_rate")))
    return [number.text for number in twin.numbers(Symbol(Text("t")))]


def require_plain(optimizer: Optimizer) -> None:
    """Refuse what looks at all gradients, or whose rate is no number."""
    learned = isinstance(optimizer, Hypergradient)
    if learned or optimizer.clips() or isinstance(optimizer.learning_rate, Schedule):
        expected = f"a learning rate that is a number, and no limits, in {WHAT}"
        checks.refuse(optimizer.who, expected, repr(optimizer), error=TypeError)
