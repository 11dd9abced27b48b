"""`python -m benchmarks.fused`: an optimizer's step played and as machine code, in turns, the best
of some rounds; and how long it takes to compile, and to find what another process compiled."""

import argparse
import subprocess
import sys
import tempfile
import time
from os import environ

import numpy as np

import tinynet as tn
from benchmarks.parts import in_turns
from tinynet.base import in_one_go
from tinynet.engine.batch import Examples
from tinynet.engine.training import Training
from tinynet.engine.work import Work
from tinynet.fused.reader import Fused
from tinynet.tape.recording import PLAYED

OPTIMIZERS = {
    "SGD": lambda: tn.SGD(0.1),
    "SGD with momentum": lambda: tn.SGD(0.1, 0.9),
    "Adam": tn.Adam,
    "AdamW": tn.AdamW,
}
SIZES = [17, 1_000, 10_000, 100_000, 1_000_000]
COMPILING = """
import time
start = time.perf_counter()
from benchmarks.fused import settled
settled("Adam", 17, "float64", True)
print(time.perf_counter() - start)
"""


def settled(name, size, dtype, machine_code):
    """The call of an update of so many parameters, so often that it takes some milliseconds."""
    rng = np.random.default_rng(0)
    model = tn.Sequential([tn.Dense(1, "sigmoid", use_bias=False)], seed=0, dtype=dtype).build(size)
    model.compile(OPTIMIZERS[name]())
    X, Y = rng.standard_normal((size, 1)).astype(dtype), np.ones((1, 1), dtype)
    work = Work(*model._compiled(), {}, reader=Fused() if machine_code else PLAYED)
    training = Training("benchmark", work, Examples(X, Y, None))
    (plan,) = training.plans.values()
    training.store.grads[...] = rng.standard_normal(size)
    times = max(3, 300_000 // (size + 1_000))
    return lambda: in_one_go(training.work.reader.ready(plan.update) * times), times


def row(name, size, dtype):
    pairs = {machine_code: settled(name, size, dtype, machine_code) for machine_code in (0, 1)}
    seconds = in_turns({key: run for key, (run, _) in pairs.items()})
    played, own = (1e6 * seconds[key] / pairs[key][1] for key in (0, 1))
    return f"| {name}, {dtype} | {size:,} | {played:.1f} | {own:.1f} | {own / played:.2f} |"


def compiled():
    """The seconds until the first update is there, in a new process; and again in the next."""
    with tempfile.TemporaryDirectory() as folder:
        command, own = [sys.executable, "-c", COMPILING], environ | {"TINYNET_CACHE": folder}
        return [float(subprocess.check_output(command, env=own, text=True)) for _ in range(2)]


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    start = time.perf_counter()
    print("| update | parameters | played, us | machine code, us | ratio |")
    print("| --- | --- | --- | --- | --- |")
    for dtype in ("float64", "float32"):
        for name in OPTIMIZERS:
            for size in SIZES:
                print(row(name, size, dtype), flush=True)
    first, next_one = compiled()
    print(f"\nin a new process {first:.2f} s with compiling, {next_one:.2f} s in the next")
    print(f"{time.perf_counter() - start:.0f} s")
