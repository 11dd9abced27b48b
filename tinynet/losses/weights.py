"""How much each example counts: weights by example, and by class."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tinynet.base import Array, checks


def sample_weights(who: str, value: Any, m: int, dtype: Any) -> Array:
    """The weights of m examples, scaled to a mean of 1, so that J is the sum of w c over the sum of
    w: a weight of 2 is an example twice, 0 its absence.

    >>> print(sample_weights("fit", [1, 3], 2, np.float64))
    [0.5 1.5]
    """
    weights = checks.numbers(who, "sample_weight", value)
    if weights.shape != (m,):
        cure = "one weight an example"
        checks.refuse(who, f"sample_weight of shape ({m},)", weights.shape, cure)
    if weights.min() < 0:
        checks.refuse(who, "sample_weight of at least 0", f"{weights.min():g}")
    largest = weights.max()
    if largest == 0:
        checks.refuse(who, "sample_weight with some above 0", "zeros alone")
    weights = weights / largest  # so that their sum is finite
    scaled: Array = (weights * (m / weights.sum())).astype(dtype)
    return scaled


def mean_weight(who: str, value: Any) -> float:
    """The mean of the weights of a batch, by which it counts beside others."""
    weights = checks.numbers(who, "sample_weight", value)
    mean = float(weights.max() * np.mean(weights / weights.max()))  # the sum may overflow
    return checks.real(who, "the mean of sample_weight", mean, "(1e-100, 1e100)")


def class_weights(who: str, value: Any, classes: Array) -> Array:
    """The weight of each example by its class: a dict {class: weight}, 1 for a class that is not in
    it, or "balanced", m / (k m_c) for each of the k classes with m_c examples.

    >>> print(class_weights("fit", "balanced", np.array([0, 0, 0, 1])))
    [0.66666667 0.66666667 0.66666667 2.        ]
    """
    known, where, counts = np.unique(classes, return_inverse=True, return_counts=True)
    if isinstance(value, str) and value == "balanced":
        return (classes.size / (len(known) * counts))[where]
    if not isinstance(value, Mapping):
        expected = 'class_weight as a dict {class: weight} or "balanced"'
        checks.refuse(who, expected, checks.shown(value), error=TypeError)
    for label in value:
        if label not in known.tolist():
            cure = f"the classes in Y are {', '.join(map(str, known.tolist()))}"
            checks.refuse(who, "class_weight of classes in Y", checks.shown(label), cure)
    by_class = [checks.real(who, "class_weight", value.get(c, 1), "[0, inf)") for c in known]
    return np.array(by_class)[where]
