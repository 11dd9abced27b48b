"""Metrics and gradients: which numbers are handed out, and while others are at work."""

import contextlib
import pickle
import threading
import time
import warnings

import numpy as np
import pytest

import tinynet as tn
from tests import parts
from tests.test_changes_in_a_fit import LABELS, MANY, X, Y, looked_at, net, ways
from tests.ways import WAYS, taken
from tinynet.metrics import Metric
from tinynet.net import blocks

# ---- what is handed out cannot be written to


def normalized(Y, A, sample_weight):
    sample_weight /= sample_weight.sum()
    return float((np.abs(Y - A)[0] * sample_weight).sum())


class Half(tn.Dense):
    def input_gradient(self, dZ, cache):
        W = cache["params"]["W"]
        W *= 0.5
        return 2 * W.T @ dZ


class Squares(tn.Regularizer):
    def value(self, W):
        return np.square(W, out=W).sum()

    def derivative(self, W):
        return 2 * W


class Doubles(tn.Regularizer):
    def value(self, W):
        return np.square(W).sum()

    def derivative(self, W):
        W *= 2
        return W


WRITERS = {
    "a metric": ([tn.Dense(1)], {"metrics": [normalized]}),
    "a layer's gradient": ([Half(4, "tanh"), Half(1)], {}),
    "a penalty": ([tn.Dense(1, regularizer=Squares())], {}),
    "its gradient": ([tn.Dense(1, regularizer=Doubles())], {}),
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_part_that_writes_to_what_it_is_given_is_refused(name):
    layers, settings = WRITERS[name]
    model, numbers = tn.Sequential(layers, seed=0), np.random.default_rng(0).random((3, 40))
    model.compile(tn.SGD(1e-3), "mse", **settings)
    model.build(3)
    before, data = model.get_weights(), (numbers, numbers[:1], numbers[1])
    with pytest.raises(ValueError, match="parts that write to none of their arguments, got a wri"):
        model.fit(numbers, numbers[:1], 4, verbose=0, validation_data=data)
    use = model.evaluate if name == "a metric" else model.gradients
    with pytest.raises(ValueError, match="parts that write to none of their arguments, got a wri"):
        use(*data)
    assert name == "a metric" or parts.same(before, model.get_weights())


class Itself(tn.Dense):
    """The gradient of its W is W."""

    def parameter_gradients(self, dZ, cache):
        return {**super().parameter_gradients(dZ, cache), "W": cache["params"]["W"]}


def test_gradients_are_the_users_own():
    model = tn.Sequential([Itself(1)], seed=0).build(2)
    model.compile(tn.SGD(0.1), "mse")
    _, grads = model.gradients(X, Y)
    before, kept = model.layers[0].W.copy(), grads["W1"].copy()
    model.fit(X, Y, 2, verbose=0)
    np.testing.assert_array_equal(grads["W1"], kept)
    model.set_weights([before, model.layers[0].b])
    grads["W1"] *= 0
    np.testing.assert_array_equal(model.layers[0].W, before)


# ---- metrics and losses of the user


class Times(Metric):
    def __init__(self, k):
        self.k = k

    def read(self, activation, A, Y):
        return self.k * A


class Loss(Metric):
    def read(self, activation, A, Y):
        return 0 * A + 7.0


class Flat(Metric):
    def read(self, activation, A, Y):
        return np.square(A - Y).reshape(-1)


def test_two_metrics_of_one_class_are_two():
    try:
        model = net(metrics=[Times(1), Times(5)])
    except ValueError:
        return
    assert len(model.evaluate(X, Y) if model.build(2) else {}) == 3


def test_a_metric_called_loss_does_not_stand_for_it():
    with contextlib.suppress(ValueError):
        model = net(metrics=[Loss()]).build(2)
        assert model.evaluate(X, Y)["loss"] == model.gradients(X, Y)[0]
        assert model.fit(X, Y, 1, verbose=0).history["loss"][0] < 7


def test_a_metric_of_another_shape_is_refused_or_right():
    rows = []
    for _, way in ways():
        with way, contextlib.suppress(ValueError):
            model = tn.Sequential([tn.Dense(2)], seed=0)
            model.compile(tn.SGD(0.1), metrics=[Flat()])
            model.fit(X, X[::-1], 5, verbose=0)
            rows.append(model.history.rows)
    assert rows in ([], [rows[0]] * len(WAYS) if rows else [])


class Huber(tn.Loss):
    """Its derivative fits on a tape, its costs do not."""

    steady = True

    def costs(self, A, Y):
        d = np.abs(A - Y)
        return np.where(d < 1, 0.5 * np.square(d), d - 0.5)

    def derivative(self, A, Y):
        return np.minimum(np.maximum(A - Y, -1), 1)


@pytest.mark.parametrize("size", [None, 7])
def test_costs_that_no_tape_can_hold(size):
    model = tn.Sequential([tn.Dense(1)], seed=0)
    model.compile(tn.SGD(0.1), Huber())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        costs = model.fit(X, Y, 20, size, verbose=0).history["loss"]
    assert len(costs) == 20
    assert costs[-1] < costs[0]


# ---- layers and optimizers of the user


class Wide(tn.Dense):
    """Its gradients come in float64."""

    steady = True

    def parameter_gradients(self, dZ, cache):
        found = super().parameter_gradients(dZ, cache)
        return {name: np.float64(1 / 3) * g for name, g in found.items()}


def test_gradients_in_float64_of_a_net_in_float32_in_blocks(monkeypatch):
    monkeypatch.setattr(blocks, "practice_size", lambda layers: 7)
    ends = []
    for way in WAYS:
        model = tn.Sequential([Wide(5, "tanh"), tn.Dense(1, "sigmoid")], seed=3, dtype="float32")
        model.compile(tn.SGD(0.5))
        with taken(way):
            model.fit(X, Y, 50, verbose=0)
        ends.append(model.get_weights())
    assert parts.same(*ends)


class Giant(tn.SGD):
    def step(self, p, g, slots, rate):
        return np.float64(1e60) * np.sign(g.astype(np.float64)), {"v": g}


def test_a_step_that_does_not_fit_float32_is_refused():
    model = net(Giant(), dtype="float32")
    with (
        np.errstate(all="ignore"),
        pytest.raises(FloatingPointError, match="the weights stay finite"),
    ):
        model.fit(X, Y, 3, verbose=0)
    assert all(np.isfinite(w).all() for w in model.get_weights())


@pytest.mark.parametrize(
    "found", [{"W": np.ones((1, 1))}, {"W": np.ones(2)}, {"V": np.ones((4, 2))}]
)
def test_gradients_of_a_penalty_are_those_of_its_parameters(found):
    class Odd(parts.Ridge):
        def penalty_gradients(self):
            return found

    model = tn.Sequential([Odd(4, "tanh"), tn.Dense(1, "sigmoid")], seed=0)
    model.compile("sgd")
    for call in (model.gradients, model.fit):
        with pytest.raises(ValueError, match="Odd"):
            call(X, Y)


class Reusing(tn.Activation):
    """Keeps its memory, and hands it out each time."""

    def __init__(self):
        super().__init__()
        self.kept = np.empty(0)

    def value(self, Z):
        self.kept = self.kept if self.kept.shape == Z.shape else np.empty_like(Z)
        return np.tanh(Z, out=self.kept)

    def derivative(self, Z):
        return 1 - np.square(np.tanh(Z))


def test_what_was_handed_out_stays():
    model = tn.Sequential([tn.Dense(1, Reusing())], seed=0).build(2)
    alone = tn.Dense(1, Reusing()).build(2, seed=0)
    for call in (model.predict, alone):
        found = call(X)
        before = found.copy()
        call(X + 1)
        np.testing.assert_array_equal(found, before)


def test_a_net_that_draws_can_be_checked():
    layers = [tn.Dense(4, "tanh"), parts.Dropout(4), tn.Dense(1, "sigmoid")]
    model = tn.Sequential(layers, seed=0)
    model.compile("sgd")
    state = model.build(2).layers[1].generator.bit_generator.state
    assert model.check_gradients(X, Y).passed
    assert model.layers[1].generator.bit_generator.state == state


# ---- several at once


def test_a_fit_among_gradients_is_not_refused():
    """Looks at a model are no second fit."""
    model, stop, refused = net().build(2), threading.Event(), 0

    def look():
        while not stop.is_set():
            model.gradients(X, Y)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(100):
        try:
            model.fit(X, Y, 1, verbose=0)
        except RuntimeError:
            refused += 1
    stop.set()
    for thread in threads:
        thread.join()
    assert refused == 0


def test_gradients_do_not_wait_for_a_fit():
    model = net().build(2)
    thread = threading.Thread(target=lambda: model.fit(MANY, LABELS, 200, verbose=0))
    thread.start()
    time.sleep(0.05)
    model.gradients(X, Y)
    assert thread.is_alive()
    thread.join()


def test_gradients_of_many_threads_draw_nothing():
    layers = [tn.Dense(4, "tanh"), parts.Dropout(4), tn.Dense(1, "sigmoid")]
    model = tn.Sequential(layers, seed=0)
    model.compile("sgd")
    state = model.build(2).layers[1].generator.bit_generator.state
    expected, found = model.gradients(X, Y)[0], []

    def look():
        found.extend(model.gradients(X, Y)[0] for _ in range(300))

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(found) == {expected}
    assert model.layers[1].generator.bit_generator.state == state


def test_a_fit_within_a_fit_is_refused():
    model = net()

    def look(epoch):
        if epoch == 2:
            with pytest.raises(RuntimeError, match="one fit at a time"):
                model.fit(X, 1 - Y, 2, verbose=0)

    looked_at(model, 4, look)
    assert len(model.history) == 4


def test_counting_steps_takes_no_memory():
    model = net()
    model.fit(X, Y, 20_000, verbose=0)
    assert len(pickle.dumps(model.optimizer)) < 5000


def test_the_order_of_x_in_memory_is_no_part_of_the_result():
    ends = []
    for A in (MANY, np.asfortranarray(MANY)):
        model = net()
        model.fit(A, LABELS, 2, verbose=0)
        ends.append(model.get_weights())
    assert parts.same(*ends)
