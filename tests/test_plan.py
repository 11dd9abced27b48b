"""The fast way: a plan takes the very steps that the methods take, every public part fits in one,
and it makes no arrays."""

import gc
import itertools
import tracemalloc

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import tinynet as tn
from tests.cases import SEEDS
from tests.ways import a_training, equal, same_in_blocks, taken
from tinynet.engine import plan
from tinynet.engine.work import Work
from tinynet.net import blocks
from tinynet.net.blocks import runs

rng = np.random.default_rng(0)
EACH = [name for name, g in tn.activations.ACTIVATIONS.items() if tn.activations.label(g) == name]
MATCHING = {"sigmoid": tn.BinaryCrossEntropy, "softmax": tn.CrossEntropy}
OPTIMIZERS = [tn.SGD(0.1), tn.SGD(0.01, 0.9), tn.SGD(0.01, 0.9, nesterov=True), tn.Adam(0.01)]


def problem(last, m, seed=0):
    draw = np.random.default_rng(seed)
    Y = draw.integers(0, 2, (2, m)) if last == "sigmoid" else draw.standard_normal((2, m))
    return draw.standard_normal((3, m)), draw.integers(0, 2, m) if last == "softmax" else Y


def a_model(hidden="tanh", last="sigmoid", loss=None, optimizer="sgd", **settings):
    layers = [tn.Dense(4, hidden), tn.Dense(3, hidden, use_bias=False), tn.Dense(2, last)]
    model = tn.Sequential(layers, seed=1, **settings)
    model.compile(optimizer, loss, metrics=["accuracy"] if last in MATCHING else [])
    return model


@pytest.fixture
def planned_only():
    with taken("played"):
        yield


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("hidden", "last"), [*zip(EACH, EACH[1:] + EACH[:1], strict=True)])
def test_every_public_part_fits_in_a_plan(hidden, last, dtype, planned_only):
    for optimizer in OPTIMIZERS:
        for loss in filter(None, ("mse", MATCHING.get(last))):
            X, Y = problem("sigmoid" if loss == "mse" else last, 9)
            model = a_model(hidden, last, loss if loss == "mse" else loss(), optimizer, dtype=dtype)
            model.fit(X, Y, 3, verbose=0)
            model.fit(X, Y, 2, batch_size=4, verbose=0)


@settings(max_examples=40)
@given(
    hidden=st.sampled_from(EACH),
    last=st.sampled_from(["identity", "sigmoid", "softmax", "tanh"]),
    optimizer=st.sampled_from(OPTIMIZERS),
    batch_size=st.none() | st.integers(1, 30),
    m=st.integers(1, 30),
    dtype=st.sampled_from(["float32", "float64"]),
    examples=st.sampled_from(["columns", "rows"]),
    block=st.none() | st.integers(1, 20),
    seed=SEEDS,
)
def test_a_plan_takes_the_steps_that_the_methods_take(
    hidden, last, optimizer, batch_size, m, dtype, examples, block, seed
):
    X, Y = problem(last, m, seed)
    if examples == "rows":
        X, Y = X.T, Y.T
    ways = "walked", "played", "interpreted"  # compiling each would take long
    models = [a_model(hidden, last, None, optimizer, dtype=dtype, examples=examples) for _ in ways]
    for model, way in zip(models, ways, strict=True):
        with pytest.MonkeyPatch.context() as patch, taken(way):
            if block:
                patch.setattr(blocks, "practice_size", lambda layers: block)
                patch.setattr(plan, "PIECE", block)
            try:
                model.fit(X, Y, 5, batch_size, verbose=0)
            except FloatingPointError:
                assume(way != "walked")  # a training that runs away is another test's
                raise
    equal(*(model.get_weights() for model in models))
    equal(*(model.history.history for model in models))


@pytest.mark.parametrize("batch_size", [None, 10, 7])
@pytest.mark.parametrize("optimizer", [tn.SGD(12.0), tn.SGD(12.0, 0.5)])
def test_a_runaway_ends_where_a_walk_ends(batch_size, optimizer):
    """The error grows thirtyfold a step for some hundred steps. Played and walked training end with
    the same last finite weights and the same message."""
    X, Y, ends = np.linspace(1, 1.5, 30)[np.newaxis], np.ones((1, 30)), []
    for steady in (True, False):
        model = tn.Sequential([tn.Dense(1)], seed=0)
        model.compile(optimizer)
        with pytest.MonkeyPatch.context() as patch:
            if not steady:
                patch.setattr(Work, "steady", False)
            with pytest.raises(FloatingPointError) as error:
                model.fit(X, Y, 1000, batch_size, verbose=0)
        ends.append(
            (
                str(error.value),
                model.optimizer.steps,
                model.get_weights(),
                model.history.history["loss"],
            )
        )
    (message, steps, weights, costs), walked = ends
    assert (message, steps) == walked[:2]
    assert steps > 64
    np.testing.assert_allclose(np.ravel(weights[0]), np.ravel(walked[2][0]), rtol=1e-9)
    np.testing.assert_allclose(costs, walked[3], rtol=1e-9)


