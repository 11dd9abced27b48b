"""What users get wrong: each mistake has one sentence that says what to write instead, and nothing
has changed before it."""

import copy
import re

import numpy as np
import pytest

import tinynet as tn
from tests.test_door import LABELS, X, Y, binary, many, refused

rng = np.random.default_rng(0)


class Series:
    """Like a pandas Series: it holds an array, and has few of its methods."""

    def __init__(self, values):
        self.values = np.asarray(values)

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.values, dtype)


NAMES = np.array(["cat", "dog", "owl"])[LABELS]
HOT = np.eye(2)[:, Y[0]]


def regression():
    model = tn.Sequential([tn.Dense(1)], seed=0)
    model.compile("sgd", "mse")
    return model


def rows_of(model=binary):
    return model(examples="rows")


MISTAKES = {
    "epochs": (lambda: binary().fit(X, Y, 10**30), "epochs as a whole number of at most"),
    "batch_size": (lambda: binary().fit(X, Y, batch_size=10**30), "batch_size .* at most"),
    "units": (lambda: tn.Dense(10**30), "units as a whole number of at most"),
    "m": (lambda: tn.data.moons(10**30), "m as a whole number of at most"),
    "entries": (lambda: tn.check_gradients(tn.Tanh(), X, entries=10**30), "entries .* at most"),
    "a course's seed": (lambda: tn.data.planar(seed=2**32), "seed as a whole number of at most"),
    "check of text": (
        lambda: tn.check_gradients(tn.Tanh(), "abc"),
        "check_gradients: expected input 0 as an array of real numbers",
    ),
    "check of nothing": (
        lambda: tn.check_gradients(tn.Tanh(), np.empty((2, 0))),
        r"input 0 with at least one entry, got \(2, 0\)",
    ),
    "check without inputs": (lambda: tn.check_gradients(tn.Tanh()), "the inputs of its forward"),
    "check of a class": (lambda: tn.check_gradients(tn.Tanh, X), r"call it: tn.Tanh\(\)"),
    "check of names": (
        lambda: tn.check_gradients(tn.SGD(), {"w": "abc"}, {"w": [1.0]}),
        "input 0 w as an array of real numbers",
    ),
    "a ragged split": (
        lambda: tn.data.train_test_split([[1, 2], [3]], [0, 1]),
        "train_test_split: expected X with rows of one length, got ",
    ),
    "a split of rows": (
        lambda: tn.data.train_test_split(X.T, Y[0]),
        r"X \(400, 2\) and Y \(400,\): did you mean examples='rows'\?",
    ),
    "a split of columns": (
        lambda: tn.data.train_test_split(X, Y[0], examples="rows"),
        "did you mean examples='columns'",
    ),
    "names of an optimizer": (
        lambda: tn.SGD()({1: np.ones(2)}, {1: np.ones(2)}),
        "SGD: expected params as a mapping of strings to arrays, got {1: ",
    ),
    "names of gradients": (
        lambda: tn.SGD()({"w": np.ones(2)}, {1: np.ones(2)}),
        "SGD: expected grads as a mapping of strings to arrays, got {1: ",
    ),
    "an activation class": (lambda: tn.Dense(1, tn.Tanh), r"<class .*: call it: tn.Tanh\(\)$"),
    "numpy's own": (lambda: tn.Dense(1, np.tanh), r"got <ufunc 'tanh'>: did you mean 'tanh'\?"),
    "an optimizer class": (lambda: binary().compile(tn.Adam), r"call it: tn.Adam\(\)$"),
    "a loss class": (lambda: binary().compile(loss=tn.BinaryCrossEntropy), "call it: tn.Bin"),
    "an initializer class": (lambda: tn.Dense(1, initializer=tn.He), r"call it: tn.He\(\)$"),
    "a layer class": (
        lambda: tn.Sequential([tn.Dense]),
        r"got one with <.*>: call it: tn.Dense\(\.\.\.\)",
    ),
    "a user's class": (lambda: tn.Dense(1, Missing), r"call it: Missing\(\)$"),
    "several layers": (
        lambda: tn.Sequential(tn.Dense(2), tn.Dense(1)),
        r"a list of layers, got 2 arguments: Sequential\(\[Dense",
    ),
    "add": (
        lambda: binary().add(tn.Dense(1)),
        r"Sequential: expected all layers at once, got add: Sequential\(\[Dense",
    ),
    "a table with texts": (
        lambda: rows_of().fit(np.array([[1, "red"], [2, "blue"]], object), [0, 1]),
        r"X as an array of real numbers, got dtype object: numbers with gaps: pandas.to_numeric",
    ),
    "images": (
        lambda: rows_of().fit(np.ones((9, 8, 8)), np.zeros(9)),
        r"X of shape \(m, n_x\), got \(9, 8, 8\): in rows np.reshape\(X, \(len\(X\), -1\)\)",
    ),
    "class_weight of a regression": (
        lambda: regression().fit(X, X[:1], class_weight="balanced"),
        r"class_weight of a sigmoid or softmax, got Identity\(\): sample_weight gives each",
    ),
    "one feature or one example": (
        lambda: binary().fit(X[0], Y),
        r"got \(400,\): np.reshape\(X, \(1, -1\)\) for examples of one number, \(-1, 1\) for",
    ),
    "one feature or one example, in rows": (
        lambda: rows_of().fit(X[0], Y),
        r"np.reshape\(X, \(-1, 1\)\) for examples of one number, \(1, -1\) for",
    ),
    "text in X": (
        lambda: binary().fit([["a"]], [0]),
        "X as an array of real numbers, got dtype <U",
    ),
    "names for labels": (
        lambda: many().fit(X, NAMES),
        r"dtype <U3: names, Y = np.unique\(Y, return_inverse=True\) makes numbers of them",
    ),
    "names in a series": (
        lambda: many().fit(X, Series(NAMES.astype(object))),
        r"dtype object: names, Y = np.unique\(Y, return_inverse=True\)",
    ),
    "numbers as text": (
        lambda: many().fit(X, LABELS.astype(str)),
        r"np.asarray\(Y, dtype=float\) makes numbers of it",
    ),
    "a frame of labels": (
        lambda: many().fit(X, Series(LABELS[np.newaxis])),
        r"got \(1, 400\): np.ravel\(Y\) makes labels of it",
    ),
    "one-hot": (
        lambda: binary().fit(X, HOT),
        r"got \(2, 400\): is Y one-hot\? Y.argmax\(axis=0\) makes labels of it",
    ),
    "one-hot in rows": (
        lambda: rows_of().fit(X.T, HOT.T),
        r"got \(400, 2\): is Y one-hot\? Y.argmax\(axis=1\)",
    ),
    "one-hot of three": (
        lambda: binary().fit(X, np.eye(3)[:, LABELS]),
        r"is Y one-hot\? a softmax over 3 units takes it",
    ),
}


