"""A file is read if it has the numbers of its net, however wide; no other one gets memory."""

import tracemalloc

import numpy as np
import pytest

import tinynet as tn
from tests import hostile
from tinynet.model import same, saved


class First(tn.Layer):
    """The first input: a layer without a number of its own."""

    def make_params(self, n_in, rng):
        return {}

    def preactivation(self, X):
        return X[:1]


FIRST = {kind.__name__: kind for kind in (tn.PReLU, tn.LayerNorm, tn.BatchNorm, tn.Standardize)}
FIRST |= {"Residual": lambda: tn.Residual([tn.PReLU()]), "one's own": lambda: First(1)}


@pytest.mark.parametrize("first", FIRST.values(), ids=FIRST)
def test_a_wide_net_comes_back(first, tmp_path):
    model = tn.Sequential([first(), tn.Dense(1)], seed=0).build(100_000)
    model.save(tmp_path / "net")
    assert not same.difference(model, tn.load(tmp_path / "net", nodes=[First]))


WIDE = {
    "a million units": ([{"Dense": {"units": 10**6}}], 1),
    "norms of many inputs": ([{"BatchNorm": {}}] * 20 + [{"Dense": {"units": 1}}], 50_000),
}


@pytest.mark.parametrize(("layers", "n_x"), WIDE.values(), ids=WIDE)
def test_a_net_that_is_larger_than_its_file_is_refused_in_little_memory(layers, n_x, tmp_path):
    tree, _ = saved.described(tn.Sequential([tn.Dense(1)], seed=0).build(1), saved.Names("x"))
    claims = {**tree, "layers": layers, "n_x": n_x}
    (tmp_path / "net").write_bytes(hostile.file(claims, {"W1": np.ones((1, 1))}))
    tracemalloc.start()
    try:
        with pytest.raises(tn.ModelFileError, match="a net of 1 numbers, got layers of"):
            tn.load(tmp_path / "net")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2**20
