"""Names that collide, a step and its careful form, memory in two places, threads, layouts on a
tape."""

import copy
import pickle
import threading

import numpy as np
import pytest

import tinynet as tn
from tests.test_changes_in_a_fit import X, Y
from tests.ways import WAYS, equal, taken
from tinynet.tape.memory import Arena
from tinynet.tape.recording import Recording

rng = np.random.default_rng(0)


def a_net(optimizer="sgd", **settings):
    model = tn.Sequential([tn.Dense(3, "tanh"), tn.Dense(1, "sigmoid")], seed=0, **settings)
    model.compile(optimizer)
    return model


# ---- parameters


class Numbered(tn.Layer):
    """Its "W1" in layer 1 would be the "W" of layer 11."""

    def make_params(self, n_in, rng):
        return {"W1": np.ones((self.units, n_in))}


@pytest.mark.parametrize("build", [
    lambda: Numbered(2).build(3),
    lambda: tn.Sequential([Numbered(2)]).build(3),
])  # fmt: skip
def test_a_parameter_s_name_ends_in_no_number(build):
    with pytest.raises(ValueError, match="names of arrays without a number, got W1"):
        build()


class Turned(tn.Dense):
    def make_params(self, n_in, rng):
        return dict(reversed(super().make_params(n_in, rng).items()))


class More(tn.Dense):
    def make_params(self, n_in, rng):
        return {**super().make_params(n_in, rng), "c": np.ones((self.units, 1))}


class Backward(tn.Dense):
    """It joins its parameters from the end to the beginning."""

    def join(self, params):
        return super().join(params)[::-1]


@pytest.mark.parametrize("kind", [Turned, More, Backward])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_parameters_that_a_layer_would_mix_up(kind, dtype):
    with pytest.raises(ValueError, match="parameters that join and split give back"):
        kind(2).build(3, seed=0, dtype=dtype)


class BiasOnly(tn.Dense):
    def preactivation(self, X):
        return self.params["b"]


def test_outputs_of_another_shape_by_hand():
    model = tn.Sequential([BiasOnly(2)], seed=0).build(3)
    with pytest.raises(ValueError, match=r"an output of shape \(2, 20\), got \(2, 1\)"):
        model.forward(np.ones((3, 20)))


class OneExample(tn.Dense):
    """Right in training, but in use it gives the outputs of one example."""

    def value(self, X):
        return super().value(X)[:, :1]


@pytest.mark.parametrize("kind", [BiasOnly, OneExample])
@pytest.mark.parametrize("inside", [False, True])
def test_outputs_of_another_shape_in_use(kind, inside):
    own = tn.Residual([kind(3)]) if inside else kind(3)
    model = tn.Sequential([own, tn.Dense(1)], seed=0).build(3)
    with pytest.raises(ValueError, match=r"an output of shape \(3, 20\), got \(3, 1\)"):
        model.predict(np.ones((3, 20)))


# ---- optimizers


class Decaying(tn.Adam):
    """Adam's careful_step is none of its step's."""

    steady = True

    def step(self, p, g, slots, *numbers):
        step, after = super().step(p, g, slots, *numbers)
        return step + 0.1 * p, after


def test_a_careful_step_stands_for_its_own_step_only():
    w, g = {"w": np.full(1, 1e10, np.float32)}, {"w": np.full(1, 1e30, np.float32)}
    with pytest.raises(FloatingPointError, match="a finite"):
        Decaying(0.5)(w, g)
    model = tn.Sequential([tn.Dense(1, use_bias=False)], dtype="float32", seed=0).build(1)
    model.compile(Decaying(0.5), "mse")
    model.set_weights([[[1e10]]])
    with pytest.raises(FloatingPointError, match="a finite"):
        model.fit([[1e10]], [0.0], verbose=0)
    assert model.layers[0].W == 1e10


