"""The kit in a net: each part trains the same played, walked, and with a pause; regularizers are
part of every cost; what losses take."""

import numpy as np
import pytest

import tinynet as tn
from tests.test_kit_numbers import ELEMENTWISE, RULES
from tests.ways import EVERY_WAY, taken

rng = np.random.default_rng(0)

# ---- every part in a net: played, walked, and with a pause

OPTIMIZERS = {name: make for name, (make, _) in RULES.items()}
REGRESSION = [tn.MeanSquaredError(), tn.MeanAbsoluteError(), tn.Huber(), tn.LogCosh()]
LOSSES = {  # the last activation, and what labels
    **{type(loss).__name__: (loss, "identity", "real") for loss in REGRESSION},
    "Poisson": (tn.Poisson(), "softplus", "labels"),
    "Hinge": (tn.Hinge(), "identity", "labels"),
    "BinaryCrossEntropy": (tn.BinaryCrossEntropy(0.1), "sigmoid", "labels"),
    "CrossEntropy": (tn.CrossEntropy(0.1), tn.Softmax(2.0), "classes"),
    "KullbackLeibler": (tn.KullbackLeibler(0.1), "softmax", "classes"),
}
PARTS = {
    **{name: (make(), tn.MeanSquaredError(), "tanh", None) for name, make in OPTIMIZERS.items()},
    **{name: (tn.SGD(0.05), loss, "tanh", None) for name, (loss, _, _) in LOSSES.items()},
    **{name: (tn.SGD(0.05), tn.MeanSquaredError(), g, None) for name, g in ELEMENTWISE.items()},
    "L1": (tn.Adam(0.01), tn.MeanSquaredError(), "tanh", tn.L1(0.01)),
    "L2": (tn.Adam(0.01), tn.MeanSquaredError(), "tanh", tn.L2(0.01)),
    "L1L2": (tn.Adam(0.01), tn.MeanSquaredError(), "tanh", tn.L1L2(0.01, 0.02)),
}
X = rng.standard_normal((3, 20))
TARGETS = {
    "real": X[:2] + 0.1 * rng.standard_normal((2, 20)),
    "labels": rng.integers(0, 2, (2, 20)),
    "classes": rng.integers(0, 2, 20),
}


def a_net(optimizer, loss, hidden, regularizer, dtype="float64"):
    _, last, labels = LOSSES[type(loss).__name__]
    layers = [tn.Dense(5, hidden, regularizer=regularizer), tn.Dense(2, last)]
    model = tn.Sequential(layers, seed=2, dtype=dtype)
    model.compile(optimizer, loss)
    return model, TARGETS[labels]


def same(one, other):
    for p, q in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(p, q)
    assert one.history.history == other.history.history


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("batch_size", [None, 8])
@pytest.mark.parametrize("parts", PARTS.values(), ids=PARTS)
def test_every_part_trains_the_same_in_every_way(parts, batch_size, dtype):
    models = [a_net(*parts, dtype) for _ in EVERY_WAY]
    for (model, Y), way in zip(models, EVERY_WAY, strict=True):
        with taken(way):
            model.fit(X, Y, 3, batch_size, verbose=0)
            model.fit(X, Y, 4, batch_size, verbose=0)
    once, Y = a_net(*parts, dtype)
    with taken("played"):
        once.fit(X, Y, 7, batch_size, verbose=0)
    for model, _ in models:
        same(once, model)
    assert all(p.dtype == dtype for p in once.get_weights())
    losses = once.history.history["loss"]
    assert losses[-1] < losses[0]


# ---- regularizers are part of J everywhere


