"""Tables for notebooks, which ask an object for its `_repr_html_`."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table in HTML."""

    def line(cells: Sequence[Any], tag: str) -> str:
        return f"<tr>{''.join(f'<{tag}>{escape(str(cell))}</{tag}>' for cell in cells)}</tr>"

    body = "".join(line(row, "td") for row in rows)
    return f"<table><caption>{escape(caption)}</caption>{line(heads, 'th')}{body}</table>"
