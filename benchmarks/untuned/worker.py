"""Trainings in a process of its own: `python -m benchmarks.untuned.worker torch 200 files ...`
prints a line of JSON for each file of data. `tinynet:glorot` says where W starts."""

import importlib
import json
import math
import sys
import time

import numpy as np

from benchmarks.untuned.scores import bar, score


def loaded(path):
    with np.load(path) as arrays:
        data = {name: arrays[name] for name in arrays.files}
    names = {name: str(data[name]) for name in ("task", "variant")}
    return {**data, **names, "seed": int(data["seed"])}


def result(predicted, data, epochs, *start):
    """A training that raises an error has failed, and has no score."""
    began, error = time.perf_counter(), ""
    try:
        value = score(data, predicted(data, epochs, *start))
    except Exception as raised:
        value, error = math.nan, repr(raised)[:200]
    seconds = time.perf_counter() - began
    return {"score": value, "bar": bar(data), "seconds": seconds, "error": error}


def main(who, epochs, *paths):
    library, *start = who.split(":")
    predicted = importlib.import_module(f"benchmarks.untuned.in_{library}").predicted
    for path in paths:
        print(json.dumps(result(predicted, loaded(path), int(epochs), *start)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
