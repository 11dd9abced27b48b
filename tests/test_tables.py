"""Tables: what each column is taken for, in a file and in Python."""

import tracemalloc

import numpy as np
import pytest

from tests import tables
from tinynet.tables import Table


def told(table):
    return {name: (kind, text) for kind, name, text in table.told}


def test_what_columns_are_taken_for():
    columns = tables.flowers()
    columns |= {"name": [f"flower {i}" for i in range(120)], "planet": ["Earth"] * 120}
    columns |= {"empty": [None] * 120, "code": [i % 3 for i in range(120)]}
    columns |= {"bed": ["", "A", "NA", "B"] * 30, "rooms": ["1", "2", "3", "4+"] * 30}
    columns["width"] = [float("nan"), *columns["width"][1:]]
    table = Table(columns, "kind", drop=["length"], categories=["code"])
    found = told(table)
    assert found["kind"] == ("target", "3 classes: setosa 36, versicolor 40, virginica 44")
    assert found["length"] == ("left out", "as you say")
    assert found["width"][0] == "numbers"
    assert found["width"][1].endswith(", 1 missing: the mean stands for them")
    assert found["colour"][0] == "categories"
    assert found["code"] == ("categories", "0 40, 1 40, 2 40")
    assert found["bed"] == ("categories", "A 30, B 30, (missing) 60")
    assert found["rooms"][1] == "1 30, 2 30, 3 30, 4+ 30; not numbers, as '4+' in row 4 is none"
    assert found["name"] == ("left out", "120 different texts")
    assert found["planet"] == ("left out", "always Earth")
    assert found["empty"] == ("left out", "no values")
    assert table.X.shape == (120, 1 + 3 + 3 + 3 + 4)
    assert np.isnan(table.X[0, 0])
    assert str(table).startswith("the table: 120 rows\n  target      kind    3 classes")
    assert repr(table) == "Table(the table, 120 rows, target kind)"


def test_inputs_are_numbers_and_one_of_each_category():
    columns = {"n": [*range(9), 20], "c": ["x", "y"] * 5, "t": [0, 1] * 5}
    table = Table(columns, "t")
    np.testing.assert_array_equal(table.X[:, 0], columns["n"])
    np.testing.assert_array_equal(table.X[:, 1:], np.tile(np.eye(2), (5, 1)))
    np.testing.assert_array_equal(table.Y, columns["t"])


def test_the_values_of_numbers_that_are_categories_go_by_size():
    table = Table({"n": [10, 9, 2, 9] * 5, "t": [0, 1] * 10}, "t", categories=["n"])
    assert table.columns[0].values == ("2", "9", "10")


@pytest.mark.parametrize(
    ("targets", "task", "classes"),
    [
        (["b", "a"], None, ("a", "b")),
        ([10, 2, 1], None, ("1", "2", "10")),
        ([True, False], None, ("False", "True")),
        ([0.5, 1.5], None, None),
        (range(11), None, None),
        (range(11), "classification", tuple(map(str, range(11)))),
        ([1, 2], "regression", None),
    ],
)
def test_whether_a_target_is_classes(targets, task, classes):
    targets = [*targets] * 12
    table = Table({"x": range(len(targets)), "t": targets}, "t", task=task)
    assert table.target.classes == classes


def test_rows_without_a_target_are_left_out():
    columns = tables.prices()
    columns["price"][3:5] = [None, float("nan")]
    table = Table(columns, "price")
    assert told(table)["2 rows"] == ("left out", "without price")
    assert table.rows.tolist() == [0, 1, 2, *range(5, 120)]
    np.testing.assert_array_equal(table.X[3:, 0], columns["size"][5:])


def test_a_column_that_counts_the_rows_is_said():
    assert "it counts the rows" in told(Table({"i": range(20), "t": [0, 1] * 10}, "t"))["i"][1]


def test_whole_numbers_are_the_same_as_pandas_writes_them_beside_gaps():
    columns = {"code": ["1", "2.0", "2", "1.0"] * 10, "t": ["0", "1.0", "0.0", "1"] * 10}
    table = Table(columns, "t", categories=["code"])
    assert table.columns[0].values == ("1", "2")
    assert table.target.classes == ("0", "1")
    model = table.train(epochs=1, verbose=0)
    one, same = (model.predict_proba({"code": [code]}) for code in ("2", "2.00"))
    np.testing.assert_array_equal(one, same)


