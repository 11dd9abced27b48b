"""The house: which room may import which, how long a file may be, what numpy alone must suffice for.

`python -m tests.test_house` prints the two line budgets.
"""

import ast
import io
import re
import subprocess
import sys
import tokenize
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = {path.stem: path for path in (ROOT / "tinynet").glob("*.py")}
DESIGN = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(\w+)` \| [^|]+ \| ([\w, ]*)\|$", re.MULTILINE)
MAY_IMPORT = {room: set(re.findall(r"\w+", allowed)) for room, allowed in ROW.findall(DESIGN)}
# all that learning and proving needs; not the door, behind which rows are columns
HEART = ["node", "checks", "functions", "activations", "layers", "losses", "optimizers", "cost", "model", "gradcheck"]


def imports(path):
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "tinynet":
            inner = node.module.split(".")[1:]
            found |= {inner[0]} if inner else {alias.name for alias in node.names}
    return found


def test_the_arrows_are_those_of_the_table():
    free = {"__init__", "__main__"}
    assert ROOMS.keys() - free == MAY_IMPORT.keys()
    for room, allowed in MAY_IMPORT.items():
        assert imports(ROOMS[room]) <= allowed, room


def test_the_arrows_make_no_circle():
    done = set()
    while len(done) < len(MAY_IMPORT):
        ready = {room for room, below in MAY_IMPORT.items() if below <= done} - done
        assert ready
        done |= ready


def test_no_lazy_import_but_for_matplotlib():
    for room, path in ROOMS.items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        inner = [n for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) for n in ast.walk(f)]
        lazy = [n.module for n in inner if isinstance(n, ast.ImportFrom)] + [n for n in inner if isinstance(n, ast.Import)]
        assert lazy == (["matplotlib.figure"] if room == "plots" else [])


def code_lines(path, without=()):
    """Lines with code on them: neither blank, nor a comment, nor a docstring; some classes can be left out."""
    text = path.read_text(encoding="utf-8")
    docstrings = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef) and node.name in without:
            docstrings |= set(range(node.lineno, node.end_lineno + 1))
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node) is not None:
            docstrings |= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    skip = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    lines = {line for t in tokens if t.type not in skip for line in range(t.start[0], t.end[0] + 1)}
    return len(lines - docstrings)


def budgets():
    heart = sum(code_lines(ROOMS[room], without={"LeakyReLU", "Softmax"}) for room in HEART)
    return heart, sum(map(code_lines, ROOMS.values()))


def test_the_house_stays_small():
    heart, whole = budgets()
    assert heart < 1000
    assert whole < 3500
    for path in [*ROOMS.values(), *(ROOT / "tests").glob("*.py")]:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 350, path.name


def test_a_dense_layer_fits_on_a_page():
    tree = ast.parse(ROOMS["layers"].read_text(encoding="utf-8"))
    (dense,) = [n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "Dense"]
    assert dense.end_lineno - dense.lineno < 90


def test_numpy_is_all_that_importing_needs():
    code = "import sys, numpy; base = set(sys.modules); import tinynet; print(*set(sys.modules) - base)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    new = {name for name in done.stdout.split() if name.split(".")[0] not in sys.stdlib_module_names}
    assert {name.split(".")[0] for name in new} <= {"tinynet", "numpy"}


if __name__ == "__main__":
    heart, whole = budgets()
    print(f"code lines: the heart {heart} of 1000, the package {whole} of 3500")
