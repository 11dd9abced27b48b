"""Norms that overflow, callbacks that change more than weights, snapshots, metrics at the edge."""

import numpy as np
import pytest

import tinynet as tn
from tests.test_kit_layers import everything, same_all
from tests.test_names_and_memory import in_another_thread
from tests.ways import WAYS, taken

X, Y = tn.data.moons(40, seed=0)


class Unsteady(tn.Activation):
    """Counts its calls: it must not be frozen on a tape."""

    def __init__(self):
        super().__init__()
        self.calls = 0

    def value(self, Z):
        self.calls += 1
        return np.tanh(Z) * min(1, self.calls // 10)

    def derivative(self, Z):
        return (1 - np.tanh(Z) ** 2) * min(1, self.calls // 10)


def a_net(optimizer=None, hidden="tanh", **settings):
    layers = [tn.Dense(4, hidden, **settings), tn.Dense(1, "sigmoid")]
    model = tn.Sequential(layers, seed=0)
    model.compile(optimizer or tn.SGD(0.5, momentum=0.9))
    return model


# ---- norms


@pytest.mark.parametrize("kind", [tn.BatchNorm, tn.LayerNorm])
@pytest.mark.parametrize(("dtype", "size"), [("float64", 1e200), ("float32", 1e20)])
def test_a_variance_that_overflows_is_an_error(kind, dtype, size):
    layer = kind().build(2, dtype=dtype)
    before = {name: a.copy() for name, a in layer.state.items()}
    with pytest.raises(FloatingPointError, match="a finite output"):
        layer.forward([[size, -size], [3 * size, 0]])
    for name, a in layer.state.items():
        np.testing.assert_array_equal(a, before[name])


def test_a_training_whose_variance_overflows_ends():
    model = tn.Sequential([tn.BatchNorm(), tn.Dense(1, "sigmoid")], seed=0, dtype="float32")
    model.compile()
    with pytest.raises(FloatingPointError, match="the weights stay finite"):
        model.fit(3e19 * X, Y, 3, verbose=0)
    assert all(np.isfinite(a).all() for a in everything(model)[0])


# ---- what a callback changes is as between two fits

CHANGES = {
    "a regularizer": lambda m: setattr(m.layers[0], "regularizer", tn.L2(0.1)),
    "none": lambda m: setattr(m.layers[0], "regularizer", None),
    "an activation": lambda m: setattr(m.layers[0], "activation", "relu"),
    "one that is not steady": lambda m: setattr(m.layers[0], "activation", Unsteady()),
    "momentum": lambda m: setattr(m.optimizer, "momentum", 0.1),
    "the rate": lambda m: setattr(m.optimizer, "learning_rate", 0.01),
    "the optimizer's memory": lambda m: m.optimizer.reset(),
    "weights": lambda m: m.set_weights([0.5 * w for w in m.get_weights()]),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("batch_size", [None, 16])
@pytest.mark.parametrize("hidden", ["tanh", "unsteady"])
def test_a_change_by_a_callback_is_one_between_two_fits(change, batch_size, hidden):
    def make():
        regularizer = tn.L1(0.01)
        return a_net(hidden=Unsteady() if hidden == "unsteady" else hidden, regularizer=regularizer)

    def look(epoch, logs):
        if epoch == 3:
            change(model)

    model, twin = make(), make()
    model.fit(X, Y, 8, batch_size, verbose=0, callbacks=[tn.LambdaCallback(look)])
    twin.fit(X, Y, 3, batch_size, verbose=0)
    change(twin)
    twin.fit(X, Y, 5, batch_size, verbose=0)
    same_all(model, twin)


@pytest.mark.parametrize("call", [
    lambda m: m.reset(), lambda m: m.cast("float32"), lambda m: m.compile(tn.SGD(1.0)),
])  # fmt: skip
def test_what_no_callback_may_do(call):
    model = a_net()
    with pytest.raises(
        RuntimeError, match="a model that is not being trained, got a fit that runs"
    ):
        model.fit(X, Y, 3, verbose=0, callbacks=[tn.LambdaCallback(lambda e, logs: call(model))])
    assert len(model.history) == 1
    call(model)


@pytest.mark.parametrize("said", [1, "yes", (None,), np.ones(3), [True]])
def test_only_true_stops(said):
    callbacks = [tn.LambdaCallback(lambda epoch, logs: said)]
    assert len(a_net().fit(X, Y, 3, verbose=0, callbacks=callbacks)) == 3
    callbacks = [tn.LambdaCallback(lambda epoch, logs: np.bool_(True))]
    assert len(a_net().fit(X, Y, 3, verbose=0, callbacks=callbacks)) == 1


class Failing(tn.Callback):
    def __init__(self, begin):
        self.begin = begin

    def on_train_begin(self):
        if self.begin:
            raise KeyError("begin")

    def on_train_end(self):
        raise KeyError("end")


def test_each_that_was_begun_is_ended():
    ended = []
    looking = tn.LambdaCallback(on_train_end=lambda: ended.append(1))
    stop = tn.EarlyStopping(patience=3, mode="max")
    for failing in (Failing(begin=True), Failing(begin=False)):
        model = a_net()
        with pytest.raises(KeyError):
            model.fit(X, Y, 9, verbose=0, callbacks=[stop, looking, failing, looking])
    assert len(ended) == 3
    best = a_net()
    best.fit(X, Y, 1, verbose=0)
    for p, q in zip(model.get_weights(), best.get_weights(), strict=True):
        np.testing.assert_array_equal(p, q)


def test_a_callback_that_stands_twice():
    stop = tn.EarlyStopping(patience=3)
    a_net().fit(X, Y, 5, verbose=0, callbacks=[stop, stop])


def test_a_look_at_the_history_leaves_no_stale_column():
    model = a_net()

    def peeking(Y, A):
        return len(model.history.history["loss"])

    model.compile(metrics=[peeking])
    model.fit(X, Y, 2, verbose=0, validation_data=(X, Y))
    assert model.history.history["val_peeking"] == [1, 2]


# ---- snapshots


@pytest.mark.parametrize("way", WAYS)
def test_a_snapshot_repeats_the_batches_too(way):
    model, losses = a_net(), []
    with taken(way):
        model.fit(X, Y, 2, 16, verbose=0)
        back = model.snapshot()
        for _ in range(2):
            losses.append(model.fit(X, Y, 3, 16, verbose=0).history["loss"])
            back()
    assert losses[0] == losses[1]


def test_a_snapshot_needs_weights_and_the_same_model():
    model = a_net()
    with pytest.raises(RuntimeError, match="a model with weights"):
        model.snapshot()
    model.fit(X, Y, 3, verbose=0)
    before, back = everything(model)[0], model.snapshot()
    model.reset()
    back()
    for a, b in zip(everything(model)[0], before, strict=True):
        np.testing.assert_array_equal(a, b)
    for change in (lambda: model.cast("float32"), lambda: model.compile("sgd")):
        back = model.snapshot()
        change()
        with pytest.raises(RuntimeError, match="a model as it was, got another dtype or optimizer"):
            back()


def test_a_snapshot_stays_with_the_thread_that_trains():
    model, errors = a_net().build(2), []
    back = model.snapshot()

    def look(epoch, logs):
        errors.extend(in_another_thread(model.snapshot) + in_another_thread(back))

    model.fit(X, Y, 1, verbose=0, callbacks=[tn.LambdaCallback(look)])
    assert len(errors) == 2
    assert all("not being trained" in str(error) for error in errors)


# ---- numbers that look right


def test_r2_with_weights_in_float32():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(1, 1000))
    y, w = 1e3 + x + 0.5 * rng.normal(size=(1, 1000)), rng.uniform(0.1, 3, 1000)
    model = tn.Sequential([tn.Dense(1)], seed=0, dtype="float32", examples="columns").build(1)
    model.compile(metrics=["r2"])
    model.set_weights([[[1.0]], [[1e3]]])
    A, T = model.predict(x).astype(float), y.astype(np.float32).astype(float)
    spread = (w * (T - np.average(T[0], weights=w)) ** 2).sum()
    expected = 1 - (w * (A - T) ** 2).sum() / spread
    assert model.evaluate(x, y, w)["r2"] == pytest.approx(expected, rel=1e-5)


def test_r2_that_is_lost_in_rounding_is_nothing():
    y = 1e6 + np.random.default_rng(0).normal(size=(1, 100))
    model = tn.Sequential([tn.Dense(1)], seed=0, examples="columns").build(1)
    model.compile(metrics=["r2"])
    assert np.isnan(model.evaluate(y, y)["r2"])


def test_a_class_that_is_never_said_counts_as_0():
    model = tn.Sequential([tn.Dense(3, "softmax")]).build(2)
    model.compile("sgd", metrics=["precision", "recall"])
    model.set_weights([np.zeros((3, 2)), [[5.0], [0.0], [0.0]]])
    found = model.evaluate(np.ones((2, 30)), [0, 1, 2] * 10)
    assert found["precision"] == pytest.approx(1 / 9)
    assert found["recall"] == pytest.approx(1 / 3)


def test_class_weights_are_for_the_training_only():
    model = tn.Sequential([tn.Dense(1, "sigmoid")], seed=0)
    model.compile("sgd", metrics=["accuracy"])
    by_class = {0: 1, 1: 100}
    history = model.fit(X, Y, 1, validation_split=0.25, class_weight=by_class, verbose=0)
    found = model.evaluate(X[:, history.held_out], Y[:, history.held_out])
    assert {name: history.history[f"val_{name}"][0] for name in found} == found


@pytest.mark.parametrize("last", ["identity", "tanh", "elu", "gelu", tn.LeakyReLU(0.3)])
def test_rates_of_poisson_are_never_below_0(last):
    model = tn.Sequential([tn.Dense(1, last)])
    with pytest.raises(ValueError, match="a last activation that is never below 0"):
        model.compile(loss="poisson")


def test_small_ones():
    with pytest.raises(ValueError, match="at least 2 examples for a validation_split"):
        a_net().fit(X[:, :1], Y[:, :1], validation_split=0.2, verbose=0)
    with pytest.raises(ValueError, match="whole labels from 0 to 9999"):
        tn.confusion_matrix([0, 10**6], [0, 1])
    with pytest.raises(ValueError, match="sample_weight of at least 0"):
        tn.confusion_matrix([0, 1], [0, 1], [1, -1])
    model = a_net()
    model.fit(X, Y, 1, verbose=0, validation_split=0.2)
    assert model.fit(X, Y, 1, verbose=0).held_out is None
