"""Numbers that well-known libraries get wrong, with their true values from 50 digits; and the same
without a warning."""

import numpy as np
import pytest

import tinynet as tn
from tests import references as ref
from tests.references import mp

TAIL = 4.2483542552915889e-18  # exp(-40), nearly: log(1 + exp(-40))
BINARY = [  # z, y, cost, gradient
    (1000.0, 0, 1000.0, 1.0),
    (-1000.0, 1, 1000.0, -1.0),
    (-1000.0, 0, 0.0, 0.0),
    (40.0, 0, 40.0, 1.0),
    (40.0, 1, TAIL, -TAIL),
    (-40.0, 0, TAIL, TAIL),
    (0.0, 1, np.log(2), -0.5),
    (-0.0, 0, np.log(2), 0.5),
    (1e308, 0, 1e308, 1.0),
]


@pytest.mark.parametrize(("z", "y", "cost", "gradient"), BINARY)
def test_sigmoid_and_binary_cross_entropy(z, y, cost, gradient):
    pair = tn.BinaryCrossEntropy().pair("sigmoid")
    assert pair.forward([[z]], [y]) == pytest.approx(cost, rel=1e-15, abs=0)
    assert pair.backward()[0, 0] == pytest.approx(gradient, rel=1e-15, abs=0)


CLASSES = [  # logits, class, cost, gradient
    ([1000.0, 0.0], 1, 1000.0, [1.0, -1.0]),
    ([0.0, -40.0], 0, TAIL, [-TAIL, TAIL]),
    ([0.0, -40.0], 1, 40.0, [1.0, -1.0]),
    ([-1000.0, 1000.0], 1, 0.0, [0.0, 0.0]),
    ([3.0, 3.0, 3.0], 0, np.log(3), [-2 / 3, 1 / 3, 1 / 3]),
]


@pytest.mark.parametrize(("logits", "label", "cost", "gradient"), CLASSES)
def test_softmax_and_cross_entropy(logits, label, cost, gradient):
    pair = tn.CrossEntropy().pair("softmax")
    Z = np.array(logits)[:, np.newaxis]
    assert pair.forward(Z, [label]) == pytest.approx(cost, rel=1e-15, abs=0)
    np.testing.assert_allclose(pair.backward().ravel(), gradient, rtol=4e-16, atol=0)


def test_softmax_far_apart():
    """The rounding of -700.3 - 0.1 alone would cost exp a hundred units in the last place."""
    Z = np.array([[0.1, 5.7], [-700.3, -60.1], [-300.7, 5.7]])
    mp.dps = 700
    try:
        truth = ref.softmax(ref.exact(Z))
        off = np.abs(ref.exact(tn.softmax(Z)) - truth)
        assert np.all(off <= 4 * np.spacing(truth.astype(float)))
        cost = tn.CrossEntropy().pair("softmax")(Z[:, :1], [0])
        assert abs(mp.mpf(cost) + mp.log(truth[0, 0])) <= 4 * np.spacing(cost)
    finally:
        mp.dps = 150


def test_sigmoid_tails():
    np.testing.assert_array_equal(tn.sigmoid(np.array([-1000.0, 1000.0, -1e308])), [0, 1, 0])
    assert tn.sigmoid(np.array([-80], np.float32)).dtype == np.float32
    assert tn.sigmoid(-700.0) == pytest.approx(9.8596765437597708e-305, rel=4e-16)


@pytest.mark.parametrize(("node", "z", "slope"), [
    (tn.Tanh(), 20.0, 1.6993417021166355e-17),
    (tn.Tanh(), -350.0, 3.9438706175039083e-304),
    (tn.Tanh(), 1e300, 0.0),
    (tn.Sigmoid(), 40.0, 4.248354255291589e-18),
    (tn.Sigmoid(), -1000.0, 0.0),
])  # fmt: skip
def test_saturated_derivatives(node, z, slope):
    node.forward(np.array([z]))
    assert node.backward(np.ones(1))[0] == pytest.approx(slope, rel=1e-13, abs=0)


@pytest.mark.parametrize("g", [1e-3, 1e20, 1e30, -1e30])
def test_adam_s_first_step_in_float32(g):
    theta = tn.Adam(1e-3)({"w": np.zeros(1, np.float32)}, {"w": np.array([g], np.float32)})["w"]
    assert theta.dtype == np.float32
    assert theta[0] == pytest.approx(-1e-3 * np.sign(g), rel=2e-5)


