"""Calls made one after another, without a gap in which an interrupt could come."""

from collections import deque
from collections.abc import Callable, Iterable
from operator import call
from typing import Any


def in_one_go(calls: Iterable[Callable[[], Any]]) -> None:
    """Make the calls, in C from the first to the last: where each of them is C all through, Python
    looks for an interrupt before and after, not between."""
    deque(map(call, calls), 0)