@pytest.mark.parametrize(("call", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_in_a_sentence(call, message):
    try:
        refused(call, message)
    except AttributeError as error:
        assert re.search(message, str(error))  # noqa: PT017  # `add`, which is no attribute


def test_the_cures_work():
    labels = np.unique(NAMES, return_inverse=True)[1]
    assert many().gradients(X, labels)[0] == many().gradients(X, LABELS)[0]
    assert binary().gradients(X, HOT.argmax(axis=0))[0] == binary().gradients(X, Y)[0]
    assert rows_of().gradients(X.T, HOT.T.argmax(axis=1))[0] == binary().gradients(X, Y)[0]


def test_a_dtype_as_numpy_has_it():
    model = tn.Sequential([tn.Dense(1)], dtype=np.float32).build(2)
    assert model.predict(X).dtype == np.float32


class Missing(tn.Activation):
    def value(self, Z):
        return Z


class Bare(tn.Layer):
    def make_params(self, n_in, rng):
        return {}


class Costless(tn.Loss):
    pass


class Plain(tn.Node):
    pass


class Unscaled(tn.Initializer):
    pass


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tn.check_gradients(Missing(), X), "Missing: expected a derivative, got none: wr"),
        (lambda: Bare(2).build(2)(X), r"Bare\(2\): expected a preactivation, got none"),
        (lambda: tn.Layer(2).build(2), "expected a make_params"),
        (lambda: Costless()(X, X), "Costless: expected a costs"),
        (lambda: Plain()(X), "Plain: expected a admit"),
        (lambda: tn.Dense(2, initializer=Unscaled()).build(2), "Unscaled: expected a scale"),
        (lambda: tn.Activation()(X), "Activation: expected a value"),
    ],
)
def test_a_missing_method_is_named(call, message):
    with pytest.raises(NotImplementedError, match=message.replace(" a ", " a method ")):
        call()


GIVEN = {
    "scalar": lambda shape: 0.1,
    "turned": lambda shape: np.ones(shape[::-1]),
    "nan": lambda shape: np.full(shape, np.nan),
    "text": lambda shape: "abc",
    "list": lambda shape: np.ones(shape).tolist(),
}


class Own(tn.Initializer):
    def __init__(self, gives):
        self.gives = gives

    def __call__(self, shape, rng):
        return GIVEN[self.gives](shape)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("scalar", r"W from Own\(\) of shape \(1, 4\), got \(\)"),
        ("turned", r"W from Own\(\) of shape \(1, 4\), got \(4, 1\)"),
        ("nan", r"W from Own\(\) of finite numbers"),
        ("text", r"W from Own\(\) as an array of real numbers"),
    ],
)
def test_what_an_initializer_gives_is_looked_at(value, message):
    model = tn.Sequential([tn.Dense(4), tn.Dense(1, initializer=Own(value))], seed=0)
    model.compile()
    for call in (lambda: model.build(2), lambda: model.fit(X, Y), lambda: model.gradients(X, Y)):
        refused(call, rf"layer 2, Dense\(1\): expected {message}", model)
    model.layers[1].initializer = "he"
    twin = tn.Sequential([tn.Dense(4), tn.Dense(1, initializer="he")], seed=0).build(2)
    np.testing.assert_array_equal(model.build(2).predict(X), twin.predict(X))


def test_a_list_from_an_initializer_will_do():
    layer = tn.Dense(1, initializer=Own("list")).build(2)
    assert layer.W.tolist() == [[1, 1]]


def test_a_reset_that_fails_changes_nothing():
    model = binary().build(2)
    model.fit(X, Y, 3, verbose=0)
    model.layers[1].initializer = Own("scalar")
    twin = copy.deepcopy(model)
    refused(model.reset, "of shape", model)
    assert model.history.history == twin.history.history


@pytest.mark.parametrize("made", [np.ones(2), {"W": "abc"}, {"W": [[np.nan]]}])
def test_what_a_layer_makes_is_looked_at(made):
    class Odd(tn.Dense):
        def make_params(self, n_in, rng):
            return made

    layer = Odd(1)
    refused(lambda: layer.build(2), r"Odd\(1\): expected (W|make_params)")
    assert not layer.n_in
