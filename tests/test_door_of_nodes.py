"""Bad input to nodes and functions, below the model's door: the same form of error, and nothing
changed."""

import numpy as np
import pytest

import tinynet as tn
from tests.test_door import X, Y, refused

P, G = {"w": np.ones(2)}, {"w": np.ones(2)}
BAD_NODE_CALLS = {
    "activation": (lambda: tn.tanh([[1, np.nan]]), "Tanh: expected Z of finite numbers"),
    "softmax of a vector": (lambda: tn.softmax([1.0, 2.0]), r"Z of shape \(n_y, m\), got \(2,\)"),
    "loss of unequal shapes": (
        lambda: tn.MeanSquaredError()(np.ones((1, 3)), np.ones((1, 4))),
        r"Y of shape \(1, 3\) or \(3,\)",
    ),
    "loss of unequal ranks": (
        lambda: tn.MeanSquaredError()(np.ones((2, 3)), np.ones(3)),
        r"Y of shape \(2, 3\), got \(3,\)",
    ),
    "loss turned": (
        lambda: tn.MeanSquaredError()(np.ones((2, 3)), np.ones((3, 2))),
        "did you mean Y.T",
    ),
    "loss of negative logits": (lambda: tn.BinaryCrossEntropy()([[-0.1]], [0]), "is it Z"),
    "loss of logits": (lambda: tn.BinaryCrossEntropy()([[3.0]], [1]), "is it Z"),
    "pair that does not fit": (
        lambda: tn.BinaryCrossEntropy().pair(tn.tanh),
        "to be sigmoid, got tanh",
    ),
    "layer width": (
        lambda: tn.Dense(2).build(3)(np.ones((2, 5))),
        r"\(2, 3\)·\(2, 5\) do not align",
    ),
    "optimizer without mappings": (lambda: tn.SGD()([1], [2]), "params as a mapping"),
    "optimizer names": (lambda: tn.SGD()(P, {"v": G["w"]}), "grads named w, got v"),
    "optimizer shapes": (lambda: tn.SGD()(P, {"w": np.ones(3)}), r"of shape \(2,\)"),
    "optimizer in place of ints": (
        lambda: tn.SGD().forward({"w": np.array([1])}, {"w": [1.0]}),
        "writeable array of floats",
    ),
    "optimizer in place of a list": (
        lambda: tn.SGD().forward({"w": [1.0]}, {"w": [1.0]}),
        "writeable array",
    ),
    "seed of a check": (
        lambda: tn.check_gradients(tn.Tanh(), X, seed=-1),
        "seed as a whole number",
    ),
    "tolerance": (lambda: tn.check_gradients(tn.Tanh(), X, tolerance=0), "tolerance"),
    "planar": (lambda: tn.data.planar(401), "an even m"),
    "noise": (lambda: tn.data.moons(noise=-1), "noise"),
    "split": (lambda: tn.data.train_test_split(X, Y.T), "the same examples"),
    "split masked": (
        lambda: tn.data.train_test_split(np.ma.masked_less(X, 0), Y),
        "without a mask",
    ),
    "blobs": (lambda: tn.data.blobs(centers=2, n_classes=3), "a center for each of 3 classes"),
    "split share": (lambda: tn.data.train_test_split(X, Y, test_size=1), "test_size"),
}


@pytest.mark.parametrize(("call", "message"), BAD_NODE_CALLS.values(), ids=BAD_NODE_CALLS)
def test_bad_calls_of_nodes_and_functions(call, message):
    refused(call, message)


def test_an_optimizer_keeps_to_its_parameters():
    sgd = tn.SGD(0.1, momentum=0.9)
    sgd.forward({"w": np.ones(2)}, G)
    refused(lambda: sgd.forward({"v": np.ones(2)}, {"v": np.ones(2)}), "reset", sgd)
    sgd.reset()
    sgd.forward({"v": np.ones(2)}, {"v": np.ones(2)})


def test_a_step_that_overflows_writes_nothing():
    sgd, params = tn.SGD(1e300), {"a": np.ones(1), "w": np.ones(1)}
    with np.errstate(over="ignore"), pytest.raises(FloatingPointError, match="a finite step of w"):
        sgd.forward(params, {"a": np.ones(1), "w": np.array([1e300])})
    assert params == {"a": 1, "w": 1}
    assert (sgd.steps, sgd.slots) == (0, {"v": {}})


def test_an_infinite_cost_is_refused():
    with pytest.raises(FloatingPointError, match="CrossEntropy: expected a finite output"):
        tn.CrossEntropy()([[0.0], [1.0]], [0])
