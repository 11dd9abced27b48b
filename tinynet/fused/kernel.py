"""The text of a function as machine code, by numba, and where that is kept.

A process keeps what it compiled. For the next one numba keeps it on disk, beside a copy of the
text, in the user's cache folder; the environment variable TINYNET_CACHE names another folder, or
"off".
"""

import contextlib
import hashlib
import os
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tinynet.base import Array

MOST = 200  # texts that are kept on disk


def kernel(text: str, arrays: Sequence[Array]) -> Any:
    """The function `kernel` of the text, compiled for such arrays and no others: a call of it never
    compiles, so no interrupt comes within one."""
    from numba import typeof  # it takes longer to import than all of tinynet

    return compiled(text, tuple(map(typeof, arrays)))


@cache
def compiled(text: str, types: tuple[Any, ...]) -> Any:
    path = place(text)
    if path is not None:
        # what was kept there may be damaged, or of another numba
        with contextlib.suppress(Exception):
            return made(text, types, path)
        forget(path)
    return made(text, types, None)


def made(text: str, types: tuple[Any, ...], path: Path | None) -> Any:
    from numba import njit

    names: dict[str, Any] = {"__name__": __name__}  # numba imports it when it reads its file
    exec(compile(text, str(path or "a step"), "exec"), names)
    function = njit(error_model="numpy", nogil=True, cache=path is not None)(names["kernel"])
    function.compile(types)
    function.disable_compile()
    return function


# ---- on disk


def folder() -> Path | None:
    """Where texts, and what they became, are kept."""
    chosen = os.environ.get("TINYNET_CACHE", "")
    if chosen:
        return None if chosen == "off" else Path(chosen)
    own = {"darwin": "Library/Caches", "win32": "AppData/Local"}.get(sys.platform, ".cache")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / own) / "tinynet"


def place(text: str) -> Path | None:
    """A file of the text, which is whole at any moment; None where nothing can be kept."""
    try:
        where = folder()
        if where is None:
            return None
        path = where / f"{hashlib.sha256(text.encode()).hexdigest()}.py"
        if not path.exists():
            where.mkdir(parents=True, exist_ok=True, mode=0o700)
            for old in sorted(where.glob("*.py"), key=os.path.getmtime)[: -MOST + 1]:
                forget(old)
            with tempfile.NamedTemporaryFile("w", dir=where, delete=False) as file:
                file.write(text)
            Path(file.name).replace(path)
    except (OSError, RuntimeError):  # of a user who has no home
        return None
    return path


def forget(path: Path) -> None:
    """Remove a text and what it became."""
    for file in (path, *path.parent.glob(f"__pycache__/{path.stem}.*")):
        with contextlib.suppress(OSError):  # another process was sooner
            file.unlink()
