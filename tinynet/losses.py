"""Losses: the cost J of outputs A against targets Y, and its gradient, which share one class and one constant.

J is the mean over the m examples of the costs; where Keras averages over the outputs too (binary cross-entropy, the
regression losses), so do we. The gradient is that of J: the notes' 1/m stands in dZ = (A - Y) / m from the start, where
the notes keep it for dW. This sentence, `Loss.weight`, is the only place that knows.

A loss's author writes the costs of the entries and, right under them, their derivative. A loss and its matching
activation make a `Pair`, which works on Z: dZ is A - Y in the mathematics, and in the arithmetic keeps the digits that
A - Y loses in the tails.
"""

# numpy's ufuncs give Any:
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tinynet import activations, checks, functions
from tinynet.checks import Array
from tinynet.node import Node


class Loss(Node):
    """J = weight * sum of costs(A, Y); `backward(dJ=1)` gives dA = dJ * weight * derivative(A, Y)."""

    averages_outputs = True
    match: type[activations.Activation] | None = None  # the activation that makes A - Y of the pair
    needs_match = False
    reads = "A"

    def costs(self, A: Array, Y: Array) -> Array:
        """The cost of every entry, or of every column."""
        raise NotImplementedError

    def derivative(self, A: Array, Y: Array) -> Array:
        """d costs / dA, entry by entry."""
        raise NotImplementedError

    def pair_costs(self, Z: Array, Y: Array) -> Array:
        """The costs of match(Z), from Z."""
        raise NotImplementedError

    def pair_derivative(self, Z: Array, Y: Array) -> Array:
        """d pair_costs / dZ: in the mathematics, a multiple of A - Y."""
        raise NotImplementedError

    def targets(self, Y: Any, n_y: int, m: int, dtype: Any) -> Array:
        """Y as the costs want it, (n_y, m). Labels (m,) are the one promotion; what is outside the domain is an error."""
        Y = checks.numbers(self.who, "Y", Y, dtype)
        if Y.shape == (m,) and n_y == 1:
            Y = Y[np.newaxis]
        if Y.shape != (n_y, m):
            labels = f" or ({m},)" if n_y == 1 else ""
            cure = (
                "did you mean Y.T, or examples='rows'?" if Y.shape == (m, n_y) else "one column of targets an example"
            )
            raise ValueError(checks.sentence(self.who, f"Y of shape {(n_y, m)}{labels}", Y.shape, cure))
        return Y

    def weight(self, A: Array) -> float:
        """The constant of the mean: 1 / m, or 1 / (n_y m)."""
        return 1 / (A.size if self.averages_outputs else A.shape[1])

    def value(self, A: Array, Y: Array) -> float:
        return float(self.costs(A, Y).sum(dtype=np.float64)) * self.weight(A)

    def run(self, A: Array, Y: Array) -> tuple[float, dict[str, Array]]:
        return self.value(A, Y), {"A": A, "Y": Y}

    def pullback(self, dJ: float, cache: Mapping[str, Array]) -> tuple[Array, dict[str, Array]]:
        A, Y = cache["A"], cache["Y"]
        return self.derivative(A, Y) * (dJ * self.weight(A)), {}

    def admit(self, A: Any, Y: Any) -> tuple[Array, Array]:
        A = checks.matrix(self.who, self.reads, A, "(n_y, m)")
        n_y, m = A.shape
        Y = self.targets(Y, n_y, m, A.dtype)
        self.require_domain(A, Y)
        return A, Y

    def require_domain(self, A: Array, Y: Array) -> None:
        """An error where the cost of A against Y is not finite."""

    def admit_upstream(self, dJ: Any) -> float:
        return checks.real(self.who, "dJ", dJ)

    def backward(self, dJ: Any = 1.0) -> Any:
        return super().backward(dJ)

    def pair(self, activation: activations.Activation | str) -> Pair:
        """The activation and this loss as one node on Z: `forward(Z, Y)`, `backward()` -> dZ."""
        return Pair(self, activation)

    def require_probabilities(self, A: Array) -> None:
        if A.min() < 0 or A.max() > 1:
            worst = A.flat[np.abs(A - 0.5).argmax()]
            cure = f"is it Z? {type(self).__name__}().pair(activation) takes Z itself"
            raise ValueError(checks.sentence(self.who, "A of probabilities between 0 and 1", f"{worst:g}", cure))

    def require_finite_cost(self, infinite: Array) -> None:
        if infinite.any():
            at = tuple(int(i) for i in np.argwhere(infinite)[0])
            got = f"an A of exactly 0 or 1 against it at index {at}"
            cure = f"{type(self).__name__}().pair(activation) takes Z and is finite, as fit, evaluate and gradients are"
            raise ValueError(checks.sentence(self.who, "an A that leaves Y possible", got, cure))


