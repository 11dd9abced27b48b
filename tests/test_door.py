"""Bad input: an error of one form, "who: expected ..., got ...: the cure", before anything has
changed."""

import pickle
import re

import numpy as np
import pytest

import tinynet as tn

rng = np.random.default_rng(0)
X, Y = rng.standard_normal((2, 400)), rng.integers(0, 2, (1, 400))
LABELS = rng.integers(0, 3, 400)
FORM = re.compile(r"^(?:[\w ,()]+|check_gradients): expected .+, got .+", re.DOTALL)


def binary(**settings):
    model = tn.Sequential([tn.Dense(4, tn.tanh), tn.Dense(1, tn.sigmoid)], seed=0, **settings)
    model.compile(tn.SGD(0.1))
    return model


def many():
    model = tn.Sequential([tn.Dense(4, tn.tanh), tn.Dense(3, tn.softmax)], seed=0)
    model.compile(tn.SGD(0.1))
    return model


def with_nan(a, value=np.nan):
    a = a.astype(float)
    a.flat[3] = value
    return a


BAD_X = {
    "one dimension": (
        X[0],
        r"expected X of shape \(n_x, m\), got \(400,\): np.reshape\(X, \(1, -1\)\)",
    ),
    "three dimensions": (X[np.newaxis], r"got \(1, 2, 400\)"),
    "a number": (3.0, r"got \(\)"),
    "NaN": (with_nan(X), r"X of finite numbers, got nan at index \(0, 3\): clean the data"),
    "infinite": (with_nan(X, -np.inf), "got -inf"),
    "object": (X.astype(object), "dtype object"),
    "text": (X.astype(str), "dtype <U"),
    "words": (np.full(X.shape, "a"), "got dtype <U1: numbers with gaps: pandas.to_numeric"),
    "complex": (X + 0j, "dtype complex128"),
    "dates": (X.astype("datetime64[s]"), "datetime64"),
    "masked": (np.ma.masked_less(X, 0), "a masked array: fill or drop"),
    "no examples": (X[:, :0], "which is empty"),
    "no inputs": (X[:0], "which is empty"),
    "ragged": ([[1, 2], [3]], "dtype object"),
    "None": (None, "dtype object"),
    "a dictionary": ({}, "dtype object"),
}
FITTED_X = {
    "the other axis": (
        X.T,
        (
            r"layer 1, Dense\(4\): expected X of shape \(2, m\), got \(400, 2\): "
            r"did you mean X.T, or examples='rows'\?"
        ),
    ),
    "another width": (
        X[[0, 1, 1]],
        r"layer 1, Dense\(4\): .* got \(3, 400\): \(4, 2\)·\(3, 400\) do not align",
    ),
}
BAD_Y = {
    "too few": (
        Y[:, :-1],
        r"Y of shape \(1, 400\) or \(400,\), got \(1, 399\): 400 examples in X and 1 outputs",
    ),
    "the other axis": (Y.T, r"got \(400, 1\): did you mean Y.T, or examples='rows'"),
    "too many rows": (np.vstack([Y, Y]), r"got \(2, 400\)"),
    "three dimensions": (Y[np.newaxis], r"got \(1, 1, 400\)"),
    "a number": (1, r"got \(\)"),
    "-1 and 1": (
        2 * Y - 1,
        r"labels Y of 0 and 1, got values from -1 to 1: map them to 0 and 1, as in Y == 1",
    ),
    "1 and 2": (Y + 1, "values from 1 to 2"),
    "NaN": (with_nan(Y), "Y of finite numbers"),
    "object": (Y.astype(object), "dtype object"),
    "text": (np.where(Y, "a", "b"), "dtype <U1"),
    "complex": (Y + 1j, "complex"),
    "masked": (np.ma.masked_equal(Y, 1), "masked"),
    "empty": ([], r"got \(0,\)"),
}
BAD_LABELS = {
    "a class too many": (np.where(LABELS == 2, 10, LABELS), "whole labels from 0 to 2, got 10"),
    "a fraction": (np.where(LABELS == 2, 1.7, LABELS), "got 1.7"),
    "negative": (LABELS - 1, "got -1"),
    "a row of labels": (
        LABELS[np.newaxis],
        r"Y of shape \(3, 400\) or \(400,\), got \(1, 400\): np.ravel\(Y\) makes labels",
    ),
    "a column of labels": (
        LABELS[:, np.newaxis],
        r"Y of shape \(3, 400\) or \(400,\), got \(400, 1\): np.ravel\(Y\) makes labels",
    ),
    "columns that do not sum to 1": (np.ones((3, 400)), "sum to 1"),
    "columns that nearly sum to 1": (np.full((3, 400), 0.3), "sum to 1"),
    "negative probabilities": (np.tile([[-1.0], [1.0], [1.0]], 400), "not negative"),
    "one hot the other way": (np.eye(3)[LABELS], r"got \(400, 3\): did you mean Y.T"),
}


