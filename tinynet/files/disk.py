"""Reading a whole file, and writing one so that its path always holds the old one or the new one.

The new file is written beside the old one, is forced to the disk, and takes its name in one step.
While it is written it is locked. A lock ends with its process, so the next save can tell what a
save that was killed has left, and removes it.
"""

import contextlib
import os
import secrets
import stat

from tinynet.files.safetensors import refuse

try:
    import fcntl
except ImportError:  # Windows, where nobody can remove an open file
    fcntl = None  # type: ignore[assignment]

END = ".saving"
FLAGS = getattr(os, "O_BINARY", 0)


def read(path: str) -> bytearray:
    """All bytes of a regular file."""
    # a pipe would wait for its writer
    descriptor = os.open(path, os.O_RDONLY | FLAGS | getattr(os, "O_NONBLOCK", 0))
    with open(descriptor, "rb", buffering=0) as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            refuse("a regular file", "something else")
        data = bytearray(found.st_size)
        view, at = memoryview(data), 0
        while n := file.readinto(view[at:]):
            at += n
    view.release()
    del data[at:]
    return data


def write(path: str, data: bytes) -> None:
    """Write a file; after an error there is the old one, or the new one."""
    target = os.path.realpath(path)  # where a link leads to
    folder, name = os.path.split(target)
    tidy(folder, name)
    descriptor, draft = beside(folder, name)
    try:
        try:
            fill(descriptor, draft, target, data)
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


def fill(descriptor: int, draft: str, target: str, data: bytes) -> None:
    """All of the data onto the disk, with the rights that the old file has."""
    with contextlib.suppress(FileNotFoundError):
        os.chmod(draft, stat.S_IMODE(os.stat(target).st_mode))
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


def beside(folder: str, name: str) -> tuple[int, str]:
    """A new file in that folder, open and locked."""
    while True:
        draft = os.path.join(folder, f".{name}.{secrets.token_hex(8)}{END}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | FLAGS, 0o666)
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


def tidy(folder: str, name: str) -> None:
    """Remove what saves that were killed have left."""
    for entry in os.listdir(folder):
        if entry.startswith(f".{name}.") and entry.endswith(END):
            with contextlib.suppress(OSError):  # somebody writes to it
                remove_unlocked(os.path.join(folder, entry))


def remove_unlocked(path: str) -> None:
    if not fcntl:
        os.unlink(path)
        return
    descriptor = os.open(path, os.O_WRONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(path)
    finally:
        os.close(descriptor)