def test_one_value_beside_gaps_is_two_categories():
    columns = {"flag": ["x", ""] * 20, "five": [5, None] * 20, "t": ["a", "b"] * 20}
    table = Table(columns, "t")
    assert [kind.values for kind in table.columns] == [("x", "(missing)"), ("5", "(missing)")]


def test_names_beside_rows_without_a_target():
    columns = {"name": [f"n{i}" for i in range(1200)], "x": [*range(1200)]}
    table = Table({**columns, "t": [*["a", "b"] * 599, "", ""]}, "t")
    assert told(table)["name"] == ("left out", "more than 1000 different texts")


def test_a_text_in_a_row_without_a_target_is_as_if_it_were_not_there():
    columns = {"n": [*range(60), "Total"], "t": [*["a", "b"] * 30, ""]}
    assert told(Table(columns, "t"))["n"][0] == "numbers"


def test_what_rows_without_a_target_say_is_not_known():
    columns = {"c": [*"xy" * 20, "z"], "n": [*[3] * 40, 9], "w": [*range(41)]}
    columns["t"] = [*"ab" * 20, ""]
    table = Table(columns, "t")
    assert table.columns[0].values == ("x", "y")
    assert told(table)["n"] == ("left out", "always 3")
    assert told(table)["w"][1].startswith("0 to 39")


@pytest.mark.parametrize(
    ("name", "between"), [("f.csv", ","), ("f.csv.gz", ";"), ("f.tsv", "\t"), ("f.TXT", "\t")]
)
def test_a_file_is_the_table_in_python(name, between, tmp_path):
    columns = tables.flowers()
    columns["width"] = [None, *columns["width"][1:]]
    written = {**columns, "width": ["", *columns["width"][1:]]}
    table = Table(tables.write(tmp_path / name, written, between), "kind")
    same = Table(columns, "kind")
    np.testing.assert_array_equal(table.X, same.X)
    np.testing.assert_array_equal(table.Y, same.Y)
    assert table.told == same.told


def test_what_spreadsheets_write(tmp_path):
    rows = "".join(f'\r\n"{i}", " a""b\n","x,{i % 2}"\r\n' for i in range(20))
    table = Table(tables.write(tmp_path / "t.csv", "\ufeffn,c,t\r\n" + rows), "t")
    assert table.target.classes == ("x,0", "x,1")
    assert table.X[:, 0].tolist() == [*range(20)]
    assert told(table)["c"] == ("left out", 'always a"b')


def test_a_first_column_without_a_name_is_left_out(tmp_path):
    table = Table(tables.write(tmp_path / "t.csv", {"": range(120), **tables.flowers()}), "kind")
    assert told(table)["the first column"] == ("left out", "it has no name")
    assert len(table.columns) == 3


def test_more_rows_than_are_read_at_a_time(tmp_path, monkeypatch):
    columns = tables.flowers()
    whole = Table(columns, "kind")
    path = tables.write(tmp_path / "t.csv", columns)
    monkeypatch.setattr("tinynet.tables.cells.ROWS", 7)
    for source in (columns, path):
        part = Table(source, "kind")
        np.testing.assert_array_equal(part.X, whole.X)
        assert part.told == whole.told


def test_a_frame_is_its_columns():
    pandas = pytest.importorskip("pandas")
    columns = tables.flowers()
    frame = pandas.DataFrame(columns).astype({"colour": "category", "kind": "string"})
    frame.loc[[1, 2], "width"] = None
    frame.loc[3, "kind"] = pandas.NA
    columns["width"][1:3], columns["kind"][3] = ["", "NaN"], None
    table, same = Table(frame, "kind"), Table(columns, "kind")
    assert table.told == same.told
    np.testing.assert_array_equal(table.X, same.X)
    model = same.train(epochs=1, verbose=0)
    np.testing.assert_array_equal(model.predict(frame), model.predict(columns))


def test_a_table_takes_little_memory(tmp_path, tries):
    """A million rows of 20 columns are read and trained on within 2 GB."""
    m = tries(20_000, 1_000_000)
    rng = np.random.default_rng(0)
    columns = {f"x{i}": rng.normal(size=m).round(4).tolist() for i in range(18)}
    columns |= {"c": rng.choice(["a", "b", "c"], m).tolist(), "t": rng.integers(0, 2, m).tolist()}
    path = tables.write(tmp_path / "t.csv", columns)
    columns.clear()
    tracemalloc.start()
    try:
        Table(path, "t").train(epochs=1, verbose=0)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 1500 * m + 40e6
