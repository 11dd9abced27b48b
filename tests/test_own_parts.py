"""Parts that users write themselves: they train as they say, are checked as ours are, and fail with
a sentence."""

import numpy as np
import pytest

import tinynet as tn
from tests.parts import Norm
from tests.ways import WAYS, taken

rng = np.random.default_rng(0)
X, Y = rng.standard_normal((2, 12)), rng.integers(0, 2, (1, 12))


class Swish(tn.Activation):
    def value(self, Z):
        return Z * tn.sigmoid(Z)

    def derivative(self, Z):
        s = tn.sigmoid(Z)
        return s + Z * s * (1 - s)


class PReLU(tn.Activation):
    def __init__(self):
        super().__init__()
        self.params = {"a": np.array(0.25)}

    def value(self, Z):
        return np.where(Z > 0, Z, self.params["a"] * Z)


class Scale(tn.Layer):
    """Its parameters have the names that a cache has entries of."""

    def make_params(self, n_in, rng):
        return {name: rng.standard_normal((self.units, 1)) for name in ("A", "X", "Z")}

    def preactivation(self, X):
        return X * self.params["A"] * self.params["X"] + self.params["Z"]

    def parameter_gradients(self, dZ, cache):
        X, A, B = cache["X"], cache["params"]["A"], cache["params"]["X"]

        def total(a):
            return a.sum(axis=1, keepdims=True)

        return {"A": total(dZ * X * B), "X": total(dZ * X * A), "Z": total(dZ)}

    def input_gradient(self, dZ, cache):
        return dZ * cache["params"]["A"] * cache["params"]["X"]


class Double(tn.Layer):
    """A layer without parameters."""

    def make_params(self, n_in, rng):
        return {}

    def preactivation(self, X):
        return 2 * X

    def parameter_gradients(self, dZ, cache):
        return {}

    def input_gradient(self, dZ, cache):
        return 2 * dZ


class Weighted(tn.BinaryCrossEntropy):
    """Ten times the cost where y = 1."""

    def costs(self, A, Y):
        return super().costs(A, Y) * (1 + 9 * Y)

    def derivative(self, A, Y):
        return super().derivative(A, Y) * (1 + 9 * Y)


class Steep(tn.Sigmoid):
    def value(self, Z):
        return super().value(3 * Z)

    def derivative(self, Z):
        return 3 * super().derivative(3 * Z)


class Momentous(tn.Optimizer):
    """The sign of the gradient."""

    def step(self, p, g, slots, rate):
        return rate * np.sign(g), {}

    def step_pullback(self, d, p, g, slots, rate):
        return 0, np.zeros_like(d), {}


class Tripled(tn.Dense):
    """A layer whose training pass differs from its value, as dropout's does."""

    def run(self, X):
        A, cache = super().run(X)
        return 3 * A, cache

    def pullback(self, dA, cache):
        return super().pullback(3 * dA, cache)


class Halved(tn.MeanSquaredError):
    def run(self, A, Y):
        J, cache = super().run(A, Y)
        return J / 2, cache


class HalvedBack(tn.MeanSquaredError):
    def pullback(self, dJ, cache):
        return super().pullback(dJ / 2, cache)


def a_net(*layers, loss=None, optimizer="sgd"):
    model = tn.Sequential(layers, seed=1)
    model.compile(optimizer, loss=loss)
    return model


@pytest.mark.parametrize(
    "model",
    [
        a_net(tn.Dense(3, Swish()), tn.Dense(1, tn.sigmoid)),
        a_net(Scale(2, "tanh"), Scale(2, "relu"), tn.Dense(1, tn.sigmoid)),
        a_net(Double(2), tn.Dense(1, tn.sigmoid)),
        a_net(tn.Dense(3, "tanh"), tn.Dense(1, tn.sigmoid), optimizer=Momentous(0.01)),
        a_net(tn.Dense(3, "tanh"), tn.Dense(1, tn.sigmoid), loss=Weighted()),
        a_net(tn.Dense(3, "tanh"), tn.Dense(1, Steep()), loss="binary_crossentropy"),
        a_net(tn.Dense(3, "tanh"), tn.Dense(1, Steep())),
    ],
    ids=[
        "activation",
        "layer",
        "no parameters",
        "optimizer",
        "loss",
        "output",
        "output and its loss",
    ],
)
def test_it_trains_as_it_says(model):
    model.build(2)
    assert model.check_gradients(X, Y).passed
    loss = model._cost.pair.loss
    before = loss(model.predict(X), Y)
    assert model.evaluate(X, Y)["loss"] == pytest.approx(before, rel=1e-12)
    model.fit(X, Y, 50, verbose=0)
    assert model.evaluate(X, Y)["loss"] < before
    model.forward(X)
    model.backward(np.ones((1, 12)))
    with pytest.raises(ValueError, match="do not align"):
        model.predict(X[:1])


def test_a_practice_pass_of_its_own_is_differentiated():
    model = a_net(Tripled(3, "tanh"), Tripled(4, "tanh"), tn.Dense(1, tn.sigmoid)).build(2)
    assert model.check_gradients(X, Y).passed
    J = model.gradients(X, Y)[0]
    assert tn.BinaryCrossEntropy()(model.forward(X), Y) == pytest.approx(J, rel=1e-14)
    assert model.fit(X, Y, 1, verbose=0).history["loss"] == [J]


