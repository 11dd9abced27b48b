"""What tinynet promises, and what shows it: writes RELIABILITY.md from tests/promises.csv.

`python -m tests.reliability` runs the tests of each promise, in the long form those that have one,
and fails if one of them fails, or if a promise has none. In the table `tests` are files, or files
and functions; in `figure` {n} is how many tests there are, and {times} how often their long forms
tried, in all.
"""

import csv
import datetime
import re
import subprocess
import sys
from itertools import groupby
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "RELIABILITY.md"
HEAD = """# What is promised, and what shows it

Written by `python -m tests.reliability` on {date}, from {cases:,} tests, all of which passed, in
their long form if they have one ({minutes} minutes; Python {python}, numpy {numpy}).
`python -m pytest -m long tests` runs the long forms alone; all others are in every run. What others
do was measured once, in November 2026, on one machine.
"""


def promises():
    with Path(__file__).with_name("promises.csv").open(newline="", encoding="utf-8") as file:
        return [*csv.DictReader(file)]


def ids(promise):
    return [f"tests/{one}" for one in promise["tests"].split()]


def ran(*arguments):
    """Run tests; of each its name, and how often its long form tried. None may be skipped."""
    path, found = ROOT / ".reliability.xml", []
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += [f"--junitxml={path}", "-o", "junit_family=xunit1"]
    subprocess.run([*command, *arguments], cwd=ROOT, check=True)
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        file = case.get("classname").replace(".", "/") + ".py"
        name = re.sub(r"\[.*", "", case.get("name"))
        times = [int(p.get("value")) for p in case.iter("property") if p.get("name") == "times"]
        if case.find("skipped") is not None:
            sys.exit(f"{file}::{name} was skipped: install the extra dev")
        found.append((f"{file}::{name}", sum(times)))
    path.unlink()
    return found


def tried(found, chosen):
    """How often each test of these tried."""
    return [n for test, n in found if test == chosen or test.startswith(f"{chosen}::")]


def row(promise, found):
    """The promise's line of the page; an error if no test shows it."""
    own = []
    for one in ids(promise):
        if not tried(found, one):
            sys.exit(f"no test shows that {promise['promise']}: {one}")
        own += tried(found, one)
    if "{times" in promise["figure"] and not sum(own):
        sys.exit(f"no test counts for {promise['promise']}")
    figure = promise["figure"].format(n=len(own), times=sum(own))
    command = f"`pytest {'-m long ' if sum(own) else ''}{' '.join(ids(promise))}`"
    return f"| {promise['promise']} | {figure} | {promise['others']} | {command} |\n"


def page(found, minutes):
    python = sys.version.split()[0]
    today, cases = datetime.date.today(), len(found)
    text = HEAD.format(
        date=today, cases=cases, minutes=minutes, python=python, numpy=np.__version__
    )
    for title, own in groupby(promises(), lambda one: one["part"]):
        text += f"\n## {title}\n\n| promise | figure | others | command |\n"
        text += "| --- | --- | --- | --- |\n" + "".join(row(one, found) for one in own)
    return text


if __name__ == "__main__":
    start = datetime.datetime.now()
    chosen = dict.fromkeys(one for promise in promises() for one in ids(promise))
    found = ran("-m", "not long", *chosen) + ran("-m", "long", "tests")  # the short ones first
    minutes = round((datetime.datetime.now() - start).seconds / 60)
    PAGE.write_text(page(found, minutes), encoding="utf-8")
