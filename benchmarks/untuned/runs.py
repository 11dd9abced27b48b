"""The processes that train, and the file that keeps what they found, so that a run that was ended
goes on where it was."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.untuned.sets import split

ROOT = Path(__file__).parents[2]
LIBRARIES = {
    "tinynet": "tinynet",
    "scikit-learn": "sklearn",
    "keras on jax": "keras",
    "torch": "torch",
}
STARTS = {"He": "tinynet:he", "Glorot": "tinynet:glorot", "LeCun": "tinynet:lecun"}
WHO = {**LIBRARIES, **STARTS}
QUIET = {"KERAS_BACKEND": "jax", "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"}
ONE_THREAD = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"]


class Run(NamedTuple):
    """One training. `cold`: in a process of its own, timed from outside."""

    who: str
    name: str
    variant: str
    seed: int
    cold: bool = False


def started(who, epochs, paths):
    environment = {**os.environ, **QUIET, **dict.fromkeys(ONE_THREAD, "1")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-m", "benchmarks.untuned.worker", WHO[who], str(epochs), *paths]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT)


class Kept:
    """The results by Run, in a file of JSON lines that grows. All are of as many epochs."""

    def __init__(self, path, epochs):
        self.path, self.epochs, self.found = path, epochs, {}
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        for line in lines:
            run, result = json.loads(line)
            if result["epochs"] == epochs:
                self.found[Run(*run)] = result

    def add(self, run, result):
        self.found[run] = result = {**result, "epochs": self.epochs}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps([run, result])}\n")

    def make(self, runs):
        """Those that are not there yet; runs of one library and set share a process, but for the
        cold ones."""
        missing = [run for run in runs if run not in self.found]
        groups = {}
        for run in missing:
            groups.setdefault(run if run.cold else (run.who, run.name), []).append(run)
        for i, group in enumerate(groups.values(), 1):
            self.train(group)
            first = group[0]
            how = "cold" if first.cold else f"{len(group)} runs"
            print(f"{i} of {len(groups)}: {first.who}, {first.name}, {how}", flush=True)

    def train(self, group):
        with tempfile.TemporaryDirectory() as folder:
            paths = [str(Path(folder) / f"{i}.npz") for i in range(len(group))]
            for run, path in zip(group, paths, strict=True):
                np.savez(path, **split(run.name, run.variant, run.seed))
            begun = time.perf_counter()
            with started(group[0].who, self.epochs, paths) as process:
                for run in group:
                    line = process.stdout.readline()
                    if not line:
                        raise RuntimeError(f"{run} failed")
                    result = json.loads(line)
                    if run.cold:
                        process.wait()
                        result["process"] = time.perf_counter() - begun
                    self.add(run, result)
