"""MLPClassifier and MLPRegressor beside scikit-learn's own."""

import pickle
import warnings

import numpy as np
import pytest

sklearn = pytest.importorskip("sklearn", exc_type=ImportError)

from scipy import sparse  # noqa: E402
from sklearn import datasets, neural_network  # noqa: E402
from sklearn.base import clone  # noqa: E402
from sklearn.exceptions import ConvergenceWarning  # noqa: E402
from sklearn.utils.estimator_checks import estimator_checks_generator  # noqa: E402

import tinynet as tn  # noqa: E402
from tests.interrupts import Tracer  # noqa: E402
from tinynet import estimators  # noqa: E402
from tinynet.estimators import Classifier, MLPClassifier, MLPRegressor, Regressor  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
X = rng.normal(size=(120, 4))
WEIGHTS = rng.integers(1, 4, 120).astype(float)
TARGETS = {
    "two classes": ("MLPClassifier", np.where(X[:, 0] + X[:, 1] > 0, "b", "a")),
    "three classes": ("MLPClassifier", np.digitize(X[:, 0], [-0.5, 0.5])),
    "labels": ("MLPClassifier", (X[:, :3] > 0).astype(int)),
    "numbers": ("MLPRegressor", X[:, 0] ** 2 + X[:, 1]),
    "counts": ("MLPRegressor", rng.poisson(np.exp(X[:, 0]))),
}
SETTINGS = {
    "all at once": {},
    "batches": {"batch_size": 30},
    "plain momentum": {"batch_size": 30, "nesterovs_momentum": False},
    "no momentum": {"momentum": 0.0, "alpha": 0.1},
    "invscaling": {"batch_size": 30, "learning_rate": "invscaling"},
    "adaptive": {"learning_rate": "adaptive", "tol": 10.0, "n_iter_no_change": 2},
    "logistic": {"activation": "logistic"},
    "tanh, two layers": {"activation": "tanh", "hidden_layer_sizes": (5, 4)},
    "no layer": {"hidden_layer_sizes": ()},
    "a penalty of 0": {"alpha": 0.0},
}


def pair(target, **settings):
    """scikit-learn's and ours, and what they fit."""
    name, y = TARGETS[target]
    how = {"hidden_layer_sizes": (6,), "alpha": 0.01, "max_iter": 20, "random_state": 3} | settings
    how |= {"loss": "poisson"} if target == "counts" else {}
    return getattr(neural_network, name)(**how), getattr(estimators, name)(**how), y


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
@pytest.mark.parametrize("target", TARGETS)
def test_it_takes_the_steps_of_scikit_learns(target, solver, settings, weights):
    if weights is not None and "batch_size" in settings:
        return  # theirs divides by the weights of the batch, ours by those of as many on average
    theirs, ours, y = pair(target, solver=solver, shuffle=False, **settings)
    for one in (theirs, ours):
        one.fit(X, y, sample_weight=weights)
    # their Adam has another epsilon than the paper's in the first steps
    close = {"rtol": 1e-7, "atol": 1e-8} if solver == "sgd" else {"rtol": 2e-3, "atol": 2e-4}
    for a, b in zip(
        theirs.coefs_ + theirs.intercepts_, ours.coefs_ + ours.intercepts_, strict=True
    ):
        np.testing.assert_allclose(b, a, **close)
    np.testing.assert_allclose(ours.loss_, theirs.loss_, rtol=1e-5)
    for name in ("n_iter_", "n_layers_", "n_outputs_", "out_activation_", "t_", "n_features_in_"):
        assert getattr(ours, name) == getattr(theirs, name), name
    if solver != "lbfgs":
        assert len(ours.loss_curve_) == len(theirs.loss_curve_)
        for name in ("best_loss_", "validation_scores_", "best_validation_score_"):
            assert (getattr(ours, name) is None) == (getattr(theirs, name) is None)
    if target in ("two classes", "three classes", "labels"):
        assert ours.predict(X).dtype == theirs.predict(X).dtype
        np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-3)


def a_classifier(n_x, n_y):
    layers = [tn.Standardize(), tn.Dense(16, "relu")]
    model = tn.Sequential([*layers, tn.Dense(n_y, "softmax" if n_y > 1 else "sigmoid")], seed=0)
    model.compile(tn.Adam(0.02))
    return model


def a_regressor(n_x, n_y):
    layers = [tn.Standardize(), tn.Dense(16, "relu"), tn.Dense(n_y), tn.Standardize(invert=True)]
    model = tn.Sequential(layers, seed=0, examples="rows")
    model.compile(tn.Adam(0.02))
    return model


