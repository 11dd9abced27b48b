"""How a fit that goes on begins and ends: from attacks on `resume=True`, and from new users."""

import numpy as np
import pytest

import tinynet as tn
from tests.resuming import Halt
from tests.test_resume_attacked import FIT, left, net, stops, whole
from tests.test_resume_callbacks import Halves, Own
from tinynet.model import same

X, Y = FIT["X"], FIT["Y"]


@pytest.mark.parametrize("epoch", [3, 6])
def test_a_bar_looks_again_at_an_epoch_that_is_done(epoch, capsys):
    model = left(net(), Halts(epoch), at=0, verbose=1)
    model.fit(**FIT | {"verbose": 1}, callbacks=[Halts(0)], resume=True)
    assert not same.difference(whole(net, Halts(0)), model)
    assert "epoch 6/6" in capsys.readouterr().out


class Halts(Own):
    def __init__(self, when):
        self.own = when  # and no argument that has to be the same

    def on_epoch_end(self, epoch, logs):
        if epoch == self.own:
            raise RuntimeError("halt")


def test_a_file_that_can_go_on_stays_if_nobody_can_go_on_later(tmp_path):
    path = tmp_path / "net"
    left(net(), Halves(3), tn.ModelCheckpoint(path, every_batches=1), at=0)
    loaded = tn.load(path)
    assert loaded.optimizer.steps < 12
    with pytest.raises(ValueError, match="Halves with halts 3"):
        loaded.fit(**FIT, callbacks=[Halves()], resume=True)


class Counts(Own):
    kept = "n", "when"

    def on_train_begin(self):
        self.n, self.when = np.int64(0), None

    def on_epoch_end(self, epoch, logs):
        self.n, self.when = self.n + np.int64(2), np.float32(epoch / 3)


def test_numbers_of_numpy_are_kept(tmp_path):
    path, ends = tmp_path / "net", Counts()
    whole(net, ends)
    model = left(net(), Counts(), tn.ModelCheckpoint(path, every_batches=3))
    for one in (model, tn.load(path)):
        own = Counts()
        one.fit(**FIT, callbacks=[own], resume=True)
        assert (own.n, own.when) == (ends.n, ends.when) == (12, np.float32(2))
        assert (type(own.n), type(own.when)) == (np.int64, np.float32)


class Lazy(Own):
    def __init__(self, every=None, rates=(1.0, 0.5)):
        self.every, self.rates = every or 1, rates
        if every is None:
            self.every = None

    def on_train_begin(self):
        self.every = self.every or 2


def test_an_argument_that_is_filled_in_later_is_no_other_one():
    model = left(net(), Lazy())
    with pytest.raises(ValueError, match=r"Lazy with rates \[1.0, 0.5\], as in the fit"):
        model.fit(**FIT, callbacks=[Lazy(rates=[3.0])], resume=True)
    model.fit(**FIT, callbacks=[Lazy()], resume=True)
    assert not same.difference(whole(net, Lazy()), model)


class Warms(Own):
    def on_train_begin(self):
        self.model.optimizer.learning_rate = 0.5

    def on_epoch_end(self, epoch, logs):
        self.model.optimizer.learning_rate *= 0.9


class Opens(Own):
    fails = False

    def on_train_begin(self):
        if self.fails:
            raise OSError("no disk")


def test_a_beginning_that_fails_leaves_the_model_as_it_was():
    model, bad = left(net(), Warms(), Opens()), Opens()
    bad.fails = True
    with pytest.raises(OSError, match="no disk"):
        model.fit(**FIT, callbacks=[Warms(), bad], resume=True)
    model.fit(**FIT, callbacks=[Warms(), Opens()], resume=True)
    assert not same.difference(whole(net, Warms(), Opens()), model)


class Breaks(tn.Dense):
    """A layer of a user's that fails while the training is settled."""

    broken = False

    def preactivation(self, X):
        if self.broken:
            raise OSError("no disk")
        return super().preactivation(X)


