"""Numbers of the kit that the table of nodes does not look at: how weights start, a hundred steps
of each optimizer, activations of every size of float32."""

import math

import numpy as np
import pytest

import tinynet as tn

rng = np.random.default_rng(0)

# ---- initializers: the moments of many weights

SHAPE = n_out, n_in = 300, 200
MOMENTS = {  # the standard deviation and the largest weight
    "Normal": (tn.Normal(0.5), 0.5, math.inf),
    "Uniform": (tn.Uniform(0.3), 0.3 / 3**0.5, 0.3),
    "TruncatedNormal": (tn.TruncatedNormal(0.5), 0.5 * 0.87962566103423978, 1.0),
    "Glorot": (tn.Glorot(), (2 / (n_in + n_out)) ** 0.5, math.inf),
    "Glorot, uniform": (
        tn.Glorot("uniform"),
        (2 / (n_in + n_out)) ** 0.5,
        (6 / (n_in + n_out)) ** 0.5,
    ),
    "He": (tn.He(), (2 / n_in) ** 0.5, math.inf),
    "He, uniform": (tn.He("uniform"), (2 / n_in) ** 0.5, (6 / n_in) ** 0.5),
    "LeCun": (tn.LeCun(), (1 / n_in) ** 0.5, math.inf),
    "LeCun, uniform": (tn.LeCun("uniform"), (1 / n_in) ** 0.5, (3 / n_in) ** 0.5),
    "Orthogonal": (tn.Orthogonal(), n_out**-0.5, 1.0),
}


@pytest.mark.parametrize(("initializer", "stddev", "most"), MOMENTS.values(), ids=MOMENTS)
@pytest.mark.parametrize("generator", [np.random.default_rng(3), np.random.RandomState(3)])
def test_weights_start_with_their_moments(initializer, stddev, most, generator):
    W = initializer(SHAPE, generator)
    assert W.shape == SHAPE
    assert W.dtype == np.float64
    assert abs(W.mean()) <= 5 * stddev / W.size**0.5
    assert W.std() == pytest.approx(stddev, rel=0.02)
    assert 0.95 * min(most, 3.8 * stddev) <= np.abs(W).max() <= most


def test_every_initializer_is_among_them_or_a_constant():
    kinds = {type(by) for by, _, _ in MOMENTS.values()} | {tn.Zeros, tn.Constant}
    public = {getattr(tn, name) for name in tn.layers.__all__}
    parts = {kind for kind in public if isinstance(kind, type)}
    assert {kind for kind in parts if issubclass(kind, tn.Initializer)} - {tn.Initializer} == kinds
    np.testing.assert_array_equal(tn.Constant(0.5)((2, 1), None), [[0.5], [0.5]])


@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (4, 4)])
def test_orthogonal(shape):
    W = tn.Orthogonal(2.0)(shape, np.random.default_rng(0))
    short = W @ W.T if shape[0] <= shape[1] else W.T @ W
    np.testing.assert_allclose(short, 4 * np.eye(min(shape)), atol=1e-14)


def test_a_seed_gives_the_same_weights_in_both_dtypes():
    for name in tn.layers.initializers.INITIALIZERS:
        wide, narrow = (
            tn.Dense(4, initializer=name).build(3, seed=1, dtype=dtype).W
            for dtype in ("float64", "float32")
        )
        np.testing.assert_array_equal(wide.astype(np.float32), narrow)


# ---- optimizers: a hundred steps of the published rule


def adam(p, g, t, s, beta_1=0.8, beta_2=0.95, rate=0.02, epsilon=1e-6):
    s["m"] = beta_1 * s["m"] + (1 - beta_1) * g
    s["v"] = beta_2 * s["v"] + (1 - beta_2) * g**2
    return rate * s["m"] / (1 - beta_1**t) / (np.sqrt(s["v"] / (1 - beta_2**t)) + epsilon)


def adamw(p, g, t, s):
    return adam(p, g, t, s) + 0.02 * 0.3 * p


def adagrad(p, g, t, s):
    s["v"] = s["v"] + g**2
    return 0.02 * g / (np.sqrt(s["v"] + 0.1) + 1e-6)


def rmsprop(p, g, t, s):
    s["v"] = 0.7 * s["v"] + 0.3 * g**2
    s["m"] = 0.5 * s["m"] + g / (np.sqrt(s["v"]) + 1e-6)
    return 0.02 * s["m"]


def momentum(p, g, t, s):
    s["v"] = 0.9 * s["v"] + g
    return 0.02 * s["v"]


def nesterov(p, g, t, s):
    s["v"] = 0.9 * s["v"] + g
    return 0.02 * (g + 0.9 * s["v"])


RULES = {
    "sgd": (lambda: tn.SGD(0.02), lambda p, g, t, s: 0.02 * g),
    "momentum": (lambda: tn.SGD(0.02, momentum=0.9), momentum),
    "nesterov": (lambda: tn.SGD(0.02, momentum=0.9, nesterov=True), nesterov),
    "adam": (lambda: tn.Adam(0.02, beta_1=0.8, beta_2=0.95, epsilon=1e-6), adam),
    "adamw": (
        lambda: tn.AdamW(0.02, weight_decay=0.3, beta_1=0.8, beta_2=0.95, epsilon=1e-6),
        adamw,
    ),
    "adagrad": (lambda: tn.Adagrad(0.02, initial_accumulator_value=0.1, epsilon=1e-6), adagrad),
    "rmsprop": (lambda: tn.RMSProp(0.02, rho=0.7, momentum=0.5, epsilon=1e-6), rmsprop),
}


