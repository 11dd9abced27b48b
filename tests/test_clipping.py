"""Gradients within limits: clip_value, then clip_norm."""

import numpy as np
import pytest

import tinynet as tn
from tests.test_kit_layers import same_all, trained_in_every_way
from tests.test_own_parts import Double
from tests.ways import WAYS, same_in_blocks, taken

rng = np.random.default_rng(0)
X = 3 * rng.standard_normal((3, 40))
Y = X[0] ** 2 - X[1]
OPTIMIZERS = [tn.SGD, tn.Adam, tn.AdamW, tn.RMSProp, tn.Adagrad]
LIMITS = [{"clip_norm": 0.5}, {"clip_value": 0.05}, {"clip_norm": 0.2, "clip_value": 0.1}]
limits = pytest.mark.parametrize("limits", LIMITS, ids=str)


def a_net(optimizer, dtype="float64", norm=(tn.BatchNorm,)):
    layers = [tn.Dense(5, "tanh", regularizer="l2"), *(kind() for kind in norm), tn.Dense(1)]
    model = tn.Sequential(layers, seed=0, dtype=dtype)
    model.compile(optimizer)
    return model


@limits
@pytest.mark.parametrize("kind", OPTIMIZERS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_it_is_the_same_in_every_way(kind, dtype, limits):
    first, *others = trained_in_every_way(lambda: a_net(kind(0.05, **limits), dtype), X, Y)
    for model in others:
        same_all(first, model)


def limited(grads, clip_norm=np.inf, clip_value=np.inf):
    """As torch has it, but for its 1e-6."""
    grads = {name: np.clip(g, -clip_value, clip_value) for name, g in grads.items()}
    norm = np.sqrt(sum((g**2).sum() for g in grads.values()))
    return {name: g * min(1, clip_norm / norm) for name, g in grads.items()}


@limits
@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_a_hundred_steps_on_limited_gradients(kind, limits):
    """Those of the same optimizer without limits."""
    model, plain = a_net(kind(0.002, **limits), norm=()).build(3), kind(0.002)
    params = {name: p.copy() for name, p in model.params.items()}
    by_hand = a_net("sgd", norm=()).build(3)
    reached = 0
    for _ in range(100):
        for name, p in by_hand.params.items():
            p[...] = params[name]
        _, grads = by_hand.gradients(X, Y)
        within = limited(grads, **limits)
        reached += any(not np.array_equal(within[name], g) for name, g in grads.items())
        plain.forward(params, within)
    assert reached > 50
    model.fit(X, Y, 100, verbose=0)
    for name, p in model.params.items():
        np.testing.assert_allclose(p, params[name], rtol=1e-9, atol=1e-12)


@limits
def test_blocks_are_limited_together(limits):
    whole, cut = (a_net(tn.SGD(0.05, **limits), norm=()) for _ in range(2))
    same_in_blocks(whole, cut, X, Y)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("size", [1e-30, 1e-10, 1.0, 1e10, 1e30])
def test_no_size_of_gradients_overflows(dtype, size):
    g = np.array([3, -4], dtype) * np.array(size, dtype)
    w = {"w": np.zeros(2, dtype)}
    found = tn.SGD(1.0, clip_norm=1.0)(w, {"w": g})["w"]
    expected = -np.array([3, -4]) * min(size, 0.2)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, expected, rtol=4 * np.finfo(dtype).eps)
    small = tn.SGD(1.0, clip_norm=5 * size)(w, {"w": g})["w"]
    np.testing.assert_allclose(small, -g, rtol=4 * np.finfo(dtype).eps)


def test_what_is_within_the_limits_stays_to_the_bit():
    grads = {"a": rng.standard_normal((2, 3)), "b": rng.standard_normal(2)}
    params = {name: np.zeros_like(g) for name, g in grads.items()}
    plain, limited = tn.SGD(1.0), tn.SGD(1.0, clip_norm=10.0, clip_value=5.0)
    for name, p in plain(params, grads).items():
        np.testing.assert_array_equal(limited(params, grads)[name], p)


def test_a_gradient_that_is_not_finite_is_still_an_error():
    model = tn.Sequential([tn.Dense(1)], seed=0)
    model.compile(tn.SGD(1e3, clip_norm=1.0))
    with pytest.raises(FloatingPointError, match="epoch 1, batch 1"):
        model.fit(1e200 * X, Y, 5, verbose=0)


def test_limits_may_be_changed_between_fits():
    changed, whole = a_net(tn.SGD(0.05, clip_norm=0.1)), a_net(tn.SGD(0.05))
    for model, later in ((changed, None), (whole, 0.1)):
        model.fit(X, Y, 2, verbose=0)
        model.optimizer.clip_norm = later
        model.fit(X, Y, 2, verbose=0)
    assert not np.allclose(changed.get_weights()[0], whole.get_weights()[0])
    with taken("walked"):
        walked = a_net(tn.SGD(0.05))
        walked.fit(X, Y, 2, verbose=0)
        walked.optimizer.clip_norm = 0.1
        walked.fit(X, Y, 2, verbose=0)
    same_all(whole, walked)


class Wary(tn.SGD):
    """It sets a limit after three steps, so it does not say that it is steady."""

    def numbers(self, t):
        if t == 4:
            self.clip_norm = 0.01
        return super().numbers(t)


