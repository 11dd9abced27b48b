"""What is looked at after each epoch: validation data, then callbacks. Nothing of the training
moves because somebody looks."""

import numpy as np
import pytest

import tinynet as tn
from tests.test_kit_layers import NETS, everything, same_all
from tests.ways import WAYS, taken

X, Y = tn.data.moons(120, seed=0)
HELD_X, HELD_Y = tn.data.moons(40, seed=1)


def a_net(layers=NETS["all"], optimizer=None, **settings):
    model = tn.Sequential(layers(), seed=3, **settings)
    model.compile(optimizer or tn.Adam(0.02), metrics=["accuracy"])
    return model


class Looking(tn.Callback):
    def __init__(self):
        self.seen, self.begun, self.ended = [], 0, 0

    def on_train_begin(self):
        self.begun += 1

    def on_epoch_end(self, epoch, logs):
        self.seen.append((epoch, dict(logs)))

    def on_train_end(self):
        self.ended += 1


def test_before_its_first_fit_a_callback_knows_of_nothing():
    own = Looking()
    assert (own.model, own.epochs, own.done, own.steps, own.m) == (None, 0, 0, 0, 0)
    a_net().fit(X, Y, 2, 32, verbose=0, callbacks=[own])
    assert (own.epochs, own.done, own.steps, own.m) == (2, 0, 4, 120)


# ---- looking moves nothing


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("batch_size", [None, 32])
def test_a_training_that_is_looked_at_is_the_same(batch_size, way):
    plain, looked_at = a_net(), a_net()
    with taken(way):
        plain.fit(X, Y, 6, batch_size, verbose=0)
        for epochs in (2, 4):
            looked_at.fit(
                X,
                Y,
                epochs,
                batch_size,
                verbose=0,
                validation_data=(HELD_X, HELD_Y),
                callbacks=[Looking()],
            )
    (arrays, draws), (others, other_draws) = everything(plain), everything(looked_at)
    for a, b in zip(arrays, others, strict=True):
        np.testing.assert_array_equal(a, b)
    assert draws == other_draws
    for name, numbers in plain.history.history.items():
        assert looked_at.history.history[name] == numbers


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_validation_is_evaluate_after_the_epoch(dtype):
    looking = Looking()
    model, twin = a_net(dtype=dtype), a_net(dtype=dtype)
    weights = np.arange(40.0)
    validation = HELD_X, HELD_Y, weights
    model.fit(X, Y, 3, 32, verbose=0, validation_data=validation, callbacks=[looking])
    for epoch in range(1, 4):
        twin.fit(X, Y, 1, 32, verbose=0)
        found = twin.evaluate(HELD_X, HELD_Y, weights)
        row = {name: column[epoch - 1] for name, column in model.history.history.items()}
        assert {name: row[f"val_{name}"] for name in found} == found
        assert looking.seen[epoch - 1] == (epoch, row)
    assert (looking.begun, looking.ended, looking.model) == (1, 1, model)


def test_validation_in_rows():
    columns, rows = a_net(), a_net(examples="rows")
    columns.fit(X, Y, 2, 32, verbose=0, validation_data=(HELD_X, HELD_Y))
    rows.fit(X.T, Y.T, 2, 32, verbose=0, validation_data=(HELD_X.T, HELD_Y.T))
    assert columns.history.history == rows.history.history


WRONG = {
    "both": ({"validation_data": (X, Y), "validation_split": 0.2}, "got both"),
    "share": ({"validation_split": 1.0}, r"validation_split as a number in \[0, 1\)"),
    "percent": ({"validation_split": 20}, r"in \[0, 1\), got 20: 0.2 is 20 %"),
    "one and a half percent": ({"validation_split": 1.5}, "0.015 is 1.5 %"),
    "all of it": ({"validation_split": 100}, r"in \[0, 1\), got 100$"),
    "data": ({"validation_data": X}, r"validation_data as \(X, Y\)"),
    "its labels": ({"validation_data": (X, Y + 1)}, "labels Y of 0 and 1"),
    "its shape": ({"validation_data": (X[:1], Y)}, "X of shape"),
    "callbacks": ({"callbacks": tn.EarlyStopping()}, "callbacks as a list"),
    "a class": ({"callbacks": [tn.EarlyStopping]}, "call it: EarlyStopping"),
    "a function": ({"callbacks": [print]}, "tn.LambdaCallback"),
}


