"""Metrics of classes: accuracy."""

from tinynet import activations
from tinynet.activations import Activation
from tinynet.base import Array, checks
from tinynet.metrics.base import Metric


class Accuracy(Metric):
    """The share of right classes; of several sigmoids each output counts by itself.

    >>> import numpy as np
    >>> A, Y = np.array([[0.9, 0.4], [0.1, 0.6]]), np.array([[1, 1], [0, 0]])
    >>> Accuracy().read(activations.softmax, A, Y)
    array([ True, False])
    >>> Accuracy().result([1.0], 2)
    0.5
    """

    steady = True

    def require(self, who: str, activation: Activation) -> None:
        if not activation.classifies:
            expected = "a sigmoid or softmax output for accuracy"
            checks.refuse(who, expected, activations.label(activation), "it counts right classes")

    def read(self, activation: Activation, A: Array, Y: Array) -> Array:
        right: Array = activation.classes(A) == activation.classes(Y)
        return right
