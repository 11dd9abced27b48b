"""The parts of docs/own_parts.md train the same played and walked, in float64 and in float32, and
block by block. The page itself runs as a doctest."""

import doctest
from pathlib import Path

import numpy as np
import pytest

import tinynet as tn
from tests.ways import WAYS, equal, taken

PAGE = (Path(__file__).parents[1] / "docs" / "own_parts.md").read_text(encoding="utf-8")
OWN = {}
for example in doctest.DocTestParser().get_examples(PAGE):
    if example.source.startswith(("import ", "from ", "class ")):
        exec(example.source, OWN)

KINDS = [tn.Activation, tn.Loss, tn.Regularizer, tn.Optimizer, tn.Schedule, tn.Metric, tn.Callback]
X = np.random.default_rng(1).standard_normal((3, 20_000))
Y = np.tanh(X[0] - 2 * X[1])


def dense(**more):
    return [tn.Dense(6, "tanh", **more), tn.Dense(1)]


NETS = {  # layers, loss, optimizer
    "Mish": lambda: ([tn.Dense(6, OWN["Mish"]()), tn.Dense(1)], "mse", "adam"),
    "Scale": lambda: ([OWN["Scale"](3, "tanh"), *dense()], "mse", "adam"),
    "MaxAbs": lambda: ([OWN["MaxAbs"](3), *dense()], "mse", "adam"),
    "Jitter": lambda: ([OWN["Jitter"](3, 0.2), *dense()], "mse", "adam"),
    "PseudoHuber": lambda: (dense(), OWN["PseudoHuber"](0.3), "adam"),
    "GroupLasso": lambda: (dense(regularizer=OWN["GroupLasso"]()), "mse", "adam"),
    "Lion": lambda: (dense(), "mse", OWN["Lion"](0.01, weight_decay=0.1)),
    "InverseRoot": lambda: (dense(), "mse", tn.Adam(OWN["InverseRoot"](0.1, epochs=3))),
}


def test_the_page_has_a_part_of_each_kind():
    parts = [part for part in OWN.values() if isinstance(part, type)]
    for kind in KINDS:
        assert len([part for part in parts if issubclass(part, kind)]) == 1
    layers = [part for part in parts if issubclass(part, tn.Layer)]
    assert sorted(part.stochastic for part in layers) == [False, False, True]
    others = {part.__name__ for part in parts} - {"RMSE", "Flat", *NETS}
    assert others <= {"Setting"}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("m", "batch_size"), [(50, None), (50, 16), (20_000, None)])
@pytest.mark.parametrize("make", NETS.values(), ids=NETS)
def test_a_part_trains_the_same_in_every_way(make, m, batch_size, dtype):
    models = []
    for way in WAYS:
        layers, loss, optimizer = make()
        model = tn.Sequential(layers, seed=2, dtype=dtype)
        model.compile(optimizer, loss, metrics=[OWN["RMSE"]()])
        assert model.check_gradients(X[:, :30], Y[:30]).passed
        with taken(way):
            model.fit(X[:, :m], Y[:m], 4, batch_size, verbose=0)
            model.fit(X[:, :m], Y[:m], 5, batch_size, verbose=0)
        models.append(model)
    assert {p.dtype for p in models[0].get_weights()} == {np.dtype(dtype)}
    equal(*(model.get_weights() for model in models))
    equal(*(model.history.history for model in models))
    losses = models[0].history.history["loss"]
    assert losses[-1] < losses[0]


def test_a_norm_of_zero_has_a_derivative_of_zero():
    W = np.array([[0.0, 3.0], [0.0, -4.0]], np.float32)
    np.testing.assert_allclose(OWN["GroupLasso"](0.5).derivative(W), [[0, 0.3], [0, -0.4]], 1e-6)
