"""Prediction: the outputs of a net, a block of examples at a time."""

import functools
import math
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numpy as np

from tinynet.base import checks
from tinynet.base.checks import Array
from tinynet.net import blocks
from tinynet.net.cost import Chain

P = ParamSpec("P")
T = TypeVar("T")


def quietly(function: Callable[P, T]) -> Callable[P, T]:
    """A function without numpy's warnings. As a decorator errstate takes a third of the time of a
    `with`, but in numpy 1 two threads cannot be in the same one."""
    if np.lib.NumpyVersion(np.__version__) >= "2.0.0":
        return np.errstate(all="ignore")(function)

    @functools.wraps(function)
    def quiet(*args: P.args, **kwargs: P.kwargs) -> T:
        with np.errstate(all="ignore"):
            return function(*args, **kwargs)

    return quiet


@quietly
def outputs(net: Chain, X: Array, activated: bool = True) -> Array:
    """A of the last layer, or its Z if not `activated`."""
    m = X.shape[1]
    if m <= blocks.LEAST or not blocks.divisible(blocks.parts_of(net.layers)):
        made = through(net, X)[activated]
        shape = net.layers[-1].units, m
        if made.shape != shape:
            checks.refuse(net.layers[-1].who, f"an output of shape {shape}", made.shape)
        last = net.layers[-1]  # a part of the user's may go on to use what it returned
        ours = blocks.ours(last) and blocks.ours(last.activation)
        if ours and made.base is None and made.dtype == X.dtype:
            return made
        return made.astype(X.dtype)
    result = np.empty((net.layers[-1].units, m), X.dtype)
    for run in blocks.runs(m, blocks.use_size(net.layers)):
        result[:, run] = through(net, X[:, run])[activated]
    alone = through(net, X[:, :2])[activated]
    blocks.require_alone(net.who, net.layers, result[:, :2], alone)
    return result


def through(net: Chain, X: Array) -> tuple[Array, Array]:
    """Z and A of the last layer. An overflow in any layer is an error: a finite output after it
    could be a wrong one."""
    A, seen = X, 0.0  # the sum of all z a, finite only if every z and a is
    for layer in net.layers:
        Z, A = layer.outputs(A)
        seen += Z.ravel().dot(A.ravel())
    if not math.isfinite(seen):
        for layer, *made in net.walk(X):
            if not all(map(checks.all_finite, made)):
                checks.refuse(layer.who, "a finite output", "inf or NaN", error=FloatingPointError)
    return Z, A
