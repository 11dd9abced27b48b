"""What a callback, an error or an interrupt may change in the middle of a `fit`."""

import signal
import warnings

import numpy as np
import pytest

import tinynet as tn
from tests import parts
from tests.interrupts import Tracer, lines, require_free
from tests.test_unsteady import Selecting
from tests.ways import WAYS, equal, taken
from tinynet.engine.batch import Batch

rng = np.random.default_rng(0)
X = rng.standard_normal((2, 40))
Y = (X[:1] * X[1:] > 0).astype(int)
MANY = rng.standard_normal((2, 70_000))
LABELS = (MANY[:1] > 0).astype(int)


def net(optimizer=None, hidden="tanh", metrics=(), **settings):
    model = tn.Sequential([tn.Dense(4, hidden), tn.Dense(1, "sigmoid")], seed=3, **settings)
    model.compile(optimizer or tn.SGD(0.5), metrics=list(metrics))
    return model


def ways():
    return [(way, taken(way, may_walk=True)) for way in WAYS]


def looked_at(model, epochs, look, data=(X, Y)):
    """A training in which somebody looks after every epoch."""
    looking = tn.LambdaCallback(on_epoch_end=lambda epoch, logs: look(epoch))
    model.fit(*data, epochs, verbose=0, callbacks=[looking])


@pytest.fixture
def no_endless_loop():
    def stop(*_):
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(5)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def test_another_activation_is_another_step():
    ends = []
    for _, way in ways():
        with way:
            model = net(hidden="tanh")
            model.fit(X, Y, 5, verbose=0)
            model.layers[0].activation = "relu"
            model.fit(X, Y, 5, verbose=0)
        ends.append(model)
    equal(*(model.history.rows for model in ends))


class Slotless(tn.Optimizer):
    steady = True

    def step(self, p, g, slots, rate):
        return rate * g, {}


def test_steps_may_be_set(no_endless_loop):
    model = net(tn.Adam(0.01))
    model.fit(X, Y, 5, verbose=0)
    model.optimizer.steps = 1000
    model.fit(X, Y, 5, verbose=0)
    assert model.optimizer.steps == 1005


def test_a_reset_of_an_optimizer_without_slots(no_endless_loop):
    model = net(Slotless(0.1))
    model.fit(X, Y, 5, verbose=0)
    model.optimizer.reset()
    model.fit(X, Y, 5, verbose=0)
    assert model.optimizer.steps == 5


def test_a_setting_that_a_look_changes_counts_at_once():
    ends = []
    for _, way in ways():
        with way:
            model = net(tn.SGD(0.1, 0.9))
            looked_at(model, 20, lambda e, m=model: setattr(m.optimizer, "momentum", 0.5 / e))
        ends.append(model)
    equal(*(model.history.rows for model in ends))


def test_what_a_look_changed_is_not_forgotten_after_an_overflow():
    """Adam's squares overflow at epoch 7; the steps before it had their own rates and weights."""
    ends = []
    for _, way in ways():
        with way:
            model = tn.Sequential([tn.Dense(1)], seed=0, dtype="float32")
            model.compile(tn.Adam(1e-3), "mse")

            def look(epoch, model=model):
                model.optimizer.learning_rate = 1e-3 * 0.5**epoch
                if epoch == 6:
                    model.set_weights([[[1e18, 1e18]], [[1e18]]])

            looked_at(model, 12, look, (np.full((2, 4), 3.0), np.zeros((1, 4))))
        ends.append(model)
    equal(*(model.get_weights() for model in ends))
    equal(*(model.history.rows for model in ends))


def test_a_warning_as_an_error_leaves_no_old_data():
    model, twin = net(hidden=Selecting()), net(hidden=Selecting()).build(2)
    with pytest.raises(UserWarning):
        model.fit(X, Y, 1, verbose=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found, expected = (m.fit(3 * X, 1 - Y, 2, verbose=0).rows for m in (model, twin))
    assert found == expected


def test_an_interrupt_at_the_end_leaves_no_old_data(monkeypatch):
    model, twin = net(), net()
    for m in (model, twin):
        m.fit(MANY, LABELS, 1, verbose=0)

    def interrupted(self):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):  # noqa: PT012
        patch.setattr(Batch, "release", interrupted)
        model.fit(MANY, LABELS, 1, verbose=0)
    twin.fit(MANY, LABELS, 1, verbose=0)
    for m in (model, twin):
        m.fit(1 - 2 * MANY, 1 - LABELS, 2, verbose=0)
    assert model.history.rows == twin.history.rows


class Stopping(tn.Tanh):
    steady = True
    stops = False

    def value(self, Z):
        if Stopping.stops:
            raise KeyboardInterrupt
        return super().value(Z)


def test_an_interrupt_while_another_step_is_settled(monkeypatch):
    model = net(hidden=Stopping())
    model.fit(MANY, LABELS, 1, verbose=0)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):  # noqa: PT012
        patch.setattr(Stopping, "stops", True)
        model.fit(X, Y, 1, verbose=0)
    model.fit(MANY, LABELS, 1, verbose=0)
    assert len(model.history) == 2


class Torn(tn.Tanh):
    stops = False

    def value(self, Z):
        if self.stops:
            raise KeyboardInterrupt
        return super().value(Z)


