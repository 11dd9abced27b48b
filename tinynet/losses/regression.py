"""Losses of a regression: squared, absolute, Huber's, log-cosh, and Poisson's for counts."""

# numpy's ufuncs give Any:
# mypy: disable-error-code="no-any-return"

from typing import Any

import numpy as np

from tinynet import activations
from tinynet.activations import Activation, Elu, Gelu, Identity, LeakyReLU, Selu, Silu, Tanh
from tinynet.base import Array, Setting, checks
from tinynet.losses.base import Loss, Pair

SIGNED = Elu, Gelu, Identity, LeakyReLU, Selu, Silu, Tanh  # activations that go below 0


class MeanSquaredError(Loss):
    """J = the mean over examples and outputs of (a - y)^2; dA = 2 (A - Y) / (n_y m). For
    regression.

    >>> mse = MeanSquaredError()
    >>> mse.forward([[1.0, 4.0]], [[1.0, 2.0]]), mse.backward().tolist()
    (2.0, [[0.0, 2.0]])
    """

    steady = True

    def costs(self, A: Array, Y: Array) -> Array:
        return np.square(A - Y)

    def derivative(self, A: Array, Y: Array) -> Array:
        return 2 * (A - Y)


class MeanAbsoluteError(Loss):
    """J = the mean over examples and outputs of |a - y|; dA = sign(A - Y) / (n_y m), and 0 at the
    kink. It fits the median, so far outliers move it little.

    >>> mae = MeanAbsoluteError()
    >>> mae.forward([[1.0, 4.0]], [[1.0, 2.0]]), mae.backward().tolist()
    (1.0, [[0.0, 0.5]])
    """

    steady = True

    def costs(self, A: Array, Y: Array) -> Array:
        return np.abs(A - Y)

    def derivative(self, A: Array, Y: Array) -> Array:
        return np.sign(A - Y)


class Huber(Loss):
    """The square near 0, the absolute value far out. With d = a - y an entry costs d^2 / 2 where
    |d| <= delta, else delta |d| - delta^2 / 2; J is the mean, dA = d cut to [-delta, delta], over
    n_y m.

    Huber, Annals of Mathematical Statistics 35, 1964.

    >>> huber = Huber()
    >>> huber.forward([[1.5, 4.0]], [[1.0, 2.0]]), huber.backward().tolist()
    (0.8125, [[0.25, 0.5]])
    """

    steady = True
    delta = Setting(checks.real, "(0, inf)")

    def __init__(self, delta: float = 1.0) -> None:
        super().__init__()
        self.delta = delta

    def costs(self, A: Array, Y: Array) -> Array:
        d = np.abs(A - Y)
        near = np.minimum(d, self.delta)
        return near * (d - near / 2)

    def derivative(self, A: Array, Y: Array) -> Array:
        return np.maximum(np.minimum(A - Y, self.delta), -self.delta)


class LogCosh(Loss):
    """J = the mean over examples and outputs of log(cosh(a - y)), about a square near 0 and the
    absolute value minus log 2 far out; dA = tanh(A - Y) / (n_y m).

    With d = |a - y| cut at 20 it is log(1 + 2 sinh(d / 2)^2) plus what was cut off, which keeps
    its digits near 0 and cannot overflow.

    >>> log_cosh = LogCosh()
    >>> print(log_cosh([[2.0**-30]], [[0.0]]) == 2.0**-61, log_cosh([[1000.0]], [[0.0]]))
    True 999.3068528194401
    """

    steady = True

    def costs(self, A: Array, Y: Array) -> Array:
        d = np.abs(A - Y)
        near = np.minimum(d, 20)
        return np.log1p(2 * np.square(np.sinh(near / 2))) + (d - near)

    def derivative(self, A: Array, Y: Array) -> Array:
        return np.tanh(A - Y)


class Poisson(Loss):
    """For counts y >= 0 and rates a > 0, such as a softplus gives: J = the mean over examples and
    outputs of a - y log a, the negative log-likelihood without log y!; dA = (1 - Y / A) / (n_y m).

    >>> poisson = Poisson()
    >>> poisson.forward([[1.0, 2.0]], [[3.0, 0.0]]), poisson.backward().tolist()
    (1.5, [[-1.0, 0.5]])
    """

    steady = True

    def costs(self, A: Array, Y: Array) -> Array:
        # y log a is 0 where y is 0, whatever a is there
        return A - Y * np.log(A * (Y != 0) + (Y == 0))

    def derivative(self, A: Array, Y: Array) -> Array:
        return 1 - Y / (A * (Y != 0) + (Y == 0))

    def pair(self, activation: Activation | str) -> Pair:
        made = super().pair(activation)
        if isinstance(made.activation, SIGNED):
            got, cure = (activations.label(made.activation), "softplus gives rates above 0")
            checks.refuse(self.who, "a last activation that is never below 0", got, cure)
        return made

    def targets(self, Y: Any, n_y: int, m: int, dtype: Any) -> Array:
        Y = super().targets(Y, n_y, m, dtype)
        if Y.min() < 0:
            checks.refuse(self.who, "counts Y of at least 0", f"{Y.min():g}")
        return Y

    def admit(self, A: Any, Y: Any, *weights: Any) -> tuple[Array, ...]:
        A, *others = super().admit(A, Y, *weights)
        if A.min() < 0:
            cure = "softplus and exponential give such outputs"
            checks.refuse(self.who, "rates A above 0", f"{A.min():g}", cure)
        return A, *others
