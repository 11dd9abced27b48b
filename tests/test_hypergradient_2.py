"""Optimizers inside a Hypergradient: users' own, their settings, and what cannot be there."""

import copy
import itertools
import pickle

import numpy as np
import pytest

import tinynet as tn
from tests.test_hypergradient import X, Y, a_net, learned
from tests.test_kit_layers import same_all
from tests.ways import taken


class Steady(tn.SGD):
    """A user's."""

    steady = True

    def numbers(self, t):
        return (self.rate(t) / (1 + t),)


class Own(Steady):
    """It does not say that it is steady."""


def test_a_users_optimizer_inside_and_as_meta():
    kinds = (Own, Own), (Steady, Own), (Own, Steady), (Steady, Steady)
    models = [a_net(tn.Hypergradient(own(0.01), meta=meta(0.1))) for own, meta in kinds]
    for model, kind in zip(models, kinds, strict=True):
        for epochs in (2, 3) if model is models[0] else (5,):
            model.fit(X, Y, epochs, 16, verbose=0)
        assert bool(model._training.plans) is (Own not in kind)
        same_all(model, models[0])
    assert models[0].optimizer.learning_rate != pytest.approx(0.01)


def test_settings_of_those_inside_count():
    changed, plain = a_net(learned("momentum")), a_net(learned("momentum"))
    for model in (changed, plain):
        model.fit(X, Y, 2, verbose=0)
    changed.optimizer.optimizer.momentum = 0.5
    with taken("walked"):
        walked = copy.deepcopy(changed)
        walked.fit(X, Y, 2, verbose=0)
    for model in (changed, plain):
        model.fit(X, Y, 2, verbose=0)
    same_all(changed, walked)
    assert not np.array_equal(changed.get_weights()[0], plain.get_weights()[0])


def test_a_rate_may_be_set():
    model, new = a_net(learned()), a_net(learned())
    for each in (model, new):
        each.fit(X, Y, 3, verbose=0)
    model.optimizer.learning_rate = 0.5
    assert model.optimizer.learning_rate == pytest.approx(0.5)
    for each in (model, new):
        each.fit(X, Y, 3, verbose=0)
    assert model.optimizer.learning_rate > 10 * new.optimizer.learning_rate


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_copies_and_resets(copied):
    model = a_net(learned("adam"))
    model.fit(X, Y, 4, verbose=0)
    twin, rate = copied(model), model.optimizer.learning_rate
    for each in (model, twin):
        each.fit(X, Y, 4, verbose=0)
    same_all(model, twin)
    assert twin.optimizer.learning_rate == model.optimizer.learning_rate != rate
    model.reset()
    assert model.optimizer.learning_rate == pytest.approx(0.003)
    model.fit(X, Y, 4, verbose=0)
    assert model.optimizer.learning_rate == rate


def test_early_stopping_brings_the_rate_back():
    model, seen = a_net(tn.Hypergradient(tn.SGD(0.3), meta=tn.Adam(0.5))), []
    look = tn.LambdaCallback(lambda *_: seen.append(model.optimizer.learning_rate))
    history = model.fit(X, Y, 30, 8, verbose=0, callbacks=[look, tn.EarlyStopping("loss", 3)])
    costs = history.history["loss"]
    assert len(costs) < 30
    assert model.optimizer.learning_rate == seen[int(np.argmin(costs))] != seen[-1]


def test_what_goes_wrong_leaves_all_as_it_was():
    model = a_net(learned(), norm=())
    model.fit(X, Y, 3, verbose=0)
    before, rate = model.get_weights(), model.optimizer.learning_rate
    with pytest.raises(FloatingPointError):
        model.fit(X, 1e200 * Y, 3, verbose=0)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert model.optimizer.learning_rate == rate


class Backward(tn.Adam):
    """The slots of its step come in another order than their names."""

    steady = True

    def step(self, p, g, slots, *numbers):
        step, after = super().step(p, g, slots, *numbers)
        return step, dict(reversed(after.items()))


def test_the_order_of_meta_s_slots_does_not_count():
    ones, others = ({"w": np.ones(2)} for _ in range(2))
    for w, meta in ((ones, tn.Adam(0.1)), (others, Backward(0.1))):
        optimizer = tn.Hypergradient(tn.SGD(0.1), meta=meta)
        for _ in range(4):
            optimizer.forward(w, {"w": 2 * w["w"]})
    np.testing.assert_array_equal(ones["w"], others["w"])


