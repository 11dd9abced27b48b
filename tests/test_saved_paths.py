"""Where a model may be saved, and where not."""

import os
import stat

import pytest

import tinynet as tn
from tests.test_saved_models import X, net
from tinynet.model import same


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


def test_a_file_keeps_who_may_read_it(path):
    net().save(path)
    path.chmod(0o640)
    net().save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_path_that_ends_in_no_name_is_refused(tmp_path):
    with pytest.raises(ValueError, match="a path that ends with the name of a file"):
        net().save(f"{tmp_path}/new/")
    assert not os.listdir(tmp_path)


def test_a_wrong_file_is_named(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(tn.ModelFileError, match=r"pipe: the file: expected a regular file"):
        tn.load(tmp_path / "pipe")
    with pytest.raises(tn.ModelFileError, match=r"the file: expected a regular file"):
        tn.load(tmp_path)
    with pytest.raises(FileNotFoundError, match="missing"):
        tn.load(tmp_path / "missing")


class Loud(tn.Dense):
    """A layer that the next version of a user's module cannot make."""

    calm = True

    def __init__(self, units):
        super().__init__(units)
        if not self.calm:
            raise ValueError("\x1b[31m" + 1000 * "loud")


def test_what_a_users_part_says_is_short_and_can_be_printed(path):
    tn.Sequential([Loud(3), tn.Dense(1)]).save(path)
    Loud.calm = False
    with pytest.raises(tn.ModelFileError) as error:
        tn.load(path, nodes=[Loud])
    text = str(error.value)
    assert text.startswith(f"{path}: ValueError: \\x1b[31mloudloud")
    assert text.isprintable()
    assert len(text) < len(str(path)) + 550


@pytest.mark.parametrize("seed", range(4))
def test_a_single_example_that_is_held_out_comes_back(seed, path):
    """The first of two, or the last."""
    model = tn.Sequential([tn.Dense(1)], seed=seed)
    model.compile("sgd")
    model.fit(X[:, :2], X[:1, :2], 1, verbose=0, validation_split=0.5)
    model.save(path)
    loaded = tn.load(path)
    assert loaded.history.held_out.tolist() == model.history.held_out.tolist()
    assert not same.difference(model, loaded)


def test_a_huge_file_that_is_no_model_is_refused_at_once(tmp_path):
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(1 << 42)
    with pytest.raises(tn.ModelFileError, match="a model file of tinynet"):
        tn.load(tmp_path / "huge")
