"""Losses of a classification: binary cross-entropy, then cross-entropy over classes and
Kullback-Leibler."""

# numpy's ufuncs give Any:
# mypy: disable-error-code="no-any-return"

from typing import Any

import numpy as np

from tinynet.activations import Sigmoid, Softmax
from tinynet.base import Array, Setting, checks, functions
from tinynet.losses.base import Loss


def times_log(y: Array, a: Array) -> Array:
    """y log a, and 0 where y is 0, whatever a is there."""
    return y * np.log(a * (y != 0) + (y == 0))


def times_log1p(y: Array, x: Array) -> Array:
    """y log(1 + x), and 0 where y is 0, whatever x is there."""
    return y * np.log1p(x * (y != 0))


def ratio(y: Array, a: Array) -> Array:
    """y / a, and 0 where y is 0, whatever a is there."""
    return y / (a * (y != 0) + (y == 0))


class Smoothing(Loss):
    """A loss that may take labels less than certain: with `label_smoothing` s, y becomes (1 - s) y
    + s / k for k classes (Szegedy et al., CVPR 2016). Metrics see Y as it is."""

    steady = True
    label_smoothing = Setting(checks.real, "[0, 1)")

    def __init__(self, label_smoothing: float = 0.0) -> None:
        super().__init__()
        self.label_smoothing = label_smoothing

    def smoothed(self, Y: Array, k: int) -> Array:
        s = self.label_smoothing
        return (1 - s) * Y + s / k if s else Y


class BinaryCrossEntropy(Smoothing):
    """J = -the mean of y log a + (1 - y) log(1 - a), for 0 <= y <= 1; dA = ((1 - Y) / (1 - A) -
    Y / A) / (n_y m). Equation (13) of the course.

    With the sigmoid it is computed from Z. Let side = 1 where y >= 0.5, else -1, and left =
    (side + 1) / 2 - y, which is 0 for a y of 0 or 1. The cost of an entry is max(-side z, 0) +
    log(1 + exp(-|z|)) + left z, and dZ = (left - side / (1 + exp(side z))) / (n_y m), which is
    (A - Y) / (n_y m).

    >>> bce = BinaryCrossEntropy()
    >>> round(bce.forward([[0.5, 0.8]], [1, 0]), 6), bce.backward().tolist()
    (1.151293, [[-1.0, 2.5000000000000004]])
    >>> pair = bce.pair("sigmoid")
    >>> pair.forward([[1000.0]], [0]), pair.backward().tolist()
    (1000.0, [[1.0]])
    """

    steady = True
    match = Sigmoid

    def costs(self, A: Array, Y: Array) -> Array:
        Y = self.smoothed(Y, 2)
        return -(times_log(Y, A) + times_log1p(1 - Y, -A))

    def derivative(self, A: Array, Y: Array) -> Array:
        Y = self.smoothed(Y, 2)
        return ratio(1 - Y, 1 - A) - ratio(Y, A)

    def pair_costs(self, Z: Array, Y: Array) -> Array:
        side, left = self.sides(Y)
        return np.maximum(-side * Z, 0) + np.log1p(np.exp(-np.abs(Z))) + left * Z

    def pair_derivative(self, Z: Array, Y: Array, weight: float) -> Array:
        side, left = self.sides(Y)
        return weight * left - weight * side / (1 + np.exp(side * Z))

    def sides(self, Y: Array) -> tuple[Array, Array]:
        """side and left: the nearer of the labels 0 and 1 as -1 or 1, and that label minus y."""
        Y = self.smoothed(Y, 2)
        side = np.copysign(1, Y - 0.5)
        return side, (side + 1) / 2 - Y

    def targets(self, Y: Any, n_y: int, m: int, dtype: Any) -> Array:
        Y = super().targets(Y, n_y, m, dtype)
        if Y.min() < 0 or Y.max() > 1:
            got, cure = (
                f"values from {Y.min():g} to {Y.max():g}",
                f"map them to 0 and 1, as in Y == {Y.max():g}",
            )
            cure += (
                ", or for more classes take softmax and cross-entropy"
                if np.unique(Y).size > 2
                else ""
            )
            checks.refuse(self.who, "labels Y of 0 and 1", got, cure)
        return Y


