"""The estimators within scikit-learn's pipelines, searches and ensembles."""

import functools
import pickle

import numpy as np
import pytest

pytest.importorskip("sklearn", exc_type=ImportError)

import joblib
from sklearn import datasets
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import VotingClassifier
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import tinynet as tn
from tinynet.estimators import Classifier, MLPClassifier, MLPRegressor, Regressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, y = (a[np.random.default_rng(0).permutation(150)] for a in datasets.load_iris(return_X_y=True))
NAMES = datasets.load_iris().target_names
SPECIES = NAMES[y]


def net(n_x, n_y, units=8):
    layers = [tn.Standardize(), tn.Dense(units, "tanh"), tn.Dense(n_y, "softmax")]
    model = tn.Sequential(layers, seed=0, examples="rows")
    model.compile(tn.Adam(0.02), metrics=["accuracy"])
    return model


def numbers(n_x, n_y):
    layers = [tn.Standardize(), tn.Dense(8, "tanh"), tn.Dense(n_y), tn.Standardize(invert=True)]
    model = tn.Sequential(layers, seed=0)
    model.compile(tn.Adam(0.02))
    return model


CLASSIFIERS = {
    "MLPClassifier": MLPClassifier((8,), learning_rate_init=0.02, random_state=0),
    "Classifier": Classifier(net, epochs=40),
    "of a model": Classifier(net(4, 3), epochs=40),
}
REGRESSORS = {
    "MLPRegressor": MLPRegressor(hidden_layer_sizes=(8,), solver="lbfgs", random_state=0),
    "Regressor": Regressor(numbers, epochs=60),
}
classifiers = pytest.mark.parametrize("one", CLASSIFIERS.values(), ids=CLASSIFIERS)
regressors = pytest.mark.parametrize("one", REGRESSORS.values(), ids=REGRESSORS)


@classifiers
def test_a_pipeline_of_names(one):
    fixed = isinstance(one, Classifier) and isinstance(one.model, tn.Sequential)
    chosen = [] if fixed else [SelectKBest(k=3)]
    whole = make_pipeline(StandardScaler(), *chosen, clone(one))
    assert cross_val_score(whole, X, SPECIES, cv=3).min() > 0.9
    found = whole.fit(X, SPECIES).predict(X)
    assert {*found} == {*NAMES}
    assert found.dtype == SPECIES.dtype


@regressors
def test_a_regression(one):
    whole = make_pipeline(StandardScaler(), one)
    assert cross_val_score(whole, X[:, :3], X[:, 3], cv=5).min() > 0.7
    two = clone(one).fit(X[:, :2], X[:, 2:])
    assert two.predict(X[:7, :2]).shape == (7, 2)
    assert two.score(X[:, :2], X[:, 2:]) > 0.7


@classifiers
@pytest.mark.parametrize("jobs", [None, 2])
def test_a_search(one, jobs):
    grid = {"random_state": [0, 1]}
    if isinstance(one, MLPClassifier):
        grid = {"alpha": [1e-4, 1.0]}
    elif not isinstance(one.model, tn.Sequential):
        grid = {"model": [net, functools.partial(net, units=2)], "epochs": [5, 40]}
    found = GridSearchCV(one, grid, cv=2, n_jobs=jobs).fit(X, SPECIES)
    assert found.best_score_ > 0.85
    assert found.score(X, SPECIES) > 0.9


@classifiers
def test_ensembles(one):
    both = [("net", one), ("linear", LogisticRegression(max_iter=500))]
    for whole in (VotingClassifier(both, voting="soft"), CalibratedClassifierCV(one, cv=3)):
        assert whole.fit(X, SPECIES).score(X, SPECIES) > 0.9
        np.testing.assert_allclose(whole.predict_proba(X).sum(axis=1), 1)


@classifiers
def test_columns_by_name(one):
    pandas = pytest.importorskip("pandas", exc_type=ImportError)
    frame = pandas.DataFrame(X, columns=["a", "b", "c", "d"])
    frame["a"] = np.where(X[:, 0] > 5.8, "long", "short")
    encoder = OneHotEncoder(drop="if_binary", sparse_output=False)
    columns = ColumnTransformer([("text", encoder, ["a"])], remainder="passthrough")
    whole = make_pipeline(columns, clone(one)).set_output(transform="pandas")
    whole.fit(frame, SPECIES)
    assert whole.score(frame[["d", "c", "b", "a"]], SPECIES) > 0.9
    assert len(whole[-1].feature_names_in_) == 4
    plain = clone(one).fit(frame[["b", "c", "d"]].assign(e=1.0), y)
    with pytest.raises(ValueError, match="feature names should match"):
        plain.predict(frame[["c", "b", "d"]].assign(e=1.0))
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        plain.predict(X)


