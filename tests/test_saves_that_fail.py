"""While a model is saved the disk may fail, the process may be killed, and others may read: the
path has the old model or the new one, and nothing else."""

import errno
import hashlib
import os
import random
import signal
import subprocess
import sys
import threading
import time

import pytest

import tinynet as tn
from tests import models
from tinynet.files import disk
from tinynet.model import same, saved

ERRORS = [OSError(n, os.strerror(n)) for n in (errno.EIO, errno.ENOSPC, errno.EFBIG, errno.EACCES)]
ERRORS += [KeyboardInterrupt(), MemoryError()]


def pair():
    """Two models that differ, and a function that says which one is in a file."""
    old, new = models.classes()[0].build(4), models.classes(seed=2)[0].build(4)

    def which(path):
        loaded = tn.load(path)
        found = [name for name, m in (("old", old), ("new", new)) if not same.difference(m, loaded)]
        assert len(found) == 1
        return found[0]

    return old, new, which


def litter_of(name):
    """As a save that was killed leaves it."""
    return f".{hashlib.sha256(name.encode()).hexdigest()[:16]}.{'0' * 16}.saving"


class Failing:
    """`os` or `fcntl`, of which one call raises: before it does what it should, or after."""

    def __init__(self, module, count, at, error, after):
        self.module, self.count, self.at, self.error, self.after = module, count, at, error, after

    def __getattr__(self, name):
        real = getattr(self.module, name)
        if not callable(real) or name in ("getattr", "strerror"):
            return real

        def call(*arguments, **settings):
            self.count[0] += 1
            if self.count[0] != self.at:
                return real(*arguments, **settings)
            if self.after or name == "close":  # a close that fails has closed
                real(*arguments, **settings)
            raise self.error

        return call


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(
    ("error", "litter"), [*((error, False) for error in ERRORS), (ERRORS[0], True)], ids=repr
)
def test_a_failure_at_any_call_leaves_the_old_model_or_the_new(
    error, after, litter, tmp_path, monkeypatch
):
    old, new, which = pair()
    path, at, count = tmp_path / "net", 0, [0]
    while count[0] >= at:  # until there are no more calls
        at, count = at + 1, [0]
        old.save(path)
        assert os.listdir(tmp_path) == ["net"]
        if litter:
            (tmp_path / litter_of("net")).write_text("left")
        with monkeypatch.context() as patch:
            patch.setattr(disk, "os", Failing(os, count, at, error, after))
            patch.setattr(disk, "fcntl", Failing(disk.fcntl, count, at, error, after))
            try:
                new.save(path)
                raised = False
            except (OSError, KeyboardInterrupt, MemoryError) as why:
                raised = why is error
        assert raised or which(path) == "new"
        assert which(path) in ("old", "new")
        if not litter:
            assert raised == (count[0] >= at), "a failure raises"
    new.save(path)
    assert os.listdir(tmp_path) == ["net"]
    assert which(path) == "new"
    assert at > 9


def test_a_failure_leaves_no_litter(tmp_path, monkeypatch):
    old, new, which = pair()
    old.save(tmp_path / "net")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        new.save(tmp_path / "net")
    assert os.listdir(tmp_path) == ["net"]
    assert which(tmp_path / "net") == "old"


def full(_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_disk_that_writes_a_little_at_a_time(tmp_path, monkeypatch):
    _, new, which = pair()
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:100]))
    new.save(tmp_path / "net")
    assert which(tmp_path / "net") == "new"


SAVING = """
import sys
from tests.test_saves_that_fail import pair
old, new, _ = pair()
print("ready", flush=True)
while True:
    new.save(sys.argv[1])
    old.save(sys.argv[1])
"""


def test_a_process_that_is_killed_leaves_one_of_the_two(tmp_path, tries):
    path, draw = tmp_path / "net", random.Random(0)
    old, _, which = pair()
    old.save(path)
    for _ in range(tries(10, 500)):
        command = [sys.executable, "-c", SAVING, str(path)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert child.stdout.readline() == b"ready\n"
        time.sleep(draw.random() * 0.02)
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        assert which(path) in ("old", "new")
    old.save(path)
    assert os.listdir(tmp_path) == ["net"]


def test_readers_never_see_a_torn_file(tmp_path, tries):
    path, errors, done = tmp_path / "net", [], threading.Event()
    old, new, _ = pair()
    known = {saved.file_of(tn.Sequential, model) for model in (old, new)}
    old.save(path)

    def look():
        try:
            while not done.is_set():
                assert bytes(disk.read(str(path), id, 0)) in known
        except BaseException as why:
            errors.append(why)

    readers = [threading.Thread(target=look) for _ in range(8)]
    for reader in readers:
        reader.start()
    for i in range(tries(25, 1000)):
        (old if i % 2 else new).save(path)
    done.set()
    for reader in readers:
        reader.join()
    assert not errors


def test_two_savers_do_not_disturb_each_other(tmp_path):
    path, errors = tmp_path / "net", []
    both = pair()[:2]

    def work(model):
        try:
            for _ in range(40):
                model.save(path)
        except BaseException as why:
            errors.append(why)

    threads = [threading.Thread(target=work, args=(model,)) for model in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert os.listdir(tmp_path) == ["net"]


class Noted:
    """`os`, with the names of the calls that matter noted."""

    def __init__(self, seen):
        self.seen = seen

    def __getattr__(self, name):
        if name in ("write", "fsync", "replace", "close"):
            self.seen.append(name)
        return getattr(os, name)


def test_a_file_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(disk, "os", Noted(seen))
    models.built()[0].save(tmp_path / "net")
    assert seen == ["write", "fsync", "replace", "close", "fsync", "close"]
