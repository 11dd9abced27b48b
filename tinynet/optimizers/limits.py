"""Limits for the gradients of a step."""

# numpy's ufuncs give Any:
# mypy: disable-error-code="no-any-return"

from typing import Any

import numpy as np

from tinynet.base import Array, Arrays, Setting, checks, writer
from tinynet.optimizers.learnable import Rated

FEW = 8192  # numbers of which a product keeps the digits of float32, on one core


# methods that a step calls in several ways, or only if there is a limit
NOT_OWN = [
    "looked_at",
    "look",
    "looks",
    "kept",
    "clips",
    "clipped",
    "clipped_all",
    "bounded",
    "share",
]


def require_limits(optimizer: Rated) -> None:
    """Refuse a user's own form of what is done to all gradients together."""
    for name in NOT_OWN:
        if not writer(type(optimizer), name).ours:
            cure = "write step, or advance for all parameters together"
            checks.refuse(optimizer.who, f"the {name} of Optimizer", "its own", cure, TypeError)


def limit(who: str, name: str, value: Any) -> float | None:
    """None, or a number above 0."""
    return None if value is None else checks.real(who, name, value, "(0, inf)")


class Limits(Rated):
    """`clip_value` limits each entry of the gradients to [-clip_value, clip_value]. After that
    `clip_norm` limits the norm of all gradients together: if it is larger, all are multiplied by
    clip_norm / norm (Pascanu et al., ICML 2013, arXiv:1211.5063). As torch's clip_grad_value_ and
    clip_grad_norm_, which adds 1e-6 to the norm; Keras calls it global_clipnorm.
    """

    steady = True
    clip_norm, clip_value = Setting(limit), Setting(limit)

    def clips(self) -> bool:
        """Whether there is a limit."""
        return self.clip_norm is not None or self.clip_value is not None

    def clipped(self, g: Array) -> Array:
        """All gradients, in one array, within the limits."""
        g = self.bounded(g)
        if self.clip_norm is None or 0 in g.shape:
            return g
        return g * self.share(g, within_dtype(self.clip_norm, g))

    def bounded(self, g: Array) -> Array:
        """Each entry within clip_value; of an infinite one NaN, so that nobody takes it for a
        gradient."""
        if self.clip_value is None:
            return g
        at = within_dtype(self.clip_value, g)
        return np.maximum(np.minimum(g, at), -at) + (g - g)

    def share(self, g: Array, norm: float) -> Array:
        """What g is multiplied by so that its norm is at most `norm`. No square overflows: the
        largest is 1."""
        top = np.maximum(np.abs(g).max(), norm)
        small = (g / top).reshape(-1)
        squares = small.dot(small) if small.size <= FEW else np.square(small).sum()
        root = np.sqrt(squares)
        at = norm / top
        return at / np.maximum(root, at)

    def clipped_all(self, grads: Arrays) -> Arrays:
        """Gradients by name, within the limits."""
        if not (self.clips() and grads):
            return grads
        return split(self.clipped(joined(grads)), grads)

    def clip_pullback(self, d: Arrays, grads: Arrays) -> Arrays:
        """From the upstream gradient of the clipped gradients that of the gradients; at a limit, as
        if there were none."""
        if not (self.clips() and grads):
            return d
        g, d_g = joined(grads), joined(d)
        h = self.bounded(g)
        if self.clip_norm is not None:
            norm = within_dtype(self.clip_norm, g)
            share = self.share(h, norm)
            unit = h * (share / norm)
            d_g = d_g if share == 1 else share * (d_g - unit * np.vdot(unit, d_g))
        return split(d_g * (h == g), grads)


def within_dtype(limit: float, g: Array) -> float:
    """The limit, as far as g's dtype can hold it."""
    kind = np.finfo(g.dtype)
    return min(max(limit, float(kind.tiny)), float(kind.max))


def joined(named: Arrays) -> Array:
    """All numbers in one array."""
    return np.concatenate([a.ravel() for a in named.values()]) if named else np.empty(0)


def split(flat: Array, like: Arrays) -> Arrays:
    """An array of all numbers by name, in the shapes of `like`."""
    ends = np.cumsum([a.size for a in like.values()])[:-1]
    pairs = zip(like.items(), np.split(flat, ends), strict=True)
    return {name: piece.reshape(a.shape) for (name, a), piece in pairs}
