"""A file of each released version of the format loads for ever, and so does each part as it was
written.

`python -m tests.test_golden` writes those of this version, if there are none yet. The weights of
the file are sixty-fourths and its inputs whole numbers, so its predictions are the same on any
processor.
"""

import json
from pathlib import Path

import numpy as np
import pytest

import tinynet as tn
from tests import models, resuming
from tinynet.files.tree import REGISTRY, Names
from tinynet.model import saved
from tinynet.model.snapshot import fingerprint

FOLDER = Path(__file__).parent / "golden"
PARTS = FOLDER / "parts.jsonl"  # as files of all versions have them, one in a line
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
    found = {p.name for p in FOLDER.iterdir()} - {PARTS.name}
    assert found == {path(version).name for version in PREDICTIONS}
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


def parts_in(tree):
    """The parts that are written in a tree, those within others too."""
    if isinstance(tree, dict):
        yield from ({name: own} for name, own in tree.items() if name in REGISTRY)
        for own in tree.values():
            yield from parts_in(own)
    elif isinstance(tree, list):
        for own in tree:
            yield from parts_in(own)


def of_tinynet_alone():
    """The parts of tinynet that the tests' models have, but for those around a user's own."""
    for make in models.MODELS.values():
        names = Names("save")
        tree, _ = saved.described(make()[0], names)
        yield from (
            one for one in parts_in(tree) if not any(f'"{n}"' in json.dumps(one) for n in names.own)
        )


@pytest.mark.parametrize("line", PARTS.read_text(encoding="utf-8").splitlines())
def test_a_part_of_any_version_loads(line):
    said, names = json.loads(line), Names("load")
    assert names.agree(said, names.written(names.read(said)))


def test_there_is_each_part_of_a_file():
    lines = {*PARTS.read_text(encoding="utf-8").splitlines()}
    assert {json.dumps(one) for one in of_tinynet_alone()} <= lines


def test_a_part_that_got_another_argument_loads(tmp_path):
    """And is as it was: what the file does not say has its default."""
    model = tn.Sequential([tn.Dense(2, Steep(slope=3.0))], seed=0).build(2)
    model.save(tmp_path / "before")

    class Later(Steep):
        def __init__(self, slope=2.0, shift=0.0):
            super().__init__(slope)
            self.shift = shift

    Later.__name__ = "Steep"
    activation = tn.load(tmp_path / "before", nodes=[Later]).layers[0].activation
    assert (type(activation), activation.slope, activation.shift) == (Later, 3.0, 0.0)


class Steep(tn.Activation):
    def __init__(self, slope=2.0):
        super().__init__()
        self.slope = slope

    def value(self, Z):
        return self.slope * Z


def test_a_file_says_no_more_than_there_is():
    names = Names("load")
    now = names.written(tn.LeakyReLU(0.25))
    assert names.agree({"LeakyReLU": {}}, now)
    for said in ({"LeakyReLU": {"slope": 0.5}}, {"LeakyReLU": {"slope": 0.25, "more": 1}}, {}):
        assert not names.agree(said, now)
    assert not names.agree({"rows": {}}, {"rows": {"n": 1}})
    assert not names.agree([now], [now, now])


if __name__ == "__main__":
    own = path(saved.FORMAT["version"])
    FOLDER.mkdir(exist_ok=True)
    if not own.exists():
        left().save(own)
    before = PARTS.read_text(encoding="utf-8").splitlines() if PARTS.exists() else []
    lines = dict.fromkeys([*before, *(json.dumps(one) for one in of_tinynet_alone())])
    PARTS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(tn.load(own).predict(X).tolist(), tn.load(own).optimizer.steps, tn.load(own).history)