@pytest.mark.parametrize("regularizer", [tn.L1(0.1), tn.L2(0.1), tn.L1L2(0.1, 0.2)], ids=repr)
def test_a_regularizer_is_part_of_every_cost(regularizer):
    def a_model(of):
        return a_net(tn.SGD(0.05), tn.MeanSquaredError(), "tanh", of)

    (plain, Y), (model, _) = a_model(None), a_model(regularizer)
    plain.build(3)
    model.build(3)
    penalty = regularizer(model.layers[0].W)
    J = plain.evaluate(X, Y)["loss"]
    assert model.evaluate(X, Y)["loss"] == pytest.approx(J + penalty, rel=1e-14)
    assert model.gradients(X, Y)[0] == pytest.approx(J + penalty, rel=1e-14)
    assert model.check_gradients(X, Y).passed
    dW = model.gradients(X, Y)[1]["W1"] - plain.gradients(X, Y)[1]["W1"]
    np.testing.assert_allclose(dW, regularizer.derivative(model.layers[0].W), atol=1e-14)
    first = model.fit(X, Y, 1, verbose=0).history["loss"]
    assert first == [pytest.approx(J + penalty, rel=1e-14)]


def test_a_regularizer_may_change_between_two_fits():
    (one, Y), (other, _) = (
        a_net(tn.SGD(0.05), tn.MeanSquaredError(), "tanh", tn.L2(l2)) for l2 in (0.1, 0.3)
    )
    one.layers[0].regularizer.l2 = 0.1
    one.fit(X, Y, 2, verbose=0)
    one.layers[0].regularizer.l2 = 0.3
    other.layers[0].regularizer = "l2"
    other.layers[0].regularizer.l2 = 0.1
    other.fit(X, Y, 2, verbose=0)
    other.layers[0].regularizer = tn.L2(0.3)
    for model in (one, other):
        model.fit(X, Y, 2, verbose=0)
    same(one, other)


def test_a_layer_has_a_regularizer_of_its_own():
    shared = tn.L2(0.1)
    layers = [tn.Dense(2, regularizer=shared) for _ in range(2)]
    layers[0].regularizer.l2 = 0.5
    assert [layer.regularizer.l2 for layer in layers] == [0.5, 0.1]
    assert shared.l2 == 0.1


# ---- losses: what they take


def test_label_smoothing_is_that_of_the_smoothed_labels():
    A, Y = np.array([[0.2, 0.7], [0.8, 0.3]]), np.array([[1.0, 0.0], [0.0, 1.0]])
    for loss in (tn.BinaryCrossEntropy, tn.CrossEntropy, tn.KullbackLeibler):
        assert loss(0.2)(A, Y) == pytest.approx(loss()(A, 0.8 * Y + 0.1), rel=1e-14)


def test_metrics_see_the_labels_as_they_are():
    model = tn.Sequential([tn.Dense(1, "sigmoid")], seed=0)
    model.compile(loss=tn.BinaryCrossEntropy(label_smoothing=0.9), metrics=["accuracy"])
    Y = X[:1] > 0
    model.fit(X, Y, 1, verbose=0)
    right = (model.predict_classes(X) == Y).mean()
    assert model.evaluate(X, Y)["accuracy"] == pytest.approx(right)


def test_hinge_takes_both_kinds_of_labels():
    A = [[0.5, -2.0, 3.0]]
    assert tn.Hinge()(A, [0, 1, 1]) == tn.Hinge()(A, [-1, 1, 1]) == pytest.approx(4.5 / 3)
    with pytest.raises(ValueError, match="labels Y of -1 and 1, or of 0 and 1"):
        tn.Hinge()(A, [-1, 0, 1])


def test_poisson_refuses_what_is_no_count_or_rate():
    with pytest.raises(ValueError, match="counts Y of at least 0"):
        tn.Poisson()([[1.0]], [[-1.0]])
    with pytest.raises(ValueError, match="rates A above 0"):
        tn.Poisson()([[-1.0]], [[1.0]])
    with pytest.raises(FloatingPointError, match="a finite output"):
        tn.Poisson()([[0.0]], [[1.0]])
    assert tn.Poisson()([[0.0]], [[0.0]]) == 0


@pytest.mark.parametrize(("name", "same_as"), [("linear", "identity"), ("swish", "silu")])
def test_keras_names_of_activations(name, same_as):
    assert repr(tn.Dense(1, name)) == f"Dense(1, {same_as})"


@pytest.mark.parametrize(
    ("name", "kind"),
    [("mae", tn.MeanAbsoluteError), ("bce", tn.BinaryCrossEntropy), ("kld", tn.KullbackLeibler)],
)
def test_keras_names_of_losses(name, kind):
    assert type(tn.losses.loss("", name)) is kind
