"""ModelCheckpoint: after which steps and at which times it saves, and where it cannot."""

import time
import types

import numpy as np
import pytest

import tinynet as tn

DUE = {  # (steps, time) of each look, and the steps at which it saves
    "every 3 batches": ((3, None), [(n, 0) for n in range(8)], [3, 6]),
    "every 10 seconds": ((None, 10), [(n, 500 + 4 * n) for n in range(8)], [3, 6]),
    "every 10 seconds, on time": ((None, 10), [(n, 500 + 5 * n) for n in range(6)], [2, 4]),
    "no time": ((None, 0), [(0, 7), (1, 7), (1, 8), (2, 8)], [1, 2]),
    "whichever comes first": ((3, 10), [(0, 0), (1, 9), (2, 10), (4, 11), (5, 12)], [2, 5]),
    "another went back": ((5, None), [(7, 0), (6, 0), (7, 0)], [6]),
    "never": ((None, None), [(n, 1000 * n) for n in range(100)], []),
}


@pytest.mark.parametrize(("every", "looks", "expected"), DUE.values(), ids=DUE)
def test_when_it_saves(every, looks, expected, tmp_path, monkeypatch):
    optimizer, saved = types.SimpleNamespace(steps=0), []
    save = tn.ModelCheckpoint(tmp_path / "net", *every)
    save.model = types.SimpleNamespace(
        optimizer=optimizer, save=lambda path: saved.append(optimizer.steps)
    )
    save.on_train_begin()
    for optimizer.steps, now in looks:
        monkeypatch.setattr(time, "monotonic", lambda now=now: now)
        save.save_if_due()
    assert saved == expected


def test_a_path_in_a_file_is_refused_before_the_first_step(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ValueError, match="a path in a folder that can be written"):
        tn.ModelCheckpoint(tmp_path / "file" / "net").on_train_begin()


def test_a_training_that_explodes_leaves_the_file_that_was_there(tmp_path):
    path, X = tmp_path / "net", np.random.default_rng(0).normal(size=(3, 60))
    model = tn.Sequential([tn.Dense(8, "relu"), tn.Dense(1)], seed=0)
    model.compile(tn.SGD(tn.PiecewiseConstant([1e-3, 50.0], epochs=[5])), "mse")
    fit = {"X": X, "Y": 300 * X[0], "batch_size": 20, "verbose": 0}
    model.fit(**fit, epochs=5, callbacks=[tn.ModelCheckpoint(path)])
    before = path.read_bytes()
    with pytest.raises(FloatingPointError, match=r"after a reset\(\) a smaller learning rate"):
        model.fit(**fit, epochs=60, callbacks=[tn.ModelCheckpoint(path)])
    assert path.read_bytes() == before
