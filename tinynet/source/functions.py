"""Functions of a module, as text."""

from collections.abc import Sequence

from tinynet.source.text import Taken

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


def opening(of: str, taken: Taken, cache: Sequence[str] = ()) -> list[str]:
    """The lines that begin a function: m, the number of examples `of` an array, and what is read of
    the parameters and of the cache."""
    size = [f"m = {of}.shape[1]"] * taken.reads_m
    shelves = ("parameters", taken.parameters), ("cache", cache)
    return size + [f'{name} = {shelf}["{name}"]' for shelf, names in shelves for name in names]
