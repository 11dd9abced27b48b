"""What `fit` says at the end of a training that looks wrong."""

import numpy as np
import pytest

import tinynet as tn
from tests.test_progress import X, Y, a_net
from tinynet.model.advice import of_costs, of_data


def test_a_cost_that_rises_is_said_once(printed):
    model = a_net(optimizer=tn.SGD(1e-9))
    model.fit(X, Y, 1, verbose=0)
    model.optimizer.learning_rate = 300.0
    lines = printed(lambda: model.fit(X, Y, 2))
    assert lines[-1].startswith("the cost rose from 0.")
    assert lines[-1].endswith("a smaller learning rate may help")
    assert not any("rose" in line for line in printed(lambda: model.fit(X, Y, 2)))
    model.reset()  # it is a new one
    assert any("rose" in line for line in printed(lambda: model.fit(X, Y, 2)))


def test_a_cost_that_stays_that_of_a_guess(printed):
    def flat():
        layers = [tn.Dense(4, "tanh", initializer=tn.Normal(0.01)), tn.Dense(1, "sigmoid")]
        layers[1].initializer = tn.Normal(0.01)
        model = tn.Sequential(layers, seed=0)
        model.compile(tn.SGD(1e-6))
        return model

    said = "the cost stayed at ln 2 = 0.693, that of a guess"
    assert printed(lambda: flat().fit(X, Y, 20))[-1].startswith(said)
    assert not any(said in line for line in printed(lambda: a_net().fit(X, Y, 300)))


def test_inputs_that_span_more_than_100_or_are_as_far_from_0(printed):
    said = "the inputs go from"
    for far in (1000 * X, X + 1000):
        lines = printed(lambda far=far: a_net().fit(far, Y, 2))
        assert lines[-1].startswith(said)
        assert "tn.Standardize() as the first layer" in lines[-1]
    assert not any(
        said in line for line in printed(lambda: a_net(tn.Standardize()).fit(1000 * X, Y, 2))
    )


def test_of_batches_nobody_knows_all_inputs(printed):
    """Those of the validation data are no inputs that it is trained on."""
    far = 1000 * X, Y
    lines = printed(lambda: a_net().fit([(X, Y)], epochs=2, validation_data=far))
    assert not any("the inputs" in line for line in lines)


def test_a_cost_that_stays_has_not_risen(printed):
    model = a_net(optimizer=tn.SGD(tn.CosineDecay(0.1, epochs=5)))
    model.fit(X, Y, 5, 16, verbose=0)
    lines = printed(lambda: model.fit(X, Y, 5, 16))
    assert lines[-1] == "the learning rate has come to 0, where its schedule ends"
    assert not any("rose" in line for line in lines)
    cost, _ = model._compiled()
    for first in (0.5, 1000.0, 1e-3):
        assert [*of_costs(cost, [first, first * (1 + 1e-8)])] == []
        assert [name for name, _ in of_costs(cost, [first, first * (1 + 0.02)])] == ["rose"]


@pytest.mark.parametrize(
    ("J", "epochs", "said"), [(0.69, 10, True), (0.69, 9, False), (0.68, 20, False)]
)
def test_a_guess_is_near_ln_2_for_ten_epochs(J, epochs, said):
    cost, _ = a_net()._compiled()
    assert [name for name, _ in of_costs(cost, [J] * epochs)] == ["stayed"] * said


def a_regression(*last):
    model = tn.Sequential([tn.Dense(4, "tanh"), tn.Dense(2), *last], seed=0)
    model.compile(tn.Adam(1e-3))
    return model


SAID_OF_TARGETS = {
    "far": ([1000, 1000], False, "the targets go from"),
    "near": ([1, 1], False, None),
    "standardized": ([1000, 1000], True, None),
    "small": ([1e-5, 1e-5], True, "the targets deviate by"),
    "unlike": ([1, 1000], True, "the targets deviate by"),
}


@pytest.mark.parametrize(("sizes", "inverted", "said"), SAID_OF_TARGETS.values(), ids=str)
def test_targets_that_are_far_or_unlike(printed, sizes, inverted, said):
    last = [tn.Standardize(invert=True)] * inverted
    lines = printed(lambda: a_regression(*last).fit(X, np.array(sizes)[:, np.newaxis] * X, 3))
    told = [line for line in lines if line.startswith("the targets")]
    assert len(told) == (said is not None)
    assert all(line.startswith(said) for line in told)


UNREACHED = [
    ("sigmoid", [0, 1], False),
    ("sigmoid", [0, 1.1], True),
    ("sigmoid", [-0.1, 1], True),
    ("tanh", [-1, 1], False),
    ("tanh", [0, 5], True),
    ("relu", [0, 50], False),
    ("relu", [-1, 1], True),
    ("softplus", [-1, 1], True),
    ("exponential", [-1, 1], True),
    ("elu", [-1, 1], False),
    (None, [1000, 1001], True),  # "far"
    (None, [-1001, -1000], True),
    (None, [99, 100], False),
]


