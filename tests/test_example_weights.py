"""Weights of examples: 2 is the example twice, 0 its absence, in every cost and metric."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinynet as tn
from tests.rows_losses import CLASSES, PAIRS, SOFT, targets
from tests.test_kit import LOSSES, TARGETS, X, same
from tests.ways import EVERY_WAY, WAYS, equal, taken
from tinynet.net import blocks

COUNTS = st.lists(st.integers(0, 3), min_size=5, max_size=5).filter(any)
rng = np.random.default_rng(0)


@st.composite
def weighted_cases(draw, loss, n_y=2):
    """Outputs that suit every loss, targets, and how often each example counts."""
    A = draw(st.integers(0, 99).map(lambda s: np.random.default_rng(s).uniform(0.1, 0.9, (n_y, 5))))
    if isinstance(loss, CLASSES):
        A = A / A.sum(axis=0)
    return A, draw(targets(n_y, 5, loss)), draw(COUNTS)


@pytest.mark.parametrize(
    "node",
    [*(loss for loss, _, _ in LOSSES.values()), *(a.pair(g) for a, g in PAIRS + SOFT)],
    ids=str,
)
def test_a_weight_is_how_often_an_example_counts(node):
    @given(weighted_cases(getattr(node, "loss", node)))
    def check(case):
        A, Y, counts = case
        often = np.repeat(np.arange(5), counts)
        J = node.forward(A[:, often], Y[:, often])
        dA = node.backward()
        assert node(A, Y, sample_weight=counts) == pytest.approx(J, rel=1e-13)
        assert node.forward(A, Y, sample_weight=counts) == pytest.approx(J, rel=1e-13)
        weighted = node.backward()
        for i, count in enumerate(counts):
            summed = dA[:, often == i].sum(axis=1) if count else np.zeros(len(A))
            np.testing.assert_allclose(weighted[:, i], summed, rtol=1e-12, atol=1e-15)

    check()


@pytest.mark.parametrize(("loss", "last", "labels"), LOSSES.values(), ids=LOSSES)
def test_weighted_costs_and_gradients_of_a_net(loss, last, labels, monkeypatch):
    def a_model():
        model = tn.Sequential([tn.Dense(4, "tanh", regularizer="l2"), tn.Dense(2, last)], seed=1)
        metrics = ["accuracy"] if model.layers[-1].activation.classifies else []
        model.compile(tn.SGD(0.1), loss, metrics)
        return model.build(3)

    model, Y = a_model(), TARGETS[labels]
    counts = rng.integers(0, 3, 20)
    often = np.repeat(np.arange(20), counts)
    twice = X[:, often], Y[..., often]
    J, grads = model.gradients(*twice)
    for block in (100, 7):
        monkeypatch.setattr(blocks, "practice_size", lambda layers, n=block: n)
        got, found = model.gradients(X, Y, sample_weight=counts)
        assert got == pytest.approx(J, rel=1e-13)
        for name, g in grads.items():
            np.testing.assert_allclose(found[name], g, rtol=1e-11, atol=1e-14)
    assert model.evaluate(X, Y, counts) == pytest.approx(model.evaluate(*twice), rel=1e-13)
    if last != "identity":
        assert model.check_gradients(X, Y, counts).passed
    histories = []
    for way in WAYS:
        own = a_model()
        with taken(way):
            own.fit(X, Y, 3, sample_weight=counts, verbose=0)
        histories.append(own.history.history)
    repeated = a_model().fit(*twice, 3, verbose=0).history
    equal(*histories)
    for name, numbers in repeated.items():
        np.testing.assert_allclose(histories[0][name], numbers, rtol=1e-12)


def a_net(dtype="float64", rows="columns"):
    layers = [tn.Dense(4, "tanh"), tn.Dense(1, "sigmoid")]
    model = tn.Sequential(layers, seed=1, dtype=dtype, examples=rows)
    model.compile(tn.Adam(0.01), metrics=["accuracy"])
    return model


LABELS = (X[0] > 0.4).astype(int)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("batch_size", [None, 6])
def test_a_weighted_training_with_a_pause(batch_size, dtype):
    weights, models = rng.random(20), [a_net(dtype) for _ in EVERY_WAY]
    for model, way in zip(models, EVERY_WAY, strict=True):
        with taken(way):
            for epochs in [7] if model is models[-1] else [3, 4]:
                model.fit(X, LABELS, epochs, batch_size, sample_weight=weights, verbose=0)
    for model in models[1:]:
        same(models[0], model)


def test_weights_may_come_go_and_change_between_two_fits():
    """A plan that is used again must not keep earlier ones."""
    one, other = a_net(), a_net()
    weights = [None, rng.random(20), rng.random(20), None]
    for own in weights:
        one.fit(X, LABELS, 2, sample_weight=own, verbose=0)
        other._training = None
        other.fit(X, LABELS, 2, sample_weight=own, verbose=0)
    same(one, other)


def test_batches_have_weights_of_mean_one_over_the_set():
    """So a batch's gradient is an unbiased estimate, and a batch of zeros takes a step of 0."""
    model = a_net()
    model.compile(tn.SGD(1.0))
    model.build(3)
    before, weights = model.get_weights(), np.repeat([0.0, 1.0], 10)
    _, grads = model.gradients(X[:, 10:], LABELS[10:])
    history = model.fit(X, LABELS, 1, 10, shuffle=False, sample_weight=weights, verbose=0)
    for p, old, g in zip(model.get_weights(), before, grads.values(), strict=True):
        np.testing.assert_allclose(p, old - 2 * g, rtol=1e-12)  # the set has a mean weight of 1/2
    half = a_net()
    half.compile(tn.SGD(1.0))
    half.build(3).set_weights(before)
    expected = half.evaluate(X, LABELS, weights)["loss"]
    assert history.history["loss"][0] == pytest.approx(expected, rel=1e-13)