@classifiers
@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_backends_of_joblib(one, backend):
    one = clone(one).fit(X, y)
    with joblib.parallel_config(backend=backend, n_jobs=2):
        calls = (joblib.delayed(one.predict_proba)(part) for part in (X[:70], X[70:]))
        found = joblib.Parallel()(calls)
    np.testing.assert_allclose(np.concatenate(found), one.predict_proba(X), rtol=1e-12)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(one)).predict(X), one.predict(X))


@pytest.mark.parametrize("one", [MLPClassifier((16,), learning_rate_init=0.02, random_state=0)])
def test_labels_that_are_true_together(one):
    labels = np.stack([X[:, 0] > 5.8, X[:, 2] > 4, y == 1], axis=1).astype(int)
    layers = [tn.Standardize(), tn.Dense(16, "tanh"), tn.Dense(3, "sigmoid")]
    around = Classifier(tn.Sequential(layers, seed=0), epochs=150)
    around.model.compile(tn.Adam(0.02))
    for each in (one, around):
        found = each.fit(X, labels).predict(X)
        assert found.shape == labels.shape
        assert (found == labels).mean() > 0.9
        np.testing.assert_array_equal(each.predict_proba(X) > 0.5, found == 1)


# ---- around any model


def test_a_fit_trains_a_copy_from_the_first_weights():
    model = net(4, 3)
    model.fit(X, y, 2, verbose=0)
    before = model.get_weights()
    one = Classifier(model, epochs=3)
    first = one.fit(X, y).model_.get_weights()
    np.testing.assert_equal(one.fit(X, y).model_.get_weights(), first)
    np.testing.assert_equal(model.get_weights(), before)
    assert len(one.history_) == 3


def test_a_random_state_draws_weights_and_batches():
    fits = [Classifier(net, epochs=2, random_state=s).fit(X, y) for s in (0, 0, 1)]
    ends = [one.model_.get_weights() for one in fits]
    np.testing.assert_equal(*ends[:2])
    assert not np.array_equal(ends[0][2], ends[2][2])


def test_a_fit_takes_what_sequential_takes():
    stop = tn.EarlyStopping(patience=2)
    how = {"validation_split": 0.2, "callbacks": [stop], "class_weight": "balanced"}
    one = Classifier(net, epochs=200, **how)
    history = one.fit(X, SPECIES, sample_weight=np.ones(len(X))).history_
    assert len(history) < 200
    assert "val_accuracy" in history.history
    assert not hasattr(stop, "best_epoch")  # its copy was used


def test_class_weights_are_of_the_classes_as_they_are_in_y():
    by_name = {"setosa": 2.0, "versicolor": 1.0, "virginica": 1.0}
    ends = []
    for weights, classes in ((by_name, SPECIES), ({0: 2.0, 1: 1.0, 2: 1.0}, y)):
        one = Classifier(net, epochs=5, class_weight=weights).fit(X, classes)
        ends.append(one.model_.get_weights())
    np.testing.assert_equal(*ends)


def test_columns_and_rows_are_the_same():
    ends = []
    for examples in ("rows", "columns"):
        layers = [tn.Dense(4, "tanh"), tn.Dense(1)]
        model = tn.Sequential(layers, seed=0, examples=examples)
        one = Regressor(model, epochs=3).fit(X[:, :3], X[:, 3])
        ends.append([*one.model_.get_weights(), one.predict(X[:, :3])])
    for a, b in zip(*ends, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


LABELS = np.eye(3, dtype=int)[y] | [1, 0, 0]
WRONG = {
    "one sigmoid for three": (tn.Dense(1, "sigmoid"), y, "3 classes, got Dense.*Only binary"),
    "a softmax over two": (tn.Dense(2, "softmax"), y, "for 3 classes, got .*: a softmax over 3"),
    "three sigmoids": (tn.Dense(3, "sigmoid"), y, "for 3 classes, got .*: a softmax over 3"),
    "no classes": (tn.Dense(3), y, "a last layer for 3 classes"),
    "a softmax for labels": (tn.Dense(3, "softmax"), LABELS, "for 3 labels, got .*: 3 sigmoids"),
    "one class": (tn.Dense(1, "sigmoid"), 0 * y, "y of at least 2 classes, got 1 class"),
}


@pytest.mark.parametrize(("last", "targets", "told"), WRONG.values(), ids=WRONG)
def test_a_last_layer_that_does_not_fit_is_refused(last, targets, told):
    with pytest.raises(ValueError, match=told):
        Classifier(tn.Sequential([last], seed=0)).fit(X, targets)


def test_what_is_no_model_is_refused():
    for model in (3, lambda n_x, n_y: None):
        with pytest.raises(TypeError, match="expected model as a Sequential, or a function"):
            Regressor(model).fit(X, y)
    with pytest.raises(ValueError, match="class_weight of the classes in y, got 'rose'"):
        Classifier(net, class_weight={"rose": 1.0}).fit(X, SPECIES)