def test_nothing_is_drawn_for_a_step_that_is_interrupted():
    ends = []
    for stops in (False, True):
        model = tn.Sequential([tn.Dropout(0.5), tn.Dense(4, Torn()), tn.Dense(1)], seed=1)
        model.compile("sgd", "mse")
        model.fit(X, Y, 3, verbose=0)
        if stops:
            model.layers[1].activation.stops = True
            with pytest.raises(KeyboardInterrupt):
                model.fit(X, Y, 3, verbose=0)
            model.layers[1].activation.stops = False
        ends.append(model.fit(X, Y, 3, verbose=0).history)
    equal(*ends)


def test_an_interrupt_as_a_second_fit_begins_leaves_an_epoch_for_each_step():
    """The step of the first was walked, since Adam's squares overflow."""
    data = np.full((1, 40), 1e13), np.full((1, 40), -1e13)
    for i in range(30):
        model = tn.Sequential([tn.Dropout(0.5), tn.Dense(1)], seed=0, dtype="float32")
        model.compile("adam", "mse")
        model.fit(*data, 1, verbose=0)
        tracer = Tracer(["engine/training"], i)
        assert tracer.run(lambda model=model: model.fit(*data, 1, verbose=0))
        assert len(model.history) == model.optimizer.steps, tracer.where


class Late(tn.Dense):
    stops = False

    def beginning(self, *args):
        if Late.stops:
            raise KeyboardInterrupt
        return super().beginning(*args)


def test_an_interrupt_while_it_is_built(monkeypatch):
    model = tn.Sequential([tn.Dense(4), Late(1, "sigmoid")], seed=1)
    twin = tn.Sequential([tn.Dense(4), Late(1, "sigmoid")], seed=1).build(2)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):  # noqa: PT012
        patch.setattr(Late, "stops", True)
        model.build(2)
    np.testing.assert_array_equal(model.build(2).predict(X), twin.predict(X))


def test_an_interrupt_at_each_line_of_the_model_leaves_its_lock_free():
    """Else no other thread can ever fit."""
    files, wrong = ["tinynet/model"], []
    n = lines(files, lambda: net().fit(X, Y, 2, verbose=0))
    for i in range(n):
        model, tracer = net().build(2), Tracer(files, i)
        tracer.run(lambda model=model: model.fit(X, Y, 2, verbose=0))
        try:
            require_free(model)
        except RuntimeError:
            wrong.append(tracer.where)
    assert not wrong, wrong


def norm_net(optimizer):
    model = tn.Sequential([tn.BatchNorm(), tn.Dense(3, "tanh"), tn.Dense(1, "sigmoid")], seed=0)
    model.compile(optimizer)
    return model


EXCHANGED = {  # in the dictionaries of its parts, which no attribute shows
    "state": lambda m: m.layers[0].state.update(mean=np.full((2, 1), 9.0)),
    "a slot": lambda m: m.optimizer.slots["v"].update(W2=np.ones_like(m.layers[1].W)),
    "all slots": lambda m: [held.clear() for held in m.optimizer.slots.values()],
    "a number": lambda m: m.optimizer.params["momentum"].fill(0.1),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("size", [None, 16])
@pytest.mark.parametrize("change", EXCHANGED.values(), ids=EXCHANGED)
def test_what_is_exchanged_in_a_callback_counts_as_between_two_fits(change, size, way):
    one, two = (norm_net(tn.SGD(0.1, momentum=0.9)) for _ in range(2))
    at = tn.LambdaCallback(on_epoch_end=lambda epoch, logs: epoch == 3 and change(one) and None)
    with taken(way):
        one.fit(X, Y, 6, size, verbose=0, callbacks=[at])
        two.fit(X, Y, 3, size, verbose=0)
        change(two)
        two.fit(X, Y, 3, size, verbose=0)
    assert one.history.rows == two.history.rows
    assert parts.same(parts.everything(one), parts.everything(two))


def test_a_number_that_was_set_in_a_callback_can_be_changed_in_place_in_the_next():
    def set_then_filled(model, epoch):
        if epoch == 2:
            model.optimizer.momentum = 0.5
        if epoch == 3:
            model.optimizer.params["momentum"].fill(0.1)

    one, two = (net(tn.SGD(0.1, momentum=0.9)) for _ in range(2))
    looked_at(one, 6, lambda epoch: set_then_filled(one, epoch))
    for epoch in range(1, 7):
        two.fit(X, Y, 1, verbose=0)
        set_then_filled(two, epoch)
    assert one.history.rows == two.history.rows
    assert parts.same(parts.everything(one), parts.everything(two))


def test_a_callback_that_changes_a_setting_may_stop_at_once():
    model = net()

    def slower(epoch, logs):
        model.optimizer.learning_rate *= 0.5
        return epoch == 2

    model.fit(X, Y, 6, 16, verbose=0, callbacks=[tn.LambdaCallback(on_epoch_end=slower)])
    assert len(model.history) == 2


@pytest.mark.parametrize("batch_size", [None, 10])
def test_what_a_callback_writes_into_weights_counts_where_a_cost_runs_away(batch_size):
    """Steps that overflow are repeated from after its last call, and end where a walk does."""
    models = []
    for _, context in ways():
        model = tn.Sequential([tn.Dense(1)], seed=0).build(2)
        model.compile(tn.SGD(3.0), "mse")

        def shrink(epoch, logs, W=model.layers[0].W):
            W *= 0.9

        look = tn.LambdaCallback(on_epoch_end=shrink)
        with context, pytest.raises(FloatingPointError):
            model.fit(X, Y, 5000, batch_size, verbose=0, callbacks=[look])
        models.append(model)
    assert len(models[0].history) > 20
    equal(*(len(model.history) for model in models))
    equal(*(model.get_weights() for model in models))