class MeanSquaredError(Loss):
    """J = the mean over examples and outputs of (a - y)^2; dA = 2 (A - Y) / (n_y m). For regression.

    >>> mse = MeanSquaredError()
    >>> mse.forward([[1.0, 4.0]], [[1.0, 2.0]]), mse.backward().tolist()
    (2.0, [[0.0, 2.0]])
    """

    match = activations.Identity

    def costs(self, A: Array, Y: Array) -> Array:
        return np.square(A - Y)

    def derivative(self, A: Array, Y: Array) -> Array:
        return 2 * (A - Y)

    def pair_costs(self, Z: Array, Y: Array) -> Array:
        return self.costs(Z, Y)

    def pair_derivative(self, Z: Array, Y: Array) -> Array:
        return self.derivative(Z, Y)


class BinaryCrossEntropy(Loss):
    """J = -the mean of y log a + (1 - y) log(1 - a), for 0 <= y <= 1; dA = (A - Y) / (A (1 - A)) / (n_y m).

    Equation (13) of the course. With the sigmoid, on Z: max(z, 0) - z y + log(1 + exp(-|z|)), and its derivative a - y.

    >>> bce = BinaryCrossEntropy()
    >>> round(bce.forward([[0.5, 0.8]], [1, 0]), 6), bce.backward().tolist()
    (1.151293, [[-1.0, 2.5000000000000004]])
    >>> pair = bce.pair("sigmoid")
    >>> pair.forward([[1000.0]], [0]), pair.backward().tolist()
    (1000.0, [[1.0]])
    """

    match = activations.Sigmoid
    needs_match = True

    def costs(self, A: Array, Y: Array) -> Array:
        return -(functions.times_log(Y, A) + functions.times_log1p(1 - Y, -A))

    def derivative(self, A: Array, Y: Array) -> Array:
        return functions.ratio(1 - Y, 1 - A) - functions.ratio(Y, A)

    def pair_costs(self, Z: Array, Y: Array) -> Array:
        return np.maximum(Z, 0) - Z * Y + np.log1p(np.exp(-np.abs(Z)))

    def pair_derivative(self, Z: Array, Y: Array) -> Array:
        """a - y, where a is q for z < 0 and 1 - q otherwise: against whole labels, the tail q keeps its digits."""
        e = np.exp(-np.abs(Z))
        q = e / (1 + e)
        return (1 - Y - np.signbit(Z)) - np.copysign(q, Z)

    def targets(self, Y: Any, n_y: int, m: int, dtype: Any) -> Array:
        Y = super().targets(Y, n_y, m, dtype)
        if Y.min() < 0 or Y.max() > 1:
            low, high = Y.min(), Y.max()
            cure = f"map the labels to 0 and 1, as in Y == {high:g}"
            raise ValueError(checks.sentence(self.who, "labels Y of 0 and 1", f"values from {low:g} to {high:g}", cure))
        return Y

    def require_domain(self, A: Array, Y: Array) -> None:
        self.require_probabilities(A)
        self.require_finite_cost(((A == 0) & (Y > 0)) | ((A == 1) & (Y < 1)))


