"""Losses: the cost J of outputs A against targets Y, and its gradient, which share one class and one constant.

J is the mean over the m examples of the costs; where Keras averages over the outputs too (binary cross-entropy, the
regression losses), so do we. The gradient is that of J: the notes' 1/m stands in dZ = (A - Y) / m from the start, where
the notes keep it for dW. This sentence, `Loss.weight`, is the only place that knows.

A loss's author writes the costs of the entries and, right under them, their derivative. With the last activation a loss
makes a `Pair`, which works on Z: for the cross-entropies dZ is A - Y in the mathematics, and in the arithmetic it keeps
the digits that A - Y loses in the tails.
"""

# numpy's ufuncs give Any:
# mypy: disable-error-code="no-any-return"

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from tinynet import activations, checks, functions
from tinynet.activations import Activation, Sigmoid, Softmax
from tinynet.checks import Array
from tinynet.node import Node


class Loss(Node):
    """J = weight * sum of costs(A, Y); `backward(dJ=1)` gives dA = dJ * weight * derivative(A, Y)."""

    averages_outputs = True
    match: type[Activation] | None = None  # the one activation it takes; None takes them all
    takes_labels = False  # (m,) of 0 ... n_y - 1 for n_y outputs
    reads = "A"

    def costs(self, A: Array, Y: Array) -> Array:
        """The cost of every entry, or of every column."""
        raise NotImplementedError

    def derivative(self, A: Array, Y: Array) -> Array:
        """d costs / dA, entry by entry."""
        raise NotImplementedError

    def pair_costs(self, Z: Array, Y: Array) -> Array:
        """costs(activation(Z), Y), from Z itself: for a loss with a `match`."""
        raise NotImplementedError

    def pair_derivative(self, Z: Array, Y: Array, weight: float) -> Array:
        """weight * d pair_costs / dZ, entry by entry."""
        raise NotImplementedError

    def targets(self, Y: Any, n_y: int, m: int, dtype: Any) -> Array:
        """Y as the costs want it, (n_y, m). Labels (m,) are the one promotion; what is outside the domain is an error."""
        Y = checks.numbers(self.who, "Y", Y, dtype)
        if Y.shape == (m,) and n_y == 1:
            Y = Y[np.newaxis]
        if Y.shape != (n_y, m):
            turned = "did you mean Y.T?" if Y.shape == (m, n_y) else "one column of targets an example"
            checks.refuse(self.who, f"Y of shape {(n_y, m)}{f' or ({m},)' if n_y == 1 else ''}", Y.shape, turned)
        return Y

    def weight(self, A: Array) -> float:
        """The constant of the mean: 1 / m, or 1 / (n_y m)."""
        return 1 / (A.size if self.averages_outputs else A.shape[1])

    def run(self, A: Array, Y: Array) -> tuple[float, dict[str, Array]]:
        return functions.sums(self.costs(A, Y))[0] * self.weight(A), {"A": A, "Y": Y}

    def pullback(self, dJ: float, cache: Mapping[str, Array]) -> tuple[Array, dict[str, Array]]:
        A, Y = cache["A"], cache["Y"]
        return self.derivative(A, Y) * (dJ * self.weight(A)), {}

    def admit(self, A: Any, Y: Any) -> tuple[Array, Array]:
        A = checks.matrix(self.who, self.reads, A, "(n_y, m)")
        n_y, m = A.shape
        Y = self.targets(Y, n_y, m, A.dtype)
        cure = f"{self.who}().pair(activation) takes Z, as fit, evaluate and gradients do"
        if self.match and (A.min() < 0 or A.max() > 1):
            checks.refuse(self.who, "A of probabilities", f"{A.flat[np.abs(A - 0.5).argmax()]:g}", f"is it Z? {cure}")
        with np.errstate(divide="ignore", over="ignore"):
            J, cache = self.run(A, Y)
            dA, _ = self.pullback(1.0, cache)
        if not (math.isfinite(J) and checks.all_finite(dA)):
            checks.refuse(self.who, f"{self.reads} at a finite cost from Y", J, cure if self.match else "")
        return A, Y

    def admit_upstream(self, dJ: Any) -> float:
        return checks.real(self.who, "dJ", dJ)

    def pair(self, activation: Activation | str) -> "Pair":
        """The activation and this loss as one node on Z: `forward(Z, Y)`, `backward()` -> dZ."""
        return Pair(self, activation)


