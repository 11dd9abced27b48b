"""Whole processes: an import, and a training from a cold start."""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import tinynet as tn

ROOT = Path(__file__).parents[1]


def finished(*arguments):
    """What Python prints when it is run with these. What it imports is compiled beforehand, as pip
    does it for those that it installs."""
    environment = {
        key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"
    }
    command = [sys.executable, *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, env=environment, cwd=ROOT, check=True)
    return done.stdout


def imported(name):
    """A process times its own import, so that the start of Python does not count."""
    code = (
        f"from time import perf_counter as now; start = now(); import {name}; print(now() - start)"
    )
    return lambda _: float(finished("-c", code))


def trained(library, problem):
    """A process that trains a net is timed from outside. The file of its data is there before."""
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder)
    path = Path(folder) / f"{problem}.npz"
    X, labels = {"notes": planar, "digits": digits}[problem]()
    np.savez(path, X=X, labels=labels)

    def steps(_):
        start = time.perf_counter()
        finished("-m", f"benchmarks.cold.{library}", problem, str(path))
        return time.perf_counter() - start

    return steps


def cold_notes(library):
    return trained(library, "notes")


def cold_digits(library):
    return trained(library, "digits")


def planar():
    X, Y = tn.data.planar()
    return X.T.copy(), Y.ravel().astype(np.int64)


def digits():
    """1,792 pictures of 8 x 8 pixels, which is 56 batches of 32: ten pictures under noise."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, 1792)
    pictures = rng.uniform(0, 1, (10, 64))[labels]
    return (pictures + rng.normal(0, 0.4, pictures.shape)).astype(np.float32), labels
