"""The tool that changes the source: which changes there are, and what each of them touches."""

import csv

from tests import mutation
from tests.mutants import mutants, new_functions

SOURCE = """
def kept(method):
    def inner(x):
        return method(x) + 1

    return inner


class Doubled:
    factor = 2

    @kept
    def of(self):
        if self.factor > 0 and self:
            print("positive")
        return [x for x, _ in zip((self, -1), (1, 2), strict=True)]
"""


def changed(tmp_path):
    """(line, change, the functions that it touches; None if it touches the import)."""
    path = tmp_path / "module.py"
    path.write_text(SOURCE)
    old = compile(SOURCE, str(path), "exec")
    for key, line, make in mutants(path):
        pairs = new_functions(old, make())
        names = None if pairs is None else [code.co_name for code, _ in pairs]
        yield line, key.partition(" ")[2], names


def keys(path, source):
    path.write_text(source)
    found = [key for key, _, _ in mutants(path)]
    assert len({*found}) == len(found)
    return found


def test_a_key_stays_until_its_function_is_edited(tmp_path):
    path, source = tmp_path / "module.py", SOURCE + SOURCE.replace("Doubled", "Again")
    before = keys(path, source)
    assert keys(path, "import ast  # a line more\n" + source) == before
    edited = {*before} - {*keys(path, source.replace("factor = 2", "factor = 3"))}
    assert {key.partition("@")[0] for key in edited} == {"Doubled.", "Again."}
    edited = {*before} - {*keys(path, source.replace("positive", "above 0", 1))}
    assert {key.partition("@")[0] for key in edited} == {"Doubled.of"}


def test_each_change_and_what_it_touches(tmp_path):
    found = [one for one in changed(tmp_path) if "<listcomp>" not in str(one)]
    assert (4, "Add", ["kept", "inner"]) in found
    assert (4, "return None", None) in found  # method is in no cell of it then
    assert (6, "return None", ["kept"]) in found
    assert (10, "2 to 4", None) in found
    names = [(line, change) for line, change, _ in found if line > 10]
    assert names == [
        (14, "condition"),
        (14, "And"),
        (14, "comparison"),
        (14, "0 to 1"),
        (15, "no call"),
        (16, "return None"),
        (16, "sign"),
        (16, "1 to 2"),
        (16, "1 to 2"),
        (16, "2 to 4"),
    ]


def test_each_reason_is_of_a_change_that_there_is():
    changes = set()
    for path in (mutation.ROOT / "tinynet").rglob("*.py"):
        module, lines = str(path.relative_to(mutation.ROOT)), mutation.lines_of(path)
        changes |= {(module, lines[n - 1], key.partition(" ")[2]) for key, n, _ in mutants(path)}
    with mutation.REASONS.open(newline="", encoding="utf-8") as file:
        said = [(row["module"], row["line"], row["change"]) for row in csv.DictReader(file)]
    assert {*said} - changes == set()
    assert len(said) == len({*said})
