"""Blocks of examples, so that all that is made on the way stays in a core's cache; and which parts
can be given a block for a batch.

A class says `steady = True` in its own body and promises that its methods compute example by
example, always by the same calls; one that looks at the whole batch adds `whole_batch = True`. Who
says neither sees every batch whole.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from tinynet.layers import Layer

LEAST = 256  # examples of a block, however wide the layers
VALUES = 131_072  # numbers that the layers make of a block in practice
PREDICTED = 32_768  # numbers that the widest layer makes of a block in use


def steady(part: Any) -> bool:
    """Whether each class of a part says so in its own body, and nothing was replaced since."""
    said = all(vars(kind).get("steady") is True for kind in type(part).__mro__[:-1])
    replaced = any(callable(getattr(type(part), name, None)) for name in vars(part))
    return said and not replaced


def ours(part: Any) -> bool:
    return type(part).__module__.split(".")[0] == "tinynet"


def parts_of(layers: Sequence[Layer]) -> list[Any]:
    return [*layers, *(layer.activation for layer in layers)]


def divisible(parts: Iterable[Any]) -> bool:
    """Whether a batch may come block by block."""
    return all(
        steady(part) and not getattr(part, "whole_batch", False) and not getattr(part, "state", {})
        for part in parts
    )


def practice_size(layers: Sequence[Layer]) -> int:
    """How many examples a block has at most: it makes at least four times the numbers that its
    gradients are added to."""
    parameters, units = sum(layer.theta.size for layer in layers), sum(x.units for x in layers)
    return max(LEAST, max(VALUES, 4 * parameters) // units)


def use_size(layers: Sequence[Layer]) -> int:
    return max(LEAST, PREDICTED // max(layer.units for layer in layers))


def runs(m: int, longest: int) -> list[slice]:
    """m examples in runs of one length, which is at most `longest`; only the last may be
    shorter."""
    size = -(-m // -(-m // longest))
    return [slice(start, min(start + size, m)) for start in range(0, m, size)]
