"""The base class of losses: the cost J of outputs A against targets Y, and its gradient.

J is the mean of the costs over the m examples, and over the n_y outputs too where Keras does so
(binary cross-entropy, the regression losses). Only `Loss.weight` knows that constant, 1 / m or
1 / (n_y m). The gradient is that of J, so the constant is in dZ = (A - Y) / m from the start; the
notes have dZ = A - Y, and their 1/m comes with dW and db.

A loss's author writes the costs of the entries and, right under them, their derivative. A loss and
the last activation make a `Pair`, a loss of Z. For the cross-entropies its dZ is A - Y times the
constant, computed from Z, which keeps the digits that A - Y loses where A is close to Y.
"""

# numpy's ufuncs give Any:
# mypy: disable-error-code="no-any-return"

from collections.abc import Mapping
from typing import Any

import numpy as np

from tinynet import activations
from tinynet.activations import Activation, Softmax
from tinynet.base import Array, Node, checks, functions, read_only, written_with
from tinynet.losses.weights import sample_weights


class Loss(Node):
    """J = weight * sum of costs(A, Y); `backward(dJ=1)` gives dA = dJ * weight * derivative(A,
    Y)."""

    steady = True
    averages_outputs = True
    match: type[Activation] | None = None  # the only activation it takes; None: any
    takes_labels = False  # whether Y may be labels 0 ... n_y - 1, (m,)
    reads = "A"

    def costs(self, A: Array, Y: Array) -> Array:
        """The cost of every entry, or of every column."""
        checks.unwritten(self.who, "costs")

    def derivative(self, A: Array, Y: Array) -> Array:
        """d costs / dA, entry by entry."""
        checks.unwritten(self.who, "derivative")

    def pair_costs(self, Z: Array, Y: Array) -> Array:
        """costs(activation(Z), Y), from Z itself: for a loss with a `match`."""
        checks.unwritten(self.who, "pair_costs")

    def pair_derivative(self, Z: Array, Y: Array, weight: float) -> Array:
        """weight * d pair_costs / dZ, entry by entry."""
        checks.unwritten(self.who, "pair_derivative")

    def targets(self, Y: Any, n_y: int, m: int, dtype: Any) -> Array:
        """Y as `costs` takes it, (n_y, m). Y of shape (m,) is fine for one output; a target for
        which the loss is not defined is an error."""
        Y = checks.numbers(self.who, "Y", Y, dtype)
        if Y.shape == (m,) and n_y == 1:
            Y = Y[np.newaxis]
        if Y.shape != (n_y, m):
            cure = "did you mean Y.T?" if Y.shape == (m, n_y) else "one column an example"
            shapes = f"{(n_y, m)} or ({m},)" if n_y == 1 else (n_y, m)
            checks.refuse(self.who, f"Y of shape {shapes}", Y.shape, cure)
        return Y

    def weight(self, A: Array) -> float:
        """The constant that makes a mean of the sum: 1 / m, or 1 / (n_y m)."""
        return 1 / (A.size if self.averages_outputs else A.shape[1])

    def __call__(self, A: Any, Y: Any, sample_weight: Any = None) -> Any:
        """J, with a weight (m,) for each example if there are any."""
        return super().__call__(A, Y, *([] if sample_weight is None else [sample_weight]))

    def forward(self, A: Any, Y: Any, sample_weight: Any = None) -> Any:
        return super().forward(A, Y, *([] if sample_weight is None else [sample_weight]))

    def run(self, A: Array, Y: Array, weights: Any = None) -> tuple[float, dict[str, Array]]:
        costs = weighted(self.require_costs(self.costs(A, Y), A), weights)
        (total,) = functions.totals(costs).tolist()
        return sum(total) * self.weight(A), {"A": A, "Y": Y, "weights": weights}

    def require_costs(self, costs: Any, A: Array) -> Any:
        """The costs; refused if they are not those of each entry, or of each example."""
        shape: tuple[int, ...] = getattr(costs, "shape", ())
        each_example = not self.averages_outputs or A.shape[0] == 1
        if shape != A.shape and not (each_example and shape == A.shape[1:]):
            cure = "or (m,), of each example, in a class that says averages_outputs = False"
            checks.refuse(self.who, "costs of each entry, (n_y, m)", shape, cure)
        return costs

    def pullback(self, dJ: float, cache: Mapping[str, Array]) -> tuple[Array, dict[str, Array]]:
        A, derivative = cache["A"], self.derivative(cache["A"], cache["Y"])
        checks.shaped(self, "a derivative", derivative, A.shape)
        return weighted(derivative * (dJ * self.weight(A)), cache.get("weights")), {}

    def admit(self, A: Any, Y: Any, *weights: Any) -> tuple[Array, ...]:
        A = checks.matrix(self.who, self.reads, A, "(n_y, m)")
        Y = self.targets(Y, A.shape[0], A.shape[1], A.dtype)
        if self.match and (A.min() < 0 or A.max() > 1):
            got = f"{A.flat[np.abs(A - 0.5).argmax()]:g}"
            cure = f"is it Z? {self.who}().pair(activation) takes Z, as fit does"
            checks.refuse(self.who, "A of probabilities", got, cure)
        return A, Y, *(sample_weights(self.who, w, A.shape[1], A.dtype) for w in weights)

    def admit_upstream(self, dJ: Any) -> float:
        return checks.real(self.who, "dJ", dJ)

    def pair(self, activation: Activation | str) -> "Pair":
        """The activation and this loss as one node on Z: `forward(Z, Y)`, `backward()` -> dZ."""
        return Pair(self, activation)


