"""EarlyStopping and ReduceLROnPlateau: which epoch is the best, and the way back to it."""

import pickle
from functools import partial

import numpy as np
import pytest

import tinynet as tn
from tests.test_callbacks import HELD_X, HELD_Y, X, Y, a_net
from tests.test_kit_layers import everything, same_all
from tests.ways import WAYS, taken
from tinynet.callbacks.monitors import LARGE, SMALL
from tinynet.metrics import METRICS


def best_of(model, epochs, **settings):
    """The model as it was after its best epoch: every epoch is a fit of its own."""
    best, found = np.inf, None
    for epoch in range(1, epochs + 1):
        model.fit(X, Y, 1, 32, verbose=0, **settings)
        value = model.history.history["val_loss"][-1]
        if value < best:
            best, found = value, (epoch, pickle.dumps(model))
    return found[0], pickle.loads(found[1])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("ends", ["by itself", "at the last epoch", "by Ctrl-C", "by an error"])
def test_early_stopping_goes_back_to_the_best_epoch(ends, way):
    settings = {"validation_data": (HELD_X[::-1], HELD_Y)}  # so that it soon gets worse
    stop = tn.EarlyStopping(patience=4 if ends == "by itself" else 99)
    error = {"by Ctrl-C": KeyboardInterrupt, "by an error": ZeroDivisionError}.get(ends)

    def end(epoch, logs):
        if error and epoch == 12:
            raise error

    model, callbacks = a_net(), [stop, tn.LambdaCallback(on_epoch_end=end)]
    with taken(way):
        if error:
            with pytest.raises(error):
                model.fit(X, Y, 40, 32, verbose=0, callbacks=callbacks, **settings)
        else:
            model.fit(X, Y, 40, 32, verbose=0, callbacks=callbacks, **settings)
        epochs = len(model.history)
        epoch, best = best_of(a_net(), epochs, **settings)
    assert epoch == stop.best_epoch < epochs
    if ends == "by itself":
        assert epochs == epoch + 4
    (arrays, draws), (others, other_draws) = everything(model), everything(best)
    for a, b in zip(arrays, others, strict=True):
        np.testing.assert_array_equal(a, b)
    assert draws == other_draws
    assert model.optimizer.steps == best.optimizer.steps
    for slot, held in best.optimizer.slots.items():
        for name, a in held.items():
            np.testing.assert_array_equal(model.optimizer.slots[slot][name], a)


def test_what_counts_as_better():
    def best_epoch(values, **settings):
        stop = tn.EarlyStopping(monitor="it", **settings)
        stop.model = a_net().build(2)
        stop.on_train_begin()
        for epoch, value in enumerate(values, 1):
            if stop.on_epoch_end(epoch, {"loss": 1.0, "it": value}):
                return stop.best_epoch, epoch
        return stop.best_epoch, None

    up = {"mode": "max"}
    nan = float("nan")
    assert best_epoch([1, 3, 2, 2, 2], patience=2, **up) == (2, 4)
    assert best_epoch([1, 1, 1], patience=2, **up) == (1, 3)
    assert best_epoch([1, 3, 2, 2, 2], patience=2, mode="min") == (1, 3)
    assert best_epoch([1, 1.5, 2.5, 2.6, 2.7], patience=3, min_delta=1, **up) == (3, None)
    assert best_epoch([1, 1.8], min_delta=1, **up) == (1, None)
    assert best_epoch([1, 2.1], min_delta=1, **up) == (2, None)
    assert best_epoch([2, 1.2], min_delta=1, mode="min") == (1, None)
    assert best_epoch([2, 0.9], min_delta=1, mode="min") == (2, None)
    assert best_epoch([nan, 1, nan, nan], patience=2, **up) == (2, 4)
    assert best_epoch([nan, nan, 1, nan], patience=3, **up) == (3, None)
    for kind in (tn.EarlyStopping, tn.ReduceLROnPlateau):
        watch = kind(monitor="r2", patience=2)
        model = a_net()
        model.compile("adam", "mse", metrics=["r2"])
        with pytest.raises(ValueError, match=r"numbers in r2, got nan in each of 2 epochs"):
            model.fit(X, np.ones_like(Y), 9, verbose=0, callbacks=[watch])
        assert len(model.history) == 2
    assert best_epoch([2, 1, -1, -5], patience=3, **up) == (1, 4)


