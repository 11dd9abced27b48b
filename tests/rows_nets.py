"""The rows of the layers, their regularizers, and whole nets."""

import numpy as np
from hypothesis import strategies as st

import tinynet as tn
from tests import references as ref
from tests.cases import OFF_KINK, SEEDS, SHAPES, Case, Row, arrays


@st.composite
def dense_cases(draw):
    units, n_in, m = (draw(st.integers(1, 3)) for _ in range(3))
    kind = draw(st.sampled_from(["identity", "tanh", "sigmoid", "softmax"]))
    layer = tn.Dense(units, kind, use_bias=draw(st.booleans())).build(n_in, seed=0)
    for name in layer.params:
        setattr(layer, name, draw(arrays(layer.params[name].shape)))
    return Case(layer, (draw(arrays((n_in, m))),), draw(SEEDS))


@st.composite
def net_cases(draw):
    depth, n_x, m = draw(st.integers(1, 4)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    smooth = st.sampled_from(["identity", "sigmoid", "tanh", "softmax"])
    layers = [
        tn.Dense(draw(st.integers(1, 3)), draw(smooth), use_bias=draw(st.booleans()))
        for _ in range(depth)
    ]
    model = tn.Sequential(layers, seed=draw(SEEDS)).build(n_x)
    return Case(model, (draw(arrays((n_x, m))),), draw(SEEDS))


def net(model, arrays):
    A = arrays["X"]
    for i, layer in enumerate(model.layers, 1):
        Z = ref.dense(A, arrays[f"W{i}"], arrays.get(f"b{i}", 0))
        A = ref.ACTIVATIONS[tn.activations.label(layer.activation)](Z)
    return A


def net_rounding(model, arrays):
    """A bound on the rounding error of the last Z: each layer adds its own, and multiplies that of
    the layer before by its weights."""
    bound = abs(arrays["X"])
    for i in range(1, len(model.layers) + 1):
        bound = abs(arrays[f"W{i}"]).dot(bound) + abs(arrays.get(f"b{i}", 0)) + 1
    return 10 * len(model.layers) * bound


def net_terms(node, arrays):
    return np.prod([1 + abs(array).sum() for array in arrays.values()])


@st.composite
def regularizer_cases(draw, make):
    return Case(draw(make), (draw(arrays(draw(SHAPES), OFF_KINK)),), draw(SEEDS))


STRENGTHS = st.floats(0, 1)


def penalty(node, arrays):
    l1, l2 = (ref.mp.mpf(getattr(node, name, 0)) for name in ("l1", "l2"))
    return l1 * ref.each(ref.size)(arrays["W"]).sum() + l2 * (arrays["W"] ** 2).sum()


def regularizer(kind, *strengths):
    cases = regularizer_cases(st.builds(kind, *strengths))
    return Row(kind, cases, penalty, ("W",), lambda node, arrays: penalty(node, arrays) + 1e-300)


ROWS = {
    "l1": regularizer(tn.L1, STRENGTHS),
    "l2": regularizer(tn.L2, STRENGTHS),
    "l1_l2": regularizer(tn.L1L2, STRENGTHS, STRENGTHS),
    "dense": Row(
        tn.Dense,
        dense_cases(),
        lambda node, arrays: ref.ACTIVATIONS[tn.activations.label(node.activation)](
            ref.dense(arrays["X"], arrays["W"], arrays.get("b", 0))
        ),
        ("X",),
        lambda node, arrays: abs(arrays["W"]).dot(abs(arrays["X"])) + abs(arrays.get("b", 0)) + 1,
        terms=net_terms,
        choices=2,
    ),
    "sequential": Row(tn.Sequential, net_cases(), net, ("X",), net_rounding, terms=net_terms),
}
