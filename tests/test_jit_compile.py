"""`compile(jit_compile=...)`: what it takes, what needs the extra, and what the summary says."""

from importlib.util import find_spec

import numpy as np
import pytest

import tinynet as tn
from tests.ways import equal
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
    monkeypatch.setattr(ways, "find_spec", lambda name: None)


@pytest.fixture
def it_pays(monkeypatch):
    """From the first step on."""
    monkeypatch.setattr(ways, "PAYS", 0)


def way(model, capsys):
    """What the summary says of a step."""
    model.summary()
    return capsys.readouterr().out.splitlines()[-1]


@pytest.mark.parametrize("value", [None, 1, "yes", "True", 0.5])
def test_what_it_takes(value):
    model = a_net()
    expected = r'expected jit_compile as True, False or "auto", got '
    with pytest.raises(ValueError, match=expected):
        model.compile("sgd", jit_compile=value)
    assert isinstance(model.optimizer, tn.Adam)


def test_without_the_extra_it_is_named(no_numba):
    with pytest.raises(
        ImportError, match=r'jit_compile=True needs numba: install the extra "fast"'
    ):
        a_net(True)


@needs_numba
@pytest.mark.parametrize("jit", [True, "auto"])
def test_all_ways_have_the_same_bits(jit, it_pays):
    ends = [a_net(), a_net(jit)]
    for model in ends:
        model.fit(X, Y, 3, verbose=0)
        model.fit(X, Y, 3, 8, verbose=0)
        model.fit([(X, Y), (X[:, :7], Y[:, :7])], epochs=2, verbose=0)
        model.train_on_batch(X, Y)
    assert ends[1]._training.work.fuse
    equal(*(model.get_weights() for model in ends))
    equal(*(model.history.rows for model in ends))


def test_auto_without_the_extra_plays(no_numba, it_pays, capsys):
    model = a_net("auto")
    model.fit(X, Y, verbose=0)
    assert "a step is played: to fuse it needs numba" in way(model, capsys)


@needs_numba
def test_auto_counts_the_work_of_a_fit(monkeypatch):
    """Its steps by its parameters, and nothing else."""
    model = a_net("auto").build(5)
    monkeypatch.setattr(ways, "PAYS", 10 * (22 + ways.CALLS))
    for epochs, size, fused in ((9, None, False), (10, None, True), (4, 8, True), (3, 8, False)):
        model.fit(X, Y, epochs, size, verbose=0)
        assert bool(model._training.work.fuse) == fused


@needs_numba
def test_a_file_knows_it(tmp_path, monkeypatch):
    models = [a_net(True), a_net(), a_net("auto")]
    for model in models:
        model.fit(X, Y, 2, verbose=0)
        model.save(tmp_path / "net")
        assert tn.load(tmp_path / "net")._jit == model._jit
    models[0].save(tmp_path / "net")
    monkeypatch.setattr(ways, "find_spec", lambda name: None)
    loaded = tn.load(tmp_path / "net")  # on a machine without the extra
    np.testing.assert_array_equal(loaded.predict(X), models[0].predict(X))
    before = loaded.get_weights()
    with pytest.raises(ImportError, match=r'the extra "fast"'):
        loaded.fit(X, Y, verbose=0)
    equal(before, loaded.get_weights())
    loaded.compile("adam")
    loaded.fit(X, Y, verbose=0)


class Own(tn.Tanh):
    pass


class Looks(tn.SGD):
    """It says that it is steady, and looks at a number."""

    steady = True

    def step(self, p, g, slots, rate):
        return rate * g if float(g.sum()) else g, {"v": g}


class Exponential(tn.SGD):
    """Its step has a function that is not fused."""

    steady = True

    def step(self, p, g, slots, rate):
        return rate * np.exp(g), {"v": g}


@needs_numba
def test_the_summary_says_how_a_step_is_taken(capsys, monkeypatch):
    assert way(tn.Sequential([tn.Dense(1)]), capsys) == "0 parameters, float64"
    auto, never = a_net("auto"), a_net()
    assert way(never, capsys) == "a step is played"
    assert way(a_net(True), capsys) == "a step is played, its update fused"
    assert way(auto, capsys) == "a step is played, its update fused if that pays"
    for model in (auto, never):
        model.fit(X, Y, verbose=0)
    assert way(never, capsys) == "a step is played"
    assert way(auto, capsys) == (
        "a step is played: the last fit was too short for its update to be fused"
    )
    monkeypatch.setattr(ways, "PAYS", 0)
    auto.fit(X, Y, verbose=0)
    assert way(auto, capsys) == "a step is played, its update fused"
    model = a_net(True, Exponential(0.1))
    model.fit(X, Y, verbose=0)
    assert way(model, capsys) == "a step is played: its update has calls that cannot be fused"
    model.compile("sgd")  # what was settled is no longer its own
    assert way(model, capsys) == "a step is played"


def test_the_summary_says_why_a_step_is_walked(capsys):
    model = a_net(last=Own())
    assert way(model, capsys) == "a step is walked: Own is not steady"
    model = a_net(optimizer=Looks(0.1))
    with pytest.warns(UserWarning, match="it is walked"):
        model.fit(X, Y, verbose=0)
    said = way(model, capsys)
    assert said == "a step is walked, since no tape can hold it: its numbers"
