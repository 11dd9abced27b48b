"""`python -m benchmarks.estimators`: MLPClassifier and MLPRegressor beside scikit-learn's own.

Both fit the same data with the same arguments and the same number of epochs, taking turns; then
each predicts one row, and 100,000. Of the rounds the medians are compared. The score is that on a
held-out quarter, over as many seeds as are asked for, trained as long as each likes.
"""

import argparse
import statistics
import time
import warnings
from functools import partial
from pathlib import Path

import numpy as np

RESULTS = Path(__file__).parent / "results" / "estimators.md"
HEAD = """| data, solver | fit | predict 1 | predict 100,000 | score | scikit-learn's |
| --- | ---: | ---: | ---: | ---: | ---: |
"""


def data():
    """Name: (X, y, the class, epochs of a timed fit)."""
    from sklearn import datasets
    from sklearn.preprocessing import scale

    rng = np.random.default_rng(0)
    wide = rng.random((5000, 784))
    labels = (wide[:, :200].sum(axis=1)[:, np.newaxis] > [98, 100, 102]).sum(axis=1)
    friedman, values = datasets.make_friedman1(1000, noise=1.0, random_state=0)
    found = {
        "digits": (*datasets.load_digits(return_X_y=True), "MLPClassifier", 60),
        "breast_cancer": (*datasets.load_breast_cancer(return_X_y=True), "MLPClassifier", 100),
        "5,000 x 784": (wide, labels, "MLPClassifier", 6),
        "friedman1": (friedman, scale(values), "MLPRegressor", 100),
    }
    return {name: (scale(X), *others) for name, (X, *others) in found.items()}


def timed(call, times=1):
    begun = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - begun) / times


def measured(kinds, X, y, solver, epochs, rounds):
    """The medians of the times, ours over theirs: of fit, of a row, of 100,000."""
    many = np.resize(X, (100_000, X.shape[1]))
    taken = {kind: [[], [], []] for kind in kinds}
    for _ in range(rounds):
        for kind in kinds:
            settings = {"max_iter": epochs, "tol": 0.0, "n_iter_no_change": 10**6}
            net = kind(solver=solver, random_state=0, **settings)
            fit, one, all_of_them = taken[kind]
            fit.append(timed(partial(net.fit, X, y)))
            one.append(timed(partial(net.predict, X[:1]), 200))
            all_of_them.append(timed(partial(net.predict, many)))
    ours, theirs = ([statistics.median(own) for own in taken[kind]] for kind in kinds)
    return [a / b for a, b in zip(ours, theirs, strict=True)]


def scored(kind, X, y, solver, seeds):
    """The scores on a held-out quarter."""
    from sklearn.model_selection import train_test_split

    found = []
    for seed in range(seeds):
        X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=seed)
        net = kind(solver=solver, random_state=seed).fit(X_train, y_train)
        found.append(net.score(X_test, y_test))
    spread = statistics.stdev(found) if seeds > 1 else 0.0
    return f"{statistics.mean(found):.4f} ± {spread:.4f}"


def main(arguments=None):
    from sklearn import neural_network

    from tinynet import estimators

    parser = argparse.ArgumentParser(prog="python -m benchmarks.estimators", description=__doc__)
    parser.add_argument("names", nargs="*", help="default: all, and only then it writes the table")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--out", type=Path, default=RESULTS, help="default: %(default)s")
    options = parser.parse_args(arguments)
    rows = HEAD
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, (X, y, kind, epochs) in data().items():
            if options.names and name not in options.names:
                continue
            kinds = [getattr(room, kind) for room in (estimators, neural_network)]
            for solver in ("adam", "sgd"):
                times = measured(kinds, X, y, solver, epochs, options.rounds)
                scores = [scored(one, X, y, solver, options.seeds) for one in kinds]
                cells = [f"{name}, {solver}", *(f"{ratio:.2f}" for ratio in times), *scores]
                rows += f"| {' | '.join(cells)} |\n"
                print(rows.splitlines()[-1], flush=True)
    if not options.names:
        options.out.write_text(rows, encoding="utf-8")


if __name__ == "__main__":
    main()
