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
        return made if made.base is None and made.dtype == X.dtype else made.astype(X.dtype)
    result = np.empty((net.layers[-1].units, m), X.dtype)
    for run in blocks.runs(m, blocks.use_size(net.layers)):
        result[:, run] = through(net, X[:, run])[activated]
    few = slice(0, 2)
    require_alone(net, result[:, few], through(net, X[:, few])[activated])
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


def require_alone(net: Chain, among: Array, alone: Array) -> None:
    """Refuse outputs of two examples that change when the two are a batch by themselves: then a
    part of the user's looks at the whole batch, though it says that it is steady."""
    users = {type(p).__name__ for p in blocks.parts_of(net.layers) if not blocks.ours(p)}
    close = float(np.finfo(among.dtype).eps) ** 0.4
    if users and not np.allclose(among, alone, close, close * float(np.abs(alone).max())):
        cure = f"whole_batch = True in the class that looks at them: {', '.join(sorted(users))}"
        checks.refuse(net.who, "outputs that do not depend on other examples", "others", cure)