def test_a_fit_that_fails_before_it_goes_on_leaves_the_model_as_it_was():
    def make():
        model = tn.Sequential([Breaks(4, "tanh"), tn.Dense(1, "sigmoid")], seed=3)
        model.compile(tn.SGD(0.1))
        return model

    model = left(make(), Warms())
    model.layers[0].broken = True
    with pytest.raises(OSError, match="no disk"):
        model.fit(**FIT, callbacks=[Warms()], resume=True)
    del model.layers[0].broken
    model.fit(**FIT, callbacks=[Warms()], resume=True)
    assert not same.difference(whole(make, Warms()), model)


def test_a_file_of_the_very_end_can_be_trained_on(tmp_path):
    model, path = net(), tmp_path / "net"
    model.fit(**FIT, callbacks=[tn.LambdaCallback(on_train_end=lambda: model.save(path))])
    for one in (model, tn.load(path)):
        one.fit(**FIT | {"epochs": 9}, callbacks=[tn.LambdaCallback()], resume=True)
        assert len(one.history) == 9


def test_callbacks_of_a_fit_that_is_over_get_back_what_they_kept(tmp_path, capsys):
    path, fit = tmp_path / "net", FIT | {"epochs": 300}
    ends = stops(patience=2, min_delta=0.01), Counts()
    whole(net, *ends, tn.ModelCheckpoint(path), epochs=300)
    own = stops(patience=2, min_delta=0.01), Counts()
    tn.load(path).fit(**fit | {"verbose": 1}, callbacks=own, resume=True)
    assert "a callback ended the fit" in capsys.readouterr().out
    assert own[0].best_epoch == ends[0].best_epoch > 0
    assert own[1].n == ends[1].n > 0


def test_children_say_what_they_keep():
    class Child(tn.EarlyStopping):
        pass

    class Other(tn.EarlyStopping):
        kept = ("n",)

    model = left(net(), stops())
    with pytest.raises(ValueError, match="Child to say what a resumed fit needs of it"):
        model.fit(**FIT, callbacks=[Child("loss")], resume=True)
    with pytest.raises(ValueError, match="Other to keep best, waited, seen, best_epoch, back, too"):
        model.fit(**FIT, callbacks=[Other("loss")], resume=True)


def left_without_a_place(model, monkeypatch, *callbacks):
    """It is cut off, and an error comes while its place is noted."""

    def fails(self):
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr("tinynet.model.watch.Watch.note", fails)
        with pytest.raises(MemoryError):
            model.fit(**FIT, callbacks=[*callbacks, Halt(18)])


@pytest.mark.parametrize("others", [[], [Halts(0)]])
def test_an_error_while_the_place_is_noted_ends_the_callbacks(others, monkeypatch):
    """Nobody goes on from there by mistake, since an end may have moved the weights."""
    stop, model = stops(patience=50), net(3.0)
    left_without_a_place(model, monkeypatch, stop, *others)
    assert stop.back is None
    with pytest.raises(ValueError, match="a place to go on from, got an error"):
        model.fit(**FIT, callbacks=[stops(patience=50), *others], resume=True)


def test_after_such_an_error_a_fit_goes_on_if_no_end_moves_anything(monkeypatch):
    model = net()
    left_without_a_place(model, monkeypatch, Halts(0))
    model.fit(**FIT, callbacks=[Halts(0)], resume=True)
    assert not same.difference(whole(net, Halts(0)), model)


def test_a_fit_that_failed_before_its_first_step_leaves_no_place():
    class Fails(tn.Activation):
        def value(self, Z):
            raise RuntimeError("halt")

        def derivative(self, Z):
            return Z

    model = tn.Sequential([tn.Dense(2, Fails()), tn.Dense(1, "sigmoid")], seed=0)
    model.compile("sgd")
    with pytest.raises(RuntimeError, match="halt"):
        model.fit(**FIT | {"batch_size": None}, callbacks=[stops()])
    assert model._position is None
