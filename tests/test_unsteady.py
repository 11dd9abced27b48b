"""Users' parts that cannot be recorded: tinynet notices, and walks their steps. Those that can be
recorded give the same results either way."""

import copy
import pickle

import numpy as np
import pytest

import tinynet as tn
from tests.parts import Matmul, Remembering
from tests.test_plan import a_model, problem
from tests.ways import WAYS, a_training, equal, taken
from tinynet.net import blocks


class Noisy(tn.Dense):
    """Draws a new number in every step, so a recorded one would be wrong."""

    steady = True

    def __init__(self, *args):
        super().__init__(*args)
        self.draws = np.random.default_rng(0)

    def preactivation(self, X):
        return super().preactivation(X) * (1 + 0.1 * self.draws.random())


class Counting(tn.Tanh):
    steady = True

    count = 0

    def value(self, Z):
        self.count += 1
        return super().value(Z) * (1 + 1 / self.count)


class Dropping(tn.Tanh):
    steady = True

    draws = np.random.default_rng(0)

    def value(self, Z):
        return super().value(Z) * (self.draws.random(Z.shape) < 0.5)


class Branching(tn.Tanh):
    steady = True

    def value(self, Z):
        return super().value(Z) if Z.max() > 0 else Z.copy()


class Selecting(tn.Activation):
    steady = True

    def value(self, Z):
        return np.where(Z > 0, Z, 0.5 * Z)

    def derivative(self, Z):
        return np.where(Z > 0, 1.0, 0.5)


class Masking(tn.Tanh):
    steady = True

    def value(self, Z):
        A = np.tanh(Z)
        A[Z < 0] *= 0.5
        return A


class Converting(tn.Tanh):
    steady = True

    def value(self, Z):
        return np.tanh(np.asarray(Z))


@pytest.mark.parametrize(
    "layer",
    [
        Noisy(3, "tanh"),
        *(
            tn.Dense(3, kind())
            for kind in (Counting, Dropping, Branching, Selecting, Masking, Converting)
        ),
    ],
)
def test_what_no_tape_can_hold_is_found_out(layer):
    model = tn.Sequential([layer, tn.Dense(1, "sigmoid")], seed=0)
    model.compile("sgd")
    X, Y = problem("sigmoid", 9)
    assert a_training(model, X, Y[:1]).reason
    with pytest.warns(UserWarning, match="walked") as told:
        costs = model.fit(X, Y[:1], 500, verbose=0).history["loss"]
    assert costs[-1] < costs[0]
    assert told[0].filename == __file__


class Scheduled(tn.SGD):
    """Counts its own steps, and makes the first ones small."""

    def step(self, p, g, slots, *numbers):
        step, slots = super().step(p, g, slots, *numbers)
        return (0.1 * step if self.steps < 50 else step), slots


class Spectral(tn.Dense):
    """Divides its weights by their norm, which changes in every step."""

    def preactivation(self, X):
        return super().preactivation(X) / max(1.0, np.linalg.norm(self.W))

    def parameter_gradients(self, dZ, cache):
        return super().parameter_gradients(
            dZ / max(1.0, np.linalg.norm(cache["params"]["W"])), cache
        )


class SteadySpectral(Spectral):
    """Says `steady = True` although it is not; and its parent class does not say it."""

    steady = True


class Counted(tn.SGD):
    steady = True

    def step(self, p, g, slots, *numbers):
        step, slots = super().step(p, g, slots, *numbers)
        return step * (1 / (1 + self.steps)), slots


class Summed(tn.MeanSquaredError):
    """Its J is a sum over the examples, not a mean."""

    steady = True

    def weight(self, A):
        return 1.0


class Averaged(tn.MeanSquaredError):
    """Its costs depend on the whole batch."""

    def costs(self, A, Y):
        return np.square(A - Y) / A.size

    def derivative(self, A, Y):
        return 2 * (A - Y) / A.size

    def weight(self, A):
        return 1.0


class Grandchild(Remembering):
    """Only its parent class says `steady = True`, so it is not steady."""


class Halved(tn.Tanh):
    """Does not say `steady = True`."""

    def value(self, Z):
        return 0.5 * np.tanh(Z)

    def derivative(self, Z):
        return 0.5 * (1 - np.square(np.tanh(Z)))


class SteadyHalved(Halved):
    """Says it, which does not hold for the methods of its parent class."""

    steady = True


class Aside:
    def half(self, Z):
        return 0.5 * np.tanh(Z)


class WithAside(tn.Tanh, Aside):
    """Says it, which does not hold for the method of a class that is no part."""

    steady = True

    def value(self, Z):
        return self.half(Z)

    derivative = Halved.derivative