def refused(call, message, model=None):
    before = pickle.dumps(model)
    with pytest.raises((ValueError, TypeError), match=message) as caught:
        call()
    assert FORM.match(str(caught.value)), str(caught.value)
    assert pickle.dumps(model) == before


@pytest.mark.parametrize(("x", "message"), BAD_X.values(), ids=BAD_X)
def test_bad_x_for_a_new_model(x, message):
    for method in ("fit", "gradients", "check_gradients"):
        model = binary()
        refused(lambda model=model, method=method: getattr(model, method)(x, Y), message, model)


@pytest.mark.parametrize(("x", "message"), (BAD_X | FITTED_X).values(), ids=BAD_X | FITTED_X)
def test_bad_x_for_a_built_model(x, message):
    model = binary().build(2)
    for method in ("fit", "gradients", "check_gradients", "evaluate"):
        refused(lambda method=method: getattr(model, method)(x, Y), message, model)
    for method in ("predict", "predict_classes", "trace", "forward", "__call__"):
        refused(lambda method=method: getattr(model, method)(x), message, model)


@pytest.mark.parametrize(("y", "message"), BAD_Y.values(), ids=BAD_Y)
def test_bad_y(y, message):
    for model in (binary(), binary().build(2)):
        refused(lambda model=model: model.fit(X, y), message, model)
        refused(lambda model=model: model.gradients(X, y), message, model)


@pytest.mark.parametrize(("y", "message"), BAD_LABELS.values(), ids=BAD_LABELS)
def test_bad_labels_of_many_classes(y, message):
    for model in (many(), many().build(2)):
        refused(lambda model=model: model.fit(X, y), message, model)


def test_the_other_axis_is_recognised():
    hint = r"did you mean X.T, or examples='rows'\?"
    refused(lambda: binary().fit(X.T, Y), hint)
    refused(lambda: binary().fit(X.T, Y.ravel()), hint)
    refused(lambda: binary().fit(X.T, Y.T), hint)
    rows = binary(examples="rows")
    refused(lambda: rows.fit(X, Y.ravel()), r"did you mean X.T, or examples='columns'\?", rows)
    refused(lambda: rows.fit(X, Y), r"did you mean X.T, or examples='columns'\?", rows)
    refused(
        lambda: rows.fit(X.T, Y),
        r"expected Y of shape \(400, 1\) or \(400,\), got \(1, 400\): did you mean Y.T",
        rows,
    )
    refused(
        lambda: rows.build(2).predict(X),
        r"expected X of shape \(m, 2\), got \(2, 400\): did you mean X.T",
        rows.build(2),
    )


def test_the_shapes_of_y_that_fit_are_told():
    regression = tn.Sequential([tn.Dense(3)], examples="rows")
    regression.compile(loss="mse")
    refused(
        lambda: regression.fit(X.T, Y.ravel()),
        r"expected Y of shape \(400, 3\), got \(400,\)",
        regression,
    )
    refused(
        lambda: regression.fit(X.T, Y.T),
        r"got \(400, 1\): 400 examples in X and 3 outputs",
        regression,
    )
    refused(
        lambda: binary().fit(X, np.arange(400) % 3),
        "or for more classes take softmax and cross-entropy",
    )


