"""The pages that lead into the source: the code that docs/ quotes stands at the line it names.

`python -m tests.test_docs` rewrites the line numbers where the quoted code has moved.
"""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = {path.name: path for path in sorted((ROOT / "docs").glob("*.md"))}
REFERENCE = re.compile(r"`(tinynet/[\w/]+\.py):(\d+)`( ?)(?:`([^`\n]+)`)?")


def lines_of(name):
    text = (ROOT / name).read_text(encoding="utf-8") if (ROOT / name).is_file() else ""
    return [line.strip() for line in text.splitlines()]


def wrong(page):
    """Each reference at whose line other code stands than it quotes, or that quotes none."""
    for name, number, _, code in REFERENCE.findall(page):
        if not code or lines_of(name)[int(number) - 1 : int(number)] != [code]:
            yield f"{name}:{number} {code}"


def mended(page):
    """The page with the lines where the quoted code stands, if it stands in one line only."""

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