@pytest.mark.parametrize(
    ("last", "loss", "message"),
    [
        (
            Tripled(1),
            None,
            (
                r"layer 1, Tripled\(1\): expected the run of Layer in a model's last layer .* "
                r"put a Dense behind"
            ),
        ),
        (tn.Dense(1), Halved(), "Halved: expected the run of Loss .* write costs and derivative"),
        (tn.Dense(1), HalvedBack(), "HalvedBack: expected the pullback of Loss"),
    ],
)
def test_methods_that_a_training_would_pass_by_are_refused(last, loss, message):
    model = tn.Sequential([last])
    with pytest.raises(TypeError, match=message):
        model.compile("sgd", loss)


def test_an_activation_exchanged_after_compile_is_refused():
    model = a_net(tn.Dense(3, "tanh"), tn.Dense(1, tn.sigmoid)).build(2)
    model.layers[1].activation = tn.Tanh()
    for method in (model.fit, model.gradients, model.evaluate):
        with pytest.raises(
            RuntimeError,
            match=r"expected the last activation of compile\(\), got another: compile\(\) again",
        ):
            method(X, Y)
    model.compile("sgd")
    assert model.evaluate(X, Y)["loss"] == pytest.approx(
        tn.MeanSquaredError()(model.predict(X), Y), rel=1e-12
    )


def test_each_node_is_checked():
    assert tn.check_gradients(Swish(), X).passed
    assert tn.check_gradients(Scale(2, "tanh").build(2, seed=0), X).passed
    assert tn.check_gradients(Double(2, "tanh").build(2), X).passed
    assert tn.check_gradients(
        Momentous(0.1), {"w": np.ones(2)}, {"w": np.array([1.0, -2.0])}
    ).passed
    assert tn.check_gradients(Weighted(), np.array([[0.2, 0.7]]), [0, 1]).passed


def test_a_trainable_activation_has_no_place_yet():
    with pytest.raises(ValueError, match="an activation without parameters"):
        tn.Dense(3, PReLU())


def test_what_is_no_node_cannot_be_checked():
    with pytest.raises(TypeError, match="check_gradients: expected a node, got <ufunc 'tanh'>"):
        tn.check_gradients(np.tanh, X)


class Fivefold:
    """A mixin: five times the cost of whatever loss it goes before."""

    def costs(self, A, Y):
        return 5 * super().costs(A, Y)

    def derivative(self, A, Y):
        return 5 * super().derivative(A, Y)


class Mixed(Fivefold, tn.BinaryCrossEntropy):
    pass


class Summed(tn.MeanSquaredError):
    def weight(self, A):
        return 1.0


@pytest.mark.parametrize(("loss", "last"), [(Mixed(), "sigmoid"), (Summed(), "identity")])
def test_a_variation_on_a_loss_is_what_trains(loss, last):
    model = a_net(tn.Dense(1, last), loss=loss).build(2)
    J, grads = model.gradients(X, Y)
    assert (
        pytest.approx(loss.forward(model.forward(X), Y), rel=1e-12)
        == J
        == model.evaluate(X, Y)["loss"]
    )
    model.backward(loss.backward())
    np.testing.assert_allclose(model.grads["W1"], grads["W1"], rtol=1e-10)


def test_a_setting_changed_later_counts_everywhere():
    model = a_net(tn.Dense(1, tn.LeakyReLU(0.01)), loss="mse").build(2)
    model.layers[-1].activation.slope = 0.5
    assert model.evaluate(X, Y)["loss"] == pytest.approx(
        tn.MeanSquaredError()(model.predict(X), Y), rel=1e-14
    )


def turned(names):
    return dict(reversed(names.items()))


class TurnedNorm(Norm):
    """Gives everything by name, in another order."""

    steady = True
    whole_batch = True

    def run(self, X):
        A, cache = super().run(X)
        return A, cache | {"state": turned(cache["state"])}

    def pullback(self, dA, cache):
        dX, grads = super().pullback(dA, cache)
        return dX, turned(grads)


class TurnedAdam(tn.Adam):
    steady = True

    def step(self, *args):
        step, slots = super().step(*args)
        return step, turned(slots)


@pytest.mark.parametrize("way", WAYS)
def test_the_order_of_names_does_not_matter(way):
    ends = []
    for norm, adam in [(Norm, tn.Adam), (TurnedNorm, TurnedAdam)]:
        model = tn.Sequential([tn.Dense(3, "tanh"), norm(3), tn.Dense(1, "sigmoid")], seed=0)
        model.compile(adam())
        with taken(way):
            model.fit(X, Y, 5, 4, verbose=0)
        layer, optimizer = model.layers[1], model.optimizer
        ends.append([layer.state, *optimizer.slots.values(), model.params])
    for own, other in zip(*ends, strict=True):
        assert own.keys() == other.keys()
        for name, a in own.items():
            np.testing.assert_array_equal(a, other[name])


def test_own_parts_show_their_own_names():
    class Tanh(tn.Activation):
        """A user's class of the same name as one of ours."""

    class Softer(tn.LeakyReLU):
        pass

    assert repr(tn.Dense(1, Tanh())) == "Dense(1, Tanh())"
    assert repr(tn.Dense(1, Softer())) == "Dense(1, Softer(0.01))"
    assert repr(tn.Dense(1, tn.LeakyReLU(0.0100000001))) == "Dense(1, LeakyReLU(0.0100000001))"
    assert repr(tn.Normal(0.01)) == "Normal(0.01)"
    assert repr(tn.He()) == "He('normal')"
