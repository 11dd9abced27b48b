"""The disk where it is another than usual: Windows, and a save beside a save."""

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


def test_a_save_without_locks(windows, tmp_path):
    path = tmp_path / "net"
    for data in (b"old", b"new"):
        windows.write(str(path), data)
        assert windows.read(str(path), bytes, 2) == data
    assert os.listdir(tmp_path) == ["net"]


def test_a_save_without_locks_removes_what_a_kill_left(windows, tmp_path, monkeypatch):
    path = str(tmp_path / "net")
    with monkeypatch.context() as killed:
        killed.setattr(os, "fsync", lambda descriptor: 1 / 0)
        killed.setattr(os, "unlink", lambda path: None)
        with pytest.raises(ZeroDivisionError):
            windows.write(path, b"old")
    assert len(os.listdir(tmp_path)) == 1
    windows.write(path, b"new")
    assert os.listdir(tmp_path) == ["net"]


def test_a_draft_that_another_save_removed_is_made_again(tmp_path, monkeypatch):
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


def test_a_lock_that_fails_leaves_no_open_file(tmp_path, monkeypatch):
    closed, close = [], os.close

    def noted(descriptor):
        closed.append(descriptor)
        close(descriptor)

    monkeypatch.setattr(disk.fcntl, "flock", lambda descriptor, how: 1 / 0)
    monkeypatch.setattr(os, "close", noted)
    with pytest.raises(ZeroDivisionError):
        disk.write(str(tmp_path / "net"), b"new")
    assert len(closed) == 1


def test_a_file_that_shrinks_while_it_is_read_is_read_to_its_end(tmp_path):
    (tmp_path / "net").write_bytes(bytes(100))
    path, before = str(tmp_path / "net"), os.dup(0)
    os.close(before)
    assert disk.read(path, lambda start: os.truncate(path, 50), 8) == bytes(50)
    after = os.dup(0)
    os.close(after)
    assert after == before  # no file stays open
