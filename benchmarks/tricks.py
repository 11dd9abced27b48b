"""What each trick buys: the same work with it and without it, in turns."""

import contextlib
import statistics
import time
import warnings
from unittest import mock

import numpy as np

import tinynet as tn
from benchmarks.workloads import notes_net, tinynet_classes, tinynet_notes, tinynet_predict
from tinynet.engine import batch, plan
from tinynet.engine.work import Work
from tinynet.net import blocks, inference
from tinynet.tape.stand_ins import StandIn
from tinynet.tape.tape import Tape

ROUNDS = 7


class Apart(tn.Dense):
    """The bias added and its gradient summed, not carried by the product."""

    steady = True

    def preactivation(self, X):
        return np.dot(self.W, X) + self.b

    def parameter_gradients(self, dZ, cache):
        return {"W": np.dot(cache["X"], dZ.T).T, "b": dZ.sum(axis=1, keepdims=True)}


class Loose:
    """Leaves a batch's `fixed` at False: what follows from the examples alone is computed in every
    step."""

    def __get__(self, instance, owner):
        return False

    def __set__(self, instance, value):
        pass


def unrowed(self, ufunc, method, *inputs, **settings):
    """As if numpy's maximum were as fast against a number as against an array of it."""
    with mock.patch("tinynet.tape.stand_ins.EXTREMES", ()), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return recorded(self, ufunc, method, *inputs, **settings)


recorded = StandIn.__array_ufunc__


def gathered(rows):
    """A batch of 128 examples out of (784, 12800), which lie in rows or in columns."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((12_800, 784)).astype(np.float32)
    X = X if rows else X.T.copy()
    taken = np.empty((128, 784) if rows else (784, 128), np.float32)
    orders = rng.integers(0, 12_800, (100, 128))
    return lambda n: [X.take(orders[i % 100], 0 if rows else 1, taken, "clip") for i in range(n)]


def adam(arrays):
    """Adam's calls on the 2,410 parameters of 64-32-10, in so many arrays."""
    sizes = {1: [2410], 4: [2048, 32, 320, 10]}[arrays]
    optimizer = tn.Adam()
    params = {str(i): np.ones(n, np.float32) for i, n in enumerate(sizes)}
    grads = {name: np.ones_like(p) for name, p in params.items()}
    return lambda n: [optimizer.update(params, grads) for _ in range(n)]


def wide_net():
    """784-2048-1024-10 on batches of 32: more parameters than a core's cache holds."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((320, 784))
    Y = (X @ rng.standard_normal((784, 10))).argmax(axis=1)
    layers = [tn.Dense(2048, "relu"), tn.Dense(1024, "relu"), tn.Dense(10, "softmax")]
    model = tn.Sequential(layers, seed=0, dtype="float32", examples="rows")
    model.compile("adam")
    return lambda n: model.fit(X, Y, epochs=n // 10, batch_size=32, verbose=0)


def within(net, X, activated=True):
    """`inference.outputs` with errstate in a `with`, as one writes it."""
    with np.errstate(all="ignore"):
        return outputs.__wrapped__(net, X, activated)


outputs = inference.outputs


def million():
    """The notes' net on a million examples."""
    X = np.random.default_rng(0).standard_normal((2, 1_000_000))
    Y = (X[:1] * X[1:] > 0).astype(float)
    model = notes_net("float64")
    return lambda n: model.fit(X, Y, epochs=n, verbose=0)


TRICKS = {
    "a step is recorded, then played (the notes' net)": (
        2000,
        lambda: tinynet_notes("float64"),
        lambda: mock.patch.object(Work, "steady", False),
    ),
    "a step is recorded, then played (64-32-10, Adam)": (
        1000,
        lambda: tinynet_classes("small"),
        lambda: mock.patch.object(Work, "steady", False),
    ),
    "outputs wait, and 64 costs are computed at once (the notes' net)": (
        6400,
        lambda: tinynet_notes("float64"),
        lambda: mock.patch.object(batch, "WAITING", 1),
    ),
    "what follows from the examples alone is computed once (the notes' net)": (
        6400,
        lambda: tinynet_notes("float64"),
        lambda: mock.patch.object(batch.Batch, "fixed", Loose(), create=True),
    ),
    "the bias rides in the product (the notes' net)": (
        6400,
        lambda: tinynet_notes("float64"),
        lambda: mock.patch.object(tn, "Dense", Apart),
    ),
    "the parameters lie in one array (Adam, 64-32-10)": (2000, lambda: adam(1), None),
    "an update goes block by block (4 million parameters)": (
        30,
        wide_net,
        lambda: mock.patch.object(plan, "PIECE", 2**40),
    ),
    "a full batch goes block by block (1,000,000 examples)": (
        8,
        million,
        lambda: mock.patch.object(blocks, "practice_size", return_value=2**40),
    ),
    "a batch is gathered from rows (784 features)": (1000, lambda: gathered(True), None),
    "relu compares with an array of zeros (64-32-10)": (
        1000,
        lambda: tinynet_classes("small"),
        lambda: mock.patch.object(StandIn, "__array_ufunc__", unrowed),
    ),
    "what nobody reads is not computed (784-128-10)": (
        200,
        lambda: tinynet_classes("middle"),
        lambda: mock.patch.object(Tape, "drop_unread"),
    ),
    "errstate is entered as a decorator (predict, one example)": (
        5000,
        lambda: tinynet_predict(1),
        lambda: mock.patch.object(inference, "outputs", within),
    ),
    "predict goes block by block (1,000,000 examples)": (
        3,
        lambda: tinynet_predict(1_000_000),
        lambda: mock.patch.object(blocks, "PREDICTED", 2**40),
    ),
}
WITHOUT = {
    "the parameters lie in one array (Adam, 64-32-10)": lambda: adam(4),
    "a batch is gathered from rows (784 features)": lambda: gathered(False),
}


def timed(steps, n, patch):
    with patch():
        start = time.perf_counter()
        steps(n)
        return (time.perf_counter() - start) / n * 1e6


def lines():
    yield from [
        "### What each trick buys",
        "",
        "| trick | us with it | us without | times |",
        "| --- | ---: | ---: | ---: |",
    ]
    for name, (n, prepare, patch) in TRICKS.items():
        patch = patch or contextlib.nullcontext  # noqa: PLW2901
        steps = prepare()
        with patch():
            other = WITHOUT.get(name, prepare)()
        pairs = [
            (timed(steps, n, contextlib.nullcontext), timed(other, n, patch))
            for _ in range(ROUNDS + 1)
        ][1:]
        own, without = (statistics.median(column) for column in zip(*pairs, strict=True))
        times = statistics.median(b / a for a, b in pairs)
        yield f"| {name} | {own:,.1f} | {without:,.1f} | {times:.2f} |"
    yield ""


if __name__ == "__main__":
    for line in lines():
        print(line, flush=True)
