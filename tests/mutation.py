"""How many planted faults the tests find: the source with one small change at a time.

`python -m tests.mutation cover` runs the tests once and notes which lines each test runs.
`python -m tests.mutation run [--share 0.1] [tinynet/losses ...]` goes module by module over the
changes that were not tried yet, and runs the tests that run the changed line, until one fails.
`python -m tests.mutation report` prints the score of each module and the changes that no test
found, with the reasons in tests/survivors.csv. What was found is kept in .mutation/, so a run goes
on where it stopped; a module that was edited begins anew.
"""

import argparse
import ast
import copy
import csv
import hashlib
import importlib.abc
import importlib.util
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import coverage
import hypothesis  # noqa: F401 - so that a child need not import it
import mpmath  # noqa: F401
import pytest

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / ".mutation"
COVERED, RESULTS = FOLDER / "covered", FOLDER / "results.json"
REASONS = Path(__file__).with_name("survivors.csv")
LONGEST = 240  # seconds of the tests of one change; then it hangs, and is found
MOST = 40  # test functions for one change, those that run the fewest lines first
SWAPPED = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Div, ast.Mod: ast.Mult, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip


# ---- changes


def changes(node):
    """What a node can be changed to, each with a name."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPPED:
        yield "comparison", lambda n: n.ops.__setitem__(0, SWAPPED[type(n.ops[0])]())
    elif isinstance(node, (ast.BinOp, ast.AugAssign, ast.BoolOp)) and type(node.op) in SWAPPED:
        yield type(node.op).__name__, lambda n: setattr(n, "op", SWAPPED[type(n.op)]())
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield "sign", lambda n: setattr(n, "op", ast.UAdd())
    elif isinstance(node, (ast.If, ast.IfExp, ast.While)):
        yield "condition", lambda n: setattr(n, "test", ast.UnaryOp(ast.Not(), n.test))
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float, bool):
        value = node.value
        new = not value if type(value) is bool else value + 1 if value in (0, 1) else 2 * value
        yield f"{value} to {new}", lambda n: setattr(n, "value", new)
    elif isinstance(node, ast.Return) and node.value is not None:
        yield "return None", lambda n: setattr(n, "value", ast.Constant(None))
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield "no call", lambda n: setattr(n, "value", ast.Constant(None))


def nodes(tree):
    """The nodes that are run: no annotations, which only a type checker reads."""
    for field, value in ast.iter_fields(tree):
        if field in ("annotation", "returns", "type_params"):
            continue
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, ast.AST):
                yield one
                yield from nodes(one)


def mutants(path):
    """The changes of a module: (name, line, source)."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for i, node in enumerate(nodes(tree)):
        for name, change in changes(node):
            other = copy.deepcopy(tree)
            change([*nodes(other)][i])
            yield f"{i} {name}", node.lineno, ast.unparse(ast.fix_missing_locations(other))


