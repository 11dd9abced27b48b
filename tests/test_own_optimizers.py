"""Optimizers of one's own: a step entry by entry, and an `advance`."""

import re

import numpy as np
import pytest

import tinynet as tn
from tests.test_changes_in_a_fit import X, Y, net
from tests.ways import a_training

# ---- optimizers

SHARES = {
    "the norm": lambda g: np.minimum(1, 1e-3 / np.sqrt((g * g).sum())),
    "the sign of the sum": lambda g: np.sign(g.sum()),
    "the largest": lambda g: g.max() > 1e30,
    "the number of axes": lambda g: 0.5 if g.ndim == 2 else 1.0,
    "the shape": lambda g: 1 / g.shape[0],
    "the size": lambda g: 1 / g.size,
    "a neighbour": lambda g: 1 + g[::-1] if g.ndim == 1 else 1.0,
}


def sharing(share, numbers=True):
    def step(self, p, g, slots, *rate):
        return 0.5 * g * share(g), {}

    own = {"step": step, "steady": True}
    own |= {} if numbers else {"numbers": lambda self, t: ()}
    return type("Sharing", (tn.Optimizer,), own)(0.5)


@pytest.mark.parametrize("numbers", [True, False])
@pytest.mark.parametrize("share", SHARES)
def test_a_step_that_looks_at_more_than_an_entry_is_walked(share, numbers):
    model = net(sharing(SHARES[share], numbers))
    assert not a_training(model, X, Y).plans


def test_a_step_that_goes_number_by_number_is_recorded():
    for share in (lambda g: np.minimum(1, np.abs(g)), lambda g: np.ones_like(g) * 2):
        assert a_training(net(sharing(share)), X, Y).plans


class Turning(tn.SGD):
    """Its slot is the gradient, turned around where that is in one row."""

    steady = True

    def step(self, p, g, slots, rate):
        return rate * slots["v"], {"v": g[::-1] if g.ndim == 1 else g}


class Few(tn.Optimizer):
    """Makes small steps for few numbers."""

    steady = True

    def step(self, p, g, slots, rate):
        return rate * (g if g.size > 9 else 0.1 * g), {}


class SlowStart(tn.Optimizer):
    """Makes a small first step."""

    steady = True

    def step(self, p, g, slots, rate):
        return rate * (g if self.steps else 0.1 * g), {}


@pytest.mark.parametrize(
    ("optimizer", "n_x", "reason"),
    [
        (Turning(0.5, 0.9), 2, "looks at other entries"),
        (Few(0.5), 2**15 + 4, "looks at other entries"),  # more than an update goes over at once
        (SlowStart(0.5), 20, "differs|counts|another"),
    ],
)
def test_a_step_that_is_another_in_one_place_or_once_is_walked(optimizer, n_x, reason):
    model = tn.Sequential([tn.Dense(1, use_bias=False)], seed=0)
    model.compile(optimizer, "mse")
    assert re.search(reason, a_training(model, np.ones((n_x, 3)), np.ones((1, 3))).reason)


class Uneven(tn.Optimizer):
    """Hands one number more to its fifth step."""

    steady = True

    def numbers(self, t):
        return (*super().numbers(t), *[1.0] * (t == 5))

    def step(self, p, g, slots, rate, share=0.5):
        return rate * share * g, {}


def test_each_step_has_as_many_numbers():
    with pytest.raises(ValueError, match="argument"):
        net(Uneven(0.5)).fit(X, Y, 10, verbose=0)


class Same(tn.Optimizer):
    """Gives one number for all."""

    steady = True

    def step(self, p, g, slots, rate):
        return rate, {}


def test_a_step_has_a_number_for_each_parameter():
    model = net(Same(0.5))
    with pytest.warns(UserWarning, match="walked"), pytest.raises(ValueError, match="of shape"):
        model.fit(X, Y, 1, verbose=0)


class OwnUpdate(tn.SGD):
    def update(self, params, grads):
        super().update(params, grads)


