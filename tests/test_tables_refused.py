"""What a table is refused for: a sentence each, that names the file, the column and the row."""

import gzip

import numpy as np
import pytest

from tests import tables
from tinynet.tables import Table, TableModel
from tinynet.tables.columns import KNOWN

GOOD = {"x": [*range(20)], "c": ["a", "b"] * 10, "t": ["yes", "no", "no", "yes"] * 5}
FILES = {
    "an empty file": ("", "a first row with the names of the columns, got an empty one"),
    "no names": ("1,2\n3,4\n", "a first row with the names of the columns, got 1, 2: write"),
    "no name for a column": ("x,,t\n1,2,3\n", "a name for each column, got none for column 2"),
    "a name twice": ("x,x,t\n1,2,3\n", "a name of its own for each column, got 'x' twice"),
    "names alone": ("x,t\n", "at least 10 rows below the names, got 0"),
    "a cell more": ("x,t\n1,2\n1,2,3\n", "2 cells between commas in row 2, got 3: a cell with"),
    "a cell less": ("x;t\n1;2\n3\n", "2 cells between semicolons in row 2, got 1"),
    "few rows": ("x,t\n1,a\n2,b\n", "at least 10 rows below the names, got 2"),
    "few targets": (
        tables.text({**GOOD, "t": [*["a", "b"] * 4, *[""] * 12]}),
        "at least 10 rows with t, got 8",
    ),
    "one class": (tables.text({**GOOD, "t": ["a"] * 20}), "a t that differs, got 'a' in each row"),
    "a constant": (tables.text({**GOOD, "t": [3] * 20}), "a t that differs, got '3' in each row"),
    "no targets": (tables.text({**GOOD, "t": ["", "NA"] * 10}), "t with values, got no values in"),
    "targets that are names": (
        tables.text({**GOOD, "t": [f"n{i}" for i in range(20)]}),
        "t of classes, most of them with several rows, got 20 different values",
    ),
    "dates": (
        tables.text({**GOOD, "c": [f"2021-03-{i + 1:02}" for i in range(20)]}),
        "or categories, got dates or times in c, such as '2021-03-01': make numbers of them",
    ),
    "hours": (
        tables.text({**GOOD, "c": ["12:30", "1:05 pm"] * 10}),
        "got dates or times in c, such as",
    ),
    "a target of dates": (
        tables.text({**GOOD, "t": ["1.2.2003", "2.2.2003"] * 10}),
        "dates or times in t",
    ),
    "money": (
        tables.text({**GOOD, "c": [f"${i}.50" for i in range(20)]}),
        "c as plain numbers, got '$0.50' in row 1: write 1234.5 for $1,234.50",
    ),
    "decimal commas": (tables.text({**GOOD, "c": [f"{i},5" for i in range(20)]}, ";"), "3.14 for"),
    "days as numbers": (
        tables.text({**GOOD, "c": [f"202101{i + 1:02}" for i in range(20)]}),
        "got dates or times in c, such as '20210101'",
    ),
    "a text below the first rows that are read": (
        tables.text(
            {"x": [*(i / 7 for i in range(12_000)), "n.n."], "t": ["a"] * 6000 + ["b"] * 6001}
        ),
        "x as numbers, as most of it is, got 'n.n.' in row 12001",
    ),
    "money of other countries": (
        tables.text({**GOOD, "c": [f"¥{i}" for i in range(20)]}),
        "c as plain numbers",
    ),
    "more units": (tables.text({**GOOD, "c": ["12 inches", "3 km/h"] * 10}), "as plain numbers"),
    "ordinals of days": (
        tables.text({**GOOD, "c": ["31st March", "May 5th", "Jan2021", "Wed Mar 3"] * 5}),
        "dates or tim",
    ),
    "weeks": (tables.text({**GOOD, "c": ["2021-W05", "2021-W06"] * 10}), "dates or times in c"),
    "months": (tables.text({**GOOD, "c": ["2021-01", "2021-02"] * 10}), "dates or times in c"),
    "names of months": (
        tables.text({**GOOD, "c": ["Jan 1 2021", "1-Feb-20", "", "March 3"] * 5}),
        "dates or times in c",
    ),
    "quarters": (tables.text({**GOOD, "c": ["Q1 2020", "Q2 2020"] * 10}), "dates or times in c"),
    "few that are no dates": (
        tables.text({**GOOD, "c": [*[f"{i + 1}.3.2020" for i in range(19)], "unknown"]}),
        "dates or times in c",
    ),
    "points between thousands": (
        tables.text({**GOOD, "x": [*range(981, 1000), "1.000"]}, ";"),
        "x without points between thousands, got '1.000' in row 20 of a file with semicolons",
    ),
    "targets with points between thousands": (
        tables.text({**GOOD, "t": [*range(981, 1000), "1.000"]}, ";"),
        "t without points between thousands",
    ),
    "units": (tables.text({**GOOD, "c": [f"{i} kg" for i in range(20)]}), "c as plain numbers"),
    "a currency": (tables.text({**GOOD, "c": [f"EUR {i}" for i in range(20)]}), "as plain numbers"),
    "European numbers": (
        "x;t\n" + "".join(f"1.{i}00,50;{'ab'[i % 2]}\n" for i in range(1, 10)) * 2,
        "x as plain numbers",
    ),
    "a text among few numbers": (
        tables.text({"x": [*range(11), "<5"] * 2, "t": ["a", "b"] * 12}),
        "x as numbers, as most of it is, got '<5' in row 12",
    ),
    "a quote that is left open": (
        tables.text({**GOOD, "c": [*["a", "b"] * 9, '"5 inch', "b"]}),
        "a table with a row a line, got unexpected end of data",
    ),
    "quotes within cells": (
        tables.text({**GOOD, "c": [*["a", "b"] * 8, '"5 inch', "b", '"6 inch', "b"]}),
        "a table with a row a line",
    ),
    "a target of one value or nothing": (
        tables.text({**GOOD, "t": ["x", ""] * 10}),
        "a t that differs, got 'x' or nothing in each row: write a word where",
    ),
    "thousands": ("x,t\n" + 'a,"1,234"\nb,"1,235"\n' * 9, "plain numbers"),
    "a text among numbers": (
        tables.text({"x": [*range(99), "n.n."], "t": ["a", "b"] * 50}),
        "x as numbers, as most of it is, got 'n.n.' in row 100: leave the cell empty",
    ),
    "infinity": (
        tables.text({"x": [*range(99), "inf"], "t": ["a", "b"] * 50}),
        "x as numbers, as most of it is, got 'inf' in row 100",
    ),
    "an underscore in a number": (
        tables.text({"x": [*range(99), "1_000"], "t": ["a", "b"] * 50}),
        "got '1_000' in row 100",
    ),
    "nothing to predict from": (
        tables.text({"x": ["a"] * 20, "t": ["a", "b"] * 10}),
        "a column to predict from, got x: always a",
    ),
}


