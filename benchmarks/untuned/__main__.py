"""`python -m benchmarks.untuned`: does it work untuned?

One net, 32 relu units, trained for 200 epochs of batches of 32 with Adam, and nothing else is said:
tinynet, scikit-learn, Keras on JAX and torch take their own defaults. Every data set is split ten
times, and the seed of the split is that of the weights. docs/untuned.md tells what is compared.

The libraries (the extra `bench`) must be there, but for those that --libraries leaves out. What is
found is kept in a file; a run that was ended goes on from there, and after a change of the code it
begins anew with another file.
"""

import argparse
import tempfile
import time
from pathlib import Path

from benchmarks.__main__ import machine
from benchmarks.untuned import table
from benchmarks.untuned.runs import LIBRARIES, STARTS, Kept, Run
from benchmarks.untuned.sets import SETS

TABLE = Path(__file__).parents[1] / "results" / "untuned.md"
KEPT = Path(tempfile.gettempdir()) / "tinynet-untuned.jsonl"
TWICE = ["raw", "by hand"]
# The others have as many steps as planar or friedman1.
COLD = ["iris", "wine", "breast_cancer", "digits", "planar", "diabetes", "friedman1"]


def planned(libraries, names, seeds, repeats):
    """The trainings that are scored, those of tinynet from other starts, those of some sets
    from a cold start, which take turns."""
    scored = [
        Run(who, name, variant, seed)
        for who in libraries
        for name in names
        for variant in TWICE
        for seed in range(seeds)
    ]
    starts = [
        Run(who, name, variant, seed)
        for who in STARTS
        for name in names
        for variant in ("by hand", "bare")
        for seed in range(seeds)
    ]
    cold = [
        Run(who, name, "by hand", seed, cold=True)
        for name in names
        if name in COLD
        for seed in range(repeats)
        for who in libraries
    ]
    return scored, starts, cold


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.untuned", description=__doc__)
    parser.add_argument("sets", nargs="*", help=f"default: all ({', '.join(SETS)})")
    parser.add_argument("--libraries", nargs="+", choices=LIBRARIES, default=list(LIBRARIES))
    parser.add_argument("--seeds", type=int, default=10, help="default: %(default)s")
    parser.add_argument("--epochs", type=int, default=200, help="default: %(default)s")
    parser.add_argument(
        "--repeats", type=int, default=3, help="cold starts of each (default: %(default)s)"
    )
    parser.add_argument("--kept", type=Path, default=KEPT, help="default: %(default)s")
    parser.add_argument("--out", type=Path, default=TABLE, help="default: %(default)s")
    options = parser.parse_args(arguments)
    if unknown := set(options.sets) - SETS.keys():
        parser.error(f"no such set: {', '.join(sorted(unknown))}")
    names = options.sets or list(SETS)
    kept = Kept(options.kept, options.epochs)
    scored, starts, cold = planned(options.libraries, names, options.seeds, options.repeats)
    for runs in (starts, scored, cold):
        kept.make(runs)
    head = (
        f"Measured on {time.strftime('%Y-%m-%d')}: {options.epochs} epochs, {options.seeds} seeds, "
        f"one thread. {machine()}"
    )
    lines = [head, "", *table.lines(kept.found, scored, starts, cold)]
    options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