@pytest.mark.parametrize("turned", [False, True])
def test_slots_that_are_views_of_one_array(turned):
    """Not in the order in which a net has its parameters."""
    models = [a_net(tn.SGD(0.1, momentum=0.9)) for _ in range(2)]
    for model in models:
        model.fit(X, Y, 3, verbose=0)
    flat = np.concatenate([v.ravel() for v in models[0].optimizer.slots["v"].values()])
    ends = np.cumsum([v.size for v in models[0].optimizer.slots["v"].values()])[:-1]
    shapes = {name: v.shape for name, v in models[0].optimizer.slots["v"].items()}
    pieces = zip(shapes.items(), np.split(flat, ends), strict=True)
    views = {name: piece.reshape(shape) for (name, shape), piece in pieces}
    models[0].optimizer.slots["v"] = dict(reversed(views.items())) if turned else views
    for model in models:
        model.fit(X, Y, 3, verbose=0)
    for p, q in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_array_equal(p, q)


@pytest.mark.parametrize("more", [0, 2])
def test_thetas_that_are_views_of_one_array(more):
    """In another order than that of the layers, or not all of it."""
    one, other = a_net().build(2), a_net().build(2)
    first, last = (layer.theta for layer in one.layers)
    both = np.concatenate([last.ravel(), first.ravel(), np.zeros(more)])
    one.layers[1].theta = both[: last.size].reshape(last.shape)
    one.layers[0].theta = both[last.size :][: first.size].reshape(first.shape)
    for model in (one, other):
        model.fit(X, Y, 2, verbose=0)
    for p, q in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(p, q)


def as_float32(model):
    model.cast("float32")
    return model


@pytest.mark.parametrize(
    "made", [as_float32, copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))]
)
def test_what_params_gave_stays_the_model_s_own(made):
    """An array that was taken before a fit has the numbers that the fit has found."""
    model = made(a_net().build(2))
    held = dict(model.params)
    model.fit(X, Y, 3, verbose=0)
    for name, p in model.params.items():
        np.testing.assert_array_equal(held[name], p)
    held["W1"][...] = 0
    assert not model.layers[0].W.any()


class Sized(tn.Optimizer):
    steady = True

    def step(self, p, g, slots, rate):
        return rate * (g if p.size <= 64 else 0.5 * g), {}


def test_a_step_that_looks_at_the_size_is_walked():
    model = tn.Sequential([tn.Dense(12, "tanh"), tn.Dense(2)], seed=0)
    model.compile(Sized(0.1))
    with pytest.warns(UserWarning, match="an optimizer's step that looks at other entries"):
        model.fit(np.eye(3), np.ones((2, 3)), 1, verbose=0)


class Clipping(tn.SGD):
    def advance(self, params, grads):
        return super().advance(params, {name: g.clip(-1, 1) for name, g in grads.items()})


def test_a_backward_of_an_advance_of_one_s_own_is_refused():
    optimizer = Clipping(0.1)
    optimizer.forward({"w": np.zeros(1)}, {"w": np.full(1, 5.0)})
    with pytest.raises(ValueError, match="a pullback that belongs to its own advance"):
        optimizer.backward({"w": np.ones(1)})


# ---- losses


class PerExample(tn.Loss):
    def costs(self, A, Y):
        return np.square(A - Y).sum(axis=0)

    def derivative(self, A, Y):
        return 2 * (A - Y)


class PerExampleMean(PerExample):
    averages_outputs = False


def test_costs_of_examples_are_for_losses_that_average_no_outputs():
    A, T = np.full((2, 3), 2.0), np.ones((2, 3))
    with pytest.raises(ValueError, match=r"costs of each entry, \(n_y, m\), got \(3,\): or \(m,\)"):
        PerExample()(A, T)
    assert PerExampleMean()(A, T) == 2
    assert PerExample()(A[:1], T[:1]) == 1
    model = tn.Sequential([tn.Dense(2)], seed=0)
    model.compile(loss=PerExample())
    with pytest.raises(ValueError, match="costs of each entry"):
        model.gradients(np.ones((2, 3)), T)


# ---- data that is the model's own


