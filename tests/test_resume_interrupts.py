"""A fit that Ctrl-C cut off goes on as if nothing had been."""

import functools
import pickle
import random
import signal

import numpy as np
import pytest

import tinynet as tn
from tests import models
from tests.interrupts import Doors, Tracer, lines, moments, signalled
from tests.resuming import FIT, Halt, X, Y, net, require_same, watched
from tests.ways import WAYS, taken
from tinynet.model import batches, same


def prepared(optimizer="sgd", **settings):
    """A model of which the step is settled already."""
    model = net(optimizer, **settings)
    model.fit(**FIT | {"epochs": 0})
    return model


FILES = "tinynet/", "contextlib"
ENGINE = "tinynet/engine", "tinynet/tape", "tinynet/net/reporter", "tinynet/base/calls"


def places(files, train, draw):
    """Where to interrupt a training: when it comes to each of its lines, or to each door of the
    engine, first and last, and at some time between."""
    kind = Doors if files == ENGINE else Tracer
    for found in moments(kind, files, train).values():
        yield from ((kind, at) for at in {found[0], draw.choice(found), found[-1]})


# a generator that is closed swallows one
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("batch_size", [16, None])
@pytest.mark.parametrize("files", [FILES, ENGINE, ("contextlib",)])
def test_an_interrupt_anywhere_leaves_a_fit_that_goes_on(files, batch_size, tries):
    """In the long form at each line, and at each entry and exit of the engine; and then somewhere
    in the fit that goes on."""
    twin, ends, fit = prepared(), watched(), FIT | {"batch_size": batch_size}
    twin.fit(**fit, callbacks=ends)
    train = functools.partial(prepared().fit, **fit, callbacks=watched())
    draw = random.Random(str(batch_size))
    found = sorted(places(files, train, draw), key=str)
    for tracer, at in draw.sample(found, tries(6, len(found))):
        model, own, tracing = prepared(), watched(), tracer(files, at)
        tracing.run(functools.partial(model.fit, **fit, callbacks=watched()))
        again = Tracer(FILES, draw.randrange(100_000))  # sooner or later, or not at all
        again.run(functools.partial(model.fit, **fit, callbacks=watched(), resume=True))
        model.fit(**fit, callbacks=own, resume=True)
        assert not same.difference(twin, model), (tracing.where, again.where)
        if hasattr(own[0], "seen"):  # else nothing was left to do
            require_same(model, twin, ends, own)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("optimizer", models.OPTIMIZERS)
def test_a_signal_at_any_moment_leaves_a_fit_that_goes_on(optimizer, way, tries):
    look = functools.partial(watched, optimizer)
    fit = FIT | {"epochs": 12}
    with taken(way):
        twin = prepared(optimizer)
        twin.fit(**fit, callbacks=look())
        draw, interrupted = random.Random(optimizer), 0
        for _ in range(tries(2, 64)):
            model, after = prepared(optimizer), draw.uniform(1e-5, 0.01)
            train = functools.partial(model.fit, **fit, callbacks=look())
            interrupted += signalled(after, train) is not None
            after = draw.uniform(1e-5, 0.01)  # and again, while it goes on
            train = functools.partial(model.fit, **fit, callbacks=look(), resume=True)
            interrupted += signalled(after, train) is not None
            train()
            assert not same.difference(twin, model)
    assert interrupted


def test_an_interrupt_of_batches_leaves_a_fit_that_goes_on():
    batches = [(X[:, i : i + 20], Y[:, i : i + 20]) for i in (0, 20, 40)]
    twin, ends = net("sgd"), watched()
    twin.fit(batches, epochs=3, verbose=0, callbacks=ends)
    draw = random.Random(0)
    most = lines(FILES, functools.partial(net("sgd").fit, batches, epochs=3, verbose=0))
    for _ in range(30):
        model, own, tracer = net("sgd"), watched(), Tracer(FILES, draw.randrange(most))
        tracer.run(functools.partial(model.fit, batches, epochs=3, verbose=0, callbacks=watched()))
        model.fit(batches, epochs=3, verbose=0, callbacks=own, resume=True)
        assert not same.difference(twin, model), tracer.where


