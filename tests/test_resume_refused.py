"""What a fit cannot go on with, what is left to do, and what is said of a fit that is over."""

import numpy as np
import pytest

import tinynet as tn
from tests.test_resume_attacked import FIT, Killed, left, net, stops, whole
from tests.test_resume_callbacks import Own
from tinynet.model import same


class Looks(Own):
    """Halts in its look at an epoch, or in its end, until it is calm."""

    calm = False

    def on_epoch_end(self, epoch, logs):
        if not self.calm:
            self.halt(epoch)

    def on_train_end(self):
        if not self.calm:
            self.halt("end")


def calm(halts=0):
    callback = Looks(halts)
    callback.calm = True
    return callback


def trained(epochs=0):
    """A net that was trained for some epochs before."""
    model = net()
    if epochs:
        model.fit(**FIT | {"epochs": epochs})
    return model


@pytest.mark.parametrize("before", [0, 2])
@pytest.mark.parametrize(
    ("halts", "asked"), [(6, 9), (3, 3), ("end", 9)], ids=["the last", "now the last", "its end"]
)
def test_a_last_epoch_that_was_looked_at_stays_the_last(halts, asked, before):
    """Callbacks may have been called for the last one, or will be."""
    model, twin = trained(before), trained(before)
    left(model, Looks(halts), at=0)
    told = f"epochs={before + 6}, as before, since the last is done, got {before + asked}:"
    with pytest.raises(ValueError, match=told):
        model.fit(**FIT | {"epochs": before + asked}, callbacks=[calm(halts)], resume=True)
    model.fit(**FIT | {"epochs": before + 6}, callbacks=[calm(halts)], resume=True)
    twin.fit(**FIT, callbacks=[calm(halts)])
    assert not same.difference(twin, model)


@pytest.mark.parametrize("before", [0, 2])
@pytest.mark.parametrize("asked", [3, 4, 9])
@pytest.mark.parametrize(("size", "at"), [(16, 9), (None, 3)], ids=["within", "between"])
def test_a_fit_may_go_on_to_other_epochs(size, at, asked, before):
    """If nobody has looked at the last one."""
    model, twin, fit = trained(before), trained(before), FIT | {"batch_size": size}
    left(model, at=at, batch_size=size)
    model.fit(**fit | {"epochs": before + asked}, resume=True)
    twin.fit(**fit | {"epochs": asked})
    assert len(model.history) == before + asked
    assert not same.difference(twin, model)


@pytest.mark.parametrize("before", [0, 2])
def test_one_epoch_more_than_there_are_is_trained(before):
    model = trained(before)
    model.fit(**FIT | {"epochs": before + 1}, resume=True)
    assert len(model.history) == before + 1


@pytest.mark.parametrize("steps", [1, 2])
@pytest.mark.parametrize("shuffle", [True, False])
def test_epochs_before_the_one_that_is_begun_are_done(shuffle, steps, capsys):
    """If no more are asked for, nothing is done, and the fit stays where it was left."""
    model, twin, fit = net(), net(), FIT | {"shuffle": shuffle}
    left(model, at=8 + steps, shuffle=shuffle)  # in the third epoch
    model.fit(**fit | {"epochs": 2, "verbose": 1}, resume=True)
    assert capsys.readouterr().out.startswith("nothing to do: 2 epochs are done;")
    model.fit(**fit, resume=True)
    twin.fit(**fit)
    assert not same.difference(twin, model)


@pytest.mark.parametrize("shuffle", [True, False])
def test_a_batch_of_all_examples_has_no_order(shuffle):
    """So a fit goes on with either `shuffle`."""
    fit = FIT | {"batch_size": None}
    model, twin = left(net(), at=3, batch_size=None, shuffle=shuffle), net()
    model.fit(**fit, shuffle=not shuffle, resume=True)
    twin.fit(**fit, shuffle=shuffle)
    assert not same.difference(twin, model)


@pytest.mark.parametrize("before", [0, 2])
def test_more_epochs_than_a_fit_that_is_over(before):
    model, twin = trained(before), trained(before)
    for one in (model, twin):
        one.fit(**FIT, callbacks=[Looks()])
    model.fit(**FIT | {"epochs": before + 9}, callbacks=[Looks()], resume=True)
    twin.fit(**FIT | {"epochs": 3}, callbacks=[Looks()])
    assert len(model.history) == before + 9
    assert not same.difference(twin, model)


@pytest.mark.parametrize("make", [list, lambda: [stops()]])
@pytest.mark.parametrize("asked", [4, 6])
def test_what_is_said_of_a_fit_that_is_over(make, asked, capsys):
    model = whole(net, *make())
    history = model.fit(**FIT | {"epochs": asked, "verbose": 1}, callbacks=make(), resume=True)
    assert history.rows == model.history.rows
    said = "nothing to do: 6 epochs are done; fit without resume=True trains on\n"
    assert capsys.readouterr().out == said
    assert len(model.history) == 6


