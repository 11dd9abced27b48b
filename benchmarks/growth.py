"""How the cost grows: time and peak memory of a training, an example and an epoch, over examples,
units and layers."""

import time
import tracemalloc

import numpy as np

import tinynet as tn

SERIES = {
    "examples m, 2-4-1": [100, 1000, 10_000, 100_000, 1_000_000],
    "hidden units n_h, 2-n_h-1, 1,000 examples": [1, 4, 16, 64, 256, 1024, 4096],
    "layers of 32 units, 1,000 examples": [1, 2, 4, 8, 16, 32, 64],
}
SECONDS = 0.5  # of training a point


def problem(series, n):
    """m, and the layers' widths."""
    if series.startswith("examples"):
        return n, [4, 1]
    return 1000, [n, 1] if series.startswith("hidden") else [*[32] * n, 1]


def measured(m, widths):
    """ns and bytes an example."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((2, m))
    Y = (X[:1] * X[1:] > 0).astype(float)

    def fit(epochs):
        model = tn.Sequential(
            [*(tn.Dense(n, "tanh") for n in widths[:-1]), tn.Dense(1, "sigmoid")], seed=0
        )
        model.compile(tn.SGD(0.01))
        start = time.perf_counter()
        model.fit(X, Y, epochs=epochs, verbose=0)
        return time.perf_counter() - start

    few = fit(4)
    epochs = int(max(10, min(5000, SECONDS / few * 4)))
    seconds = [
        fit(2 * epochs) - fit(epochs) for _ in range(5)
    ]  # what settling the step costs cancels
    tracemalloc.start()
    fit(4)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return sorted(seconds)[2] / epochs / m * 1e9, peak / m


def series():
    """(series, n, ns, bytes) for each point."""
    return [
        (name, n, *measured(*problem(name, n))) for name, sizes in SERIES.items() for n in sizes
    ]


def table(points):
    lines = [
        "### How the cost grows: a training of tanh layers and a sigmoid, full batch, SGD, float64",
        "",
    ]
    lines += [
        "| | | ns an example and epoch | bytes an example, at the peak |",
        "| --- | ---: | ---: | ---: |",
    ]
    return [
        *lines,
        *(f"| {name} | {n:,} | {ns:,.1f} | {size:,.0f} |" for name, n, ns, size in points),
        "",
    ]


if __name__ == "__main__":
    print("\n".join(table(series())))
