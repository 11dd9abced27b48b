"""Whatever a file is, loading it gives the model that was saved, or one error that says what is
wrong; and it runs no code but tinynet's."""

import gc
import os
import random
import subprocess
import sys
import time
import tracemalloc

import pytest

import tinynet as tn
from tests import hostile, hostile_positions, models
from tinynet.files import safetensors, tree
from tinynet.model import same, saved
from tinynet.model.sequential import Sequential

NEVER = "import", "exec", "compile", "pickle", "socket", "subprocess", "os.system", "os.exec"


FILES = hostile.FILES | hostile_positions.FILES


@pytest.fixture
def path(tmp_path):
    return tmp_path / "net.safetensors"


def test_there_are_enough():
    assert len(FILES) == len(hostile.FILES) + len(hostile_positions.FILES) >= 80


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_is_one_error(name, path):
    data, told = FILES[name]
    path.write_bytes(data)
    gc.freeze()  # to look through what other tests left is no part of the time
    start = time.process_time()
    tracemalloc.start()
    try:
        with pytest.raises(tn.ModelFileError, match=told) as error:
            tn.load(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        gc.unfreeze()
    assert str(error.value).startswith(str(path))
    assert len(str(error.value)) < 1000
    assert time.process_time() - start < 1
    assert peak < 2 * len(data) + 16 * 2**20


def test_a_right_file_of_the_same_making_loads(path):
    for whole in (hostile.WHOLE, hostile_positions.WHOLE):
        path.write_bytes(whole)
        assert tn.load(path).history.rows


HOOK = """
import sys
import numpy as np
import tinynet as tn
from tests import models
from tinynet.files import safetensors, tree

NEVER = {never!r}
seen, listening = [], True
model_path, other_path = sys.argv[1:]


def hook(event, arguments):
    if listening and event.startswith(NEVER):
        seen.append((event, str(arguments)[:100]))
    if listening and event == "open" and arguments[0] not in (model_path, descriptor(arguments)):
        seen.append((event, str(arguments)[:100]))


def descriptor(arguments):
    return arguments[0] if isinstance(arguments[0], int) else None


tn.load(other_path)  # what is imported or compiled when a file is first read
sys.addaudithook(hook)
try:
    tn.load(model_path)
except tn.ModelFileError:
    pass
listening = False
print(seen)
"""


@pytest.mark.parametrize("name", ["a pickle", "a class by its path", "an npz", "whole", "NaN"])
def test_no_code_runs_and_no_file_is_opened_but_the_models(name, path):
    data = hostile.WHOLE if name == "whole" else hostile.FILES[name][0]
    path.write_bytes(data)
    models.made("built")[0].save(f"{path}.other")
    command = [sys.executable, "-c", HOOK.format(never=NEVER), str(path), f"{path}.other"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=os.getcwd())
    assert done.stdout.strip() == "[]"


def mutants(data, n, seed):
    """The file with some bytes changed, left out, doubled or moved; half of them signed."""
    draw = random.Random(seed)
    for i in range(n):
        mutant = bytearray(data)
        for _ in range(draw.choice([1, 1, 2, 8])):
            at, to = sorted(draw.randrange(len(mutant)) for _ in range(2))
            to = min(to, at + draw.choice([1, 4, 64]))
            kind = draw.randrange(5)
            if kind == 0:
                mutant[at] ^= 1 << draw.randrange(8)
            elif kind == 1:
                del mutant[at:to]
            elif kind == 2:
                mutant[at:at] = mutant[at:to]
            elif kind == 3:
                mutant[at:to] = draw.randbytes(to - at)
            else:
                mutant[at:at] = draw.choice([b"0", b"9", b"-", b'"', b"[", b"{", b"e9", b"null"])
        whole = len(mutant) >= safetensors.DIGEST.stop
        yield hostile.signed(mutant) if i % 2 and whole else bytes(mutant)


@pytest.mark.parametrize("left", [False, True])
def test_a_mutated_file_is_that_error_or_the_model(left, path, tries):
    """Of a signed mutant the numbers may be others: who signs it means them. Then all of the model
    is as a user could make it, so it predicts and is saved."""
    models.made("distributions")[0].save(path)
    data = hostile_positions.WHOLE if left else path.read_bytes()
    model = saved.restored(Sequential, data, tree.Names("load"))
    for i, mutant in enumerate(mutants(data, tries(1_000, 50_000), seed=1)):
        try:
            with saved.in_one_error("mutant"):
                loaded = saved.restored(Sequential, mutant, tree.Names("load"))
        except tn.ModelFileError:
            continue
        if i % 2 == 0:
            assert not same.difference(model, loaded)
        else:
            loaded.save(path)


def test_no_flipped_bit_goes_unseen(path, tries):
    """In the short form of some thousand bits, in the long form of every one."""
    model, _ = models.made("classes, adam")
    model.fit(models.X, models.LABELS, 500, 16, verbose=0, validation_split=0.25)
    model.save(path)
    data = bytearray(path.read_bytes())
    assert len(data) >= 16_384
    bits = range(8 * len(data))
    for bit in random.Random(0).sample(bits, tries(5000, len(bits))):
        data[bit // 8] ^= 1 << bit % 8
        with pytest.raises(tn.ModelFileError):
            safetensors.decode(data)
        data[bit // 8] ^= 1 << bit % 8
    safetensors.decode(data)


def test_no_cut_goes_unseen(path, tries):
    model, _ = models.made("classes, adam")
    model.save(path)
    data = path.read_bytes()
    lengths = range(len(data))
    chosen = random.Random(0).sample(lengths, tries(1000, len(lengths)))
    for n in {*lengths[:200], *chosen}:
        with pytest.raises(tn.ModelFileError):
            safetensors.decode(data[:n])