class CrossEntropy(Loss):
    """J = -(1/m) sum_i sum_k y_k log a_k; dA = -Y / A / m. Y is one-hot (n_y, m), or labels 0 ... n_y - 1 of shape (m,).

    Columns of probabilities that sum to 1 are welcome too. With the softmax, on Z: the cost is -sum_k y_k log_softmax(z)_k
    and its derivative a - y.

    >>> ce = CrossEntropy()
    >>> round(ce.forward([[0.5, 0.2], [0.5, 0.8]], [0, 1]), 6), ce.backward().round(6).tolist()
    (0.458145, [[-1.0, -0.0], [-0.0, -0.625]])
    >>> pair = ce.pair("softmax")
    >>> pair.forward([[1000.0], [0.0]], [1]), pair.backward().tolist()
    (1000.0, [[1.0], [-1.0]])
    """

    averages_outputs = False
    match = activations.Softmax
    needs_match = True

    def costs(self, A: Array, Y: Array) -> Array:
        return -functions.times_log(Y, A)

    def derivative(self, A: Array, Y: Array) -> Array:
        return -functions.ratio(Y, A)

    def pair_costs(self, Z: Array, Y: Array) -> Array:
        return -Y * functions.log_softmax(Z)

    def pair_derivative(self, Z: Array, Y: Array) -> Array:
        """a - y; for the largest a, (1 - y) - (1 - a) with 1 - a from the others."""
        e, top, rest = functions.softmax_terms(Z)
        e[top] = 1
        dZ: Array = e / (1 + rest) - Y
        dZ[top] = (1 - Y[top]) - rest / (1 + rest)
        return dZ

    def targets(self, Y: Any, n_y: int, m: int, dtype: Any) -> Array:
        labels = checks.numbers(self.who, "Y", Y, None if np.ndim(Y) == 1 else dtype)
        if labels.shape == (m,):
            off = (labels < 0) | (labels >= n_y) | (labels != np.rint(labels))
            if off.any():
                expected, cure = f"whole labels from 0 to {n_y - 1}", f"there are {n_y} classes, one an output"
                raise ValueError(checks.sentence(self.who, expected, f"{labels[off][0]:g}", cure))
            Y = np.zeros((n_y, m), dtype)
            Y[labels.astype(np.intp), np.arange(m)] = 1
            return Y
        Y = super().targets(labels, n_y, m, dtype)
        sums = Y.sum(axis=0)
        if Y.min() < 0 or (abs(sums - 1) > 1e-5).any():
            cure = "one 1 and zeros otherwise, or labels of shape (m,)"
            got = f"a column of {Y[:, abs(sums - 1).argmax()].tolist()}" if Y.min() >= 0 else f"{Y.min():g}"
            raise ValueError(checks.sentence(self.who, "columns of Y that are not negative and sum to 1", got, cure))
        return Y / sums

    def require_domain(self, A: Array, Y: Array) -> None:
        self.require_probabilities(A)
        self.require_finite_cost((A == 0) & (Y > 0))


class Pair(Loss):
    """J(activation(Z), Y) as one node on Z. A matching activation's costs and derivative come from Z itself.

    A loss that does not fit the activation is an error: binary cross-entropy wants the sigmoid, cross-entropy the softmax.

    >>> print(BinaryCrossEntropy().pair("sigmoid"))
    Pair(BinaryCrossEntropy, sigmoid)
    """

    reads = "Z"

    def __init__(self, loss: Loss, activation: activations.Activation | str) -> None:
        super().__init__()
        self.loss, self.activation = loss, activations.activation(type(loss).__name__, activation)
        self.averages_outputs = loss.averages_outputs
        self.matches = loss.match is not None and isinstance(self.activation, loss.match)
        if loss.match and loss.needs_match and not self.matches:
            wanted = loss.match.__name__.lower()
            cure = f"give the last layer {wanted}, or take another loss"
            raise ValueError(
                checks.sentence(loss.who, f"the last activation to be {wanted}", self.activation.label, cure)
            )

    def costs(self, Z: Array, Y: Array) -> Array:
        if self.matches:
            return self.loss.pair_costs(Z, Y)
        return self.loss.costs(self.activation.value(Z), Y)

    def derivative(self, Z: Array, Y: Array) -> Array:
        if self.matches:
            return self.loss.pair_derivative(Z, Y)
        A, cache = self.activation.run(Z)
        return self.activation.pullback(self.loss.derivative(A, Y), cache)[0]

    def targets(self, Y: Any, n_y: int, m: int, dtype: Any) -> Array:
        self.require_outputs(n_y)
        return self.loss.targets(Y, n_y, m, dtype)

    def require_outputs(self, n_y: int) -> None:
        if n_y == 1 and isinstance(self.activation, activations.Softmax):
            cure = "over one it is always 1: take the sigmoid"
            raise ValueError(checks.sentence(self.who, "a softmax over at least 2 units", "1", cure))

    def __repr__(self) -> str:
        return f"Pair({type(self.loss).__name__}, {self.activation.label})"


LOSSES: dict[str, type[Loss]] = {
    "mse": MeanSquaredError,
    "binary_crossentropy": BinaryCrossEntropy,
    "categorical_crossentropy": CrossEntropy,
    "sparse_categorical_crossentropy": CrossEntropy,
}


def loss(who: str, value: Any) -> Loss:
    """A loss of one's own, from an object or its string."""
    return value.fresh() if isinstance(value, Loss) else checks.known(who, "loss", value, LOSSES)()


def matching(activation: activations.Activation) -> Loss:
    """The loss whose pair with this activation gives A - Y; mean squared error where there is none."""
    return next((kind() for kind in LOSSES.values() if isinstance(activation, kind.match or ())), MeanSquaredError())
