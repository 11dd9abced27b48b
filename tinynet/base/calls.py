"""Calls made one after another, with no interrupt (Ctrl-C) between them."""

from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from operator import call
from typing import Any

from tinynet.base.checks import Array


def put(place: Array, value: Any) -> Callable[[], Any]:
    """The call that writes a value into its place."""
    return partial(place.__setitem__, ..., value)


def in_one_go(calls: Iterable[Callable[[], Any]]) -> None:
    """Make the calls from a loop in C. If each call is itself written in C, Python handles an
    interrupt before the first or after the last, never between."""
    deque(map(call, calls), 0)