def test_adam_goes_on_after_a_huge_gradient():
    adam, theta = tn.Adam(1e-3), {"w": np.zeros(1, np.float32)}
    for g in (1e30, 1e30, 1.0):
        adam.forward(theta, {"w": np.array([g], np.float32)})
    m = (0.9 * (0.9 * 0.1 + 0.1)) * 1e30
    v = (0.999 * (0.999 * 0.001 + 0.001)) * 1e60
    third = 1e-3 * (m / (1 - 0.9**3)) / np.sqrt(v / (1 - 0.999**3))
    assert theta["w"][0] == pytest.approx(-2e-3 - third, rel=1e-5)


def test_adam_s_epsilon_is_the_paper_s():
    theta = tn.Adam(1e-3, epsilon=1e-8)({"w": np.zeros(1)}, {"w": np.array([1e-8])})["w"]
    assert theta[0] == pytest.approx(-5e-4, rel=1e-12)


def test_means_over_ten_million_float32_columns():
    tenths = np.full((1, 10_000_000), 0.1, np.float32)
    ramp = np.linspace(0, 1, 10_000_000, dtype=np.float32)[
        :, np.newaxis
    ].T  # whatever the layout, J is summed in float64
    assert tn.MeanSquaredError()(ramp, np.zeros_like(ramp)) == pytest.approx(
        np.mean(ramp.astype(float) ** 2), rel=1e-9
    )
    assert tn.MeanSquaredError()(tenths, np.zeros_like(tenths)) == pytest.approx(
        np.float32(0.1) ** 2, rel=1e-6
    )
    layer = tn.Dense(1).build(1, seed=0, dtype="float32")
    layer.forward(tenths)
    layer.backward(tenths)
    assert layer.db[0, 0] == pytest.approx(1e6, rel=2e-5)  # one after the other they sum to 1.088e6


def test_targets_never_broadcast():
    outputs, flat = np.arange(6.0).reshape(1, 6), np.zeros(6)
    assert tn.MeanSquaredError()(outputs, flat) == pytest.approx(55 / 6)


@pytest.mark.parametrize("z", [-40.0, -20.0, -1.0, -0.0, 0.0, 1.0, 20.0, 40.0])
@pytest.mark.parametrize("y", [0.0, 1e-17, 1e-9, 0.3, 1.0])
def test_soft_labels_keep_their_digits(z, y):
    pair = tn.BinaryCrossEntropy().pair("sigmoid")
    pair.forward([[z]], [y])
    tail, truth = ref.sigmoid(ref.exact([-abs(z)]))[0], ref.sigmoid(ref.exact([z]))[0] - mp.mpf(y)
    assert abs(mp.mpf(pair.backward()[0, 0]) - truth) <= 4e-16 * (abs(truth) + tail)


def test_soft_labels_are_probabilities():
    """y between 0 and 1 is the cross-entropy against a coin, which is least at a = y."""
    pair = tn.BinaryCrossEntropy().pair("sigmoid")
    for y in (0.1, 0.5, 0.9):
        z = np.log(y / (1 - y))
        assert pair.forward([[z]], [y]) == pytest.approx(
            -y * np.log(y) - (1 - y) * np.log(1 - y), rel=1e-14
        )
        assert abs(pair.backward()[0, 0]) < 1e-16
        assert tn.check_gradients(pair, np.array([[z + 0.5, -30.0]]), np.array([[y, y]])).passed
    Y = np.array([[0.2, 0.5], [0.3, 0.5], [0.5, 0.0]])
    assert tn.check_gradients(
        tn.CrossEntropy().pair("softmax"), np.array([[1.0, 2], [0, -1], [3, 5]]), Y
    ).passed
    assert tn.check_gradients(
        tn.CrossEntropy(), np.array([[0.2, 0.5], [0.3, 0.25], [0.5, 0.25]]), Y
    ).passed


def test_softmax_as_far_apart_as_it_gets():
    np.testing.assert_array_equal(tn.softmax(np.array([[1e308], [-1e308]])).ravel(), [1, 0])
    np.testing.assert_array_equal(
        tn.softmax(np.array([[3e38], [-3e38]], np.float32)).ravel(), [1, 0]
    )


def test_equal_largest_classes_keep_their_digits():
    softmax = tn.Softmax()
    *_, tiny = softmax.forward(np.array([[0.0], [0.0], [-46.0]]))
    slope = softmax.backward(np.array([[1.0], [1.0], [0.0]]))
    np.testing.assert_allclose(slope.ravel(), tiny * [0.5, 0.5, -1], rtol=1e-14)


def test_a_cost_in_float32_is_a_sum_in_float64():
    A = np.array([[4096, 1, 1]], np.float32)  # 2^24 + 1 is no float32
    assert tn.MeanSquaredError()(A, np.zeros_like(A)) == (2**24 + 2) / 3
