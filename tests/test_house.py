"""The package: which folder may import which, how long its parts may be, and that it needs only
numpy.

`python -m tests.test_house` prints the line budgets.
"""

import ast
import io
import re
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = {path.relative_to(ROOT).as_posix(): path for path in (ROOT / "tinynet").rglob("*.py")}
DESIGN = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(\w+)` \| [^|]+ \| ([\w, ]*)\|$", re.MULTILINE)
MAY_IMPORT = {room: set(re.findall(r"\w+", allowed)) for room, allowed in ROW.findall(DESIGN)}
KINDS = ["activations", "layers", "losses", "optimizers", "metrics"]
HEART = ["tinynet/base/", "tinynet/net/", *(f"tinynet/{kind}/base.py" for kind in KINDS[:4])]
# what the base classes are made of
HEART += [f"tinynet/optimizers/{name}.py" for name in ("learnable", "limits", "together")]
HEART += ["tinynet/layers/running.py", "tinynet/layers/row.py", "tinynet/losses/weights.py"]
BUDGETS = {
    "base, the four base classes with what they are made of, net": (HEART, 1570),
    "tape": (["tinynet/tape/"], 390),
    "engine": (["tinynet/engine/"], 615),
    "fused": (["tinynet/fused/"], 550),
}
PART, FILE, LINE = 45, 350, 100
HELPERS = ["in_float64", "initializers", "learnable", "regularizers", "same_width", "schedules"]
HELPERS += [
    "sums",
    "weights",
    "row",
    "nested",
    "activate",
    "together",
    "limits",
    "epochs",
    "running",
]


def room_of(name):
    return name.split("/")[1].removesuffix(".py")


def modules(path):
    """The modules of the package that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("tinynet"):
            inner = node.module.split(".")[1:]
            found = [[*inner, alias.name] for alias in node.names]
            yield from found if len(inner) < 2 else [inner]


def test_the_arrows_are_those_of_the_table():
    rooms = {room_of(name) for name in FILES} - {"__init__", "__main__"}
    assert rooms == MAY_IMPORT.keys()
    for name, path in FILES.items():
        room = room_of(name)
        if room in MAY_IMPORT:
            assert {first for first, *_ in modules(path)} - {room} <= MAY_IMPORT[room], name


def test_the_arrows_make_no_circle():
    done = set()
    while len(done) < len(MAY_IMPORT):
        ready = {room for room, below in MAY_IMPORT.items() if below <= done} - done
        assert ready
        done |= ready


@pytest.mark.parametrize("kind", KINDS)
def test_a_part_imports_its_base_and_no_sibling(kind):
    """What no part is: a part may import it."""
    for name, path in FILES.items():
        if room_of(name) == kind and not name.endswith("__init__.py"):
            own = {inner for first, *rest in modules(path) if first == kind for inner in rest[:1]}
            assert own <= {"base", *HELPERS}, name


LAZY = {"tinynet/plots.py": ["matplotlib.figure"], "tinynet/callbacks/progress.py": ["tqdm.auto"]}
LAZY["tinynet/model/compiled.py"] = ["tinynet.source.module"]  # which takes a tenth of the import
LAZY["tinynet/fused/kernel.py"] = ["tinynet.fused.intrinsics", "numba", "numba"]


def test_no_lazy_import_but_of_what_takes_long():
    for name, path in FILES.items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        inner = [n for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) for n in ast.walk(f)]
        lazy = [n.module for n in inner if isinstance(n, ast.ImportFrom)]
        lazy += [a.name for n in inner if isinstance(n, ast.Import) for a in n.names]
        assert lazy == LAZY.get(name, []), name


def lines_of_code(path):
    """Which lines have code, that is no blank, comment or docstring."""
    text = path.read_text(encoding="utf-8")
    docstrings = set()
    for node in ast.walk(ast.parse(text)):
        documented = isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
        if documented and ast.get_docstring(node) is not None:
            docstrings |= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    skip = {"COMMENT", "NL", "NEWLINE", "INDENT", "DEDENT", "ENDMARKER"}
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    code = [t for t in tokens if tokenize.tok_name[t.type] not in skip]
    return {line for t in code for line in range(t.start[0], t.end[0] + 1)} - docstrings


def total(places):
    return sum(len(lines_of_code(p)) for name, p in FILES.items() if name.startswith(tuple(places)))


@pytest.mark.parametrize("budget", BUDGETS)
def test_the_house_stays_small(budget):
    places, most = BUDGETS[budget]
    assert total(places) <= most


def test_a_part_is_short():
    for name, path in FILES.items():
        if room_of(name) in KINDS and not name.endswith("base.py"):
            code = lines_of_code(path)
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef):
                    own = code & set(range(node.lineno, node.end_lineno + 1))
                    assert len(own) <= PART, node.name


def test_files_and_lines_are_short():
    for folder in ("tinynet", "tests", "benchmarks", "docs/examples"):
        for path in (ROOT / folder).rglob("*.py"):
            lines = path.read_text(encoding="utf-8").splitlines()
            assert len(lines) <= FILE, path.name
            assert max(map(len, lines), default=0) <= LINE, path.name


def test_a_dense_layer_fits_on_a_page():
    tree = ast.parse(FILES["tinynet/layers/dense.py"].read_text(encoding="utf-8"))
    (dense,) = [n for n in tree.body if isinstance(n, ast.ClassDef)]
    assert dense.end_lineno - dense.lineno < 90


def test_numpy_is_all_that_importing_needs():
    code = "import sys, numpy; base = set(sys.modules)\n"
    code += "import tinynet; print(*set(sys.modules) - base)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    new = {name.split(".")[0] for name in done.stdout.split()}
    assert new - set(sys.stdlib_module_names) <= {"tinynet", "numpy"}


if __name__ == "__main__":
    for title, (places, most) in BUDGETS.items():
        print(f"code lines: {title} {total(places)} of {most}")
    print(f"code lines: the package {total(['tinynet/'])}")
