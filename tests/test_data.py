"""The data sets: the course's numbers, shapes, seeds, and that each is what its name says."""

import numpy as np
import pytest

import tinynet as tn

TWO_CLASSES = tn.data.SETS


def course_flower(seed):
    """load_planar_dataset of the course, in its own order of calls."""
    rng, points = np.random.RandomState(seed), []
    for j in range(2):
        t = np.linspace(j * 3.12, (j + 1) * 3.12, 200) + rng.randn(200) * 0.2
        r = 4 * np.sin(4 * t) + rng.randn(200) * 0.2
        points.append(np.c_[r * np.sin(t), r * np.cos(t)])
    return np.concatenate(points).T


def test_planar_is_the_course_s():
    X, Y = tn.data.planar()
    np.testing.assert_array_equal(X, course_flower(1))
    for seed in (0, 2**32 - 1):
        np.testing.assert_array_equal(tn.data.planar(seed=seed)[0], course_flower(seed))
    assert Y.tolist() == [[0] * 200 + [1] * 200]
    assert tn.data.planar(m=10, seed=2)[0].shape == (2, 10)


@pytest.mark.parametrize("name", TWO_CLASSES)
def test_shapes_and_seeds(name):
    make = TWO_CLASSES[name]
    X, Y = make()
    m = X.shape[1]
    assert X.shape == (2, m)
    assert X.dtype == np.float64
    assert Y.shape == (1, m)
    assert set(Y.ravel()) == {0, 1}
    assert abs(Y.mean() - 0.5) < 0.05
    np.testing.assert_array_equal(make()[0], X)
    assert not np.array_equal(make(seed=77)[0], X)
    assert make(m=100)[0].shape == (2, 100)


@pytest.mark.parametrize(
    ("name", "least"),
    [("moons", 0.95), ("circles", 0.8), ("gaussian_quantiles", 0.95), ("xor", 0.95)],
)
def test_a_small_net_learns_it(name, least):
    X, Y = tn.data.SETS[name](m=300)
    model = tn.Sequential([tn.Dense(8, tn.tanh), tn.Dense(1, tn.sigmoid)], seed=0)
    model.compile(tn.Adam(0.05), metrics=["accuracy"])
    model.fit(X, Y, 400, verbose=0)
    assert model.evaluate(X, Y)["accuracy"] >= least


@pytest.mark.parametrize("make", [tn.data.blobs, tn.data.spirals])
def test_more_classes_give_labels(make):
    X, Y = make(m=90, n_classes=3, seed=4)
    assert Y.shape == (90,)
    assert np.bincount(Y).tolist() == [30, 30, 30]
    model = tn.Sequential([tn.Dense(16, tn.tanh), tn.Dense(3, tn.softmax)], seed=0)
    model.compile(tn.Adam(0.05), metrics=["accuracy"])
    model.fit(X / np.abs(X).max(), Y, 600, verbose=0)
    assert model.evaluate(X / np.abs(X).max(), Y)["accuracy"] > 0.9


def test_what_the_names_say():
    X, Y = tn.data.circles(noise=0)
    np.testing.assert_allclose(np.hypot(*X), np.where(Y.ravel(), 0.5, 1.0))
    X, Y = tn.data.moons(noise=0)
    first, second = X[:, Y[0] == 0], X[:, Y[0] == 1]
    np.testing.assert_allclose(np.hypot(*first), 1)
    np.testing.assert_allclose(np.hypot(second[0] - 1, second[1] - 0.5), 1)
    X, Y = tn.data.gaussian_quantiles(m=1000)
    r = np.hypot(*X)
    assert r[Y[0] == 0].max() < r[Y[0] == 1].min()
    assert np.var(X) == pytest.approx(0.5, rel=0.1)
    X, Y = tn.data.xor(noise=0)
    np.testing.assert_array_equal((X[0] > 0) ^ (X[1] > 0), Y[0] == 1)


def test_the_points_of_a_circle_are_evenly_spaced():
    X, _ = tn.data.circles(8, noise=0, factor=0.5)
    across = [[1, 0, -1, 0, 0.5, 0, -0.5, 0], [0, 1, 0, -1, 0, 0.5, 0, -0.5]]
    np.testing.assert_allclose(X, across, atol=1e-15)


