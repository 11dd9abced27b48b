"""Layers inside a layer: a user's are looked at as anywhere else, and settings reach them."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import tinynet as tn
from tests.test_kit_layers import same_all
from tests.ways import WAYS, taken

rng = np.random.default_rng(0)
X = rng.standard_normal((3, 24))
LABELS = (X[0] * X[1] > 0).astype(int)


class Scale(tn.Layer):
    """A user's layer, with one mistake or none."""

    steady = True

    def __init__(self, units, mistake=""):
        super().__init__(units)
        self.mistake = mistake

    def make_params(self, n_in, rng):
        return {"s": np.full((n_in, 1), 0.5)}

    def preactivation(self, X):
        return self.params["s"] * X

    def parameter_gradients(self, dZ, cache):
        ds = (dZ * cache["X"]).sum(axis=1, keepdims=True)
        return {"t" if self.mistake == "name" else "s": ds[:1] if self.mistake == "shape" else ds}

    def input_gradient(self, dZ, cache):
        dX = cache["params"]["s"] * dZ
        return dX[:1] if self.mistake == "dX" else dX


class Unsteady(Scale):
    """It is walked, since it does not say that it is steady."""


def a_net(*layers, **settings):
    model = tn.Sequential([*layers, tn.Dense(1, "sigmoid")], seed=1, **settings)
    model.compile(tn.Adam(0.02), metrics=["accuracy"])
    return model


@pytest.mark.parametrize("mistake", ["name", "shape", "dX"])
@pytest.mark.parametrize(
    "layers",
    [
        lambda own: [tn.BatchNorm(), own],
        lambda own: [tn.Residual([tn.BatchNorm(), own])],
        lambda own: [tn.Residual([own])],
    ],
)
def test_gradients_of_another_shape_are_refused(layers, mistake):
    model = a_net(*layers(Scale(3, mistake))).build(3)
    before, message = model.get_weights(), "expected (gradients of|the dX of)"
    with taken("walked"), pytest.raises(ValueError, match=message):
        model.fit(X, LABELS, verbose=0)
    with pytest.raises(ValueError, match=message):
        model.gradients(X, LABELS)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("kind", [Scale, Unsteady])
def test_a_users_layer_inside_trains_as_it_does_in_a_net(kind):
    """f(X) = s X in a Residual is 1 + s outside."""
    inside, outside = a_net(tn.Residual([kind(3)])), a_net(kind(3))
    outside.build(3).layers[0].theta[...] += 1
    for model in (inside, outside):
        model.fit(X, LABELS, 20, batch_size=7, verbose=0)
    assert inside._training.work.steady is (kind is Scale)
    s, *rest = inside.get_weights()
    t, *others = outside.get_weights()
    np.testing.assert_allclose(1 + s, t, rtol=1e-12)
    for a, b in zip(rest, others, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10)


def test_settings_reach_the_layers_inside():
    plain, changed = (a_net(tn.Residual([tn.Dense(4, "tanh"), tn.Dense(3)])) for _ in range(2))
    for model in (plain, changed):
        model.fit(X, LABELS, 2, verbose=0)
    changed.layers[0].layers[0].regularizer = tn.L2(0.5)
    changed.layers[0].layers[1].W = np.ones((3, 4))
    assert (changed.layers[0].params["W_b"] == 1).all()
    J, grads = changed.gradients(X, LABELS)
    assert changed.evaluate(X, LABELS)["loss"] - 1e-12 < J
    assert changed.check_gradients(X, LABELS).passed
    W = changed.layers[0].layers[0].W
    changed.layers[0].layers[0].regularizer = None
    assert J - changed.gradients(X, LABELS)[0] == pytest.approx(0.5 * np.square(W).sum())
    assert not np.array_equal(grads["W_a1"], changed.gradients(X, LABELS)[1]["W_a1"])


