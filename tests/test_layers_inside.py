"""Layers inside a layer: their units, their penalties, and what the holder's cast leaves."""

import numpy as np
import pytest

import tinynet as tn
from tests.test_nested import LABELS, X, a_net


def test_a_layer_inside_that_is_held_is_still_a_part_after_a_cast():
    layer = tn.Residual([tn.Dense(3)]).build(3, seed=0)
    (held,) = layer.layers
    layer.cast("float32")
    held.W = np.zeros((3, 3))
    held.b = np.ones((3, 1))
    np.testing.assert_array_equal(layer(np.ones((3, 2))), np.full((3, 2), 2))


def test_as_many_layers_inside_as_there_are_letters():
    layer = tn.Residual([tn.Dense(2) for _ in range(26)]).build(2, seed=0)
    assert list(layer.params)[-2:] == ["W_z", "b_z"]


def test_a_layer_inside_knows_its_units_before_it_is_built():
    layer = tn.Residual([tn.Dense(4), tn.PReLU(), tn.BatchNorm(), tn.Dense(3)])
    assert [inner.units for inner in layer.layers] == [4, 4, 4, 3]


class SmallBiases(tn.Dense):
    """A user's, of which only b has a penalty."""

    def penalty(self):
        return float((self.params["b"] ** 2).sum())

    def penalty_gradients(self):
        return {"b": 2 * self.params["b"]}


@pytest.mark.parametrize("inside", [False, True])
def test_the_penalties_of_all_layers_count(inside):
    """J grows by their sum, and so do the gradients, each by that of its own parameters."""
    own = [SmallBiases(3, bias_initializer="normal") for _ in range(3)]
    plain = [tn.Dense(3, bias_initializer="normal") for _ in range(3)]
    models = [a_net(*[tn.Residual(x)] if inside else x) for x in (own, plain)]
    found, free = (model.build(3).gradients(X, LABELS) for model in models)
    biases = {name: b for name, b in models[0].params.items() if name[0] == "b"}
    biases.pop("b2" if inside else "b4")
    assert len(biases) == 3
    assert found[0] - free[0] == pytest.approx(sum((b**2).sum() for b in biases.values()))
    for name, g in found[1].items():
        np.testing.assert_allclose(g - free[1][name], 2 * biases.get(name, 0 * g), atol=1e-14)
    assert models[0].check_gradients(X, LABELS).passed
