"""The disk where it is another than usual: Windows, and a save beside a save."""

import hashlib
import importlib.util
import os
import sys

import pytest

from tinynet.files import disk


@pytest.fixture
def windows(monkeypatch):
    """The module as it is where there is no `fcntl`."""
    monkeypatch.setitem(sys.modules, "fcntl", None)
    spec = importlib.util.spec_from_file_location("disk_of_windows", disk.__file__)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.fcntl is None
    return module


@pytest.fixture
def no_file_stays_open():
    """The next file that is opened gets the number that it would have got before."""

    def next_one():
        descriptor = os.dup(0)
        os.close(descriptor)
        return descriptor

    before = next_one()
    yield
    assert next_one() <= before  # less if an older one was closed meanwhile


def killed_save(module, path, monkeypatch):
    """A save whose process ends before the file has its name."""
    with monkeypatch.context() as killed:
        killed.setattr(os, "fsync", lambda descriptor: 1 / 0)
        killed.setattr(os, "unlink", lambda path: None)
        with pytest.raises(ZeroDivisionError):
            module.write(path, b"killed")


def test_a_save_without_locks(windows, tmp_path):
    path = tmp_path / "net"
    for data in (b"old", b"new"):
        windows.write(str(path), data)
        assert windows.read(str(path), bytes, 2) == data
    assert os.listdir(tmp_path) == ["net"]


@pytest.mark.parametrize("locks", [True, False])
def test_a_save_removes_what_a_kill_left(locks, windows, tmp_path, monkeypatch, no_file_stays_open):
    module, path = disk if locks else windows, str(tmp_path / "net")
    killed_save(module, path, monkeypatch)
    killed_save(module, str(tmp_path / "other"), monkeypatch)
    (other,) = [name for name in os.listdir(tmp_path) if not name.startswith(prefix_of("net"))]
    module.write(path, b"new")
    assert sorted(os.listdir(tmp_path)) == [other, "net"]


def prefix_of(name):
    return f".{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def test_a_save_removes_nothing_of_others(tmp_path):
    own = [f"{prefix_of('net')}{end}" for end in ("", ".mine", ".saving", f".{'0' * 16}.saving~")]
    own += [f".{'0' * 16}.saving", f"net.{'0' * 16}.saving"]
    for name in own:
        (tmp_path / name).write_text("mine")
    disk.write(str(tmp_path / "net"), b"new")
    assert {*os.listdir(tmp_path)} == {"net", *own}


def test_a_save_in_the_middle_of_a_save_leaves_both_whole(tmp_path, monkeypatch):
    """What the first is writing is no leftover for the second."""
    path, force, seen = str(tmp_path / "net"), os.fsync, []

    def meanwhile(descriptor):
        if not seen:
            seen.append(descriptor)
            disk.write(path, b"second")
            assert disk.read(path, bytes, 2) == b"second"
        force(descriptor)

    monkeypatch.setattr(os, "fsync", meanwhile)
    disk.write(path, b"first")
    assert disk.read(path, bytes, 2) == b"first"
    assert os.listdir(tmp_path) == ["net"]


def test_a_draft_that_another_save_removed_is_made_again(tmp_path, monkeypatch, no_file_stays_open):
    """It looks like a leftover until it is locked."""
    taken, exists = [], os.path.exists

    def removed(path):
        if not taken:
            taken.append(path)
            os.unlink(path)
        return exists(path)

    monkeypatch.setattr(os.path, "exists", removed)
    disk.write(str(tmp_path / "net"), b"new")
    assert (tmp_path / "net").read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["net"]
    assert len(taken) == 1


def test_a_lock_that_fails_leaves_no_open_file(tmp_path, monkeypatch, no_file_stays_open):
    monkeypatch.setattr(disk.fcntl, "flock", lambda descriptor, how: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        disk.write(str(tmp_path / "net"), b"new")


def test_a_file_that_shrinks_while_it_is_read_is_read_to_its_end(tmp_path, no_file_stays_open):
    (tmp_path / "net").write_bytes(bytes(100))
    path = str(tmp_path / "net")
    assert disk.read(path, lambda start: os.truncate(path, 50), 8) == bytes(50)
