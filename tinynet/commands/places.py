"""Where a command may write: refused before the work, and not after it."""

import os
from pathlib import Path

from tinynet import plots
from tinynet.base import checks


def require_place(who: str, name: str, out: Path) -> None:
    """Refuse what no file can be written to."""
    if not out.absolute().parent.is_dir():
        checks.refuse(who, f"{name} in a folder that exists", out)
    if not os.access(out.absolute().parent, os.W_OK):
        checks.refuse(who, f"{name} in a folder that can be written to", out)
    if out.is_dir():
        checks.refuse(who, f"{name} as a file", f"{out}, a folder")


def require_picture(who: str, name: str, out: Path) -> None:
    """Refuse what no picture can be written to."""
    require_place(who, name, out)
    try:
        endings = plots.endings()
    except ImportError:  # matplotlib is missing: who draws says so after the training
        return
    if out.suffix.lower() not in endings:
        expected = f"{name} as a picture with one of the endings {', '.join(endings)}"
        checks.refuse(who, expected, out.suffix or "none")
    if out.exists() and plots.BY.encode() not in out.read_bytes():
        cure = "give the picture another name"
        checks.refuse(who, f"{name} as a new file, or a picture of tinynet's", out, cure)
