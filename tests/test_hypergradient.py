"""An optimizer whose learning rate another one learns."""

import numpy as np
import pytest

import tinynet as tn
from tests.test_clipping import a_net
from tests.test_kit_layers import same_all, trained_in_every_way
from tests.ways import same_in_blocks

rng = np.random.default_rng(0)
X = rng.standard_normal((3, 40))
Y = X[0] ** 2 - X[1]
INNER = {
    "sgd": tn.SGD(0.003),
    "momentum": tn.SGD(0.003, momentum=0.9),
    "adam": tn.Adam(0.003),
    "decay": tn.AdamW(0.003, weight_decay=0.1, clip_norm=0.5),
    "rmsprop": tn.RMSProp(0.003),
    "adagrad": tn.Adagrad(0.003),
}
META = {"sgd": tn.SGD(0.05), "adam": tn.Adam(0.02), "limited": tn.SGD(0.05, 0.5, clip_norm=0.1)}


KINDS = tn.SGD, tn.Hypergradient


def learned(inner="sgd", meta="adam"):
    return tn.Hypergradient(INNER[inner], meta=META[meta])


@pytest.mark.parametrize("inner", INNER)
@pytest.mark.parametrize("meta", META)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_it_is_the_same_in_every_way(inner, meta, dtype):
    models = trained_in_every_way(lambda: a_net(learned(inner, meta), dtype), X, Y)
    for model in models[1:]:
        same_all(models[0], model)
        assert model.optimizer.learning_rate == models[0].optimizer.learning_rate
        assert model.optimizer.learning_rate != pytest.approx(0.003)
    assert models[0]._training.plans or models[1]._training.plans


def test_blocks_are_looked_at_together():
    whole, cut = (a_net(learned("momentum", "sgd"), norm=()) for _ in range(2))
    same_in_blocks(whole, cut, X, Y)
    assert whole.optimizer.learning_rate == pytest.approx(cut.optimizer.learning_rate, rel=1e-9)


def sgd(state, g):
    return g


def momentum(state, g):
    state["v"] = 0.9 * state.get("v", 0) + g
    return state["v"]


def adam(state, g):
    """As the paper has it."""
    t = state["t"] = state.get("t", 0) + 1
    state["m"] = 0.9 * state.get("m", 0) + 0.1 * g
    state["v"] = 0.999 * state.get("v", 0) + 0.001 * g**2
    return state["m"] / (1 - 0.9**t) / (np.sqrt(state["v"] / (1 - 0.999**t)) + 1e-8)


@pytest.mark.parametrize(("inner", "rule"), [("sgd", sgd), ("momentum", momentum), ("adam", adam)])
@pytest.mark.parametrize(("meta", "meta_rule"), [("sgd", sgd), ("adam", adam)])
def test_a_hundred_steps_by_hand(inner, rule, meta, meta_rule):
    model, by_hand = a_net(learned(inner, meta), norm=()), a_net("sgd", norm=()).build(3)
    states, meta_state, r = {name: {} for name in by_hand.params}, {}, np.log(0.003)
    steps = {}
    for _ in range(100):
        _, grads = by_hand.gradients(X, Y)
        if steps:
            slope = -np.exp(r) * sum((grads[name] * u).sum() for name, u in steps.items())
            r -= META[meta].learning_rate * meta_rule(meta_state, slope)
        for name, p in by_hand.params.items():
            steps[name] = rule(states[name], grads[name])
            p[...] = p - np.exp(r) * steps[name]
    model.fit(X, Y, 100, verbose=0)
    assert model.optimizer.learning_rate == pytest.approx(np.exp(r), rel=1e-9)
    assert np.exp(r) / 0.003 > 1.02
    for name, p in model.params.items():
        np.testing.assert_allclose(p, by_hand.params[name], rtol=1e-8, atol=1e-11)


@pytest.mark.parametrize("inner", ["sgd", "momentum", "adam"])
def test_the_slope_is_that_of_the_cost_of_the_next_batch(inner):
    """Numerically: the last step at a longer and at a shorter rate, then the next batch's cost."""
    optimizer = learned(inner, "sgd")
    model = a_net(optimizer, norm=())
    model.fit(X[:, :20], Y[:20], 7, verbose=0)
    before, rate, J = model.get_weights(), model.optimizer.learning_rate, []
    model.fit(X[:, :20], Y[:20], 1, verbose=0)
    after, rate = model.get_weights(), model.optimizer.learning_rate
    h = 1e-4
    for by in (2 * h, h, -h, -2 * h):
        model.set_weights([p + np.exp(by) * (q - p) for p, q in zip(before, after, strict=True)])
        J.append(model.evaluate(X[:, 20:], Y[20:])["loss"])
    numeric = (-J[0] + 8 * J[1] - 8 * J[2] + J[3]) / (12 * h)
    model.set_weights(after)
    model.fit(X[:, 20:], Y[20:], 1, verbose=0)
    found = (np.log(rate) - np.log(model.optimizer.learning_rate)) / META["sgd"].learning_rate
    assert found == pytest.approx(numeric, rel=1e-7)


def test_any_start_will_do():
    """What the docs' picture shows."""
    X, Y = tn.data.planar()
    costs = {}
    for rate in (1e-4, 1e-3, 1e-2):
        for optimizer in (tn.SGD(rate), tn.Hypergradient(tn.SGD(rate), meta=tn.Adam(0.02))):
            model = tn.Sequential([tn.Dense(4, "tanh"), tn.Dense(1, "sigmoid")], seed=1)
            model.compile(optimizer)
            costs[rate, type(optimizer)] = model.fit(X, Y, 2000, verbose=0).history["loss"][-1]
    fixed, learned = ([J for (_, kind), J in costs.items() if kind is k] for k in KINDS)
    assert min(fixed) > 0.5
    assert max(learned) < 0.3


def test_the_rate_stays_above_0():
    """Each step is against the one before, so each was too long."""
    optimizer, w = (
        tn.Hypergradient(tn.SGD(1.0), meta=tn.SGD(1.0, clip_value=3.0)),
        {"w": np.ones(1)},
    )
    for i in range(30):
        optimizer.forward(w, {"w": np.array([1e3 * (-1) ** i])})
    assert 0 < optimizer.learning_rate < 1e-5
