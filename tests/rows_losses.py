"""The rows of the losses and their pairs."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import tinynet as tn
from tests import references as ref
from tests.cases import (
    LAYOUTS,
    NEAR_OFF_KINK,
    NUMBERS,
    PROBABILITIES,
    SEEDS,
    SHAPES,
    WIDE,
    Case,
    Row,
    arrays,
    laid_out,
)
from tests.rows_nets import net_terms


def one_hot(labels, n_y):
    return np.eye(n_y)[:, labels]


CLASSES = tn.CrossEntropy, tn.KullbackLeibler
SMOOTHING = st.sampled_from([0.0, 0.0, 0.1])


@st.composite
def targets(draw, n_y, m, loss):
    """Such targets as the loss takes."""
    if isinstance(loss, CLASSES):
        labels = draw(hnp.arrays(np.int64, m, elements=st.integers(0, n_y - 1)))
        return laid_out(one_hot(labels, n_y), draw(LAYOUTS))
    whole = {tn.BinaryCrossEntropy: [0.0, 1.0], tn.Hinge: [-1.0, 1.0], tn.Poisson: [0.0, 1.0, 7.0]}
    labels = whole.get(type(loss))
    return draw(arrays((n_y, m), st.sampled_from(labels) if labels else NUMBERS))


@st.composite
def loss_cases(draw, make, elements):
    loss = draw(make)
    n_y, m = draw(st.integers(2 if isinstance(loss, CLASSES) else 1, 4)), draw(st.integers(1, 4))
    Y = draw(targets(n_y, m, loss))
    return Case(loss, (draw(arrays((n_y, m), elements)), Y), draw(SEEDS))


@st.composite
def off_kink_cases(draw, make, outputs):
    """`outputs(loss, Y, offs)` gives outputs that are off the kinks by `offs`, which are not
    0."""
    loss, (n_y, m) = draw(make), draw(SHAPES)
    Y, offs = draw(targets(n_y, m, loss)), draw(arrays((n_y, m), NEAR_OFF_KINK))
    return Case(loss, (outputs(loss, Y, offs), Y), draw(SEEDS))


def off_both_kinks(loss, Y, offs):
    """Some nearer than delta and some farther, by a factor of 1 + off or 1 / (1 + off)."""
    factors = (1 + np.abs(offs)) ** np.sign(offs)
    return Y + np.where(Y > 0, 1, -1) * loss.delta * factors


PAIRS = [
    (tn.MeanSquaredError(), "identity"),
    (tn.BinaryCrossEntropy(), "sigmoid"),
    (tn.CrossEntropy(), "softmax"),
    (tn.CrossEntropy(), tn.Softmax(2.0)),
]
SOFT = [
    (tn.BinaryCrossEntropy(0.1), "sigmoid"),
    (tn.CrossEntropy(0.1), "softmax"),
    (tn.KullbackLeibler(), "softmax"),
    (tn.KullbackLeibler(0.1), "softmax"),
]
SQUARED = ["sigmoid", "tanh", "softmax", "relu", "leaky_relu", "elu", "softplus", "silu"]
MIXED = [(tn.MeanSquaredError(), name) for name in SQUARED]
MIXED += [(tn.Poisson(), "softplus"), (tn.Poisson(), "exponential"), (tn.LogCosh(), "tanh")]


@st.composite
def pair_cases(draw, pairs, elements):
    loss, activation = draw(st.sampled_from(pairs))
    node = loss.pair(activation)
    least = 2 if isinstance(node.activation, tn.Softmax) else 1
    n_y, m = draw(st.integers(least, 4)), draw(st.integers(1, 4))
    return Case(node, (draw(arrays((n_y, m), elements)), draw(targets(n_y, m, loss))), draw(SEEDS))


def loss(node, arrays):
    return ref.loss(node)(arrays["A"], arrays["Y"])


def pair(node, arrays):
    A = ref.ACTIVATIONS[tn.activations.label(node.activation)](arrays["Z"])
    return ref.loss(node.loss)(A, arrays["Y"])


def soft_rounding(node, arrays):
    """Targets that are not whole leave less of a cost than the terms it is made of."""
    return pair(node, arrays) + 2


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
    "mean_squared_error": Row(
        tn.MeanSquaredError,
        loss_cases(st.builds(tn.MeanSquaredError), NUMBERS),
        loss,
        ("A", "Y"),
        lambda node, arrays: ((abs(arrays["A"]) + abs(arrays["Y"])) ** 2).sum() / arrays["A"].size,
    ),
    "binary_cross_entropy": Row(
        tn.BinaryCrossEntropy,
        loss_cases(st.builds(tn.BinaryCrossEntropy, SMOOTHING), PROBABILITIES),
        loss,
        ("A", "Y"),
        loss,
    ),
    "cross_entropy": Row(
        tn.CrossEntropy,
        loss_cases(st.builds(tn.CrossEntropy, SMOOTHING), PROBABILITIES),
        loss,
        ("A", "Y"),
        loss,
    ),
    "kullback_leibler": Row(
        tn.KullbackLeibler,
        loss_cases(st.builds(tn.KullbackLeibler, SMOOTHING), PROBABILITIES),
        loss,
        ("A", "Y"),
        lambda node, arrays: loss(node, arrays) + 2,
    ),
    "mean_absolute_error": Row(
        tn.MeanAbsoluteError,
        off_kink_cases(st.builds(tn.MeanAbsoluteError), lambda loss, Y, offs: Y + offs),
        loss,
        ("A", "Y"),
        lambda node, arrays: (abs(arrays["A"]) + abs(arrays["Y"])).sum() / arrays["A"].size,
    ),
    "huber": Row(
        tn.Huber,
        off_kink_cases(st.builds(tn.Huber, st.floats(0.1, 3)), off_both_kinks),
        loss,
        ("A", "Y"),
        lambda node, arrays: ((abs(arrays["A"]) + abs(arrays["Y"])) ** 2).sum() / arrays["A"].size,
    ),
    "log_cosh": Row(
        tn.LogCosh,
        loss_cases(st.builds(tn.LogCosh), NUMBERS | st.floats(-100, 100)),
        loss,
        ("A", "Y"),
        lambda node, arrays: (abs(arrays["A"]) + abs(arrays["Y"])).sum() / arrays["A"].size,
        terms=net_terms,
    ),
    "poisson": Row(
        tn.Poisson,
        loss_cases(st.builds(tn.Poisson), st.floats(0.01, 10)),
        loss,
        ("A", "Y"),
        lambda node, arrays: (abs(arrays["A"]) + abs(arrays["Y"]) * 10).sum() / arrays["A"].size,
        terms=lambda node, arrays: (1 + arrays["Y"] / arrays["A"]).sum(),  # 0 at A = Y
    ),
    "hinge": Row(
        tn.Hinge,
        off_kink_cases(st.builds(tn.Hinge), lambda loss, Y, offs: Y * (1 + offs)),
        loss,
        ("A", "Y"),
        lambda node, arrays: 1 + abs(arrays["A"]).sum() / arrays["A"].size,
    ),
    "pair of one example": Row(tn.Pair, single(pair_cases(PAIRS, WIDE)), pair, ("Z", "Y")),
    "pair": Row(tn.Pair, pair_cases(PAIRS, WIDE), pair, ("Z", "Y"), pair),
    "soft pair": Row(tn.Pair, pair_cases(SOFT, WIDE), pair, ("Z", "Y"), soft_rounding),
    "mixed pair": Row(
        tn.Pair,
        pair_cases(MIXED, NEAR_OFF_KINK),
        pair,
        ("Z", "Y"),
        lambda node, arrays: 4 * pair(node, arrays) + 100,
        terms=net_terms,
        choices=4,
    ),
}