@pytest.mark.parametrize("what", FILES)
def test_a_wrong_file(what, tmp_path):
    text, sentence = FILES[what]
    path = tables.write(tmp_path / "data.csv", text)
    with pytest.raises(ValueError, match=r"data\.csv: expected ") as refused:
        Table(path, "t")
    assert sentence in str(refused.value)


def test_no_file(tmp_path):
    tables.write(tmp_path / "data.csv", "x,t\n")
    with pytest.raises(ValueError, match=r"a file with a table, got none: did you mean data\.csv"):
        Table(tmp_path / "dta.csv", "t")
    with pytest.raises(ValueError, match="a file with a table, got a folder"):
        Table(tmp_path, "t")
    with pytest.raises(ValueError, match="a file with a table, got none"):
        Table(tmp_path / "no" / "x.csv", "t")


@pytest.mark.parametrize("name", ["data.xlsx", "data", "data.png", "data.gz"])
def test_other_kinds_of_files(name, tmp_path):
    tables.write(tmp_path / name, "x,t\n")
    with pytest.raises(ValueError, match=r"a file that ends in \.csv, \.tsv, \.txt, or in one of"):
        Table(tmp_path / name, "t")


def test_bytes_that_are_no_text(tmp_path):
    path = tmp_path / "data.csv"
    path.write_bytes("x,t\n1,grün\n".encode("latin-1"))
    with pytest.raises(ValueError, match="text in UTF-8, got the byte 0xfc: save it as CSV UTF-8"):
        Table(path, "t")


@pytest.mark.parametrize("damage", [lambda data: data[:-20], lambda data: b"x" + data])
def test_a_damaged_packed_file(damage, tmp_path):
    path = tmp_path / "data.csv.gz"
    path.write_bytes(damage(gzip.compress(tables.text(GOOD).encode())))
    with pytest.raises(ValueError, match="a whole file in gzip's format, got"):
        Table(path, "t")


