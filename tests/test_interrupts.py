"""What version 0.1.0 had wrong, continued: recordings that others see, interrupts, and several at
once (2 to 5, 23)."""

import contextlib
import functools
import itertools
import threading
import time

import numpy as np
import pytest

import tinynet as tn
from tests import parts
from tests.interrupts import Tracer, lines, require_free, signalled
from tests.ways import WAYS, taken
from tinynet.engine.batch import Batch
from tinynet.engine.plan import Plan, Walk
from tinynet.model.history import History

X, Y = tn.data.planar()


def net(optimizer=None, u=4, *layers, **settings):
    layers = layers or (tn.Dense(u, "tanh"), tn.Dense(1, "sigmoid"))
    model = tn.Sequential(layers, seed=3, **settings)
    model.compile(optimizer or tn.SGD(0.5), metrics=["accuracy"])
    return model


def normed():
    layers = tn.Dense(4, "tanh"), parts.Dropout(4), parts.Norm(4), tn.Dense(1, "sigmoid")
    return net(tn.Adam(0.01), 4, *layers)


def learned():
    return net(tn.Hypergradient(tn.SGD(0.1, 0.9), meta=tn.Adam(0.05)))


def middle():
    layers = tn.Dense(300, "relu"), tn.Dense(200), tn.Dense(1, "sigmoid")
    return net(tn.SGD(0.1, 0.9), 0, *layers).build(2)


