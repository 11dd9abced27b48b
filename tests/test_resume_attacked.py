"""What once went on to other numbers, or lost a file: an attack on `resume=True`."""

import copy

import numpy as np
import pytest

import tinynet as tn
from tests.resuming import Halt
from tinynet.model import same

X, Y = tn.data.moons(60, seed=0)
FIT = {"X": X, "Y": Y, "epochs": 6, "batch_size": 16, "verbose": 0}  # of 4 steps an epoch


def net(rate=0.1, seed=3, **settings):
    model = tn.Sequential([tn.Dense(4, "tanh"), tn.Dense(1, "sigmoid")], seed=seed)
    model.compile(tn.SGD(rate), **settings)
    return model


def left(model, *callbacks, at=10, **settings):
    """The model after a fit that was cut off, after so many steps or by a callback."""
    with pytest.raises(RuntimeError, match="halt"):
        model.fit(**FIT | settings, callbacks=[*callbacks, *([Halt(at)] if at else [])])
    return model


def whole(make, *callbacks, **settings):
    model = make()
    model.fit(**FIT | settings, callbacks=callbacks)
    return model


def stops(**settings):
    return tn.EarlyStopping(monitor="loss", **{"patience": 5} | settings)


class Killed(tn.ModelCheckpoint):
    """Its file stays as a kill would leave it."""

    def on_train_end(self):
        pass


# ---- files


@pytest.mark.parametrize("every", [1, 2])
def test_a_checkpoint_counts_from_where_a_fit_goes_on(every, tmp_path):
    model = left(net(), stops(), at=7)  # which went back
    save = tn.ModelCheckpoint(tmp_path / "net", every, None)
    model.fit(**FIT, callbacks=[stops(), save], resume=True)
    assert not same.difference(whole(net, stops()), model)


def refused_by_a_monitor():
    return {"callbacks": [tn.EarlyStopping(monitor="mine")]}


def refused_by_what_is_kept():
    class Keeps(tn.Callback):
        kept = ("v",)

        def on_train_begin(self):
            self.v = 1, 2

    return {"callbacks": [Keeps()]}


class Begins(tn.Callback):
    kept, fails = (), False

    def on_train_begin(self):
        if Begins.fails:
            self.model.set_weights([2 * a for a in self.model.get_weights()])
            raise RuntimeError("halt")


def test_a_fit_that_goes_on_and_does_not_begin_leaves_the_old_file(tmp_path, monkeypatch):
    path, model = tmp_path / "net", left(net(), Begins(), at=7)
    whole(net, tn.ModelCheckpoint(path))
    before = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(Begins, "fails", True)
        with pytest.raises(RuntimeError, match="halt"):
            model.fit(**FIT, callbacks=[tn.ModelCheckpoint(path), Begins()], resume=True)
    assert path.read_bytes() == before
    model.fit(**FIT, callbacks=[Begins()], resume=True)
    assert not same.difference(whole(net, Begins()), model)


@pytest.mark.parametrize("refused", [refused_by_a_monitor, refused_by_what_is_kept, None])
def test_a_fit_that_did_not_begin_leaves_the_old_file(refused, tmp_path):
    path = tmp_path / "net"
    whole(net, tn.ModelCheckpoint(path))
    own = refused() if refused else {"callbacks": [], "epochs": 0}
    own["callbacks"].insert(0, tn.ModelCheckpoint(path))
    if refused:
        with pytest.raises(ValueError, match=r"mine|Keeps"):
            net().fit(**FIT | own)
    else:
        net().fit(**FIT | own)
    assert tn.load(path).optimizer.steps == 24


@pytest.mark.parametrize("path", ["", "folder", "no folder/net"])
def test_a_path_that_cannot_be_written_is_refused_at_once(path, tmp_path):
    (tmp_path / "folder").mkdir()
    model = net()
    with pytest.raises(ValueError, match=r"ModelCheckpoint: expected (a|the) path"):
        model.fit(**FIT, callbacks=[tn.ModelCheckpoint(str(tmp_path / path) if path else "")])
    assert not model.optimizer.steps


# ---- places


def test_fewer_epochs_than_are_done_leave_the_place_as_it_is():
    model = left(net())
    twin = copy.deepcopy(model)
    assert len(model.fit(**FIT | {"epochs": 2}, resume=True)) == 2
    assert not same.difference(twin, model)
    model.fit(**FIT, resume=True)
    assert not same.difference(whole(net), model)