def test_the_notes_net_takes_few_calls():
    """Counts numpy calls. Time is measured in benchmarks/."""
    model = tn.Sequential([tn.Dense(4, "tanh"), tn.Dense(1, "sigmoid")], seed=0)
    model.compile(tn.SGD(1.2))
    (own,) = a_training(model, *tn.data.planar()).plans.values()
    assert len(own.steps[0]) <= 22
    own.read(64)
    assert len(own.bound[64][0].calls) / own.batch.room <= 0.2


def test_an_adam_step_takes_few_calls():
    model = tn.Sequential([tn.Dense(32, "relu"), tn.Dense(10, "softmax")], seed=0, dtype="float32")
    model.compile("adam")
    X, Y = rng.standard_normal((64, 320)), rng.integers(0, 10, 320)
    (own,) = a_training(model, X, Y, size=32).plans.values()
    assert len(own.steps[0]) <= 50


@pytest.mark.parametrize(
    ("batch_size", "hidden"), [*itertools.product([None, 20_000], ["tanh", "relu"])]
)
def test_a_warm_step_makes_no_array(batch_size, hidden):
    model = tn.Sequential([tn.Dense(8, hidden), tn.Dense(2, "softmax")], seed=0)
    model.compile("adam", metrics=["accuracy"])
    m = 40_000
    X, Y = rng.standard_normal((4, m)), rng.integers(0, 2, m)
    training = a_training(model, X, Y, batch_size)
    own = training.plans[batch_size or m]
    assert len(own.batch.blocks) > 1
    batch = np.arange(20_000) if batch_size else slice(0, m)
    own.take([batch])
    own.read(1)
    tracemalloc.start()
    own.take([batch])
    own.read(1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000 * 8, peak  # less than one float for each example


@pytest.mark.parametrize("parts", [1, 7])
@pytest.mark.parametrize("widths", [[4, 8, 8, 1], [4, 40, 1]])
@pytest.mark.parametrize(
    ("kind", "hidden"), [("sgd", "tanh"), ("adam", "relu"), ("adam", "sigmoid")]
)
def test_training_needs_little_more_memory_than_backward(kind, hidden, widths, parts, monkeypatch):
    """Backward reads X, Z of the last layer for all examples, and for a block of examples each
    layer's A, and its Z if the derivative reads Z. Training also has a copy of X with its ones."""
    m = 98_000
    monkeypatch.setattr(blocks, "practice_size", lambda layers: m // parts)
    X, Y = rng.standard_normal((4, m)), rng.integers(0, 2, (1, m)).astype(float)
    model = tn.Sequential(
        [*(tn.Dense(n, hidden) for n in widths[1:-1]), tn.Dense(1, "sigmoid")], seed=0
    )
    model.compile(kind)
    model.build(4)
    tracemalloc.start()
    model.fit(X, Y, 2, verbose=0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    needed = sum(widths) + (sum(widths[1:-1]) if hidden != "relu" else 0)
    assert peak <= (1.3 * needed / parts + (parts > 1) + widths[0] + 1) * m * 8 + 200_000, peak / (
        m * 8
    )


@pytest.mark.parametrize(("m", "longest"), [(1, 1), (1, 9), (9, 4), (10, 3), (8, 4), (1000, 7)])
def test_runs_are_of_one_length_but_for_the_last(m, longest):
    found = runs(m, longest)
    assert [i for run in found for i in range(m)[run]] == list(range(m))
    lengths = [run.stop - run.start for run in found]
    assert max(lengths) <= longest
    assert len(set(lengths[:-1])) <= 1
    assert len(found) == -(-m // longest)


def test_blocks_of_predictions_are_those_of_their_examples():
    model = a_model("relu", "softmax").build(3)
    X, Y = problem("softmax", 30_000)
    outputs = model.predict(X)
    for block in (slice(0, 5), slice(8000, 8300), slice(29_900, 30_000)):
        np.testing.assert_allclose(outputs[:, block], model.predict(X[:, block]), rtol=1e-12)
    A = model.trace(X)["A3"]
    assert model.evaluate(X, Y)["loss"] == pytest.approx(tn.CrossEntropy()(A, Y), rel=1e-12)


def test_an_overflow_of_adam_finds_its_way_around():
    """A gradient of 1e25 in float32, whose square is infinite: the chunk is walked, and goes on."""
    ends = []
    for dtype in ("float32", "float64"):
        model = tn.Sequential([tn.Dense(1)], seed=0, dtype=dtype)
        model.compile(tn.Adam(1e-3))
        model.build(1)
        report = model.fit(np.full((1, 4), 1e13), np.full((1, 4), -1e13), 200, verbose=0)
        assert np.isfinite(report.history["loss"]).all()
        ends.append(model.params["W1"][0, 0])
    assert ends[0] == pytest.approx(ends[1], rel=1e-4)


def test_a_hypergradient_after_fit_is_its_own_step_s():
    """What an optimizer's backward reads is its own copy, never a buffer of fit's."""
    model = a_model(optimizer=tn.SGD(0.1, 0.9))
    X, Y = problem("sigmoid", 9)
    model.fit(X, Y, 100, verbose=0)
    _, grads = model.gradients(X, Y)
    v = {name: a.copy() for name, a in model.optimizer.slots["v"].items()}
    model.optimizer.forward(model.params, grads)
    twin = tn.SGD(0.1, 0.9)
    twin.slots["v"] = v
    model.fit(X, Y, 0, verbose=0)
    model.gradients(X, Y)
    d = {name: np.ones_like(p) for name, p in model.params.items()}
    model.optimizer.backward(d)
    expected = -sum((0.9 * v[name] + grads[name]).sum() for name in grads)
    assert float(model.optimizer.grads["learning_rate"]) == pytest.approx(expected, rel=1e-12)
    twin.forward({name: p.copy() for name, p in model.params.items()}, grads)
    twin.backward(d)
    assert twin.grads == model.optimizer.grads


def test_a_plan_leaves_nothing_to_the_garbage_collector():
    X, Y = rng.standard_normal((4, 4000)), rng.integers(0, 2, (1, 4000))
    model = tn.Sequential([tn.Dense(40, "relu"), tn.Dense(1, "sigmoid")], seed=0)
    model.compile("adam")
    model.fit(X, Y, 100, verbose=0)
    gc.collect()
    gc.disable()
    try:
        tracemalloc.start()
        for _ in range(3):
            model.fit(X, Y, 100, verbose=0)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        gc.enable()
    assert held < 300_000, held  # one training alone takes a million bytes for its activations


def test_a_batch_is_gathered_from_where_x_lies():
    """Contiguous rows of the model's dtype are not copied; any other X is copied once."""
    X, Y = rng.standard_normal((100_000, 20)).astype(np.float32), rng.integers(0, 2, 100_000)
    for data, copies in ((X, 0), (X[:, ::-1], 1), (X.astype(float), 1)):
        model = tn.Sequential([tn.Dense(1, "sigmoid")], seed=0, dtype="float32", examples="rows")
        model.compile("sgd")
        model.build(20)
        tracemalloc.start()
        model.fit(data, Y, 1, 1000, verbose=0)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < (copies * 1.05 + 0.5) * X.nbytes, peak / X.nbytes


def test_two_blocks_are_a_batch():
    X, Y = problem("sigmoid", 30)
    whole, cut = (a_model("tanh", "sigmoid", None, tn.SGD(0.1, 0.9)) for _ in range(2))
    same_in_blocks(whole, cut, X, Y, size=16)
    assert len(cut._training.batches[30].blocks) == 2


def test_a_net_that_looks_at_its_whole_batch_is_not_cut():
    X, m = np.random.default_rng(0).standard_normal((2, 70_000)), 70_000
    for layers, cut in [([], True), ([tn.BatchNorm()], False)]:
        model = tn.Sequential([tn.Dense(4, "tanh"), *layers, tn.Dense(1)], seed=0)
        model.compile("sgd")
        model.fit(X, X[:1], 1, verbose=0)
        assert (len(model._training.batches[m].blocks) > 1) == cut


def test_a_plan_that_fits_is_used_again():
    X, Y = problem("sigmoid", 30)
    model = a_model("tanh", "sigmoid", None, tn.SGD(0.1, 0.9))
    model.fit(X, Y, 3, 7, verbose=0)
    first = model._training
    model.fit(X + 1, 1 - Y, 3, 7, verbose=0)
    model.optimizer.learning_rate = 0.2
    model.fit(X, Y, 3, 7, verbose=0)
    assert model._training is first
    for change in (
        lambda: setattr(model.optimizer, "momentum", 0.5),
        model.reset,
        lambda: model.fit(X[:, 1:], Y[:, 1:], 1, 7, verbose=0),
        lambda: model.fit(X, Y, 1, 8, verbose=0),
        lambda: model.compile("sgd"),
    ):
        before = model._training
        change()
        model.fit(X, Y, 1, 7, verbose=0)
        assert model._training is not before


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_largest_numbers_can_be_planned(dtype):
    X = np.array([[1.0, -1.0, 1.0]]) * np.finfo(dtype).max
    model = tn.Sequential([tn.Dense(1, "tanh"), tn.Dense(1)], seed=0, dtype=dtype)
    model.compile("sgd")
    assert a_training(model, X, np.zeros((1, 3))).plans
