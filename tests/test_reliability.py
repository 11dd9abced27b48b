"""RELIABILITY.md: a promise for each line of the table, and a test for each promise."""

import re

import pytest

from tests import reliability

PROMISES = reliability.promises()


@pytest.mark.parametrize("promise", PROMISES, ids=lambda one: one["promise"][:40])
def test_a_promise_has_its_tests_and_its_line(promise):
    for one in reliability.ids(promise):
        file, _, function = one.partition("::")
        text = (reliability.ROOT / file).read_text(encoding="utf-8")
        start = rf"^def {function}\(" if function else "^def test_"
        assert re.search(start, text, re.MULTILINE), one
        long = re.search(rf"^def {function}\(.*\btries\b", text, re.MULTILINE)
        assert not function or bool(long) == ("{times" in promise["figure"]), one
    if not reliability.PAGE.exists():
        pytest.skip("the page is written by python -m tests.reliability")
    assert f"| {promise['promise']} | " in reliability.PAGE.read_text(encoding="utf-8")


def test_a_promise_without_a_test_fails_the_command():
    promise = {"promise": "x", "figure": "{n}", "tests": "test_x.py::test_y", "others": ""}
    found = [("tests/test_x.py::test_y", 0)]
    assert reliability.row(promise, found).startswith("| x | 1 |  | `pytest tests/test_x.py::")
    often = reliability.row(promise | {"figure": "{times}"}, [("tests/test_x.py::test_y", 7)])
    assert often.startswith("| x | 7 |  | `pytest -m long tests/test_x.py::test_y`")
    with pytest.raises(SystemExit, match="no test shows that x: tests/"):
        reliability.row(promise, [("tests/test_x.py::test_yz", 0)])
    with pytest.raises(SystemExit, match="no test counts for x"):
        reliability.row(promise | {"figure": "{times}"}, found)