@pytest.mark.parametrize(("settings", "message"), WRONG.values(), ids=WRONG)
def test_what_fit_refuses_before_a_step(settings, message):
    model = a_net()
    with pytest.raises((ValueError, TypeError), match=message):
        model.fit(X, Y, 1, verbose=0, **settings)
    assert len(model.history) == 0


# ---- stopping


def test_a_callback_stops_by_true_and_all_of_them_look():
    first, last = Looking(), Looking()
    stop = tn.LambdaCallback(on_epoch_end=lambda epoch, logs: epoch == 3)
    model = a_net()
    history = model.fit(X, Y, 9, 32, verbose=0, callbacks=[first, stop, last])
    assert len(history) == len(first.seen) == len(last.seen) == 3
    model.fit(X, Y, 2, 32, verbose=0)
    twin = a_net()
    twin.fit(X, Y, 5, 32, verbose=0)
    same_all(model, twin)


def test_a_method_that_nothing_would_call():
    class Mine(tn.Callback):
        def on_batch_end(self, batch, logs):
            """As Keras's."""

    with pytest.raises(ValueError, match=r"Mine: expected methods .* got on_batch_end: nothing"):
        a_net().fit(X, Y, 1, verbose=0, callbacks=[Mine()])


def test_what_is_wrong_with_validation_data_is_said_of_it():
    bad = np.where(HELD_X[0, 3] == HELD_X, np.nan, HELD_X)
    with pytest.raises(ValueError, match=r"^validation_data: .* got nan at index \(0, 3\)"):
        a_net().fit(X, Y, 1, verbose=0, validation_data=(bad, HELD_Y))
    with pytest.raises(ValueError, match=r"^validation_data: .* got \(1, 39\)"):
        a_net().fit(X, Y, 1, verbose=0, validation_data=(HELD_X, HELD_Y[:, :-1]))


def test_a_snapshot_brings_everything_back():
    model = a_net()
    model.fit(X, Y, 2, 32, verbose=0)
    before, steps, back = everything(model), model.optimizer.steps, model.snapshot()
    before = [a.copy() for a in before[0]], before[1]
    for _ in range(2):  # as often as one likes
        model.fit(X, Y, 2, 32, verbose=0)
        back()
        for a, b in zip(everything(model)[0], before[0], strict=True):
            np.testing.assert_array_equal(a, b)
        assert (everything(model)[1], model.optimizer.steps) == (before[1], steps)


def test_a_snapshot_of_before_the_first_step():
    model, twin = a_net(), a_net()
    model.build(2)
    back = model.snapshot()
    model.fit(X, Y, 3, verbose=0)
    back()
    assert model.optimizer.slots == {"m": {}, "r": {}}
    model.fit(X, Y, 3, verbose=0)
    twin.fit(X, Y, 3, verbose=0)
    for p, q in zip(model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_array_equal(p, q)


class Refusing(tn.Callback):
    def on_train_begin(self):
        raise KeyError("not now")


def test_a_fit_that_fails_before_its_first_epoch_leaves_nothing():
    """Neither a split that is drawn, nor a best epoch to go back to."""
    model = a_net()
    with pytest.raises(KeyError):
        model.fit(X, Y, 2, verbose=0, validation_split=0.2, callbacks=[Refusing()])
    stop = tn.EarlyStopping()
    model.fit(X, Y, 3, verbose=0, validation_split=0.3, callbacks=[stop])
    assert len(model.history.held_out) == 36
    model.fit(X, Y, 3, verbose=0, validation_split=0.3)
    expected = model.get_weights()
    with pytest.raises(KeyError):
        model.fit(X, Y, 2, verbose=0, validation_split=0.3, callbacks=[stop, Refusing()])
    for a, b in zip(model.get_weights(), expected, strict=True):
        np.testing.assert_array_equal(a, b)


# ---- the split of data


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5, 0.9])
def test_a_stratified_split_holds_the_same_share_of_each_class(share):
    labels = np.repeat([0, 1, 2], [10, 30, 61])
    data = np.arange(101)[np.newaxis]
    left, out, Y_left, Y_out = tn.data.train_test_split(
        data, labels, share, seed=1, stratify=labels
    )
    assert len(Y_out) == round(share * 101)
    np.testing.assert_array_equal(np.sort(np.append(left, out)), np.arange(101))
    assert np.abs(np.bincount(Y_out, minlength=3) - share * np.bincount(labels)).max() < 1.01
    assert len(Y_left) == 101 - len(Y_out)


