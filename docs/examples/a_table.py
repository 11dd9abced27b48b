"""A CSV file from the command line: train, predict, show.

Needs scikit-learn for the data: 178 wines of three growers, here in a file with a gap and a
category. Each command is as one would type it.
"""

import csv
import subprocess
import sys
import tempfile
from pathlib import Path

from sklearn.datasets import load_wine

HERE = Path(tempfile.mkdtemp())


def tinynet(line):
    print(f"$ python -m tinynet {line}", flush=True)
    words = [sys.executable, "-m", "tinynet", *line.split()]
    done = subprocess.run(words, cwd=HERE, check=True, capture_output=True, text=True)
    print(done.stdout)


wines = load_wine()
names = [name.replace("/", "_") for name in wines.feature_names]
with open(HERE / "wines.csv", "w", newline="", encoding="utf-8") as file:
    rows = csv.writer(file)
    rows.writerow([*names, "strength", "grower"])
    for i, (row, grower) in enumerate(zip(wines.data, wines.target, strict=True)):
        strength = "strong" if row[0] > 13 else "light"
        rows.writerow([*row[:-1], "" if i % 20 == 0 else row[-1], strength, f"grower {grower + 1}"])

tinynet("train wines.csv --target grower")
tinynet("predict wines.safetensors wines.csv --out growers.csv")
tinynet("show wines.safetensors")
said = (HERE / "growers.csv").read_text(encoding="utf-8").splitlines()[1:]
right = sum(name == f"grower {grower + 1}" for name, grower in zip(said, wines.target, strict=True))
print(f"{right} of {len(said)} wines are right, most of them seen in training")
assert right > 170
