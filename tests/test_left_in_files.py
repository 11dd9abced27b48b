"""A fit that was left comes back from a file, whatever was read of its steps."""

import numpy as np
import pytest

import tinynet as tn
from tests.resuming import X, Y, cut_off
from tinynet.model import same


class Counted(tn.Metric):
    """How many examples there were; it reads nothing of them."""

    def read(self, activation, A, Y):
        return A[:0]

    def result(self, sums, m):
        return m


class Beginning(tn.Callback):
    """Keeps the model as it was before the first step."""

    kept = ("start",)

    def on_train_begin(self):
        self.start = self.model.snapshot()


def net(loss="binary_crossentropy", metrics=()):
    last = tn.Dense(1, "sigmoid" if loss == "binary_crossentropy" else "identity")
    model = tn.Sequential([last], seed=0).build(2)
    model.compile("sgd", loss, metrics)
    return model


def right():
    """A net that is right by more than the margin, so that each step costs 0."""
    model = net("hinge")
    model.set_weights([np.zeros((1, 2)), [[2.0]]])
    return model


def counting():
    return net(metrics=[Counted()])


MANY = np.tile(X, 4), np.tile(Y, 4), np.full(240, 9e99)
OF_SIXTEEN = {"X": X, "Y": Y, "batch_size": 16}
LEFT = {
    "one example a step": (net, OF_SIXTEEN | {"batch_size": 1}, list),
    "steps that cost nothing": (right, OF_SIXTEEN | {"Y": np.ones((1, 60))}, list),
    "examples of the largest weights": (net, {"X": [MANY] * 4}, list),
    "a metric that reads nothing": (counting, OF_SIXTEEN, list),
    "the model before the first step": (net, OF_SIXTEEN, lambda: [Beginning()]),
}


@pytest.mark.parametrize(("make", "fit", "callbacks"), LEFT.values(), ids=LEFT)
def test_a_fit_that_was_left_goes_on_from_a_file(make, fit, callbacks, tmp_path):
    fit = {"epochs": 2, "verbose": 0, **fit}
    cut_off(make(), fit, 2, callbacks()).save(tmp_path / "net")
    model, twin = tn.load(tmp_path / "net", nodes=[Counted]), make()
    model.fit(**fit, callbacks=callbacks(), resume=True)
    twin.fit(**fit, callbacks=callbacks())
    assert not same.difference(twin, model)
