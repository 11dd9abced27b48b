"""What the estimators refuse, and where theirs end."""

import importlib
import sys
import warnings

import numpy as np
import pytest

pytest.importorskip("sklearn", exc_type=ImportError)

from scipy import sparse
from sklearn import neural_network
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.metrics import mean_poisson_deviance

import tinynet as tn
from tests.interrupts import Tracer, moments
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
    Z = sure.model_.trace(1e6 * X.T)["Z1"][0]  # so large that 1 - A is 0
    found = sure.predict_log_proba(1e6 * X)
    np.testing.assert_allclose(found, np.stack([-np.maximum(Z, 0), np.minimum(Z, 0)], axis=1))
    warm = tn.Sequential([tn.Dense(2, tn.Softmax(temperature=2.0))], seed=0)
    one = Classifier(warm, epochs=2).fit(X, CLASSES)
    np.testing.assert_allclose(np.exp(one.predict_log_proba(X)), one.predict_proba(X))
    both = MLPClassifier(max_iter=2, random_state=0).fit(X, (X > 0).astype(int))
    np.testing.assert_allclose(np.exp(both.predict_log_proba(X)), both.predict_proba(X))


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


@pytest.mark.parametrize("stops", [False, True])
def test_ctrl_c_at_any_line_leaves_what_can_be_trained_further(stops):
    def fresh():
        how = {"hidden_layer_sizes": (3,), "max_iter": 4, "warm_start": True, "random_state": 0}
        return MLPRegressor(early_stopping=stops, **how)

    found = moments(Tracer, ["tinynet/estimators"], lambda: fresh().fit(X, y))
    for where, times in found.items():
        net, tracer = fresh(), Tracer(["tinynet/estimators"], times[-1])
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tracer.run(lambda: net.fit(X, y))  # noqa: B023
        finally:
            assert tracer.where == where
        if hasattr(net, "model_"):
            assert len(net.loss_curve_) == net.n_iter_, where
            assert len(net.validation_scores_ or net.loss_curve_) == net.n_iter_, where
        assert np.isfinite(net.fit(X, y).predict(X)).all(), where


def test_ctrl_c_in_lbfgs_leaves_the_last_iterate(monkeypatch):
    calls = []

    def gradients(self, *data):
        calls.append(1)
        if len(calls) == 9:
            raise KeyboardInterrupt
        return of_a_model(self, *data)

    of_a_model = tn.Sequential.gradients
    whole = MLPRegressor(hidden_layer_sizes=(3,), solver="lbfgs", random_state=0).fit(X, y)
    monkeypatch.setattr(tn.Sequential, "gradients", gradients)
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        net = clone(whole).fit(X, y)
    monkeypatch.undo()
    again = clone(whole).set_params(max_iter=net.n_iter_).fit(X, y)
    np.testing.assert_equal(net.coefs_, again.coefs_)
    assert net.loss_ == again.loss_


def test_a_fit_that_was_refused_leaves_none_that_predicts():
    for net in (MLPRegressor(momentum=1.0, solver="sgd"), MLPRegressor(early_stopping=True)):
        with pytest.raises(ValueError, match=r"has to be below 1|set is too small"):
            net.fit(X[:9], y[:9])
        with pytest.raises(NotFittedError):
            net.predict(X)
    wrong = Classifier(tn.Sequential([tn.Dense(3)]))
    with pytest.raises(ValueError, match="a last layer for 2 classes"):
        wrong.fit(X, CLASSES)
    with pytest.raises(NotFittedError):
        wrong.predict(X)
    broken = MLPRegressor(solver="sgd", activation="identity", learning_rate_init=1e3)
    with pytest.raises(ValueError, match="non-finite"):
        broken.fit(X, y)
    with pytest.raises(NotFittedError):
        broken.predict(X)


def test_an_explosion_leaves_what_can_be_trained_further():
    how = {"solver": "sgd", "activation": "identity", "learning_rate_init": 0.3, "tol": 0.0}
    how |= {"hidden_layer_sizes": (6,), "n_iter_no_change": 5000, "random_state": 3}
    net = MLPRegressor(early_stopping=True, warm_start=True, **how)
    with pytest.warns(ConvergenceWarning, match="The weights of the best score are kept"):
        net.fit(X, y)
    assert np.isnan(net.validation_scores_[-1])
    assert len(net.validation_scores_) == len(net.loss_curve_) == net.n_iter_
    net.set_params(learning_rate_init=1e-3, max_iter=5).fit(X, y)
    assert min(net.validation_scores_[-5:]) > -10  # not -1e42


def test_another_learning_rate_leaves_the_optimizer_its_memory():
    for solver in ("sgd", "adam"):
        net = MLPRegressor(solver=solver, warm_start=True, max_iter=3).fit(X, y)
        steps = net.model_.optimizer.steps
        net.set_params(learning_rate_init=1e-4).fit(X, y)
        assert net.model_.optimizer.steps == 2 * steps
        expected = 0.5e-4 if solver == "sgd" else 1e-4  # of the model's J
        assert net.model_.optimizer.learning_rate == pytest.approx(expected)


def test_a_function_that_gives_the_same_model_twice():
    model = tn.Sequential([tn.Dense(1)], seed=0)
    one = Regressor(lambda n_x, n_y: model, epochs=2)
    ends = [one.fit(X, y).model_.get_weights() for _ in range(2)]
    np.testing.assert_equal(*ends)
    assert not model.layers[0].n_in
    assert len(one.history_) == 2


