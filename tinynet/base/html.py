"""Tables for notebooks, which ask an object for its `_repr_html_`."""

from collections.abc import Iterable, Sequence
from typing import Any


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table in HTML."""

    def line(cells: Sequence[Any], tag: str) -> str:
        return f"<tr>{''.join(f'<{tag}>{escaped(cell)}</{tag}>' for cell in cells)}</tr>"

    body = "".join(line(row, "td") for row in rows)
    return f"<table><caption>{escaped(caption)}</caption>{line(heads, 'th')}{body}</table>"


def escaped(cell: Any) -> str:
    """A text as a cell shows it; the module html takes longer to import than this one."""
    return str(cell).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