@pytest.mark.parametrize("moved", ["build", "reset", "cast", "fit", "copy", "seeded alone"])
def test_a_layer_inside_stays_the_same_object(moved):
    """What is written to it is not lost, however its arrays moved since it was looked up."""
    dense, drop = tn.Dense(3), tn.Dropout(0.5)
    model = a_net(tn.Residual([tn.Residual([dense, drop]), tn.BatchNorm()]))
    own = model.layers[0]
    if moved not in ("build", "seeded alone"):
        model.build(3)
    inner, norm = own.layers
    dense, drop = inner.layers
    if moved == "copy":
        own = copy.deepcopy(own)
        inner, norm = own.layers
        dense, drop = inner.layers
    elif moved == "seeded alone":
        own = tn.Residual([tn.Dense(2)])
        (dense,) = own.layers
        own.build(2, seed=0)
        dense.W = np.ones((2, 2))
        assert own.params["W_a"].all()
        return
    else:
        moves = {"build": lambda: model.build(3), "reset": model.reset}
        moves["cast"] = lambda: model.cast("float32")
        moves["fit"] = lambda: model.fit(X, LABELS, 2, verbose=0)
        moves[moved]()
    drop.rate = 0.25
    dense.W = np.full((3, 3), 7.0)
    norm.state["mean"][...] = 5.0
    assert own.layers[0].layers[1].rate == 0.25
    assert (own.params["W_a_a"] == 7).all()
    assert (own.state["mean_b"] == 5).all()
    assert all(a is b for a, b in zip(own.layers, (inner, norm), strict=True))


def test_a_layer_inside_is_not_built_by_itself():
    layer = tn.Residual([tn.Dense(3)]).build(3, seed=0)
    with pytest.raises(RuntimeError, match="expected a layer of its own"):
        layer.layers[0].build(4)
    assert layer(np.ones((3, 2))).shape == (3, 2)


def test_a_layer_inside_has_its_gradients():
    layer = tn.Residual([tn.Dense(3, "tanh"), tn.Residual([tn.Dense(3)])]).build(3, seed=0)
    layer.forward(X)
    layer.backward(np.ones_like(X))
    first, second = layer.layers
    np.testing.assert_array_equal(first.dW, layer.grads["W_a"])
    np.testing.assert_array_equal(second.layers[0].db, layer.grads["b_a_b"])


class Constant(tn.Layer):
    """A user's, with a constant in its dtype."""

    def make_params(self, n_in, rng):
        return {}

    def cast(self, dtype):
        super().cast(dtype)
        self.two = np.asarray(2.0, dtype)


def test_a_cast_reaches_the_layers_inside():
    layer = tn.Residual([Constant(3)]).build(3)
    layer.cast("float32")
    assert layer.layers[0].two.dtype == "float32"


def test_the_layers_given_may_serve_elsewhere():
    """A Residual works with copies: nothing is written to those given."""
    first, norm = tn.Dense(8), tn.BatchNorm()
    tn.Residual([first, norm, tn.Dense(3)])
    model = a_net(tn.Dense(5), norm).build(3)
    assert norm.n_in == norm.units == 5
    assert model.predict(X).shape == (1, 24)


def test_a_setting_inside_ends_a_forward_without_a_backward():
    layer = tn.Residual([tn.Residual([tn.Dense(4, "tanh")]), tn.Dense(4)]).build(4, seed=0)
    inside = layer.layers[0].layers[0]
    layer.forward(np.ones((4, 2)))
    inside.activation = "relu"
    with pytest.raises(RuntimeError, match="expected a forward before this backward"):
        layer.backward(np.ones((4, 2)))
    layer.forward(np.ones((4, 2)))
    layer.backward(np.ones((4, 2)))
    with pytest.raises(RuntimeError, match="expected a forward before this backward"):
        layer.backward(np.ones((4, 2)))


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_shares_nothing(copied):
    model = a_net(tn.Residual([tn.Dense(4), tn.BatchNorm(), tn.PReLU(), tn.Dense(3)]))
    model.fit(X, LABELS, 2, verbose=0)
    twin, A = copied(model), model.predict(X)
    for each in (twin, model):
        each.fit(X, LABELS, 3, 7, verbose=0)
    same_all(model, twin)
    twin.layers[0].layers[0].W = np.zeros((4, 3))
    assert model.layers[0].layers[0].W.any()
    model.reset()
    model.fit(X, LABELS, 2, verbose=0)
    np.testing.assert_array_equal(model.predict(X), A)


def test_the_layers_given_stay_as_they_are():
    own = tn.Dense(3)
    model = a_net(tn.Residual([own])).build(3)
    assert not own.n_in
    assert model.layers[0].layers[0].W.shape == (3, 3)


