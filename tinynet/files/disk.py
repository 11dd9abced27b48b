"""Reading a whole file, and writing one so that its path always holds the old one or the new one.

The new file is written beside the old one, is forced to the disk, and takes its name in one step.
While it is written it is locked. A lock ends with its process, so the next save can tell what a
save that was killed has left, and removes it.
"""

import contextlib
import hashlib
import os
import re
import secrets
import stat
from collections.abc import Callable

from tinynet.base import checks
from tinynet.files.safetensors import refuse

try:
    import fcntl
except ImportError:  # Windows, where nobody can remove an open file
    fcntl = None  # type: ignore[assignment]

DRAFT = re.compile(r"\.[0-9a-f]{16}\.saving")
BINARY = getattr(os, "O_BINARY", 0)
NO_WAITING = getattr(os, "O_NONBLOCK", 0)  # a pipe would wait for the other end


def read(path: str, look: Callable[[bytes], None], first: int) -> bytearray:
    """All bytes of a regular file, once `look` does not refuse the first ones."""
    descriptor = os.open(path, os.O_RDONLY | BINARY | NO_WAITING)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            refuse("a regular file", "something else")
        start = os.read(descriptor, first)
        look(start)
        data = bytearray(max(found.st_size, len(start)))
        data[: len(start)] = start
        view, at = memoryview(data), len(start)
        with os.fdopen(os.dup(descriptor), "rb", buffering=0) as file:
            while n := file.readinto(view[at:]):
                at += n
        view.release()
    finally:
        os.close(descriptor)
    del data[at:]
    return data


def write(path: str, data: bytes) -> None:
    """Write a file; after an error there is the old one, or the new one."""
    if not os.path.basename(path):
        checks.refuse("save", "a path that ends with the name of a file", repr(path))
    target = os.path.realpath(path)  # where a link leads to
    folder, name = os.path.split(target)
    try:
        mode = os.stat(target).st_mode
        if not stat.S_ISREG(mode):
            checks.refuse("save", "a path of a file", f"{path!r}, which is something else")
    except FileNotFoundError:
        mode = 0
    prefix = f".{hashlib.sha256(os.fsencode(name)).hexdigest()[:16]}"
    tidy(folder, prefix)
    descriptor, draft = beside(folder, prefix, 0o600 if mode else 0o666)
    try:
        try:
            if mode:
                os.chmod(draft, stat.S_IMODE(mode))
            fill(descriptor, data)
            if fcntl:
                os.replace(draft, target)  # while it is locked
        finally:
            os.close(descriptor)
        if not fcntl:
            os.replace(draft, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(draft)
        raise
    if fcntl:
        force(folder)


def fill(descriptor: int, data: bytes) -> None:
    """All of the data onto the disk."""
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]
    os.fsync(descriptor)


def force(folder: str) -> None:
    """The names in a folder onto the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def beside(folder: str, prefix: str, mode: int) -> tuple[int, str]:
    """A new file in that folder, open and locked."""
    while True:
        draft = os.path.join(folder, f"{prefix}.{secrets.token_hex(8)}.saving")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY, mode)
        if not fcntl:
            return descriptor, draft
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if os.path.exists(draft):
                return descriptor, draft
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # another save took it for a leftover, just before it was locked


def tidy(folder: str, prefix: str) -> None:
    """Remove what saves that were killed have left."""
    for entry in os.listdir(folder):
        if entry.startswith(prefix) and DRAFT.fullmatch(entry.removeprefix(prefix)):
            with contextlib.suppress(OSError):  # somebody writes to it
                remove_unlocked(os.path.join(folder, entry))


def remove_unlocked(path: str) -> None:
    if not fcntl:
        os.unlink(path)
        return
    descriptor = os.open(path, os.O_RDONLY | NO_WAITING)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(path)
    finally:
        os.close(descriptor)