def test_class_weights():
    by_class = {0: 1.0, 1: 3.0}
    weights = np.where(LABELS == 1, 3.0, 1.0)
    share = 20 / (2 * np.bincount(LABELS))
    for class_weight, sample_weight in [
        (by_class, weights),
        ({1: 3.0}, weights),  # a class that is not named has 1
        ("balanced", share[LABELS]),
    ]:
        one, other = a_net(), a_net()
        one.fit(X, LABELS, 3, class_weight=class_weight, verbose=0)
        other.fit(X, LABELS, 3, sample_weight=sample_weight, verbose=0)
        same(one, other)


def test_class_weights_times_sample_weights_in_rows_and_of_a_softmax():
    labels, own = rng.integers(0, 3, 20), rng.random(20)
    models = []
    for _ in range(2):
        layers = [tn.Dense(4, "tanh"), tn.Dense(3, "softmax")]
        model = tn.Sequential(layers, seed=1, examples="rows")
        model.compile("sgd")
        models.append(model)
    by_class = {0: 2.0, 1: 1.0, 2: 0.5}
    both = own * np.array([2.0, 1.0, 0.5])[labels]
    models[0].fit(X.T, labels, 2, sample_weight=own, class_weight=by_class, verbose=0)
    models[1].fit(X.T, labels, 2, sample_weight=both, verbose=0)
    for p, q in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_allclose(p, q, rtol=1e-12)


WRONG = {
    "negative": ({"sample_weight": [-1.0] + [1.0] * 19}, "sample_weight of at least 0, got -1"),
    "NaN": ({"sample_weight": [np.nan] * 20}, "sample_weight"),
    "zeros": ({"sample_weight": np.zeros(20)}, "some above 0, got zeros alone"),
    "shape": ({"sample_weight": np.ones((1, 20))}, r"shape \(20,\), got \(1, 20\)"),
    "class": ({"class_weight": {0: 1, 7: 2}}, "classes in Y, got 7: the classes in Y are 0, 1"),
    "word": ({"class_weight": "even"}, '"balanced", got'),
    "less": ({"class_weight": {0: -1}}, "class_weight as a number in"),
}


@pytest.mark.parametrize(("weights", "message"), WRONG.values(), ids=WRONG)
def test_wrong_weights_are_refused_before_anything_changes(weights, message):
    model = a_net().build(3)
    before = model.get_weights()
    with pytest.raises((ValueError, TypeError), match=message):
        model.fit(X, LABELS, 1, verbose=0, **weights)
    for p, old in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(p, old)
    assert len(model.history) == 0


def test_class_weights_need_classes():
    model = tn.Sequential([tn.Dense(1)], seed=0)
    model.compile("sgd")
    with pytest.raises(ValueError, match="class_weight of a sigmoid or softmax"):
        model.fit(X, X[0], class_weight={0: 1}, verbose=0)
    model = tn.Sequential([tn.Dense(2, "sigmoid")], seed=0)
    model.compile("sgd")
    with pytest.raises(ValueError, match="class_weight of one output, got 2"):
        model.fit(X, TARGETS["labels"], class_weight={0: 1}, verbose=0)


def test_huge_weights_do_not_overflow():
    one = a_net().fit(X, LABELS, 2, sample_weight=np.full(20, 1e308), verbose=0)
    assert one.history == a_net().fit(X, LABELS, 2, sample_weight=np.ones(20), verbose=0).history


@pytest.mark.parametrize("loss", [tn.MeanSquaredError(), tn.CrossEntropy()], ids=repr)
def test_the_weighted_loss_is_checked_like_any_other(loss):
    A = rng.uniform(0.1, 0.9, (2, 5))
    A = A / A.sum(axis=0)
    Y = np.eye(2)[:, rng.integers(0, 2, 5)]
    assert tn.check_gradients(loss, A, Y, [0.5, 2, 0, 1, 1]).passed
