"""A file of each released version of the format loads for ever.

`python -m tests.test_golden` writes that of this version, if there is none yet. Its weights are
sixty-fourths and its inputs whole numbers, so its predictions are the same on any processor.
"""

from pathlib import Path

import numpy as np
import pytest

import tinynet as tn
from tests import resuming
from tinynet.model import saved
from tinynet.model.snapshot import fingerprint

FOLDER = Path(__file__).parent / "golden"
X = np.array([[0.0, 1, -2, 3, 5], [1, 0, 4, -3, 2]])
PREDICTIONS = {
    "1": [
        [
            -0.6031084060668945,
            -0.1222848892211914,
            -3.333883285522461,
            -2.823251724243164,
            -2.440214157104492,
        ]
    ]
}


def path(version):
    return FOLDER / f"version_{version}.safetensors"


def left():
    """A model whose fit was left within an epoch, after callbacks had looked at some."""
    layers = [tn.Dense(4, "relu"), tn.Residual([tn.Dense(4, tn.LeakyReLU(0.25))]), tn.Dense(1)]
    model = tn.Sequential(layers, seed=1)
    model.compile(tn.Adam(tn.ExponentialDecay(0.01, 0.5, epochs=9)), "mse", metrics=["mae"])
    resuming.cut_off(model, resuming.FIT, at=8, callbacks=[tn.EarlyStopping()])
    for p in model.params.values():
        p[...] = np.round(64 * p) / 64
    model._position = model._position._replace(fingerprint=fingerprint(model))
    return model


def test_there_is_a_file_of_each_version():
    assert {path(version).name for version in PREDICTIONS} == {p.name for p in FOLDER.iterdir()}
    assert saved.FORMAT["version"] in PREDICTIONS


@pytest.mark.parametrize("version", PREDICTIONS)
def test_a_file_of_any_version_loads(version, tmp_path):
    model = tn.load(path(version))
    assert model.predict(X).tolist() == PREDICTIONS[version]
    assert (len(model.history), model.optimizer.steps) == (2, 6)
    assert model.history.history["val_loss"]
    model.save(tmp_path / "again")
    assert tn.load(tmp_path / "again").predict(X).tolist() == PREDICTIONS[version]
    rows = model.fit(**resuming.FIT, callbacks=[tn.EarlyStopping()], resume=True).rows
    assert len(rows) == 4


if __name__ == "__main__":
    own = path(saved.FORMAT["version"])
    FOLDER.mkdir(exist_ok=True)
    if not own.exists():
        left().save(own)
    print(tn.load(own).predict(X).tolist(), tn.load(own).optimizer.steps, tn.load(own).history)