def test_a_square_x_with_flat_labels_warns():
    square, labels = X[:, :2], [0, 1]
    with pytest.warns(UserWarning, match="say examples='columns' or 'rows'") as caught:
        binary().fit(square, labels, verbose=0)
    assert caught[0].filename == __file__
    binary(examples="columns").fit(square, labels, verbose=0)
    binary(examples="rows").fit(square, labels, verbose=0)
    binary().fit(square, [labels], verbose=0)


@pytest.mark.parametrize(
    ("last", "loss"),
    [
        (tn.tanh, "binary_crossentropy"),
        (tn.identity, "binary_crossentropy"),
        (tn.softmax, "binary_crossentropy"),
        (tn.sigmoid, "categorical_crossentropy"),
        (tn.identity, "sparse_categorical_crossentropy"),
    ],
)
def test_a_loss_that_does_not_fit(last, loss):
    model = tn.Sequential([tn.Dense(4, tn.tanh), tn.Dense(2, last)])
    refused(lambda: model.compile(loss=loss), "the last activation to be", model)


def test_a_softmax_over_one_unit():
    for loss in (None, "categorical_crossentropy", "mse"):
        model = tn.Sequential([tn.Dense(1, tn.softmax)])
        refused(
            lambda model=model, loss=loss: model.compile(loss=loss),
            "at least 2 units, got 1: .* take the sigmoid",
            model,
        )


def test_metrics_and_classes_of_a_regression():
    model = tn.Sequential([tn.Dense(1)]).build(2)
    refused(lambda: model.compile(metrics=["accuracy"]), "a sigmoid or softmax output", model)
    refused(lambda: model.predict_classes(X), "a sigmoid or softmax output", model)


def test_one_layer_in_two_places():
    layer = tn.Dense(2)
    refused(lambda: tn.Sequential([layer, layer]), "each in one place")
    tn.Sequential([layer])
    refused(lambda: tn.Sequential([layer]), "each in one place")
    refused(lambda: tn.Sequential([tn.Dense(2).build(2)]), "set_weights gives it weights")


def test_out_of_order():
    model = tn.Sequential([tn.Dense(1, tn.sigmoid)])
    for call in (model.fit, model.evaluate, model.gradients, model.check_gradients):
        with pytest.raises(RuntimeError, match="call compile"):
            call(X, Y)
    model.compile()
    for call in (model.predict, model, model.predict_classes, model.trace, model.forward):
        with pytest.raises(RuntimeError, match=r"call fit\(X, Y\) or build\(n_x\) first"):
            call(X)
    with pytest.raises(RuntimeError, match="build"):
        model.evaluate(X, Y)
    with pytest.raises(RuntimeError, match="build"):
        model.get_weights()
    with pytest.raises(RuntimeError, match="build"):
        model.set_weights([])
    model.build(2)
    with pytest.raises(RuntimeError, match="a forward before this backward"):
        model.backward(np.ones((1, 400)))


@pytest.mark.parametrize("kind", [bool, int, np.uint8, np.int64, float, np.float32])
def test_labels_of_any_kind(kind):
    expected = binary().gradients(X, Y)[0]
    assert binary().gradients(X, Y.astype(kind))[0] == expected
    assert binary().gradients(X, Y.ravel().astype(kind))[0] == expected
    assert binary().gradients(X.tolist(), Y.tolist())[0] == expected
    if kind is not bool:
        one_hot = np.eye(3)[:, LABELS]
        assert (
            many().gradients(X, LABELS.astype(kind))[0]
            == many().gradients(X, one_hot.astype(kind))[0]
        )


def test_an_upstream_gradient_in_rows():
    model = binary(examples="rows").build(2)
    model.forward(X.T)
    refused(
        lambda: model.backward(np.ones((1, 400))), r"dA of shape \(400, 1\), got \(1, 400\)", model
    )
