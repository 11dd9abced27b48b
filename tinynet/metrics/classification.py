"""Metrics of classes: accuracy, precision, recall, F1, and the confusion matrix."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinynet.activations import Activation, Softmax
from tinynet.base import Array, checks
from tinynet.metrics.base import Metric

LABELS = 10_000  # of a confusion matrix, at most


class Classes(Metric):
    """A metric of the classes that outputs and targets stand for."""

    steady = True
    of_classes = True


class Accuracy(Classes):
    """The share of right classes; of several sigmoids each output counts by itself.

    >>> from tinynet import activations
    >>> A, Y = np.array([[0.9, 0.4], [0.1, 0.6]]), np.array([[1, 1], [0, 0]])
    >>> Accuracy().read(activations.softmax, A, Y)
    array([ True, False])
    >>> Accuracy().result([1.0], 2)
    0.5
    """

    steady = True

    def read(self, activation: Activation, A: Array, Y: Array) -> Array:
        right: Array = activation.classes(A) == activation.classes(Y)
        return right


class Counts(Classes):
    """A metric of three counts of each class: of its examples that were found, that were said to be
    its, and that are. One sigmoid has one class, 1; else the metric is the mean over the classes
    that are in Y or were said (scikit-learn's "macro"), and NaN if there are none. Where a class
    would have 0 / 0 it has 0."""

    steady = True

    def read(self, activation: Activation, A: Array, Y: Array) -> Array:
        said, true = (members(activation, outputs) for outputs in (A, Y))
        return np.concatenate([said & true, said, true]).astype(np.float64)

    def result(self, sums: Sequence[float], m: int) -> float:
        own = np.reshape(sums, (3, -1)).T.tolist()
        values = [self.of_class(*counts) for counts in own if counts[1] or counts[2]]
        return sum(values) / len(values)

    def of_class(self, hits: float, said: float, true: float) -> float:
        checks.unwritten(self.who, "of_class")


def members(activation: Activation, outputs: Array) -> Array:
    """Whether an example is of a class, (classes, m)."""
    classes = activation.classes(outputs)
    if isinstance(activation, Softmax):
        return np.asarray(np.arange(outputs.shape[0])[:, np.newaxis] == classes)
    return np.asarray(classes, bool)


def ratio(a: float, b: float) -> float:
    return a / b if b else 0.0


class Precision(Counts):
    """Of the examples that were said to be of a class, the share that are.

    >>> Precision().result([3.0, 4.0, 6.0], 10)
    0.75
    """

    steady = True

    def of_class(self, hits: float, said: float, true: float) -> float:
        return ratio(hits, said)


class Recall(Counts):
    """Of the examples of a class, the share that were said to be.

    >>> Recall().result([3.0, 4.0, 6.0], 10)
    0.5
    """

    steady = True

    def of_class(self, hits: float, said: float, true: float) -> float:
        return ratio(hits, true)


class F1(Counts):
    """The harmonic mean of precision and recall, 2 hits / (said + true).

    >>> F1().result([3.0, 4.0, 6.0], 10)
    0.6
    """

    steady = True

    def of_class(self, hits: float, said: float, true: float) -> float:
        return ratio(2 * hits, said + true)


def confusion_matrix(true: Any, said: Any, sample_weight: Any = None) -> Array:
    """How many examples of each class (a row) were said to be of each class (a column), from whole
    labels from 0.

    >>> confusion_matrix([0, 0, 1, 2], [0, 1, 1, 2]).tolist()
    [[1.0, 1.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    who = "confusion_matrix"
    labels = [checks.numbers(who, name, a) for name, a in (("true", true), ("said", said))]
    for name, a in zip(("true", "said"), labels, strict=True):
        if a.ndim != 1 or a.shape != labels[0].shape:
            checks.refuse(who, f"{name} as labels of shape (m,), as many as of the other", a.shape)
        if a.size == 0 or a.min() < 0 or a.max() >= LABELS or (a != np.rint(a)).any():
            checks.refuse(who, f"{name} as whole labels from 0 to {LABELS - 1}", checks.shown(a))
    weights = np.ones(labels[0].size) if sample_weight is None else sample_weight
    weights = checks.numbers(who, "sample_weight", weights, shape=labels[0].shape)
    if weights.min() < 0:
        checks.refuse(who, "sample_weight of at least 0", f"{weights.min():g}")
    k = int(max(a.max() for a in labels)) + 1
    found = np.zeros((k, k))
    np.add.at(found, tuple(a.astype(int) for a in labels), weights)
    return found
