"""Activations: A = g(Z) and dZ = dA * g'(Z), from the identity to the softmax.

An activation's author writes `value` and, right under it, `derivative`, which reads Z, A or the mask A > 0 (`keeps`
says which); caching, doors and dtypes live in the base. At a kink the derivative is the documented one-sided value, exactly.
The instances at the end (`tanh`, `relu`, ...) are templates: a layer takes a copy.
"""

# numpy's ufuncs give Any:
# mypy: disable-error-code="no-any-return"

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from tinynet import checks, functions
from tinynet.checks import Array
from tinynet.node import Node


class Activation(Node):
    """Elementwise A = g(Z) on arrays of any shape; `backward(dA)` gives dZ = dA * g'(Z)."""

    keeps: Literal["Z", "A", "mask"] = "Z"  # what `derivative` reads, the cheapest thing that suffices; the mask is A > 0
    rectifier = False  # whether it passes about half of its inputs: initializer="auto" asks
    classifies = False  # whether `classes` makes labels of its outputs

    def value(self, Z: Array) -> Array:
        raise NotImplementedError

    def derivative(self, kept: Array) -> Array:
        raise NotImplementedError

    def run(self, Z: Array) -> tuple[Array, dict[str, Array]]:
        A = self.value(Z)
        kept = Z if self.keeps == "Z" else A if self.keeps == "A" else A > 0
        return A, {self.keeps: kept}

    def pullback(self, dA: Array, cache: Mapping[str, Array]) -> tuple[Array, dict[str, Array]]:
        return dA * self.derivative(cache[self.keeps]), {}

    def classes(self, A: Array, threshold: float = 0.5) -> Array:
        """The classes that outputs A, or targets Y, stand for."""
        checks.refuse(self.who, "a sigmoid or softmax output", self.label, "predict gives its values")

    def admit(self, Z: Any) -> tuple[Array]:
        return (checks.numbers(self.who, "Z", Z),)

    def admit_upstream(self, dA: Any) -> Array:
        kept = self.cache[self.keeps]
        return checks.numbers(self.who, "dA", dA, kept.dtype if kept.dtype.kind == "f" else None, shape=kept.shape)

    @property
    def label(self) -> str:
        """How it stands in a layer's repr: as it is written in code where a template has its settings."""
        named = {name for name, t in ACTIVATIONS.items() if type(t) is type(self) and repr(t) == repr(self)}
        return named.pop() if named else repr(self)


class Identity(Activation):
    """g(z) = z, g'(z) = 1: the output of a regression.

    >>> identity(np.array([-1.0, 2.0]))
    array([-1.,  2.])
    """

    def value(self, Z: Array) -> Array:
        return Z.copy()

    def derivative(self, Z: Array) -> Array:
        return np.ones_like(Z)


class Sigmoid(Activation):
    """g(z) = 1 / (1 + exp(-z)), g'(z) = g(z) (1 - g(z)), written 1 / (2 cosh(z / 2))^2: 1 - A loses the upper tail.

    >>> print(sigmoid(np.array([0.0, -40.0])))
    [5.00000000e-01 4.24835426e-18]
    """

    classifies = True

    def value(self, Z: Array) -> Array:
        return functions.sigmoid(Z)

    def derivative(self, Z: Array) -> Array:
        return 1 / np.square(2 * np.cosh(Z / 2))

    def classes(self, A: Array, threshold: float = 0.5) -> Array:
        return np.greater(A, threshold)


class Tanh(Activation):
    """g(z) = tanh(z), g'(z) = 1 - g(z)^2, written 1 / cosh(z)^2: 1 - A^2 has lost all its digits at z = 19.

    >>> t = Tanh()
    >>> t.forward(np.array([0.0, 20.0])).tolist()
    [0.0, 1.0]
    >>> print(t.backward(np.ones(2)))
    [1.0000000e+00 1.6993417e-17]
    """

    def value(self, Z: Array) -> Array:
        return np.tanh(Z)

    def derivative(self, Z: Array) -> Array:
        return 1 / np.square(np.cosh(Z))


class ReLU(Activation):
    """g(z) = max(0, z); g'(z) = 1 for z > 0 and 0 for z < 0. At the kink g'(0) = 0.

    >>> r = ReLU()
    >>> r.forward(np.array([-2.0, 0.0, 3.0])).tolist(), r.backward(np.ones(3)).tolist()
    ([0.0, 0.0, 3.0], [0.0, 0.0, 1.0])
    """

    keeps = "mask"
    rectifier = True

    def value(self, Z: Array) -> Array:
        return np.maximum(Z, 0)

    def derivative(self, mask: Array) -> Array:
        return mask


class LeakyReLU(Activation):
    """g(z) = max(slope z, z); g'(z) = 1 for z > 0 and slope for z < 0. At the kink g'(0) = slope.

    `slope` is at least 0 and below 1, 0.01 in the notes. Maas, Hannun and Ng, Rectifier Nonlinearities, ICML 2013.

    >>> leaky_relu(np.array([-2.0, 3.0])).tolist()
    [-0.02, 3.0]
    """

    keeps = "A"
    rectifier = True

    def __init__(self, slope: float = 0.01) -> None:
        super().__init__()
        self.slope = checks.real(self.who, "slope", slope, "[0, 1)")

    def value(self, Z: Array) -> Array:
        return np.maximum(self.slope * Z, Z)

    def derivative(self, A: Array) -> Array:
        return np.maximum((A > 0).astype(A.dtype), A.dtype.type(self.slope))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.slope!r})"


class Softmax(Activation):
    """a_k = exp(z_k) / sum_j exp(z_j) down each column of Z (n_y, m): n_y probabilities for each of m examples.

    dz_k = a_k (da_k - sum_j a_j da_j). The upstream gradient of the largest a is subtracted first, which changes nothing
    (the a_j sum to 1) and keeps the digits where one class has nearly all the probability.

    >>> softmax(np.array([[0.0], [np.log(3.0)]])).ravel().round(6).tolist()
    [0.25, 0.75]
    """

    keeps = "A"
    classifies = True

    def value(self, Z: Array) -> Array:
        return functions.softmax(Z)

    def pullback(self, dA: Array, cache: Mapping[str, Array]) -> tuple[Array, dict[str, Array]]:
        A = cache["A"]
        top = (A.max(axis=0) == A).astype(A.dtype)
        D = dA - (dA * top).sum(axis=0) / top.sum(axis=0)
        return A * (D - (A * D).sum(axis=0)), {}

    def classes(self, A: Array, threshold: float = 0.5) -> Array:
        if threshold != 0.5:
            checks.refuse(self.who, "no threshold", threshold, "the largest output is the class")
        return A.argmax(axis=0)

    def admit(self, Z: Any) -> tuple[Array]:
        return (checks.matrix(self.who, "Z", Z, "(n_y, m)"),)


identity, sigmoid, tanh, relu, leaky_relu, softmax = Identity(), Sigmoid(), Tanh(), ReLU(), LeakyReLU(), Softmax()

ACTIVATIONS: dict[str, Activation] = {
    "identity": identity,
    "sigmoid": sigmoid,
    "tanh": tanh,
    "relu": relu,
    "leaky_relu": leaky_relu,
    "softmax": softmax,
}


def template(who: str, value: Any) -> Activation:
    """An activation from an object or its string; who writes to it takes a `fresh` one."""
    return value if isinstance(value, Activation) else checks.known(who, "activation", value, ACTIVATIONS)
