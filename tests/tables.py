"""Tables to train on, and files of them."""

import gzip

import numpy as np


def flowers(m=120, seed=0):
    """Two numbers, a category and three kinds that they tell apart."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 3, m)
    return {
        "length": (kind + rng.normal(0, 0.2, m)).round(3).tolist(),
        "width": rng.normal(50, 10, m).round(1).tolist(),
        "colour": np.where(kind == 2, "red", rng.choice(["blue", "white"], m)).tolist(),
        "kind": np.array(["setosa", "versicolor", "virginica"])[kind].tolist(),
    }


def prices(m=120, seed=0):
    """A number that depends on a number and a category."""
    rng = np.random.default_rng(seed)
    size, place = rng.uniform(20, 200, m).round(), rng.choice(["town", "sea"], m)
    price = 1000 * size * np.where(place == "sea", 3, 1) + rng.normal(0, 500, m).round()
    return {"size": size.tolist(), "place": place.tolist(), "price": price.tolist()}


def text(columns, between=","):
    """The columns as a CSV file has them."""
    rows = [columns.keys(), *zip(*columns.values(), strict=True)]
    return "".join(between.join(map(str, row)) + "\n" for row in rows)


def write(path, columns, between=","):
    """Write them, packed if the name says so."""
    data = (columns if isinstance(columns, str) else text(columns, between)).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path
