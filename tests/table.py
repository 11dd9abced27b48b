"""The table of all public nodes. One row a node: how to draw one with its inputs, and its
reference.

`cases` draws a node and its inputs, on one side of each kink; `reference(node, arrays)` gives the
value from mpmath arrays, which are the inputs under their names, the parameters under theirs, and
for an optimizer grads as "g.name". The property tests run over ROWS; a public node without a row
fails the suite.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import tinynet as tn
from tests import references as ref


class Case(NamedTuple):
    node: Any
    inputs: tuple[Any, ...]
    seed: int  # of the upstream gradient


class Row(NamedTuple):
    covers: type
    cases: Any
    reference: Callable[[Any, dict[str, Any]], Any]
    names: tuple[str, ...]  # of the inputs
    rounding: Callable[[Any, dict[str, Any]], Any] | None = (
        None  # sum of |terms|; None: 4 units in the last place
    )
    differentiable: int = 1  # how many of the inputs have a gradient
    terms: Callable[[Any, dict[str, Any]], Any] = lambda node, arrays: (
        0
    )  # bound on the terms that backward adds up


SEEDS = st.integers(0, 2**32 - 1)
NUMBERS = st.floats(-4, 4, allow_subnormal=False)
SATURATED = st.sampled_from(
    [-100.0, -37.5, -19.0, 19.0, 37.5, 100.0]
)  # test_hard_cases has z up to 1000
WIDE = NUMBERS | NUMBERS | st.floats(-40, 40) | SATURATED
OFF_KINK = st.builds(lambda size, sign: size * sign, st.floats(0.01, 100), st.sampled_from([-1, 1]))
NEAR_OFF_KINK = st.builds(
    lambda size, sign: size * sign, st.floats(0.01, 6), st.sampled_from([-1, 1])
)
PROBABILITIES = st.floats(0.01, 0.99)
LAYOUTS = st.sampled_from(["C", "F", "strided", "reversed"])
SHAPES = st.tuples(st.integers(1, 3), st.integers(1, 4))


def laid_out(array, layout):
    """The same numbers, read-only, in another memory layout."""
    if layout == "F":
        array = np.asfortranarray(array)
    elif layout == "strided":
        wide = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)
        wide[..., ::2] = array
        array = wide[..., ::2]
    elif layout == "reversed":
        array = array[..., ::-1].copy()[..., ::-1]
    array = array.view()
    array.flags.writeable = False
    return array


@st.composite
def arrays(draw, shape, elements=NUMBERS):
    return laid_out(draw(hnp.arrays(np.float64, shape, elements=elements)), draw(LAYOUTS))


@st.composite
def activation_cases(draw, make, elements=WIDE):
    return Case(draw(make), (draw(arrays(draw(SHAPES), elements)),), draw(SEEDS))


@st.composite
def softmax_cases(draw):
    shape = (draw(st.integers(1, 4)), draw(st.integers(1, 3)))
    return Case(tn.Softmax(), (draw(arrays(shape, WIDE)),), draw(SEEDS))


@st.composite
def dense_cases(draw):
    units, n_in, m = (draw(st.integers(1, 3)) for _ in range(3))
    kind = draw(st.sampled_from(["identity", "tanh", "sigmoid", "softmax"]))
    layer = tn.Dense(units, kind, use_bias=draw(st.booleans())).build(n_in, seed=0)
    for name in layer.params:
        setattr(layer, name, draw(arrays(layer.params[name].shape)))
    return Case(layer, (draw(arrays((n_in, m))),), draw(SEEDS))


def one_hot(labels, n_y):
    return np.eye(n_y)[:, labels]


@st.composite
def targets(draw, n_y, m, kind):
    if kind is tn.MeanSquaredError:
        return draw(arrays((n_y, m)))
    if kind is tn.BinaryCrossEntropy:
        return laid_out(
            draw(hnp.arrays(np.float64, (n_y, m), elements=st.sampled_from([0.0, 1.0]))),
            draw(LAYOUTS),
        )
    labels = draw(hnp.arrays(np.int64, m, elements=st.integers(0, n_y - 1)))
    return laid_out(one_hot(labels, n_y), draw(LAYOUTS))


@st.composite
def loss_cases(draw, kind, elements):
    shape = n_y, m = (
        draw(st.integers(2 if kind is tn.CrossEntropy else 1, 4)),
        draw(st.integers(1, 4)),
    )
    return Case(kind(), (draw(arrays(shape, elements)), draw(targets(n_y, m, kind))), draw(SEEDS))


PAIRS = [
    (tn.MeanSquaredError, "identity"),
    (tn.BinaryCrossEntropy, "sigmoid"),
    (tn.CrossEntropy, "softmax"),
]
MIXED = [
    (tn.MeanSquaredError, name) for name in ("sigmoid", "tanh", "softmax", "relu", "leaky_relu")
]


@st.composite
def pair_cases(draw, pairs, elements):
    kind, activation = draw(st.sampled_from(pairs))
    n_y, m = draw(st.integers(2 if activation == "softmax" else 1, 4)), draw(st.integers(1, 4))
    node = kind().pair(activation)
    return Case(node, (draw(arrays((n_y, m), elements)), draw(targets(n_y, m, kind))), draw(SEEDS))


@st.composite
def optimizer_cases(draw, make):
    """An optimizer that has taken some steps already, and a next one; gradients stay clear of 0,
    where Adam has a kink."""
    node = draw(make)
    shapes = {"W1": draw(SHAPES), "b1": (draw(st.integers(1, 3)), 1)}
    sizes = OFF_KINK.map(lambda g: np.sign(g) * (0.05 + abs(g) % 2))

    def named(elements):
        return {
            name: draw(hnp.arrays(np.float64, shape, elements=elements))
            for name, shape in shapes.items()
        }

    for _ in range(draw(st.integers(0, 2))):
        node.forward(named(NUMBERS), named(sizes))
    return Case(
        node,
        (named(NUMBERS), {name: laid_out(g, "F") for name, g in named(sizes).items()}),
        draw(SEEDS),
    )


RATES = st.floats(1e-4, 2)
SGDS = st.builds(tn.SGD, RATES, st.just(0.0) | st.floats(0, 0.99), st.booleans())
ADAMS = st.builds(tn.Adam, RATES, st.floats(0, 0.99), st.floats(0.5, 0.9999), st.floats(1e-8, 1e-2))


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


def step(reference):
    def after(node, arrays):
        names = [name.removeprefix("p.") for name in arrays if name.startswith("p.")]
        return {name: reference(node, name, arrays) for name in names}

    return after


def slot(node, name, kind, like):
    return (
        ref.exact(node.slots[kind][name])
        if name in node.slots[kind]
        else 0 * ref.exact(np.zeros(np.shape(like)))
    )


def sgd(node, name, arrays):
    v = slot(node, name, "v", arrays[f"g.{name}"])
    return ref.sgd(
        arrays[f"p.{name}"],
        arrays[f"g.{name}"],
        v,
        arrays["learning_rate"],
        arrays["momentum"],
        node.nesterov,
    )


def adam(node, name, arrays):
    g = arrays[f"g.{name}"]
    beta_1, beta_2, epsilon = (ref.exact(c)[()] for c in (node.beta_1, node.beta_2, node.epsilon))
    m, r = (
        slot(node, name, "m", g) * (1 - beta_1),
        slot(node, name, "r", g) * (1 - beta_2) ** 0.5,
    )  # as the paper has them
    return ref.adam(
        arrays[f"p.{name}"],
        g,
        m,
        r,
        node.steps + 1,
        arrays["learning_rate"],
        beta_1,
        beta_2,
        epsilon,
    )


def elementwise(function):
    return lambda node, arrays: function(arrays["Z"])


def loss(node, arrays):
    return ref.LOSSES[type(node).__name__](arrays["A"], arrays["Y"])


def pair(node, arrays):
    A = ref.ACTIVATIONS[tn.activations.label(node.activation)](arrays["Z"])
    return ref.LOSSES[type(node.loss).__name__](A, arrays["Y"])


def single(cases):
    """One output of one example, so that J is a cost and not a sum of them."""
    return cases.map(
        lambda c: c._replace(
            inputs=tuple(
                a[:, :1] if c.node.loss.match is tn.Softmax else a[:1, :1] for a in c.inputs
            )
        )
    )


ROWS = {
    "identity": Row(
        tn.Identity, activation_cases(st.just(tn.Identity())), elementwise(ref.identity), ("Z",)
    ),
    "sigmoid": Row(
        tn.Sigmoid, activation_cases(st.just(tn.Sigmoid())), elementwise(ref.sigmoid), ("Z",)
    ),
    "tanh": Row(tn.Tanh, activation_cases(st.just(tn.Tanh())), elementwise(ref.tanh), ("Z",)),
    "relu": Row(
        tn.ReLU, activation_cases(st.just(tn.ReLU()), OFF_KINK), elementwise(ref.relu), ("Z",)
    ),
    "leaky_relu": Row(
        tn.LeakyReLU,
        activation_cases(st.builds(tn.LeakyReLU, st.floats(0, 0.9)), OFF_KINK),
        lambda node, arrays: ref.leaky_relu(arrays["Z"], node.slope),
        ("Z",),
    ),
    "softmax": Row(tn.Softmax, softmax_cases(), elementwise(ref.softmax), ("Z",)),
    "dense": Row(
        tn.Dense,
        dense_cases(),
        lambda node, arrays: ref.ACTIVATIONS[tn.activations.label(node.activation)](
            ref.dense(arrays["X"], arrays["W"], arrays.get("b", 0))
        ),
        ("X",),
        lambda node, arrays: abs(arrays["W"]).dot(abs(arrays["X"])) + abs(arrays.get("b", 0)) + 1,
        terms=net_terms,
    ),
    "mean_squared_error": Row(
        tn.MeanSquaredError,
        loss_cases(tn.MeanSquaredError, NUMBERS),
        loss,
        ("A", "Y"),
        lambda node, arrays: ((abs(arrays["A"]) + abs(arrays["Y"])) ** 2).sum() / arrays["A"].size,
    ),
    "binary_cross_entropy": Row(
        tn.BinaryCrossEntropy,
        loss_cases(tn.BinaryCrossEntropy, PROBABILITIES),
        loss,
        ("A", "Y"),
        loss,
    ),
    "cross_entropy": Row(
        tn.CrossEntropy, loss_cases(tn.CrossEntropy, PROBABILITIES), loss, ("A", "Y"), loss
    ),
    "pair of one example": Row(tn.Pair, single(pair_cases(PAIRS, WIDE)), pair, ("Z", "Y")),
    "pair": Row(tn.Pair, pair_cases(PAIRS, WIDE), pair, ("Z", "Y"), pair),
    "mixed pair": Row(
        tn.Pair,
        pair_cases(MIXED, NEAR_OFF_KINK),
        pair,
        ("Z", "Y"),
        lambda node, arrays: 4 * pair(node, arrays) + 100,
        terms=net_terms,
    ),
    "sgd": Row(
        tn.SGD,
        optimizer_cases(SGDS),
        step(sgd),
        ("p", "g"),
        lambda node, arrays: 100,
        differentiable=2,
    ),
    "adam": Row(
        tn.Adam,
        optimizer_cases(ADAMS),
        step(adam),
        ("p", "g"),
        lambda node, arrays: 100,
        differentiable=2,
        terms=lambda node, arrays: 100,
    ),
    "sequential": Row(tn.Sequential, net_cases(), net, ("X",), net_rounding, terms=net_terms),
}