@pytest.mark.parametrize(("last", "ends", "said"), UNREACHED)
def test_targets_that_the_last_activation_cannot_give(printed, last, ends, said):
    model = tn.Sequential([tn.Dense(4, "tanh"), tn.Dense(1, last or "identity")], seed=0)
    model.compile(tn.SGD(1e-9), "mse")
    lines = printed(lambda: model.fit(X, np.linspace(*ends, X.shape[1]), 3))
    told = [line for line in lines if line.startswith("the targets go from")]
    assert len(told) == said
    if last and said:
        assert f"and {last} gives" in told[0]
        assert told[0].endswith("leave out the last activation")


def test_a_metric_that_is_not_measured(printed):
    def said(**settings):
        model = a_net()
        model.compile("adam", metrics=["accuracy", "roc_auc"])
        return [x for x in printed(lambda: model.fit(X, Y, 2, **settings)) if "not measured" in x]

    (line,) = said()
    assert line.startswith("roc_auc: not measured, since it takes all examples at once")
    assert said(validation_split=0.2) == []


def names_of(model, inputs=(0, 1), targets=(0, 1)):
    return [name for name, _ in of_data(model._compiled()[0], inputs, targets)]


@pytest.mark.parametrize(
    ("ends", "wide"),
    [
        ((0, 100), False),
        ((0, 100.1), True),
        ((-50, 50), False),
        ((-51, 50), True),
        ((100.1, 100.2), True),
        ((-100.2, -100.1), True),
    ],
)
def test_numbers_are_wide_from_100_on(ends, wide):
    for n in range(3):
        hidden = [tn.Dense(2, "tanh") for _ in range(n)]
        model = tn.Sequential([*hidden, tn.Dense(1)], seed=0)
        more = [tn.Dense(2, "tanh") for _ in range(n)]
        scaled = tn.Sequential([tn.Standardize(), *more, tn.Dense(1)], seed=0)
        model.compile()
        scaled.compile()
        assert names_of(model, inputs=ends) == ["wide"] * wide
        told = [text for _, text in of_data(model._compiled()[0], ends, (0, 1))]
        said = f"the inputs go from {ends[0]} to {ends[1]}: tn.Standardize() as the first layer"
        assert all(text.startswith(said) for text in told)
        assert names_of(model, targets=ends) == ["far"] * wide
        assert names_of(scaled, inputs=ends) == []


@pytest.mark.parametrize(
    ("deviations", "unlike"),
    [([1, 10], False), ([1, 10.1], True), ([0.01, 0.01], False), ([0.0099, 0.01], True)],
)
def test_deviations_are_unlike_from_10_on_and_small_below_a_hundredth(deviations, unlike):
    model = tn.Sequential([tn.Dense(2), tn.Standardize(invert=True)], seed=0).build(2)
    model.compile()
    model.layers[-1].state["scale"][...] = np.array(deviations)[:, np.newaxis]
    assert names_of(model, targets=(0, 1e6)) == ["unlike"] * unlike
    (said,) = [text for _, text in of_data(model._compiled()[0], (0, 1), (0, 1))] or [""]
    assert (f"deviate by {deviations[0]:g} to {deviations[1]:g}" in said) == unlike


@pytest.mark.parametrize(
    ("last", "low", "high"),
    [("sigmoid", 0, 1), ("tanh", -1, 1), ("relu", 0, np.inf), ("softplus", 0, np.inf)],
)
def test_what_an_activation_can_give(last, low, high):
    model = tn.Sequential([tn.Dense(1, last)], seed=0).build(2)
    model.compile(loss="mse")
    top = min(high, 90)
    assert names_of(model, targets=(low, top)) == []
    assert names_of(model, targets=(low - 0.01, top)) == ["out"]
    assert names_of(model, targets=(low, top + 0.01)) == ["out"] * (high == 1)
    ((_, said),) = of_data(model._compiled()[0], (0, 1), (low - 1, 7))
    assert said.startswith(f"the targets go from {low - 1} to 7, and {last} gives {low} to {high}:")


@pytest.mark.parametrize(("rise", "said"), [(0.009, False), (0.011, True)])
def test_a_cost_has_risen_by_a_hundredth(rise, said):
    cost, _ = a_net()._compiled()
    for first in (3.0, -3.0):
        last = first + rise * abs(first)
        assert [name for name, _ in of_costs(cost, [first, last])] == ["rose"] * said


@pytest.mark.parametrize(("share", "said"), [(0.009, True), (-0.009, True), (0.011, False)])
def test_a_guess_is_within_a_hundredth_of_ln_2(share, said):
    cost, _ = a_net()._compiled()
    assert [n for n, _ in of_costs(cost, [np.log(2) * (1 + share)] * 10)] == ["stayed"] * said