class Uphill(tn.Adam):
    """Its step overflows in float32 where Adam's careful one does not."""

    def step(self, p, g, slots, *numbers):
        step, after = super().step(p, g, slots, *numbers)
        return -step, after


@pytest.mark.parametrize("wrap", [lambda own: own, lambda own: tn.Hypergradient(own, tn.SGD(1e-9))])
def test_a_careful_step_is_one_of_the_step_s_own_class(wrap):
    optimizer, w = wrap(Uphill(0.1)), {"w": np.ones(1, np.float32)}
    with pytest.raises(FloatingPointError):
        optimizer.forward(w, {"w": np.full(1, 1e25, np.float32)})
    assert w["w"] == 1


class U(tn.SGD):
    slot_names = ("v", "u")


class Writes(tn.SGD):
    """It writes into its slots."""

    def step(self, p, g, slots, *numbers):
        slots["v"][...] = 7
        return numbers[0] * g, {"v": slots["v"]}


class Forgets(tn.SGD):
    """It forgets a slot."""

    slot_names = ("v", "w")

    def step(self, p, g, slots, *numbers):
        return numbers[0] * g, {"v": g}


@pytest.mark.parametrize(
    ("meta", "message"),
    [
        (Writes(0.1), "expected parts that write to none of their arguments"),
        (Forgets(0.1), "Forgets: expected the slots v, w after a step, got v"),
        (tn.SGD(1e300), "a finite number that it learns"),  # its rate would be 0
    ],
)
@pytest.mark.filterwarnings("ignore:.*it is walked")
def test_a_meta_that_cannot_work_is_refused(meta, message):
    optimizer, w = tn.Hypergradient(tn.SGD(0.1), meta=meta), {"w": np.ones(2)}
    model = a_net(tn.Hypergradient(tn.SGD(0.1), meta=meta), norm=())

    def by_hand():
        for sign in (1, -1):
            optimizer.forward(w, {"w": sign * np.ones(2)})

    def one_way_and_back():
        model.fit(X, Y, 1, verbose=0)
        model.fit(X, -9 * Y, 1, verbose=0)

    for train in (by_hand, one_way_and_back):
        with pytest.raises((ValueError, FloatingPointError), match=message):
            train()
    assert optimizer.learning_rate == pytest.approx(0.1)


class Counts(tn.SGD):
    """It reads its count, so it does not say that it is steady."""

    def step(self, p, g, slots, *numbers):
        step, after = super().step(p, g, slots, *numbers)
        return step / (1 + self.steps), after


def test_an_optimizer_inside_knows_the_count():
    alone, inside = a_net(Counts(0.05)), a_net(tn.Hypergradient(Counts(0.05), tn.SGD(1e-12)))
    for model in (alone, inside):
        model.fit(X, Y, 4, 16, verbose=0)
    for p, q in zip(alone.get_weights(), inside.get_weights(), strict=True):
        np.testing.assert_allclose(p, q, rtol=1e-6)


def test_meta_knows_how_many_steps_it_has_taken():
    """Its first is the second of all."""
    optimizer, w = tn.Hypergradient(tn.SGD(0.1), meta=Counts(0.05)), {"w": np.zeros(2)}
    rng, r = np.random.default_rng(0), np.log(0.1)
    grads = rng.standard_normal((5, 2))
    optimizer.forward(w, {"w": grads[0]})
    for taken_before, (before, g) in enumerate(itertools.pairwise(grads)):
        optimizer.forward(w, {"w": g})
        r += 0.05 * np.exp(r) * (g @ before) / (1 + taken_before)
        assert optimizer.learning_rate == pytest.approx(np.exp(r), rel=1e-12)


class Pulling(tn.SGD):
    """It also pulls to 0 what it moves."""

    def step(self, p, g, slots, *numbers):
        step, after = super().step(p, g, slots, *numbers)
        return step + 0.3 * numbers[0] * p, after

    def step_pullback(self, d, p, g, slots, *numbers):
        d_p, d_g, hyper = super().step_pullback(d, p, g, slots, *numbers)
        return d_p + 0.3 * numbers[0] * d, d_g, hyper


