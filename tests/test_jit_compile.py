"""`compile(jit_compile=...)`: what it takes, what needs the extra, and what the summary says."""

import signal
from importlib.util import find_spec

import numpy as np
import pytest

import tinynet as tn
from tests.ways import equal
from tinynet.fused import kernel as kernels
from tinynet.fused import reader as fused
from tinynet.model import ways

rng = np.random.default_rng(0)
X, Y = rng.standard_normal((5, 20)), rng.integers(0, 2, (1, 20))
HERE = find_spec("numba") is not None
needs_numba = pytest.mark.skipif(not HERE, reason="needs numba")


def a_net(jit=False, optimizer="adam", last="sigmoid"):
    model = tn.Sequential([tn.Dense(3, "tanh"), tn.Dense(1, last)], seed=0)
    model.compile(optimizer, jit_compile=jit)
    return model


@pytest.fixture
def no_numba(monkeypatch):
    monkeypatch.setattr(ways, "numba", lambda: False)


@pytest.fixture
def it_pays(monkeypatch):
    """From the first step on."""
    monkeypatch.setattr(fused, "PAYS", 0)


def way(model, capsys):
    """What the summary says of a step."""
    model.summary()
    return capsys.readouterr().out.splitlines()[-1]


@pytest.mark.parametrize("value", [None, 1, "yes", "True", 0.5, np.ones(2)])
def test_what_it_takes(value):
    model = a_net()
    with pytest.raises(TypeError, match='expected jit_compile, if not "auto", as True or False'):
        model.compile("sgd", jit_compile=value)
    assert isinstance(model.optimizer, tn.Adam)


def test_without_the_extra_it_is_named(no_numba):
    with pytest.raises(ImportError, match='jit_compile=True needs numba: install the extra "fast"'):
        a_net(True)


def calls(model):
    """Of a step of its last fit."""
    (plan,) = model._training.plans.values()
    return len(plan.steps[0]) if plan.chunk is None else 1


@needs_numba
@pytest.mark.parametrize("jit", [True, "auto"])
def test_all_ways_have_the_same_bits(jit, it_pays):
    played, compiled = a_net(), a_net(jit)
    for train in (
        lambda model: model.fit(X, Y, 3, verbose=0),
        lambda model: model.fit(X, Y, 3, 10, verbose=0),
        lambda model: model.fit([(X, Y), (X[:, :7], Y[:, :7])], epochs=2, verbose=0),
        lambda model: model.train_on_batch(X, Y),
    ):
        train(played)
        train(compiled)
        assert calls(compiled) < calls(played)
    equal(played.get_weights(), compiled.get_weights())
    equal(played.history.rows, compiled.history.rows)


@needs_numba
@pytest.mark.parametrize("error", [TimeoutError, SystemExit])
def test_what_a_handler_raises_meanwhile_leaves_the_fit(error, monkeypatch):
    """It is not taken for an error of numba's, nor lost in numba."""

    def handler(*_):
        raise error("time is up")

    def interrupted(*args):
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
        return compiled(*args)

    compiled, model, seen = kernels.compiled, a_net(True), []
    before = signal.signal(signal.SIGTERM, handler)
    other = signal.signal(signal.SIGINT, lambda *_: seen.append(True))
    monkeypatch.setattr(kernels, "compiled", interrupted)
    kernels.loaded.cache_clear()
    try:
        with pytest.raises(error, match="time is up"):
            model.fit(X, Y, 3, verbose=0)
        assert signal.getsignal(signal.SIGTERM) is handler
    finally:
        signal.signal(signal.SIGTERM, before)
        signal.signal(signal.SIGINT, other)
    assert seen
    assert model.optimizer.steps == 0
    monkeypatch.undo()
    model.fit(X, Y, 3, verbose=0, resume=True)
    played = a_net()
    played.fit(X, Y, 3, verbose=0)
    equal(*(net.get_weights() for net in (played, model)))


def test_auto_without_the_extra_plays(no_numba, it_pays, capsys):
    model = a_net("auto")
    model.fit(X, Y, verbose=0)
    assert way(model, capsys).startswith("fit plays: jit_compile needs numba: install the extra")


@needs_numba
def test_auto_counts_the_work_of_a_fit(monkeypatch):
    """Steps by the numbers that a run of calls makes, as here an update, and nothing else."""
    model = a_net("auto").build(5)
    update = 11 * (22 + fused.CALL)
    monkeypatch.setattr(fused, "PAYS", 10 * update)
    for epochs, size, pays in ((9, None, False), (10, None, True), (5, 10, True), (4, 10, False)):
        model.fit(X, Y, epochs, size, verbose=0)
        plan = model._training.plans[model._training.size]
        assert (len(plan.update) == 1) == pays


@needs_numba
def test_a_file_knows_it(tmp_path, monkeypatch):
    for jit in (False, "auto", True):
        model = a_net(jit)
        model.fit(X, Y, 2, verbose=0)
        model.save(tmp_path / "net")
        assert tn.load(tmp_path / "net")._jit == jit
    model.fit(X, Y, 3, verbose=0)
    monkeypatch.setattr(ways, "numba", lambda: False)
    loaded = tn.load(tmp_path / "net")  # on a machine without the extra
    with pytest.warns(UserWarning, match='install the extra "fast".*it trains without'):
        loaded.fit(X, Y, 3, verbose=0)
    equal(loaded.get_weights(), model.get_weights())


class Own(tn.Tanh):
    pass


class Looks(tn.SGD):
    """It says that it is steady, and looks at a number."""

    steady = True

    def step(self, p, g, slots, rate):
        return rate * g if float(g.sum()) else g, {"v": g}


@needs_numba
def test_the_summary_says_how_a_step_is_taken(capsys, it_pays):
    assert way(tn.Sequential([tn.Dense(1)]), capsys) == "0 parameters, float64"
    said = {False: "fit plays", True: "fit fuses", "auto": "fit fuses where that pays"}
    for jit, expected in said.items():
        model = a_net(jit)
        assert way(model, capsys) == expected
        model.fit(X, Y, verbose=0)
        several = f"{calls(model)} calls a step" if jit is False else "up to 64 steps a call"
        assert way(model, capsys) == f"{expected}, {several}"
        model.compile("sgd")  # what was settled is no longer its own
        assert way(model, capsys) == "fit plays"


def test_the_summary_says_why_a_step_is_walked(capsys):
    model = a_net(last=Own())
    assert way(model, capsys) == "fit walks: Own is not steady"
    model = a_net(optimizer=Looks(0.1))
    with pytest.warns(UserWarning, match="it is walked"):
        model.fit(X, Y, verbose=0)
    assert way(model, capsys) == "fit walks, since no tape can hold a step: its numbers"
