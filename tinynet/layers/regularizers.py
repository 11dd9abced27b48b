"""Regularizers: what large weights add to the cost J, so that a net keeps them small."""

# numpy's ufuncs give Any:
# mypy: disable-error-code="no-any-return"

from collections.abc import Mapping
from typing import Any

import numpy as np

from tinynet.base import Array, Node, Setting, checks


class Regularizer(Node):
    """J = value(W), a sum over the entries of W; `backward(dJ=1)` gives dW = dJ * derivative(W)."""

    steady = True

    def value(self, W: Array) -> Any:
        checks.unwritten(self.who, "value")

    def derivative(self, W: Array) -> Array:
        checks.unwritten(self.who, "derivative")

    def run(self, W: Array) -> tuple[Any, dict[str, Array]]:
        return self.value(W), {"W": W}

    def pullback(self, dJ: float, cache: Mapping[str, Array]) -> tuple[Array, dict[str, Array]]:
        return dJ * self.derivative(cache["W"]), {}

    def admit(self, W: Any) -> tuple[Array]:
        return (checks.numbers(self.who, "W", W),)

    def admit_upstream(self, dJ: Any) -> float:
        return checks.real(self.who, "dJ", dJ)


class L1(Regularizer):
    """l1 * sum |w|; its derivative is l1 * sign(w), and 0 at the kink. It draws small weights to 0.

    >>> lasso = L1(0.5)
    >>> print(lasso.forward([[-2.0, 0.0]]), lasso.backward())
    1.0 [[-0.5  0. ]]
    """

    steady = True
    l1 = Setting(checks.real, "[0, inf)")

    def __init__(self, l1: float = 0.01) -> None:
        super().__init__()
        self.l1 = l1

    def value(self, W: Array) -> Any:
        return self.l1 * np.abs(W).sum()

    def derivative(self, W: Array) -> Array:
        return self.l1 * np.sign(W)


class L2(Regularizer):
    """l2 * sum w^2; its derivative is 2 l2 w. As in Keras; scikit-learn's `alpha` has a 1/2 and a
    1/m beside it.

    >>> ridge = L2(0.5)
    >>> print(ridge.forward([[-2.0, 1.0]]), ridge.backward())
    2.5 [[-2.  1.]]
    """

    steady = True
    l2 = Setting(checks.real, "[0, inf)")

    def __init__(self, l2: float = 0.01) -> None:
        super().__init__()
        self.l2 = l2

    def value(self, W: Array) -> Any:
        return self.l2 * np.square(W).sum()

    def derivative(self, W: Array) -> Array:
        return 2 * self.l2 * W


class L1L2(Regularizer):
    """l1 * sum |w| + l2 * sum w^2, the elastic net. Zou and Hastie, JRSS B 67, 2005.

    >>> print(L1L2(l1=1.0, l2=0.5)([[-2.0, 1.0]]))
    5.5
    """

    steady = True
    l1, l2 = Setting(checks.real, "[0, inf)"), Setting(checks.real, "[0, inf)")

    def __init__(self, l1: float = 0.01, l2: float = 0.01) -> None:
        super().__init__()
        self.l1, self.l2 = l1, l2

    def value(self, W: Array) -> Any:
        return self.l1 * np.abs(W).sum() + self.l2 * np.square(W).sum()

    def derivative(self, W: Array) -> Array:
        return self.l1 * np.sign(W) + 2 * self.l2 * W


REGULARIZERS: dict[str, Regularizer] = {"l1": L1(), "l2": L2(), "l1_l2": L1L2()}


def regularizer(who: str, name: str, value: Any) -> Regularizer | None:
    """None, or a layer's own copy of what an object or a string stands for."""
    if value is None:
        return None
    known = isinstance(value, Regularizer)
    return (value if known else checks.known(who, name, value, REGULARIZERS)).fresh()
