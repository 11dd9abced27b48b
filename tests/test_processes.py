"""One seed, one result: in every process, whatever its hash seed, imports, and others' draws."""

import os
import random
import subprocess
import sys

import numpy as np
import pytest

import tinynet as tn
from tests import models

TRAINED = """
import hashlib, sys
from tests import models
model, Y = models.made(sys.argv[1])
data = b"".join(a.tobytes() for a in model.get_weights()) + repr(model.history.rows).encode()
print(hashlib.sha256(data).hexdigest())
"""
IMPORTS = ["import json, decimal", "import numpy.linalg, numpy.fft", "import tinynet.optimizers"]
IMPORTS += ["import tinynet.engine.plan", "import random; random.seed(7)", "import asyncio"]
IMPORTS += ["import numpy; numpy.random.seed(5); numpy.random.rand(9)", "import tinynet.metrics"]


@pytest.mark.parametrize("name", ["classes, adam", "own"])
def test_one_seed_has_one_result_in_every_process(name, tries):
    draw, found = random.Random(name), set()
    for _ in range(tries(4, 50)):
        before = "\n".join(draw.sample(IMPORTS, draw.randrange(len(IMPORTS))))
        environment = {**os.environ, "PYTHONHASHSEED": str(draw.randrange(2**32))}
        command = [sys.executable, "-c", before + TRAINED, name]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        found.add(done.stdout)
    assert len(found) == 1


def standing():
    legacy = np.random.get_state()
    return repr(random.getstate()), legacy[1].tobytes(), repr(legacy[2:])


@pytest.mark.parametrize("name", ["classes, learned", "own", "float32"])
def test_the_global_generators_stay_where_they_are(name, tmp_path):
    before = standing()
    model, Y = models.made(name)
    model.evaluate(models.X, Y)
    model.gradients(models.X, Y)
    model.check_gradients(models.X[:5], Y[:5])
    model.predict(models.X)
    model.save(tmp_path / "net")
    tn.load(tmp_path / "net", nodes=models.OWN).reset()
    tn.data.train_test_split(models.X, Y, seed=0, examples="rows")
    tn.data.planar()
    assert standing() == before


def test_a_model_without_a_seed_does_not_draw_from_them_either():
    before = standing()
    models.train(models.one_output("mse", "identity"), models.X[:, 0])
    tn.Sequential([tn.Dense(2)]).build(3)
    tn.Dense(2).build(3)
    assert standing() == before
