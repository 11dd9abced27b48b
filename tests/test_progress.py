"""What `fit` prints: how far it is."""

import io
import sys
import time
import types

import numpy as np
import pytest

import tinynet as tn
from tests import resuming

X, Y = tn.data.moons(60, seed=0)


def a_net(*first, optimizer="adam", **settings):
    model = tn.Sequential([*first, tn.Dense(4, "tanh"), tn.Dense(1, "sigmoid")], seed=0)
    model.compile(optimizer, metrics=["accuracy"], **settings)
    return model


def test_some_ten_lines(printed):
    model = a_net()
    first, *lines = printed(lambda: model.fit(X, Y, 100))
    assert first == "60 examples, 1 step an epoch"
    assert len(lines) == 10
    loss, accuracy = (model.history.history[name][-1] for name in ("loss", "accuracy"))
    assert lines[-1] == f"epoch 100/100  loss {loss:.6f}  accuracy {accuracy:.6f}"
    for epochs in (1, 7, 10, 11, 19, 25):
        first, *lines = printed(lambda n=epochs: model.fit(X, Y, n, batch_size=32))
        assert first == "60 examples, 2 steps an epoch"
        assert len(lines) <= 10
        assert lines[-1].startswith(f"epoch {epochs}/{epochs}  loss")


@pytest.mark.parametrize("verbose", [0, False])
def test_quiet(printed, verbose):
    def fit():
        a_net(optimizer=tn.SGD(50.0)).fit(1000 * X, Y, 3, verbose=verbose)
        a_net().fit(X, Y, 3, verbose=verbose, callbacks=[tn.ProgressBar()])

    assert printed(fit) == []


def test_nothing_to_do_is_not_told(printed):
    assert printed(lambda: a_net().fit(X, Y, 0)) == []