@pytest.mark.parametrize(
    "settings",
    [
        {"optimizer": Scheduled(0.5)},
        {"hidden": Spectral(3, "tanh")},
        {"loss": Averaged()},
        {"hidden": tn.Dense(3, Grandchild())},
        {"hidden": tn.Dense(3, SteadyHalved())},
        {"hidden": tn.Dense(3, WithAside())},
    ],
)
def test_other_parts_are_walked_and_nothing_is_said(settings):
    X, Y = problem("sigmoid", 9)
    ends = []
    for _ in range(2):
        hidden = copy.deepcopy(settings.get("hidden")) or tn.Dense(3, "tanh")
        model = tn.Sequential([hidden, tn.Dense(2, "sigmoid")], seed=0)
        model.compile(settings.get("optimizer") or "sgd", settings.get("loss"))
        assert not a_training(model, X, Y).plans
        ends.append(model.fit(X, Y, 200, verbose=0).history["loss"])
    assert ends[0] == ends[1]


def test_a_look_at_weights_or_at_steps_is_found_out(monkeypatch):
    monkeypatch.setattr(Spectral, "steady", True, raising=False)
    X, Y = problem("sigmoid", 9)
    for hidden, optimizer in (
        (SteadySpectral(3, "tanh"), "sgd"),
        (tn.Dense(3, "tanh"), Counted(0.5)),
    ):
        model = tn.Sequential([hidden, tn.Dense(2, "sigmoid")], seed=0).build(3)
        model.compile(optimizer)
        before, steps = model.get_weights(), model.optimizer.steps
        assert a_training(model, X, Y).reason
        assert model.optimizer.steps == steps
        for p, q in zip(model.get_weights(), before, strict=True):
            np.testing.assert_array_equal(p, q)


@pytest.mark.parametrize("block", [1, 4, 9])
def test_a_loss_with_a_constant_of_its_own_keeps_it_in_blocks(block, monkeypatch):
    X, Y = problem("identity", 9)
    ends = []
    for way in WAYS:
        model = tn.Sequential([tn.Dense(3, "tanh"), tn.Dense(2)], seed=0)
        model.compile(tn.SGD(0.01), Summed())
        monkeypatch.setattr(blocks, "practice_size", lambda layers: block)
        with taken(way):
            assert bool(a_training(model, X, Y).plans) == (way != "walked")
            ends.append(model.fit(X, Y, 20, verbose=0).history["loss"])
    equal(*ends)


class Gelu(tn.Activation):
    """In float32 its derivative comes out in float64."""

    steady = True

    def value(self, Z):
        return np.float64(0.5) * Z

    def derivative(self, Z):
        return np.float64(0.5) * np.ones_like(Z)


class Skipping(tn.Dense):
    """Leaves the last feature out."""

    steady = True

    def make_params(self, n_in, rng):
        return super().make_params(n_in - 1, rng)

    def preactivation(self, X):
        return super().preactivation(X[:-1])

    def parameter_gradients(self, dZ, cache):
        return super().parameter_gradients(dZ, {**cache, "X": cache["X"][:-1]})


@pytest.mark.parametrize(
    "layer", [Matmul(1, "sigmoid"), Matmul(3, "tanh"), tn.Dense(3, Gelu()), Skipping(3, "tanh")]
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_steady_part_trains_as_its_methods_say(layer, dtype):
    X, Y = problem("sigmoid", 3)
    ends = []
    for way in WAYS:
        model = tn.Sequential([copy.deepcopy(layer), tn.Dense(2, "sigmoid")], seed=0, dtype=dtype)
        model.compile("sgd")
        with taken(way):
            assert bool(a_training(model, X, Y).plans) == (way != "walked")
            ends.append(model.fit(X, Y, 100, verbose=0).history["loss"])
    equal(*ends)


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
    steady = True

    def numbers(self, t):
        return (self.learning_rate / t,)


class Clipping(tn.SGD):
    """Looks at all gradients."""

    def advance(self, params, grads):
        largest = max(np.abs(g).max() for g in grads.values())
        return super().advance(params, {name: g / largest for name, g in grads.items()})


@pytest.mark.parametrize(("optimizer", "planned"), [(Decaying(0.5), True), (Clipping(0.5), False)])
def test_an_optimizer_of_one_s_own(optimizer, planned):
    X, Y = problem("sigmoid", 9)
    ends = []
    for way in WAYS if planned else ["walked"]:
        model = a_model(optimizer=optimizer)
        with taken(way):
            assert bool(a_training(model, X, Y).plans) == (way != "walked")
            model.fit(X, Y, 100, verbose=0)
        ends.append(model.get_weights())
    for p, q in zip(ends[0], ends[-1], strict=True):
        np.testing.assert_array_equal(p, q)
