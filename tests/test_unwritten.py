"""What a class of one's own has to write says so, and what parts print."""

import numpy as np
import pytest

import tinynet as tn
from tinynet.base import Node
from tinynet.callbacks.monitors import Monitor
from tinynet.layers.regularizers import Regularizer
from tinynet.losses import Loss
from tinynet.metrics.classification import Precision
from tinynet.metrics.whole import Whole
from tinynet.model.history import History
from tinynet.optimizers import Optimizer

UNWRITTEN = {
    (Node, "admit"): (),
    (Node, "admit_upstream"): (1,),
    (Node, "run"): (),
    (Node, "pullback"): (1, {}),
    (tn.Activation, "value"): (1,),
    (tn.Activation, "derivative"): (1,),
    (tn.Layer, "make_params"): (1, 1),
    (tn.Layer, "preactivation"): (1,),
    (tn.Layer, "parameter_gradients"): (1, {}),
    (tn.Layer, "input_gradient"): (1, {}),
    (Loss, "costs"): (1, 1),
    (Loss, "derivative"): (1, 1),
    (Loss, "pair_costs"): (1, 1),
    (Loss, "pair_derivative"): (1, 1, 1.0),
    (Optimizer, "step"): (1, 1, {}),
    (Optimizer, "careful_step"): (1, 1, {}),
    (Optimizer, "step_pullback"): (1, 1, 1, {}),
    (tn.Metric, "read"): (1, 1, 1),
    (tn.Schedule, "rate"): (1,),
    (Regularizer, "value"): (1,),
    (Regularizer, "derivative"): (1,),
    (Whole, "measure"): (1, 1),
    (Precision.__bases__[0], "of_class"): (1, 1, 1),
    (Monitor, "act"): (),
    (Monitor, "noted"): (1, 1),
}
NAMED = {"careful_step": "step"}  # which calls that one


@pytest.mark.parametrize(
    ("kind", "method"), UNWRITTEN, ids=lambda one: getattr(one, "__name__", one)
)
def test_a_method_that_is_not_written_says_so(kind, method):
    part = object.__new__(kind)
    vars(part).update(position=0, units=1)
    with pytest.raises(
        NotImplementedError, match=f"a method {NAMED.get(method, method)}, got none"
    ):
        getattr(part, method)(*UNWRITTEN[kind, method])


def test_what_parts_print():
    assert repr(tn.Residual([tn.Dense(2)])) == "Residual([Dense(2, identity)])"
    assert repr(tn.L1L2(0.1, 0.2)) == "L1L2(l1=0.1, l2=0.2)"
    assert repr(History()) == "History(0 epochs)"
    assert repr(History([(("loss",), (0.5,))])) == "History(1 epochs, loss 0.500000)"


def test_a_layer_that_does_not_draw_has_no_draws():
    layer = tn.Dense(2).build(2, seed=0)
    with pytest.raises(RuntimeError, match="a layer that draws, got one without a generator"):
        layer.uniform(np.ones((2, 2)))


def test_a_schedule_by_epochs_needs_a_fit():
    schedule = tn.ExponentialDecay(0.1, 0.5, epochs=3)
    with pytest.raises(RuntimeError, match="a fit, which knows its epochs, got none"):
        tn.SGD(schedule)({"W": np.ones(2)}, {"W": np.ones(2)})


def test_a_metric_without_the_argument_takes_no_weights():
    def worst(Y, A):
        return float(abs(Y - A).max())

    model = tn.Sequential([tn.Dense(1)], seed=0)
    model.compile("sgd", "mse", metrics=[worst])
    X = np.ones((1, 4))
    model.fit(X, X, verbose=0)
    with pytest.raises(ValueError, match="a metric that takes sample_weight, got none"):
        model.evaluate(X, X, sample_weight=[1, 2, 3, 4])


def test_two_draws_in_a_pass_are_walked():
    class Twice(tn.Layer):
        steady = stochastic = True

        def make_params(self, n_in, rng):
            return {}

        def preactivation(self, X):
            return X

        def run(self, X):
            return X + 0 * (self.uniform(X) + self.uniform(X)), {"X": X}

        def pullback(self, dA, cache):
            return dA, {}

    model = tn.Sequential([Twice(2), tn.Dense(1)], seed=0)
    model.compile("sgd", "mse")
    with pytest.warns(UserWarning, match="two draws of one layer in a pass"):
        model.fit(np.ones((2, 4)), np.ones((1, 4)), verbose=0)


def test_a_checkpoint_is_a_file_and_no_look(tmp_path):
    class Looks(tn.ModelCheckpoint):
        def on_epoch_end(self, epoch, logs):
            pass

    class Keeps(tn.ModelCheckpoint):
        kept = ("seen",)

    model = tn.Sequential([tn.Dense(1)], seed=0)
    model.compile("sgd", "mse")
    for kind, told in ((Looks, "got on_epoch_end"), (Keeps, r"got kept = \('seen',\)")):
        with pytest.raises(ValueError, match=told):
            model.fit(np.ones((1, 4)), np.ones((1, 4)), callbacks=[kind(tmp_path / "net")])