def test_a_second_signal_ends_at_once_and_leaves_what_can_be_trained_on():
    """While the place of the first one is noted, which takes longest with much data."""
    wide = np.random.default_rng(0).standard_normal((100, 20_000))
    for after in (1e-4, 1e-3, 1e-2):
        model = tn.Sequential([tn.Dense(1, "sigmoid")], seed=0)
        model.compile()

        def twice(epoch, logs, after=after):
            signal.setitimer(signal.ITIMER_REAL, after)
            raise KeyboardInterrupt

        look = tn.LambdaCallback(on_epoch_end=twice)
        train = functools.partial(model.fit, wide, wide[:1] > 0, 3, callbacks=[look], verbose=0)
        assert isinstance(signalled(60, train), KeyboardInterrupt)
        assert model.optimizer.steps == len(model.history) == 1
        look = tn.LambdaCallback()
        again = functools.partial(model.fit, wide, wide[:1] > 0, callbacks=[look], verbose=0)
        try:
            again(3, resume=True)
        except ValueError:  # it was not known yet where everything stands
            again(2)
        assert len(model.history) == 3


@pytest.mark.parametrize("move", [lambda model: setattr(model.layers[0], "W", [[9.0, 9.0]]), None])
def test_what_was_moved_after_a_second_interrupt_is_told(move, monkeypatch):
    def interrupted(arrays):
        raise KeyboardInterrupt

    model, twin = (tn.Sequential([tn.Dense(1, "sigmoid")], seed=0) for _ in range(2))
    for one in (model, twin):
        one.compile("sgd")
    fit = {"X": X, "Y": Y, "epochs": 3, "batch_size": 16, "verbose": 0}
    twin.fit(**fit)
    with monkeypatch.context() as second:
        second.setattr(batches, "digest", interrupted)
        with pytest.raises(KeyboardInterrupt):
            model.fit(**fit, callbacks=[Halt(5, KeyboardInterrupt())])
    if move is None:
        model.fit(**fit, resume=True)
        assert not same.difference(twin, model)
    else:
        move(model)
        with pytest.raises(ValueError, match="somebody has moved them since"):
            model.fit(**fit, resume=True)
        with pytest.raises(ValueError, match="somebody has moved them since"):
            pickle.loads(pickle.dumps(model)).fit(**fit, resume=True)


def test_an_interrupt_at_each_line_of_an_end_leaves_a_fit_that_goes_on():
    twin, ends = prepared(), watched()
    twin.fit(**FIT, callbacks=ends)
    watch = "tinynet/model/watch", "tinynet/model/standing"
    n = lines(watch, functools.partial(prepared().fit, **FIT, callbacks=watched()))
    for at in range(n - 40, n):
        model, own, tracer = prepared(), watched(), Tracer(watch, at)
        assert tracer.run(functools.partial(model.fit, **FIT, callbacks=watched()))
        model.fit(**FIT, callbacks=own, resume=True)
        assert not same.difference(twin, model), tracer.where


def test_a_second_interrupt_before_ends_that_move_weights_is_told(monkeypatch):
    """After EarlyStopping has gone back to its best epoch nobody knows where the fit was left."""

    def interrupted(arrays):
        raise KeyboardInterrupt

    model = prepared()
    with monkeypatch.context() as second:
        second.setattr(batches, "digest", interrupted)
        with pytest.raises(KeyboardInterrupt):
            model.fit(**FIT, callbacks=[*watched(), Halt(5, KeyboardInterrupt())])
    with pytest.raises(ValueError, match="got an error while it was noted: fit without resume"):
        model.fit(**FIT, callbacks=watched(), resume=True)
    before = len(model.history)
    model.fit(**FIT | {"epochs": 2}, callbacks=watched())
    assert len(model.history) == before + 2


def test_an_order_that_was_noted_and_not_drawn_is_drawn_as_it_would_have_been():
    one, other = (batches.Order(9, 3, np.random.default_rng(0), None) for _ in range(2))
    one.generator_of(1)  # here the interrupt comes
    for epoch in (1, 2, 2):
        np.testing.assert_array_equal(one(epoch), other(epoch))
