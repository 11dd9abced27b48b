"""What the estimators refuse, and where theirs end."""

import importlib
import sys

import numpy as np
import pytest

pytest.importorskip("sklearn", exc_type=ImportError)

from sklearn.base import clone

import tinynet as tn
from tinynet import estimators
from tinynet.estimators import Classifier, MLPClassifier, MLPRegressor, Regressor
from tinynet.estimators.epochs import Epochs

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X = np.random.default_rng(0).normal(size=(40, 3))
y, CLASSES = X[:, 0] ** 2, (X[:, 0] > 0).astype(int)


def test_without_scikit_learn_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ImportError, match=r'the extra "sklearn", pip install "\.\[sklearn\]"'):
        importlib.reload(estimators)


def test_partial_fit_has_no_early_stopping():
    for net in (MLPClassifier(early_stopping=True), MLPRegressor(early_stopping=True)):
        with pytest.raises(ValueError, match="partial_fit does not support early_stopping=True"):
            net.partial_fit(X, CLASSES, **({"classes": [0, 1]} if "Class" in repr(net) else {}))
    assert not hasattr(MLPClassifier(solver="lbfgs"), "partial_fit")


@pytest.mark.parametrize("sizes", [(0,), (4, -1), [3, 0]])
def test_a_layer_has_units(sizes):
    with pytest.raises(ValueError, match="hidden_layer_sizes must be > 0"):
        MLPRegressor(hidden_layer_sizes=sizes).fit(X, y)


def test_there_has_to_be_something_to_score():
    with pytest.raises(ValueError, match="The validation set is too small"):
        MLPRegressor(early_stopping=True, validation_fraction=0.05).fit(X[:9], y[:9])


def test_lbfgs_on_numbers_that_are_too_large():
    with pytest.raises(ValueError, match="Solver produced non-finite parameter weights"):
        MLPRegressor(solver="lbfgs").fit(1e300 * X, y)


def test_weights_of_less_than_0():
    with pytest.raises(ValueError, match="sample_weight"):
        MLPRegressor().fit(X, y, sample_weight=-np.ones(40))


def test_a_score_that_overflows_is_nan():
    net = MLPRegressor(activation="identity", solver="sgd", learning_rate_init=0.01, max_iter=2)
    net.set_params(early_stopping=True).fit(X, y)
    net.model_.set_weights([np.full_like(a, 1e200) for a in net.model_.get_weights()])
    assert np.isnan(net._score_held_out(X, y[:, np.newaxis]))
    assert net._optimizer is net.model_.optimizer


def test_one_column_of_targets_is_said_to_be_one():
    net = tn.Sequential([tn.Dense(1)], seed=0)
    for one in (Regressor(net, epochs=2), MLPRegressor(max_iter=2)):
        with pytest.warns(UserWarning, match="A column-vector y was passed"):
            assert one.fit(X, y[:, np.newaxis]).predict(X).shape == (40,)


def test_log_probabilities():
    net = tn.Sequential([tn.Dense(1, "sigmoid")], seed=0)
    for one in (Classifier(net, epochs=2), MLPClassifier(max_iter=2)):
        one.fit(X, CLASSES)
        np.testing.assert_allclose(np.exp(one.predict_log_proba(X)), one.predict_proba(X))
    sure = clone(Classifier(net, epochs=0)).fit(1e6 * X, CLASSES)
    assert (sure.predict_log_proba(1e6 * X) == -np.inf).any()


def test_one_class_is_all_there_is():
    net = MLPClassifier(max_iter=3).fit(X, np.full(40, "a"))
    assert {*net.predict(X)} == {"a"}
    assert net.predict_proba(X).shape[0] == 40


def test_ctrl_c_in_the_middle(monkeypatch):
    def halts(self, epoch, logs):
        if self.looks(epoch, logs) or epoch == 3:
            raise KeyboardInterrupt
        return False

    monkeypatch.setattr(Epochs, "looks", Epochs.on_epoch_end, raising=False)
    monkeypatch.setattr(Epochs, "on_epoch_end", halts)
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        net = MLPRegressor().fit(X, y)
    assert (net.n_iter_, len(net.loss_curve_)) == (3, 3)
