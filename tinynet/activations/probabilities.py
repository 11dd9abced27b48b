"""Activations over the classes of an example: softmax."""

# numpy's ufuncs give Any:
# mypy: disable-error-code="no-any-return"

from collections.abc import Mapping
from typing import Any

from tinynet.activations.base import Activation
from tinynet.base import Array, Setting, checks, functions


class Softmax(Activation):
    """a_k = exp(z_k) / sum_j exp(z_j) down each column of Z (n_y, m): n_y probabilities for each of
    m examples.

    With a `temperature` T > 0 it takes z / T: above 1 the probabilities are more alike.

    dz_k = a_k (da_k - sum_j a_j da_j) / T. Before that, the da of the largest a is subtracted from
    every da: this changes nothing, because the a_j sum to 1, and keeps the digits where one class
    has nearly all the probability.

    >>> import numpy as np
    >>> Softmax()(np.array([[0.0], [np.log(3.0)]])).ravel().round(6).tolist()
    [0.25, 0.75]
    """

    steady = True
    keeps = "A"
    classifies = True
    temperature = Setting(checks.real, "(0, inf)")

    def __init__(self, temperature: float = 1.0) -> None:
        super().__init__()
        self.temperature = temperature

    def value(self, Z: Array) -> Array:
        return functions.softmax(self.cooled(Z))

    def cooled(self, Z: Array) -> Array:
        """Z / T."""
        return Z if self.temperature == 1 else Z / self.temperature

    def pullback(self, dA: Array, cache: Mapping[str, Array]) -> tuple[Array, dict[str, Array]]:
        A = cache["A"]
        top = (A.max(axis=0) == A).astype(A.dtype)
        D = dA - (dA * top).sum(axis=0) / top.sum(axis=0)
        return self.cooled(A * (D - (A * D).sum(axis=0))), {}

    def classes(self, A: Array, threshold: float = 0.5) -> Array:
        if threshold != 0.5:
            checks.refuse(self.who, "no threshold", threshold, "the largest output is the class")
        return A.argmax(axis=0)

    def admit(self, Z: Any = None) -> tuple[Array]:
        return (checks.matrix(self.who, "Z", Z, "(n_y, m)"),)
