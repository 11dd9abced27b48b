"""What is set after `compile`, or after a callback was made, is looked at as it was before."""

import copy

import numpy as np
import pytest

import tinynet as tn
from tests.resuming import FIT, X, Y, net


class Strong(tn.L2):
    def run(self, W):
        return 10 * self.value(W), {"W": W}


class Loud(tn.Tanh):
    def forward(self, Z):
        return super().forward(2 * Z)


def a_regression():
    layers = [tn.Standardize(), tn.Dense(4, "tanh"), tn.Dense(1), tn.Standardize(invert=True)]
    model = tn.Sequential(layers, seed=0)
    model.compile()
    return model


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("regularizer", Strong(0.1), "Strong.*expected the run of Regularizer, got its own"),
        ("activation", Loud(), "expected the forward of Activation, got its own"),
    ],
)
@pytest.mark.parametrize("fitted", [False, True])
def test_a_method_that_a_training_would_pass_by(name, value, told, fitted):
    model = net("sgd")
    model.fit(**FIT | {"epochs": int(fitted)})
    setattr(model.layers[0], name, value)
    before = copy.deepcopy(model.history.rows)
    for call in (lambda: model.fit(**FIT), lambda: model.train_on_batch(X, Y)):
        with pytest.raises(TypeError, match=told):
            call()
    for call in (lambda: model.evaluate(X, Y), lambda: model.gradients(X, Y)):
        with pytest.raises(TypeError, match=told):
            call()
    assert model.history.rows == before


def test_a_bound_before_standardized_targets():
    model = a_regression()
    model.layers[2].activation = "relu"
    with pytest.raises(ValueError, match="that have no bounds, got those of relu"):
        model.fit(X, Y, 3, verbose=0)


def test_a_decay_of_what_is_learned():
    model = net("sgd")
    model.compile(tn.Hypergradient(tn.SGD(1e-3), meta=tn.AdamW(0.02, weight_decay=0.0)))
    model.optimizer.meta.weight_decay = 5.0
    with pytest.raises(ValueError, match=r"a meta without weight_decay, got 5\.0"):
        model.fit(**FIT)


CALLBACKS = {
    "EarlyStopping": (tn.EarlyStopping, "patience min_delta mode monitor"),
    "ReduceLROnPlateau": (tn.ReduceLROnPlateau, "patience min_delta factor min_learning_rate"),
    "ModelCheckpoint": (lambda: tn.ModelCheckpoint("net"), "every_batches every_seconds path"),
}


@pytest.mark.parametrize(("make", "names"), CALLBACKS.values(), ids=CALLBACKS)
def test_settings_of_callbacks(make, names):
    callback = make()
    before = dict(vars(callback))
    for name in names.split():
        for value in (-1, [], float("nan")):
            with pytest.raises((ValueError, TypeError), match=name):
                setattr(callback, name, value)
    assert vars(callback) == before


def test_a_count_of_steps():
    model = net("sgd")
    for steps in (-5, "a", 1.5):
        with pytest.raises((ValueError, TypeError), match="SGD: expected steps as a whole number"):
            model.optimizer.steps = steps


def test_a_callback_that_looks_after_other_epochs_is_another():
    def stop(every):
        callback = tn.EarlyStopping("loss", patience=2)
        callback.every = every
        return callback

    def fails(epoch, logs):
        if epoch == 2:
            raise RuntimeError

    model, again = net("sgd"), tn.LambdaCallback()
    with pytest.raises(RuntimeError):
        model.fit(**FIT, callbacks=[tn.LambdaCallback(fails), stop(3)])
    with pytest.raises(ValueError, match="EarlyStopping with every 3, as in the fit that goes on"):
        model.fit(**FIT, callbacks=[again, stop(1)], resume=True)
    model.fit(**FIT, callbacks=[again, stop(3)], resume=True)


def test_a_copy_of_a_model_has_weights_of_its_own():
    model = net("sgd").build(2)
    twin, before = copy.copy(model), model.get_weights()
    model.fit(**FIT)
    for a, b in zip(twin.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_which_way_is_better_may_be_said_in_the_middle_of_a_fit():
    """As `best` is the number itself, not its opposite."""

    class Turns(tn.Callback):
        def on_epoch_end(self, epoch, logs):
            if epoch == 1:
                stop.mode = "max"

    stop, model = tn.EarlyStopping("loss", patience=3, mode="min"), net("sgd")
    rows = model.fit(**FIT | {"epochs": 30}, callbacks=[Turns(), stop]).history["loss"]
    assert stop.best == max(rows) == rows[stop.best_epoch - 1]
    assert len(rows) == stop.best_epoch + 3


class Named(tn.Callback):
    """To which `who` is somebody."""

    def __init__(self, who):
        self.who = who


def test_a_callback_may_have_any_attribute():
    assert Named("me").who == "me"
    net("sgd").fit(**FIT, callbacks=[Named("me")])


@pytest.mark.parametrize("built", [False, True])
@pytest.mark.parametrize("seed", [0, 5, "a Generator"])
def test_a_reset_with_a_seed_is_a_model_with_that_seed(seed, built):
    def made(seed):
        layers = [tn.Dense(3, "tanh"), tn.Dropout(0.2), tn.Dense(1, "sigmoid")]
        model = tn.Sequential(layers, seed=seed)
        model.compile("sgd")
        return model

    def drawn():
        return np.random.default_rng(9) if seed == "a Generator" else seed

    model, other = made(1), made(drawn())
    if built:
        model.fit(**FIT)
    model.reset(drawn())
    for one in (model, other, model, other):
        one.fit(**FIT)
    np.testing.assert_equal(model.get_weights(), other.get_weights())
    model.reset()
    other.reset()
    np.testing.assert_equal(model.fit(**FIT).rows, other.fit(**FIT).rows)
    with pytest.raises(TypeError, match="seed as a whole number"):
        model.reset("x")