def test_which_way_is_better_is_known_or_asked_for():
    def mid(Y, A):
        return float(np.median(np.abs(A - Y)))

    model = a_net()
    model.compile("adam", metrics=[mid, "mae", "f1"])
    fit = partial(model.fit, X, Y, 3, validation_split=0.2, verbose=0)
    with pytest.raises(ValueError, match=r"mode=.min. or mode=.max. for 'val_mid', which is none"):
        fit(callbacks=[tn.EarlyStopping("val_mid")])
    assert model.optimizer.steps == 0
    for name, mode in [("val_mid", "min"), ("val_mae", None), ("val_f1", None), (None, None)]:
        fit(callbacks=[tn.EarlyStopping(name, mode=mode)])


def test_a_number_that_nobody_measures():
    with pytest.raises(ValueError, match=r"monitor to be one of loss, accuracy, got 'val_loss'"):
        a_net().fit(X, Y, 5, verbose=0, callbacks=[tn.EarlyStopping("val_loss")])


def test_the_default_is_the_validation_loss_if_there_is_one():
    for settings, name in [({}, "loss"), ({"validation_split": 0.2}, "val_loss")]:
        stop = tn.EarlyStopping(patience=50)
        history = a_net().fit(X, Y, 20, verbose=0, callbacks=[stop], **settings).history
        assert stop.best_epoch == np.argmin(history[name]) + 1


# ---- the learning rate


@pytest.mark.parametrize("way", WAYS)
def test_a_plateau_reduces_the_learning_rate(way):
    reduce = tn.ReduceLROnPlateau("loss", factor=0.5, patience=2, min_delta=1e9)
    model, rates = a_net(optimizer=tn.SGD(0.8)), []

    def look(epoch, logs):
        rates.append(model.optimizer.learning_rate)

    with taken(way):
        model.fit(X, Y, 8, verbose=0, callbacks=[reduce, tn.LambdaCallback(look)])
    assert rates == [0.8, 0.8, 0.4, 0.4, 0.2, 0.2, 0.1, 0.1]
    twin = a_net(optimizer=tn.SGD(0.8))
    for rate in [0.8, *rates[:-1]]:
        twin.optimizer.learning_rate = rate
        twin.fit(X, Y, 1, verbose=0)
    same_all(model, twin)


def test_a_plateau_has_an_end():
    reduce = tn.ReduceLROnPlateau(
        "loss", factor=0.1, patience=1, min_delta=1e9, min_learning_rate=0.05
    )
    model = a_net(optimizer=tn.SGD(0.8))
    model.fit(X, Y, 9, verbose=0, callbacks=[reduce])
    assert model.optimizer.learning_rate == 0.05
    model.optimizer.learning_rate = tiny = 5e-324  # a tenth of it is 0
    reduce.min_learning_rate = 0.0
    model.fit(X, Y, 9, verbose=0, callbacks=[reduce])
    assert model.optimizer.learning_rate == tiny


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: tn.EarlyStopping(patience=0), "patience as a whole number of at least 1"),
        (lambda: tn.EarlyStopping(min_delta=-1), "min_delta as a number"),
        (lambda: tn.EarlyStopping(mode="best"), "mode to be one of min, max"),
        (lambda: tn.ReduceLROnPlateau(factor=1), "factor as a number"),
    ],
)
def test_settings_of_callbacks(make, message):
    with pytest.raises(ValueError, match=message):
        make()


# ---- snapshots


def test_names_of_which_way_is_better_are_those_of_the_metrics():
    """A name of a metric that is not tinynet's, as scikit-learn's neg_mean_squared_error, may end
    as one of them does."""
    assert {*METRICS, "loss"} == SMALL | LARGE
    for name in ("neg_mean_squared_error", "inaccuracy", "my_loss"):
        with pytest.raises(ValueError, match="mode="):
            tn.EarlyStopping(name).on_train_begin()
    with pytest.raises(TypeError, match=r"monitor as a name, got 5: patience=\.\.\."):
        tn.EarlyStopping(5)
