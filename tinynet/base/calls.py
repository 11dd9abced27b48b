"""Calls made one after another, with no interrupt (Ctrl-C) between them."""

from collections import deque
from collections.abc import Callable, Iterable
from operator import call
from typing import Any


def in_one_go(calls: Iterable[Callable[[], Any]]) -> None:
    """Make the calls from a loop in C. If each call is itself written in C, Python handles an
    interrupt before the first or after the last, never between."""
    deque(map(call, calls), 0)
