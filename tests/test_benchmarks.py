"""The benchmarks compare what is the same: the unrolled loops in numpy train as tinynet does."""

import numpy as np
import pytest

import tinynet as tn
from benchmarks import parts, problems, processes
from benchmarks.cold import script
from benchmarks.contenders import in_numpy, in_tinynet
from benchmarks.workloads import WORKLOADS

CLOSE = {"float32": 1e-4, "float64": 1e-10}


@pytest.mark.parametrize("dtype", CLOSE)
def test_the_notes_net_unrolled_costs_what_tinynets_costs(dtype):
    X, Y = problems.planar(dtype)
    model = in_tinynet.notes_net(dtype).build(2)
    loop = in_numpy.NotesLoop(X, Y, model.get_weights(), 1.2)
    costs = loop.steps(in_numpy.WAITING + 36)  # the second time fewer wait
    history = model.fit(X, Y, epochs=len(costs), verbose=0).history
    np.testing.assert_allclose(costs, history["loss"], rtol=0, atol=CLOSE[dtype])


@pytest.mark.parametrize("dtype", CLOSE)
def test_the_net_with_adam_unrolled_costs_what_tinynets_costs(dtype):
    X, labels = problems.classes("small")
    X = X.astype(dtype)
    layers = [tn.Dense(32, "relu"), tn.Dense(10, "softmax")]
    model = tn.Sequential(layers, seed=0, dtype=dtype, examples="rows").build(64)
    model.compile(tn.Adam(0.001))
    loop = in_numpy.AdamLoop(X, labels, model.get_weights(), 32, shuffled=False)
    costs = np.reshape(loop.steps(150), (3, 50)).mean(axis=1)
    settings = {"epochs": 3, "batch_size": 32, "shuffle": False, "verbose": 0}
    history = model.fit(X, labels, **settings).history
    np.testing.assert_allclose(costs, history["loss"], rtol=0, atol=CLOSE[dtype])


def test_a_shuffled_epoch_takes_every_example_once():
    """At a batch of all examples their order does not matter; at a smaller one it does."""
    X, labels = problems.classes("small")
    whole, batches = [], []
    for shuffled in (False, True):
        for found, size in ((whole, len(X)), (batches, 32)):
            loop = in_numpy.AdamLoop(X, labels, in_numpy.drawn("small"), size, shuffled)
            found.append(loop.steps(len(X) // size)[-1])
    assert whole[0] == pytest.approx(whole[1], abs=1e-5)
    assert abs(batches[0] - batches[1]) > 1e-3


@pytest.mark.parametrize("problem", script.BARS)
def test_a_cold_start_ends_with_a_trained_net(problem):
    assert processes.trained("in_tinynet", problem)(1) > 0


def test_each_part_has_its_cost(monkeypatch):
    monkeypatch.setattr(parts, "ROUNDS", 1)
    told = parts.lines()
    assert sum("kept" in line or "missed" in line for line in told) == len(parts.variants()) + 1


def test_every_workload_has_tinynet_and_its_limits_name_contenders():
    for workload in WORKLOADS.values():
        assert "tinynet" in workload.contenders
        assert workload.at_most.keys() <= workload.contenders.keys()