def test_the_gradient_goes_through_a_meta_that_pulls():
    optimizer, w = tn.Hypergradient(tn.SGD(0.1), meta=Pulling(0.5)), {"w": np.ones(2)}
    for _ in range(2):
        optimizer.forward(w, {"w": np.array([0.5, -0.25])})
    assert tn.check_gradients(optimizer, w, {"w": np.array([0.25, 0.75])}).passed


@pytest.mark.parametrize("part", ["optimizer", "meta"])
def test_those_inside_stay_and_their_settings_count(part):
    optimizer, w = learned("momentum", "limited"), {"w": np.ones(2)}
    with pytest.raises(AttributeError, match=f"expected its {part} to stay"):
        setattr(optimizer, part, tn.Adam())
    optimizer.forward(w, {"w": 2 * w["w"]})
    getattr(optimizer, part).momentum = 0.1
    with pytest.raises(RuntimeError, match="expected a forward before this backward"):
        optimizer.backward(w)


class Remembers(tn.SGD):
    """It keeps something of its own, and its reset forgets it."""

    kept = 0

    def numbers(self, t):
        self.kept += 1
        return super().numbers(t)

    def reset(self):
        super().reset()
        self.kept = 0


def test_a_reset_reaches_those_inside():
    optimizer, w = tn.Hypergradient(Remembers(0.1), meta=Remembers(0.1)), {"w": np.ones(2)}
    optimizer.forward(w, {"w": np.ones(2)})
    assert optimizer.optimizer.kept * optimizer.meta.kept
    optimizer.reset()
    assert optimizer.optimizer.kept == optimizer.meta.kept == 0
    assert optimizer.learning_rate == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("part", "rate", "message"),
    [
        ("optimizer", 0.5, "a learning rate of 1 and no limits in its optimizer"),
        ("meta", tn.StepDecay(0.1, steps=3, factor=0.5), "a number as the learning_rate of meta"),
    ],
)
def test_a_rate_inside_that_cannot_be_is_refused_in_the_next_step(part, rate, message):
    optimizer, w = learned(), {"w": np.ones(2)}
    getattr(optimizer, part).learning_rate = rate
    with pytest.raises(ValueError, match=message):
        optimizer.forward(w, {"w": np.ones(2)})
    np.testing.assert_array_equal(w["w"], 1)


class Halves(tn.SGD):
    def look(self, g, slots, learned, *numbers):
        g, after = super().look(g, slots, learned, *numbers)
        return g / 2, after


SCHEDULED = tn.SGD(tn.StepDecay(0.1, steps=3, factor=0.5))


class Advances(tn.SGD):
    def advance(self, params, grads):
        return super().advance(params, grads)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("sgd", tn.SGD()), r"optimizer as an optimizer, got 'sgd': such as tn.Adam\(0.01\)"),
        ((tn.SGD, tn.SGD()), r"call it: tn.SGD\(\)"),
        ((tn.SGD(), learned()), "meta as an optimizer"),
        ((SCHEDULED, tn.SGD()), "a number as the learning_rate of opt"),
        ((tn.SGD(), SCHEDULED), "learning_rate of meta"),
        ((Halves(), tn.SGD()), "optimizer with the look of Optimizer, got its own"),
        ((tn.SGD(), tn.AdamW()), "a meta without weight_decay, got 0.01"),
        ((U(), tn.SGD()), "other names for the slots of optimizer, got u"),
        ((Advances(), tn.SGD()), "optimizer with the advance of Optimizer, got its own"),
    ],
)
def test_what_cannot_be_inside(arguments, message):
    with pytest.raises((ValueError, TypeError), match=message):
        tn.Hypergradient(*arguments)


def test_no_schedule_is_learned():
    with pytest.raises((ValueError, TypeError), match="learning_rate"):
        learned().learning_rate = tn.StepDecay(0.1, steps=3, factor=0.5)


def test_it_shows_what_it_is():
    text = repr(tn.Hypergradient(tn.SGD(0.5), meta=tn.SGD(0.25)))
    assert text.startswith("Hypergradient(SGD(learning_rate=0.5")
    assert "meta=SGD(learning_rate=0.25" in text
