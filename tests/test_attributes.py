"""Settings are checked whenever they are set, and an attribute that a part does not have is an
error that names the nearest one it has."""

import copy
import pickle
import timeit

import numpy as np
import pytest

import tinynet as tn
from tests.test_door import X, Y, binary, refused


class Mine(tn.SGD):
    """A user's own part: its class body and `__init__` may name any attributes."""

    note: str
    moments = 3

    def __init__(self, rate):
        super().__init__(rate)
        self.momenta = [1]

    def step(self, g, slots, *numbers):
        self.seen = g.shape
        return super().step(g, slots, *numbers)


class Drawing(tn.Initializer):
    def scale(self, n_out, n_in):
        return 1.0


UNKNOWN = {
    "an alias": (lambda m: m.optimizer, "lr", "SGD: .*, got lr: did you mean learning_rate"),
    "a typo": (lambda m: m.optimizer, "momentun", "did you mean momentum"),
    "of a layer": (lambda m: m.layers[0], "unit", "layer 1, Dense.*: did you mean units"),
    "a weight": (lambda m: m.layers[0], "w", "did you mean W"),
    "of an activation": (lambda _: tn.LeakyReLU(), "slop", "LeakyReLU: .*: did you mean slope"),
    "a short one": (lambda _: tn.Adam(), "eps", "did you mean epsilon"),
    "a weight elsewhere": (lambda m: m.layers[0], "kernel", "did you mean W"),
    "what fit is told": (lambda m: m, "epochs", "did you mean fit"),
    "without settings": (lambda _: tn.Tanh(), "slope", "Tanh: .* got slope$"),
    "of a loss": (lambda _: tn.MeanSquaredError(), "weigth", "did you mean weight"),
    "of an initializer": (lambda _: tn.Normal(), "std", "Normal: .*: did you mean stddev"),
    "of a model": (lambda m: m, "optimiser", "Sequential: .*: did you mean optimizer"),
    "what compile is told": (lambda m: m, "loss", "did you mean compile"),
    "a rate of a model": (lambda m: m, "learning_rate", "did you mean optimizer"),
    "far from all": (lambda m: m.optimizer, "zzz", "its settings are learning_rate, clip_norm"),
    "of a user's part": (lambda _: Mine(0.1), "learning_rat", "Mine: .* did you mean learning_ra"),
    "a user's alias": (lambda _: Mine(0.1), "lr", "did you mean learning_rate"),
}


@pytest.mark.parametrize(("part", "name", "message"), UNKNOWN.values(), ids=UNKNOWN)
def test_an_unknown_attribute_is_answered_with_the_nearest(part, name, message):
    part = part(binary())
    before = pickle.dumps(part)
    with pytest.raises(AttributeError, match=message) as caught:
        setattr(part, name, 0.5)
    assert ": expected an attribute that it has, got " in str(caught.value)
    assert pickle.dumps(part) == before