def test_an_overflow_inside_is_an_error():
    model = a_net(tn.Residual([tn.Dense(3, "tanh"), tn.Dense(3)])).build(3)
    model.layers[0].layers[0].W = np.full((3, 3), 1e308)
    with pytest.raises(FloatingPointError, match=r"layer 1, Dense\(3\): expected a finite output"):
        model.predict(1e3 * X)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([tn.Dense(2)], "as many outputs as inputs, 3, got 2: its last layer needs 3 units"),
        ([tn.Dense(3)] * 27, "new layers, each in one place"),
        ([tn.relu] * 27, "at most 26 layers, got 27"),
        ([], "a list of layers"),
    ],
)
def test_what_cannot_be_inside(layers, message):
    with pytest.raises((ValueError, TypeError), match=message):
        a_net(tn.Residual(layers)).build(3)


def test_it_cannot_be_the_last_layer():
    model = tn.Sequential([tn.Dense(1), tn.Residual([tn.Dense(1)])])
    with pytest.raises(TypeError, match="expected the run of Layer in a model's last layer"):
        model.compile()


def sets_theta(inner):
    inner.theta = 0 * inner.theta


def sets_state(inner):
    inner.state = {"mean": np.ones((3, 1)), "variance": np.ones((3, 1))}


def sets_one_state(inner):
    inner.state["mean"] = np.ones((3, 1))


@pytest.mark.parametrize("change", [sets_theta, sets_state, sets_one_state])
@pytest.mark.parametrize("use", ["predict", "fit", "gradients"])
def test_another_array_inside_is_refused_once(change, use):
    """It was lost, and nobody said so."""
    model = a_net(tn.Residual([tn.BatchNorm(), tn.Dense(3)])).build(3)
    before = model.predict(X)
    change(model.layers[0].layers[0])
    with pytest.raises(ValueError, match=r"layer 1, Residual: expected writes into the arrays of"):
        getattr(model, use)(*[X] if use == "predict" else [X, LABELS])
    np.testing.assert_array_equal(model.predict(X), before)


def test_writes_inside_count():
    model = a_net(tn.Residual([tn.BatchNorm(), tn.Dense(3)])).build(3)
    before, (norm, _) = model.predict(X), model.layers[0].layers
    norm.state["mean"][...] = 1
    moved = model.predict(X)
    norm.theta[...] = 2
    assert np.abs(moved - before).max() > 0.01
    assert np.abs(model.predict(X) - moved).max() > 0.01
    np.testing.assert_array_equal(model.layers[0].params["gamma_a"], np.full((3, 1), 2))


def test_threads_predict_with_layers_inside():
    """Each use hands their arrays out again."""
    model = a_net(tn.Residual([tn.BatchNorm(), tn.Dense(3)])).build(3)
    expected = model.predict(X)
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(lambda _: model.predict(X), range(400))
    assert all(np.array_equal(A, expected) for A in found)


@pytest.mark.parametrize("change", [sets_theta, sets_state])
@pytest.mark.parametrize("way", WAYS)
def test_a_callback_that_sets_another_array_inside_is_refused(change, way):
    model = a_net(tn.Residual([tn.BatchNorm(), tn.Dense(3)])).build(3)
    seen = []

    def look(epoch, logs):
        seen.append(epoch)
        if epoch == 2:
            change(model.layers[0].layers[0])

    with taken(way), pytest.raises(ValueError, match="expected writes into the arrays of a layer"):
        model.fit(X, LABELS, 5, verbose=0, callbacks=[tn.LambdaCallback(look)])
    assert seen == [1, 2]


def test_a_cast_that_is_refused_changes_nothing():
    model = a_net(tn.Residual([tn.BatchNorm(), tn.Dense(3)])).build(3)
    sets_theta(model.layers[0].layers[0])
    with pytest.raises(ValueError, match="expected writes into the arrays of a layer"):
        model.cast("float32")
    assert {a.dtype.name for a in [*model.get_weights(), model.predict(X)]} == {"float64"}
    model.cast("float32")
    assert {a.dtype.name for a in [*model.get_weights(), model.predict(X)]} == {"float32"}
