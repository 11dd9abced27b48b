"""A model is trained and saved, and another process answers with it: a line of JSON for a line."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import tinynet as tn


def serve(path: str) -> None:
    """Answer each line, a list of points, with their probabilities."""
    model = tn.load(path)
    for line in sys.stdin:
        print(json.dumps(model.predict(json.loads(line)).tolist()), flush=True)


def main() -> None:
    X, Y = tn.data.moons(400, seed=0)
    layers = [tn.Standardize(), tn.Dense(16, "tanh"), tn.Dense(1, "sigmoid")]
    model = tn.Sequential(layers, seed=0, examples="rows")
    model.compile(tn.Adam(0.02))
    model.fit(X.T, Y.T, 300, verbose=0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "moons.safetensors"
        model.save(path)
        asked = [[[0.0, 0.5], [1.0, -0.5]], [[2.0, 0.2]]]
        lines = "".join(json.dumps(points) + "\n" for points in asked)
        command = [sys.executable, __file__, str(path)]
        done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    for points, line in zip(asked, done.stdout.splitlines(), strict=True):
        print(points, "->", line)
        np.testing.assert_array_equal(json.loads(line), model.predict(points))  # to the last bit


if __name__ == "__main__":
    serve(*sys.argv[1:]) if sys.argv[1:] else main()
