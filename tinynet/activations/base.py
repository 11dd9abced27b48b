"""Activations: A = g(Z) and dZ = dA * g'(Z), from the identity to the softmax.

An activation's author writes `value` and, right under it, `derivative`, which reads Z, A or the
mask A > 0 (`keeps` says which); caching, doors and dtypes live in the base. At a kink the
derivative is the documented one-sided value, exactly. The instances at the end (`tanh`, `relu`,
...) are templates: a layer takes a copy.
"""

# numpy's ufuncs give Any:
# mypy: disable-error-code="no-any-return"

from collections.abc import Mapping
from typing import Any, Literal

from tinynet.base import checks
from tinynet.base.checks import Array
from tinynet.base.node import Node


class Activation(Node):
    """Elementwise A = g(Z) on arrays of any shape; `backward(dA)` gives dZ = dA * g'(Z)."""

    steady = True
    keeps: Literal["Z", "A", "mask"] = (
        "Z"  # what `derivative` reads, the cheapest thing that suffices; the mask is A > 0
    )
    rectifier = False  # whether it passes about half of its inputs: initializer="auto" asks
    classifies = False  # whether `classes` makes labels of its outputs

    def value(self, Z: Array) -> Array:
        checks.unwritten(self.who, "value")

    def derivative(self, kept: Array) -> Array:
        checks.unwritten(self.who, "derivative")

    def run(self, Z: Array) -> tuple[Array, dict[str, Array]]:
        A = self.value(Z)
        kept = Z if self.keeps == "Z" else A if self.keeps == "A" else A > 0
        return A, {self.keeps: kept}

    def pullback(self, dA: Array, cache: Mapping[str, Array]) -> tuple[Array, dict[str, Array]]:
        return dA * self.derivative(cache[self.keeps]), {}

    def classes(self, A: Array, threshold: float = 0.5) -> Array:
        """The classes that outputs A, or targets Y, stand for."""
        checks.refuse(
            self.who, "a sigmoid or softmax output", repr(self), "predict gives its values"
        )

    def admit(self, Z: Any) -> tuple[Array]:
        return (checks.numbers(self.who, "Z", Z),)

    def admit_upstream(self, dA: Any) -> Array:
        kept = self.cache[self.keeps]
        return checks.numbers(
            self.who, "dA", dA, kept.dtype if kept.dtype.kind == "f" else None, shape=kept.shape
        )
