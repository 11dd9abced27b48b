"""`python -m tinynet train`, `predict` and `show`, as users run them."""

import csv
import io
import sys

import numpy as np
import pytest

import tinynet as tn
from tests import tables
from tinynet.__main__ import main
from tinynet.tables import Table, TableModel


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with tables, which the command is run in."""
    monkeypatch.chdir(tmp_path)
    tables.write(tmp_path / "flowers.csv", tables.flowers())
    tables.write(tmp_path / "prices.csv.gz", tables.prices())
    return tmp_path


def run(line, code=0):
    assert main(line.split()) == code


def test_train_then_predict_then_show(here, capsys):
    run("train flowers.csv --target kind --epochs 100")
    told = capsys.readouterr().out
    assert told.startswith("flowers.csv: 120 rows\n  target      kind    3 classes: setosa 36, ")
    assert "on 30 rows that it was not trained on:\n  accuracy 1.000 (always virginica: 0.3" in told
    assert "setosa  versicolor  virginica\n" in told
    assert told.endswith("wrote flowers.safetensors\n")
    model = TableModel.load("flowers.safetensors")

    run("predict flowers.safetensors flowers.csv")
    printed = capsys.readouterr().out
    names, *rows = csv.reader(io.StringIO(printed))
    assert names == ["kind"]
    assert [row[0] for row in rows] == model.predict("flowers.csv").tolist()
    run("predict flowers.safetensors flowers.csv --probabilities --out said.csv")
    assert capsys.readouterr().out == "wrote 120 rows to said.csv\n"
    with open("said.csv", newline="", encoding="utf-8") as file:
        names, *rows = csv.reader(file)
    kinds = ["setosa", "versicolor", "virginica"]
    assert names == ["kind", *(f"probability of {kind}" for kind in kinds)]
    shares = np.array([row[1:] for row in rows]).astype(float)
    np.testing.assert_array_equal(shares, model.predict_proba("flowers.csv"))

    run("show flowers.safetensors")
    told = capsys.readouterr().out
    assert told.startswith("predicts kind, 3 classes: setosa, versicolor, virginica\nfrom 3 col")
    assert "  colour  one of blue, red, white\n" in told
    assert "on rows that were held out: accuracy 1, baseline accuracy 0.3" in told
    assert "Dense(32, relu)" in told
    assert "History(100 epochs, loss" in told


def test_a_number(here, capsys):
    run("train prices.csv.gz --target price --epochs 300 --seed 3 --out p.safetensors")
    told = capsys.readouterr().out
    assert "target      price  a number, " in told
    assert "  R2 0.9" in told
    assert "  the largest residuals:\n  row " in told
    run("predict p.safetensors prices.csv.gz")
    name, *said = capsys.readouterr().out.splitlines()
    assert name == "price"
    np.testing.assert_array_equal(
        np.array(said, float), TableModel.load("p.safetensors").predict(here / "prices.csv.gz")
    )


def test_what_can_be_said(here, capsys):
    for drop in ("--drop width length", "--drop width --drop length"):
        run(f"train flowers.csv --target kind --epochs 1 {drop}")
        assert capsys.readouterr().out.count("  left out") == 2
    tables.write(here / "codes.csv", {"code": [*range(4)] * 9, "t": [*range(6)] * 6})
    run("train codes.csv --target t --task regression --categories code --epochs 1")
    told = capsys.readouterr().out
    assert "target      t     a number, 0 to 5" in told
    assert "categories  code  0 9, 1 9, 2 9, 3 9" in told


def test_evaluate(here, capsys):
    run("train flowers.csv --target kind")
    tables.write(here / "new.csv", tables.flowers(seed=1))
    capsys.readouterr()
    run("evaluate flowers.safetensors new.csv")
    told = capsys.readouterr().out
    assert told == f"{TableModel.load('flowers.safetensors').evaluate('new.csv')}\n"
    assert told.startswith("on 120 rows that it was not trained on:\n  accuracy ")


def test_rows_in_the_order_of_time(here, capsys):
    run("train prices.csv.gz --target price --in-order --epochs 2")
    model = TableModel.load("prices.safetensors")
    table = Table("prices.csv.gz", "price").train(epochs=2, in_order=True, verbose=0)
    np.testing.assert_array_equal(model.predict("prices.csv.gz"), table.predict("prices.csv.gz"))


def test_a_model_is_there_before_its_report_is_printed(here, monkeypatch):
    def broken(*words, **settings):
        if "rows that" in str(words[0]):
            raise BrokenPipeError

    monkeypatch.setattr("builtins.print", broken)
    run("train flowers.csv --target kind --epochs 1", 2)
    assert (here / "flowers.safetensors").exists()


def test_a_picture(here, capsys):
    pytest.importorskip("matplotlib")
    run("train flowers.csv --target kind --epochs 2 --plot f.png")
    run("train prices.csv.gz --target price --epochs 2 --plot p.svg")
    assert capsys.readouterr().out.endswith("wrote prices.safetensors\nwrote p.svg\n")
    assert (here / "f.png").read_bytes().startswith(b"\x89PNG")
    assert "predicted" in (here / "p.svg").read_text(encoding="utf-8")


def test_no_picture_without_matplotlib(here, capsys, monkeypatch):
    for name in ("matplotlib", "matplotlib.figure"):
        monkeypatch.setitem(sys.modules, name, None)
    run("train flowers.csv --target kind --epochs 2 --plot f.png")
    told = capsys.readouterr().out
    assert told.endswith(
        'no picture: plots need matplotlib: install the extra "plot", as in pip install ".[plot]"\n'
    )
    assert not (here / "f.png").exists()


WRONG = {
    "train flower.csv --target kind": "got none: did you mean flowers.csv?",
    "train flowers.csv --target kinds": "got none: did you mean 'kind'?",
    "train flowers.csv --target kind --drop with": "got none: did you mean 'width'?",
    "train flowers.csv --target kind --epochs 0": "--epochs as a whole number of at least 1, got 0",
    "train flowers.csv --target kind --seed -1": "seed",
    "train flowers.csv --target kind --out flowers.csv": "that of a model of kind, got flowers.csv",
    "train flowers.csv --target kind --out no/f.st": "--out in a folder that exists, got no/f.st",
    "train flowers.csv --target kind --out .": "--out as a file, got ., a folder",
    "predict flowers.csv flowers.csv": "a model file of tinynet",
    "predict none.st flowers.csv": "none.st",
    "show none.st": "none.st",
    "show net.st": "a model of a table, got a net alone",
    "predict f.st prices.csv.gz": "the columns length, width, colour, got none named length",
    "predict f.st flowers.csv --out f.st": "or predictions of kind, got f.st",
    "train flowers.csv --target colour --out f.st": "got f.st, a model of kind: give the model",
    "train flowers.csv --target kind --out p.svg --plot ./p.svg": "--plot as another file than the",
    "predict f.st flowers.csv --out prices.csv.gz": "a text file, which is not packed",
    "predict f.st flowers.csv --out flowers.csv": "predictions of kind, got flowers.csv",
    "evaluate f.st prices.csv.gz": "the columns length, width, colour, kind, got none named",
    "predict n.st prices.csv.gz --probabilities": "--probabilities: expected a target of classes",
    "predict f.st flowers.csv --out no/p.csv": "--out in a folder that exists",
}


@pytest.mark.parametrize("line", WRONG)
def test_what_is_wrong_is_one_line_and_nothing_is_written(line, here, capsys):
    run("train flowers.csv --target kind --epochs 1 --out f.st")
    run("train prices.csv.gz --target price --epochs 1 --out n.st")
    tn.Sequential([tn.Dense(1)], seed=0).build(2).save("net.st")
    before = {path.name: path.read_bytes() for path in here.iterdir()}
    capsys.readouterr()
    run(line, 2)
    error = capsys.readouterr().err
    assert error.startswith(f"python -m tinynet {line.split()[0]}: ")
    assert WRONG[line] in error
    assert error.count("\n") == 1
    assert {path.name: path.read_bytes() for path in here.iterdir()} == before


def test_a_picture_of_a_kind_that_there_is_not(here, capsys):
    pytest.importorskip("matplotlib")
    run("train flowers.csv --target kind --plot f.xyz", 2)
    assert "a picture with one of the endings" in capsys.readouterr().err
    assert not (here / "flowers.safetensors").exists()


def test_a_picture_of_somebody_elses_is_not_written_over(here, capsys):
    pytest.importorskip("matplotlib")
    for name in ("p.png", "p.svg", "p.pdf"):
        run(f"train flowers.csv --target kind --epochs 1 --plot {name}")
        run(f"train flowers.csv --target kind --epochs 1 --plot {name}")
    (here / "thesis.pdf").write_text("mine", encoding="utf-8")
    run("train flowers.csv --target kind --epochs 1 --plot thesis.pdf", 2)
    assert "a picture of tinynet's, got thesis.pdf: give" in capsys.readouterr().err
    assert (here / "thesis.pdf").read_text(encoding="utf-8") == "mine"


def test_predictions_are_written_over_predictions(here, capsys):
    run("train flowers.csv --target kind --epochs 1")
    for _ in range(2):
        run("predict flowers.safetensors flowers.csv --out said.csv --probabilities")
    run("predict flowers.safetensors flowers.csv --out said.csv")
    assert (here / "said.csv").read_text(encoding="utf-8").startswith("kind\n")


def test_a_folder_that_cannot_be_written_to(here, capsys, monkeypatch):
    monkeypatch.setattr("os.access", lambda *_: False)
    run("train flowers.csv --target kind", 2)
    assert "--out in a folder that can be written to" in capsys.readouterr().err


def test_the_name_of_a_model(here):
    for name in ("sales.2020.csv", "sales.2021.csv.gz"):
        tables.write(here / name, tables.flowers())
        run(f"train {name} --target kind --epochs 1")
    assert (here / "sales.2020.safetensors").exists()
    assert (here / "sales.2021.safetensors").exists()


def test_a_model_may_be_written_over_a_model(here, capsys):
    run("train flowers.csv --target kind --epochs 1")
    run("train flowers.csv --target kind --epochs 2")
    assert len(TableModel.load("flowers.safetensors").model.history) == 2