def test_labels_to_stratify_by_are_one_an_example():
    with pytest.raises(ValueError, match=r"stratify as labels \(4,\), got \(3,\)"):
        tn.data.train_test_split(np.ones((1, 4)), np.ones(4), stratify=[0, 1, 1])


def test_no_callback_changes_what_the_next_one_reads():
    def rounds(epoch, logs):
        logs["loss"] = round(logs["loss"])

    with pytest.raises(TypeError, match="does not support item assignment"):
        a_net().fit(X, Y, 1, verbose=0, callbacks=[tn.LambdaCallback(on_epoch_end=rounds)])


def test_a_fit_within_a_fit_leaves_the_outer_one_as_it_is():
    """Its callbacks are still in it when another one has ended."""
    looking, inner = Looking(), a_net()

    def within(epoch, logs):
        inner.fit(X, Y, 1, verbose=0, callbacks=[tn.LambdaCallback()])
        with pytest.raises(ValueError, match="Looking: expected to be in one fit at a time"):
            inner.fit(X, Y, 1, verbose=0, callbacks=[looking])

    a_net().fit(X, Y, 2, verbose=0, callbacks=[looking, tn.LambdaCallback(on_epoch_end=within)])
    assert (looking.begun, looking.ended) == (1, 1)
    assert len(inner.history) == 2
    inner.fit(X, Y, 1, verbose=0, callbacks=[looking])


def test_a_callback_is_in_one_fit_at_a_time():
    stop, inner, outer = tn.EarlyStopping(), a_net(), a_net()

    def fits(epoch, logs):
        inner.fit(X, Y, 2, verbose=0, callbacks=[stop])

    with pytest.raises(ValueError, match="EarlyStopping: expected to be in one fit at a time"):
        outer.fit(X, Y, 3, verbose=0, callbacks=[stop, tn.LambdaCallback(fits)])
    assert (len(inner.history), len(outer.history), stop.model) == (0, 1, outer)
    inner.fit(X, Y, 2, verbose=0, callbacks=[stop])
    outer.fit(X, Y, 2, verbose=0, callbacks=[stop])


@pytest.mark.parametrize("name", ["steps", "m", "epochs", "done"])
def test_an_attribute_that_fit_would_write_over_is_refused(name):
    class Every(tn.Callback):
        def __init__(self, n):
            setattr(self, name, n)

    model = a_net()
    with pytest.raises(ValueError, match=f"Every: expected attributes of other names than {name}"):
        model.fit(X, Y, 1, verbose=0, callbacks=[Every(7)])
    free = tn.LambdaCallback()
    for _ in range(2):
        model.fit(X, Y, 1, verbose=0, callbacks=[free])


def test_callbacks_of_several_rhythms_are_called_when_they_are_due():
    looked = {2: [], 3: [], 7: []}
    callbacks = [tn.LambdaCallback(lambda e, logs, n=n: looked[n].append(e)) for n in looked]
    for n, callback in zip(looked, callbacks, strict=True):
        callback.every = n
    a_net().fit(X, Y, 13, verbose=0, callbacks=callbacks)
    assert looked == {2: [2, 4, 6, 8, 10, 12, 13], 3: [3, 6, 9, 12, 13], 7: [7, 13]}