def test_an_epoch_whose_metric_failed_is_no_place_to_go_on_from():
    class Fails(tn.Metric):
        def read(self, activation, A, Y):
            return np.abs(A - Y)

        def result(self, sums, m):
            raise RuntimeError("halt")

    model = left(net(metrics=[Fails()]), tn.EarlyStopping("fails", mode="min"), at=0)
    with pytest.raises(ValueError, match="expected fails of epoch 1, got an error of it"):
        model.fit(**FIT, callbacks=[tn.EarlyStopping("fails", mode="min")], resume=True)


def test_a_finished_model_after_an_error_at_the_very_end():
    def fails():
        raise RuntimeError("halt")

    model, stop = net(3.0), stops(patience=50)
    left(model, stop, tn.LambdaCallback(on_train_end=fails), at=0)
    model.fit(**FIT, callbacks=[stops(patience=50), tn.LambdaCallback()], resume=True)
    twin = whole(lambda: net(3.0), stops(patience=50))
    assert all(map(np.array_equal, model.get_weights(), twin.get_weights()))


def test_batches_that_are_fewer_than_before_are_refused():
    batches = [(X[:, i : i + 20], Y[:, i : i + 20]) for i in (0, 20, 40)]
    model = net()
    with pytest.raises(RuntimeError, match="halt"):
        model.fit(batches, epochs=3, verbose=0, callbacks=[Halt(5)])
    with pytest.raises(ValueError, match="at least the 2 batches that were taken, got 1"):
        model.fit(batches[:1], epochs=3, verbose=0, resume=True)


@pytest.mark.parametrize("draw", [lambda g: g.random(), lambda g: whole(lambda: net(seed=g))])
def test_others_that_draw_from_its_generator_are_seen(draw):
    generator = np.random.default_rng(0)
    model = left(net(seed=generator))
    draw(generator)
    with pytest.raises(ValueError, match="somebody has moved them since"):
        model.fit(**FIT, resume=True)


def test_a_model_that_failed_before_its_first_step_can_be_saved(tmp_path):
    model = tn.Sequential([tn.Standardize(), tn.Dense(1, "sigmoid")], seed=3)
    model.compile()
    with pytest.raises(RuntimeError, match="halt"):
        model.fit(**FIT, callbacks=[Halt(0)])
    model.save(tmp_path / "net")
    assert not same.difference(model, tn.load(tmp_path / "net"))


# ---- steps that nobody could read


class Near(tn.Metric):
    """A metric with a bug, until it is mended."""

    fails = True

    def read(self, activation, A, Y):
        if Near.fails and A.max() > 0.51:
            raise RuntimeError("halt")
        return np.abs(A - Y) < 0.1


class SteadyNear(Near):
    steady = True


@pytest.mark.filterwarnings("ignore:.*no tape can hold")
@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.parametrize("batch_size", [None, 16, 1])
@pytest.mark.parametrize("kind", [Near, SteadyNear])
def test_steps_that_were_not_read_are_not_taken_again(
    kind, batch_size, watched, tmp_path, monkeypatch
):
    callbacks = [stops(), tn.ModelCheckpoint(tmp_path / "net", 1)] if watched else []
    fit = FIT | {"batch_size": batch_size, "callbacks": callbacks}
    model = net(metrics=[kind()])
    with pytest.raises(RuntimeError, match="halt"):
        model.fit(**fit)
    monkeypatch.setattr(Near, "fails", False)
    with pytest.raises(ValueError, match="costs and metrics of each step, got an error while"):
        model.fit(**fit, resume=True)
    steps = model.optimizer.steps
    assert steps > 0
    model.fit(**fit | {"epochs": 1})
    assert model.optimizer.steps == steps + -(-60 // (batch_size or 60))


# ---- ends that move weights


class HalvesAtItsEnd(tn.Callback):
    kept = ()

    def on_train_end(self):
        self.model.set_weights([0.5 * a for a in self.model.get_weights()])


def fails(calls):
    """An end that fails once."""

    def end():
        calls.append(None)
        if len(calls) == 1:
            raise RuntimeError("halt")

    return tn.LambdaCallback(on_train_end=end)


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("saved", [False, True])
def test_an_end_that_fails_has_the_others_begin_where_the_last_step_was(first, saved, tmp_path):
    def callbacks(calls):
        ends = [fails(calls), stops(patience=2), HalvesAtItsEnd()]
        return [*(ends if first else ends[::-1]), tn.ModelCheckpoint(tmp_path / "net")]

    expected, model, calls = net(3.0), net(3.0), []
    expected.fit(**FIT, callbacks=callbacks([None]))
    with pytest.raises(RuntimeError, match="halt"):
        model.fit(**FIT, callbacks=callbacks(calls))
    model = tn.load(tmp_path / "net") if saved else model
    model.fit(**FIT, callbacks=callbacks(calls), resume=True)
    assert not same.difference(expected, model)
