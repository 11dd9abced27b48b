"""What goes into the verbs and what comes out of them: no mask is lost, nothing that is not finite
is handed out, and no array is written twice."""

import numpy as np
import pytest

import tinynet as tn
from tests.test_door import X, Y, binary, many, refused

HUGE = np.full((2, 3), 1e308)


def built(weight=1e10):
    layer = tn.Dense(2).build(2, seed=0)
    layer.W = np.full((2, 2), weight)
    return layer


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: built()(HUGE), r"Dense\(2\): expected a finite output, got inf or NaN"),
        (lambda: built().forward(HUGE), "a finite output"),
        (lambda: tn.Dense(2, "tanh").build(2)(HUGE), None),
        (lambda: tn.sigmoid(-HUGE), None),
        (lambda: tn.BinaryCrossEntropy().pair("sigmoid")(HUGE, np.zeros((2, 3))), "finite"),
    ],
)
def test_no_value_is_infinite(call, message):
    with np.errstate(over="ignore"):
        if message is None:
            assert np.isfinite(call()).all()
        else:
            with pytest.raises((FloatingPointError, ValueError), match=message):
                call()


@pytest.mark.parametrize(
    ("node", "inputs"),
    [
        (built(), (np.ones((2, 3)),)),
        (tn.MeanSquaredError(), (np.full((1, 1), 1e3), np.zeros((1, 1)))),
        (tn.Dense(1).build(2, seed=0), (X,)),  # here inf - inf on the way, which numpy warns of
    ],
)
def test_no_gradient_is_infinite(node, inputs):
    value = node.forward(*inputs)
    cache, grads = node.cache, node.grads
    with pytest.raises(FloatingPointError, match="expected a finite gradient, got inf or NaN"):
        node.backward(1e308 if isinstance(value, float) else np.full(value.shape, 1e308))
    assert node.cache is cache
    assert node.grads is grads
    node.backward(1.0 if isinstance(value, float) else np.ones(value.shape))


def test_a_value_that_is_refused_is_not_remembered():
    layer = built()
    layer.forward(np.ones((2, 3)))
    cache = layer.cache
    with pytest.raises(FloatingPointError, match="a finite output"):
        layer.forward(HUGE)
    assert layer.cache is cache


def test_a_model_hands_out_nothing_infinite():
    model = tn.Sequential([tn.Dense(2, "tanh"), tn.Dense(1)], seed=0).build(2)
    model.layers[1].W = [[1e308, 1e308]]
    model.forward(np.zeros((2, 3)))
    caches = [layer.cache for layer in model.layers]
    for look in (model, model.predict, model.forward, model.trace):
        with pytest.raises(FloatingPointError, match=r"layer 2, Dense\(1\): expected a finite"):
            look(np.array([[9.0], [-9.0]]) * [[1, 1e3]])
    assert all(layer.cache is cache for layer, cache in zip(model.layers, caches, strict=True))
    with pytest.raises(FloatingPointError, match=r"layer \d, Dense.* a finite gradient"):
        model.backward(np.full((1, 3), 1e308))
    assert all(layer.cache is cache for layer, cache in zip(model.layers, caches, strict=True))
    model.backward(np.zeros((1, 3)))


def test_a_model_takes_its_own_arrays():
    model = tn.Sequential([tn.Dense(2), tn.Dense(2)], seed=0).build(2)
    a, b = model.layers
    before = model.get_weights()
    model.set_weights([b.W, b.b, a.W, a.b])
    for p, q in zip(model.get_weights(), [*before[2:], *before[:2]], strict=True):
        np.testing.assert_array_equal(p, q)


def test_a_mask_within_a_list_is_seen():
    masked = np.ma.masked_less(X[0], 0)
    for rows in ([masked, masked], (X[0], masked), [[1.0, np.ma.masked], [1.0, 2.0]]):
        refused(lambda rows=rows: tn.tanh(rows), "Tanh: expected Z without a mask")
        refused(lambda rows=rows: binary().fit(rows, Y), "X without a mask")
        refused(lambda rows=rows: tn.data.train_test_split(rows, X), "X without a mask, got a")


def test_a_square_x_with_a_square_y_warns():
    model = tn.Sequential([tn.Dense(2)], seed=0)
    model.compile("sgd")
    with pytest.warns(UserWarning, match="say examples='columns' or 'rows'"):
        model.gradients(X[:, :2], np.eye(2))
    wide = many()
    wide.gradients(X[:, :2], np.eye(3)[:, :2])


@pytest.mark.parametrize("other", [lambda w: w, lambda w: w.T, lambda w: w[:1], lambda w: w[1:]])
def test_one_array_under_two_names_takes_no_step(other):
    w = np.ones((2, 2))
    params = {"a": w, "z": np.ones(1), "b": other(w)}
    message = "expected each array under one name, got a and b of one memory"
    refused(
        lambda: tn.SGD().forward(params, {n: np.ones_like(p) for n, p in params.items()}), message
    )
    assert w.tolist() == [[1, 1], [1, 1]]
    tn.SGD()(params, params)
    halves = {"a": w[:, :1], "b": w[:, 1:]}
    tn.SGD().forward(halves, {"a": np.ones((2, 1)), "b": np.ones((2, 1))})


class Split(tn.Node):
    """Its output is a list of two arrays, and its input has no gradient."""

    def admit(self, x):
        return (x,)

    def admit_upstream(self, dy):
        return dy

    def run(self, x):
        return [x[:1], x[1:]], {"n": len(x)}

    def pullback(self, dy, cache):
        return None, {}


def test_a_user_s_node_may_hand_out_anything():
    node = Split()
    assert [a.size for a in node.forward(np.ones(3))] == [1, 2]
    assert node.backward(None) is None
    with pytest.raises(FloatingPointError, match="Split: expected a finite output"):
        node(np.array([1, 2, np.inf]))
