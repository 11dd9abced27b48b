"""What the scripts share: the data comes from a file, and the net has to be trained in the end."""

import sys

import numpy as np

BARS = {"notes": 0.85, "digits": 0.95}  # of the examples, in the right class


def main(notes, digits):
    """Train what the command line says. Both take X (m, n_x) and labels (m,), and return labels of
    their own."""
    problem, path = sys.argv[1:]
    data = np.load(path)
    labels = {"notes": notes, "digits": digits}[problem](data["X"], data["labels"])
    accuracy = (labels == data["labels"]).mean()
    print(f"accuracy {accuracy:.3f}")
    if accuracy < BARS[problem]:
        sys.exit(f"{problem}: not trained, at least {BARS[problem]} is wanted")