def test_a_cell_that_is_too_long(tmp_path):
    path = tables.write(tmp_path / "data.csv", {"x": ["a" * 200_000], "t": [1]})
    with pytest.raises(ValueError, match="a table with a row a line, got field larger than"):
        Table(path, "t")


@pytest.mark.parametrize(
    ("given", "error", "sentence"),
    [
        ({"target": "tt"}, ValueError, "a column 'tt', got none: did you mean 't'?"),
        ({"target": "price"}, ValueError, "a column 'price', got none: there are x, c, t"),
        ({"drop": ["y"]}, ValueError, "a column 'y', got none: there are x, c, t"),
        ({"categories": ["C"]}, ValueError, "a column 'C', got none"),
        ({"drop": ["t"]}, ValueError, "drop without 't', got it as target, too"),
        ({"categories": ["t"]}, ValueError, "categories without 't', got it as"),
        ({"drop": ["x"], "categories": ["x"]}, ValueError, "without 'x', got it as drop, too"),
        ({"drop": "x"}, TypeError, "drop as a list of names, got 'x': drop=['x']"),
        ({"categories": "x"}, TypeError, "categories as a list of names"),
        ({"task": "classes"}, ValueError, "task to be one of classification, regression"),
        ({"task": "regression"}, ValueError, "t as numbers, got 'yes' in row 1"),
        ({"source": [[1, 2]]}, TypeError, "a path, a pandas frame or a dict of columns"),
        ({"source": {"x": [1], "t": [1, 2]}}, ValueError, "1 values of t, as of x, got 2"),
        ({"source": {"x": "12", "t": [1, 2]}}, TypeError, "a list of values of x, got '12': {'x'"),
        ({"source": {"x": 1.5, "t": 1}}, TypeError, "a list of values of x, got 1.5"),
        ({"source": {"x": {0: 1}, "t": {0: 1}}}, TypeError, "a list of values of x, got {0: 1}"),
        ({"source": {"x": {1, 2}, "t": [1, 2]}}, TypeError, "a list of values of x"),
        ({"drop": None}, TypeError, "drop as a list of names, got None"),
        ({"drop": (name for name in ["y"])}, ValueError, "a column 'y', got none"),
        ({"target": ""}, ValueError, "a column '', got none"),
        ({"source": {"": range(20), **GOOD}, "drop": [""]}, ValueError, "a column '', got none"),
        ({"source": {}}, ValueError, "names of the columns"),
    ],
)
def test_wrong_arguments(given, error, sentence):
    with pytest.raises(error) as refused:
        Table(**{"source": GOOD, "target": "t", **given})
    assert sentence in str(refused.value)


def test_categories_of_too_many_values():
    many = {"x": range(60), "t": [0, 1] * 30}
    with pytest.raises(ValueError, match="at most 50 values of x, got 60"):
        Table(many, "t", categories=["x"])
    many = {"x": range(KNOWN + 1), "t": [*range(KNOWN), 0]}
    with pytest.raises(ValueError, match="at most 50 values of x, got more than 1000"):
        Table(many, "t", categories=["x"])
    with pytest.raises(ValueError, match="got 1000 different values: task"):
        Table(many, "t", task="classification")


def test_numbers_that_are_missing_in_all_rows_that_are_trained_on():
    table = Table({"x": [*range(2), *[None] * 38], "y": range(40), "t": [0, 1] * 20}, "t")
    table.X[:, 0] = np.nan
    with pytest.raises(ValueError, match="numbers in x where it is trained on, got none: drop it"):
        table.train(epochs=1, verbose=0)


# ---- another table


@pytest.fixture(scope="module")
def model():
    return Table(tables.flowers(), "kind").train(epochs=2, verbose=0)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"width": None}, "a column 'width', got none: did you mean 'Width'?"),
        (
            {"width": None, "colour": None},
            "the columns length, width, colour, got none named width, colour",
        ),
        ({"colour": ["red", "violet"]}, "colour in row 2 as one of blue, red, white, got violet"),
        ({"colour": ["red", ""]}, "colour in row 2 as one of blue, red, white, got (missing)"),
        ({"length": [1, "long"]}, "length as numbers, as in training, got 'long' in row 2"),
        ({"length": [], "width": [], "colour": []}, "a table with rows, got none"),
    ],
)
def test_a_table_that_does_not_fit(change, sentence, model):
    columns = {"length": [1.0, 2.0], "width": [3.0, 4.0], "colour": ["red", "blue"], **change}
    columns = {name: own for name, own in columns.items() if own is not None}
    if "width" not in columns and "colour" in columns:
        columns["Width"] = [1.0, 2.0]
    with pytest.raises(ValueError, match="the table: expected ") as refused:
        model.predict(columns)
    assert sentence in str(refused.value)


