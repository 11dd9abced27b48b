"""Learning rates that change: by steps or by epochs, the same in every way of training."""

import copy
import math
import pickle

import numpy as np
import pytest

import tinynet as tn
from tests.test_kit_layers import NETS, same_all
from tests.ways import WAYS, taken

X, Y = tn.data.moons(50, seed=0)

RATES = {  # the schedule, and its rates by definition
    "exponential": (
        lambda **over: tn.ExponentialDecay(0.5, 0.3, **over),
        4,
        lambda t: 0.5 * 0.3 ** (t / 4),
    ),
    "step": (lambda **over: tn.StepDecay(0.5, 0.3, **over), 4, lambda t: 0.5 * 0.3 ** (t // 4)),
    "piecewise": (
        lambda **over: tn.PiecewiseConstant([0.5, 0.1, 0.0], **over),
        [3, 7],
        lambda t: 0.5 if t < 3 else 0.1 if t < 7 else 0.0,
    ),
    "cosine": (
        lambda **over: tn.CosineDecay(0.5, **over, warm_up=3, last=0.1),
        8,
        lambda t: (
            0.5 * (t + 1) / 3
            if t < 3
            else 0.1 + 0.4 * (1 + math.cos(math.pi * min(t - 3, 5) / 5)) / 2
        ),
    ),
}
schedules = pytest.mark.parametrize(("make", "over", "rate"), RATES.values(), ids=RATES)
OPTIMIZERS = [tn.SGD, tn.Adam, tn.AdamW, tn.RMSProp, tn.Adagrad]


@schedules
def test_rates_are_those_of_the_definition(make, over, rate):
    schedule = make(steps=over)
    assert [schedule.rate(t) for t in range(20)] == pytest.approx([rate(t) for t in range(20)])


def a_net(optimizer):
    model = tn.Sequential(NETS["dropout"](), seed=3)
    model.compile(optimizer)
    return model


@schedules
@pytest.mark.parametrize("kind", OPTIMIZERS)
@pytest.mark.parametrize("batch_size", [None, 16])
def test_a_training_by_a_schedule(kind, batch_size, make, over, rate):
    """As with the rate set before every epoch; played, walked and with a pause."""
    for name in ("steps", "epochs"):
        if name == "steps" and batch_size:
            continue
        ways = [*WAYS, "played"]
        models = [a_net(kind(make(**{name: over}))) for _ in ways]
        for model, way in zip(models, ways, strict=True):
            with taken(way):
                for epochs in [10] if model is models[-1] else [4, 6]:
                    model.fit(X, Y, epochs, batch_size, verbose=0)
        by_hand = a_net(kind(1.0))
        for epoch in range(10):
            if rate(epoch) > 0:
                by_hand.optimizer.learning_rate = rate(epoch)
                by_hand.fit(X, Y, 1, batch_size, verbose=0)
        same_all(*models)
        for p, q in zip(models[0].get_weights(), by_hand.get_weights(), strict=True):
            np.testing.assert_allclose(p, q, rtol=1e-9, atol=1e-12)


def test_steps_go_on_within_an_epoch():
    """Four batches an epoch: the rate is 0 from the fifth step on."""
    model = a_net(tn.SGD(tn.PiecewiseConstant([0.5, 0.0], steps=[5])))
    twin = a_net(tn.SGD(0.5))
    model.fit(X, Y, 3, 16, verbose=0, shuffle=False)
    twin.fit(X, Y, 1, 16, verbose=0, shuffle=False)
    twin.fit(X[:, :16], Y[:, :16], 1, verbose=0)
    for p, q in zip(model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_allclose(p, q, rtol=1e-12)


def test_other_batches_in_the_next_fit_do_not_disturb_the_epochs():
    seen = []
    model = a_net(tn.SGD(tn.StepDecay(1.0, 0.5, epochs=1)))
    optimizer = model.optimizer

    def look(epoch, logs):
        seen.append(optimizer.rate(optimizer.steps))  # of the epoch's last step

    for batch_size in (16, 7, None):
        callbacks = [tn.LambdaCallback(on_epoch_end=look)]
        model.fit(X, Y, 2, batch_size, verbose=0, callbacks=callbacks)
    assert seen == [1, 1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32]


@pytest.mark.parametrize("n", range(5))
def test_steps_by_hand_between_fits_are_of_no_epoch(n):
    model, seen = a_net(tn.SGD(tn.StepDecay(1.0, 0.5, epochs=1))), []
    optimizer = model.optimizer
    look = tn.LambdaCallback(on_epoch_end=lambda *_: seen.append(optimizer.rate(optimizer.steps)))
    for batch_size in (16, None, None):
        model.fit(X, Y, 1, batch_size, verbose=0, callbacks=[look])
        for _ in range(n if batch_size is None else 0):
            optimizer.forward(model.params, model.gradients(X, Y)[1])
    assert seen == [1, 1 / 2, 1 / 4]


def test_a_schedule_of_one_s_own_is_walked_and_played():
    class Root(tn.Schedule):
        def rate(self, t):
            return 0.5 / math.sqrt(1 + t)

    models = [a_net(tn.SGD(Root(steps=1))) for _ in WAYS]
    for model, way in zip(models, WAYS, strict=True):
        with taken(way):
            model.fit(X, Y, 5, 16, verbose=0)
    same_all(*models)


def test_an_optimizer_has_a_schedule_of_its_own_and_keeps_it():
    schedule = tn.StepDecay(0.5, 0.25, steps=1)
    optimizer = tn.SGD(schedule)
    for twin in (optimizer, copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
        assert twin.learning_rate is not schedule
        assert twin.learning_rate.factor == 0.25
    optimizer.learning_rate = 0.3
    assert optimizer.learning_rate == 0.3
    assert "learning_rate" in optimizer.params


def test_the_settings_of_a_schedule_stay():
    """They are looked at together: warm_up is less than steps."""
    optimizer = tn.SGD(tn.CosineDecay(0.5, steps=5, warm_up=1))
    for name, value in [("warm_up", 9), ("steps", 1), ("epochs", 3), ("last", 0.1)]:
        with pytest.raises(ValueError, match=f"CosineDecay: expected {name} to stay, got {value}"):
            setattr(optimizer.learning_rate, name, value)
    assert repr(optimizer.learning_rate) == repr(tn.CosineDecay(0.5, steps=5, warm_up=1))


def test_a_schedule_has_no_gradient_and_its_step_has():
    optimizer = tn.SGD(tn.StepDecay(0.5, 0.5, steps=1), momentum=0.5)
    assert list(optimizer.params) == ["momentum"]
    optimizer.forward({"w": np.ones(1)}, {"w": np.ones(1)})
    assert optimizer({"w": np.ones(1)}, {"w": np.zeros(1)})["w"] == 1 - 0.25 * 0.5
    assert tn.check_gradients(optimizer, {"w": np.ones(1)}, {"w": np.full(1, -2.0)}).passed


STEP = {"w": np.ones(1)}
WRONG = {
    "neither": (lambda: tn.StepDecay(0.1, 0.5), "steps=... or epochs=..., got none"),
    "both": (lambda: tn.StepDecay(0.1, 0.5, steps=1, epochs=1), "got both"),
    "rate 0": (lambda: tn.StepDecay(0, 0.5, steps=1), "learning_rate as a number"),
    "factor 2": (lambda: tn.StepDecay(0.1, 2, steps=1), "factor as a number"),
    "steps 0": (lambda: tn.StepDecay(0.1, 0.5, steps=0), "steps as a whole number of at least 1"),
    "a list": (lambda: tn.StepDecay(0.1, 0.5, steps=[1, 2]), "one number of steps"),
    "rates": (lambda: tn.PiecewiseConstant([0.1], steps=[1]), "one rate more, got 1 rates"),
    "order": (lambda: tn.PiecewiseConstant([1, 1, 1], steps=[5, 2]), "in increasing order"),
    "warm-up": (lambda: tn.CosineDecay(0.1, steps=3, warm_up=3), "more than warm_up"),
    "no fit": (
        lambda: tn.SGD(tn.StepDecay(0.1, 0.5, epochs=1))(STEP, STEP),
        "a fit, which knows its epochs",
    ),
}


@pytest.mark.parametrize(("call", "message"), WRONG.values(), ids=WRONG)
def test_what_is_refused(call, message):
    with pytest.raises((ValueError, RuntimeError), match=message):
        call()


def test_a_plateau_needs_a_number():
    model = a_net(tn.SGD(tn.StepDecay(0.1, 0.5, epochs=1)))
    with pytest.raises(ValueError, match="a learning rate that is a number"):
        model.fit(X, Y, 1, verbose=0, callbacks=[tn.ReduceLROnPlateau()])
    assert len(model.history) == 0


@pytest.mark.parametrize("rate", [-0.1, math.nan, math.inf, "0.1", None, True])
@pytest.mark.parametrize("way", WAYS)
def test_a_rate_that_is_none(rate, way):
    class Mine(tn.Schedule):
        def rate(self, t):
            return 0.1 if t < 3 else rate

    model = tn.Sequential([tn.Dense(1, "sigmoid")], seed=0)
    model.compile(tn.SGD(Mine(steps=9)))
    error = ValueError if isinstance(rate, float) else TypeError
    with taken(way), pytest.raises(error, match=r"Mine: expected its rate as a number in \[0, inf"):
        model.fit(X, Y, 9, verbose=0)
    assert model.optimizer.steps == len(model.history) == 3


def test_a_scheduled_rate_is_no_parameter():
    sgd = tn.SGD(0.1)
    sgd.learning_rate = tn.StepDecay(0.1, 0.5, steps=3)
    assert "learning_rate" not in sgd.params
