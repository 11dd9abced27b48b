"""update_parameters: a step of an optimizer."""

import copy
from typing import Any, NoReturn

import numpy as np

from tinynet.base import checks, writer
from tinynet.optimizers import Hypergradient, Optimizer, Schedule
from tinynet.source.functions import INDENT, function, named_in
from tinynet.source.recorded import calls, free_names, passes, refuse_size
from tinynet.source.symbol import Symbol
from tinynet.source.text import WHAT, Lines, Text, literal
from tinynet.tape.stand_ins import StandIn
from tinynet.tape.tape import Tape

# of a user's own these would be passed by
OTHERS = "rate", "advance", "finite_step", "look", "update", "slots_of", "without_dust"
NAMES = {"p", "g", "t", "np", "dict", "name", "new", "after", "memory", "grads", "parameters"}
NAMES |= {"learning_rate"}


def update_parameters(optimizer: Optimizer, dtype: Any) -> tuple[str, str]:
    """update_parameters, and the line that calls it in step i."""
    require_plain(optimizer)
    numbers, slots = numbers_of(optimizer), [*type(optimizer).slot_names]
    own: Any = optimizer

    def step(tape: Tape, m: int, *_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        # of shapes that differ in both axes: a step is that of any shape
        shape = m - 1, m + 2
        came = {name: tape.given(np.zeros(shape, dtype)) for name in ("p", "g", *slots)}
        given = {f"n{i}": tape.given(np.zeros((), dtype)) for i in range(len(numbers))}
        memory = {name: came[name] for name in slots}
        change, after = own.step(came["p"], came["g"], memory, *given.values())
        own.require_slots(after)
        return came | given, {"p": came["p"] - change} | {name: after[name] for name in slots}

    found = passes([], WHAT, step)
    (first, second, _), lines = found, Lines(found)
    before, free = list[str](), free_names("n", slots)
    for i, text in enumerate(numbers):
        name = text.code if text.code.isidentifier() else next(free)
        before += [] if name == text.code else [f"{name} = {text.code}"]
        lines.texts[id(first.given[f"n{i}"])] = Text(name)
    for pair in calls(found):
        lines.add(*pair)
    read = [x for call in first.calls for x in call.inputs]
    read += [x for name, x in first.found.items() if x is not first.given.get(name)]
    roots = {id(x.root) for x in read if isinstance(x, StandIn)}
    kept = [name for name in slots if id(first.given[name]) in roots]
    codes = [lines.value(first.found[name], second.found[name]).code for name in ("p", *kept)]
    inner = lines.take()
    if lines.reads_m:
        refuse_size(WHAT)
    timed = any(named_in(line, "t") for line in [*before, *inner, *codes])
    if kept:
        zeros = tuple_of(["np.zeros_like(p)"] * len(kept))
        inner.insert(0, f"{', '.join(kept)} = memory.get(name, {zeros})")
        inner.append(f"after[name] = {tuple_of(codes[1:])}")
    loop = ["p = parameters[name[1:]]  # without the d", *inner, f"new[name[1:]] = {codes[0]}"]
    body = [
        *before,
        "new, after = dict(parameters), {}" if kept else "new = dict(parameters)",
        "for name, g in grads.items():",
        *(INDENT + line for line in loop),
        "return new, after" if kept else "return new",
    ]
    more = ["memory"] * bool(kept) + ["t"] * timed
    given = ", ".join(["parameters", "grads", *more])
    says = "The parameters after a step" + ", and the memory, at first {}" * bool(kept)
    says += "; t counts the steps from 1." if timed else "."
    head = f"update_parameters({given}, learning_rate={optimizer.learning_rate!r})"
    call = f"update_parameters({given})".replace(", t)", ", i + 1)")
    returns = "parameters, memory" if kept else "parameters"
    return function(head, says, body), f"{returns} = {call}"


def tuple_of(codes: list[str]) -> str:
    return f"({', '.join(codes)})" if len(codes) > 1 else codes[0]


def numbers_of(optimizer: Optimizer) -> list[Text]:
    """The numbers of step t as formulas of the learning rate and t. Another count of steps and
    another rate, which they may read in another way, have to give the same formulas."""
    twin: Any = copy.deepcopy(optimizer)
    vars(twin).update(rate=lambda _: Symbol(Text("learning_rate")))
    found = list[list[Text]]()
    for steps, rate in ((0, 1), (1, 2)):
        twin.steps, twin.learning_rate = steps, rate * optimizer.learning_rate
        try:
            numbers = twin.numbers(Symbol(Text("t")))
            found.append([n.text if isinstance(n, Symbol) else literal(n) for n in numbers])
        except TypeError as why:
            refuse_numbers(optimizer, str(why))
    if found[0] != found[1]:
        refuse_numbers(optimizer, "self.steps or self.learning_rate in them")
    return found[0]


def refuse_numbers(optimizer: Optimizer, got: str) -> NoReturn:
    expected = f"numbers(t) as a formula of self.rate(t), t and + - * / ** in {WHAT}"
    checks.refuse(optimizer.who, expected, got, error=TypeError)


def require_plain(optimizer: Optimizer) -> None:
    """Refuse what looks at all gradients, whose rate is no number, or what does more than its
    `step` and `numbers`."""
    learned = isinstance(optimizer, Hypergradient)
    if learned or optimizer.clips() or isinstance(optimizer.learning_rate, Schedule):
        expected = f"a learning rate that is a number, and no limits, in {WHAT}"
        checks.refuse(optimizer.who, expected, repr(optimizer), error=TypeError)
    for name in OTHERS:
        if not writer(type(optimizer), name).ours:
            expected = f"an optimizer of step and numbers alone in {WHAT}"
            checks.refuse(optimizer.who, expected, f"a {name} of its own", error=TypeError)
    clash = sorted({*type(optimizer).slot_names} & NAMES)
    if clash:
        cure = "the function has it for something else"
        checks.refuse(optimizer.who, f"other names of slots in {WHAT}", clash[0], cure, TypeError)
