"""Calls made one after another, with no interrupt (Ctrl-C) between them."""

import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
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
    set_handler = getattr(signal.signal, "__wrapped__", signal.signal)  # the one in C
    hold = [partial(set_handler, number, lambda n, _: came.append(n)) for number in own]
    back = [partial(set_handler, *pair) for pair in own.items()]
    try:
        in_one_go(hold)
        yield
    finally:
        in_one_go(back)
        with ExitStack() as stack:  # each of them, also if another raises
            for number in reversed(came):
                stack.callback(signal.raise_signal, number)