def test_each_arm_of_a_spiral_is_the_first_one_turned():
    X, Y = tn.data.spirals(90, n_classes=3, noise=0)
    arms = np.split(X[0] + 1j * X[1], np.flatnonzero(np.diff(Y)) + 1)
    for k, arm in enumerate(arms):
        np.testing.assert_allclose(arm, arms[0] * np.exp(2j * np.pi * k / 3), atol=1e-15)


def test_the_centers_of_blobs_fill_a_square_of_20_by_20():
    X, _ = tn.data.blobs(3000, centers=3000)
    assert np.mean(np.abs(X) > 11, axis=1).max() < 0.01
    np.testing.assert_allclose(np.std(X, axis=1), (20**2 / 12 + 1) ** 0.5, rtol=0.05)


@pytest.mark.parametrize("name", TWO_CLASSES)
def test_the_smallest_set_has_an_example_of_each_class(name):
    least = {"xor": 4, "blobs": 6}.get(name, 2)
    X, Y = TWO_CLASSES[name](least)
    assert X.shape == (2, least)
    assert set(Y.ravel()) == {0, 1}
    with pytest.raises(ValueError, match=f"m as a whole number of at least {least}"):
        TWO_CLASSES[name](least - 1)


@pytest.mark.parametrize(
    ("examples", "flat"), [("columns", True), ("columns", False), ("rows", True), ("rows", False)]
)
def test_train_test_split(examples, flat):
    X, Y = np.arange(40).reshape(2, 20), np.arange(20) if flat else np.arange(20).reshape(1, 20)
    turn = np.transpose if examples == "rows" else np.asarray
    parts = tn.data.train_test_split(turn(X), turn(Y), test_size=0.3, seed=1, examples=examples)
    X_train, X_test, Y_train, Y_test = (turn(part) for part in parts)
    assert (X_train.shape, X_test.shape) == ((2, 14), (2, 6))
    for x, y in ((X_train, Y_train), (X_test, Y_test)):
        np.testing.assert_array_equal(x[0], y.ravel())
        np.testing.assert_array_equal(x[1], y.ravel() + 20)
    assert sorted([*Y_train.ravel(), *Y_test.ravel()]) == list(range(20))


def test_both_sides_of_a_split_have_an_example():
    for share in (0.01, 0.99):
        X_train, X_test, *_ = tn.data.train_test_split([[1, 2, 3]], [1, 2, 3], test_size=share)
        assert sorted([X_train.size, X_test.size]) == [1, 2]


def test_a_stratified_split_rounds_to_the_nearest():
    """10 of 41 are 2.4 of the one class and 7.6 of the other."""
    labels = np.repeat([0, 1], [10, 31])
    for seed in range(5):
        *_, out = tn.data.train_test_split([labels], labels, 0.25, seed, stratify=labels)
        assert np.bincount(out).tolist() == [2, 8]


SPLITS = {  # examples, shape of X, shape of Y: what helps, if they have not the same examples
    ("rows", (3, 2), (1, 2)): "columns",
    ("rows", (3, 2), (2,)): "columns",
    ("columns", (2, 3), (2, 1)): "rows",
    ("columns", (2, 3), (2,)): "rows",
    ("rows", (3, 2), (2, 1)): "",
    ("columns", (2, 3), (1, 2)): "",
    ("columns", (3, 5), (4,)): "",
    ("columns", (2, 1), (1,)): "",
    ("columns", (2,), (2,)): "",
    ("columns", (1, 2, 2), (2,)): "",
    ("columns", (2, 2), (1, 1, 2)): "",
    ("columns", (1, 2), (2,)): None,
    ("rows", (2, 1), (2, 1)): None,
}


@pytest.mark.parametrize(("examples", "x", "y"), SPLITS)
def test_x_and_y_to_split_have_the_same_examples(examples, x, y):
    cure, split = SPLITS[examples, x, y], tn.data.train_test_split
    if cure is None:
        assert all(part.size == 1 for part in split(np.ones(x), np.ones(y), examples=examples))
        return
    with pytest.raises(ValueError, match="same examples") as error:
        split(np.ones(x), np.ones(y), examples=examples)
    assert str(error.value).endswith(f"did you mean examples='{cure}'?" if cure else f"{y}")