def test_ctrl_c_around_a_model_leaves_what_was_trained():
    class Halts(tn.Callback):
        def on_epoch_end(self, epoch, logs):
            if epoch == 3:
                raise KeyboardInterrupt

    one = Classifier(tn.Sequential([tn.Dense(1, "sigmoid")], seed=0), callbacks=[Halts()])
    with pytest.raises(KeyboardInterrupt):
        one.fit(X, CLASSES)
    assert len(one.history_) == 3
    assert one.predict(X).shape == (40,)
    assert type(one.callbacks_[0]) is Halts


def test_the_learning_rate_that_is_told_is_the_users(capsys):
    how = {"tol": 10.0, "n_iter_no_change": 1, "max_iter": 4, "verbose": True, "solver": "sgd"}
    MLPRegressor(learning_rate="adaptive", learning_rate_init=0.001, **how).fit(X, y)
    assert "Setting learning rate to 0.000200" in capsys.readouterr().out


def test_weights_that_are_all_0():
    for one in (MLPRegressor(), Regressor(tn.Sequential([tn.Dense(1)]))):
        with pytest.raises(ValueError, match=r"sample_weight|Sample weights"):
            one.fit(X, y, sample_weight=np.zeros(40))


def test_a_refit_that_was_refused_leaves_the_net_as_it_was():
    net = MLPClassifier(max_iter=3).fit(X, CLASSES)
    before = net.predict_proba(X)
    net.set_params(hidden_layer_sizes=(0,))
    with pytest.raises(ValueError, match="hidden_layer_sizes must be > 0"):
        net.fit(X[:, :2], np.arange(40) % 3)
    np.testing.assert_array_equal(net.predict_proba(X), before)
    assert net.predict(X).max() == 1


@pytest.mark.parametrize("stops", [False, True])
def test_early_stopping_may_be_turned_on_and_off(stops):
    net = MLPRegressor(early_stopping=stops, warm_start=True, max_iter=3).fit(X, y)
    net.set_params(early_stopping=not stops).fit(X, y)
    assert (net.validation_scores_ is None, net.best_loss_ is None) == (stops, not stops)
    assert len(net.loss_curve_) == 3
    net.set_params(solver="lbfgs").fit(X, y).set_params(solver="adam").fit(X, y)
    assert len(net.loss_curve_) == 6
    fresh = MLPRegressor(solver="lbfgs").fit(X, y)
    assert not hasattr(fresh, "loss_curve_")
    fresh.set_params(solver="sgd", warm_start=True, max_iter=2).fit(X, y)
    assert len(fresh.loss_curve_) == 2


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_an_optimizer_forgets_what_was_before_lbfgs(solver):
    net = MLPRegressor(solver=solver, warm_start=True, max_iter=4).fit(X, y)
    net.set_params(solver="lbfgs").fit(X, y).set_params(solver=solver, max_iter=2).fit(X, y)
    assert net.model_.optimizer.steps == 2


def test_a_rate_that_fell_is_not_that_of_another_schedule():
    how = {"solver": "sgd", "tol": 10.0, "n_iter_no_change": 1, "max_iter": 9, "warm_start": True}
    net = MLPRegressor(learning_rate="adaptive", **how).fit(X, y)
    assert net.model_.optimizer.learning_rate < 1e-4
    net.set_params(learning_rate="constant").fit(X, y)
    assert net.model_.optimizer.learning_rate == pytest.approx(0.001 / 2)


def test_batches_of_a_sparse_matrix_that_count_nothing_are_left_out():
    weights = (np.arange(40) < 9).astype(float)
    net = MLPRegressor(batch_size=10, max_iter=3, shuffle=False)
    net.fit(sparse.csr_array(X), y, sample_weight=weights)
    assert net.model_.optimizer.steps == 3


def test_weights_of_what_is_held_out_alone():
    weights = np.zeros(40)
    weights[0] = 1
    with pytest.raises(ValueError, match="sample_weight is 0 for all that is trained on, or held"):
        MLPRegressor(early_stopping=True, random_state=1).fit(X, y, sample_weight=weights)


def test_a_poisson_regression_has_the_minimum_that_scikit_learn_finds():
    rng = np.random.RandomState(1)
    inputs = rng.randn(200, 5)
    counts, ends = rng.poisson(np.exp(2 * inputs[:, 0] + 6)), []
    for kind in (neural_network.MLPRegressor, MLPRegressor):
        net = kind(loss="poisson", hidden_layer_sizes=(10,), solver="lbfgs", random_state=1)
        net.set_params(max_iter=2000, activation="tanh").fit(inputs, counts)
        ends.append(net.loss_)
        half = mean_poisson_deviance(counts, net.predict(inputs)) / 2
        assert net.loss_ == pytest.approx(half, abs=0.02)
    assert ends[1] < 1.2 * ends[0] + 0.01


def test_sparse_labels_are_labels():
    labels = (X > 0).astype(int)
    one = Classifier(tn.Sequential([tn.Dense(3, "sigmoid")], seed=0), epochs=3)
    found = one.fit(X, sparse.csr_matrix(labels)).predict_proba(X)
    np.testing.assert_array_equal(one.fit(X, labels).predict_proba(X), found)
