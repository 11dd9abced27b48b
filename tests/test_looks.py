"""How objects look: in a line, as a table, and in a notebook."""

import re

import numpy as np
import pytest

import tinynet as tn


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def every_layer():
    layers = [tn.Standardize(), tn.Dense(4, "tanh"), tn.BatchNorm(), tn.Dropout(0.2), tn.PReLU()]
    layers += [
        tn.Residual([tn.Dense(4, "relu"), tn.Dense(4)]),
        tn.LayerNorm(),
        tn.Dense(3, "softmax"),
    ]
    return tn.Sequential(layers, seed=0)


def printed(model, capsys):
    model.summary()
    return capsys.readouterr().out.splitlines()


def cells(html):
    """The texts of a table, row by row."""
    rows = re.findall(r"<tr>(.*?)</tr>", html)
    return [re.findall(r"<t[hd]>(.*?)</t[hd]>", row) for row in rows]


def test_reprs():
    layers = [tn.Dense(4, tn.tanh), tn.Dense(3, tn.LeakyReLU(0.2)), tn.Dense(1)]
    parts = "Dense(4, tanh), Dense(3, LeakyReLU(0.2)), Dense(1, identity)"
    assert repr(tn.Sequential(layers)) == f"Sequential([{parts}])"
    sgd = tn.SGD(0.1, 0.9, nesterov=True)
    assert repr(sgd) == "SGD(learning_rate=0.1, momentum=0.9, nesterov=True)"
    assert repr(tn.Adam()) == "Adam(learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-08)"


def test_a_summary(capsys):
    model = tn.Sequential([tn.Dense(4, tn.tanh), tn.Dense(1, tn.sigmoid)], seed=0)
    assert printed(model, capsys) == [
        "   layer              outputs  arrays     parameters  keeps for backward",
        "1  Dense(4, tanh)              not built",
        "2  Dense(1, sigmoid)           not built",
        "0 parameters, float64",
    ]
    assert printed(model.build(2), capsys) == [
        "   layer              outputs  arrays                parameters  keeps for backward",
        "1  Dense(4, tanh)     (4, m)   W1 (4, 2), b1 (4, 1)          12  X, Z",
        "2  Dense(1, sigmoid)  (1, m)   W2 (1, 4), b2 (1, 1)           5  X, Z",
        "17 parameters, float64",
    ]


def test_what_each_layer_keeps(capsys, rng):
    model = every_layer()
    model.compile()
    model.fit(rng.normal(size=(2, 30)), rng.integers(0, 3, 30), verbose=0)
    rows = [re.split(r"  +", line.strip()) for line in printed(model, capsys)[1:-2]]
    kept = {row[1]: row[-1] for row in rows}
    assert kept == {
        "Standardize(invert=False)": "X, Z",
        "Dense(4, tanh)": "X, Z",
        "BatchNorm(epsilon=1e-05, momentum=0.9)": "X, hat",
        "Dropout(rate=0.2)": "X, kept",
        "PReLU()": "X, Z",
        "Residual([Dense(4, relu), Dense(4, identity)])": "X, X_a, mask_a, X_b, Z_b",
        "LayerNorm(epsilon=1e-05)": "X, hat, inverse, mean, variance",
        "Dense(3, softmax)": "X, A",
    }
    arrays = {row[1]: row[3] for row in rows}
    assert arrays["BatchNorm(epsilon=1e-05, momentum=0.9)"] == (
        "gamma3 (4, 1), beta3 (4, 1), mean3 (4, 1), variance3 (4, 1)"
    )
    assert arrays["Dropout(rate=0.2)"] == "none"
    assert sum(int(row[4]) for row in rows) == sum(p.size for p in model.params.values())


def test_a_summary_changes_nothing(capsys, rng):
    model, twin = every_layer(), every_layer()
    data = rng.normal(size=(2, 30)), rng.integers(0, 3, 30)
    for one in (model, twin):
        one.compile()
        one.fit(*data, verbose=0)
        if one is model:
            printed(one, capsys)
        one.fit(*data, 3, verbose=0)
    for a, b in zip(model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_layer_that_refuses_zeros_keeps_nothing_that_is_known(capsys):
    model = tn.Sequential([tn.Standardize(), tn.Dense(1)], seed=0).build(2)
    assert printed(model, capsys)[1].endswith("mean1 (2, 1), scale1 (2, 1)           0")


def test_a_model_in_a_notebook():
    model = tn.Sequential([tn.Dense(4, tn.tanh)], seed=0).build(2)
    html = model._repr_html_()
    assert html.startswith("<table><caption>Sequential, 12 parameters, float64</caption>")
    _, row = cells(html)
    assert row == ["1", "Dense(4, tanh)", "(4, m)", "W1 (4, 2), b1 (4, 1)", "12", "X, Z"]


def test_a_history_in_a_notebook(rng):
    model = tn.Sequential([tn.Dense(1, "sigmoid")], seed=0)
    model.compile("sgd", metrics=["accuracy"])
    X, Y = rng.normal(size=(2, 9)), rng.integers(0, 2, 9)
    assert cells(model.history._repr_html_()) == [["epoch", "loss"]]
    history = model.fit(X, Y, 12, verbose=0, validation_data=(X, Y))
    heads, *rows = cells(history._repr_html_())
    assert heads == ["epoch", "loss", "accuracy", "val_loss", "val_accuracy"]
    assert [row[0] for row in rows] == ["1", "2", "3", "4", "5", "...", "8", "9", "10", "11", "12"]
    assert rows[0][1] == f"{history.history['loss'][0]:.6f}"
    assert "<caption>12 epochs</caption>" in history._repr_html_()
    assert [row[0] for row in cells(model.fit(X, Y, 10, verbose=0)._repr_html_())[1:]] == [
        str(i) for i in range(1, 11)
    ]


def test_a_gradient_check_in_a_notebook(rng):
    found = tn.check_gradients(tn.Dense(2, "tanh").build(3, seed=0), rng.normal(size=(3, 4)))
    heads, *rows = cells(found._repr_html_())
    assert heads == ["", "shape", "checked", "error", "worst at", "backward", "difference"]
    assert [row[0] for row in rows] == [row.name for row in found.rows]
    words = str(found).split("\n")
    assert f"<caption>{words[0]}</caption>" in found._repr_html_()
    assert words[1].split() == " ".join(heads).split()


@pytest.mark.parametrize("text", ["<b>", "a & b"])
def test_what_a_table_shows_is_text(text):
    class Shown(tn.Layer):
        def __repr__(self):
            return text

    html = tn.Sequential([Shown(1)])._repr_html_()
    assert text not in html
    assert text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in html
