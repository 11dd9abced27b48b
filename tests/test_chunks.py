"""Several steps as one call of machine code: the steps that are taken one by one."""

import platform
from types import SimpleNamespace

import numpy as np
import pytest

import tinynet as tn
from tests.ways import equal
from tinynet.fused import chunk as chunks
from tinynet.fused import reader
from tinynet.fused.chunk import Chunk
from tinynet.fused.reader import Fused
from tinynet.optimizers.base import DUSTING
from tinynet.tape.memory import Arena
from tinynet.tape.recording import Recording

pytest.importorskip("numba")
X86 = platform.machine().lower() in ("x86_64", "amd64")
rng = np.random.default_rng(0)
X, Y = rng.standard_normal((5, 50)), rng.integers(0, 2, (1, 50))


class OwnSteps(tn.SGD):
    """A user's optimizer."""

    steady = True


class OwnRate(tn.optimizers.Schedule):
    """A user's schedule."""

    def rate(self, t):
        return 0.1 / (1 + t)


def a_net(optimizer, jit, layers=(), dtype="float64", **settings):
    layers = [tn.Dense(6, "tanh", **settings), *layers, tn.Dense(1, "sigmoid")]
    model = tn.Sequential(layers, seed=0, dtype=dtype)
    model.compile(optimizer, jit_compile=jit)
    return model


def chunk_of(model):
    return model._training.plans[model._training.size].chunk


KINDS = {
    "all examples": ("sgd", None, {}),
    "batches": ("adam", 16, {}),
    "a short one at the end": ("adamw", 7, {}),
    "one example": (tn.SGD(0.1, 0.9), 1, {}),
    "float32": ("rmsprop", 16, {"dtype": "float32"}),
    "another optimizer": ("adagrad", 16, {}),
    "a schedule": (tn.Adam(tn.CosineDecay(0.1, steps=300)), 16, {}),
    "learning rates by epochs": (tn.SGD(tn.ExponentialDecay(0.1, 0.9, epochs=2)), 16, {}),
    "no bias": ("sgd", 16, {"use_bias": False}),
}


@pytest.mark.parametrize(("optimizer", "size", "settings"), KINDS.values(), ids=KINDS)
def test_they_have_the_bits_of_the_played_ones(optimizer, size, settings):
    """In fits of any length: a step that begins with dusting may stand anywhere."""
    models = [a_net(optimizer, jit, **settings) for jit in (False, True)]
    for model in models:
        for epochs in (1, 2, 3, DUSTING, 40):
            model.fit(X, Y, epochs, size, verbose=0)
    played, fused = models
    assert chunk_of(fused) is not None
    assert chunk_of(played) is None
    equal(played.get_weights(), fused.get_weights())
    equal(played.optimizer.slots, fused.optimizer.slots)
    equal(played.history.rows, fused.history.rows)
    assert played.optimizer.steps == fused.optimizer.steps


def test_what_has_decayed_becomes_0_in_the_same_step():
    """The gradients of W are 0, since the examples are, and so its slots decay."""
    models = [a_net("adam", jit) for jit in (False, True)]
    for model in models:
        model.fit(0 * X, Y, 3, verbose=0)
        for held in model.optimizer.slots.values():
            held["W1"][...] = 1e-304
    for steps in (DUSTING, 40):
        for model in models:
            model.fit(0 * X, Y, steps, verbose=0)
        equal(*(model.optimizer.slots for model in models))
    assert not models[1].optimizer.slots["m"]["W1"].any()


def test_weighted_examples():
    models = [a_net("adam", jit) for jit in (False, True)]
    weights = rng.random(50)
    for model in models:
        model.fit(X, Y, 40, 16, sample_weight=weights, verbose=0)
    equal(*(model.get_weights() for model in models))


ALONE = {
    "a draw": ("sgd", [tn.Dropout(0.5)], 16),
    "a state": ("sgd", [tn.BatchNorm()], 16),
    "a user's optimizer": (OwnSteps(0.1), [], 16),
    "a user's schedule": (tn.SGD(OwnRate(steps=1)), [], 16),
    "a limit over all": (tn.SGD(0.1, clip_norm=1.0), [], 16),
}


@pytest.mark.parametrize(("optimizer", "layers", "size"), ALONE.values(), ids=ALONE)
def test_who_has_to_be_asked_at_each_step_has_none(optimizer, layers, size):
    model = a_net(optimizer, True, layers)
    model.fit(X, Y, 2, size, verbose=0)
    assert chunk_of(model) is None


def test_a_call_of_large_steps_is_short():
    """An interrupt comes when it is over."""
    X, Y = rng.standard_normal((150, 12)), rng.integers(0, 2, (1, 12))
    models = [a_net("sgd", jit, [tn.Dense(150, "tanh")]) for jit in (False, True)]
    for model in models:
        model.fit(X, Y, 70, verbose=0)
    equal(*(model.get_weights() for model in models))
    plan = models[1]._training.plans[12]
    work = sum(own.work for own in plan.chunk.kept)
    assert 1 < plan.chunk.most < plan.batch.room
    assert plan.chunk.most * work <= chunks.MOST < (plan.chunk.most + 1) * work


def test_no_chunk_writes_behind_its_places():
    model = a_net("sgd", True)
    model.fit(X, Y, 2, verbose=0)
    room = model._training.plans[50].batch.room
    with pytest.raises(IndexError, match="more steps than places"):
        chunk_of(model).steps(room - 1, [(0.1,)] * 2)


# ---- numbers that are too small


def halves(zeros, a):
    """Each number halved, by a chunk of one step."""
    out = np.empty_like(a)
    recording = Recording(lambda x, place: ([(x * 0.5 + 0.0, place)], []), [a, out], Arena())
    Z = np.zeros((1, 1))
    batch = SimpleNamespace(together=1, room=1, Z=Z, waiting_Z=Z, fetched=lambda steps: [])
    Chunk(zeros, recording.bind([a, out], Fused()).calls, [], batch).steps(0, [()])()
    return out


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_they_count_as_0(dtype):
    """While a chunk runs, if it is asked to, and on such processors as this one."""
    tiny = np.finfo(dtype).tiny
    a = np.array([1.0, tiny, -tiny, tiny / 2, 4 * tiny, np.inf], dtype)
    expected = a * a.dtype.type(0.5)
    assert np.array_equal(halves(False, a), expected)
    small = np.abs(expected) < tiny
    assert np.array_equal(halves(True, a), np.where(small, 0, expected) if X86 else expected)
    assert np.array_equal(a * a.dtype.type(0.5), expected)  # and no longer


def test_they_change_a_training_by_no_more():
    """tanh far out in float32 has slopes that are too small. "auto" keeps even those."""
    ends = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "PAYS", 1)
        for jit in (False, True, "auto"):
            model = a_net(tn.SGD(0.1), jit, dtype="float32")
            model.build(5)
            model.set_weights([30 * w for w in model.get_weights()])
            model.fit(X, Y, 100, verbose=0)
            assert (chunk_of(model) is None) == (jit is False)
            ends[jit] = model.get_weights()
    equal(ends[False], ends["auto"])
    for p, q in zip(ends[False], ends[True], strict=True):
        np.testing.assert_allclose(p, q, rtol=0, atol=1e-35)