WRONG = {
    "learning_rate": (lambda m: m.optimizer, -1, r"SGD: expected learning_rate as a number in"),
    "momentum": (lambda m: m.optimizer, 1, r"momentum as a number in \[0, 1\)"),
    "nesterov": (lambda m: m.optimizer, "no", "SGD: expected nesterov as True or False, got 'no'"),
    "beta_1": (lambda _: tn.Adam(), 1, r"Adam: expected beta_1 as a number in \[0, 1\)"),
    "slope": (lambda _: tn.LeakyReLU(), 5, r"LeakyReLU: expected slope as a number in \[0, 1\)"),
    "stddev": (lambda _: tn.Normal(), -1, r"Normal: expected stddev as a number in \(0, inf\)"),
    "units": (lambda _: tn.Dense(4), 0, r"Dense\(4\): expected units as a whole number"),
    "use_bias": (lambda _: tn.Dense(4), 1, "use_bias as True or False"),
    "activation": (lambda m: m.layers[0], "tahn", r"layer 1, .*: expected activation to be"),
    "initializer": (lambda m: m.layers[0], "xavier", "initializer to be one of zeros"),
    "bias_initializer": (lambda m: m.layers[0], 0, "bias_initializer to be one of zeros"),
    "optimizer": (lambda m: m, "adam", r"got 'adam': call compile\(optimizer=\.\.\.\)"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_setting_is_checked_when_it_is_set_later(name):
    part, value, message = WRONG[name]
    part = part(binary())
    refused(lambda: setattr(part, name, value), message, part)


@pytest.mark.parametrize(("name", "value"), [("units", 7), ("use_bias", False)])
def test_what_a_layer_is_built_with_stays(name, value):
    layer = tn.Dense(4).build(2, seed=0)
    message = rf"Dense\(4\): expected {name} to stay as it was built, got {value}: make a new Dense"
    refused(lambda: setattr(layer, name, value), message, layer)
    model = binary().build(2)
    refused(lambda: setattr(model.layers[0], name, value), "to stay as it was built", model)


def test_before_it_is_built_they_may_change():
    layer = tn.Dense(4)
    layer.units, layer.use_bias = 3, False
    layer.build(2, seed=0)
    assert layer.W.shape == (3, 2)
    assert list(layer.params) == ["W"]


@pytest.mark.parametrize("dtype", [int, "float16", "int64", None, complex, "abc"])
def test_a_dtype_is_one_of_two(dtype):
    model = binary().build(2)
    for part in (model, model.layers[0], tn.SGD()):
        refused(lambda part=part: part.cast(dtype), "dtype to be one of float32, float64", part)


def test_a_cast_takes_the_optimizer_along():
    model = binary()
    model.compile(tn.SGD(0.1, momentum=0.9))
    model.fit(X, Y, 3, verbose=0)
    model.cast(np.float32)
    for _ in range(2):
        assert {a.dtype for a in model.optimizer.slots["v"].values()} == {np.dtype("float32")}
        model.fit(X, Y, 3, verbose=0)
    assert model.predict(X).dtype == np.float32


def test_a_string_becomes_an_activation():
    model = binary().build(2)
    before = model.predict(X)
    model.layers[0].activation = "relu"
    assert isinstance(model.layers[0].activation, tn.ReLU)
    assert not np.array_equal(model.predict(X), before)
    assert model.check_gradients(X, Y).passed


def test_an_activation_is_copied_in():
    layer, mine = tn.Dense(2), tn.LeakyReLU(0.1)
    layer.activation = mine
    mine.slope = 0.5
    assert layer.activation.slope == 0.1


def test_a_setting_changed_between_forward_and_backward_ends_the_wait():
    leaky, sgd = tn.LeakyReLU(), tn.SGD(0.1, momentum=0.5)
    leaky.forward(X)
    leaky.slope = 0.5
    sgd.forward({"w": np.ones(2)}, {"w": np.ones(2)})
    sgd.nesterov = True
    for node, dy in ((leaky, X), (sgd, {"w": np.ones(2)})):
        with pytest.raises(RuntimeError, match="a forward before this backward"):
            node.backward(dy)


def test_a_user_s_part_owns_its_attributes():
    mine = Mine(0.1)
    mine.note, mine.moments, mine.anything, mine.momenta = "a", 4, 5, [2]
    mine.forward({"w": np.ones(2)}, {"w": np.ones(2)})
    assert mine.seen == (2,)
    drawing = Drawing()
    drawing.anything = 1
    twin = pickle.loads(pickle.dumps(copy.deepcopy(mine)))
    assert (twin.note, twin.anything, twin.momenta) == ("a", 5, [2])


def test_names_of_a_class_may_be_set_on_an_object():
    tanh = tn.Tanh()
    tanh.keeps = "Z"
    tanh._private = 1
    assert tanh([[3.0]]) == np.tanh(3.0)


def test_settings_are_told_in_one_form():
    assert repr(tn.SGD(0.1)) == "SGD(learning_rate=0.1, momentum=0.0, nesterov=False)"
    assert repr(Mine(0.5)) == "Mine(learning_rate=0.5, momentum=0.0, nesterov=False)"
    assert repr(tn.LeakyReLU()) == "LeakyReLU(0.01)"
    assert repr(Drawing()) == "Drawing()"


def test_settings_cost_next_to_nothing():
    leaky, sgd = tn.LeakyReLU(), tn.SGD()

    def count():
        sgd.cache = {}

    assert vars(leaky)["slope"] == 0.01
    assert min(timeit.repeat(count, number=1000, repeat=20)) < 1e-3  # 1 us, on any machine


def test_an_initializer_by_its_name_is_the_layer_s_own():
    tn.Dense(1, initializer="normal").initializer.stddev = 5
    assert tn.Dense(1, initializer="normal").initializer.stddev == 0.01
