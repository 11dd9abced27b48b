"""Functions of a module, as text."""

import re
from collections.abc import Iterable, Sequence

INDENT = "    "
WIDE = 92  # characters of a line within a function


def function(head: str, says: str, lines: Sequence[str]) -> str:
    body = "\n".join(INDENT + line for line in [f'"""{says}"""', *lines])
    return f"def {head}:\n{body}"


def returned(pairs: Sequence[tuple[str, str]], before: str = "") -> list[str]:
    """The lines that return a dictionary, one if it is short, and what comes before it."""
    items = [f'"{name}": {code}' for name, code in pairs]
    short = f"return {before}{{{', '.join(items)}}}"
    if len(short) <= WIDE:
        return [short]
    return [f"return {before}{{", *(f"{INDENT}{item}," for item in items), "}"]


def opening(
    of: str, lines: Sequence[str], parameters: Iterable[str], cache: Iterable[str] = ()
) -> list[str]:
    """The lines that begin a function of these: m, the number of examples `of` an array, and what
    they read of the parameters and of the cache."""
    text = "\n".join(lines)
    size = [f"m = {of}.shape[1]"] * named_in(text, "m")
    shelves = ("parameters", parameters), ("cache", cache)
    read = [(shelf, name) for shelf, names in shelves for name in names if named_in(text, name)]
    return [*size, *(f'{name} = {shelf}["{name}"]' for shelf, name in read), *lines]


def named_in(text: str, name: str) -> bool:
    return re.search(rf"\b{name}\b", text) is not None
