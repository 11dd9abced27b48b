"""`fit` on the notes' net against the notes' own loop: `python -m benchmarks.planar` from the checkout.

Both train 2-4-1 on the flower, 400 examples, gradient descent, float64, and keep the cost of every step. They take turns
in one process, so that a noisy machine slows both; the medians and the median ratio are what counts.
"""

import platform
import statistics
import sys
import time

import numpy as np

import tinynet as tn
from tests import notes

STEPS, ROUNDS, AT_MOST = 2000, 9, 1.3


def fitted(X, Y, metrics):
    model = tn.Sequential([tn.Dense(4, tn.tanh), tn.Dense(1, tn.sigmoid)], seed=3)
    model.compile(tn.SGD(1.2), loss=tn.BinaryCrossEntropy(), metrics=metrics)
    return lambda: model.fit(X, Y, epochs=STEPS, verbose=0)


def seconds(job):
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def main():
    X, Y = tn.data.planar()
    jobs = {
        "the notes' loop": lambda: notes.nn_model(X, Y, 4, STEPS),
        "fit": fitted(X, Y, []),
        "fit, accuracy of every epoch too": fitted(X, Y, ["accuracy"]),
    }
    for job in jobs.values():
        job()
    rounds = [{name: seconds(job) for name, job in jobs.items()} for _ in range(ROUNDS)]
    print(f"Python {platform.python_version()}, numpy {np.__version__}, {platform.machine()}; median of {ROUNDS} rounds")
    ratios = {}
    for name in jobs:
        ratios[name] = statistics.median(r[name] / r["the notes' loop"] for r in rounds)
        microseconds = statistics.median(r[name] for r in rounds) / STEPS * 1e6
        print(f"{name:34} {microseconds:6.1f} us per step   {ratios[name]:.2f} x the notes' loop")
    return 0 if ratios["fit"] <= AT_MOST else 1


if __name__ == "__main__":
    sys.exit(main())