@pytest.mark.parametrize("kept", [(), ("n",)])
def test_a_callback_that_keeps_something_else_is_told(kept):
    class Keeps(Own):
        def on_train_begin(self):
            self.n = self.more = 0

    callback, other = Keeps(), Keeps()
    callback.kept, other.kept = kept, ("more",)
    model = left(net(), callback)
    told = f"Keeps that keeps more, got {'n' if kept else 'nothing'} in the fit that goes on"
    with pytest.raises(ValueError, match=told):
        model.fit(**FIT, callbacks=[other], resume=True)
    other.kept = ()
    if kept:
        with pytest.raises(ValueError, match="Keeps that keeps nothing, got n in the fit that"):
            model.fit(**FIT, callbacks=[other], resume=True)


def drops():
    layers = [tn.Dense(4, "tanh"), tn.BatchNorm(), tn.Dropout(0.5), tn.Dense(1, "sigmoid")]
    model = tn.Sequential(layers, seed=3)
    model.compile(tn.SGD(0.1, 0.9))
    return model


MOVES = {
    "its generator": lambda model: model._generator.random(),
    "weights": lambda model: setattr(model.layers[0], "W", 2 * model.layers[0].W),
    "weights in place": lambda model: np.negative(model.layers[0].b, out=model.layers[0].b),
    "state": lambda model: model.layers[1].forward(np.ones((4, 5))),
    "draws of a layer": lambda model: model.layers[2].forward(np.ones((4, 5))),
    "slots": lambda model: model.optimizer.slots["v"]["W1"].fill(1),
}


@pytest.mark.parametrize("callbacks", [[], [tn.LambdaCallback()]], ids=["", "a callback"])
@pytest.mark.parametrize("saved", [False, True])
@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_what_was_moved_since_is_told(move, saved, callbacks, tmp_path):
    model = left(drops(), *callbacks)
    if saved:
        model.save(tmp_path / "net")
        model = tn.load(tmp_path / "net")
    model.predict(FIT["X"])
    move(model)
    with pytest.raises(ValueError, match="weights, state and generators as the fit that goes on"):
        model.fit(**FIT, callbacks=callbacks, resume=True)


def test_what_was_moved_since_a_checkpoint_is_told(tmp_path):
    model = left(drops(), Killed(tmp_path / "net", every_batches=4))
    loaded = tn.load(tmp_path / "net")
    loaded.layers[0].W = 2 * loaded.layers[0].W
    with pytest.raises(ValueError, match="weights, state and generators as the fit that goes on"):
        loaded.fit(**FIT, resume=True)
    model.fit(**FIT, resume=True)


class Counts(Own):
    kept = ("n",)

    def on_train_begin(self):
        self.n = 0

    def on_epoch_end(self, epoch, logs):
        self.n += 1


def test_callbacks_of_a_fit_that_is_over_get_back_what_they_kept():
    model, own, other = whole(net, Counts()), Counts(), Counts()
    model.fit(**FIT, callbacks=[other, Counts()], resume=True)
    model.fit(**FIT, callbacks=[own], resume=True)
    assert len(model.history) == own.n == 6
    assert not hasattr(other, "n")


class Mine(Own):
    kept = ()

    def __init__(self, rate=None, name=None):
        super().__init__()
        self.rate, self.name = rate, name


OTHERS = [
    (stops, lambda: tn.EarlyStopping(patience=5), "monitor 'loss'"),
    (lambda: tn.EarlyStopping(patience=5), stops, "monitor None"),
    (lambda: stops(mode="max"), stops, "mode 'max'"),
    (lambda: Mine(np.float64(0.1)), lambda: Mine(np.float64(0.3)), "rate 0.1"),
    (lambda: Mine(name="a"), lambda: Mine(0.1, name="a"), "rate None"),
]


@pytest.mark.parametrize(("make", "other", "told"), OTHERS)
def test_another_argument_of_a_callback_is_told(make, other, told):
    model = left(net(), make())
    with pytest.raises(ValueError, match=f"with {told}, as in the fit that goes on, got "):
        model.fit(**FIT, callbacks=[other()], resume=True)
    model.fit(**FIT, callbacks=[make()], resume=True)


def test_an_optimizer_that_was_moved_since_is_told():
    model = left(net())
    model.optimizer.steps += 1
    with pytest.raises(ValueError, match="the optimizer after step 10, where the fit was left"):
        model.fit(**FIT, resume=True)


def test_a_model_that_was_built_only_begins(tmp_path):
    path = tmp_path / "net"
    model, twin = net().build(2), net().build(2)
    model.save(path)
    for one in (model, tn.load(path)):
        one.fit(**FIT, resume=True)
        assert len(one.history) == 6
    twin.fit(**FIT)
    assert not same.difference(twin, model)
