"""Interrupts as Control-C makes them, at some moment or at some line, and what they must not leave
behind."""

import functools
import gc
import linecache
import signal
import sys
import threading


def signalled(after, call):
    """Make the call and interrupt it after so many seconds; the error, if it came to one."""

    def stop(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, stop)
    error = None
    # what hangs on it in a test's process, such as hypothesis's clock, eats interrupts
    gc.disable()
    try:
        try:
            signal.setitimer(signal.ITIMER_REAL, after)
            call()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt as interrupt:
        error = interrupt  # kept with its traceback, as a prompt does
    finally:
        gc.enable()
        signal.signal(signal.SIGALRM, before)
    return error


@functools.cache
def counts(file, line):
    """Asked at every line that is run, so each line of the source is read only once."""
    return not linecache.getline(file, line).strip().startswith("with self._")


class Tracer:
    """Raises an interrupt at the n-th line that is run within these files; not on the way out of a
    lock's `with`: there Python looks for a signal only after the call that released the lock."""

    def __init__(self, files, at):
        self.at, self.count, self.where = at, 0, ""
        self.seen = {}  # when each line was run, or each door gone through
        self.within = functools.cache(lambda file: any(part in file for part in files))

    def __call__(self, frame, event, arg):
        if event == "call" and not self.within(frame.f_code.co_filename):
            return None
        if event == "line" and counts(frame.f_code.co_filename, frame.f_lineno):
            self.come_to(f"{frame.f_code.co_filename[-20:]}:{frame.f_lineno}")
        return self

    def come_to(self, where):
        self.where = where
        if self.count == self.at:
            raise KeyboardInterrupt
        self.seen.setdefault(where, []).append(self.count)
        self.count += 1

    def run(self, call):
        before = sys.gettrace()
        try:
            sys.settrace(self)
            call()
        except KeyboardInterrupt:
            return True
        finally:
            sys.settrace(before)
        return False


class Doors(Tracer):
    """Raises an interrupt at the n-th entry into a function of these files, or exit from one."""

    def __call__(self, frame, event, arg):
        if event == "call" and not self.within(frame.f_code.co_filename):
            return None
        frame.f_trace_lines = False
        if event in ("call", "return"):
            self.come_to(f"{event} {frame.f_code.co_qualname}")
        return self


def lines(files, call):
    """How many lines of these files the call runs."""
    counting = Tracer(files, -1)
    counting.run(call)
    return counting.count


def moments(kind, files, call):
    """When the call comes to each line of these files, or to each door."""
    counting = kind(files, -1)
    counting.run(call)
    return counting.seen


def require_free(model):
    free = []

    def ask():
        free.append(model._lock.acquire(blocking=False))
        if free[0]:
            model._lock.release()

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    if not free[0]:
        raise RuntimeError("its lock is never released")
