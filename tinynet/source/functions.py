"""Functions of a module, as text."""

from collections.abc import Sequence

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


def unpacked(shelf: str, names: Sequence[str]) -> list[str]:
    """The lines that take names out of a dictionary; m is no name of one."""
    return [f'{name} = {shelf}["{name}"]' for name in names if name != "m"]
