"""The base class of activations: A = g(Z), and backward dZ = dA * g'(Z).

An activation's author writes `value` and, right under it, `derivative`, which reads Z, A or the
mask A > 0 (`keeps` says which). The base does the rest: the cache, validation and dtypes. At a
kink, where g has two one-sided derivatives, `derivative` gives the one that
docs/kit.md names.
"""

# numpy's ufuncs give Any:
# mypy: disable-error-code="no-any-return"

from collections.abc import Mapping
from typing import Any, Literal

from tinynet.base import Array, Node, checks


class Activation(Node):
    """Elementwise A = g(Z) on arrays of any shape; `backward(dA)` gives dZ = dA * g'(Z)."""

    steady = True
    # what `derivative` reads: the smallest of the three that is enough
    keeps: Literal["Z", "A", "mask"] = "Z"
    classifies = False  # whether `classes` can turn its outputs into classes

    def value(self, Z: Array) -> Array:
        checks.unwritten(self.who, "value")

    def derivative(self, kept: Array) -> Array:
        checks.unwritten(self.who, "derivative")

    def run(self, Z: Array) -> tuple[Array, dict[str, Array]]:
        A = self.value(Z)
        kept = Z if self.keeps == "Z" else A if self.keeps == "A" else A > 0
        return A, {self.keeps: kept}

    def pullback(self, dA: Array, cache: Mapping[str, Array]) -> tuple[Array, dict[str, Array]]:
        kept = cache[self.keeps]
        derivative = self.derivative(kept)
        checks.shaped(self, "a derivative", derivative, kept.shape)
        checks.shaped(self, "dA", dA, kept.shape)
        return dA * derivative, {}

    def classes(self, A: Array, threshold: float = 0.5) -> Array:
        """The classes that outputs A, or targets Y, stand for."""
        cure = "predict gives its values"
        checks.refuse(self.who, "a sigmoid or softmax output", repr(self), cure)

    def admit(self, Z: Any = None) -> tuple[Array]:
        return (checks.numbers(self.who, "Z", Z),)

    def admit_upstream(self, dA: Any) -> Array:
        kept = self.cache[self.keeps]
        dtype = kept.dtype if kept.dtype.kind == "f" else None
        return checks.numbers(self.who, "dA", dA, dtype, kept.shape)
