"""A table as it comes, a file or columns in Python: names, and the texts of the cells, some
thousand rows at a time."""

import csv
import gzip
import itertools
import math
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, TextIO

from tinynet.base import checks
from tinynet.base.settings import near

ROWS = 10_000  # that are read at a time
ENDINGS = ".csv", ".tsv", ".txt"
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
MISSING = {"", "?", "na", "n/a", "#n/a", "nan", "nat", "<na>", "null", "none"}  # in small letters
Cells = Sequence[str]


class Source(NamedTuple):
    """A table that is being read: who it is in errors, its names, its columns part by part, and
    the delimiter of a file."""

    who: str
    names: list[str]
    parts: Iterator[list[Cells]]
    delimiter: str = ""


@contextmanager
def opened(table: Any) -> Iterator[Source]:
    """A table from the path of a file or from columns: a pandas frame, a dict of lists."""
    if isinstance(table, (str, bytes, os.PathLike)):
        path = Path(checks.path("Table", "table", table))
        with in_a_sentence(path), opened_text(path) as file:
            yield from_file(path, file)
    else:
        yield from_columns(table)


# ---- a file


@contextmanager
def opened_text(path: Path) -> Iterator[TextIO]:
    """The file, unpacked if it is packed."""
    if not path.is_file():
        meant = near(path.name, names_beside(path), 0.6)
        got = "a folder" if path.is_dir() else "none"
        cure = f"did you mean {meant[0]}?" if meant else ""
        checks.refuse(str(path), "a file with a table", got, cure)
    if unpacked(path).suffix.lower() not in ENDINGS:
        cure = "save it as CSV UTF-8" if path.suffix.startswith(".xls") else ""
        expected = f"a file that ends in {', '.join(ENDINGS)}, or in one of them and .gz"
        checks.refuse(str(path), expected, path.suffix or "no ending", cure)
    opener: Any = gzip.open if path.suffix.lower() == ".gz" else open
    with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
        yield file


def unpacked(path: Path) -> Path:
    return path.with_suffix("") if path.suffix.lower() == ".gz" else path


def names_beside(path: Path) -> list[str]:
    try:
        return sorted(other.name for other in path.parent.iterdir() if other.is_file())
    except OSError:
        return []


@contextmanager
def in_a_sentence(path: Path) -> Iterator[None]:
    """What is no table, in a sentence."""
    try:
        yield
    except UnicodeDecodeError as why:
        got = f"the byte {why.object[why.start]:#x}"
        checks.refuse(str(path), "text in UTF-8", got, "save it as CSV UTF-8")
    except (gzip.BadGzipFile, EOFError, zlib.error) as why:
        checks.refuse(str(path), "a whole file in gzip's format", why)
    except csv.Error as why:
        cure = 'a " within a cell is written as "", and the cell as "..."'
        checks.refuse(str(path), "a table with a row a line", why, cure)


def from_file(path: Path, file: TextIO) -> Source:
    """The table of a file, whose first row are the names."""
    who, start = str(path), file.readline()
    tab = unpacked(path).suffix.lower() == ".tsv"
    delimiter = "\t" if tab else max(DELIMITERS, key=start.count)
    form: Any = {"delimiter": delimiter, "skipinitialspace": True, "strict": True}
    lines = csv.reader(itertools.chain([start], file), **form)
    names = [name.strip() for name in next(lines, [])]
    if names and all(is_number(name) for name in names):
        got, cure = ", ".join(names[:3]), "write a row of names above the data"
        checks.refuse(who, "a first row with the names of the columns", got, cure)
    require_names(who, names)
    return Source(who, names, parts_of(who, names, lines, delimiter), delimiter)


def require_names(who: str, names: Sequence[str]) -> None:
    """Refuse names that cannot be those of columns."""
    if not any(names):
        checks.refuse(who, "a first row with the names of the columns", "an empty one")
    for i, name in enumerate(names, 1):
        if not name and i > 1:  # a table of pandas begins with rows that have no name
            checks.refuse(who, "a name for each column", f"none for column {i}")
        if name in names[: i - 1]:
            checks.refuse(who, "a name of its own for each column", f"{name!r} twice")


def is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def parts_of(
    who: str, names: Sequence[str], lines: Iterable[Sequence[str]], delimiter: str
) -> Iterator[list[Cells]]:
    """The rows of a file as columns, part by part. Empty lines are none."""
    rows, seen = (row for row in lines if row), 0
    while part := list(itertools.islice(rows, ROWS)):
        for i, row in enumerate(part, seen + 1):
            if len(row) != len(names):
                expected = f"{len(names)} cells between {DELIMITERS[delimiter]} in row {i}"
                more = len(row) > len(names)
                cure = 'a cell with one in it is written "..."' if more else ""
                checks.refuse(who, expected, len(row), cure)
        yield [[cell.strip() for cell in column] for column in zip(*part, strict=True)]
        seen += len(part)


# ---- columns in Python


def from_columns(table: Any) -> Source:
    """The table of a pandas frame, or of a mapping from names to values."""
    who = "the table"
    if not hasattr(table, "keys") or not hasattr(table, "__getitem__"):
        cure = 'Table("data.csv", target="species"), for example'
        got = checks.shown(table)
        checks.refuse(who, "a path, a pandas frame or a dict of columns", got, cure, TypeError)
    keys = [*table.keys()]
    names, columns = [str(key) for key in keys], [cells_of(who, key, table[key]) for key in keys]
    require_names(who, names)
    for name, column in zip(names, columns, strict=True):
        if len(column) != len(columns[0]):
            expected = f"{len(columns[0])} values of {name}, as of {names[0]}"
            checks.refuse(who, expected, len(column))
    starts = range(0, len(columns[0]), ROWS)
    return Source(who, names, ([own[i : i + ROWS] for own in columns] for i in starts))


def cells_of(who: str, name: Any, values: Any) -> Cells:
    """A column of Python as the cells of a file."""
    kind = getattr(getattr(values, "dtype", None), "kind", "")
    flat = kind not in ("m", "M") and hasattr(values, "tolist")  # of dates it gives numbers
    found = values.tolist() if flat else values
    several = isinstance(found, Iterable) and getattr(values, "ndim", 1) == 1
    if isinstance(found, (str, bytes, Mapping, Set)) or not several:
        got, cure = checks.shown(found), f"{{{name!r}: [{found!r}]}} is a table of one row"
        cure = cure if isinstance(found, (str, int, float)) else ""
        checks.refuse(who, f"a list of values of {name}", got, cure, TypeError)
    wrong = [one for one in found if isinstance(one, (list, tuple, Mapping, Set, bytes))]
    if wrong:
        checks.refuse(who, f"numbers or texts in {name}", checks.shown(wrong[0]), error=TypeError)
    return [text_from(value) for value in found]


def text_from(value: Any) -> str:
    """A value as a CSV file would have it."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, float) and value.is_integer():
        return str(int(value)) if abs(value) < 2**53 else repr(value)
    return "" if value is None else str(value)


def missing(cell: str) -> bool:
    return cell.lower() in MISSING


def unknown(who: str, name: str, names: Sequence[str]) -> NoReturn:
    """Refuse a name of a column that is not there."""
    meant = near(name, [*filter(None, names)], 0.5)
    cure = f"did you mean {meant[0]!r}?" if meant else f"there are {', '.join(names)}"
    checks.refuse(who, f"a column {name!r}", "none", cure)
