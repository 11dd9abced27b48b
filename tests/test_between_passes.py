"""What is changed between a forward and its backward, or between two steps by hand: it is refused,
or has no say."""

import numpy as np
import pytest

import tinynet as tn


class Steep(tn.Activation):
    def __init__(self, slope=2.0, *, name="steep"):
        super().__init__()
        self.slope, self.name, self.calls = slope, name, 0

    def value(self, Z):
        self.calls += 1
        return self.slope * Z

    def derivative(self, Z):
        return np.full_like(Z, self.slope)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (2.0, 3.0),
        (np.float64(2), np.float64(3)),
        (np.full((2, 1), 2.0), np.full((2, 1), 3.0)),
        ([2.0], [3.0]),
        ((2, [1.0]), (2, [2.0])),
        ([tn.LeakyReLU(0.1)], [tn.LeakyReLU(0.2)]),
    ],
)
def test_an_argument_of_any_kind_is_one(before, after):
    class Given(Steep):
        def __init__(self, given):
            super().__init__()
            self.given = given

    node = Given(before)
    node.forward(np.ones((2, 1)))
    node.given = after
    with pytest.raises(RuntimeError, match="expected a forward before this backward"):
        node.backward(np.ones((2, 1)))
    node.given = before
    node.backward(np.ones((2, 1)))


@pytest.mark.parametrize("attribute", ["slope", "name"])
def test_backward_needs_the_arguments_of_its_forward_in_a_users_part(attribute):
    alone, layer = Steep(), tn.Dense(2, Steep()).build(2)
    for node, activation in [(alone, alone), (layer, layer.activation)]:
        node.forward(np.ones((2, 1)))
        setattr(activation, attribute, 5.0)
        with pytest.raises(RuntimeError, match="expected a forward before this backward"):
            node.backward(np.ones((2, 1)))
        node.forward(np.ones((2, 1)))
        node(np.ones((2, 1)))  # a count is none of them
        node.backward(np.ones((2, 1)))


def test_standardize_goes_backward_with_the_scale_of_its_forward():
    for layer, slope in [(tn.Standardize(invert=True), 2.0), (tn.Standardize(), 0.5)]:
        layer.build(1).learn(np.array([[-2.0, 2.0]]))
        layer.forward(np.array([[3.0]]))
        layer.learn(np.array([[-20.0, 20.0]]))
        assert layer.backward(np.ones((1, 1))) == slope


@pytest.mark.parametrize("optimizer", [tn.SGD(0.1, 0.9), tn.Adam(), tn.RMSProp(), tn.Adagrad()])
def test_no_parameter_joins_an_optimizer_later(optimizer):
    """Its steps are corrected for those that it has not taken."""
    one = {"W": np.ones(1)}
    optimizer.forward(one, one)
    both = {"W": np.ones(1), "b": np.ones(1)}
    with pytest.raises(ValueError, match="the parameters of its earlier steps, got b: an optim"):
        optimizer.forward(both, both)
    optimizer.reset()
    optimizer.forward(both, both)
