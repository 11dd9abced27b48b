"""Fits that are cut off and go on: the nets, their callbacks, and what is compared."""

import numpy as np
import pytest

import tinynet as tn
from tests import models
from tinynet.model import same

X, Y = tn.data.moons(60, seed=0)
NETS = {
    "plain": list,
    "dropout": lambda: [tn.Dropout(0.3)],
    "batch norm": lambda: [tn.BatchNorm()],
    "all": lambda: [tn.BatchNorm(), tn.Dropout(0.2)],
}


class Counts(tn.Callback):
    """A user's callback, with state."""

    kept = "seen", "sums", "name"

    def on_train_begin(self):
        self.seen, self.sums, self.name = [], np.zeros(2), None

    def on_epoch_end(self, epoch, logs):
        self.seen.append(logs["loss"])
        self.sums = self.sums + np.array([logs["loss"], epoch])
        self.name = f"after {epoch}"
        self.model.optimizer.clip_norm = 5.0 + epoch  # a setting, from epoch to epoch


def net(optimizer="adam", inner="all", **settings):
    first, *others = tn.Dense(6, "tanh"), *NETS[inner](), tn.Dense(1, "sigmoid")
    model = tn.Sequential([first, *others], seed=7, **settings)
    model.compile(models.OPTIMIZERS[optimizer](), metrics=["accuracy"])
    return model


def watched(optimizer="sgd"):
    """The callbacks of a fit."""
    plain = optimizer in ("sgd", "momentum")
    slower = [tn.ReduceLROnPlateau(patience=1, factor=0.5)] if plain else []
    return [tn.EarlyStopping(patience=3, monitor="loss"), *slower, Counts()]


class Kept(tn.ModelCheckpoint):
    """Keeps each file that it writes."""

    def __init__(self, path, every_batches=1):
        super().__init__(path, every_batches)
        self.files = []

    def save_if_due(self):
        before = self.saved_steps
        super().save_if_due()
        if before is not None and before != self.saved_steps:
            with open(self.path, "rb") as file:
                self.files.append((self.saved_steps, file.read()))


def facts(callbacks):
    """What the callbacks of a finished fit have counted."""
    names = "best", "waited", "seen", "best_epoch", "sums", "name"
    own = [(name, getattr(c, name, None)) for c in callbacks for name in names]
    return [(name, a.tobytes() if isinstance(a, np.ndarray) else a) for name, a in own]


def require_same(model, twin, *callbacks):
    assert not same.difference(twin, model)
    assert len({repr(facts(own)) for own in callbacks}) <= 1


FIT = {"X": X, "Y": Y, "epochs": 4, "batch_size": 16, "validation_split": 0.25, "verbose": 0}


class Halt(tn.ModelCheckpoint):
    """Ends a fit with an error after some steps."""

    def __init__(self, at, error=None):
        super().__init__("no file")
        self.at, self.error = at, error

    def save_if_due(self):
        steps = self.model.optimizer.steps
        self.saved_steps = steps if self.saved_steps is None else self.saved_steps
        if steps - self.saved_steps >= self.at:
            raise self.error or RuntimeError("halt")

    def steps_left(self):
        return self.at - (self.model.optimizer.steps - self.saved_steps)

    def on_train_end(self):
        pass


def cut_off(model, fit, at=5, callbacks=()):
    with pytest.raises(RuntimeError, match="halt"):
        model.fit(**fit, callbacks=[*callbacks, Halt(at)])
    return model
