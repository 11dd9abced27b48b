"""The ways in which a step may be taken: played from a plan, walked as it is written, and played
with what can be fused, where numba is, or as Python runs what is fused; or played from a plan that
was doubted, as if the parts were a user's: recorded twice and looked at."""

import contextlib
from importlib.util import find_spec

import numpy as np
import pytest

from tinynet.engine.batch import Examples
from tinynet.engine.training import Training
from tinynet.engine.work import Work
from tinynet.fused import chunk, inner_loops, reader
from tinynet.model import sequential
from tinynet.net import blocks
from tinynet.tape.recording import PLAYED

WAYS = ["played", "walked", *(["fused"] if find_spec("numba") else [])]
EVERY_WAY = [*WAYS, "doubted"]


def interpreted(text, arrays):
    """The function as Python runs it, number by number."""
    names = {"run": inner_loops.run, "set_zeros": int, "set_back": float}
    exec(text, names)
    return names["kernel"]


class Counted(reader.Fused):
    """One that fuses something of each update and each pass of a net."""

    def __call__(self, tape):
        calls = super().__call__(tape)
        assert len(calls) < len(tape.calls) or len(tape.calls) < 4
        return calls


def forbidden(*args):
    raise AssertionError("a step was walked")


@contextlib.contextmanager
def taken(way, may_walk=False):
    """Trainings in this context take that way. One that is to be played must not be walked, but
    after an overflow if it may."""
    with pytest.MonkeyPatch.context() as patch:
        if way == "walked":
            patch.setattr(Work, "steady", False)
        elif not may_walk:
            patch.setattr(Training, "walk", forbidden)
        if way == "doubted":
            patch.setattr(Work, "ours", False)
        if way == "fused":
            patch.setattr(sequential, "reader", lambda model, steps: Counted(zeros=True))
        if way == "interpreted":
            patch.setattr(sequential, "reader", lambda model, steps: reader.Fused())
            for module in (reader, chunk):
                patch.setattr(module, "kernel", interpreted)
        yield


def equal(*ends):
    """What came out of each way, arrays or lists or dicts of them, is the same."""
    for end in ends[1:]:
        np.testing.assert_equal(end, ends[0])


def a_training(model, X, Y, size=None, read=PLAYED):
    """The Training object that `fit` would make, before its first step."""
    examples = Examples(*model._data(X, Y, build=True), size)
    return Training(model.who, Work(*model._compiled(), model._metrics, reader=read), examples)


def same_in_blocks(whole, cut, X, Y, size=7):
    """Of two equal models one is trained on its batch in one piece, and one in blocks of `size`:
    they come to the same weights."""
    whole.fit(X, Y, 3, verbose=0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "practice_size", lambda layers: size)
        cut.fit(X, Y, 3, verbose=0)
    assert len(cut._training.batches[X.shape[1]].blocks) > 1
    for p, q in zip(whole.get_weights(), cut.get_weights(), strict=True):
        np.testing.assert_allclose(p, q, rtol=1e-9)
