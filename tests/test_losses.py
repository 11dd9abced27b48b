"""What losses take and refuse, what they say of it, and the digits and the type of gradients."""

import numpy as np
import pytest

import tinynet as tn

BCE, CE = tn.BinaryCrossEntropy(), tn.CrossEntropy()
THREE = [[0.2, 0.3], [0.3, 0.3], [0.5, 0.4]]


@pytest.mark.parametrize(("A", "got"), [
    ([[0.5, 1.5]], "1.5"),
    ([[0.0, 1.5]], "1.5"),
    ([[0.9, -0.1]], "-0.1"),
    ([[0.5, 1.25, 1.0]], "1.25"),
])  # fmt: skip
def test_outputs_that_are_no_probabilities_are_refused_by_one_that_is_none(A, got):
    with pytest.raises(ValueError, match=f"expected A of probabilities, got {got}: is it Z"):
        BCE(A, np.zeros_like(A))


def test_a_softmax_over_one_output_is_refused():
    with pytest.raises(ValueError, match="a softmax over at least 2 units, got 1"):
        CE.pair("softmax")([[1.0, 2.0]], [0, 0])


def test_only_labels_of_several_kinds_are_sent_to_the_softmax():
    with pytest.raises(ValueError, match="labels Y of 0 and 1, got values from -1 to 1") as two:
        BCE([[0.5, 0.5]], [-1, 1])
    assert "softmax" not in str(two.value)
    with pytest.raises(ValueError, match="for more classes take softmax and cross-entropy"):
        BCE([[0.5, 0.5, 0.5]], [0, 1, 2])


def test_the_one_example_whose_targets_do_not_sum_to_1_is_shown():
    with pytest.raises(ValueError, match=r"sum to 1 for each example, got \[0.25, 0.5, 0.5\]"):
        CE(THREE, [[1.0, 0.25], [0.0, 0.5], [0.0, 0.5]])


@pytest.mark.parametrize("node", [CE, CE.pair("softmax"), tn.KullbackLeibler()], ids=repr)
def test_targets_are_taken_as_shares_of_their_sum(node):
    """They sum to 1 up to rounding to 5 digits; what is farther off is a mistake."""
    Y = np.array([[0.2, 0.5], [0.5, 0.25], [0.3, 0.25]])
    J, dA = node.forward(THREE, Y), node.backward()
    for factor in (1 - 9e-6, 1 + 9e-6):
        assert node.forward(THREE, factor * Y) == pytest.approx(J, rel=1e-13)
        np.testing.assert_allclose(node.backward(), dA, rtol=1e-13)
    for factor in (1 - 1.1e-5, 1 + 1.1e-5):
        with pytest.raises(ValueError, match="sum to 1 for each example"):
            node(THREE, factor * Y)


@pytest.mark.parametrize(("loss", "last"), [
    (tn.BinaryCrossEntropy, "sigmoid"),
    (tn.CrossEntropy, "softmax"),
    (tn.KullbackLeibler, "softmax"),
])  # fmt: skip
def test_a_pair_smooths_labels_as_its_loss_does(loss, last):
    Z, Y = np.array([[0.5, -2.0], [1.0, 3.0]]), np.array([[1.0, 0.0], [0.0, 1.0]])
    pair, plain = loss(0.2).pair(last), loss().pair(last)
    assert pair.forward(Z, Y) == pytest.approx(plain.forward(Z, 0.8 * Y + 0.1), rel=1e-14)
    np.testing.assert_allclose(pair.backward(), plain.backward(), rtol=1e-14)


def test_a_count_of_0_has_a_gradient_at_a_rate_of_0():
    poisson = tn.Poisson()
    assert poisson.forward([[0.0, 2.0]], [[0.0, 0.0]]) == 1
    assert poisson.backward().tolist() == [[0.5, 0.5]]


@pytest.mark.parametrize("node", [tn.MeanSquaredError(), CE.pair("softmax")], ids=repr)
def test_a_gradient_of_float32_stays_float32_with_any_weights(node):
    A, Y = np.array(THREE, np.float32), np.eye(3)[:, :2]
    for weights in ([1, 2], np.array([0.5, 3.0])):
        node.forward(A, Y, sample_weight=weights)
        assert node.backward().dtype == np.float32
