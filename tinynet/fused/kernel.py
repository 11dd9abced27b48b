"""The text of a function as machine code, by numba, and where that is kept.

A process keeps what it compiled until it ends. For the next process numba keeps it on disk, beside
a copy of the text, in the user's cache folder; the environment variable TINYNET_CACHE names
another folder, or "off". What is kept has a digest, since numba believes what it finds.
"""

import contextlib
import hashlib
import os
import re
import sys
import threading
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tinynet.base import Array, interrupts_later

MOST = 1000  # texts that are kept on disk
# x / 0 is inf; other threads run meanwhile
OPTIONS: dict[str, Any] = {"error_model": "numpy", "nogil": True}
TEXT = re.compile(r"[0-9a-f]{64}\.py")
LOCK = threading.RLock()
MET = set[Any]()  # functions that were called once


def written(names: Iterable[str], lines: Iterable[str]) -> str:
    """The text of a function of arguments with these names."""
    head = ["import numpy as np", f"def kernel({', '.join(names)}):"]
    return "\n".join([*head, *(f" {line}" for line in lines), ""])


def kernel(text: str, arrays: Sequence[Array]) -> Any:
    """The function `kernel` of the text, compiled for such arrays and no others. A call of it is
    machine code all through, so no interrupt comes within one."""
    import numba  # which takes longer than to import all of tinynet

    function = loaded(text, tuple(map(numba.typeof, arrays)))
    if function not in MET:
        # numba looks at an array in Python when it meets the first of a kind
        with interrupts_later():
            function(*map(another, arrays))
        MET.add(function)
    return function


def another(array: Array) -> Array:
    """One of the same kind and shape, with any numbers."""
    flags = array.flags
    if flags.c_contiguous or flags.f_contiguous:
        found = np.zeros_like(array)  # rows of zeros call nothing
    else:
        found = np.zeros([2 * n for n in array.shape], array.dtype)
        found = found[tuple(slice(None, None, 2) for _ in array.shape)]
    found.flags.writeable = flags.writeable
    return found


@cache
def loaded(text: str, types: tuple[Any, ...]) -> Any:
    with LOCK, interrupts_later():
        text = f"# {OPTIONS} {types} {built_in()}\n{text}"
        path = kept(text)
        if path is not None:
            # another version of numba cannot read it, or another process forgets it
            with contextlib.suppress(Exception):
                if digest(path) != said(path):  # it is damaged
                    forget(path)
                    kept(text)
                return compiled(text, types, path)
            forget(path)
        return compiled(text, types, None)


@cache
def built_in() -> str:
    """A digest of what machine code holds beside its text: how a row lies, and how it is called."""
    sources = [Path(__file__).with_name(f"{name}.py") for name in ("inner_loops", "intrinsics")]
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()


def compiled(text: str, types: tuple[Any, ...], path: Path | None) -> Any:
    import numba

    from tinynet.fused.intrinsics import run, set_back, set_zeros

    # numba's file names this module, which must then be there to import
    names: dict[str, Any] = {"__name__": __name__, "run": run}
    names |= {"set_zeros": set_zeros, "set_back": set_back}
    exec(compile(text, str(path or "a step"), "exec"), names)
    config: Any = numba.config
    before, config.CACHE_DIR = config.CACHE_DIR, ""  # or it would be kept with other code
    try:
        function: Any = numba.njit(cache=path is not None, **OPTIONS)(names["kernel"])
    finally:
        config.CACHE_DIR = before
    function.compile(types)
    function.disable_compile()
    if path is not None and function.stats.cache_misses:
        write(path.with_suffix(".digest"), digest(path))
    return function


# ---- on disk


def folder() -> Path | None:
    """Where texts, and what they became, are kept."""
    chosen = os.environ.get("TINYNET_CACHE", "")
    if chosen:
        return None if chosen.lower() == "off" else Path(chosen).expanduser()
    own = {"darwin": "Library/Caches", "win32": "AppData/Local"}.get(sys.platform, ".cache")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / own) / "tinynet"


def kept(text: str) -> Path | None:
    """A file of the text, which is whole at any moment; None where nothing can be kept."""
    try:
        where = folder()
        if where is None:
            return None
        path = where / f"{hashlib.sha256(text.encode()).hexdigest()}.py"
        if not path.exists():
            where.mkdir(parents=True, exist_ok=True, mode=0o700)
            own = [file for file in where.iterdir() if TEXT.fullmatch(file.name)]
            for old in sorted(own, key=os.path.getmtime)[: -MOST + 1]:
                forget(old)
            write(path, text)
    except (OSError, RuntimeError):  # as of a user who has no home
        return None
    return path


def write(path: Path, text: str) -> None:
    draft = path.with_name(f"{os.getpid()}.{threading.get_ident()}.draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def code(path: Path) -> list[Path]:
    """What numba made of a text."""
    return sorted(path.parent.glob(f"__pycache__/{path.stem}.*"))


def digest(path: Path) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in code(path))).hexdigest()


def said(path: Path) -> str:
    """The digest of what was kept."""
    file = path.with_suffix(".digest")
    return file.read_text(encoding="utf-8") if file.exists() else hashlib.sha256().hexdigest()


def forget(path: Path) -> None:
    """Remove a text and what it became."""
    for file in (path, path.with_suffix(".digest"), *code(path)):
        with contextlib.suppress(OSError):  # another process was sooner
            file.unlink()
