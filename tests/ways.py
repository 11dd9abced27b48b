"""The two ways in which a step may be taken: played from a plan, and walked as it is written."""

import contextlib

import pytest

from tinynet.engine.batch import Examples
from tinynet.engine.training import Training
from tinynet.engine.work import Work

WAYS = ["played", "walked"]


def forbidden(*args):
    raise AssertionError("a step was walked")


@contextlib.contextmanager
def taken(way):
    """Trainings in this context take that way. One that is to be played must not be walked."""
    with pytest.MonkeyPatch.context() as patch:
        if way == "walked":
            patch.setattr(Work, "steady", False)
        else:
            patch.setattr(Training, "walk", forbidden)
        yield


def a_training(model, X, Y, size=None):
    """The Training object that `fit` would make, before its first step."""
    examples = Examples(*model._data(X, Y, build=True), size)
    return Training(model.who, Work(*model._compiled(), model._metrics), examples)
