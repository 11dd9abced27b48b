"""Methods of one's own: which are called, and which are refused."""

import copy
import types

import numpy as np
import pytest

import tinynet as tn
from tests import parts
from tests.test_changes_in_a_fit import LABELS, MANY, X, Y, net, ways
from tests.ways import a_training, equal

# ---- methods of one's own


@pytest.mark.parametrize("name", ["update", "numbers"])
def test_a_method_is_written_in_a_class_and_not_set_on_an_object(name):
    model = net()
    with pytest.raises(AttributeError, match=f"SGD: expected the method {name} of its class"):
        setattr(model.optimizer, name, types.MethodType(lambda *_: None, model.optimizer))
    with pytest.raises(AttributeError, match="write it in a class"):
        model.layers[0].value = np.tanh


def test_a_model_keeps_its_layers():
    model, other = net(), net()
    with pytest.raises(AttributeError, match="Sequential: expected layers to stay"):
        model.layers = other.layers


class Clipped(tn.SGD):
    steady = True

    def advance(self, params, grads):
        new, slots = super().advance(params, grads)
        return {name: np.clip(p, -0.3, 0.3) for name, p in new.items()}, slots


def test_an_optimizers_own_advance_is_called():
    model = net(Clipped(0.5))
    model.fit(X, Y, 50, verbose=0)
    assert max(abs(w).max() for w in model.get_weights()) == 0.3


class LinearTail(tn.Tanh):
    """With a derivative of its own, which Tanh's own way back would pass by."""

    def value(self, Z):
        return super().value(Z) + 0.1 * Z

    def derivative(self, Z):
        return super().derivative(Z) + 0.1


def test_a_child_of_tanh_has_its_own_derivative():
    Z = np.linspace(-30, 30, 61)
    for activation in (tn.Tanh(), LinearTail()):
        activation.forward(Z)
        np.testing.assert_allclose(activation.backward(Z), Z * activation.derivative(Z), 1e-14)
    tn.check_gradients(LinearTail(), Z)


class Spoken(tn.MeanSquaredError):
    def forward(self, A, Y):
        return 7.0


class Valued(tn.SGD):
    def value(self, params, grads):
        return params


def test_verbs_of_a_loss_that_a_training_passes_by_are_refused():
    model = tn.Sequential([tn.Dense(1)], seed=0)
    with pytest.raises(TypeError, match="expected the forward of Loss"):
        model.compile("sgd", Spoken())
    with pytest.raises(TypeError, match="expected the value of Optimizer"):
        model.compile(Valued(), "mse")


DIRECTIONS = {
    "the largest": lambda g: g / np.abs(g).max(),
    "the norm": lambda g: g / np.sqrt(np.square(g).sum()),
    "the mean": lambda g: g - g.mean(),
    "the shape": lambda g: g / g.shape[0],
    "the size": lambda g: g / g.size,
    "the size, as a limit": lambda g: np.maximum(g, -1 / g.size),
}


def directed(direction, promise):
    class Directed(tn.Optimizer):
        steady = promise

        def __init__(self):
            super().__init__(0.01)

        def step(self, p, g, slots, rate):
            return rate * direction(g), {}

    return Directed()


@pytest.mark.parametrize("direction", DIRECTIONS.values(), ids=DIRECTIONS)
def test_a_step_that_looks_at_other_entries_is_walked(direction):
    ends = [net(directed(direction, False)).fit(X, Y, 20, verbose=0).history["loss"]]
    with pytest.warns(UserWarning, match="looks at other entries"):
        ends.append(net(directed(direction, True)).fit(X, Y, 20, verbose=0).history["loss"])
    equal(*ends)


def test_a_step_entry_by_entry_is_played():
    assert a_training(net(directed(lambda g: 2 * g, True)), X, Y).plans


# ---- what the caller has set, and what fails


def test_a_users_error_state_changes_nothing():
    wide = X * 1e3
    with np.errstate(all="raise"):
        model = net(hidden="relu")
        model.fit(wide, Y, 3, verbose=0)
        model.evaluate(wide, Y)
        model.trace(wide)
        model.forward(wide)
        model.check_gradients(X, Y)
        tn.sigmoid([800.0, -800.0])
        tn.softmax([[800.0], [-800.0]])
        tn.leaky_relu([-5e-324])


def test_a_forward_that_fails_leaves_state_and_draws():
    model = tn.Sequential([parts.Norm(2), parts.Dropout(2), tn.Dense(1, parts.Swish())], seed=0)
    model.build(2)
    norm, dropout, last = model.layers
    last.W = [[1e308, 1e308]]
    state, draws = copy.deepcopy(norm.state), copy.deepcopy(dropout.generator.bit_generator.state)
    with pytest.raises(FloatingPointError):
        model.forward(1e3 * X)
    assert norm.state.keys() == state.keys()
    assert all(np.array_equal(norm.state[name], a) for name, a in state.items())
    assert dropout.generator.bit_generator.state == draws


# ---- numbers that no test held


def test_gradients_of_many_examples_are_the_mean_of_their_halves():
    model = net().build(2)
    J, grads = model.gradients(MANY, LABELS)
    half = MANY.shape[1] // 2
    pairs = [model.gradients(MANY[:, r], LABELS[:, r]) for r in (slice(half), slice(half, None))]
    assert pytest.approx(np.mean([part for part, _ in pairs]), rel=1e-12) == J
    for name, g in grads.items():
        np.testing.assert_allclose(g, np.mean([own[name] for _, own in pairs], axis=0), rtol=1e-9)


def test_a_penalty_trains_as_its_formula_says():
    for _, way in ways():
        model = tn.Sequential([parts.Ridge(4, "tanh"), tn.Dense(1, "sigmoid")], seed=3)
        plain = tn.Sequential([tn.Dense(4, "tanh"), tn.Dense(1, "sigmoid")], seed=3)
        for x in (model, plain):
            x.compile(tn.SGD(0.5))
            x.build(2)
        for _ in range(5):
            _, grads = plain.gradients(X, Y)
            for name, p in plain.params.items():
                p[...] = p - 0.5 * (grads[name] + (0.1 * p if name == "W1" else 0))
        with way:
            model.fit(X, Y, 5, verbose=0)
        for w, wanted in zip(model.get_weights(), plain.get_weights(), strict=True):
            np.testing.assert_allclose(w, wanted, rtol=1e-10)


def test_after_a_runaway_the_draws_go_back():
    """The steps that are repeated draw what the steps drew before."""
    ends = []
    for _, way in ways():
        model = tn.Sequential([parts.Dropout(2), tn.Dense(1)], seed=0)
        model.compile(tn.SGD(3.0), "mse")
        with way, pytest.raises(FloatingPointError):
            model.fit(X, Y, 5000, verbose=0)
        ends.append((model.optimizer.steps, model.layers[0].generator.bit_generator.state))
    equal(*ends)
