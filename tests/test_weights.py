"""Weights and gradients under their names: assigning copies in, and nothing detaches an array from
its layer."""

import numpy as np
import pytest

import tinynet as tn
from tests.test_contract import X, Y, a_model


def test_assigning_a_weight_copies_it_in():
    model = a_model()
    layer, held = model.layers[0], model.params["W1"]
    mine = np.ones((3, 2))
    layer.W = mine
    assert np.shares_memory(layer.W, held)
    mine[...] = 9
    np.testing.assert_array_equal(held, np.ones((3, 2)))
    layer.b = [[1], [2], [3]]
    assert model.params["b1"].tolist() == [[1], [2], [3]]


def test_assigning_a_gradient_copies_it_in():
    layer = tn.Dense(2).build(2, seed=0)
    with pytest.raises(RuntimeError, match="a backward makes it"):
        layer.dW
    mine = np.ones((2, 2))
    layer.dW = mine
    mine[...] = 9
    np.testing.assert_array_equal(layer.dW, np.ones((2, 2)))


@pytest.mark.parametrize(
    "wrong", [np.ones((2, 3)), np.ones(3), [[np.nan, 1], [1, 1], [1, 1]], "abc", None, 1j]
)
def test_a_wrong_weight_changes_nothing(wrong):
    layer = a_model().layers[0]
    before = layer.W.copy()
    for name in ("W", "dW"):
        with pytest.raises((ValueError, TypeError), match=r"layer 1, Dense\(3\): expected W"):
            setattr(layer, name, wrong)
    np.testing.assert_array_equal(layer.W, before)


def test_a_layer_without_weights_says_so():
    with pytest.raises(RuntimeError, match="build"):
        tn.Dense(3).W
    with pytest.raises(RuntimeError, match="build"):
        tn.Dense(3)(X)
    with pytest.raises(AttributeError, match="expected b in its params, got none"):
        tn.Dense(3, use_bias=False).build(2).b


def test_templates_are_copied():
    layer = tn.Dense(2, tn.tanh)
    assert layer.activation is not tn.tanh
    assert isinstance(tn.tanh, tn.Tanh)
    assert isinstance(layer.activation, tn.Tanh)
    assert tn.tanh(np.array([0.5])) == np.tanh(0.5)
    sgd = tn.SGD(0.5)
    model = tn.Sequential([tn.Dense(1)])
    model.compile(sgd)
    model.optimizer.learning_rate = 0.25
    assert (sgd.learning_rate, model.optimizer.learning_rate) == (0.5, 0.25)


def test_a_model_s_parameters_cannot_be_detached():
    model = a_model()
    with pytest.raises(TypeError, match="does not support item assignment"):
        model.params["W1"] = np.ones((3, 2))
    with pytest.raises(RuntimeError, match=r"model\.reset draws it"):
        model.layers[0].build(2)
    with pytest.raises(TypeError, match="does not support item assignment"):
        model.layers[0].params["W"] = np.ones((3, 2))
    held = model.params["W1"]
    model.fit(X, Y, 1, verbose=0)
    np.testing.assert_array_equal(model.layers[0].W, held)
    for same in (model.params["W1"], model.layers[0].W, model.layers[0].params["W"]):
        assert np.shares_memory(same, held)


def test_looking_around_a_layer_is_safe():
    assert not hasattr(tn.Dense(3), "W")
    assert not hasattr(tn.Dense(3).build(2), "dW")


def test_descriptors_on_the_class():
    assert tn.Dense.W.key == "W"
    assert tn.SGD.learning_rate.name == "learning_rate"
