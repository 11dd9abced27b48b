"""Files that lie about where in a fit they were saved: as in hostile.py."""

import copy

import numpy as np

import tinynet as tn
from tests import hostile, resuming
from tinynet.model import saved


def good():
    """A model whose fit was left, with callbacks that had moved its weights: its description and
    its arrays."""
    model = resuming.net("momentum")
    try:
        fails = tn.LambdaCallback(on_epoch_end=lambda epoch, logs: epoch > 2 and 1 / 0)
        model.fit(**resuming.FIT, callbacks=[*resuming.watched(), fails])
    except ZeroDivisionError:
        pass
    return saved.described(model, saved.Names("x"))


TREE, ARRAYS = good()
WHOLE = hostile.file(TREE, ARRAYS)


def changed(*path, to, **arrays):
    """The file with another value in one place, and other arrays."""
    tree = copy.deepcopy(TREE)
    place = tree["position"]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    held = {n: a for n, a in (ARRAYS | arrays).items() if a is not None}
    return hostile.file(tree, held)


def kept(to):
    """The file with another value that a callback keeps."""
    return changed("callbacks", 0, 2, "best", to=to)


def of_examples(m):
    """The file with records of steps of so many examples."""
    return changed("sums", to=[2], **{"position.records": m * RECORDS["position.records"]})


RECORDS = {"position.records": np.ones((3, 4))}
CALLBACKS = TREE["position"]["callbacks"]
PARTS = "name, arguments and what is kept"
SPARE = {"float": "1.5"}
FILES = {
    "no epochs before": (changed("first", to=-1), "expected first"),
    "more epochs before than there are": (changed("first", to=99), "at most 3 epochs, got 99"),
    "epochs of a half": (changed("first", to=0.5), "first as int"),
    "steps before the first": (changed("steps", to=-5), "expected steps"),
    "a source of numbers": (changed("source", "data", to=7), "data as str"),
    "a source of more": (changed("source", "evil", to=1), "a source of examples, batch_size"),
    "sums below zero": (changed("sums", to=[-2]), "sums as whole numbers"),
    "sums that are texts": (changed("sums", to=["1"]), "sums as whole numbers"),
    "records of another width": (changed("sums", to=[9], **RECORDS), "records of 11 float64"),
    "records of nobody": (of_examples(0.0), "records of some examples"),
    "records of less than nobody": (of_examples(-1.0), "records of some examples"),
    "records of more than can be counted": (of_examples(1e200), "records of some examples"),
    "an order of another kind": (
        changed("order", to=hostile.OLD),
        "a Generator of PCG64, got a RandomState",
    ),
    "an order of nothing": (changed("order", to={}), "Generator as dict"),
    "looked at less than never": (changed("looked", to=[-1]), "expected looked"),
    "stop as a number": (changed("stop", to=1), "stop as bool"),
    "callbacks as a text": (changed("callbacks", to="EarlyStopping"), "callbacks as list"),
    "over as a text": (changed("over", to="no"), "over as bool"),
    "callbacks without names": (changed("callbacks", to=[[3, {}, {}]]), PARTS),
    "callbacks that keep a list": (changed("callbacks", to=[["A", {}, []]]), PARTS),
    "callbacks of two": (changed("callbacks", to=[["A", {}]]), PARTS),
    "callbacks of an argument of lists": (
        changed("callbacks", 0, 1, "patience", to=[[3]]),
        "plain arguments of a callback",
    ),
    "torn by a bell": (changed("torn", to="\a\x1b[31m"), "torn as a sentence"),
    "torn at length": (changed("torn", to="t" * 501), "torn as a sentence"),
    "looked at by nobody": (changed("looked", to=[len(CALLBACKS)]), "looked of the callbacks"),
    "a callback that is no name": (
        changed("callbacks", to=[["\x1b[31m", {}, {}]]),
        "names of a callback",
    ),
    "torn by a number": (changed("torn", to=3), "torn as str"),
    "a fingerprint of a number": (changed("fingerprint", to=7), "fingerprint as str"),
    "a class that is kept": (kept({"SGD": {}}), "what a callback keeps"),
    "two kinds at once": (kept({"float": "inf", "list": []}), "what a callback keeps"),
    "a float of code": (kept({"float": "__import__('os')"}), "what a callback keeps"),
    "a float as an array": (kept({"array": "W1"}), "what a callback keeps"),
    "one array many times": (
        kept({"list": [{"array": "position.2.sums"}] * 1000}),
        "what a callback keeps",
    ),
    "a float as a text": (kept(SPARE), "what a callback keeps"),
    "a snapshot of nothing": (kept({"Snapshot": {}}), "position.0.best.W1, float64"),
    "a moment of no generators": (changed("moment", "generators", to=[]), "2 generators, got 0"),
    "a moment of generators of another kind": (
        changed("moment", "generators", to=[hostile.OLD] * 2),
        "a Generator of PCG64, got a RandomState",
    ),
    "a moment before the first step": (changed("moment", "steps", to=-1), "expected steps"),
    "a moment that learned": (changed("moment", "learned", to=[True]), "learned of 0 layers"),
    "a moment of another net": (
        changed("stop", to=False, **{"position.moment.W1": np.ones((2, 2))}),
        r"position.moment.W1, float64 \(6, 2\), got float64 \(2, 2\)",
    ),
    "a moment without numbers": (
        changed("stop", to=False, **{"position.moment.W1": np.full((6, 2), np.nan)}),
        "finite numbers",
    ),
    "a moment of half the slots": (
        changed("stop", to=False, **{"position.moment.slots.v.W1": None}),
        "every slot|beside",
    ),
    "a position of a net without an optimizer": (
        hostile.file({**TREE, "compiled": None}, ARRAYS),
        "a model that is compiled",
    ),
    "a position as a list": (hostile.file({**TREE, "position": [1]}, ARRAYS), "first as int"),
    "an array of a position more": (
        changed("stop", to=False, **{"position.9.evil": np.ones(3)}),
        "beside them",
    ),
}
