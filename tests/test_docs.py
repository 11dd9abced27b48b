"""The pages that lead into the source: docs/reading.md names every file once, in an order in which
they can be read, and the code that docs/ quotes stands at the line it names.

`python -m tests.test_docs` rewrites the line numbers where the quoted code has moved.
"""

import ast
import re
import sys
from pathlib import Path

import pytest

from tests import notes

ROOT = Path(__file__).parents[1]
PAGES = {path.name: path for path in sorted((ROOT / "docs").glob("*.md"))}
REFERENCE = re.compile(r"`(tinynet/[\w/]+\.py):(\d+)`( ?)(?:`([^`\n]+)`)?")

READING = PAGES["reading.md"].read_text(encoding="utf-8")
READ = re.findall(r"`([\w/]+\.py)`", READING)  # the files it names, in its order
TERMS = ["pullback", "upstream gradient", "kink", "slot", "saturated", "stand-in", "recorded"]
TERMS += ["played", "walked", "block", "state", "steady", "whole_batch", "penalty"]


def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def only_names(path):
    """Whether an `__init__` has imports, `__all__` and the like, and no code of its own."""
    return path.name == "__init__.py" and all(
        isinstance(n, (ast.Expr, ast.ImportFrom))
        or re.fullmatch(r"__\w+__ \+?= .*", ast.unparse(n))
        for n in tree(path).body
    )


def imported(path):
    """The files of the package that a file imports when it is run, from below tinynet/."""
    for node in tree(path).body:
        if isinstance(node, ast.ImportFrom) and node.module.startswith("tinynet"):
            for alias in node.names:
                module = "/".join(node.module.split("."))
                names = [f"{module}/{alias.name}.py", f"{module}/{alias.name}/__init__.py"]
                names += [f"{module}.py", f"{module}/__init__.py"]
                yield next(n for n in names if (ROOT / n).is_file()).removeprefix("tinynet/")


def test_the_reading_order_names_every_file_once():
    first, *rest = READ
    assert first == "docs/examples/by_hand.py"
    assert (ROOT / first).is_file()
    package = sorted((ROOT / "tinynet").rglob("*.py"))
    files = [p.relative_to(ROOT / "tinynet").as_posix() for p in package if not only_names(p)]
    assert sorted(rest) == sorted(files), "docs/reading.md names each file of tinynet/ once"


def test_no_file_after_the_contract_needs_a_later_one():
    start = READ.index("base/node.py")
    for i, name in enumerate(READ[start:], start):
        later = [n for n in imported(ROOT / "tinynet" / name) if n in READ[i + 1 :]]
        assert not later, f"{name} imports what docs/reading.md names after it"


@pytest.mark.parametrize("term", TERMS)
def test_a_term_is_explained_where_it_first_appears(term):
    prose = re.sub(r"`[\w/]+\.py`", "", READING)
    found = re.search(rf"\b{term}", prose, re.IGNORECASE)
    assert found
    assert prose[found.start() - 2 :].startswith(f"**{term}**")


def test_the_reading_order_names_the_functions_of_the_notes():
    functions = [n.name for n in tree(Path(notes.__file__)).body if isinstance(n, ast.FunctionDef)]
    for name in set(functions) - {"sigmoid"}:
        assert f"\n| `{name}` |" in READING


def lines_of(name):
    text = (ROOT / name).read_text(encoding="utf-8") if (ROOT / name).is_file() else ""
    return [line.strip() for line in text.splitlines()]


def wrong(page):
    """Each reference that quotes no code, or other code than there is at that line."""
    for name, number, _, code in REFERENCE.findall(page):
        if not code or lines_of(name)[int(number) - 1 : int(number)] != [code]:
            yield f"{name}:{number} {code}"


def mended(page):
    """The page with right line numbers, where the quoted code is a single line of its file."""

    def moved(reference):
        name, _, space, code = reference.groups()
        found = [i for i, line in enumerate(lines_of(name), 1) if line == code]
        right = len(found) == 1
        return f"`{name}:{found[0]}`{space}`{code}`" if right else reference[0]

    return REFERENCE.sub(moved, page)


@pytest.mark.parametrize("page", PAGES)
def test_quoted_code_stands_where_the_page_says(page):
    found = list(wrong(PAGES[page].read_text(encoding="utf-8")))
    assert not found, "python -m tests.test_docs puts line numbers right"


def test_one_step_quotes_the_code_of_every_line():
    page = PAGES["one_step.md"].read_text(encoding="utf-8")
    assert re.findall(r"\*\*(\w+) = ", page) == [
        *("Z1", "A1", "Z2", "A2", "dZ2", "dW2", "db2", "dZ1", "dW1", "db1")
    ]
    assert len(REFERENCE.findall(page)) >= 10


def test_line_numbers_are_mended():
    page = PAGES["one_step.md"].read_text(encoding="utf-8")
    moved = re.sub(r"\.py:\d+`", ".py:1`", page)
    assert list(wrong(moved))
    assert mended(moved) == page
    unknown = "`tinynet/layers/dense.py:1` `no such code`"
    assert mended(unknown) == unknown
    assert list(wrong(unknown)) == ["tinynet/layers/dense.py:1 no such code"]


if __name__ == "__main__":
    left = []
    for path in PAGES.values():
        old = path.read_text(encoding="utf-8")
        new = mended(old)
        if new != old:
            path.write_text(new, encoding="utf-8")
            print(f"rewrote {path.name}")
        left += [f"{path.name}: {reference}" for reference in wrong(new)]
    print(*left, sep="\n", end="\n" if left else "")
    sys.exit(f"{len(left)} to be put right by hand" if left else 0)
