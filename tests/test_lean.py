"""What version 0.1.0 was slow at, as far as it shows without a clock or in ratios of one run."""

import time
import tracemalloc

import numpy as np
import pytest

import tinynet as tn
from tests.ways import WAYS, equal, taken

rng = np.random.default_rng(0)


def best(call, times=5):
    found = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        found.append(time.perf_counter() - start)
    return min(found)


def test_no_subnormal_numbers_in_the_slots():
    X, Y = rng.standard_normal((20, 100)).astype(np.float32), rng.integers(0, 2, (1, 100))
    for optimizer in (tn.Adam(0.001), tn.SGD(0.01, 0.9)):
        model = tn.Sequential(
            [tn.Dense(16, "relu"), tn.Dense(1, "sigmoid")], seed=0, dtype="float32"
        )
        model.compile(optimizer)
        model.build(20)
        model.layers[0].b = np.full((16, 1), [[-100.0]])  # they are dead
        model.fit(X, Y, 100, verbose=0)
        for held in model.optimizer.slots.values():
            held["W1"][...] = np.float32(1e-15)
        smallest = np.finfo(np.float32).tiny
        for _ in range(40):
            model.fit(X, Y, 50, verbose=0)
            for held in model.optimizer.slots.values():
                for a in held.values():
                    assert not ((a != 0) & (np.abs(a) < smallest)).any()


@pytest.mark.parametrize("steps", [25, 31, 32, 33])
def test_what_has_decayed_becomes_zero_in_the_same_step_either_way(steps):
    ends = []
    for way in WAYS:
        model = tn.Sequential([tn.Dense(1, use_bias=False)], seed=0, dtype="float32")
        model.compile(tn.SGD(0.1, 0.9), "mse")
        X, Y = np.zeros((2, 4)), np.zeros((1, 4))
        with taken(way):
            model.fit(X, Y, 1, verbose=0)
            model.optimizer.slots["v"]["W1"][...] = 1e-34
            model.fit(X, Y, steps - 1, verbose=0)
        ends.append(model.optimizer.slots["v"]["W1"])
    equal(*ends)
    assert ends[0].any() == (steps < 32)


DUSTY = {  # an optimizer, its slot, a size, and how many times it becomes 0, or stays
    "squared": (lambda: tn.Adagrad(0.1), "r", lambda tiny: tiny**0.5, [0.01, 0.9], [3, 100]),
    "not squared": (lambda: tn.SGD(0.1, 0.9), "v", lambda tiny: tiny, [2, 900], [1200, 1e15]),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("make", "slot", "size", "lost", "stay"), DUSTY.values(), ids=DUSTY)
def test_only_what_is_nearly_subnormal_becomes_zero(make, slot, size, lost, stay, dtype):
    """Or would be when it is squared; a slot that a step does not square may hold far less."""
    optimizer, w = make(), {"w": np.ones(4, dtype)}
    for _ in range(31):
        optimizer.forward(w, {"w": np.zeros(4, dtype)})
    optimizer.slots[slot]["w"][...] = np.array([*lost, *stay]) * size(float(np.finfo(dtype).tiny))
    optimizer.forward(w, {"w": np.zeros(4, dtype)})
    np.testing.assert_array_equal(optimizer.slots[slot]["w"] > 0, [False, False, True, True])


def test_a_square_of_small_gradients_that_a_user_keeps_stays():
    """Squares of 1e-15 are far from subnormal."""

    class RMS(tn.Optimizer):
        steady = True
        slot_names = ("v",)

        def step(self, p, g, slots, rate):
            v = 0.9 * slots["v"] + 0.1 * g * g
            return rate * g / (np.sqrt(v) + 1e-30), {"v": v}

    optimizer, w, v = RMS(1e-3), {"w": np.zeros(1, np.float32)}, 0.0
    for _ in range(34):
        before, v = w["w"].copy(), 0.9 * v + 0.1 * 1e-30
        optimizer.forward(w, {"w": np.full(1, 1e-15, np.float32)})
        np.testing.assert_allclose(before - w["w"], 1e-3 * 1e-15 / v**0.5, rtol=1e-4)


def test_a_deep_net_is_settled_in_the_time_of_its_layers():
    X, Y = rng.standard_normal((8, 20)), rng.integers(0, 2, (1, 20))

    def first_fit(depth):
        layers = [tn.Dense(8, "tanh") for _ in range(depth)]
        model = tn.Sequential([*layers, tn.Dense(1, "sigmoid")], seed=0)
        model.compile("sgd")
        model.fit(X, Y, 1, verbose=0)

    def ratio():
        return best(lambda: first_fit(400), 1) / best(lambda: first_fit(100), 1)

    assert any(ratio() < 10 for _ in range(4))  # the square would be 16


def test_gradients_of_many_examples_need_little_memory():
    X, Y = rng.standard_normal((2, 1_000_000)), rng.integers(0, 2, (1, 1_000_000)).astype(float)
    model = tn.Sequential([tn.Dense(8, "tanh"), tn.Dense(1, "sigmoid")], seed=0)
    model.compile("sgd")
    model.build(2)
    tracemalloc.start()
    model.gradients(X, Y)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1.5 * X.nbytes, peak / X.nbytes
