"""A process that is killed while it trains, and another one that goes on."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from tests import models

# trains with a file after some batches, goes on if there is one, and says what came out
TRAINING = """
import hashlib, json, os, sys
import tinynet as tn
from tests import resuming as r
from tinynet.model import same
path, optimizer, inner, batches = *sys.argv[1:4], int(sys.argv[4])
there = os.path.exists(path)
model = tn.load(path, nodes=r.models.OWN) if there else r.net(optimizer, inner)
callbacks = r.watched(optimizer)
print("ready", flush=True)
saving = [tn.ModelCheckpoint(path, every_batches=batches, every_seconds=0.05)] if batches else []
model.fit(**r.FIT | {"epochs": 150}, callbacks=[*callbacks, *saving], resume=True)
found = repr([*same.leaves("", model, {})]) + repr(r.facts(callbacks))
print(hashlib.sha256(found.encode()).hexdigest(), flush=True)
"""


def trained(path, optimizer, inner, batches, after=None):
    """Train in a new process and kill it after so many seconds; what it said at its end, if it came
    to one."""
    command = [sys.executable, "-c", TRAINING, str(path), optimizer, inner, str(batches)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "ready\n"
    if after is not None:
        time.sleep(after)
        child.send_signal(signal.SIGKILL)
    said = child.stdout.read().strip()
    child.wait()
    child.stdout.close()
    return said


@pytest.mark.parametrize("inner", ["all", "plain"])
@pytest.mark.parametrize("optimizer", models.OPTIMIZERS)
def test_a_process_that_is_killed_is_gone_on_with(optimizer, inner, tmp_path, tries):
    draw, path, kills, there = random.Random(optimizer + inner), tmp_path / "net", 0, 0
    most = tries(int(inner == "all"), 13)
    if not most:
        pytest.skip("in the long form")
    expected = trained(tmp_path / "none", optimizer, inner, 0)
    while kills < most:
        said = trained(path, optimizer, inner, draw.choice([1, 3, 7]), draw.uniform(0, 0.4))
        kills += not said
        there += not said and path.exists()
        if said:  # it was done before
            assert said == expected
            os.remove(path)
    assert trained(path, optimizer, inner, 5) == expected
    assert os.listdir(tmp_path) == ["net"]
    assert there or most == 1  # else no process has gone on
