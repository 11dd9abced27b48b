"""Machine code: where it is kept, and what happens while it is made."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from tinynet.fused import kernel as kernels

numba = pytest.importorskip("numba")
TEXT = "def kernel(a0, a1):\n    for i in range(a0.size):\n        a1[i] = a0[i] + {}\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TINYNET_CACHE", str(tmp_path / "of" / "mine"))
    yield tmp_path / "of" / "mine"
    kernels.loaded.cache_clear()


def added(number):
    """What a kernel of that text makes, and whether it came from the folder."""
    arrays = np.zeros(3), np.zeros(3)
    kernels.loaded.cache_clear()
    function = kernels.kernel(TEXT.format(number), arrays)
    function(*arrays)
    return arrays[1].tolist(), sum(function.stats.cache_hits.values())


def test_the_next_process_finds_it(folder):
    assert added(7) == ([7, 7, 7], 0)
    assert added(7) == ([7, 7, 7], 1)
    assert (folder.stat().st_mode & 0o777) == 0o700
    code = "import sys; from tests.test_kept_code import added; print(added(7))"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root())
    assert done.stdout.split("\n")[0] == "([7.0, 7.0, 7.0], 1)"


def root():
    return Path(__file__).parents[1]


def cut(data):
    return data[:20]


def flipped(data):
    """Another number of bytes is the same file to numba's eyes."""
    return data[:-9] + bytes([data[-9] ^ 1]) + data[-8:]


@pytest.mark.parametrize("damage", [cut, flipped])
@pytest.mark.parametrize("ending", [".nbi", ".nbc", ".py", ".digest"])
def test_what_is_damaged_is_compiled_anew(folder, ending, damage):
    added(7)
    (damaged,) = [path for path in folder.rglob("*") if path.suffix == ending]
    damaged.write_bytes(damage(damaged.read_bytes()))
    assert added(7) == ([7, 7, 7], 0)
    assert added(7) == ([7, 7, 7], 1)


def test_what_numba_cannot_read_is_compiled_anew(folder, monkeypatch):
    """As of another version."""
    compiled = kernels.compiled
    added(7)

    def unreadable(text, types, path):
        if path is not None and path.with_suffix(".digest").exists():
            raise EOFError
        return compiled(text, types, path)

    monkeypatch.setattr(kernels, "compiled", unreadable)
    assert added(7) == ([7, 7, 7], 0)
    assert not texts_in(folder)


def test_a_call_never_compiles(folder):
    function = kernels.kernel(TEXT.format(7), [np.zeros(3)] * 2)
    with pytest.raises(TypeError):
        function(*[np.zeros(3, np.float32)] * 2)


FIRST_STEP = """
import sys
from tests.test_kit_layers import NETS, LABELS, X, a_net
from tinynet.engine.plan import Plan
model, found, take = a_net(NETS["all"]), set(), Plan.take
model.compile("adam", jit_compile=True)
def watched(plan, chosen):
    sys.setprofile(lambda frame, event, _: found.add(frame.f_code.co_filename))
    take(plan, chosen)
    sys.setprofile(None)
Plan.take = watched
model.fit(X, LABELS, 2, 8, verbose=0)
print(sorted(name for name in found if "numba" in name), len(found) > 2)
"""


def test_no_python_of_numba_runs_within_a_step():
    """It looks at arrays of a kind when it meets the first; an interrupt could come there."""
    command = [sys.executable, "-c", FIRST_STEP]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root())
    assert done.stdout == "[] True\n"


@pytest.mark.parametrize("layout", ["C", "F", "A"])
@pytest.mark.parametrize("shape", [(), (3,), (3, 4), (1, 4), (3, 1)])
@pytest.mark.parametrize("writeable", [True, False])
def test_another_array_of_a_kind(layout, shape, writeable):
    a = np.zeros([2 * n for n in shape])[*(slice(None, None, 2) for _ in shape), ...]
    a = a if layout == "A" else np.array(a, order=layout)
    a.flags.writeable = writeable
    found = kernels.another(a)
    assert numba.typeof(found) == numba.typeof(a)
    assert found.shape == a.shape
    assert not np.may_share_memory(a, found)


def test_another_process_may_forget_it_at_any_time(folder, monkeypatch):
    added(7)
    found = kernels.code

    def forgotten(path):
        paths = found(path)
        for file in paths:
            file.unlink()
        return paths

    monkeypatch.setattr(kernels, "code", forgotten)
    assert added(7) == ([7, 7, 7], 0)


def test_two_dtypes_have_two_files(folder):
    for dtype in ("float32", "float64"):
        kernels.kernel(TEXT.format(7), [np.zeros(3, dtype)] * 2)
    assert len(texts_in(folder)) == 2


def test_it_is_not_kept_with_other_code_of_numba(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "other"))
    added(7)
    assert added(7) == ([7, 7, 7], 1)
    assert not (tmp_path / "other").exists()
    assert str(tmp_path / "other") == numba.config.CACHE_DIR


@pytest.fixture
def ctrl_c():
    """What it does in a process of a user."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_waits_until_it_is_compiled(monkeypatch, ctrl_c):
    compiled, done = kernels.compiled, []

    def interrupted(*args):
        signal.raise_signal(signal.SIGINT)
        done.append(compiled(*args))
        return done[0]

    monkeypatch.setattr(kernels, "compiled", interrupted)
    kernels.loaded.cache_clear()
    with pytest.raises(KeyboardInterrupt):
        kernels.kernel(TEXT.format(7), [np.zeros(3)] * 2)
    assert len(done) == 1
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_another_thread_compiles(folder):
    with ThreadPoolExecutor(2) as pool:
        assert [found for found, _ in pool.map(added, [7, 8])] == [[7, 7, 7], [8, 8, 8]]


def test_it_can_be_turned_off(folder, monkeypatch):
    monkeypatch.setenv("TINYNET_CACHE", "OFF")
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


def texts_in(folder):
    return [path for path in folder.glob("*.py") if len(path.stem) == 64]


def test_of_too_many_the_oldest_are_forgotten(folder, monkeypatch):
    monkeypatch.setattr(kernels, "MOST", 3)
    folder.mkdir(parents=True)
    own = folder / "mine.py"
    own.touch()
    for i in range(5):
        added(i)
        for path in texts_in(folder):
            if f"+ {i}" in path.read_text(encoding="utf-8"):
                os.utime(path, (i, i))
    texts = sorted(path.read_text(encoding="utf-8")[-2] for path in texts_in(folder))
    assert texts == ["2", "3", "4"]
    assert {p.name.split(".")[0] for p in folder.glob("__pycache__/*")} == {
        p.stem for p in texts_in(folder)
    }
    assert not [*folder.glob("*.draft")]
    assert own.exists()  # which somebody else keeps there


def test_processes_that_write_at_once(folder):
    code = "from tests.test_kept_code import added; print(added(7)[0])"
    command = [sys.executable, "-c", code]
    started = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root()) for _ in range(3)
    ]
    assert [process.communicate()[0] for process in started] == ["[7.0, 7.0, 7.0]\n"] * 3
    assert added(7)[0] == [7, 7, 7]  # what two wrote half each is compiled anew
    assert added(7) == ([7, 7, 7], 1)