def test_a_walked_optimizer_may_set_a_limit_in_the_middle():
    whole, halves = a_net(Wary(0.05)), a_net(Wary(0.05))
    whole.fit(X, Y, 6, verbose=0)
    for epochs in (4, 2):
        halves.fit(X, Y, epochs, verbose=0)
    same_all(whole, halves)
    free = a_net(tn.SGD(0.05))
    free.fit(X, Y, 6, verbose=0)
    assert not np.allclose(free.get_weights()[0], whole.get_weights()[0])


@pytest.mark.parametrize("name", ["clip_norm", "clip_value"])
@pytest.mark.parametrize("limit", [1e300, 1e-300])
@pytest.mark.parametrize("way", WAYS)
def test_a_limit_beyond_float32_is_as_near_as_it_can_be(name, limit, way):
    kinds = tn.SGD(0.05, **{name: limit}), tn.SGD(0.05)
    model, plain = (a_net(kind, "float32", norm=()) for kind in kinds)
    with taken(way):
        for each in (model, plain):
            each.build(3)
            before = each.get_weights()
            each.fit(X, Y, 3, verbose=0)
    for a, b in zip(model.get_weights(), before if limit < 1 else plain.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-37)
    grads = {"w": np.array([3.0, -4.0], np.float32), "z": np.zeros(2, np.float32)}
    model.optimizer.reset()
    model.optimizer.forward({name: g.copy() for name, g in grads.items()}, grads)
    (_, d), _ = model.optimizer.pullback(grads, model.optimizer.cache)
    assert all(np.isfinite(a).all() for a in d.values())


def test_a_limit_in_a_class_body_is_refused():
    """The __init__ of SGD would set it to None."""
    with pytest.raises(ValueError, match=r"Own: expected clip_norm in super\(\)"):
        type("Own", (tn.SGD,), {"clip_norm": 1.0})
    with pytest.raises(ValueError, match="expected activation in super"):
        type("Own", (tn.Dense,), {"activation": tn.relu})


@pytest.mark.parametrize("value", [0, -1.0, np.nan, np.inf, "1", True])
@pytest.mark.parametrize("name", ["clip_norm", "clip_value"])
def test_limits_are_looked_at(name, value):
    with pytest.raises((ValueError, TypeError), match=name):
        tn.Adam(**{name: value})
    with pytest.raises((ValueError, TypeError), match=name):
        setattr(tn.SGD(), name, value)


def test_they_are_shown_where_they_are_set():
    assert "clip" not in repr(tn.SGD())
    assert "clip_norm=1.0" in repr(tn.SGD(clip_norm=1))


@pytest.mark.parametrize("size", [100, 5000, 8192, 8193, 2_000_000])
@pytest.mark.parametrize("largest", [0.1, 100.0])
def test_a_norm_of_float32_keeps_its_digits(size, largest):
    """A product over many loses them; and how many cores take part shows in the last ones."""
    g = np.full(size, 0.1, np.float32)
    g[size // 2] = largest
    clipped = tn.SGD(clip_norm=1.0).clipped(g)
    assert np.linalg.norm(clipped.astype(np.float64)) == pytest.approx(1, rel=3e-6)


def learned(rate, **limits):
    return tn.Hypergradient(tn.SGD(rate, **limits), meta=tn.Adam())


@limits
@pytest.mark.parametrize("kind", [*OPTIMIZERS, learned])
def test_limits_of_no_gradients_at_all(kind, limits):
    """A step of nothing is a step."""
    optimizer = kind(0.05, **limits)
    assert optimizer({}, {}) == optimizer.forward({}, {}) == {}
    assert optimizer.backward({}) == ({}, {})
    assert optimizer.steps == 1


class Root(tn.Loss):
    """sqrt(|A - Y|), whose derivative at 0 is infinite."""

    def costs(self, A, Y):
        return np.sqrt(np.abs(A - Y))

    def derivative(self, A, Y):
        with np.errstate(divide="ignore"):
            return 0.5 / np.sqrt(np.abs(A - Y))


@pytest.mark.parametrize("steady", [True, False])
@pytest.mark.parametrize("limit", [{}, {"clip_value": 1.0}, {"clip_norm": 1.0}])
@pytest.mark.parametrize("verb", ["gradients", "fit", "train_on_batch"])
def test_no_limit_makes_a_step_of_an_infinite_gradient(verb, limit, steady):
    loss = type("Own", (Root,), {"steady": steady})()
    model = tn.Sequential([tn.Dense(1, initializer="zeros")], seed=0).build(1)
    model.compile(tn.SGD(0.1, **limit), loss)
    before = model.get_weights()
    with pytest.raises(FloatingPointError):
        getattr(model, verb)(np.ones((1, 4)), np.zeros(4))
    np.testing.assert_equal(model.get_weights(), before)


def test_a_net_without_parameters_has_nothing_to_clip():
    model = tn.Sequential([Double(2)], seed=0)
    model.compile(tn.SGD(0.1, clip_norm=1.0), "mse")
    model.fit(np.ones((2, 4)), np.ones((2, 4)), 3, verbose=0)
    assert model.optimizer.steps == 3