def weighted(values: Any, weights: Any) -> Any:
    """What is said of each example, times its weight if there are any."""
    return values if weights is None else values * weights


class Pair(Loss):
    """J(activation(Z), Y) as one node on Z.

    The cross-entropies take one activation each, the sigmoid or the softmax, and compute from Z
    itself; another activation is an error. The other losses take any activation.

    >>> import tinynet as tn
    >>> print(tn.BinaryCrossEntropy().pair("sigmoid"))
    Pair(BinaryCrossEntropy, sigmoid)
    """

    steady = True
    reads = "Z"

    def __init__(self, loss: Loss, activation: Activation | str) -> None:
        super().__init__()
        if not isinstance(loss, Loss):
            checks.refuse("Pair", "loss as a Loss", checks.shown(loss), error=TypeError)
        self.takes_labels = loss.takes_labels
        found = activations.template(loss.who, activation)
        self.loss, self.activation = loss, found if found is activation else found.fresh()
        if loss.match and not isinstance(self.activation, loss.match):
            wanted, got = loss.match.__name__.lower(), activations.label(self.activation)
            cure = f"give the last layer {wanted}, or take another loss"
            checks.refuse(loss.who, f"the last activation to be {wanted}", got, cure)
        # pair_costs and pair_derivative are right for the costs and the activation they were
        # written for. Where a subclass changes either, the pair calls activation, then loss.
        own = all(written_with(type(loss), f"pair_{n}", n) for n in ("costs", "derivative"))
        self.closed = own and type(self.activation) is loss.match

    def costs(self, Z: Array, Y: Array) -> Array:
        if self.closed:
            return self.loss.pair_costs(self.cooled(Z), Y)
        return self.loss.costs(read_only(self.activation.value(Z)), Y)

    def pullback(self, dJ: float, cache: Mapping[str, Array]) -> tuple[Array, dict[str, Array]]:
        Z, Y = cache["A"], cache["Y"]
        if self.closed:
            dZ = self.loss.pair_derivative(self.cooled(Z), Y, dJ * self.weight(Z))
            return weighted(self.cooled(dZ), cache.get("weights")), {}
        A, kept = self.activation.run(Z)
        dA, _ = self.loss.pullback(dJ, {**cache, "A": read_only(A)})
        return self.activation.pullback(dA, kept)

    def cooled(self, Z: Array) -> Array:
        """Z over a softmax's temperature."""
        return self.activation.cooled(Z) if isinstance(self.activation, Softmax) else Z

    def weight(self, Z: Array) -> float:
        return self.loss.weight(Z)

    def targets(self, Y: Any, n_y: int, m: int, dtype: Any) -> Array:
        self.require_outputs(n_y)
        return self.loss.targets(Y, n_y, m, dtype)

    def require_outputs(self, n_y: int) -> None:
        if n_y == 1 and isinstance(self.activation, Softmax):
            cure = "over one it is always 1: take the sigmoid"
            checks.refuse(self.who, "a softmax over at least 2 units", 1, cure)

    def __repr__(self) -> str:
        return f"Pair({type(self.loss).__name__}, {activations.label(self.activation)})"