def test_an_unknown_category_among_many(model):
    columns = tables.flowers(3000)
    columns["colour"] = [f"c{i}" for i in range(3000)]
    columns["colour"][0] = "red"
    with pytest.raises(ValueError, match="colour in row 2 as one of blue, red, white, got c1"):
        model.predict(columns)


@pytest.mark.parametrize(
    "values",
    [
        ["1412.32", "2019.5", "5228.1", "9999.99"],
        ["1st", "2nd", "3rd"],
        ["2WD", "4WD"],
        ["12A", "12B", "3C"],
        ["20s", "30s"],
        ["1a", "1b", "2a"],
        ["decile 1", "decile 2", "Mark 1"],
        ["Q101", "Q245"],
        ["1.2.10", "12.5.10", "1.2.3"],
        ["12-34-56", "13-35-57"],
        ["5 minute abs", "10 second rule"],
        ["march on", "may be", "decent"],
        ["jan", "feb", "mar", "may"],
        ["January", "March", "May"],
        ["A12", "B7"],
        ["12345-6789", "54321-9876"],
    ],
)
def test_what_only_looks_like_dates_or_units(values):
    columns = {"x": [values[i % len(values)] for i in range(40)], "t": ["a", "b"] * 20}
    columns["y"] = [*range(40)]
    for target in ("t", "x"):
        Table(columns, target)


def test_categories_may_look_like_anything():
    columns = {"x": ["3:10", "2:1", "0:0", "1:1"] * 10, "t": ["a", "b"] * 20}
    assert Table(columns, "t", categories=["x"]).columns[0].values == ("0:0", "1:1", "2:1", "3:10")
    assert Table(columns, "x", task="classification").target.classes[0] == "0:0"


def test_columns_in_python_that_are_none():
    for x in (np.zeros((20, 1)), [[1]] * 20, [b"a"] * 20):
        with pytest.raises(TypeError, match=r"list of values of x|numbers or texts in x"):
            Table({**GOOD, "x": x}, "t")


def test_points_between_thousands_in_another_table(tmp_path):
    model = Table({"x": range(40), "t": ["a", "b"] * 20}, "t").train(epochs=1, verbose=0)
    path = tables.write(tmp_path / "semi.csv", "x;z\n1.234;5\n2.345;6\n")
    with pytest.raises(
        ValueError, match=r"x without points between thousands, got .1\.234. in row 1"
    ):
        model.predict(path)


def test_the_row_of_an_error_is_that_of_the_table(model):
    columns = {"length": [1, 2, 3, 4], "width": [1, 2, "oops", 4], "colour": ["red"] * 4}
    columns["kind"] = ["", "setosa", "", "setosa"]
    model.evaluate(columns)
    columns["colour"] = ["red", "red", "red", "green"]
    with pytest.raises(ValueError, match="colour in row 4 as one of blue, red, white, got green"):
        model.evaluate(columns)
    columns["width"][3] = "wide"
    with pytest.raises(ValueError, match="width as numbers, as in training, got 'wide' in row 4"):
        model.evaluate(columns)


def test_dates_in_python():
    days = np.datetime64("2020-01-01", "ns") + np.arange(20).astype("m8[D]")
    for when in (days, days - days[0], list(days)):
        with pytest.raises(ValueError, match="numbers or categories, got dates or times in when"):
            Table({**GOOD, "when": when}, "t")


def test_a_table_without_targets_to_evaluate(model):
    columns = tables.flowers()
    with pytest.raises(ValueError, match="a column 'kind', got none"):
        model.evaluate({name: own for name, own in columns.items() if name != "kind"})
    with pytest.raises(ValueError, match="kind in row 1 as one of setosa, versicolor, virg"):
        model.evaluate({**columns, "kind": ["rose"] * 120})
    with pytest.raises(ValueError, match="rows with kind, got none"):
        model.evaluate({**columns, "kind": [""] * 120})


def test_no_model(tmp_path):
    with pytest.raises(FileNotFoundError):
        TableModel.load(tmp_path / "no.safetensors")
