"""Metrics against their definitions, example by example, and against scikit-learn where that is
installed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinynet as tn
from tests.ways import WAYS, equal, taken

NAN = float("nan")


@st.composite
def problems(draw, kind):
    """Outputs, targets and weights of a net without hidden layers, some of them equal."""
    m, seed = draw(st.integers(1, 12)), draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    n_y = {"binary": 1, "classes": 3, "labels": 2, "regression": 2}[kind]
    steps = np.array([[0.0], [0.25], [0.5]]) if kind == "classes" else 0.0  # no ties there
    Z = rng.integers(-3, 4, (n_y, m)) + steps
    Y = rng.integers(0, 3, m) if kind == "classes" else rng.integers(0, 2, (n_y, m))
    Y = rng.integers(0, 5, (n_y, m)).astype(float) if kind == "regression" else Y
    weights = rng.integers(1, 4, m) if draw(st.booleans()) else None
    return Z, Y, weights


LAST = {"binary": "sigmoid", "classes": "softmax", "labels": "sigmoid", "regression": "identity"}


def measured(kind, metrics, problem):
    """What evaluate says of a net that passes its inputs to the last activation."""
    Z, Y, weights = problem
    model = tn.Sequential([tn.Dense(len(Z), LAST[kind], use_bias=False)], examples="columns")
    model.compile(metrics=metrics)
    model.build(len(Z)).set_weights([np.eye(len(Z))])
    return model.evaluate(Z, Y, weights)


def classes(kind, problem):
    """True and said, as members of each class (classes, m), and the weights."""
    Z, Y, weights = problem
    m = Z.shape[1]
    if kind == "classes":
        each = np.arange(3)[:, np.newaxis]
        true, said = each == Y, each == Z.argmax(axis=0)
    else:
        true, said = Y == 1, Z > 0
    return true, said, np.ones(m) if weights is None else weights


def by_definition(name, true, said, w):
    values = []
    for t, s in zip(true, said, strict=True):
        hits, all_said, all_true = (
            float(sum(w[i] for i in np.flatnonzero(x))) for x in (t & s, s, t)
        )
        above = {"precision": hits, "recall": hits, "f1": 2 * hits}[name]
        below = {"precision": all_said, "recall": all_true, "f1": all_said + all_true}[name]
        if all_said or all_true:
            values.append(above / below if below else 0)
    return sum(values) / len(values) if values else NAN


@pytest.mark.parametrize("kind", ["binary", "classes", "labels"])
def test_precision_recall_and_f1(kind):
    @given(problems(kind))
    def check(problem):
        found = measured(kind, ["precision", "recall", "f1"], problem)
        for name in ("precision", "recall", "f1"):
            expected = by_definition(name, *classes(kind, problem))
            assert found[name] == pytest.approx(expected, rel=1e-12, nan_ok=True)

    check()


@pytest.mark.parametrize("kind", ["binary", "classes", "labels"])
def test_accuracy(kind):
    @given(problems(kind))
    def check(problem):
        true, said, w = classes(kind, problem)
        right = (true == said).all(axis=0) if kind == "classes" else (true == said)
        expected = (right * w).sum() / (w.sum() * (1 if right.ndim == 1 else len(right)))
        assert measured(kind, ["accuracy"], problem)["accuracy"] == pytest.approx(expected)

    check()


@given(problems("binary"))
def test_roc_auc(problem):
    Z, Y, weights = problem
    w = np.ones(Z.shape[1]) if weights is None else weights
    ones, zeros = np.flatnonzero(Y[0] == 1), np.flatnonzero(Y[0] == 0)
    pairs = [(w[i] * w[j], np.sign(Z[0, i] - Z[0, j])) for i in ones for j in zeros]
    expected = sum(p * (1 + s) / 2 for p, s in pairs) / sum(p for p, _ in pairs) if pairs else NAN
    found = measured("binary", ["roc_auc"], problem)["roc_auc"]
    assert found == pytest.approx(expected, rel=1e-12, nan_ok=True)


@given(problems("regression"))
def test_metrics_of_numbers(problem):
    Z, Y, weights = problem
    w = np.ones(Z.shape[1]) if weights is None else weights / weights.mean()
    found = measured("regression", ["mse", "mae", "r2"], problem)
    assert found["mse"] == pytest.approx((w * (Z - Y) ** 2).mean(), rel=1e-12)
    assert found["mae"] == pytest.approx((w * np.abs(Z - Y)).mean(), rel=1e-12)
    spread = (w * (Y - (w * Y).mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    if (spread > 1e-9).all():
        expected = 1 - (w * (Z - Y) ** 2).sum(axis=1) / spread
        assert found["r2"] == pytest.approx(expected.mean(), rel=1e-9)
    else:
        assert np.isnan(found["r2"])


@pytest.mark.parametrize("kind", ["binary", "classes"])
def test_they_are_those_of_scikit_learn(kind):
    sk = pytest.importorskip("sklearn.metrics")
    average = {"binary": "binary", "classes": "macro"}[kind]

    @given(problems(kind))
    def check(problem):
        Z, Y, w = problem
        said = Z.argmax(axis=0) if kind == "classes" else Z[0] > 0
        found = measured(kind, ["precision", "recall", "f1", "accuracy"], problem)
        settings = {"sample_weight": w, "zero_division": 0, "average": average}
        if kind == "binary" and not (Y.any() or said.any()):
            return  # 0 there, NaN here
        for name in ("precision", "recall", "f1"):
            expected = getattr(sk, f"{name}_score")(Y.ravel(), said, **settings)
            assert found[name] == pytest.approx(expected, rel=1e-12, nan_ok=True)
        assert found["accuracy"] == pytest.approx(
            sk.accuracy_score(Y.ravel(), said, sample_weight=w)
        )
        if kind == "binary" and 0 < Y.sum() < Y.size:
            area = measured(kind, ["roc_auc"], problem)["roc_auc"]
            assert area == pytest.approx(sk.roc_auc_score(Y[0], Z[0], sample_weight=w))

    check()


def test_r2_is_that_of_scikit_learn():
    sk = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    Z, Y, w = rng.normal(size=(2, 30)), rng.normal(1e4, 1, (2, 30)), rng.random(30)
    found = measured("regression", ["r2"], (Z + 1e4, Y, w))["r2"]
    assert found == pytest.approx(sk.r2_score(Y.T, Z.T + 1e4, sample_weight=w), rel=1e-7)


def test_r2_of_a_constant_is_nothing():
    problem = np.zeros((2, 5)), np.full((2, 5), 0.1), None
    assert np.isnan(measured("regression", ["r2"], problem)["r2"])


def test_two_outputs_of_a_softmax_have_a_roc_auc():
    rng = np.random.default_rng(0)
    Z, Y = rng.normal(size=(2, 40)), rng.integers(0, 2, 40)
    one = measured("binary", ["roc_auc"], (Z[1:] - Z[:1], Y[np.newaxis], None))["roc_auc"]
    model = tn.Sequential([tn.Dense(2, "softmax", use_bias=False)], examples="columns")
    model.compile(metrics=["roc_auc"])
    model.build(2).set_weights([np.eye(2)])
    assert model.evaluate(Z, Y)["roc_auc"] == pytest.approx(one)


def test_targets_between_the_labels_are_of_the_same_class_to_every_metric():
    Z, names = np.array([[2.0, 1.0, -1.0, -2.0]]), ["accuracy", "f1", "roc_auc"]
    soft, hard = np.array([[0.5, 0.75, 0.5, 0.25]]), np.array([[0.0, 1.0, 0.0, 0.0]])
    found, expected = (measured("binary", names, (Z, Y, None)) for Y in (soft, hard))
    assert expected["roc_auc"] == pytest.approx(2 / 3)
    assert [found[name] for name in names] == [expected[name] for name in names]


# ---- in fit


@pytest.mark.parametrize("batch_size", [None, 16])
def test_an_epoch_s_f1_is_that_of_all_its_examples(batch_size):
    X, Y = tn.data.moons(50, seed=0)
    histories = []
    for way in WAYS:
        model = tn.Sequential([tn.Dense(4, "tanh"), tn.Dense(1, "sigmoid")], seed=0)
        model.compile(tn.SGD(1e-12), metrics=["f1", "r2", "accuracy"])
        with taken(way):
            histories.append(model.fit(X, Y, 2, batch_size, verbose=0).history)
        found = model.evaluate(X, Y)
        for name, column in histories[-1].items():
            assert column[0] == pytest.approx(found[name], rel=1e-7)
    equal(*histories)


def share_of_ones(Y, A):
    return (A > 0.5).mean()


def weighted_mean(Y, A, sample_weight=None):
    return np.average(A.ravel(), weights=sample_weight)


@pytest.mark.parametrize("examples", ["columns", "rows"])
def test_a_function_of_the_user_s(examples):
    X, Y = tn.data.moons(50, seed=0)
    seen = []

    def shapes(Y, A):
        seen.append((Y.shape, A.shape))
        return 0.5

    model = tn.Sequential([tn.Dense(1, "sigmoid")], seed=0, examples=examples)
    model.compile(metrics=["accuracy", share_of_ones, shapes, weighted_mean])
    X, Y = (X, Y) if examples == "columns" else (X.T, Y.T)
    model.fit(X, Y, 2, verbose=0, validation_data=(X, Y))
    found = model.evaluate(X, Y)
    assert list(found) == ["loss", "accuracy", "share_of_ones", "shapes", "weighted_mean"]
    assert found["share_of_ones"] == (model.predict(X) > 0.5).mean()
    assert set(seen) == {(Y.shape, Y.shape)}
    history = model.history.history
    assert "share_of_ones" not in history
    assert history["val_share_of_ones"][-1] == found["share_of_ones"]


def test_a_function_that_takes_no_weights_is_not_given_any():
    X, Y = tn.data.moons(50, seed=0)
    model = tn.Sequential([tn.Dense(1, "sigmoid")], seed=0).build(2)
    weights = np.arange(50.0)
    model.compile(metrics=[weighted_mean])
    expected = np.average(model.predict(X)[0], weights=weights)
    assert model.evaluate(X, Y, weights)["weighted_mean"] == pytest.approx(expected)
    model.compile(metrics=[share_of_ones])
    with pytest.raises(ValueError, match="share_of_ones: expected a metric that takes sample_wei"):
        model.evaluate(X, Y, weights)


class Shares(tn.Metric):
    """Its result writes into the sums."""

    def read(self, activation, A, Y):
        return np.concatenate([activation.value(A), Y + 1.0])

    def result(self, sums, m):
        sums[0] /= sums[1]
        return sums[0]


def test_sums_are_a_results_own():
    X, Y = tn.data.moons(50, seed=0)
    model = tn.Sequential([tn.Dense(1, "sigmoid")], seed=0).build(2)
    model.compile(tn.SGD(1e-12), metrics=[Shares()])
    expected = model.evaluate(X, Y)["shares"]
    found = [model.train_on_batch(X, Y)["shares"]]
    for data in [(X, Y), ([(X, Y)],)]:
        found += model.fit(*data, epochs=2, verbose=0).history["shares"]
    assert found == [pytest.approx(expected)] * 5


def test_a_function_that_gives_an_array_is_refused():
    X, Y = tn.data.moons(50, seed=0)
    model = tn.Sequential([tn.Dense(1, "sigmoid")], seed=0).build(2)
    model.compile(metrics=[lambda Y, A: Y - A])
    with pytest.raises(
        ValueError, match=r"lambda.*: expected a metric to give one number, got arr"
    ):
        model.evaluate(X, Y)


REFUSED = {
    "a regression": (["f1"], "identity", "a sigmoid or softmax output for f1"),
    "its area": (["roc_auc"], "identity", "a sigmoid or softmax output for roc_auc"),
    "twice": (["mse", "mse"], "identity", "metrics of different names, got 'mse' again"),
    "a class": ([tn.F1], "sigmoid", r"call it: tn.F1\(\)"),
    "of a validation": (
        [type("Far", (tn.Metric,), {"name": "val_loss"})()],
        "sigmoid",
        "expected another name for a metric, got 'val_loss': val_ is that of a validation",
    ),
    "a word": (["recal"], "sigmoid", "one of accuracy, precision, recall, f1"),
}


@pytest.mark.parametrize(("metrics", "last", "message"), REFUSED.values(), ids=REFUSED)
def test_metrics_that_compile_refuses(metrics, last, message):
    model = tn.Sequential([tn.Dense(1, last)])
    with pytest.raises((ValueError, TypeError), match=message):
        model.compile(metrics=metrics)


@pytest.mark.parametrize(("n_y", "last", "Y"), [
    (3, "softmax", [0, 1]),
    (3, "sigmoid", np.eye(3)[:, :2]),
    (2, "sigmoid", np.eye(2)),
])  # fmt: skip
def test_an_area_of_other_than_two_classes_is_refused(n_y, last, Y):
    model = tn.Sequential([tn.Dense(n_y, last)], seed=0, examples="columns").build(2)
    model.compile(metrics=["auc"])
    with pytest.raises(ValueError, match=f"softmax over two classes, got {n_y} outputs"):
        model.evaluate(np.eye(2), Y)


def test_the_confusion_matrix():
    true, said, w = [0, 0, 1, 2, 2], [0, 1, 1, 2, 0], [1, 2, 3, 4, 5]
    expected = np.zeros((3, 3))
    for t, s, weight in zip(true, said, w, strict=True):
        expected[t, s] += weight
    np.testing.assert_array_equal(tn.confusion_matrix(true, said, w), expected)
    assert tn.confusion_matrix(true, said).sum() == 5
    for wrong in ([0.5, 0, 1, 2, 2], [-1, 0, 0, 0, 0], [[0, 0, 1, 2, 2]], [0]):
        with pytest.raises(ValueError, match="labels"):
            tn.confusion_matrix(true, wrong)


def test_the_confusion_matrix_of_one_example_and_of_weights_below_1():
    assert tn.confusion_matrix([1], [0]).tolist() == [[0, 0], [1, 0]]
    assert tn.confusion_matrix([0, 1, 1], [0, 1, 1], [0, 0.25, 0.5]).tolist() == [[0, 0], [0, 0.75]]


@pytest.mark.parametrize(("arguments", "message"), [
    (([], []), "true as whole labels from 0"),
    (([0, 10_000], [0, 1]), "true as whole labels from 0 to 9999"),
    (([0, 1], [[0, 1]]), r"said as labels of shape \(m,\).*got \(1, 2\)"),
    (([0, 1], [0, 1, 1]), r"said as labels of shape \(m,\), as many .*got \(3,\)"),
    (([0, 1], [0, 1], [1, -0.5]), "sample_weight of at least 0, got -0.5"),
    (([0, 1], [0, 1], [1]), r"sample_weight of shape \(2,\)"),
])  # fmt: skip
def test_the_confusion_matrix_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        tn.confusion_matrix(*arguments)


def test_r2_of_float32_far_from_0():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((1, 400))
    Y = (1000 + X + rng.standard_normal(X.shape)).astype(np.float32)
    model = tn.Sequential([tn.Dense(1)], seed=0, dtype="float32").build(1)
    model.set_weights([[[1.0]], [[1000.0]]])
    model.compile("sgd", "mse", metrics=["r2"])
    A, Y64 = model.predict(X).astype(np.float64), Y.astype(np.float64)
    expected = 1 - np.square(A - Y64).sum() / np.square(Y64 - Y64.mean()).sum()
    assert model.evaluate(X, Y)["r2"] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("metric", "size"), [("mse", 1e25), ("mse", 1e-25), ("mae", 1e-25)])
def test_a_metric_of_float32_is_not_lost(metric, size):
    model = tn.Sequential([tn.Dense(1)], seed=0, dtype="float32").build(1)
    model.set_weights([[[1.0]], [[0.0]]])
    model.compile("sgd", "mae", metrics=[metric])
    X = np.array([[1, -3]], np.float32) * np.float32(size)
    expected = {"mse": 5.0 * size**2, "mae": 2.0 * size}[metric]
    assert model.evaluate(X, 0 * X)[metric] == pytest.approx(expected, rel=1e-6)
