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


class Own(tn.Callback):
    """A callback that halts in its call after some epoch."""

    kept = ()

    def __init__(self, halts=0):
        self.halts = halts

    def halt(self, epoch):
        if epoch == self.halts:
            raise RuntimeError("halt")


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


def test_a_finished_model_after_an_error_at_the_very_end(tmp_path):
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
    with pytest.raises(ValueError, match="more than the 2 batches that were taken, got 1"):
        model.fit(batches[:1], epochs=3, verbose=0, resume=True)


@pytest.mark.parametrize("draw", [lambda g: g.random(), lambda g: whole(lambda: net(seed=g))])
def test_others_that_draw_from_its_generator_are_seen(draw):
    generator = np.random.default_rng(0)
    model = left(net(seed=generator))
    draw(generator)
    with pytest.raises(ValueError, match="got one that somebody has drawn from since"):
        model.fit(**FIT, resume=True)


def test_a_model_that_failed_before_its_first_step_can_be_saved(tmp_path):
    model = tn.Sequential([tn.Standardize(), tn.Dense(1, "sigmoid")], seed=3)
    model.compile()
    with pytest.raises(RuntimeError, match="halt"):
        model.fit(**FIT, callbacks=[Halt(0)])
    model.save(tmp_path / "net")
    assert not same.difference(model, tn.load(tmp_path / "net"))


# ---- callbacks


@pytest.mark.parametrize("how", ["save", "copy"])
def test_a_call_that_saves_the_model_is_not_made_again(how, tmp_path):
    class Saves(tn.Callback):
        kept = ("seen",)

        def on_train_begin(self):
            self.seen = []

        def on_epoch_end(self, epoch, logs):
            self.seen.append(epoch)
            self.model.optimizer.learning_rate *= 0.9
            if epoch == 3 and how == "save":
                self.model.save(tmp_path / "net")
            elif epoch == 3:
                copies.append(copy.deepcopy(self.model))

    copies, own = [], Saves()
    twin = whole(net, Saves())
    (model,) = copies[:1] or [tn.load(tmp_path / "net")]
    model.fit(**FIT, callbacks=[own], resume=True)
    assert not same.difference(twin, model)
    assert own.seen == [1, 2, 3, 4, 5, 6]


class Halves(Own):
    def on_epoch_end(self, epoch, logs):
        self.model.optimizer.learning_rate *= 0.5
        self.halt(epoch)


class Sets(Own):
    def on_epoch_end(self, epoch, logs):
        self.model.set_weights([0.9 * a for a in self.model.get_weights()])
        self.halt(epoch)


@pytest.mark.parametrize("kind", [Halves, Sets])
def test_a_call_that_was_cut_off_after_a_change_cannot_be_made_again(kind):
    model = left(net(), kind(3), at=0)
    with pytest.raises(ValueError, match=f"{kind.__name__} to end, got an error after it had cha"):
        model.fit(**FIT, callbacks=[kind()], resume=True)


class Warms(Own):
    def on_train_begin(self):
        self.model.optimizer.learning_rate = 0.5
        self.model.set_weights([2 * a for a in self.model.get_weights()])

    def on_epoch_end(self, epoch, logs):
        self.model.optimizer.learning_rate *= 0.9


class Ends(Own):
    def on_train_end(self):
        self.model.optimizer.learning_rate = 1e-3


def test_what_a_callback_does_at_the_beginning_is_not_done_again(tmp_path):
    def make():
        return net().build(2)

    twin, path = whole(make, Warms()), tmp_path / "net"
    model = left(make(), Warms(), Killed(path, every_batches=5), at=12)
    for one in (model, tn.load(path)):
        one.fit(**FIT, callbacks=[Warms()], resume=True)
        assert not same.difference(twin, one)


def test_a_setting_that_was_changed_at_the_end_is_seen():
    model = left(net(), Ends())
    with pytest.raises(ValueError, match="got others after a callback's on_train_end"):
        model.fit(**FIT, callbacks=[Ends()], resume=True)


class Nested(Own):
    kept = ("t",)

    def on_train_begin(self):
        self.t = [[]]


class Draws(Own):
    kept = ("t",)

    def on_train_begin(self):
        self.t = np.random.default_rng(0)


class Columns(Own):
    kept = ("t",)

    def on_train_begin(self):
        self.t = np.ones((3, 2)).T


@pytest.mark.parametrize("kind", [Nested, Draws, Columns])
def test_what_no_callback_can_keep_is_refused(kind):
    with pytest.raises(ValueError, match=r"\.t, which is kept, as a number, a text"):
        net().fit(**FIT, callbacks=[kind(), Halt(10)])


class Patient(tn.EarlyStopping):
    kept = *tn.EarlyStopping.kept, "n"

    def __init__(self, halts=0):
        super().__init__("loss", 50)
        self.halts = halts

    def on_train_begin(self):
        super().on_train_begin()
        self.n = 0

    def on_epoch_end(self, epoch, logs):
        self.n += 1
        Own.halt(self, epoch)
        return super().on_epoch_end(epoch, logs)


class Every(Own):
    kept = "every", "k"

    def on_train_begin(self):
        self.every, self.k = 4, []

    def on_epoch_end(self, epoch, logs):
        self.k.append(epoch)
        self.every = 3


class Bar(tn.ProgressBar):
    kept, every = ("n",), 1

    def on_train_begin(self):
        self.n = 0

    def on_epoch_end(self, epoch, logs):
        self.n += 1
        self.model.optimizer.learning_rate = 0.3 / self.n

    def on_train_end(self):
        pass


class Flips(Own):
    kept = ("up",)

    def on_train_begin(self):
        self.up = True

    def on_epoch_end(self, epoch, logs):
        self.up = not self.up
        self.model.optimizer.learning_rate = 0.5 if self.up else 0.1


@pytest.mark.parametrize("kind", [Patient, Every, Bar, Flips])
def test_what_a_callback_keeps_goes_on(kind):
    cut, own, ends = kind(), kind(), kind()
    halts = kind is Patient
    if halts:
        cut.halts = 3
    fit = {"verbose": int(kind is Bar), "epochs": 12}
    twin, model = whole(net, ends, **fit), left(net(), cut, at=0 if halts else 22, **fit)
    own.halts = cut.halts if halts else 0
    if halts:
        own = Patient()
        vars(own).update(halts=cut.halts)
        with pytest.raises(ValueError, match="Patient with halts"):
            model.fit(**FIT | fit, callbacks=[Patient()], resume=True)
        return
    model.fit(**FIT | fit, callbacks=[own], resume=True)
    assert not same.difference(twin, model)
    assert [getattr(own, name) for name in kind.kept] == [getattr(ends, n) for n in kind.kept]
