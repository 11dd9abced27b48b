"""Whatever holds the numbers, the result is that of a plain array of them, to the bit; and a user's
arrays are neither written nor kept."""

import gc
import weakref

import numpy as np
import pytest

import tinynet as tn

rng = np.random.default_rng(0)
PLAIN = {"X": rng.integers(0, 2, (3, 40)).astype(float), "Y": rng.integers(0, 2, (1, 40)) * 1.0}
WEIGHTS = np.arange(40.0) % 4
SEVERAL = rng.integers(-8, 9, (3, 40)) / 4  # which float16 holds


class Held:
    """What only numpy knows how to read."""

    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return self.array.copy() if dtype is None else self.array.astype(dtype)


def strided(a):
    wide = np.full((a.shape[0], 3 * a.shape[1]), 7.0)
    wide[:, ::3] = a
    return wide[:, ::3]


def read_only(a):
    a = a.copy()
    a.flags.writeable = False
    return a


def memmap(a, folder):
    path = folder / f"{len(list(folder.iterdir()))}.bin"
    a.astype(np.float64).tofile(path)
    return np.memmap(path, np.float64, "r", shape=a.shape)


VARIANTS = {
    "C": lambda a, _: np.ascontiguousarray(a),
    "F": lambda a, _: np.asfortranarray(a),
    "strided": lambda a, _: strided(a),
    "reversed": lambda a, _: a[:, ::-1].copy()[:, ::-1],
    "upside down": lambda a, _: a[::-1].copy()[::-1],
    "read-only": lambda a, _: read_only(a),
    "memmap": memmap,
    "big-endian": lambda a, _: a.astype(">f8"),
    "big-endian float32": lambda a, _: a.astype(">f4"),
    "float16": lambda a, _: a.astype(np.float16),
    "int": lambda a, _: a.astype(int),
    "int8": lambda a, _: a.astype(np.int8),
    "uint64": lambda a, _: a.astype(np.uint64),
    "bool": lambda a, _: a.astype(bool),
    "longdouble": lambda a, _: a.astype(np.longdouble),
    "list": lambda a, _: a.tolist(),
    "tuple": lambda a, _: tuple(map(tuple, a.tolist())),
    "list of arrays": lambda a, _: list(a),
    "__array__": lambda a, _: Held(a),
}
WHOLE = ["int", "int8", "uint64", "bool"]  # which hold no quarters


def results(X, Y, weights, examples, dtype, batch_size):
    """All that a model makes of the data."""
    layers = [tn.Standardize(), tn.Dense(4, "tanh"), tn.Dense(1, "sigmoid")]
    model = tn.Sequential(layers, seed=1, dtype=dtype, examples=examples)
    model.compile("adam", metrics=["accuracy"])
    more = {"validation_split": 0.25} if batch_size else {"sample_weight": weights}
    history = model.fit(X, Y, 3, batch_size, verbose=0, **more)
    J, grads = model.gradients(X, Y)
    found = [model.predict(X), model.predict_classes(X), *model.get_weights(), *grads.values()]
    numbers = [history.rows, J, model.evaluate(X, Y), model.train_on_batch(X, Y)]
    return [hash(a.tobytes()) for a in found], repr(numbers)


def turned(examples, *arrays):
    return [a.T if examples == "rows" else a for a in arrays]


@pytest.mark.parametrize("batch_size", [None, 16])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("examples", ["columns", "rows"])
@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_is_the_plain_array(name, examples, dtype, batch_size, tmp_path):
    values = PLAIN["X"] if name in WHOLE else SEVERAL
    X, Y = turned(examples, values, PLAIN["Y"])
    plain = [np.ascontiguousarray(a) for a in (X, Y)]
    made = [VARIANTS[name](a, tmp_path) for a in (X, Y)]
    counts = WEIGHTS % 2 if name == "bool" else WEIGHTS
    weights = VARIANTS[name](counts[None], tmp_path)
    own = [*made, Held(counts) if isinstance(weights, Held) else weights[0]]
    before = [np.array(a, copy=True) for a in made]
    wanted = results(*plain, counts, examples, dtype, batch_size)
    assert results(*own, examples, dtype, batch_size) == wanted
    assert all(np.array_equal(a, b) for a, b in zip(made, before, strict=True))


@pytest.mark.parametrize("batch_size", [None, 16])
@pytest.mark.parametrize("examples", ["columns", "rows"])
@pytest.mark.parametrize("loss", ["categorical_crossentropy", "mse"])
@pytest.mark.parametrize("name", ["F", "strided", "reversed", "upside down", "list"])
def test_targets_of_several_rows(name, loss, examples, batch_size, tmp_path):
    X, Y = turned(examples, SEVERAL, np.eye(3)[:, np.arange(40) % 3])

    def ends(X, Y):
        layers = [tn.Dense(4, "tanh"), tn.BatchNorm(), tn.Dense(3, "softmax")]
        model = tn.Sequential(layers, seed=1, examples=examples)
        model.compile("adam", loss, metrics=["accuracy", "mse"])
        found = [model.fit(X, Y, 3, batch_size, verbose=0, validation_data=(X, Y)).rows]
        return repr([*found, model.evaluate(X, Y), model.gradients(X, Y), model.get_weights()])

    own = [VARIANTS[name](a, tmp_path) for a in (X, Y)]
    assert ends(*own) == ends(np.ascontiguousarray(X), np.ascontiguousarray(Y))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("batch_size", [None, 16])
def test_a_frame_and_a_series_are_the_plain_array(dtype, batch_size):
    pandas = pytest.importorskip("pandas")
    X, Y = SEVERAL.T, PLAIN["Y"][0]
    frame = pandas.DataFrame({"a": X[:, 0], "b": X[:, 1].astype("f4"), "c": X[:, 2]}).sample(
        frac=1, random_state=0
    )
    order = frame.index.to_numpy()
    series = pandas.Series(Y).loc[frame.index].astype(int)
    weights = pandas.Series(WEIGHTS).loc[frame.index]
    own = results(frame, series, weights, "rows", dtype, batch_size)
    assert own == results(X[order], Y[order], WEIGHTS[order], "rows", dtype, batch_size)


@pytest.mark.parametrize("batch_size", [None, 16])
@pytest.mark.parametrize("make", ["C", "F", "strided", "memmap"])
@pytest.mark.parametrize("examples", ["columns", "rows"])
def test_a_users_array_is_not_kept(make, examples, batch_size, tmp_path):
    X, Y = (VARIANTS[make](a.copy(), tmp_path) for a in turned(examples, SEVERAL, PLAIN["Y"]))
    model = tn.Sequential([tn.Dense(4, "tanh"), tn.Dense(1, "sigmoid")], seed=1, examples=examples)
    model.compile("adam")
    model.fit(X, Y, 3, batch_size, verbose=0)
    model.evaluate(X, Y)
    model.predict(X)
    seen = [weakref.ref(a) for a in (X, Y)]
    del X, Y
    gc.collect()
    assert [one() for one in seen] == [None, None]
