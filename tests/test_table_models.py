"""Nets that are trained on tables: what they are trained on, what is said of them, their files."""

import itertools
import json
import re

import numpy as np
import pytest

import tinynet as tn
from tests import tables
from tinynet.files import safetensors
from tinynet.tables import Report, Table, TableModel
from tinynet.tables.target import Target


@pytest.fixture(scope="module")
def flowers():
    """A model that is trained on flowers."""
    return Table(tables.flowers(), "kind").train(verbose=0)


@pytest.mark.parametrize(
    ("targets", "values"),
    [
        ([0, 1], [0, 1]),
        ([2.0, None, 10], [2, 10]),
        ([True, False], [False, True]),
        ("ab", ["a", "b"]),
    ],
)
def test_predictions_are_of_the_type_of_the_target(targets, values):
    targets = [*targets] * 20
    columns = {"x": np.random.default_rng(0).normal(size=len(targets)), "t": targets}
    model = Table(columns, "t").train(epochs=1, verbose=0)
    assert model.target.values.tolist() == values
    assert {*model.predict(columns).tolist()} <= {*values}


def test_categories_of_held_out_rows_alone_are_not_known():
    columns = tables.flowers()
    out = Table(columns, "kind").train(epochs=1, verbose=0).report.rows - 1
    columns["colour"][out[0]] = "violet"
    model = Table(columns, "kind").train(epochs=1, verbose=0)
    assert model.report.rows[0] - 1 == out[0]
    assert model.columns[2].values == ("blue", "red", "white")
    with pytest.raises(ValueError, match=f"colour in row {out[0] + 1} as one of blue, red, white"):
        model.predict(columns)


def test_of_each_class_some_rows_are_trained_on():
    columns = {"x": [*range(18)], "t": [*"aaaaabbbbbccccc", "d", "e", "f"]}
    for seed in range(5):
        model = Table(columns, "t").train(epochs=1, seed=seed, verbose=0)
        assert not {*model.report.true.tolist()} & {3, 4, 5}


def test_rows_in_the_order_of_time():
    """The last quarter is held out, and the last fifth of the others says when to stop."""
    table = Table(tables.prices(), "price")
    model = table.train(epochs=3, in_order=True, verbose=0)
    assert model.report.rows.tolist() == [*range(91, 121)]
    assert model.model.layers[0].state["mean"][0, 0] == pytest.approx(table.X[:72, 0].mean())
    assert model.columns[0].mean == pytest.approx(table.X[:90, 0].mean())
    last = model.model.history.history["val_loss"]
    assert model.model.evaluate(table.X[72:90], table.Y[72:90])["loss"] == pytest.approx(min(last))


def test_evaluate_is_the_report_of_another_table(flowers):
    new = tables.flowers(seed=1)
    new["kind"][3] = None
    report = flowers.evaluate(new)
    rows = [*range(3), *range(4, 120)]
    assert report.rows.tolist() == [row + 1 for row in rows]
    right = np.array(new["kind"], object)[rows] == flowers.predict(new)[rows]
    assert report.scores["accuracy"] == right.mean()
    assert str(report).startswith("on 119 rows that it was not trained on:\n  accuracy ")
    model = Table(tables.prices(), "price").train(verbose=0)
    new = tables.prices(seed=1)
    error = np.abs(model.predict(new) - new["price"]).mean()
    assert model.evaluate(new).scores["mean absolute error"] == pytest.approx(error)


def test_scores_of_tiny_targets():
    columns = tables.prices()
    columns["price"] = [price * 1e-200 for price in columns["price"]]
    model = Table(columns, "price").train(epochs=2, verbose=0)
    assert np.isfinite([*model.scores.values()]).all()


def test_a_guess_that_is_as_good_is_said():
    same = np.array([0.0, 1.0, 1.0])
    for predicted, no_better in ((np.ones(3), True), (same, False)):
        report = Report(
            Target("t", ("a", "b")), np.arange(3), same, predicted.astype(int), same, None
        )
        told = "  no better than that: the columns may not tell the target" in str(report)
        assert told == no_better


def test_how_it_ended_is_said(capsys):
    model = Table(tables.flowers(), "kind").train(epochs=3)
    told = capsys.readouterr().out
    assert told.endswith("of 90 rows a fifth said when to stop: epoch 3 of 3 is kept\n")
    assert repr(model) == "TableModel(kind from 3 columns)"


def test_the_held_out_rows_are_a_quarter_of_each_class(flowers):
    table, report = Table(tables.flowers(), "kind"), flowers.report
    assert len(report.rows) == 30
    every = np.bincount(table.Y.astype(int)) / 4
    assert np.abs(np.bincount(report.true.astype(int)) - every).max() <= 1
    np.testing.assert_array_equal(report.true, table.Y[report.rows - 1])


