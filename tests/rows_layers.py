"""The rows of the layers that have as many units as inputs."""

import copy

import numpy as np
from hypothesis import strategies as st

import tinynet as tn
from tests import references as ref
from tests.cases import SEEDS, WIDE, Case, Row, arrays
from tests.rows_nets import net_terms


@st.composite
def layer_cases(draw, make, least=1, activations=("identity",)):
    """A layer with parameters and state of its own, on examples that are not all alike."""
    n, m, seed = draw(st.integers(least, 3)), draw(st.integers(2, 4)), draw(SEEDS)
    layer, rng = draw(make).build(n, seed=draw(SEEDS)), np.random.default_rng(seed)
    for p in layer.params.values():
        p[...] = rng.uniform(0.5, 2, p.shape) * rng.choice([-1, 1], p.shape)
    for a in layer.state.values():
        a[...] = rng.uniform(0.5, 2, a.shape)
    X = np.arange(n * m).reshape(n, m) * draw(st.sampled_from([-1.0, 0.5, 2.0]))
    return Case(layer, (X + rng.uniform(-0.3, 0.3, (n, m)),), draw(SEEDS))


@st.composite
def activate_cases(draw):
    layer = tn.Activate(draw(st.sampled_from(["tanh", "softmax", "gelu"])))
    n, m = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    return Case(layer.build(n), (draw(arrays((n, m), WIDE)),), draw(SEEDS))


@st.composite
def standardize_cases(draw):
    case = draw(layer_cases(st.builds(tn.BatchNorm)))
    layer = tn.Standardize(invert=draw(st.booleans())).build(len(case.inputs[0]))
    return Case(layer.learn(case.inputs[0] + 1), case.inputs, case.seed)


def standardized(node, arrays):
    mean, scale = (ref.exact(node.state[name]) for name in ("mean", "scale"))
    return scale * arrays["X"] + mean if node.invert else (arrays["X"] - mean) / scale


@st.composite
def residual_cases(draw):
    """With a layer norm and a layer of two units inside, whatever the width."""
    case = draw(layer_cases(st.just(tn.PReLU()), least=2))
    n, kind = len(case.inputs[0]), draw(st.sampled_from(["identity", "tanh"]))
    inner = [tn.LayerNorm(), tn.Dense(2, kind), tn.Dense(n, regularizer="l2")]
    return Case(tn.Residual(inner).build(n, seed=draw(SEEDS)), case.inputs, case.seed)


def added(node, arrays):
    X, parts = arrays["X"], {name: a for name, a in arrays.items() if name != "X"}
    gamma, beta, W, b, V, c = parts.values()
    g = ref.ACTIVATIONS[tn.activations.label(node.layers[1].activation)]
    A = g(ref.dense(gamma * hat(X, 0, 1e-5) + beta, W, b))
    return X + ref.dense(A, V, c)


def rectified(node, arrays):
    return np.where(ref.relu(arrays["X"]) != 0, arrays["X"], arrays["alpha"] * arrays["X"])


def hat(X, axis, epsilon):
    mean = X.sum(axis=axis, keepdims=True) / X.shape[axis]
    variance = ((X - mean) ** 2).sum(axis=axis, keepdims=True) / X.shape[axis]
    return (X - mean) / ref.each(ref.mp.sqrt)(variance + ref.mp.mpf(epsilon))


def normalized(node, arrays):
    return arrays["gamma"] * hat(arrays["X"], node.axis, node.epsilon) + arrays["beta"]


def running(node, arrays):
    mean, variance = (ref.exact(node.state[name]) for name in ("mean", "variance"))
    below = ref.each(ref.mp.sqrt)(variance + ref.mp.mpf(node.epsilon))
    return arrays["gamma"] * ((arrays["X"] - mean) / below) + arrays["beta"]


def dropped(node, arrays):
    """The layer draws example by example."""
    X = arrays["X"]
    kept = node.rate <= copy.deepcopy(node.generator).random(X.shape[::-1]).T
    return X * kept / (1 - ref.mp.mpf(node.rate))


def terms(node, arrays):
    return 100 * net_terms(node, arrays)


def rounding(node, arrays):
    return 1000


EPSILONS = st.sampled_from([1e-5, 1e-3])
ROWS = {
    "batch_norm": Row(
        tn.BatchNorm,
        layer_cases(st.builds(tn.BatchNorm, st.just(0.9), EPSILONS)),
        normalized,
        ("X",),
        rounding,
        terms=terms,
        used=running,
    ),
    "layer_norm": Row(
        tn.LayerNorm,
        layer_cases(st.builds(tn.LayerNorm, EPSILONS), least=2),
        normalized,
        ("X",),
        rounding,
        terms=terms,
    ),
    "dropout": Row(
        tn.Dropout,
        layer_cases(st.builds(tn.Dropout, st.floats(0, 0.9))),
        dropped,
        ("X",),
        used=lambda node, arrays: arrays["X"],
    ),
    "standardize": Row(tn.Standardize, standardize_cases(), standardized, ("X",), rounding),
    "prelu": Row(tn.PReLU, layer_cases(st.builds(tn.PReLU)), rectified, ("X",), terms=net_terms),
    "residual": Row(tn.Residual, residual_cases(), added, ("X",), rounding, terms=terms),
    "activate": Row(
        tn.Activate,
        activate_cases(),
        lambda node, arrays: ref.ACTIVATIONS[tn.activations.label(node.activation)](arrays["X"]),
        ("X",),
    ),
}
