"""How many planted faults the tests find: the source with one small change at a time.

`python -m tests.mutation cover` runs the tests once and notes which lines each test runs, and how
long it takes.
`python -m tests.mutation run [tinynet/losses ...] [--share 0.1] [--seconds 20]` goes module by
module over the changes that were not tried yet, and runs the tests that run the changed line, the
quickest first, until one fails or the time is up. `--again` tries those that no test found and that
have no reason, with `--tests tests/test_new.py` on tests that `cover` has not seen; `--imports`
tries changes of what a module does when it is imported.
`python -m tests.mutation report` prints the score of each module and the changes that no test
found, with the reasons in tests/survivors.csv. What was found is kept in .mutation/, so a run goes
on where it stopped; a function that was edited begins anew.

A change within a function is put in the place of the function's code, in a process that has
collected all tests; a change of what a module does when it is imported wants a new import.
"""

import argparse
import csv
import gc
import importlib.abc
import importlib.util
import json
import os
import random
import select
import signal
import sys
import time
from pathlib import Path

import coverage
import hypothesis  # noqa: F401 - so that a child need not import it
import mpmath  # noqa: F401
import pytest

from tests.mutants import living, mutants, new_functions

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / ".mutation"
COVERED, TOOK, RESULTS = FOLDER / "covered", FOLDER / "took.json", FOLDER / "results.json"
REASONS = Path(__file__).with_name("survivors.csv")
OPTIONS = ["-q", "-p", "no:cacheprovider", "--tb=no"]
OPTIONS += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
IMPORTED = 1000, 0.3  # so many tests of at most so many seconds look at a module imported anew


# ---- a process for each change


