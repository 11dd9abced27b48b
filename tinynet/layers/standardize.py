"""Standardize: inputs brought to mean 0 and standard deviation 1, or outputs back to those of the
targets."""

# numpy's ufuncs give Any:
# mypy: disable-error-code="no-any-return"

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np

from tinynet.base import Array, Guard, checks, in_one_go, put
from tinynet.layers.base import Fixed, Layer
from tinynet.layers.same_width import SameWidth

ROUNDING = 8 * np.finfo(np.float64).eps
STEPS = 8  # of float32 that a deviation has at least
AT_A_TIME = 65_536  # examples of which the sums are taken at once


class Standardize(SameWidth):
    """A = (X - mean) / scale, the first layer of a net. The first `fit` learns the mean and the
    standard deviation of each input from what it trains on, weights included; they stay, and are
    saved with the model. A constant input has a scale of 1. float32 holds 7 digits: an input of 1e8
    +- 1 is refused there, so take 1e8 off before, or a model of float64.

    With `invert=True` it is the last layer, A = scale * X + mean with the mean and the standard
    deviation of the targets Y: a regression's net works with numbers around 0, and what it
    predicts, its cost and its metrics are in the units of Y. Its gradients are `scale` times as
    large as those of standardized targets, and J is scale^2 times theirs. But for its epsilon,
    the steps of Adam depend on neither; those of SGD do.

    State mean, scale, each (units, 1). `learn(X)` learns by hand, X (n_in, m), or Y (n_y, m).

    >>> layer = Standardize().build(2).learn(np.array([[1.0, 3.0], [5.0, 5.0]]))
    >>> layer(np.array([[1.0, 3.0], [5.0, 6.0]])).tolist()
    [[-1.0, 1.0], [0.0, 1.0]]
    """

    steady = True
    fixed_state = True
    learned = False
    invert = Fixed(checks.switch)

    def __init__(self, invert: bool = False) -> None:
        super().__init__()
        self.invert = invert

    @property
    def place(self) -> str:  # type: ignore[override]
        return "last" if self.invert else "first"

    def make_state(self, n_in: int) -> dict[str, Array]:
        return {"mean": np.zeros((n_in, 1)), "scale": np.ones((n_in, 1))}

    def beginning(self, n_in: int, rng: Any, dtype: Any) -> dict[str, Any]:
        return {**super().beginning(n_in, rng, dtype), "learned": False}

    def learn(self, X: Any, weights: Any = None) -> "Standardize":
        """The mean and the scale of these examples, in float64."""
        given, (X,) = np.asarray(X), self.admit(X)
        m, kind = X.shape[1], self.theta.dtype
        weights = np.ones(m) if weights is None else weights
        w = checks.numbers(self.who, "weights", weights, np.dtype(np.float64), (m,))
        if w.min() < 0 or not w.any():
            checks.refuse(self.who, "weights of at least 0, not all 0", checks.shown(w))
        require_digits(self, given, w)
        with Guard(self.who):
            mean, scale = mean_and_scale(X, w)
            # a constant, but for rounding, or what is one in the dtype: it stays small
            rounding = ROUNDING * np.abs(mean)
            constant = (scale <= rounding) | (scale.astype(kind) == 0)
            scale[constant] = np.maximum(rounding, 1)[constant]
            kept = mean.astype(kind), scale.astype(kind)
            checks.require_finite(self.who, "mean and scale", kept)
        new = {"mean": mean, "scale": scale}
        writes = [put(self.state[name], a) for name, a in new.items()]
        in_one_go([*writes, partial(vars(self).update, learned=True)])
        return self

    def preactivation(self, X: Array) -> Array:
        if not self.learned:
            got, cure = "none so far", "fit learns them, or set_weights, or learn(X)"
            checks.refuse(self.who, "a mean and a scale", got, cure, RuntimeError)
        mean, scale = self.state["mean"], self.state["scale"]
        return scale * X + mean if self.invert else (X - mean) / scale

    def remembered(self, X: Array) -> dict[str, Any]:
        return {**super().remembered(X), "scale": self.state["scale"]}

    def input_gradient(self, dZ: Array, cache: Mapping[str, Any]) -> Array:
        return dZ * cache["scale"] if self.invert else dZ / cache["scale"]


def require_digits(layer: Standardize, X: Array, w: Array) -> None:
    """Refuse rows of numbers that lie so far from 0 that a layer of float32 would lose what they
    deviate."""
    if layer.theta.dtype == np.float32:
        rounded = (X.astype(np.float32) != X).any(axis=1, keepdims=True)
        if rounded.any():
            require_apart(layer, *mean_and_scale(X, w), rounded)


def require_apart(layer: Standardize, mean: Array, scale: Array, rounded: Any = True) -> None:
    """Refuse a mean beside which float32 has no digits for the scale, where it rounds at all."""
    step = np.spacing(np.abs(mean).astype(np.float32))
    constant = (scale <= ROUNDING * np.abs(mean)) | (scale.astype(np.float32) == 0)
    lost = np.argwhere((STEPS * step > scale) & ~constant & rounded)
    if lost.size:
        i, what = lost[0, 0], "output" if layer.invert else "input"
        got = f"{what} {i} with a deviation of {scale[i, 0]:.3g} in steps of {step[i, 0]:.3g}"
        cure = "subtract a number near its mean before, or take a model of float64"
        checks.refuse(layer.who, "numbers that float32 tells apart", got, cure)


def mean_and_scale(X: Array, w: Array) -> tuple[Array, Array]:
    """The weighted mean and standard deviation of each row, in float64."""
    parts = [slice(i, i + AT_A_TIME) for i in range(0, X.shape[1], AT_A_TIME)]

    def average(of: Any) -> Array:
        sums = [of(X[:, part].astype(np.float64)).dot(w[part]) for part in parts]
        return np.sum(sums, axis=0)[:, np.newaxis] / w.sum()

    mean = average(lambda some: some)
    mean = mean + average(lambda some: some - mean)  # the rounding of the first
    far = [np.abs(X[:, part] - mean).max(axis=1, keepdims=True) for part in parts]
    top = np.maximum(np.max(far, axis=0), np.finfo(np.float64).tiny)  # no square overflows
    return mean, top * np.sqrt(average(lambda some: np.square((some - mean) / top)))


def standardizing(layers: Iterable[Layer]) -> list[Standardize]:
    """Those of the layers that standardize."""
    return [layer for layer in layers if isinstance(layer, Standardize)]