class CrossEntropy(Smoothing):
    """J = -(1/m) sum_i sum_k y_k log a_k; dA = -Y / A / m. Y is one-hot (n_y, m), or labels 0 ...
    n_y - 1 of shape (m,).

    Y may have probabilities instead, columns that sum to 1. With the softmax it is computed from Z:
    an example costs sum_k y_k (log(sum_j exp(z_j - max z)) - (z_k - max z)), and dZ = (A - Y) / m.

    >>> ce = CrossEntropy()
    >>> round(ce.forward([[0.5, 0.2], [0.5, 0.8]], [0, 1]), 6), ce.backward().round(6).tolist()
    (0.458145, [[-1.0, -0.0], [-0.0, -0.625]])
    >>> pair = ce.pair("softmax")
    >>> pair.forward([[1000.0], [0.0]], [1]), pair.backward().tolist()
    (1000.0, [[1.0], [-1.0]])
    """

    steady = True
    averages_outputs = False
    takes_labels = True
    match = Softmax

    def costs(self, A: Array, Y: Array) -> Array:
        return -times_log(self.smoothed(Y, Y.shape[0]), A)

    def derivative(self, A: Array, Y: Array) -> Array:
        return -ratio(self.smoothed(Y, Y.shape[0]), A)

    def pair_costs(self, Z: Array, Y: Array) -> Array:
        _, _, rest = functions.softmax_terms(Z)
        return self.smoothed(Y, Y.shape[0]) * (np.log1p(rest) - (Z - Z.max(axis=0)))

    def pair_derivative(self, Z: Array, Y: Array, weight: float) -> Array:
        """a - y; for the largest a it is (1 - y) - (1 - a), where 1 - a is the sum of the other
        a."""
        others, top, rest = functions.softmax_terms(Z)
        return ((others - top * rest) / (1 + rest) + (top - self.smoothed(Y, Y.shape[0]))) * weight

    def targets(self, Y: Any, n_y: int, m: int, dtype: Any) -> Array:
        if np.ndim(Y) == 1:
            labels = checks.numbers(self.who, "Y", Y, shape=(m,))
            wrong = labels[(labels < 0) | (labels >= n_y) | (labels != np.rint(labels))]
            if wrong.size:
                cure = f"there are {n_y} classes, one an output"
                checks.refuse(self.who, f"whole labels from 0 to {n_y - 1}", f"{wrong[0]:g}", cure)
            return (labels == np.arange(n_y)[:, np.newaxis]).astype(dtype)
        Y = super().targets(Y, n_y, m, dtype)
        wrong = Y[:, (Y < 0).any(axis=0) | (np.abs(Y.sum(axis=0) - 1) > 1e-5)]
        if wrong.size:
            cure = "one 1 and zeros otherwise, or labels of shape (m,)"
            checks.refuse(
                self.who,
                "targets that are not negative and sum to 1 for each example",
                wrong[:, 0].tolist(),
                cure,
            )
        return Y / Y.sum(axis=0)


class KullbackLeibler(CrossEntropy):
    """J = (1/m) sum_i sum_k y_k log(y_k / a_k), how far the probabilities A are from those in Y;
    dA = -Y / A / m, and with the softmax dZ = (A - Y) / m, as for cross-entropy: the two differ by
    sum y_k log y_k, which no weight changes.

    >>> kl = KullbackLeibler()
    >>> kl.forward([[0.5], [0.5]], [[0.5], [0.5]]), round(kl([[0.5], [0.5]], [0]), 6)
    (0.0, 0.693147)
    """

    steady = True

    def costs(self, A: Array, Y: Array) -> Array:
        return super().costs(A, Y) + self.own_costs(Y)

    def pair_costs(self, Z: Array, Y: Array) -> Array:
        return super().pair_costs(Z, Y) + self.own_costs(Y)

    def own_costs(self, Y: Array) -> Array:
        Y = self.smoothed(Y, Y.shape[0])
        return times_log(Y, Y)
