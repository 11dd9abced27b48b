"""Where weights start: zeros for biases, small random numbers for weights.

Equal rows of W would stay equal for ever (the symmetry problem), so weights are drawn, in float64,
so that a seed gives the same weights for every dtype. The normal ones are one call of
`standard_normal` for each array, so the notes' seed gives the notes' weights.
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


class Constant(Initializer):
    """One number everywhere, drawing nothing; for biases.

    >>> Constant(0.5)((1, 2), None)
    array([[0.5, 0.5]])
    """

    value = Setting(checks.real)

    def __init__(self, value: float) -> None:
        self.value = value

    def __call__(self, shape: tuple[int, int], rng: Any) -> Array:
        return np.full(shape, self.value)


class Uniform(Initializer):
    """Uniform from -limit to limit; the variance is limit^2 / 3.

    >>> bool(abs(Uniform(0.1)((9, 9), np.random.default_rng(0))).max() < 0.1)
    True
    """

    limit = Setting(checks.real, "(0, inf)")

    def __init__(self, limit: float = 0.05) -> None:
        self.limit = limit

    def __call__(self, shape: tuple[int, int], rng: Any) -> Array:
        drawn: Array = rng.uniform(-self.limit, self.limit, shape)
        return drawn


class TruncatedNormal(Normal):
    """N(0, stddev^2) without what is more than 2 stddev away, which is drawn again; so the standard
    deviation is 0.8796 stddev.

    >>> bool(abs(TruncatedNormal(0.1)((9, 9), np.random.default_rng(0))).max() < 0.2)
    True
    """

    def __call__(self, shape: tuple[int, int], rng: Any) -> Array:
        drawn = rng.standard_normal(shape)
        while (far := np.abs(drawn) > 2).any():
            drawn[far] = rng.standard_normal(far.sum())
        return np.asarray(drawn * self.scale(*shape))


class Scaled(Initializer):
    """A standard deviation that follows from the shape, in one of two distributions: "normal", or
    "uniform" from -sqrt(3) to sqrt(3) times it. Keras's normal ones are truncated."""

    distribution = Setting(checks.known, {"normal": "normal", "uniform": "uniform"})

    def __init__(self, distribution: str = "normal") -> None:
        self.distribution = distribution

    def __call__(self, shape: tuple[int, int], rng: Any) -> Array:
        if self.distribution == "normal":
            return super().__call__(shape, rng)
        return Uniform(math.sqrt(3) * self.scale(*shape))(shape, rng)


class Glorot(Scaled):
    """Variance 2 / (n_in + n_out), for tanh and sigmoid: from layer to layer the activations keep
    about the same variance, and so do the gradients.

    Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks,
    AISTATS 2010.

    >>> Glorot().scale(4, 4)
    0.5
    """

    def scale(self, n_out: int, n_in: int) -> float:
        return math.sqrt(2 / (n_in + n_out))


class He(Scaled):
    """Variance 2 / n_in, for the ReLU family, which makes about half of the activations 0.

    He et al., Delving Deep into Rectifiers, ICCV 2015.

    >>> He().scale(100, 8)
    0.5
    """

    def scale(self, n_out: int, n_in: int) -> float:
        return math.sqrt(2 / n_in)


class LeCun(Scaled):
    """Variance 1 / n_in, for SELU: Z has the variance of X.

    LeCun, Bottou, Orr and Müller, Efficient BackProp, 1998.

    >>> LeCun().scale(100, 4)
    0.5
    """

    def scale(self, n_out: int, n_in: int) -> float:
        return math.sqrt(1 / n_in)


class Orthogonal(Initializer):
    """`gain` times a matrix drawn from all whose rows, or columns if there are fewer of them, are
    orthogonal and of length 1. Saxe, McClelland and Ganguli, ICLR 2014 (arXiv:1312.6120).

    >>> W = Orthogonal()((2, 3), np.random.default_rng(0))
    >>> bool(np.allclose(W @ W.T, np.eye(2)))
    True
    """

    gain = Setting(checks.real, "(0, inf)")

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def __call__(self, shape: tuple[int, int], rng: Any) -> Array:
        q, r = np.linalg.qr(rng.standard_normal((max(shape), min(shape))))
        q = q * np.copysign(self.gain, np.diag(r))  # or some matrices would come more often
        return q if shape[0] >= shape[1] else q.T


INITIALIZERS: dict[str, Initializer] = {
    "zeros": Zeros(),
    "normal": Normal(),
    "uniform": Uniform(),
    "truncated_normal": TruncatedNormal(),
    "glorot": Glorot(),
    "he": He(),
    "lecun": LeCun(),
    "orthogonal": Orthogonal(),
    "glorot_normal": Glorot(),
    "glorot_uniform": Glorot("uniform"),
    "he_normal": He(),
    "he_uniform": He("uniform"),
    "lecun_normal": LeCun(),
    "lecun_uniform": LeCun("uniform"),
    "random_normal": Normal(0.05),
    "random_uniform": Uniform(0.05),
}


def initializer(who: str, name: str, value: Any) -> Initializer:
    """A layer's own copy of what an object or a string stands for."""
    known = isinstance(value, Initializer)
    return copy.copy(value if known else checks.known(who, name, value, INITIALIZERS))


def drawn(who: str, name: str, by: Initializer, shape: tuple[int, int], rng: Any) -> Array:
    """What an initializer gives, validated."""
    return checks.numbers(who, f"{name} from {by!r}", by(shape, rng), shape=shape)


def standing(generator: Any) -> Any:
    """Where a generator stands."""
    if isinstance(generator, np.random.RandomState):
        return generator.get_state(legacy=False)
    return generator.bit_generator.state


def moved_to(generator: Any, place: Any) -> Callable[[], Any]:
    """The call that lets a generator stand there."""
    if isinstance(generator, np.random.RandomState):
        return partial(generator.set_state, place)
    return partial(setattr, generator.bit_generator, "state", place)


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
