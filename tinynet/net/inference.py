"""Prediction: the outputs of a net, a block of examples at a time."""

import math

import numpy as np

from tinynet.base import Array, checks
from tinynet.net import blocks
from tinynet.net.cost import Chain


@np.errstate(all="ignore")  # as a decorator it takes half the time of a `with`
def outputs(net: Chain, X: Array, activated: bool = True) -> Array:
    """A of the last layer, or its Z if not `activated`."""
    last, m, longest = net.layers[-1], X.shape[1], blocks.LEAST
    if m > longest:
        longest = max(longest, blocks.PREDICTED // max(layer.units for layer in net.layers))
    if m <= longest or not blocks.divisible(blocks.parts_of(net.layers)):
        # a copy: a part may go on to use what it returned
        return through(net, X)[activated].astype(X.dtype)
    result = np.empty((last.units, m), X.dtype)
    for run in blocks.runs(m, longest):
        result[:, run] = through(net, X[:, run])[activated]
    blocks.require_alone(net.who, net.layers, result[:, 1:3], through(net, X[:, 1:3])[activated])
    return result


def through(net: Chain, X: Array) -> tuple[Array, Array]:
    """Z and A of the last layer. An overflow in any layer is an error: a finite output after it
    could be a wrong one."""
    A, seen = X, 0.0  # the sum of all z a, finite only if every z and a is
    for layer in net.layers:
        Z, A = layer.outputs(A)
        seen += Z.ravel("K").dot(A.ravel("K"))
    if not math.isfinite(seen):
        for layer, *made in net.each_output(X):
            checks.require_finite(layer.who, "output", made)
    return Z, A
