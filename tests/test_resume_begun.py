"""What counts as begun: fits whose optimizer is reset, or that fail before a step or after all."""

import numpy as np
import pytest

import tinynet as tn
from tests.test_resume_attacked import FIT, HalvesAtItsEnd, net, stops, whole
from tinynet.model import same

X, Y = FIT["X"], FIT["Y"]


class Resets(tn.Callback):
    """Sets the step count back, as a warm restart does."""

    kept = ()

    def on_epoch_end(self, epoch, logs):
        if epoch == 3:
            self.model.optimizer.reset()


class Halts(tn.Callback):
    kept, at = (), 0

    def on_epoch_end(self, epoch, logs):
        if epoch == Halts.at:
            raise RuntimeError("halt")


@pytest.mark.parametrize("batch_size", [None, 16])
def test_a_checkpoint_is_the_end_of_a_fit_that_was_reset(batch_size, tmp_path):
    model = net()
    fit = FIT | {"epochs": 3, "batch_size": batch_size}
    model.fit(**fit, callbacks=[Resets(), tn.ModelCheckpoint(tmp_path / "net")])
    assert not same.difference(model, tn.load(tmp_path / "net"))


@pytest.mark.parametrize("batch_size", [None, 16])
def test_a_fit_that_was_reset_goes_on(batch_size, monkeypatch):
    fit, model = FIT | {"batch_size": batch_size}, net()
    with monkeypatch.context() as patch:
        patch.setattr(Halts, "at", 3)
        with pytest.raises(RuntimeError, match="halt"):
            model.fit(**fit, callbacks=[Resets(), Halts()])
    model.fit(**fit, callbacks=[Resets(), Halts()], resume=True)
    assert not same.difference(whole(net, Resets(), Halts(), batch_size=batch_size), model)


def test_what_was_learned_of_the_inputs_stays_after_a_reset(monkeypatch):
    monkeypatch.setattr(Halts, "at", 3)
    model = tn.Sequential([tn.Standardize(), tn.Dense(1, "sigmoid")], seed=1)
    model.compile()
    with pytest.raises(RuntimeError, match="halt"):
        model.fit(**FIT, callbacks=[Resets(), Halts()])
    mean = model.layers[0].state["mean"].copy()
    model.fit(2 * X, Y, verbose=0)
    np.testing.assert_array_equal(model.layers[0].state["mean"], mean)


class HalvesAtItsBegin(tn.Callback):
    kept = ()

    def on_train_begin(self):
        self.model.set_weights([0.5 * a for a in self.model.get_weights()])


class Batches:
    """Some batches, which cannot be read the first time."""

    def __init__(self, fails):
        self.fails = fails

    def __iter__(self):
        if self.fails:
            self.fails = False
            raise RuntimeError("halt")
        return iter([(X[:, i : i + 20], Y[:, i : i + 20]) for i in (0, 20, 40)])


class FailsAtFirst(tn.Callback):
    kept, fails = (), False

    def on_train_begin(self):
        if self.fails:
            self.fails = False
            raise RuntimeError("halt")


@pytest.mark.parametrize("moves", [HalvesAtItsBegin, HalvesAtItsEnd])
@pytest.mark.parametrize("where", ["batches", "begin"])
def test_a_fit_that_failed_before_its_first_step_begins_as_if_nothing_had_been(moves, where):
    def trained(fails):
        model, last = net().build(2), FailsAtFirst()
        batches, last.fails = Batches(fails and where == "batches"), fails and where == "begin"
        fit = {"X": batches, "epochs": 3, "verbose": 0, "resume": True}
        for _ in range(fails):
            with pytest.raises(RuntimeError, match="halt"):
                model.fit(**fit, callbacks=[moves(), last])
        model.fit(**fit, callbacks=[moves(), last])
        return model

    assert not same.difference(trained(False), trained(True))


@pytest.mark.parametrize("call", ["watch.Watch.ended", "standing.kept_by"])
def test_an_interrupt_after_all_ends_has_none_of_them_twice(call, monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    model = net()
    with monkeypatch.context() as patch:
        end = HalvesAtItsEnd()
        own = end.on_train_end
        end.on_train_end = lambda: (own(), patch.setattr(f"tinynet.model.{call}", interrupted))
        with pytest.raises(KeyboardInterrupt):
            model.fit(**FIT, callbacks=[end])
    model.fit(**FIT, callbacks=[HalvesAtItsEnd()], resume=True)
    assert not same.difference(whole(net, HalvesAtItsEnd()), model)


@pytest.mark.parametrize("when", ["on_train_begin", "on_train_end"])
def test_a_callback_of_a_fit_around_another_is_not_in_both(when):
    stop, inner, outer = stops(), net(), net()
    nested = tn.LambdaCallback(**{when: lambda: inner.fit(**FIT, callbacks=[stop])})
    with pytest.raises(ValueError, match="EarlyStopping: expected to be in one fit at a time"):
        outer.fit(**FIT, callbacks=[stop, nested])
    assert len(inner.history) == 0
    outer.fit(**FIT, callbacks=[stop])
    inner.fit(**FIT, callbacks=[stop])