class MeanSquaredError(Loss):
    """J = the mean over examples and outputs of (a - y)^2; dA = 2 (A - Y) / (n_y m). For regression.

    >>> mse = MeanSquaredError()
    >>> mse.forward([[1.0, 4.0]], [[1.0, 2.0]]), mse.backward().tolist()
    (2.0, [[0.0, 2.0]])
    """

    def costs(self, A: Array, Y: Array) -> Array:
        return np.square(A - Y)

    def derivative(self, A: Array, Y: Array) -> Array:
        return 2 * (A - Y)


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

    match = Sigmoid

    def costs(self, A: Array, Y: Array) -> Array:
        return -(functions.times_log(Y, A) + functions.times_log1p(1 - Y, -A))

    def derivative(self, A: Array, Y: Array) -> Array:
        return functions.ratio(1 - Y, 1 - A) - functions.ratio(Y, A)

    def pair_costs(self, Z: Array, Y: Array) -> Array:
        side, left = self.sides(Y)
        return np.maximum(-side * Z, 0) + np.log1p(np.exp(-np.abs(Z))) + left * Z

    def pair_derivative(self, Z: Array, Y: Array, weight: float) -> Array:
        side, left = self.sides(Y)
        return weight * left - weight * side / (1 + np.exp(side * Z))

    def sides(self, Y: Array) -> tuple[Array, Array]:
        """The nearer whole label as -1 or 1, which is 2 y - 1, and what a label in between leaves over."""
        side = np.copysign(1, Y - 0.5)
        return side, (side + 1) / 2 - Y

    def targets(self, Y: Any, n_y: int, m: int, dtype: Any) -> Array:
        Y = super().targets(Y, n_y, m, dtype)
        if Y.min() < 0 or Y.max() > 1:
            got, cure = f"values from {Y.min():g} to {Y.max():g}", f"map them to 0 and 1, as in Y == {Y.max():g}"
            cure += ", or for more classes take softmax and cross-entropy" if np.unique(Y).size > 2 else ""
            checks.refuse(self.who, "labels Y of 0 and 1", got, cure)
        return Y


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
    takes_labels = True
    match = Softmax

    def costs(self, A: Array, Y: Array) -> Array:
        return -functions.times_log(Y, A)

    def derivative(self, A: Array, Y: Array) -> Array:
        return -functions.ratio(Y, A)

    def pair_costs(self, Z: Array, Y: Array) -> Array:
        _, _, rest = functions.softmax_terms(Z)
        return Y * (np.log1p(rest) - (Z - Z.max(axis=0)))

    def pair_derivative(self, Z: Array, Y: Array, weight: float) -> Array:
        """a - y; for the largest a it is (1 - y) - (1 - a), with 1 - a from the others."""
        others, top, rest = functions.softmax_terms(Z)
        return ((others - top * rest) / (1 + rest) + (top - Y)) * weight

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
                self.who, "targets that are not negative and sum to 1 for each example", wrong[:, 0].tolist(), cure
            )
        return Y / Y.sum(axis=0)


class Pair(Loss):
    """J(activation(Z), Y) as one node on Z.

    The cross-entropies take one activation each, the sigmoid or the softmax, and work from Z itself; another one is an
    error. The other losses follow whatever activation there is.

    >>> print(BinaryCrossEntropy().pair("sigmoid"))
    Pair(BinaryCrossEntropy, sigmoid)
    """

    reads = "Z"

    def __init__(self, loss: Loss, activation: Activation | str) -> None:
        super().__init__()
        self.takes_labels = loss.takes_labels
        self.loss, self.activation = loss, activations.template(loss.who, activation)
        if loss.match and not isinstance(self.activation, loss.match):
            wanted = loss.match.__name__.lower()
            cure = f"give the last layer {wanted}, or take another loss"
            checks.refuse(loss.who, f"the last activation to be {wanted}", self.activation.label, cure)
        # A closed form is right for the costs and the activation it was written for: a variation on either is composed.
        names = ("pair_costs", "pair_derivative", "costs", "derivative")
        *closed, costs, derivative = (next((k for k in type(loss).__mro__ if name in vars(k)), Loss) for name in names)
        own = all(issubclass(form, kind) for form in closed for kind in (costs, derivative))
        self.closed = own and type(self.activation) is loss.match

    def costs(self, Z: Array, Y: Array) -> Array:
        return self.loss.pair_costs(Z, Y) if self.closed else self.loss.costs(self.activation.value(Z), Y)

    def pullback(self, dJ: float, cache: Mapping[str, Array]) -> tuple[Array, dict[str, Array]]:
        Z, Y = cache["A"], cache["Y"]
        if self.closed:
            return self.loss.pair_derivative(Z, Y, dJ * self.weight(Z)), {}
        A, kept = self.activation.run(Z)
        dA, _ = self.loss.pullback(dJ, {"A": A, "Y": Y})
        return self.activation.pullback(dA, kept)

    def weight(self, Z: Array) -> float:
        return self.loss.weight(Z)

    def targets(self, Y: Any, n_y: int, m: int, dtype: Any) -> Array:
        self.require_outputs(n_y)
        return self.loss.targets(Y, n_y, m, dtype)

    def require_outputs(self, n_y: int) -> None:
        if n_y == 1 and isinstance(self.activation, Softmax):
            checks.refuse(self.who, "a softmax over at least 2 units", 1, "over one it is always 1: take the sigmoid")

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


def matching(activation: Activation) -> Loss:
    """The loss that takes this activation and no other; mean squared error where there is none."""
    return next((kind() for kind in LOSSES.values() if isinstance(activation, kind.match or ())), MeanSquaredError())
