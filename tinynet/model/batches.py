"""Which examples are in a batch: some of those that there are, or what an iterable gives."""

import copy
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from tinynet.base import Array, checks
from tinynet.files.generators import bits_of, plain

BLOCK = 2**20  # bytes that are copied at a time


class Order:
    """The order in which an epoch takes the examples, m in all or those chosen: drawn anew for each
    epoch, or as they are without a generator."""

    def __init__(self, m: int, size: int, generator: Any, chosen: Array | None = None) -> None:
        self.m, self.size, self.generator, self.chosen = m, size, generator, chosen
        # the epoch whose order was drawn last, and where the generator stood before
        self.drawn: tuple[int, Any] = (0, None)

    def again(self, epoch: int, before: Any) -> None:
        """The order of this epoch was drawn by a generator that stood so."""
        self.drawn = epoch, bits_of(before).state

    def __call__(self, epoch: int) -> Array:
        order = np.arange(self.m)
        if self.generator is not None:
            order = self.generator_of(epoch).permutation(self.m)
        return order if self.chosen is None else self.chosen[order]

    @property
    def shuffled(self) -> bool:
        return self.generator is not None and self.size < self.m

    def is_drawn(self, epoch: int) -> bool:
        return self.drawn[0] == epoch

    def generator_of(self, epoch: int) -> Any:
        """What draws the order of this epoch, or draws it again, if a fit was left in it."""
        now = bits_of(self.generator).state
        if self.drawn[0] != epoch:
            self.drawn = epoch, now  # noted first: an interrupt may come before it is drawn
        elif plain(now) != plain(self.drawn[1]):
            return self.before()
        return self.generator

    def before(self) -> Any:
        """A generator that stands where the order was drawn last."""
        generator = copy.deepcopy(self.generator)
        bits_of(generator).state = self.drawn[1]
        return generator


class Source:
    """What a fit goes over: steps of an epoch and examples, 0 if nobody knows; of arrays the order
    of their examples; all data, with those that are held out."""

    def __init__(self, steps: int, m: int, order: Order | None, data: Sequence[Array]) -> None:
        self.steps, self.m, self.order, self.data = steps, m, order, data

    @cached_property
    def described(self) -> dict[str, Any]:
        """What has to be the same if a fit goes on."""
        found: dict[str, Any] = {}
        if self.order is not None:
            order = self.order
            found = {"examples": order.m, "batch_size": order.size, "shuffle": order.shuffled}
        return found | {"data": digest(self.data)}


class HeldOut(NamedTuple):
    """What validation_split holds out: its share of m examples, which they are, and by dtype what
    tells them from others."""

    share: float
    m: int
    indices: Array
    digests: Mapping[str, str]


def digest(arrays: Sequence[Array]) -> str:
    """What tells these examples from others: a column of each array is one."""
    found = hashlib.sha256()
    for a in arrays:
        found.update(repr((a.dtype.str, a.shape)).encode())
        m = a.shape[-1]
        n = max(1, BLOCK * m // a.nbytes)
        for start in range(0, m, n):
            found.update(a[..., start : start + n].tobytes())
    return found.hexdigest()


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


def each_batch(
    who: str, batches: Any, epoch: int, taken: int
) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """The batches of an epoch with their numbers, from 1, but for those that are taken already."""
    i = 0
    for i, batch in enumerate(batches, 1):
        pair = isinstance(batch, (tuple, list)) and len(batch) in (2, 3)
        if not pair or isinstance(batch[0], (int, float)):  # a row of X would be another
            expected = "batches (X, Y) or (X, Y, sample_weight)"
            checks.refuse(f"{who}, batch {i}", expected, checks.shown(batch), error=TypeError)
        if i > taken:
            yield i, tuple(batch)
    if i < taken:
        cure = "pass the same ones"
        checks.refuse(who, f"at least the {taken} batches that were taken", i, cure)
    if not i:
        cure = "a generator serves one epoch; a list, or an object with __iter__, serves all"
        checks.refuse(who, f"batches for epoch {epoch}", "none", cure)