class OwnWrite(tn.SGD):
    def write(self, params, new, slots, *also):
        super().write(params, new, slots, *also)


@pytest.mark.parametrize("kind", [OwnUpdate, OwnWrite])
def test_an_optimizer_says_what_a_step_is_and_not_how_it_is_written(kind):
    with pytest.raises(TypeError, match=r"the (update|write) of Optimizer.*advance"):
        net(kind(0.5))


class Overflowing(tn.SGD):
    def advance(self, params, grads):
        new, slots = super().advance(params, grads)
        return {name: p - np.inf for name, p in new.items()}, slots


class Flat(tn.SGD):
    def advance(self, params, grads):
        new, slots = super().advance(params, grads)
        return {name: p[:1, :1] for name, p in new.items()}, slots


@pytest.mark.parametrize(
    ("kind", "error", "told"),
    [
        (Overflowing, FloatingPointError, "finite step of W1"),
        (Flat, ValueError, r"W1 of shape \(4, 2\)"),
    ],
)
def test_what_an_own_advance_gives_is_looked_at_before_it_is_written(kind, error, told):
    model = net(kind(0.5))
    model.build(2)
    before = model.get_weights()
    with pytest.raises(error, match=told):
        model.fit(X, Y, 3, verbose=0)
    for p, q in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(p, q)


class Greedy(tn.SGD):
    """Keeps the gradients of all its steps."""

    def __init__(self):
        super().__init__(0.5)
        self.seen = []

    def advance(self, params, grads):
        self.seen.append(grads["W1"])
        return super().advance(params, grads)


def test_an_optimizer_may_keep_its_gradients():
    model, other = net(Greedy()), net(tn.SGD(0.5))
    other.build(2)
    model.fit(X, Y, 3, verbose=0)
    for g in model.optimizer.seen:
        np.testing.assert_array_equal(g, other.gradients(X, Y)[1]["W1"])
        other.fit(X, Y, 1, verbose=0)


class Halving(tn.SGD):
    def step(self, p, g, slots, *numbers):
        g *= 0.5
        return super().step(p, g, slots, *numbers)


def test_a_step_cannot_write_to_a_users_gradients():
    theta, g = {"w": np.zeros(2)}, {"w": np.ones(2)}
    for verb in (Halving(0.5), Halving(0.5).forward):
        with pytest.raises(ValueError, match="expected parts that write to none"):
            verb(theta, g)
        np.testing.assert_array_equal(g["w"], 1)


def test_memory_under_two_names_is_found_wherever_it_lies():
    w = np.zeros(10)
    theta = {"a": w[::3], "b": w[1::3], "c": w[3::3]}
    with pytest.raises(ValueError, match="a and c of one memory"):
        tn.SGD(0.1).forward(theta, {name: np.ones(a.shape) for name, a in theta.items()})


@pytest.mark.parametrize("make", [tn.Adam, lambda: tn.Hypergradient(tn.SGD(0.1), meta=tn.Adam())])
def test_compile_takes_an_optimizer_without_its_earlier_steps(make):
    used = make()
    for sign in (1, -1, 1):
        used.forward({"W1": np.ones((4, 2))}, {"W1": np.full((4, 2), sign)})
    models = [net(used), net(make())]
    assert models[0].optimizer.steps == 0
    assert used.steps == 3
    for model in models:
        model.fit(X, Y, 3, verbose=0)
    for p, q in zip(models[0].get_weights(), models[1].get_weights(), strict=True):
        np.testing.assert_array_equal(p, q)


@pytest.mark.parametrize("name", ["look", "looks", "clips", "clipped", "bounded", "share"])
def test_compile_takes_no_form_of_ones_own_of_the_limits(name):
    """A step calls them in several ways, or only if there is a limit."""
    own = type("Own", (tn.SGD,), {name: lambda self, *given: given[0]})
    model = tn.Sequential([tn.Dense(1)], seed=0)
    with pytest.raises(TypeError, match=f"Own: expected the {name} of Optimizer, got its own"):
        model.compile(own(0.1))
    assert model.optimizer is None
