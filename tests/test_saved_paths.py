"""Where a model may be saved, and where not."""

import os
import stat

import pytest

import tinynet as tn
from tests.test_saved_models import net


@pytest.fixture
def path(tmp_path):
    return tmp_path / "net"


def test_a_path_of_bytes(tmp_path):
    net().save(os.fsencode(tmp_path / "net"))
    assert tn.load(os.fsencode(tmp_path / "net")).who == "Sequential"


@pytest.mark.parametrize("path", ["", "folder/", "folder", "pipe"])
def test_a_path_of_no_file_is_refused(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkdir("folder")
    os.mkfifo("pipe")
    with pytest.raises(ValueError, match="save: expected a path"):
        net().save(path)
    assert sorted(os.listdir()) == ["folder", "pipe"]
    assert stat.S_ISFIFO(os.stat("pipe").st_mode)


def test_a_long_name(tmp_path):
    net().save(tmp_path / ("n" * 250))
    assert os.listdir(tmp_path) == ["n" * 250]


def test_others_files_stay(tmp_path):
    others = [".net.mine.saving", ".net.0123456789abcdef.saving", "net.saving"]
    for name in others:
        (tmp_path / name).write_text("mine")
    os.mkfifo(tmp_path / ".net.1.saving")
    net().save(tmp_path / "net")
    assert sorted(os.listdir(tmp_path)) == sorted([*others, ".net.1.saving", "net"])


def test_a_private_file_is_private_at_any_moment(path, monkeypatch):
    net().save(path)
    path.chmod(0o600)
    modes, replace = [], os.replace

    def seen(draft, target):
        modes.append(stat.S_IMODE(os.stat(draft).st_mode))
        replace(draft, target)

    real = os.open

    def opened(name, flags, mode=0o777):
        modes.extend([mode] if flags & os.O_CREAT else [])
        return real(name, flags, mode)

    monkeypatch.setattr(os, "replace", seen)
    monkeypatch.setattr(os, "open", opened)
    net().save(path)
    assert modes == [0o600, 0o600]


def test_a_wrong_file_is_named(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(tn.ModelFileError, match=r"pipe: the file: expected a regular file"):
        tn.load(tmp_path / "pipe")
    with pytest.raises(tn.ModelFileError, match=r"the file: expected a regular file"):
        tn.load(tmp_path)
    with pytest.raises(FileNotFoundError, match="missing"):
        tn.load(tmp_path / "missing")


def test_a_huge_file_that_is_no_model_is_refused_at_once(tmp_path):
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(1 << 42)
    with pytest.raises(tn.ModelFileError, match="a model file of tinynet"):
        tn.load(tmp_path / "huge")
