"""What is invalid is refused by a ValueError or a TypeError that names the argument and what came,
before anything has changed."""

import copy
import inspect
import re

import numpy as np
import pytest

import tinynet as tn
from tests import models
from tinynet.files.tree import REGISTRY
from tinynet.model import same

NAN, INF = float("nan"), float("inf")

# ---- constructors, and settings that are set later

FINE = {"units": 2, "rate": 0.5, "learning_rate": 0.1, "factor": 0.5, "rates": [0.1, 0.2]}
FINE |= {"value": 0.1, "limit": 0.1, "activation": "identity", "layers": [tn.Dense(2)]}
FINE |= {"path": "net", "optimizer": tn.SGD(), "meta": tn.SGD(), "loss": tn.MeanSquaredError()}
BAD = {"text": "x", "nan": NAN, "inf": INF, "-5": -5, "list": [1.0], "complex": 1j, "dict": {}}
BAD |= {"object": object(), "bytes": b"1", "array": np.ones(3), "class": tn.Dense, "2D": [[1, 2]]}
ALLOWED = {("Constant", "value", "-5")}
ALLOWED |= {("ModelCheckpoint", "path", name) for name in ["text", "bytes"]}
ALLOWED |= {(name, "monitor", "text") for name in ["EarlyStopping", "ReduceLROnPlateau"]}
CALLED = "on_epoch_end", "on_train_begin", "on_train_end"
ALLOWED |= {("LambdaCallback", name, "class") for name in CALLED}  # which can be called
CALLBACKS = tn.EarlyStopping, tn.ReduceLROnPlateau, tn.LambdaCallback, tn.ModelCheckpoint
KINDS = *REGISTRY.values(), *CALLBACKS


def arguments(kind):
    if not inspect.isfunction(kind.__init__):
        return {}
    return dict([*inspect.signature(kind.__init__).parameters.items()][1:])


def fine(kind, but=None):
    """Arguments that a class takes."""
    given = {n: FINE[n] for n, p in arguments(kind).items() if p.default is p.empty}
    if issubclass(kind, tn.Schedule) and but != "epochs":
        given["steps"] = [3] if kind is tn.PiecewiseConstant else 3
    return given


PROBES = [
    (kind, argument, name)
    for kind in KINDS
    for argument in arguments(kind)
    for name in BAD
    if (kind.__name__, argument, name) not in ALLOWED
]


def told(call, *arguments, **settings):
    """The text of the error of a call."""
    with pytest.raises((ValueError, TypeError)) as error:
        call(*arguments, **settings)
    return str(error.value)


def test_there_are_enough():
    assert len(PROBES) + len(CALLS) >= 150
    assert len(CALLS) >= 80


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_bad_argument_is_named(kind):
    for own, argument, name in PROBES:
        if own is kind:
            text = told(kind, **{**fine(kind, argument), argument: BAD[name]})
            assert argument in text, (argument, name, text)
            assert ", got " in text, (argument, name, text)


@pytest.mark.parametrize("kind", REGISTRY.values(), ids=lambda kind: kind.__name__)
def test_a_bad_setting_later_is_named_and_not_kept(kind):
    for own, argument, name in PROBES:
        setting = getattr(kind, argument, None)
        if own is kind and hasattr(setting, "check"):
            part = kind(**fine(kind))
            before = repr([*same.leaves("", part, {})])
            text = told(setattr, part, argument, BAD[name])
            assert argument in text, (argument, name, text)
            assert repr([*same.leaves("", part, {})]) == before, (argument, name)


# ---- methods of a model: (call, what the error says)

X, LABELS, BITS = models.X, models.LABELS, models.BITS


TRAINED, _ = models.made("classes, adam")


def hole(a, value):
    a = np.array(a, float)
    a.flat[3] = value
    return a


class Looks(tn.Callback):
    def on_epoch_end(self, epoch, logs):
        """Nothing."""


def fit(**settings):
    return lambda m: m.fit(X, LABELS, **{"epochs": 2, "verbose": 0, **settings})