ALL = {
    "MLPClassifier": MLPClassifier(),
    "MLPRegressor": MLPRegressor(),
    "MLPClassifier, sgd": MLPClassifier(solver="sgd", max_iter=50),
    "Classifier": Classifier(a_classifier),
    "Classifier of two": Classifier(a_classifier(2, 1)),
    "Regressor": Regressor(a_regressor),
}
ASKED = [
    pytest.param(*pair, id=f"{name} {i}")
    for name, estimator in ALL.items()
    for i, pair in enumerate(estimator_checks_generator(estimator))
]


@pytest.mark.parametrize(("estimator", "check"), ASKED)
def test_what_scikit_learn_asks_of_an_estimator(estimator, check):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check(estimator)


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("solver", ["sgd", "adam"])
@pytest.mark.parametrize("target", TARGETS)
def test_five_and_five_epochs_are_ten(target, solver, shuffle):
    """scikit-learn#6091: theirs begins with another optimizer."""
    _, whole, y = pair(target, solver=solver, shuffle=shuffle, batch_size=32, max_iter=10)
    twice = clone(whole).set_params(max_iter=5, warm_start=True)
    whole.fit(X, y)
    for _ in range(2):
        twice.fit(X, y)
    by_parts, classes = clone(whole), np.arange(3) if target == "labels" else np.unique(y)
    first = {"classes": classes} if isinstance(whole, MLPClassifier) else {}
    for _ in range(10):
        by_parts.partial_fit(X, y, **first)
    for other in (twice, by_parts):
        np.testing.assert_equal(other.coefs_, whole.coefs_)
        assert other.loss_curve_ == whole.loss_curve_
    assert twice.n_iter_ == 5


@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
def test_the_gradient_of_several_outputs_is_that_of_the_loss(solver):
    """scikit-learn#8349: theirs is n_outputs times as large as that of the loss it reports."""
    Y = np.stack([X[:, 0], X[:, 1] ** 2, X[:, 2] * X[:, 3]], axis=1)
    settings = {"hidden_layer_sizes": (5,), "alpha": 0.3, "random_state": 0, "max_iter": 3}
    net = MLPRegressor(solver=solver, **settings).fit(X, Y)
    model, before = net.model_, net.model_.get_weights()

    def loss(weights):
        model.set_weights(weights)
        half = 0.5 * np.square(model.predict(X) - Y).mean()
        return half + 0.5 * 0.3 / len(X) * sum(np.square(W).sum() for W in weights[::2])

    model.set_weights(before)
    _, grads = model.gradients(X, Y)
    for i, g in enumerate(grads.values()):
        step = [np.zeros_like(a) for a in before]
        step[i].flat[0] = 1e-6
        ends = [loss([a + sign * b for a, b in zip(before, step, strict=True)]) for sign in (1, -1)]
        assert net._scale * g.flat[0] == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-5)


@pytest.mark.parametrize("target", ["two classes", "three classes", "numbers"])
def test_early_stopping_scores_what_was_held_out_and_returns_the_best(target):
    _, net, y = pair(target, early_stopping=True, max_iter=60, tol=0, n_iter_no_change=200)
    held = {}

    def watched(*data):
        held["X"], held["Y"], *_ = data
        return type(net)._score_held_out(net, *data)

    net._score_held_out = watched
    net.fit(X, y)
    assert len(net.validation_scores_) == 60
    assert net.best_validation_score_ == max(net.validation_scores_)
    assert type(net)._score_held_out(net, **held) == net.best_validation_score_
    truth = net._decided(held["Y"]) if target != "numbers" else held["Y"][:, 0]
    assert net.score(held["X"], truth) == pytest.approx(net.best_validation_score_, abs=1e-12)


def test_a_warm_start_holds_out_the_same_examples():
    _, net, y = pair("two classes", early_stopping=True, max_iter=3, warm_start=True)
    seen, split = [], net._split
    net._split = lambda *data: seen.append(split(*data)) or seen[-1]
    for _ in range(2):
        net.fit(X, y)
    np.testing.assert_equal(seen[0][1], seen[1][1])


@pytest.mark.parametrize("target", TARGETS)
def test_it_holds_out_what_scikit_learn_does(target):
    ends = []
    theirs, ours, y = pair(target, solver="sgd", shuffle=False, early_stopping=True, max_iter=4)
    for one in (theirs, ours):
        one.fit(X, y)
        ends.append([one.loss_curve_, one.validation_scores_])
    np.testing.assert_allclose(*ends, rtol=1e-6)


def test_weights_are_as_many_examples():
    _, net, y = pair("three classes", solver="lbfgs", max_iter=40)
    other, n = clone(net), WEIGHTS.astype(int)
    net.fit(X, y, sample_weight=WEIGHTS)
    other.fit(np.repeat(X, n, axis=0), np.repeat(y, n))
    np.testing.assert_allclose(net.predict_proba(X), other.predict_proba(X), atol=1e-4)


