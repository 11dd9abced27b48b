"""Updates as machine code: the bits of the played ones, and where the code is kept."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinynet as tn
from tests.rows_optimizers import ADAGRADS, ADAMS, ADAMWS, RMSPROPS, SGDS
from tests.ways import a_training, equal, taken
from tinynet.engine import plan as plans
from tinynet.fused import kernel as kernels
from tinynet.fused.reader import OPERATIONS, fused
from tinynet.tape.memory import Arena
from tinynet.tape.recording import Recording

pytest.importorskip("numba")
FUSED = SGDS | ADAMS | ADAMWS | RMSPROPS | ADAGRADS
SPECIAL = [0.0, -0.0, 1.0, -1.5, 0.1, np.inf, -np.inf, np.nan, 1e300, 1e-300, 5e-324, 3e38, 1e-40]
rng = np.random.default_rng(0)
X, Y = rng.standard_normal((5, 20)), rng.integers(0, 2, (1, 20))


def a_net(optimizer, units=7, dtype="float64"):
    model = tn.Sequential([tn.Dense(units, "tanh"), tn.Dense(1, "sigmoid")], seed=0, dtype=dtype)
    model.compile(optimizer)
    return model


def settled(model):
    """What a training settles, fused."""
    (plan,) = a_training(model, X, Y, fuse=fused).plans.values()
    return plan


@settings(max_examples=100)
@given(FUSED, st.sampled_from(["float32", "float64"]), st.sampled_from([1, 7, 50]), st.data())
def test_an_update_has_the_bits_of_the_played_one(optimizer, dtype, units, data):
    """Over numbers of every size, 0, inf and NaN, in each slot."""
    models = [a_net(optimizer, units, dtype) for _ in range(2)]
    one, two = a_training(models[0], X, Y), a_training(models[1], X, Y, fuse=fused)
    draw = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    (played,), (other,) = one.plans.values(), two.plans.values()
    assert (played.fused, other.fused) == (False, True)
    for a, b in zip(written(one), written(two), strict=True):
        sizes = draw.standard_normal(a.size) * 10.0 ** draw.integers(-40, 39, a.size)
        sizes[draw.random(a.size) < 0.1] = draw.choice(SPECIAL)
        with np.errstate(over="ignore"):
            a[...] = b[...] = sizes
    with np.errstate(all="ignore"):
        for plan in (played, other):
            plan.ask(3)
            for call in plan.update:
                call()
    equal([a.tobytes() for a in written(one)], [a.tobytes() for a in written(two)])


def written(training):
    return [training.store.grads, training.store.params, *training.store.slots.values()]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("function", OPERATIONS, ids=lambda f: f.__name__)
def test_an_operation_is_numpy_s(function, dtype):
    """To the bit, of special numbers and of others; of a NaN only that it is one."""
    with np.errstate(over="ignore"):
        numbers = np.array([*SPECIAL, *rng.standard_normal(50)]).astype(dtype)
    pairs = [a.ravel().copy() for a in np.meshgrid(numbers, numbers)]
    out = np.empty_like(pairs[0])

    def operate(a, b, place):
        operands = [a, b][: getattr(function, "nin", 1)]
        found = a.copy() if function is np.copyto else function(*operands)
        return [(found * b if found.dtype == bool else found, place)], []

    recording = Recording(operate, [*pairs, out], Arena())
    (call,) = fused(recording, [*pairs, out])
    with np.errstate(all="ignore"):
        call()
        ((expected, _),) = operate(*pairs, out)[0]
    np.testing.assert_array_equal(out, expected)
    there = ~np.isnan(out)
    np.testing.assert_array_equal(np.signbit(out[there]), np.signbit(expected[there]))


class Exponential(tn.SGD):
    """Its step has a function that is not fused."""

    steady = True

    def step(self, p, g, slots, rate):
        return rate * g * np.exp(-g * g), {"v": g}


class Whole(tn.SGD):
    """Its step has a number that is no constant: of the hyperparameters alone."""

    steady = True

    def step(self, p, g, slots, rate):
        return rate * np.sqrt(rate) * g, {"v": g}


@pytest.mark.parametrize("optimizer", [Exponential(0.1), Whole(0.1)])
def test_what_is_no_line_of_the_loop_is_played(optimizer):
    assert not settled(a_net(optimizer)).fused
    ends = [a_net(optimizer), a_net(optimizer)]
    ends[0].fit(X, Y, 5, verbose=0)
    with taken("fused"):
        ends[1].fit(X, Y, 5, verbose=0)
    equal(*(model.get_weights() for model in ends))


def test_one_text_serves_all_settings():
    kernels.compiled.cache_clear()
    for rate, beta, units in ((0.1, 0.9, 3), (0.2, 0.8, 4), (0.3, 0.5, 50)):
        assert settled(a_net(tn.Adam(rate, beta), units)).fused
    assert kernels.compiled.cache_info().misses == 1


def test_parameters_of_more_than_a_piece_are_one_call(monkeypatch):
    monkeypatch.setattr(plans, "PIECE", 10)
    assert len(settled(a_net(tn.SGD(0.1))).update) == 1


# ---- where the code is kept


TEXT = "def kernel(a0, a1):\n    for i in range(a0.size):\n        a1[i] = a0[i] + {}\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TINYNET_CACHE", str(tmp_path / "own"))
    yield tmp_path / "own"
    kernels.compiled.cache_clear()


def added(number):
    """What a kernel of that text makes, and whether it came from the folder."""
    arrays = np.zeros(3), np.zeros(3)
    kernels.compiled.cache_clear()
    function = kernels.kernel(TEXT.format(number), arrays)
    function(*arrays)
    return arrays[1].tolist(), sum(function.stats.cache_hits.values())


def test_the_next_process_finds_it(folder):
    assert added(7) == ([7, 7, 7], 0)
    assert added(7) == ([7, 7, 7], 1)
    assert (folder.stat().st_mode & 0o777) == 0o700
    code = "import sys; from tests.test_fused import added; print(added(7))"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root())
    assert done.stdout.split("\n")[0] == "([7.0, 7.0, 7.0], 1)"


def root():
    return Path(__file__).parents[1]


@pytest.mark.parametrize("ending", [".nbi", ".nbc", ".py"])
def test_what_is_damaged_is_compiled_anew(folder, ending):
    added(7)
    (damaged,) = [path for path in folder.rglob("*") if path.suffix == ending]
    damaged.write_bytes(damaged.read_bytes()[:20])
    assert added(7)[0] == [7, 7, 7]
    added(7)
    assert added(7) == ([7, 7, 7], 1)


def test_it_can_be_turned_off(folder, monkeypatch):
    monkeypatch.setenv("TINYNET_CACHE", "off")
    assert added(7) == added(7) == ([7, 7, 7], 0)
    assert not folder.exists()


def test_where_nothing_can_be_kept_it_is_compiled(tmp_path, monkeypatch):
    (tmp_path / "a file").touch()
    monkeypatch.setenv("TINYNET_CACHE", str(tmp_path / "a file"))
    assert added(7) == ([7, 7, 7], 0)


@pytest.mark.parametrize(
    ("platform", "home", "where"),
    [
        ("linux", None, ".cache/tinynet"),
        ("linux", "elsewhere", "elsewhere/tinynet"),
        ("darwin", None, "Library/Caches/tinynet"),
        ("win32", None, "AppData/Local/tinynet"),
    ],
)
def test_the_folder_is_where_the_user_keeps_such(platform, home, where, monkeypatch):
    monkeypatch.delenv("TINYNET_CACHE", raising=False)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(Path, "home", lambda: Path("home"))
    if home:
        monkeypatch.setenv("XDG_CACHE_HOME", home)
    else:
        monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert kernels.folder() == (Path(where) if home else Path("home") / where)


def test_of_too_many_the_oldest_are_forgotten(folder, monkeypatch):
    monkeypatch.setattr(kernels, "MOST", 3)
    for i in range(5):
        added(i)
        for path in folder.glob("*.py"):
            if f"+ {i}" in path.read_text(encoding="utf-8"):
                os.utime(path, (i, i))
    texts = sorted(path.read_text(encoding="utf-8")[-2] for path in folder.glob("*.py"))
    assert texts == ["2", "3", "4"]
    assert {p.name.split(".")[0] for p in folder.glob("__pycache__/*")} == {
        p.stem for p in folder.glob("*.py")
    }
    assert not [*folder.glob("tmp*")]


def test_processes_that_write_at_once(folder):
    code = "from tests.test_fused import added; print(added(7)[0])"
    command = [sys.executable, "-c", code]
    started = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root()) for _ in range(3)
    ]
    assert [process.communicate()[0] for process in started] == ["[7.0, 7.0, 7.0]\n"] * 3
    assert added(7) == ([7, 7, 7], 1)
