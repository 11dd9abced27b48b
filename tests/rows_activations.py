"""The rows of the activations."""

from hypothesis import strategies as st

import tinynet as tn
from tests import references as ref
from tests.cases import OFF_KINK, ONE, SEEDS, SHAPES, WIDE, Case, Row, arrays


@st.composite
def activation_cases(draw, make, elements=WIDE):
    return Case(draw(make), (draw(arrays(draw(SHAPES), elements)),), draw(SEEDS))


@st.composite
def softmax_cases(draw, temperatures=ONE):
    shape = (draw(st.integers(1, 4)), draw(st.integers(1, 3)))
    return Case(tn.Softmax(draw(temperatures)), (draw(arrays(shape, WIDE)),), draw(SEEDS))


def elementwise(function):
    return lambda node, arrays: function(arrays["Z"])


def warm_softmax(node, arrays):
    return ref.softmax(arrays["Z"] / ref.exact(node.temperature)[()])


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
    "elu": Row(
        tn.Elu,
        activation_cases(st.builds(tn.Elu, st.floats(0.1, 3)), OFF_KINK),
        lambda node, arrays: ref.elu(arrays["Z"], node.alpha),
        ("Z",),
    ),
    "selu": Row(
        tn.Selu, activation_cases(st.just(tn.Selu()), OFF_KINK), elementwise(ref.selu), ("Z",)
    ),
    "softplus": Row(
        tn.Softplus, activation_cases(st.just(tn.Softplus())), elementwise(ref.softplus), ("Z",)
    ),
    "exponential": Row(
        tn.Exponential,
        activation_cases(st.just(tn.Exponential()), st.floats(-40, 40)),  # or a float32 overflows
        elementwise(ref.exponential),
        ("Z",),
    ),
    "silu": Row(tn.Silu, activation_cases(st.just(tn.Silu())), elementwise(ref.silu), ("Z",)),
    "gelu": Row(tn.Gelu, activation_cases(st.just(tn.Gelu())), elementwise(ref.gelu), ("Z",)),
    "approximate gelu": Row(
        tn.Gelu,
        activation_cases(st.just(tn.Gelu(approximate=True))),
        elementwise(ref.approximate_gelu),
        ("Z",),
        # the gate's argument is rounded, and below its exponential makes that a relative error
        lambda node, arrays: abs(ref.approximate_gelu(arrays["Z"])) * abs(arrays["Z"]) ** 3 + 1,
    ),
    "softmax": Row(tn.Softmax, softmax_cases(), warm_softmax, ("Z",)),
    "softmax with a temperature": Row(
        tn.Softmax,
        softmax_cases(st.floats(0.5, 4)),
        warm_softmax,
        ("Z",),
        lambda node, arrays: warm_softmax(node, arrays) * 400,  # z / T is rounded
    ),
}
