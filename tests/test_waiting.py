"""What a fit keeps while it runs: outputs that wait to be read, and the memory of batches."""

import tracemalloc

import numpy as np
import pytest

import tinynet as tn
from tinynet.net import blocks

rng = np.random.default_rng(0)


def a_net(*layers, loss=None):
    model = tn.Sequential([*layers], seed=0)
    model.compile(tn.SGD(0.1), loss)
    return model


@pytest.mark.parametrize("m", [20_000, 30_000, 60_000, 100_000])
def test_each_epoch_s_loss_is_that_of_the_weights_before_it(m):
    X, Y = rng.standard_normal((2, 1, m))
    model, twin = (a_net(tn.Dense(1)).build(1) for _ in range(2))
    losses = model.fit(X, Y, 5, verbose=0).history["loss"]
    for loss in losses:
        assert loss == pytest.approx(twin.evaluate(X, Y)["loss"], rel=1e-12)
        twin.fit(X, Y, 1, verbose=0)


def test_the_losses_of_single_examples_are_the_same_in_one_fit_and_in_several():
    X, one, other = rng.standard_normal((3, 1)), *(a_net(tn.Dense(100, "softmax")) for _ in "ab")
    losses = one.fit(X, [2], 9, verbose=0).history["loss"]
    assert losses == [other.fit(X, [2], 1, verbose=0).history["loss"][-1] for _ in range(9)]


def test_few_outputs_of_a_large_batch_wait():
    m = 50_000
    X, Y = rng.standard_normal((2, m)), rng.standard_normal((1, m))
    model = a_net(tn.BatchNorm(), tn.Dense(1)).build(2)
    tracemalloc.start()
    model.fit(X, Y, 70, verbose=0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 40 * m * 8, peak / (m * 8)


def test_a_whole_batch_loss_is_given_the_whole_batch(monkeypatch):
    class Centred(tn.MeanSquaredError):
        steady = True
        whole_batch = True

        def costs(self, A, Y):
            return super().costs(A - A.mean(axis=1, keepdims=True), Y)

        def derivative(self, A, Y):
            d = super().derivative(A - A.mean(axis=1, keepdims=True), Y)
            return d - d.mean(axis=1, keepdims=True)

    monkeypatch.setattr(blocks, "practice_size", lambda layers: 7)
    X, Y = rng.standard_normal((2, 20)), rng.standard_normal((1, 20))
    for batch_size in (None, 20):
        model = a_net(tn.Dense(3, "tanh"), tn.Dense(1), loss=Centred()).build(2)
        _, grads = model.gradients(X, Y)
        before = model.get_weights()
        model.fit(X, Y, 1, batch_size, verbose=0)
        for p, q, g in zip(before, model.get_weights(), grads.values(), strict=True):
            np.testing.assert_allclose(q, p - 0.1 * g, rtol=1e-12)
