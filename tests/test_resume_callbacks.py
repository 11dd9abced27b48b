"""What callbacks once did to a fit that goes on: from the attack on `resume=True`, continued."""

import copy
import linecache

import numpy as np
import pytest

import tinynet as tn
from tests.interrupts import Tracer, moments
from tests.resuming import Halt
from tests.test_resume_attacked import FIT, Killed, left, net, stops, whole
from tinynet.model import same, watch


class Own(tn.Callback):
    """A callback that halts in its call after some epoch."""

    kept = ()

    def __init__(self, halts=0):
        self.halts = halts

    def halt(self, epoch):
        if epoch == self.halts:
            raise RuntimeError("halt")


class Slows(tn.Callback):
    """Notes the epochs, and slows the training down."""

    kept = ("seen",)

    def on_train_begin(self):
        self.seen = []

    def on_epoch_end(self, epoch, logs):
        self.seen.append(epoch)
        self.model.optimizer.learning_rate *= 0.9


@pytest.mark.parametrize("how", ["save", "copy"])
def test_a_call_that_saves_the_model_is_not_made_again(how, tmp_path):
    class Saves(Slows):
        def on_epoch_end(self, epoch, logs):
            super().on_epoch_end(epoch, logs)
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
    with pytest.raises(ValueError, match=f"{kind.__name__} to end its call, got one"):
        model.fit(**FIT, callbacks=[kind()], resume=True)


def test_a_call_that_was_cut_off_after_it_made_parts_is_made_again(tmp_path):
    """And saved the model: neither changes it."""

    class Makes(Own):
        def __init__(self):
            super().__init__()

        def on_epoch_end(self, epoch, logs):
            tn.Dense(3, regularizer=tn.L2())
            self.model.save(tmp_path / "net")
            self.halt(epoch)

    twin, cut = whole(net, Makes()), Makes()
    cut.halts = 3
    model = left(net(), cut, at=0)
    model.fit(**FIT, callbacks=[Makes()], resume=True)
    assert not same.difference(twin, model)


@pytest.mark.parametrize("stops", [False, True, np.True_])
def test_an_interrupt_after_a_call_does_not_make_it_again(stops):
    """What it said is known, and what it kept."""

    class Ends(Slows):
        def on_epoch_end(self, epoch, logs):
            super().on_epoch_end(epoch, logs)
            return stops if epoch == 3 else None

    twin, ends = net(), Ends()
    twin.fit(**FIT, callbacks=[ends])
    found = moments(Tracer, [watch.__file__], lambda: net().fit(**FIT, callbacks=[Ends()]))
    calls = [t for line, t in found.items() if "on_epoch_end(" in source(watch, line)]
    for later in (1, 2, 3, 4):
        model, own = net(), Ends()
        tracer = Tracer([watch.__file__], calls[0][2] + later)
        assert tracer.run(lambda: model.fit(**FIT, callbacks=[Ends()]))  # noqa: B023
        model.fit(**FIT, callbacks=[own], resume=True)
        assert not same.difference(twin, model), tracer.where
        assert own.seen == ends.seen


def source(module, where):
    return linecache.getline(module.__file__, int(where.split(":")[1]))


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

    when = 0

    def __init__(self):
        super().__init__("loss", 50)

    def on_train_begin(self):
        super().on_train_begin()
        self.n = 0

    def on_epoch_end(self, epoch, logs):
        self.n += 1
        if epoch == self.when:
            raise RuntimeError("halt")
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
    fit = {"verbose": int(kind is Bar), "epochs": 12}
    twin = whole(net, ends, **fit)
    if kind is Patient:
        cut.when = 3
    model = left(net(), cut, at=0 if kind is Patient else 22, **fit)
    model.fit(**FIT | fit, callbacks=[own], resume=True)
    assert not same.difference(twin, model)
    assert [getattr(own, name) for name in kind.kept] == [getattr(ends, n) for n in kind.kept]


def test_other_arguments_of_a_callback_are_refused():
    model = left(net(), stops(patience=3))
    with pytest.raises(ValueError, match="EarlyStopping with patience 3, as in the fit"):
        model.fit(**FIT, callbacks=[stops(patience=1)], resume=True)


def test_one_name_is_no_list_of_names():
    class Slips(Own):
        kept = "seen"

    with pytest.raises(ValueError, match=r"kept as a tuple of names, got 'seen': kept = "):
        net().fit(**FIT, callbacks=[Slips()])


class Halving(tn.ReduceLROnPlateau):
    """Cut off after it has changed the rate."""

    kept, when = tn.ReduceLROnPlateau.kept, 0

    def __init__(self):
        super().__init__("loss")

    def on_epoch_end(self, epoch, logs):
        self.model.optimizer.learning_rate *= 0.5
        if epoch == self.when:
            raise RuntimeError("halt")


def test_a_child_of_a_monitor_is_a_users_callback():
    cut = Halving()
    cut.when = 3
    model = left(net(), cut, at=0)
    with pytest.raises(ValueError, match="Halving to end its call, got one that was cut off"):
        model.fit(**FIT, callbacks=[Halving()], resume=True)
