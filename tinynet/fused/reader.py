"""An optimizer's step as one loop of machine code: a second reader of its tape.

A played step makes one of numpy's calls after another, and each goes over all parameters. Here the
same calls become the lines of one loop, which takes every number through all of them at once. They
are the same operations of IEEE 754 in the same order, so the bits are those of the played step.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from tinynet.base import Array
from tinynet.fused.kernel import kernel
from tinynet.tape.recording import Recording
from tinynet.tape.stand_ins import StandIn
from tinynet.tape.tape import Call, Calls

# what IEEE 754 leaves no choice in; of {0}, {1} the operands, which are names
OPERATIONS: dict[Any, str] = {
    np.add: "{0} + {1}",
    np.subtract: "{0} - {1}",
    np.multiply: "{0} * {1}",
    np.true_divide: "{0} / {1}",
    np.negative: "-{0}",
    np.reciprocal: "{type}(1) / {0}",
    np.square: "{0} * {0}",
    np.sqrt: "np.sqrt({0})",
    np.absolute: "abs({0})",
    np.sign: "{type}({0} > 0) - {type}({0} < 0) if {0} == {0} else {0}",
    np.greater: "{0} > {1}",
    np.greater_equal: "{0} >= {1}",
    np.less: "{0} < {1}",
    np.less_equal: "{0} <= {1}",
    np.copyto: "{type}({0})",
}
TYPES = {np.dtype(name): f"np.{name}" for name in ("float32", "float64", "bool")}


class UnfusedError(Exception):
    """What is no line of a loop."""


def fused(recording: Recording, arrays: Sequence[Array]) -> Calls:
    """What was recorded on pieces as one call on whole arrays; none if it cannot be fused."""
    try:
        loop = Loop(recording)
    except UnfusedError:
        return []
    own = [*arrays, *loop.constants]
    return [partial(kernel(loop.text(), own), *own)]


class Loop:
    """The calls of a tape as lines: arrays are gone through number by number, and what has no axis
    is the same for all of them. Its settings are arguments, too: so Adam's is one text, whatever
    they are."""

    def __init__(self, recording: Recording) -> None:
        self.given, self.names = recording.given, dict[int, str]()
        self.constants = list[Array]()
        self.before, self.lines, self.stores = list[str](), list[str](), list[str]()
        for i, x in enumerate(self.given):
            self.names[id(x)] = f"x{i}"
            if x.shape:
                self.lines.append(f"x{i} = a{i}[i]")
            else:
                self.before.append(f"x{i} = a{i}[()]")
        for call in recording.tape.calls:
            self.add(call)

    def add(self, call: Call) -> None:
        operation, out = OPERATIONS.get(call.function), call.out
        if operation is None or out.dtype not in TYPES or out.path or not out.shape:
            raise UnfusedError(call.function)
        operands = [self.operand(x) for x in call.inputs]
        name = f"v{len(self.lines)}"
        self.lines.append(f"{name} = {operation.format(*operands, type=TYPES[out.dtype])}")
        if home := self.names.get(id(out if out.place is None else out.place)):
            # who reads what was given there gets what it was: it is written when all is read
            self.stores.append(f"a{home[1:]}[i] = {name}")
        self.names.setdefault(id(out), name)

    def operand(self, x: Any) -> str:
        """The name of a value, or of a number that stays."""
        if id(x) in self.names:
            return self.names[id(x)]
        number = x.array if isinstance(x, StandIn) else x
        if number is None or number.dtype not in TYPES or (number != number.flat[0]).any():
            raise UnfusedError(x)
        i = len(self.given) + len(self.constants)
        self.constants.append(np.array(number.flat[0]))
        self.before.append(f"x{i} = a{i}[()]")
        return f"x{i}"

    def text(self) -> str:
        """The function of the given arrays and the constants."""
        arguments = ", ".join(f"a{i}" for i in range(len(self.given) + len(self.constants)))
        length = next(i for i, x in enumerate(self.given) if x.shape)
        lines = ["import numpy as np", f"def kernel({arguments}):"]
        lines += [f"    {line}" for line in self.before]
        lines += [f"    for i in range(a{length}.size):"]
        lines += [f"        {line}" for line in self.lines + self.stores]
        return "\n".join([*lines, ""])