@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_a_sparse_matrix_is_the_dense_one(solver, weights):
    thin = np.where(np.abs(X) > 1, X, 0)
    _, net, y = pair("three classes", solver=solver, shuffle=False, batch_size=120)
    other = clone(net).fit(sparse.csr_array(thin), y, sample_weight=weights)
    net.fit(thin, y, sample_weight=weights)
    for a, b in zip(net.coefs_, other.coefs_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10)
    np.testing.assert_allclose(
        other.predict_proba(sparse.csr_matrix(thin)), net.predict_proba(thin)
    )
    batches = clone(net).set_params(solver="sgd", batch_size=50, shuffle=True)
    assert batches.fit(sparse.csr_array(thin), y).loss_ < batches.loss_curve_[0]


@pytest.mark.parametrize("stops", [False, True])
def test_what_is_not_finite_is_refused(stops):
    holes = X.copy()
    holes[3, 1] = np.nan
    _, net, y = pair("numbers", early_stopping=stops)
    with pytest.raises(ValueError, match="Input X contains NaN"):
        net.fit(holes, y)
    with pytest.raises(ValueError, match="Input X contains NaN"):
        net.fit(X, y).predict(holes)


def test_a_training_that_explodes():
    _, net, y = pair("numbers", solver="sgd", activation="identity", learning_rate_init=1e3)
    with pytest.raises(ValueError, match="Solver produced non-finite parameter weights"):
        net.fit(X, y)
    net.set_params(
        early_stopping=True, learning_rate_init=3.0, max_iter=2000, n_iter_no_change=5000
    )
    with pytest.warns(ConvergenceWarning, match="The weights of the best score are kept"):
        net.fit(X, y)
    assert np.isnan(net.validation_scores_[-1])
    assert np.isfinite(net.predict(X)).all()


def test_another_net_is_no_warm_start():
    _, net, y = pair("numbers", warm_start=True)
    net.fit(X, y).set_params(hidden_layer_sizes=(7,))
    with pytest.raises(ValueError, match=r"the widths and activations .*, and now"):
        net.fit(X, y)


def test_an_interrupt_leaves_a_net_of_whole_steps():
    _, net, y = pair("numbers", max_iter=50)
    tracer = Tracer(["tinynet/engine"], 900)
    with pytest.warns(UserWarning, match="interrupted by user"):
        tracer.run(lambda: net.fit(X, y))
    assert tracer.where
    assert len(net.loss_curve_) == net.n_iter_ < 50
    assert np.isfinite(net.predict(X)).all()


def test_nobody_elses_draws_are_touched():
    net = MLPClassifier((3,), max_iter=2)
    before = np.random.get_state(legacy=False)["state"]["key"].copy()
    clone(net).set_params(random_state=3).fit(X, TARGETS["two classes"][1])
    np.testing.assert_equal(np.random.get_state(legacy=False)["state"]["key"], before)
    ends = []
    for _ in range(2):
        np.random.seed(5)
        ends.append(clone(net).fit(X, TARGETS["two classes"][1]).coefs_)
    np.testing.assert_equal(*ends)


def test_a_pickle_goes_on():
    _, net, y = pair("three classes", max_iter=5, warm_start=True)
    twin = pickle.loads(pickle.dumps(net.fit(X, y)))
    np.testing.assert_equal(net.fit(X, y).coefs_, twin.fit(X, y).coefs_)


def test_what_it_says(capsys):
    _, net, y = pair("two classes", verbose=True, max_iter=2, early_stopping=True)
    net.fit(X, y)
    said = capsys.readouterr().out
    assert "Iteration 2, loss = 0." in said
    assert said.count("Validation score: 0.") == 2
    net.set_params(solver="lbfgs", early_stopping=False).fit(X, y)
    assert "2 iterations, loss = 0." in capsys.readouterr().out
    with pytest.warns(UserWarning, match="batch_size=500 is cut to 120 examples"):
        net.set_params(solver="adam", batch_size=500).fit(X, y)


def test_the_model_inside_is_saved_as_any(tmp_path):
    _, net, y = pair("counts", max_iter=3)
    net.fit(X, y).model_.save(tmp_path / "net")
    np.testing.assert_array_equal(tn.load(tmp_path / "net").predict(X)[:, 0], net.predict(X))


def test_it_learns_digits():
    digits, y = datasets.load_digits(return_X_y=True)
    net = MLPClassifier(random_state=0, max_iter=60).fit(digits[:1200] / 16, y[:1200])
    assert net.score(digits[1200:] / 16, y[1200:]) > 0.9