@pytest.mark.parametrize(("make", "rule"), RULES.values(), ids=RULES)
def test_a_hundred_steps_are_those_of_the_rule(make, rule):
    optimizer, slots = make(), {"m": 0.0, "v": 0.0}
    p = {"w": rng.standard_normal((3, 4))}
    own = p["w"].copy()
    for t in range(1, 101):
        g = rng.standard_normal((3, 4)) + own
        p = optimizer.forward(p, {"w": g})
        own = own - rule(own, g, t, slots)
        np.testing.assert_allclose(p["w"], own, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "optimizer",
    [tn.Adam(1e-3), tn.AdamW(1e-3, 0.0), tn.RMSProp(1e-3, rho=0.0), tn.Adagrad(1e-3)],
    ids=repr,
)
@pytest.mark.parametrize("g", [1e20, 1e30])
def test_a_large_float32_gradient_is_a_step_like_another(optimizer, g):
    w = optimizer({"w": np.zeros(1, np.float32)}, {"w": np.full(1, g, np.float32)})["w"]
    np.testing.assert_allclose(w, -1e-3, rtol=1e-6)


# ---- activations: a sample of all float32 numbers

ELEMENTWISE = {
    name: node
    for name, node in {**tn.activations.ACTIVATIONS, "gelu by tanh": tn.Gelu(True)}.items()
    if name not in ("softmax", "linear", "swish")
}


def floats32(n):
    bits = np.random.default_rng(5).integers(0, 2**32, n, dtype=np.uint32)
    near = np.random.default_rng(6).standard_normal(n) * 5
    every = np.concatenate([bits.view(np.float32), near.astype(np.float32)])
    return every[np.isfinite(every)]


@pytest.mark.parametrize("node", ELEMENTWISE.values(), ids=ELEMENTWISE)
def test_float32_is_float64_rounded(node):
    z = floats32(500_000)
    with np.errstate(all="ignore"):
        value, truth = node.value(z), node.value(z.astype(np.float64))
        ulp = np.spacing(np.abs(truth).astype(np.float32)).astype(np.float64)
        off, reached = np.abs(value - truth), np.isfinite(truth.astype(np.float32))
    assert np.array_equal(reached, np.isfinite(value))
    assert (off[reached] <= 2 * ulp[reached]).all()


@pytest.mark.parametrize("node", ELEMENTWISE.values(), ids=ELEMENTWISE)
def test_the_derivative_of_a_float32(node):
    z = floats32(500_000)

    def derivative(z):
        _, cache = node.run(z)
        return node.pullback(np.ones_like(z), cache)[0]

    with np.errstate(all="ignore"):
        got, truth = derivative(z), derivative(z.astype(np.float64))
        reached = np.isfinite(truth.astype(np.float32))
        off = np.where(reached, np.abs(got - truth), 0)
    assert np.array_equal(reached, np.isfinite(got))
    assert (off <= np.maximum(1e-6 * np.abs(truth), 1.4e-45)).all(), z[off.argmax()]


@pytest.mark.parametrize(
    ("node", "z", "truth"),
    [
        (tn.Elu(1.639), -0.3626397, -0.4985229904081611),
        (tn.Elu(1.45), -0.41925913, -0.49657601054375577),
    ],
    ids=str,
)
def test_a_rounded_setting_does_not_add_to_a_rounded_function(node, z, truth):
    got = node(np.array([z], np.float32))
    assert got.dtype == np.float32
    assert abs(float(got[0]) - truth) <= 0.5 * np.spacing(np.float32(abs(truth)))


HARD = [  # the node, z, the value and the derivative, from 50 digits
    (tn.Softplus(), 20.5, 20.500000001250153, 0.9999999987498472),
    (tn.Softplus(), 1000.0, 1000.0, 1.0),
    (tn.Softplus(), -700.0, 9.8596765437597708e-305, 9.8596765437597708e-305),
    (tn.Gelu(), -8.0, -4.9767684594174273e-15, -3.979607261086796e-14),
    (tn.Gelu(), -8.1, -2.225847107842565e-15, -1.8021560226310078e-14),
    (tn.Gelu(), -30.3, -1.7367122215045951e-200, -5.2622256124264521e-199),
    (tn.Gelu(), -10.0, -7.6198530241605261e-23, -7.6184000964648141e-22),
    (tn.Gelu(), -37.5, -1.7270073785932331e-306, -6.4762711430558126e-305),
    (tn.Gelu(approximate=True), 1e200, 1e200, 1.0),
    (tn.Gelu(approximate=True), -1e200, 0.0, 0.0),
    (tn.Silu(), -700.0, -6.9017735806318396e-302, -6.8919139040880798e-302),
    (tn.Elu(), -1e300, -1.0, 0.0),
    (tn.Selu(), -1e300, -1.7580993408473768, 0.0),
]


@pytest.mark.parametrize(("node", "z", "value", "slope"), HARD, ids=str)
def test_hard_numbers(node, z, value, slope):
    got, derivative = node.forward(np.array([z]))[0], node.backward(np.ones(1))[0]
    assert got == pytest.approx(value, rel=1e-14, abs=0)
    assert derivative == pytest.approx(slope, rel=1e-13, abs=0)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0, 3.0])
def test_a_softmax_is_that_of_colder_numbers(temperature):
    Z, dA = np.array([[1.0, -2.0], [3.0, 0.5], [0.0, 7.0]]), np.array([[1.0, 2.0]] * 2 + [[0, 5.0]])
    cold, plain = tn.Softmax(temperature), tn.Softmax()
    np.testing.assert_allclose(cold.forward(Z), plain.forward(Z / temperature), rtol=1e-14)
    np.testing.assert_allclose(cold.backward(dA), plain.backward(dA) / temperature, rtol=1e-12)
