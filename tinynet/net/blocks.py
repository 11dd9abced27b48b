"""Blocks: a large batch is cut into runs of examples whose arrays fit a core's cache.

A class that says `steady = True` in its own body promises that its methods make the same numpy
calls in every step, and compute example by example. If it looks at the whole batch, it also says
`whole_batch = True`. A batch is cut only if every part is steady, none is whole_batch, and no
training pass moves a state.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinynet.base import Array, Node, checks, held
from tinynet.layers import Layer

LEAST = 256  # examples that a block has at least, however wide the layers
VALUES = 131_072  # entries of Z that all layers make of a block in training, about
PREDICTED = 65_536  # entries of Z that the widest layer makes of a block in predict, about


def steady(part: Any) -> bool:
    """Whether each class of a part says so in its own body."""
    return all(vars(kind).get("steady") is True for kind in type(part).__mro__[:-1])


def parts_of(nodes: Sequence[Node]) -> list[Any]:
    """The nodes and all that they hold, each once."""
    found: list[Any] = [*nodes]
    for part in found:  # it grows
        found += [x for x in held(part) if not any(x is y for y in found)]
    return found


def divisible(parts: Sequence[Any]) -> bool:
    """Whether a batch may come block by block."""
    layers = [part for part in parts if isinstance(part, Layer)]
    moving = any(layer.state and not layer.fixed_state for layer in layers)
    return not moving and all(steady(p) and not getattr(p, "whole_batch", False) for p in parts)


def practice_size(layers: Sequence[Layer]) -> int:
    """The most examples of a block in training. With many parameters it is longer: adding up the
    blocks' gradients then costs little beside making them."""
    parameters, units = sum(layer.theta.size for layer in layers), sum(x.units for x in layers)
    return max(LEAST, max(VALUES, 4 * parameters) // units)


def runs(m: int, longest: int) -> list[slice]:
    """Cut m examples into runs of equal length, at most `longest`; only the last may be
    shorter."""
    size = -(-m // -(-m // longest))
    return [slice(start, min(start + size, m)) for start in range(0, m, size)]


def require_alone(who: str, layers: Sequence[Layer], among: Array, alone: Array) -> None:
    """Refuse outputs of some examples that are others when they are alone: then a part of the
    user's breaks its promise to compute example by example."""
    users = {type(part).__name__ for part in parts_of(layers) if not part.ours}
    close = float(np.finfo(among.dtype).eps) ** 0.4
    if users and not np.allclose(among, alone, close, close * float(np.abs(alone).max())):
        cure = f"whole_batch = True in the class that looks at them: {', '.join(sorted(users))}"
        checks.refuse(who, "outputs that do not depend on other examples", "others", cure)