@pytest.mark.parametrize("batch_size", [None, 2])
def test_a_fit_on_the_model_s_own_weights(batch_size):
    losses = []
    for own in (np.asarray, np.copy):
        model = tn.Sequential([tn.Dense(6, "tanh"), tn.Dense(1)], seed=0, examples="rows").build(6)
        model.compile(tn.SGD(0.5))
        history = model.fit(own(model.layers[0].W), np.arange(6.0), 3, batch_size, verbose=0)
        losses.append(history.history["loss"])
    assert losses[0] == losses[1]


# ---- threads


def in_another_thread(call):
    errors = []

    def run():
        try:
            call()
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return errors


LOOKS = {
    "copy": copy.deepcopy,
    "pickle": pickle.dumps,
    "get_weights": lambda model: model.get_weights(),
    "set_weights": lambda model: model.set_weights([*model.params.values()]),
    "reset": lambda model: model.reset(),
    "cast": lambda model: model.cast("float32"),
}


class Looking(tn.Metric):
    """Calls something from another thread while a fit runs."""

    def read(self, activation, A, Y):
        self.errors = in_another_thread(self.look)
        return (A - Y)[0]


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_all_weights_stay_with_the_thread_that_trains_them(look):
    model = a_net().build(2)
    metric = Looking()
    metric.look = lambda: look(model)
    model.compile("sgd", metrics=[metric])
    model.fit(X, Y, 1, verbose=0)
    (error,) = metric.errors
    assert "a model that is not being trained, got a fit that runs" in str(error)
    del metric.look, metric.errors
    assert not in_another_thread(lambda: look(model))  # afterwards


class Copying(tn.Metric):
    def read(self, activation, A, Y):
        self.twin = pickle.loads(pickle.dumps(self.model))
        return (A - Y)[0]


def test_a_copy_that_the_training_thread_makes_is_anybody_s():
    model, metric = a_net(), Copying()
    metric.model = a_net().build(2)
    model.compile("sgd", metrics=[metric])
    metric.model.fit(X, Y, 1, verbose=0)
    model.fit(X, Y, 1, verbose=0)
    assert not in_another_thread(metric.twin.get_weights)


# ---- a tape has the numbers and the memory orders that numpy has

C = rng.normal(size=(30, 40))
LAYOUTS = {
    "ones_like": lambda c, f: f * np.ones_like(f),
    "reversed": lambda c, f: np.tanh(c[::-1]),
    "columns reversed": lambda c, f: np.tanh(f[:, ::-1]),
    "both": lambda c, f: f[::-1] * c[::-1],
    "three dimensions": lambda c, f: np.tanh(f[:, :, None] * f[:, None, :]),
    "three dimensions turned": lambda c, f: np.tanh((c[:, :, None] * c[:, None, :]).T),
    "cast": lambda c, f: f.astype(np.float32),
    "copied": lambda c, f: f.copy(),
    "mixed": lambda c, f: f + c,
}


@pytest.mark.parametrize("function", LAYOUTS.values(), ids=LAYOUTS)
def test_what_is_played_has_the_memory_order_of_what_is_called(function):
    given = [C, np.asfortranarray(1.1 * C)]
    recording = Recording(lambda *arrays: ([], [function(*arrays)]), given, Arena())
    (played,), called = recording.bind(given).play(), function(*given)
    assert played.strides == called.strides
    np.testing.assert_array_equal(played, called)


class TwoZeros(tn.Activation):
    steady = True

    def value(self, Z):
        return Z + np.copysign(1, np.maximum(-0.0 * Z, 0.0)) + np.copysign(2, np.minimum(Z, -0.0))

    def derivative(self, Z):
        return np.ones_like(Z)


def test_two_zeros_are_two_numbers():
    models = []
    for way in WAYS:
        model = tn.Sequential([tn.Dense(3, TwoZeros()), tn.Dense(1)], seed=0)
        model.compile("sgd")
        with taken(way):
            model.fit(X, Y, 3, verbose=0)
        models.append(model)
    equal(*(model.get_weights() for model in models))