def test_held_out_rows_are_not_trained_on():
    """Whatever they are, the net is the same."""
    columns = tables.prices()
    table = Table(columns, "price")
    model = table.train(epochs=3, verbose=0)
    out = model.report.rows - 1
    table.X[out, 0], table.Y[out] = 1e6, -1e9
    again = table.train(epochs=3, verbose=0)
    for a, b in zip(model.model.get_weights(), again.model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_missing_number_is_the_mean_of_those_that_were_trained_on():
    columns = tables.prices()
    for i in range(0, 120, 7):
        columns["size"][i] = None
    table = Table(columns, "price")
    model = table.train(epochs=3, verbose=0)
    rest = np.setdiff1d(np.arange(120), model.report.rows - 1)
    mean = np.nanmean(table.X[rest, 0])
    assert model.columns[0].mean == pytest.approx(mean, rel=1e-14)
    one = {"place": ["sea"]}
    given, absent = (model.predict({**one, "size": [size]}) for size in (model.columns[0].mean, ""))
    assert given == absent


def test_numbers_are_standardized_and_categories_are_not():
    model = Table(tables.flowers(), "kind").train(epochs=1, verbose=0)
    state = model.model.layers[0].state
    assert state["mean"][2:].ravel().tolist() == [0, 0, 0]
    assert state["scale"][2:].ravel().tolist() == [1, 1, 1]
    assert 5 < state["scale"][1, 0] < 15
    assert 45 < state["mean"][1, 0] < 55


def test_a_net_of_classes(flowers):
    assert flowers.scores["accuracy"] > 0.9
    new = tables.flowers(seed=1)
    said = flowers.predict(new)
    assert np.mean(said == new["kind"]) > 0.9
    shares = flowers.predict_proba(new)
    assert shares.shape == (120, 3)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    np.testing.assert_array_equal(np.array(flowers.target.classes)[shares.argmax(axis=1)], said)


def test_a_net_of_two_classes():
    columns = tables.flowers()
    columns["kind"] = [name == "virginica" for name in columns["kind"]]
    model = Table(columns, "kind").train(verbose=0)
    assert model.target.classes == ("False", "True")
    shares = model.predict_proba(columns)
    said = model.predict(columns)
    np.testing.assert_array_equal(said, shares[:, 1] > 0.5)
    assert np.mean(said == columns["kind"]) > 0.95


def test_a_net_of_a_number():
    model = Table(tables.prices(), "price").train(verbose=0)
    new = tables.prices(seed=1)
    error = np.abs(model.predict(new) - new["price"])
    assert error.mean() < 0.1 * np.std(new["price"])
    report = model.report
    assert report.scores["R2"] > 0.97
    assert abs(report.scores["baseline R2"]) < 0.1
    assert report.scores["mean absolute error"] == pytest.approx(
        np.abs(report.true - report.predicted).mean()
    )
    with pytest.raises(ValueError, match="a target of classes, got price, a number"):
        model.predict_proba(new)


def test_the_order_of_columns_does_not_matter(flowers):
    columns = tables.flowers()
    turned = {name: columns[name] for name in ("colour", "width", "length")}
    np.testing.assert_array_equal(
        flowers.predict_proba(columns), flowers.predict_proba({"other": ["?"] * 120, **turned})
    )


def test_one_seed_gives_one_net():
    a, b, c = (
        Table(tables.flowers(), "kind").train(epochs=2, seed=seed, verbose=0) for seed in (0, 0, 1)
    )
    x = tables.flowers(seed=2)
    np.testing.assert_array_equal(a.predict_proba(x), b.predict_proba(x))
    assert (a.predict_proba(x) != c.predict_proba(x)).any()


# ---- what is said of it


def test_the_report_of_classes():
    target = Target("kind", ("setosa", "versicolor", "virginica"))
    true, predicted = np.array([0, 0, 1, 2, 2, 2.0]), np.array([0, 1, 1, 2, 2, 0])
    report = Report(target, np.arange(6), true, predicted, np.array([1, 2, 2, 0]), None)
    assert report.scores == {"accuracy": 4 / 6, "baseline accuracy": 0.5}
    assert str(report).splitlines() == [
        "on 6 rows that it was not trained on:",
        "  accuracy 0.667 (always virginica: 0.500)",
        "  is          said to be",
        "              setosa  versicolor  virginica",
        "  setosa           1           1          0",
        "  versicolor       0           1          0",
        "  virginica        1           0          2",
    ]


def test_a_confusion_of_many_classes_is_not_printed():
    target, true = Target("kind", tuple("abcdefghijklm")), np.arange(13.0)
    report = Report(target, np.arange(13), true, true.astype(int), true, None)
    assert "said to be" not in str(report)
    np.testing.assert_array_equal(report.confusion, np.eye(13))


def test_scores_of_a_number():
    true, predicted = np.array([1.0, 2.0, 3.0, 6.0]), np.array([1.0, 2.0, 4.0, 4.0])
    report = Report(Target("price", None), np.arange(4), true, predicted, np.array([2.0, 4]), None)
    assert report.scores == pytest.approx(
        {
            "R2": 1 - 5 / 14,
            "mean absolute error": 0.75,
            "baseline R2": 0,
            "baseline mean absolute error": 1.5,
        }
    )


def test_the_report_of_a_number():
    report = Table(tables.prices(), "price").train(verbose=0).report
    lines = str(report).splitlines()
    assert lines[1].startswith("  R2 1.000 (always the mean: -0.0")
    assert lines[2].startswith("  mean absolute error ")
    assert lines[3] == "  the largest residuals:"
    worst = np.abs(report.true - report.predicted).argmax()
    assert lines[4].startswith(f"  row {report.rows[worst]}: {report.true[worst]:.6g}, said to be")
    assert len(lines) == 4 + 5


def test_how_long_a_long_training_takes_is_said(capsys, monkeypatch):
    monkeypatch.setattr("tinynet.tables.pace.LONG", 0)
    Table(tables.flowers(), "kind").train(epochs=3)
    lines = capsys.readouterr().out.splitlines()
    assert re.match(r"an epoch takes \d+\.\d s, all 3 of them some \d+ s; it stops bef", lines[1])


def test_a_short_training_is_not_said_to_be_long(capsys, monkeypatch):
    clock = itertools.count()  # an epoch takes a tenth of a second, on a busy machine, too
    monkeypatch.setattr("tinynet.tables.pace.time.monotonic", lambda: next(clock) / 10)
    Table(tables.flowers(), "kind").train(epochs=3)
    assert "takes" not in capsys.readouterr().out


# ---- files


def test_a_file_comes_back_as_it_is(flowers, tmp_path):
    path, columns = tmp_path / "flowers.safetensors", tables.flowers(seed=3)
    flowers.save(path)
    again = TableModel.load(path)
    assert again.columns == flowers.columns
    assert again.target == flowers.target
    assert again.scores == flowers.scores
    assert str(again) == str(flowers)
    np.testing.assert_array_equal(again.predict_proba(columns), flowers.predict_proba(columns))
    net = tn.load(path)
    X = flowers.inputs(columns)
    np.testing.assert_array_equal(net.predict(X), flowers.predict_proba(columns))


def test_a_net_alone_is_no_model_of_a_table(flowers, tmp_path):
    flowers.model.save(tmp_path / "net.safetensors")
    with pytest.raises(tn.ModelFileError, match="a model of a table, got a net alone"):
        TableModel.load(tmp_path / "net.safetensors")


WRONG = {
    "another key": lambda tree: tree.update(more=1),
    "one class": lambda tree: tree["target"].update(classes=["a"]),
    "a number of three outputs": lambda tree: tree["target"].update(classes=None),
    "no target": lambda tree: tree.pop("target"),
    "a target without a name": lambda tree: tree["target"].update(name=3),
    "one class twice": lambda tree: tree["target"].update(classes=["a", "b", "a"]),
    "too many classes": lambda tree: tree["target"].update(classes=["a", "b", "c", "d"]),
    "classes that are no list": lambda tree: tree["target"].update(classes="abc"),
    "a class that is no text": lambda tree: tree["target"].update(classes=["a", "b", 3]),
    "no columns": lambda tree: tree.update(columns=[]),
    "a column that is no object": lambda tree: tree["columns"].append(3),
    "a column twice": lambda tree: tree["columns"][1].update(name="length"),
    "a column more": lambda tree: tree["columns"].append({"name": "more", "mean": 0.0}),
    "a mean that is no number": lambda tree: tree["columns"][0].update(mean="3"),
    "no values": lambda tree: tree["columns"][2].update(values=[]),
    "a value twice": lambda tree: tree["columns"][2].update(values=["red", "red", "blue"]),
    "scores that are none": lambda tree: tree.update(scores={"accuracy": "good"}),
}


def change(path, write):
    """What a file says of its table, written by hand."""
    arrays, metadata = safetensors.decode(path.read_bytes())
    tree = json.loads(metadata["table"])
    write(tree)
    metadata.pop("sha256")
    path.write_bytes(safetensors.encode(arrays, {**metadata, "table": json.dumps(tree)}))


def test_a_file_of_classes_on_a_net_of_a_number(tmp_path):
    path = tmp_path / "prices.safetensors"
    Table(tables.prices(), "price").train(epochs=1, verbose=0).save(path)
    change(path, lambda tree: tree["target"].update(classes=["a", "b"]))
    with pytest.raises(tn.ModelFileError, match="the columns and the target of that net"):
        TableModel.load(path)


@pytest.mark.parametrize("what", WRONG)
def test_a_file_is_believed_in_nothing(what, flowers, tmp_path):
    path = tmp_path / "flowers.safetensors"
    flowers.save(path)
    change(path, WRONG[what])
    with pytest.raises(tn.ModelFileError, match="expected"):
        TableModel.load(path)
