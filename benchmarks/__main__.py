"""`python -m benchmarks`: tinynet beside what a user would pick instead.

Every contender runs in a process of its own, with one thread and with two, and they take turns, so
that a noisy machine slows all of them; the better of the two numbers of threads counts, and of its
rounds the median. Who is not installed (the extra `bench`) is left out, and said to be. Then come
what each part costs, the growth of the cost, and what each trick buys. The table, with the machine
and the versions, and the figures go to benchmarks/results/.
"""

import argparse
import contextlib
import importlib.metadata
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks import growth, parts, tricks
from benchmarks.workloads import WORKLOADS

RESULTS = Path(__file__).parent / "results"
PACKAGES = ["numpy", "numba", "scikit-learn", "torch", "jax", "keras"]
NEEDS = {"tinynet, fused": "numba", "scikit-learn": "scikit-learn", "torch": "torch"}
NEEDS |= {"keras on jax": "keras", "jax": "jax"}


class Contender:
    """A worker process and its rounds."""

    def __init__(self, workload, name, threads):
        limits = dict.fromkeys(
            ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"], str(threads)
        )
        quiet = {"KERAS_BACKEND": "jax", "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"}
        command = [sys.executable, "-m", "benchmarks.worker", workload, name, str(threads)]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **limits, **quiet},
        )
        self.rounds = []
        while (line := self.process.stdout.readline()) and line != "ready\n":
            pass
        if not line:
            raise RuntimeError(f"{name} failed on {workload}")

    def round(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        self.rounds.append(float(self.process.stdout.readline()))

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


def version(package):
    """None where it is not installed."""
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        return importlib.metadata.version(package)


def installed(contender):
    package = next(
        (needed for prefix, needed in NEEDS.items() if contender.startswith(prefix)), "numpy"
    )
    return version(package) is not None


def measure(workload, rounds, threads):
    """The rounds of each contender at its better number of threads, in seconds a step."""
    there = [name for name in WORKLOADS[workload].contenders if installed(name)]
    running = {}
    try:
        for name in there:
            for count in threads:
                running[name, count] = Contender(workload, name, count)
        for _ in range(rounds):
            for contender in running.values():
                contender.round()
    finally:
        for contender in running.values():
            contender.stop()
    best = {}
    for (name, count), contender in running.items():
        if name not in best or statistics.median(contender.rounds) < statistics.median(
            best[name][0]
        ):
            best[name] = contender.rounds, count
    return best


def table(workload, best):
    """The lines of one workload: the time, and how many times tinynet's that is."""
    own = statistics.median(best["tinynet"][0])
    unit, a_second = WORKLOADS[workload].unit
    lines = [
        f"### {WORKLOADS[workload].title}",
        "",
        f"| | {unit} | threads | times tinynet | wanted: tinynet at most |",
    ]
    lines.append("| --- | ---: | ---: | ---: | --- |")
    for name in WORKLOADS[workload].contenders:
        if name not in best:
            lines.append(f"| {name} | not installed | | | |")
            continue
        median, count = statistics.median(best[name][0]), best[name][1]
        limit, verdict = WORKLOADS[workload].at_most.get(name), ""
        if limit is not None:
            kept = "kept" if own <= limit * median else "missed"
            verdict = f"{limit:.2g} x this: {own / median:.2f}, {kept}"
        lines.append(
            f"| {name} | {median * a_second:,.1f} | {count} | {median / own:.2f} | {verdict} |"
        )
    return [*lines, ""]


def machine():
    cpu = platform.processor() or platform.machine()
    with contextlib.suppress(OSError):
        info = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        cpu = next(
            (line.split(":", 1)[1].strip() for line in info if line.startswith("model name")), cpu
        )
    versions = [f"{name} {version(name)}" for name in PACKAGES if version(name)]
    where = f"{cpu}, {os.cpu_count()} cores, {platform.system()}"
    return f"{where}; Python {platform.python_version()}, {', '.join(versions)}."


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "workloads",
        nargs="*",
        choices=[[], *WORKLOADS, "parts", "growth", "tricks"],
        default=[],
        help="default: all",
    )
    parser.add_argument(
        "--rounds", type=int, default=7, help="rounds, of which the median counts (default: 7)"
    )
    parser.add_argument(
        "--threads",
        type=int,
        nargs="+",
        default=[1, 2],
        help="numbers of threads to try (default: 1 2)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=RESULTS,
        help="where table and figures go (default: benchmarks/results)",
    )
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    report = Report(options.out / "table.md")
    report.add(
        [
            (
                f"Measured on {time.strftime('%Y-%m-%d')}, median of {options.rounds} rounds in "
                f"turns. {machine()}"
            ),
            "",
        ]
    )
    chosen = options.workloads or [*WORKLOADS, "parts", "growth", "tricks"]
    measured = {}
    for workload in chosen:
        if workload in WORKLOADS:
            measured[workload] = measure(workload, options.rounds, options.threads)
            report.add(table(workload, measured[workload]))
    if "parts" in chosen:
        report.add(parts.lines())
    points = growth.series() if "growth" in chosen else []
    if points:
        report.add(growth.table(points))
    if "tricks" in chosen:
        report.add(tricks.lines())
    draw(measured, points, options.out)


class Report:
    """Lines that are printed and kept."""

    def __init__(self, path):
        self.path, self.text = path, ""

    def add(self, lines):
        for line in lines:
            print(line, flush=True)
            self.text += f"{line}\n"
            self.path.write_text(self.text, encoding="utf-8")


def draw(measured, points, folder):
    try:
        from benchmarks import figures
    except ImportError:
        print("no figures: matplotlib is not installed (the extra `bench`)")
        return
    if measured:
        figures.peers(measured, folder / "peers.png")
    if points:
        figures.growth(points, folder / "growth.png")


if __name__ == "__main__":
    main()
