"""Calls made one after another, with no interrupt (Ctrl-C) between them."""

import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
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


@contextmanager
def interrupts_later() -> Iterator[None]:
    """Signals that have a handler in Python, such as Ctrl-C, come when this is over: where an error
    is expected, what a handler raises would be taken for one, and numba would lose it."""
    if threading.current_thread() is not threading.main_thread():  # handlers run in that one
        yield
        return
    came = list[int]()
    handlers = {number: signal.getsignal(number) for number in signal.valid_signals()}
    own = {number: handler for number, handler in handlers.items() if callable(handler)}
    try:
        for number in own:
            signal.signal(number, lambda number, _: came.append(number))
        yield
    finally:
        for number, handler in own.items():
            signal.signal(number, handler)
        for which in came:
            signal.raise_signal(which)
