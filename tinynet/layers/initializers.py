"""Where weights start: zeros for biases, small random numbers for weights.

Equal rows of W would stay equal for ever (the symmetry problem), so weights are drawn. Each array
is one call of `standard_normal` in float64, so a seed gives the same weights for every dtype, and
the notes' seed gives the notes' weights.
"""

import copy
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from tinynet.base import Array, Part, Setting, checks


class Initializer(Part):
    """An initializer is called with a shape (n_out, n_in) and a random generator; it returns a
    float64 array."""

    def scale(self, n_out: int, n_in: int) -> float:
        """The standard deviation of the weights."""
        checks.unwritten(self.who, "scale")

    def __call__(self, shape: tuple[int, int], rng: Any) -> Array:
        drawn: Array = rng.standard_normal(shape)
        return drawn * self.scale(*shape)


class Zeros(Initializer):
    """All zeros, drawing nothing: right for biases, wrong for the weights of a hidden layer.

    >>> Zeros()((1, 2), None)
    array([[0., 0.]])
    """

    def __call__(self, shape: tuple[int, int], rng: Any) -> Array:
        return np.zeros(shape)


class Normal(Initializer):
    """N(0, stddev^2). The notes' own is `Normal(0.01)`: W = randn(n_out, n_in) * 0.01.

    >>> Normal(0.01)((1, 2), np.random.RandomState(3))
    array([[0.01788628, 0.0043651 ]])
    """

    stddev = Setting(checks.real, "(0, inf)")

    def __init__(self, stddev: float = 0.01) -> None:
        self.stddev = stddev

    def scale(self, n_out: int, n_in: int) -> float:
        return self.stddev


class Glorot(Initializer):
    """N(0, 2 / (n_in + n_out)), for tanh and sigmoid: from layer to layer the activations keep
    about the same variance, and so do the gradients.

    Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks,
    AISTATS 2010.

    >>> Glorot().scale(4, 4)
    0.5
    """

    def scale(self, n_out: int, n_in: int) -> float:
        return math.sqrt(2 / (n_in + n_out))


class He(Initializer):
    """N(0, 2 / n_in), for the ReLU family, which makes about half of the activations 0.

    He et al., Delving Deep into Rectifiers, ICCV 2015.

    >>> He().scale(100, 8)
    0.5
    """

    def scale(self, n_out: int, n_in: int) -> float:
        return math.sqrt(2 / n_in)


INITIALIZERS = {"zeros": Zeros(), "normal": Normal(), "glorot": Glorot(), "he": He()}


def initializer(who: str, name: str, value: Any) -> Initializer:
    """The initializer itself, or a copy of the one that a string stands for."""
    if isinstance(value, Initializer):
        return value
    return copy.copy(checks.known(who, name, value, INITIALIZERS))


def drawn(who: str, name: str, by: Initializer, shape: tuple[int, int], rng: Any) -> Array:
    """What an initializer gives, validated."""
    return checks.numbers(who, f"{name} from {by!r}", by(shape, rng), shape=shape)


def moved_on(generator: Any, other: Any) -> Callable[[], Any]:
    """The call that lets a generator stand where the other one stands."""
    if isinstance(generator, np.random.RandomState):
        return partial(generator.set_state, other.get_state())
    return partial(setattr, generator.bit_generator, "state", other.bit_generator.state)


def generator(who: str, seed: Any) -> Any:
    """A random generator from a whole number or None; a Generator or a RandomState is used as it
    is."""
    if isinstance(seed, (np.random.Generator, np.random.RandomState)):
        return seed
    if seed is not None and not isinstance(seed, (int, np.integer)):
        kinds = "seed as a whole number, a Generator, a RandomState or None"
        checks.refuse(who, kinds, checks.shown(seed), error=TypeError)
    seed = None if seed is None else checks.count(who, "seed", seed, 0, np.inf)
    return np.random.default_rng(seed)
