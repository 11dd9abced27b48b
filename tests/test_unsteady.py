"""Parts that users write and no plan can hold: they are found out, and walked; those it can hold train as they say."""

import pickle

import numpy as np
import pytest

import tinynet as tn
from tests.test_plan import a_model, a_training, problem
from tinynet import training


class Noisy(tn.Dense):
    """Another number in every step, which no tape may freeze."""

    def __init__(self, *args):
        super().__init__(*args)
        self.draws = np.random.default_rng(0)

    def preactivation(self, X):
        return super().preactivation(X) * (1 + 0.1 * self.draws.random())


class Counting(tn.Tanh):
    count = 0

    def value(self, Z):
        self.count += 1
        return super().value(Z) * (1 + 1 / self.count)


class Flipping(tn.Tanh):
    """A coin that may well fall the same way twice."""

    def __init__(self, draws):
        super().__init__()
        self.draws = draws

    def value(self, Z):
        return super().value(Z) * (1.0 if self.draws.standard_normal() < 1 else 0.5)


class Dropping(tn.Tanh):
    draws = np.random.default_rng(0)

    def value(self, Z):
        return super().value(Z) * (self.draws.random(Z.shape) < 0.5)


class Branching(tn.Tanh):
    def value(self, Z):
        return super().value(Z) if Z.max() > 0 else Z.copy()


class Selecting(tn.Activation):
    def value(self, Z):
        return np.where(Z > 0, Z, 0.5 * Z)

    def derivative(self, Z):
        return np.where(Z > 0, 1.0, 0.5)


class Masking(tn.Tanh):
    def value(self, Z):
        A = np.tanh(Z)
        A[Z < 0] *= 0.5
        return A


class Remembering(tn.Activation):
    """As many write it: what forward saw stays in the part."""

    def value(self, Z):
        self.A = np.tanh(Z)
        return self.A

    def derivative(self, Z):
        return 1 - self.A**2


class Converting(tn.Tanh):
    def value(self, Z):
        return np.tanh(np.asarray(Z))


@pytest.mark.parametrize(
    "layer",
    [
        Noisy(3, "tanh"),
        *(tn.Dense(3, Flipping(draws)) for draws in (np.random.default_rng(0), np.random.RandomState(0))),
        *(tn.Dense(3, kind()) for kind in (Counting, Dropping, Branching, Selecting, Masking, Converting)),
    ],
)
def test_what_no_tape_can_hold_is_walked(layer):
    model = tn.Sequential([layer, tn.Dense(1, "sigmoid")], seed=0)
    model.compile("sgd")
    X, Y = problem("sigmoid", 9)
    assert not a_training(model, X, Y[:1]).plans
    costs = model.fit(X, Y[:1], 500, verbose=0).history["loss"]
    assert costs[-1] < costs[0]


def test_a_recording_leaves_no_trace():
    model = tn.Sequential([tn.Dense(3, Remembering()), tn.Dense(1, "sigmoid")], seed=0)
    model.compile("sgd")
    X, Y = problem("sigmoid", 9)
    assert a_training(model, X, Y[:1]).plans
    model.fit(X, Y[:1], 500, verbose=0)
    assert not hasattr(model.layers[0].activation, "A")
    twin = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(twin.predict(X), model.predict(X))
    assert twin.fit(X, Y[:1], 5, verbose=0).history == model.fit(X, Y[:1], 5, verbose=0).history


class Decaying(tn.SGD):
    def numbers(self, t):
        return (self.learning_rate / t,)


class Clipping(tn.SGD):
    """Takes the update into its own hands."""

    def update(self, params, grads):
        super().update(params, {name: np.clip(g, -1e-3, 1e-3) for name, g in grads.items()})


@pytest.mark.parametrize(("optimizer", "planned"), [(Decaying(0.5), True), (Clipping(0.5), False)])
def test_an_optimizer_of_one_s_own(optimizer, planned):
    X, Y = problem("sigmoid", 9)
    ends = []
    for worth in (-1, np.inf):
        model = a_model(optimizer=optimizer)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(training, "WORTH", worth)
            assert bool(a_training(model, X, Y).plans) == (planned and worth < 0)
            model.fit(X, Y, 100, verbose=0)
        ends.append(model.get_weights())
    for p, q in zip(*ends, strict=True):
        np.testing.assert_allclose(p, q, rtol=1e-10)