def test_it_moves_nothing():
    told, quiet = a_net(), a_net()
    told.fit(X, Y, 200)
    quiet.fit(X, Y, 200, verbose=0)
    for a, b in zip(told.get_weights(), quiet.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert told.history.history == quiet.history.history


def test_one_bar_with_validation_and_early_stopping(printed):
    stop = tn.EarlyStopping("loss", patience=1, mode="max")
    callbacks = [tn.ProgressBar(), stop]
    fit = {"validation_data": (X, Y), "callbacks": callbacks}
    _, *lines = printed(lambda: a_net().fit(X, Y, 100, **fit))
    assert len(lines) == 1  # it stops after 2 epochs, and that is told
    assert lines[0].startswith("epoch 2/100  loss ")
    assert "  val_loss " in lines[0]


def test_the_time_that_is_left(printed, monkeypatch):
    clock = iter(range(500, 1000, 10))
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    _, *lines = printed(lambda: a_net().fit(X, Y, 4))
    assert [line.split("  ")[-1] for line in lines[:3]] == ["30 s left", "20 s left", "10 s left"]
    assert "left" not in lines[3]


@pytest.mark.parametrize(("seconds", "told"), [(20, "20 s left"), (1, "1 s left"), (0.9, "loss 1")])
def test_the_time_that_is_left_of_a_resumed_fit(printed, monkeypatch, seconds, told):
    clock, bar = iter([500, 500 + seconds]), tn.ProgressBar()
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    vars(bar).update(epochs=10, done=6)
    *_, line = printed(lambda: (bar.on_train_begin(), bar.on_epoch_end(8, {"loss": 1.0})))
    assert line.split("  ")[-1].startswith(told)


def test_each_line_is_there_at_once(monkeypatch):
    class Pipe(io.StringIO):
        def flush(self):
            there.append(self.getvalue())

    pipe, there = Pipe(), []
    monkeypatch.setattr(sys, "stdout", pipe)
    a_net().fit(X, Y, 3)
    assert {text.count("\n") for text in there} >= {1, 2, 3, 4}


MANY = [(1001, None, 1, True), (1001, 500, 3, False), (1000, None, 1, False)]


@pytest.mark.parametrize(("m", "batch_size", "steps", "named"), MANY)
def test_one_step_an_epoch_on_many_examples_names_batch_size(printed, m, batch_size, steps, named):
    many = np.random.default_rng(0).normal(size=(2, m))
    first, *_ = printed(lambda: a_net().fit(many, (many[0] > 0).astype(int), 1, batch_size))
    assert first.startswith(f"{m:,} examples, {steps} step")
    assert ("batch_size=32 would take 32" in first) is named


bars = []


class Bar:
    """In the place of tqdm's."""

    def __init__(self, total, initial, unit):
        self.total, self.n, self.closed, self.text = total, initial, False, ""
        bars.append(self)

    def update(self, n):
        self.n += n

    def set_postfix_str(self, text, refresh):
        self.text = text

    def close(self):
        self.closed = True


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_bar_where_tqdm_is_installed_and_somebody_looks(printed, monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm", types.ModuleType("tqdm"))
    monkeypatch.setitem(sys.modules, "tqdm.auto", types.SimpleNamespace(tqdm=Bar))
    monkeypatch.setattr(sys, "stderr", Terminal())
    model = a_net()
    assert len(printed(lambda: model.fit(X, Y, 250))) == 1
    (bar,) = bars
    assert (bar.total, bar.n, bar.closed) == (250, 250, True)
    assert bar.text.startswith(f"loss {model.history.history['loss'][-1]:.6f}  accuracy ")
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert len(printed(lambda: model.fit(X, Y, 250))) == 11


def test_lines_where_tqdm_is_not_installed(printed, monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert len(printed(lambda: a_net().fit(X, Y, 20))) == 11


def test_tqdm_itself(printed, monkeypatch):
    pytest.importorskip("tqdm")
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert len(printed(lambda: a_net().fit(X, Y, 20))) == 1
    assert "20/20" in sys.stderr.getvalue()


# ---- callbacks that look every so often


class Looking(tn.Callback):
    def __init__(self, every):
        self.every, self.seen = every, []

    def on_epoch_end(self, epoch, logs):
        self.seen.append(epoch)


@pytest.mark.parametrize("batch_size", [None, 16])
def test_a_callback_may_look_at_some_epochs(batch_size):
    some, others, looked_at, plain = Looking(4), Looking(6), a_net(), a_net()
    looked_at.fit(X, Y, 15, batch_size, verbose=0, callbacks=[some, others])
    assert some.seen == [4, 8, 12, 15]
    assert others.seen == [6, 12, 15]
    plain.fit(X, Y, 15, batch_size, verbose=0)
    for a, b in zip(looked_at.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_every_may_change_in_the_middle():
    class Slowing(Looking):
        def on_epoch_end(self, epoch, logs):
            super().on_epoch_end(epoch, logs)
            self.every = {4: 1, 6: 5}.get(epoch, self.every)

    looking = Slowing(4)
    a_net().fit(X, Y, 22, verbose=0, callbacks=[looking])
    assert looking.seen == [4, 5, 6, 10, 15, 20, 22]


def test_all_see_the_last_epoch_even_if_one_stops():
    often, stop = Looking(10), tn.LambdaCallback(on_epoch_end=lambda epoch, logs: epoch == 3)
    a_net().fit(X, Y, 15, verbose=0, callbacks=[often, stop])
    assert often.seen == [3]


@pytest.mark.parametrize("every", [0, -1, 2.5, "2"])
def test_every_is_a_number_of_epochs(every):
    model, looking = a_net(), Looking(every)
    with pytest.raises((ValueError, TypeError), match="Looking: expected every"):
        model.fit(X, Y, 3, verbose=0, callbacks=[looking])
    assert model.optimizer.steps == 0
    assert len(model.fit(X, Y, 3, verbose=0)) == 3


def test_a_resumed_fit_goes_on_from_its_epoch(capsys):
    model = resuming.cut_off(resuming.net("sgd"), resuming.FIT, at=7)
    model.fit(**resuming.FIT | {"verbose": 1}, resume=True)
    said = capsys.readouterr().out.splitlines()
    assert said[0].endswith("steps an epoch; it goes on after epoch 2")
    assert [line.split()[1] for line in said[1:3]] == ["3/4", "4/4"]