class Twin:
    """A training that nobody interrupts, with what stood there after each of its steps."""

    def __init__(self, make, X, Y, epochs, size):
        self.moments, self.per_epoch = [], -(-X.shape[1] // (size or X.shape[1]))
        model, walk = make(), Walk.walk
        model.build(X.shape[0])
        self.moments.append(parts.everything(model))

        def watched(own, *args):
            walk(own, *args)
            self.moments.append(parts.everything(model))

        with pytest.MonkeyPatch.context() as patch, taken("walked"):
            patch.setattr(Walk, "walk", watched)
            model.fit(X, Y, epochs, size, verbose=0)
        self.rows = model.history.rows

    def require(self, model):
        """The model's weights, slots, steps and history are those of one and the same step."""
        steps = model.optimizer.steps
        if steps or model.layers[0].n_in:
            assert parts.same(parts.everything(model), self.moments[steps])
        assert model.history.rows == self.rows[: steps // self.per_epoch]
        columns = model.history.history.values()
        assert {len(column) for column in columns} == {len(model.history)}


# ---- 2


def test_2_predictions_while_a_step_is_recorded():
    model = net(tn.SGD(1e-300)).build(2)
    expected, stop, wrong, count = (
        model.predict(X[:, :50]),
        threading.Event(),
        [],
        itertools.count(),
    )

    def use():
        while not stop.is_set():
            next(count)
            if not np.array_equal(model.predict(X[:, :50]), expected):
                wrong.append(1)

    thread = threading.Thread(target=use)
    thread.start()
    try:
        for i in range(30):
            model.fit(X[:, : 300 + i], Y[:, : 300 + i], 100, verbose=0)
    finally:
        stop.set()
        thread.join()
    assert next(count) > 30
    assert not wrong


MAKERS = {
    "small": (lambda: net().build(2), X, Y, 400),
    "adam": (lambda: net(tn.Adam(0.01)).build(2), X, Y, 400),
    "normed": (lambda: normed().build(2), X, Y, 100),
    "learned": (lambda: learned().build(2), X, Y, 200),
    "middle": (middle, X[:, ::2], Y[:, ::2], 12),
}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("size", [None, 64])
@pytest.mark.parametrize("name", MAKERS)
def test_3_to_5_an_interrupt_at_any_moment(name, size, way, tries):
    make, A, B, epochs = MAKERS[name]
    epochs = epochs if size is None else max(2, epochs // 10)
    epochs = epochs // 4 if way == "walked" and epochs >= 100 else epochs  # each takes longer
    twin = Twin(make, A, B, epochs, size)
    rng, kept = np.random.default_rng(0), []
    with taken(way, may_walk=True):
        start = time.perf_counter()
        make().fit(A, B, epochs, size, verbose=0)
        whole = time.perf_counter() - start
        for after in rng.uniform(1e-5, whole, tries(7, 100)):
            model = make()
            train = functools.partial(model.fit, A, B, epochs, size, verbose=0)
            kept.append(signalled(after, train))
            twin.require(model)
            if size is None:  # the generator drew nothing: so it goes on as if nothing had been
                model.fit(A, B, epochs - model.optimizer.steps, size, verbose=0)
                twin.require(model)
                kept[-1] = bool(kept[-1])  # frees a traceback and what hangs on it
                twin.require(model)
    assert any(kept)


TRAINING = ["tinynet/engine", "tinynet/net/reporter", "tinynet/optimizers", "tinynet/base/calls"]
EVERYTHING = ["tinynet/", "contextlib"]
SMALL = X[:, :10], Y[:, :10]


def prepared(make, size):
    """A model of which the step is settled already."""
    model = make()
    model.fit(*SMALL, 0, size, verbose=0)
    return model


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("size", [None, 4])
@pytest.mark.parametrize("make", [net, normed, learned])
def test_3_to_5_an_interrupt_at_each_line(make, size, way, tries):
    """Of a training whose step is settled."""
    epochs, more = ((70 if way == "played" else 5), 3) if size is None else (3, 1)
    twin = Twin(make, *SMALL, epochs + more, size)
    with taken(way, may_walk=True):
        for _ in range(2):  # the first time more is run, if something is compiled
            model = prepared(make, size)
            n = lines(TRAINING, functools.partial(model.fit, *SMALL, epochs, size, verbose=0))
        assert n > 50
        for i in range(0, n, 1 + n // tries(30, 600)):
            model = prepared(make, size)
            train = functools.partial(model.fit, *SMALL, epochs, size, verbose=0)
            assert Tracer(TRAINING, i).run(train)
            twin.require(model)
            if size is None:
                model.fit(*SMALL, epochs + more - model.optimizer.steps, verbose=0)
                twin.require(model)


@pytest.mark.parametrize("size", [None, 4])
@pytest.mark.parametrize("call", ["build", "fit"])
def test_3_to_5_an_interrupt_while_it_is_made(size, call, tries):
    """While weights are drawn or a step is settled: then nothing has begun, and all can begin; in
    other threads, too."""
    twin, wrong = Twin(net, *SMALL, 8, size), []

    def begin(model):
        if call == "build":
            return functools.partial(model.build, 2)
        return functools.partial(model.fit, *SMALL, 8, size, verbose=0)

    n = lines(EVERYTHING, begin(net()))
    for i in range(0, n, 1 + n // tries(60, 1000)):
        model, tracer = net(), Tracer(EVERYTHING, i)
        assert tracer.run(begin(model))
        try:
            twin.require(model)
            if size is None:
                model.fit(*SMALL, 8 - model.optimizer.steps, size, verbose=0)
                twin.require(model)
            require_free(model)
        except AssertionError:
            wrong.append((tracer.where, "another step's"))
        except Exception as error:
            wrong.append((tracer.where, repr(error)[:80]))
    assert not wrong, wrong


@pytest.mark.parametrize("method", [(Plan, "take"), (History, "__init__"), (Batch, "release")])
@pytest.mark.parametrize("before", [True, False])
def test_4_an_interrupt_before_and_after_a_call(method, before, monkeypatch):
    kind, name = method
    whole, count = getattr(kind, name), itertools.count()

    def stopped(*args):
        last = next(count) == 1
        if last and before:
            raise KeyboardInterrupt
        result = whole(*args)
        if last:
            raise KeyboardInterrupt
        return result

    twin = Twin(net, X, Y, 300, None)
    model = net().build(2)
    monkeypatch.setattr(kind, name, stopped)
    with contextlib.suppress(KeyboardInterrupt):
        for _ in range(3):
            model.fit(X, Y, 100, verbose=0)
    monkeypatch.undo()
    twin.require(model)
    model.fit(X, Y, 300 - model.optimizer.steps, verbose=0)
    twin.require(model)


def test_23_two_fits_at_once():
    model, twin = net(), net()
    started, errors = threading.Event(), []

    def first():
        started.set()
        model.fit(X, Y, 20_000, verbose=0)

    thread = threading.Thread(target=first)
    thread.start()
    started.wait()
    while thread.is_alive():
        try:
            model.fit(X, 1 - Y, 1, verbose=0)
        except RuntimeError as error:
            errors.append(str(error))
        if len(errors) > 10:
            break
    thread.join()
    assert errors
    assert all("one fit at a time, got another that runs" in error for error in errors)
    twin.fit(X, Y, 20_000, verbose=0)
    assert model.history.rows == twin.history.rows
    assert parts.same(parts.everything(model), parts.everything(twin))


def test_23_gradients_of_a_model_that_is_not_built():
    expected = net().gradients(X, Y)
    for _ in range(25):
        model, found = net(u=4), []
        barrier = threading.Barrier(8)

        def ask():
            barrier.wait()  # noqa: B023
            found.append(model.gradients(X, Y))  # noqa: B023

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 8
        for J, grads in found:
            assert expected[0] == J
            assert parts.same(expected[1].values(), grads.values())


@pytest.mark.parametrize("again", [False, True])
def test_an_interrupt_of_a_compile_leaves_what_was_before_it_or_what_is_after(again, tmp_path):
    def begun():
        model = tn.Sequential([tn.Dense(1, "sigmoid")], seed=0).build(2)
        if again:
            model.compile("adam", metrics=["accuracy"])
        return model

    def compiled(model):
        model.compile(tn.SGD(0.5), "mse", metrics=["mae"])

    def kinds(model):
        cost = model._cost and type(model._cost.pair.loss).__name__
        return type(model.optimizer).__name__, cost, [*model._metrics]

    files, before, after = ("tinynet/model/compiled", "tinynet/model/network"), begun(), begun()
    compiled(after)
    found = []
    for at in range(lines(files, functools.partial(compiled, begun()))):
        model = begun()
        assert Tracer(files, at).run(functools.partial(compiled, model))
        found.append(kinds(model))
        model.save(tmp_path / "net")
        assert kinds(tn.load(tmp_path / "net")) == found[-1]
    assert all(one in (kinds(before), kinds(after)) for one in found)
    assert kinds(before) in found