# ---- the tests of a change


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from another source."""

    def __init__(self, name, path, source):
        self.name, self.path, self.source = name, path, source

    def find_spec(self, name, path=None, target=None):
        if name != self.name:
            return None
        inner = [str(self.path.parent)] if self.path.name == "__init__.py" else None
        spec = importlib.util.spec_from_loader(name, self, origin=str(self.path))
        spec.submodule_search_locations, spec.has_location = inner, True
        return spec

    def exec_module(self, module):
        exec(compile(self.source, str(self.path), "exec"), vars(module))


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def found(path, source, tests):
    """Whether one of the tests fails with this source; in a process of its own."""
    child = os.fork()
    if not child:
        os.setsid()
        silence = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silence, stream)
        sys.meta_path.insert(0, Finder(module_name(path), path, source))
        code = 1
        try:
            options = ["-x", "-q", "-p", "no:cacheprovider", "--tb=no", "-o", "addopts="]
            options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
            code = int(pytest.main([*options, *tests]))
        finally:
            os._exit(code)
    start, status = time.monotonic(), None
    while status is None and time.monotonic() - start < LONGEST:
        ended, status = os.waitpid(child, os.WNOHANG)
        status = status if ended else None
        time.sleep(0.02)
    if status is None:
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return True
    # 0: all passed; 5: there was no test
    return os.waitstatus_to_exitcode(status) not in (0, 5)


def covering(path):
    """Which tests run each line of a module, and under 0 any of it; those that run the fewest lines
    of all first."""
    data = coverage.CoverageData(str(COVERED))
    data.read()
    size = {}
    for file in data.measured_files():
        for contexts in data.contexts_by_lineno(file).values():
            for test in contexts:
                size[test] = size.get(test, 0) + 1
    lines = data.contexts_by_lineno(str(path))
    lines[0] = {test for own in lines.values() for test in own}
    return {n: sorted(filter(None, own), key=size.get) for n, own in lines.items()}


def ids_of(contexts):
    """tests.test_x.test_y as pytest names it, for the first of them."""
    parts = [context.rpartition(".") for context in contexts]
    ids = (f"{module.replace('.', '/')}.py::{function}" for module, _, function in parts)
    return [*dict.fromkeys(ids)][:MOST]


# ---- commands


def cover():
    FOLDER.mkdir(exist_ok=True)
    settings = FOLDER / "coveragerc"
    settings.write_text("[run]\ndynamic_context = test_function\nbranch = true\nsource = tinynet\n")
    command = [sys.executable, "-m", "coverage", "run", f"--rcfile={settings}"]
    command += [f"--data-file={COVERED}", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    os.execv(sys.executable, [*command, "tests"])


def results():
    return json.loads(RESULTS.read_text()) if RESULTS.exists() else {}


def modules(chosen):
    found = [p for one in chosen or ["tinynet"] for p in sorted((ROOT / one).rglob("*.py"))]
    return [*found, *(ROOT / one for one in chosen if one.endswith(".py"))]


def run(chosen, share):
    for path in modules(chosen):
        name, digest = str(path.relative_to(ROOT)), hashlib.sha256(path.read_bytes()).hexdigest()
        own, tests = results().get(name, {}), covering(path)
        own = own if own.get("digest") == digest else {"digest": digest}
        if tests[0] and found(path, path.read_text(encoding="utf-8"), ids_of(tests[0])):
            print(f"{name}: left out, its tests fail or take too long as it is", flush=True)
            continue
        for key, line, changed in mutants(path):
            if key in own or random.Random(name + key).random() >= share:
                continue
            # what is run by an import alone is run by no test alone
            ids = ids_of(tests.get(line) or tests[0])
            own[key] = [line, bool(ids) and found(path, changed, ids)]
            RESULTS.write_text(json.dumps({**results(), name: own}, indent=0))
            if not own[key][1]:
                print(f"{name}:{line}: {key}: not found", flush=True)


def report():
    with REASONS.open(newline="", encoding="utf-8") as file:
        reasons = {
            (row["module"], row["line"], row["change"]): row["reason"]
            for row in csv.DictReader(file)
        }
    total, caught, unexplained = 0, 0, 0
    for name, own in sorted(results().items()):
        text = (ROOT / name).read_text(encoding="utf-8").splitlines()
        said = [(key, *value) for key, value in own.items() if key != "digest"]
        n = sum(bool(one[2]) for one in said)
        total, caught = total + len(said), caught + n
        print(f"{name}: {n} of {len(said)}")
        for key, line, found_it in said:
            if not found_it:
                change = key.partition(" ")[2]
                reason = reasons.get((name, text[line - 1].strip(), change))
                unexplained += reason is None
                print(f"    {line}: {text[line - 1].strip()}: {change}: {reason or 'NO REASON'}")
    print(f"{caught} of {total} changes found, {100 * caught / max(1, total):.1f} %")
    return unexplained


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["cover", "run", "report"])
    parser.add_argument("modules", nargs="*")
    parser.add_argument("--share", type=float, default=1.0)
    given = parser.parse_args()
    os.chdir(ROOT)
    if given.what == "cover":
        cover()
    elif given.what == "run":
        run(given.modules, given.share)
    else:
        sys.exit(bool(report()))
