"""Data sets to learn from: the course's flower and its other sets, drawn in numpy from a seed.

Every function returns X (2, m), one column an example, and Y: 0 and 1 of shape (1, m) where there
are two classes, as a sigmoid wants them, and labels (m,) where there are more, as a softmax does.
The same seed gives the same set.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from tinynet.base import Array, checks
from tinynet.layers.initializers import generator


def planar(m: int = 400, seed: int = 1) -> tuple[Array, Array]:
    """The course's flower: two classes on alternate petals, r = 4 sin(4 theta) with noise of 0.2 on
    both.

    X is the course's own, drawn from RandomState(seed); m is even.

    >>> X, Y = planar()
    >>> X.shape, Y.shape, X[:, 0].round(6).tolist()
    ((2, 400), (1, 400), [1.204442, 3.576114])
    """
    half, odd = divmod(checks.count("planar", "m", m, least=2), 2)
    if odd:
        checks.refuse("planar", "an even m, half for each class", m)
    rng = np.random.RandomState(checks.count("planar", "seed", seed, 0, 2**32 - 1))
    petals = []
    for j in range(2):
        theta = np.linspace(j * 3.12, (j + 1) * 3.12, half) + rng.randn(half) * 0.2
        r = 4 * np.sin(4 * theta) + rng.randn(half) * 0.2
        petals.append([r * np.sin(theta), r * np.cos(theta)])
    return np.concatenate(petals, axis=1), np.repeat([[0, 1]], half, axis=1)


def moons(m: int = 200, noise: float = 0.2, seed: Any = 0) -> tuple[Array, Array]:
    """Two half circles that reach into each other.

    >>> X, Y = moons(4, noise=0)
    >>> (X + 0).round(6).tolist(), Y.tolist()
    ([[1.0, -1.0, 0.0, 2.0], [0.0, 0.0, 0.5, 0.5]], [[0, 0, 1, 1]])
    """
    Y = classes("moons", m)
    angle = np.concatenate([np.linspace(0, np.pi, n) for n in np.bincount(Y)])
    X = np.where(Y, [1 - np.cos(angle), 0.5 - np.sin(angle)], [np.cos(angle), np.sin(angle)])
    return noisy("moons", X, noise, seed), Y[np.newaxis]


def circles(
    m: int = 200, noise: float = 0.3, factor: float = 0.5, seed: Any = 0
) -> tuple[Array, Array]:
    """A circle of radius `factor` (class 1) inside one of radius 1.

    >>> X, Y = circles(4, noise=0)
    >>> np.hypot(*X).tolist(), Y.tolist()
    ([1.0, 1.0, 0.5, 0.5], [[0, 0, 1, 1]])
    """
    Y = classes("circles", m)
    factor = checks.real("circles", "factor", factor, "(0, 1)")
    angle = np.concatenate([np.linspace(0, 2 * np.pi, n, endpoint=False) for n in np.bincount(Y)])
    X = np.where(Y, factor, 1.0) * np.array([np.cos(angle), np.sin(angle)])
    return noisy("circles", X, noise, seed), Y[np.newaxis]


def blobs(m: int = 200, centers: int = 6, n_classes: int = 2, seed: Any = 0) -> tuple[Array, Array]:
    """Round clouds of standard deviation 1 around centers in a square of 20 by 20; cloud i has
    class i % n_classes, as in the course, which takes six clouds modulo 2.

    >>> X, Y = blobs(7, centers=3, n_classes=3)
    >>> X.shape, Y.tolist()
    ((2, 7), [0, 0, 0, 1, 1, 2, 2])
    """
    cloud = classes("blobs", m, checks.count("blobs", "centers", centers, least=2))
    n_classes = checks.count("blobs", "n_classes", n_classes, least=2)
    if n_classes > centers:
        checks.refuse("blobs", f"at least a center for each of {n_classes} classes", centers)
    rng = generator("blobs", seed)
    middle = rng.uniform(-10, 10, (2, centers))
    return middle[:, cloud] + rng.standard_normal((2, m)), shaped(cloud % n_classes, n_classes)


def gaussian_quantiles(m: int = 200, variance: float = 0.5, seed: Any = 0) -> tuple[Array, Array]:
    """One round Gaussian cloud, cut by a circle into an inner half (class 0) and an outer half
    (class 1).

    >>> X, Y = gaussian_quantiles(100)
    >>> X.shape, int(Y.sum())
    ((2, 100), 50)
    """
    m = checks.count("gaussian_quantiles", "m", m, least=2)
    deviation = checks.real("gaussian_quantiles", "variance", variance, "(0, inf)") ** 0.5
    X = deviation * generator("gaussian_quantiles", seed).standard_normal((2, m))
    rank = np.hypot(*X).argsort().argsort()
    return X, (rank >= m / 2).astype(int)[np.newaxis]


def xor(m: int = 200, noise: float = 0.3, seed: Any = 0) -> tuple[Array, Array]:
    """Four clouds at (+-1, +-1): class 1 where the signs of the coordinates differ.

    >>> X, Y = xor(4, noise=0)
    >>> X.tolist(), Y.tolist()
    ([[-1.0, -1.0, 1.0, 1.0], [-1.0, 1.0, -1.0, 1.0]], [[0, 1, 1, 0]])
    """
    corner = classes("xor", m, 4)
    X = np.array([[-1.0, -1.0, 1.0, 1.0], [-1.0, 1.0, -1.0, 1.0]])[:, corner]
    return noisy("xor", X, noise, seed), np.array([0, 1, 1, 0])[corner][np.newaxis]


def spirals(
    m: int = 300, n_classes: int = 2, noise: float = 0.1, turns: float = 1.0, seed: Any = 0
) -> tuple[Array, Array]:
    """One spiral arm a class, each making `turns` turns on its way from the middle to radius 1;
    `noise` is in radians.

    >>> X, Y = spirals(6, n_classes=3)
    >>> X.shape, Y.tolist()
    ((2, 6), [0, 0, 1, 1, 2, 2])
    """
    arm = classes("spirals", m, checks.count("spirals", "n_classes", n_classes, least=2))
    turns = checks.real("spirals", "turns", turns, "(0, inf)")
    r = np.concatenate([np.linspace(0.05, 1, n) for n in np.bincount(arm)])
    angle = noisy("spirals", 2 * np.pi * (turns * r + arm / n_classes), noise, seed)
    return r * np.array([np.cos(angle), np.sin(angle)]), shaped(arm, n_classes)


SETS: dict[str, Callable[..., tuple[Array, Array]]] = {
    "planar": planar,
    "moons": moons,
    "circles": circles,
    "blobs": blobs,
    "gaussian_quantiles": gaussian_quantiles,
    "xor": xor,
    "spirals": spirals,
}


def train_test_split(
    X: Any,
    Y: Any,
    test_size: float = 0.25,
    seed: Any = None,
    examples: str = "columns",
    stratify: Any = None,
) -> tuple[Array, Array, Array, Array]:
    """X_train, X_test, Y_train, Y_test: a random share `test_size` of the examples held out, at
    least one on each side.

    `examples` says along which axis they lie, "columns" or "rows"; Y may be (m,). `stratify`,
    labels (m,): each class has the same share held out, to within one example.

    >>> [a.tolist() for a in train_test_split([[1, 2, 3, 4]], [10, 20, 30, 40], seed=0)]
    [[[1, 2, 4]], [[3]], [10, 20, 40], [30]]
    """
    who = "train_test_split"
    axis = checks.known(who, "examples", examples, {"columns": -1, "rows": 0})
    share = checks.real(who, "test_size", test_size, "(0, 1)")
    X, Y = array(who, "X", X), array(who, "Y", Y)
    arrays = X.ndim == 2 and Y.ndim in (1, 2)
    if not arrays or X.shape[axis] != Y.shape[axis] or X.shape[axis] < 2:
        got, other = f"X {X.shape} and Y {Y.shape}", {0: "columns", -1: "rows"}[axis]
        turned = arrays and X.shape[-1 - axis] == Y.shape[-1 - axis if Y.ndim == 2 else 0]
        cure = f"did you mean examples='{other}'?" if turned else ""
        checks.refuse(who, f"X and Y with the same examples (at least 2) as {examples}", got, cure)
    m = X.shape[axis]
    if stratify is not None and np.shape(stratify) != (m,):
        checks.refuse(who, f"stratify as labels ({m},)", np.shape(stratify))
    test, train = held_out(m, share, generator(who, seed), stratify)
    return X.take(train, axis), X.take(test, axis), Y.take(train, axis), Y.take(test, axis)


def held_out(m: int, share: float, rng: Any, labels: Any = None) -> tuple[Array, Array]:
    """Indices of the examples that are held out, and of the others: at least one on each side."""
    order, n = rng.permutation(m), min(max(round(share * m), 1), m - 1)
    if labels is None:
        return order[:n], order[n:]
    _, where, counts = np.unique(labels, return_inverse=True, return_counts=True)
    wanted = n / m * counts
    parts = np.floor(wanted).astype(int)
    parts[np.argsort(parts - wanted, kind="stable")[: n - parts.sum()]] += 1
    of_class = [order[where[order] == c] for c in range(len(counts))]
    out = np.isin(order, np.concatenate([own[:k] for own, k in zip(of_class, parts, strict=True)]))
    return order[out], order[~out]


def array(who: str, name: str, value: Any) -> Array:
    """What is to be split as an array, of any dtype."""
    checks.require_no_mask(who, name, value)
    try:
        return np.asarray(value)
    except ValueError:
        checks.refuse(who, f"{name} with rows of one length", checks.shown(value))


def classes(who: str, m: int, n: int = 2) -> Array:
    """m labels 0 ... n - 1 in order, as evenly as m allows; each at least once."""
    m = checks.count(who, "m", m, least=n)
    return np.sort(np.arange(m) % n)


def shaped(labels: Array, n_classes: int) -> Array:
    return labels[np.newaxis] if n_classes == 2 else labels


def noisy(who: str, clean: Array, noise: float, seed: Any) -> Array:
    noise = checks.real(who, "noise", noise, "[0, inf)")
    noised: Array = clean + noise * generator(who, seed).standard_normal(clean.shape)
    return noised