CALLS = {
    **{
        f"{name} of X {what}": (lambda m, f=f, X=bad: f(m, X), told)
        for name, f in {
            "predict": lambda m, X: m.predict(X),
            "predict_classes": lambda m, X: m.predict_classes(X),
            "evaluate": lambda m, X: m.evaluate(X, LABELS),
            "gradients": lambda m, X: m.gradients(X, LABELS),
            "fit": lambda m, X: m.fit(X, LABELS, verbose=0),
            "trace": lambda m, X: m.trace(X),
            "train_on_batch": lambda m, X: m.train_on_batch(X, LABELS),
        }.items()
        for what, bad, told in [
            ("of another width", X[:, :3], r"X of shape \(m, 4\), got \(60, 3\)"),
            ("with NaN", hole(X, NAN), "X.*NaN|X.*nan"),
            ("with inf", hole(X, INF), "X.*inf"),
            ("of text", np.full((60, 4), "a"), "X"),
            ("of complex numbers", X + 1j, "X"),
            ("of one dimension", X[:, 0], "X"),
            ("of three dimensions", X[None], "X"),
            ("that is masked", np.ma.masked_less(X, 0), "mask"),
            ("that is None", None, "X"),
        ]
    },
    **{
        f"fit of Y {what}": (lambda m, Y=bad: m.fit(X, Y, verbose=0), told)
        for what, bad, told in [
            ("too short", LABELS[:-1], r"Y of shape .*got \(59,\)"),
            ("with NaN", hole(LABELS, NAN), "Y"),
            ("from 1", LABELS + 1, "labels"),
            ("below 0", LABELS - 1, "labels"),
            ("of halves", LABELS + 0.5, "labels"),
            ("of text", np.array(["a", "b", "c"])[LABELS], "Y"),
            ("of four classes", np.eye(4)[LABELS], r"Y of shape \(60, 3\)"),
            ("of rows that are no distributions", np.eye(3)[LABELS] * 2, "Y|targets|probabilities"),
            ("turned", np.eye(3)[LABELS].T, r"did you mean Y.T"),
        ]
    },
    "epochs of -1": (fit(epochs=-1), "epochs"),
    "epochs of 2.5": (fit(epochs=2.5), "epochs"),
    "epochs of True": (fit(epochs=True), "epochs"),
    "epochs of text": (fit(epochs="9"), "epochs"),
    "batch_size of 0": (fit(batch_size=0), "batch_size"),
    "batch_size of -1": (fit(batch_size=-1), "batch_size"),
    "batch_size of 0.5": (fit(batch_size=0.5), "batch_size"),
    "shuffle of text": (fit(shuffle="yes"), "shuffle"),
    "shuffle of 2": (fit(shuffle=2), "shuffle"),
    "verbose of -1": (fit(verbose=-1), "verbose"),
    "verbose of text": (fit(verbose="no"), "verbose"),
    "validation_split of 20": (fit(validation_split=20), "validation_split"),
    "validation_split of 1": (fit(validation_split=1.0), "validation_split"),
    "validation_split of -0.1": (fit(validation_split=-0.1), "validation_split"),
    "another validation_split": (fit(validation_split=0.5), "validation_split as before"),
    "validation_data of X": (fit(validation_data=X), "validation_data"),
    "validation_data of one": (fit(validation_data=(X,)), "validation_data"),
    "validation_data of another width": (
        fit(validation_data=(X[:, :3], LABELS)),
        r"validation_data.*X of shape",
    ),
    "validation_data with NaN": (fit(validation_data=(hole(X, NAN), LABELS)), "validation_data"),
    "both validations": (
        fit(validation_data=(X, LABELS), validation_split=0.25),
        "validation_data or validation_split",
    ),
    "sample_weight too short": (fit(sample_weight=np.ones(3)), "sample_weight"),
    "sample_weight below 0": (fit(sample_weight=-np.ones(60)), "sample_weight"),
    "sample_weight of zeros": (fit(sample_weight=np.zeros(60)), "sample_weight"),
    "sample_weight with NaN": (fit(sample_weight=hole(np.ones(60), NAN)), "sample_weight"),
    "sample_weight of text": (fit(sample_weight="balanced"), "sample_weight"),
    "class_weight of text": (fit(class_weight="equal"), "class_weight"),
    "class_weight of another class": (fit(class_weight={7: 1.0}), "class"),
    "class_weight below 0": (fit(class_weight={0: -1.0}), "class"),
    "class_weight of a list": (fit(class_weight=[1, 2, 3]), "class_weight"),
    "callbacks of a function": (fit(callbacks=[lambda epoch: None]), "callbacks"),
    "callbacks of a class": (fit(callbacks=[Looks]), "callbacks|call it"),
    "callbacks of text": (fit(callbacks="early_stopping"), "callbacks"),
    "no Y": (lambda m: m.fit(X, None, verbose=0), "Y"),
    "batches and batch_size": (lambda m: m.fit([(X, LABELS)], batch_size=3), "batch_size"),
    "batches of X alone": (lambda m: m.fit([X], verbose=0), "batch"),
    "batches of another width": (lambda m: m.fit([(X[:, :3], LABELS)], verbose=0), "batch 1"),
    "no batches": (lambda m: m.fit([], verbose=0), "batch"),
    "threshold of 2": (lambda m: m.predict_classes(X, threshold=2.0), "threshold"),
    "threshold of text": (lambda m: m.predict_classes(X, threshold="half"), "threshold"),
    "weights of an array": (lambda m: m.set_weights(np.ones(3)), "a list of"),
    "weights too few": (lambda m: m.set_weights(m.get_weights()[:-1]), "a list of"),
    "weights with NaN": (
        lambda m: m.set_weights([hole(w, NAN) if w.size > 3 else w for w in m.get_weights()]),
        "finite|NaN|nan",
    ),
    "weights turned": (lambda m: m.set_weights([w.T for w in m.get_weights()]), "shape"),
    "build of 0": (lambda m: m.build(0), "n_x"),
    "build of text": (lambda m: m.build("4"), "n_x"),
    "build of another width": (lambda m: m.build(5), "input width"),
    "cast to float16": (lambda m: m.cast("float16"), "dtype"),
    "cast to int": (lambda m: m.cast(int), "dtype"),
    "optimizer nobody knows": (lambda m: m.compile("Adamax"), "optimizer"),
    "optimizer as a class": (lambda m: m.compile(tn.Adam), r"call it: tn.Adam\(\)"),
    "optimizer as a number": (lambda m: m.compile(0.1), "optimizer"),
    "loss nobody knows": (lambda m: m.compile("adam", "crossentropie"), "loss"),
    "loss as a class": (lambda m: m.compile("adam", tn.CrossEntropy), "call it"),
    "loss as a function": (lambda m: m.compile("adam", lambda Y, A: 0.0), "loss"),
    "loss of a sigmoid": (lambda m: m.compile("adam", "bce"), "sigmoid"),
    "metrics as text": (lambda m: m.compile("adam", metrics="accuracy"), "metrics"),
    "metrics nobody knows": (lambda m: m.compile("adam", metrics=["auroc"]), "metrics"),
    "metrics twice": (lambda m: m.compile("adam", metrics=["f1", "f1"]), "f1"),
    "a learning rate of 0": (lambda m: setattr(m.optimizer, "learning_rate", 0), "learning_rate"),
    "an activation nobody knows": (lambda m: setattr(m.layers[1], "activation", "rely"), "relu"),
    "W of another shape": (lambda m: setattr(m.layers[1], "W", np.ones((2, 2))), "W"),
    "W with NaN": (lambda m: setattr(m.layers[1], "W", np.full((6, 4), NAN)), "W"),
    "other units": (lambda m: setattr(m.layers[1], "units", 7), "units"),
    "save to a number": (lambda m: m.save(7), "path|PathLike"),
    "save to nothing": (lambda m: m.save(None), "path|PathLike"),
    "load of a number": (lambda m: tn.load(7), "path|PathLike"),
    "load with a part": (lambda m: tn.load(__file__, nodes=[tn.Dense(1)]), "nodes|file"),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_bad_call_is_told_and_changes_nothing(name):
    call, wanted = CALLS[name]
    model = copy.deepcopy(TRAINED)
    before = repr([*same.leaves("", model, {})])
    text = told(call, model)
    assert re.search(wanted, text), text
    assert len(text) < 500
    assert repr([*same.leaves("", model, {})]) == before


@pytest.mark.parametrize("name", [name for name in CALLS if name.startswith("fit of X")])
def test_a_new_model_stays_new(name):
    model, _ = models.made("classes, adam", trained=False)
    before = repr([*same.leaves("", model, {})])
    if "another width" not in name:
        told(CALLS[name][0], model)
        assert repr([*same.leaves("", model, {})]) == before