def ends_in_time(child, reader, allowed):
    """The exit of a child that writes when it begins a test; None if a test took too long."""
    os.close(reader[1])
    while select.select([reader[0]], [], [], allowed)[0]:
        if not os.read(reader[0], 1):
            os.close(reader[0])
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.close(reader[0])
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def forked(work, allowed):
    """The exit of work(begin) in a process of its own, in silence."""
    pipe = os.pipe()
    child = os.fork()
    if not child:
        os.setsid()
        silence = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silence, stream)
        code = 1
        try:
            code = work(lambda: os.write(pipe[1], b"."))
        finally:
            os._exit(code)
    return ends_in_time(child, pipe, allowed)


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from other code."""

    def __init__(self, path, code):
        parts = path.relative_to(ROOT).with_suffix("").parts
        self.name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        self.path, self.code = path, code

    def find_spec(self, name, path=None, target=None):
        if name != self.name:
            return None
        inner = [str(self.path.parent)] if self.path.name == "__init__.py" else None
        spec = importlib.util.spec_from_loader(name, self, origin=str(self.path))
        spec.submodule_search_locations, spec.has_location = inner, True
        return spec

    def exec_module(self, module):
        exec(self.code, vars(module))


class Quick:
    """A plugin of pytest that ends the process with the first test that fails, or in time."""

    def __init__(self, begin, seconds):
        self.begin, self.end = begin, time.monotonic() + seconds

    def pytest_runtest_logstart(self, nodeid, location):
        if time.monotonic() > self.end:
            os._exit(0)
        self.begin()

    def pytest_runtest_logreport(self, report):
        if report.failed:
            os._exit(1)


def imported(path, code, tests, seconds):
    """Whether a test fails that imports the module anew."""

    def work(begin):
        sys.meta_path.insert(0, Finder(path, code))
        return int(pytest.main([*OPTIONS, *tests], plugins=[Quick(begin, seconds)]))

    return forked(work, allowed=120) not in (0, 5)  # 5: there was no test


def replaced(functions, items, seconds, allowed):
    """Whether a test fails with other code of functions, which are (function, code)."""

    def work(begin):
        for function, code in functions:
            function.__code__ = code
        quick = Quick(begin, seconds)
        items[0].config.pluginmanager.register(quick)
        for item, after in zip(items, [*items[1:], None], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
        return 0

    return forked(work, allowed) != 0


# ---- the tests of a change


class Coverage:
    """A plugin of pytest that notes for each test what it runs, and how long it takes."""

    def __init__(self):
        self.coverage = coverage.Coverage(str(COVERED), branch=True, source=["tinynet"])
        self.coverage.set_option("run:relative_files", True)
        self.took = {}

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item):
        self.coverage.switch_context(item.nodeid)
        start = time.monotonic()
        yield
        self.took[item.nodeid] = time.monotonic() - start
        self.coverage.switch_context("")


def cover():
    FOLDER.mkdir(exist_ok=True)
    plugin = Coverage()
    plugin.coverage.start()
    code = pytest.main([*OPTIONS], plugins=[plugin])
    plugin.coverage.stop()
    plugin.coverage.save()
    TOOK.write_text(json.dumps(plugin.took, indent=0))
    return code


def covering(path, took):
    """Which tests run each line of a module, and under 0 any of it; the quickest first."""
    data = coverage.CoverageData(str(COVERED))
    data.read()
    lines = data.contexts_by_lineno(str(path.relative_to(ROOT)))
    lines[0] = {test for own in lines.values() for test in own}
    return {n: sorted((t for t in own if t in took), key=took.get) for n, own in lines.items()}


# ---- commands


def reasons():
    """Why no test finds a change: by module, line and change."""
    with REASONS.open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        return {(row["module"], row["line"], row["change"]): row["reason"] for row in rows}


def lines_of(path):
    return [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]


class Run:
    """Tries changes; as a plugin of pytest those within functions, with the tests it collected."""

    def __init__(self, given):
        self.given, self.items, self.took = given, {}, json.loads(TOOK.read_text())
        self.results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        self.reasons = reasons()

    def modules(self):
        chosen = [ROOT / one for one in self.given.modules or ["tinynet"]]
        return [
            p for one in chosen for p in ([one] if one.is_file() else sorted(one.rglob("*.py")))
        ]

    def wanted(self, name, key, own, place):
        if key in own:
            return self.given.again and not own[key] and place not in self.reasons
        return random.Random(name + key).random() < self.given.share

    def try_all(self, trial):
        """trial(path, old code, new code, tests) is True, False, or None: not of its kind."""
        for path in self.modules():
            name = str(path.relative_to(ROOT))
            own, text = self.results.setdefault(name, {}), lines_of(path)
            tests, old = covering(path, self.took), compile(path.read_text(), str(path), "exec")
            for key, line, make in mutants(path):
                # what is run by an import alone is run by no test alone
                own_tests = (not self.given.imports and tests.get(line)) or tests[0]
                ids = self.given.tests or own_tests
                if self.wanted(name, key, own, (name, text[line - 1], key.partition(" ")[2])):
                    found = trial(path, old, make(), ids) if ids else False
                    if found is not None:
                        own[key] = found
                        RESULTS.write_text(json.dumps(self.results, indent=0))
                    if found is False:
                        print(f"{name}:{line}: {key}: not found", file=sys.__stderr__, flush=True)

    def by_import(self, path, old, new, ids):
        if new_functions(old, new) is not None:
            return None
        if self.given.tests:
            return imported(path, new, self.given.tests, self.given.seconds)
        # a doctest imports its module by its path, as it stands there
        ids = [one for one in ids if one.startswith("tests/")]
        quick = [one for one in ids if self.took[one] < IMPORTED[1]]
        some = random.Random(str(path)).sample(quick, min(len(quick), IMPORTED[0]))
        return imported(path, new, some, self.given.seconds)

    def in_place(self, path, old, new, ids):
        pairs = new_functions(old, new)
        if pairs is None:
            return None
        functions = [(one, b) for a, b in pairs for one in self.functions.get(a, [])]
        chosen = self.items if self.given.tests else ids
        items = [self.items[one] for one in chosen if one in self.items]
        allowed = 10 + 5 * max(self.took.get(one, 10) for one in ids)
        return bool(items) and replaced(functions, items, self.given.seconds, allowed)

    def pytest_runtestloop(self, session):
        self.items = {item.nodeid: item for item in session.items}
        self.functions = living()
        gc.freeze()
        self.try_all(self.in_place)
        return True


def report():
    said, results, used = reasons(), json.loads(RESULTS.read_text()), set()
    total, caught, left = 0, 0, 0
    for path in sorted((ROOT / "tinynet").rglob("*.py")):
        name, text = str(path.relative_to(ROOT)), lines_of(path)
        own, all_of_them = results.get(name, {}), [*mutants(path)]
        tried = [(key, line) for key, line, _ in all_of_them if key in own]
        n = sum(own[key] for key, _ in tried)
        total, caught, left = total + len(tried), caught + n, left + len(all_of_them) - len(tried)
        print(f"{name}: {n} of {len(tried)}, {len(all_of_them) - len(tried)} not tried")
        for key, line in tried:
            if not own[key]:
                place = name, text[line - 1], key.partition(" ")[2]
                reason = said.get(place)
                used.add(place)
                left += reason is None
                print(f"    {line}: {place[1]}: {place[2]}: {reason or 'NO REASON'}")
    for place in sorted(said.keys() - used):
        print(f"found, or no such change: {', '.join(place)}")
    print(f"{caught} of {total} changes found, {100 * caught / max(1, total):.1f} %")
    return left


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["cover", "run", "report"])
    parser.add_argument("modules", nargs="*")
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--tests", action="append", default=[])
    parser.add_argument("--imports", action="store_true")
    given = parser.parse_intermixed_args()
    os.chdir(ROOT)
    if given.what == "cover":
        sys.exit(cover())
    elif given.what == "run":
        one = Run(given)
        if given.imports:
            one.try_all(one.by_import)
        else:
            sys.exit(pytest.main([*OPTIONS, "-s", *given.tests], plugins=[one]))
    else:
        sys.exit(bool(report()))
