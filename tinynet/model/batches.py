"""Which examples are in a batch: some of those that there are, or what an iterable gives."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from tinynet.base import Array, checks


class Among:
    """Draws from some examples only, as a generator does from all of them."""

    def __init__(self, chosen: Array, generator: Any) -> None:
        self.chosen, self.generator = chosen, generator

    def permutation(self, m: int) -> Array:
        drawn: Array = self.chosen[self.generator.permutation(m)] if self.generator else self.chosen
        return drawn


@contextmanager
def said_of(data: str) -> Iterator[None]:
    """What is wrong here is said of these data."""
    try:
        yield
    except (TypeError, ValueError) as why:
        why.args = (f"{data}: {why}",)
        raise


def require_batches(who: str, batches: Any, Y: Any, given: dict[str, Any]) -> None:
    """Without Y, refuse what is no iterable of batches, and arguments that say something of
    arrays."""
    cure = "fit(X, Y), or fit(batches, epochs=...) with an iterable of (X, Y)"
    if isinstance(Y, int) and not isinstance(batches, np.ndarray):
        checks.refuse(who, "Y as an array of targets", Y, cure, TypeError)
    if Y is not None:
        return
    if isinstance(batches, np.ndarray) or not hasattr(batches, "__iter__"):
        checks.refuse(who, "Y, or batches (X, Y)", checks.shown(batches), cure, TypeError)
    for name, value in given.items():
        if value is not None:
            got, cure = checks.shown(value), "the batches say it: (X, Y) or (X, Y, sample_weight)"
            checks.refuse(who, f"batches without {name}", got, cure)


def each_batch(who: str, batches: Any, epoch: int) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """The batches of an epoch with their numbers, from 1."""
    i = 0
    for i, batch in enumerate(batches, 1):
        pair = isinstance(batch, (tuple, list)) and len(batch) in (2, 3)
        if not pair or isinstance(batch[0], (int, float)):  # a row of X would be another
            expected = "batches (X, Y) or (X, Y, sample_weight)"
            checks.refuse(f"{who}, batch {i}", expected, checks.shown(batch), error=TypeError)
        yield i, tuple(batch)
    if not i:
        cure = "a generator serves one epoch; a list, or an object with __iter__, serves all"
        checks.refuse(who, f"batches for epoch {epoch}", "none", cure)
