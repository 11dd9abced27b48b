"""What parameters alone add to J, in a layer or a regularizer of a user's."""

import numpy as np
import pytest

import tinynet as tn


class MaxNorm(tn.Dense):
    """Costs something only where W is large."""

    def excess(self):
        return float(np.square(self.W).sum()) - 1.0

    def penalty(self):
        return None if self.excess() <= 0 else 0.5 * self.excess()

    def penalty_gradients(self):
        return {} if self.excess() <= 0 else {"W": 1.0 * self.W}


class Steady(MaxNorm):
    steady = True


class Above(tn.layers.Regularizer):
    steady = True

    def value(self, W):
        return None if np.square(W).sum() <= 1 else 0.5 * (np.square(W).sum() - 1)

    def derivative(self, W):
        return 0 * W if np.square(W).sum() <= 1 else W


SOMETIMES = {
    "walked": lambda: MaxNorm(1, initializer="zeros"),
    "steady": lambda: Steady(1, initializer="zeros"),
    "a regularizer": lambda: tn.Dense(1, initializer="zeros", regularizer=Above()),
    "inside": lambda: tn.Residual([MaxNorm(2, initializer="zeros")]),
}


@pytest.mark.filterwarnings("ignore:.*it is walked:UserWarning")
@pytest.mark.parametrize("start", [0.0, 2.0])
@pytest.mark.parametrize("make", SOMETIMES.values(), ids=SOMETIMES)
def test_a_penalty_that_comes_and_goes(make, start):
    """It is asked for in each step, as it is if each step is a fit."""

    def ends(fits):
        layers = [make()] if make is not SOMETIMES["inside"] else [make(), tn.Dense(1)]
        model = tn.Sequential(layers, seed=0)
        model.compile(tn.SGD(0.02), "mse")
        model.build(2).set_weights([a + start for a in model.get_weights()])
        for epochs in fits:
            model.fit(inputs, 5 * inputs[0] - 5 * inputs[1], epochs, verbose=0)
        return [*model.get_weights(), model.history.history["loss"]]

    inputs = np.random.default_rng(0).normal(size=(2, 50))
    np.testing.assert_equal(ends([30]), ends([1] * 30))


def test_a_penalty_of_nothing_may_say_so_in_its_gradients():
    class Nothing(tn.Dense):
        def penalty(self):
            return None

        def penalty_gradients(self):
            return None

    ends = []
    for kind in (Nothing, tn.Dense):
        model = tn.Sequential([kind(1)], seed=0)
        model.compile("sgd", "mse")
        model.fit(np.ones((2, 3)), [1, 2, 3], 3, verbose=0)
        ends.append(model.get_weights())
    np.testing.assert_equal(*ends)
