"""`python -m tinynet train`, `predict`, `evaluate` and `show`: a net for a table of data, its
predictions, how good they are, and what is in its file."""

import csv
import io
import sys
from pathlib import Path
from typing import Any

from tinynet.base import checks
from tinynet.commands.places import require_picture, require_place
from tinynet.files import disk
from tinynet.files.safetensors import ModelFileError
from tinynet.tables import Table, TableModel
from tinynet.tables.cells import unpacked
from tinynet.tables.table import TASKS


def add(commands: Any) -> None:
    """The commands and their arguments."""
    job = commands.add_parser("train", help="train a net on a table, such as a CSV file")
    job.add_argument(
        "table", type=Path, help="a .csv or .tsv file, or packed, .csv.gz; names in its first row"
    )
    job.add_argument("--target", required=True, help="the column to predict")
    job.add_argument("--task", choices=list(TASKS), help="default: as the target looks")
    several: Any = {"nargs": "+", "action": "extend", "default": [], "metavar": "COLUMN"}
    job.add_argument("--drop", **several, help="columns to leave out")
    job.add_argument("--categories", **several, help="numbers that are none, such as codes")
    job.add_argument("--in-order", action="store_true", help="hold out the last rows, as of time")
    job.add_argument("--epochs", type=int, default=1000, help="at most; default 1000")
    job.add_argument("--seed", type=int, default=0, help="of the split and the net; default 0")
    job.add_argument("--out", type=Path, help="the model's file; default TABLE.safetensors, here")
    job.add_argument("--plot", type=Path, help="a picture of the cost and of what is predicted")
    job.set_defaults(run=train)
    job = commands.add_parser("predict", help="predictions of a trained model for another table")
    job.add_argument("model", type=Path, help="a file that `train` wrote")
    job.add_argument("table", type=Path, help="a table with the same columns, in any order")
    job.add_argument("--out", type=Path, help="a CSV file; default: they are printed")
    job.add_argument("--probabilities", action="store_true", help="a column for each class, too")
    job.set_defaults(run=predict)
    job = commands.add_parser("evaluate", help="how well a trained model does on another table")
    job.add_argument("model", type=Path, help="a file that `train` wrote")
    job.add_argument("table", type=Path, help="a table with the same columns, and the target")
    job.set_defaults(run=evaluate)
    job = commands.add_parser("show", help="the net, the columns and the history of a model")
    job.add_argument("model", type=Path, help="a file that `train` wrote")
    job.set_defaults(run=show)


def train(chosen: Any) -> None:
    """Train on a table, say how well it went, and write the model."""
    out = chosen.out or Path(f"{unpacked(chosen.table).stem}.safetensors")
    require_place("train", "--out", out)
    require_model_or_none(out, chosen.target)
    if chosen.plot:
        require_picture("train", "--plot", chosen.plot)
        if chosen.plot.resolve() == out.resolve():
            checks.refuse("train", "--plot as another file than the model's", chosen.plot)
    checks.count("train", "--epochs", chosen.epochs)
    named = {"drop": chosen.drop, "categories": chosen.categories}
    table = Table(chosen.table, chosen.target, task=chosen.task, **named)
    print(table, flush=True)
    model = table.train(epochs=chosen.epochs, seed=chosen.seed, in_order=chosen.in_order)
    model.save(out)
    print(model.report)
    print(f"wrote {out}")
    if chosen.plot:
        try:
            model.report.draw(chosen.plot)
            print(f"wrote {chosen.plot}")
        except ImportError as error:
            print(f"no picture: {error}")


def require_model_or_none(out: Path, target: str) -> None:
    """Refuse to write a model over a file that is none, or that of another target."""
    if out.exists():
        try:
            before = TableModel.load(out).target.name
        except ModelFileError:
            before = ""
        if before != target:
            expected = f"--out as a new file, or that of a model of {target}"
            got = f"{out}, a model of {before}" if before else out
            checks.refuse("train", expected, got, "give the model another name")


def predict(chosen: Any) -> None:
    """Print or write a row for each row of the table."""
    model = TableModel.load(chosen.model)
    names = [model.target.name]
    if chosen.probabilities:
        model.require_classes("--probabilities")
        names += [f"probability of {name}" for name in model.target.classes or []]
    if chosen.out:
        require_place("predict", "--out", chosen.out)
        require_predictions_or_none(chosen.out, model.target.name)
    A = model.outputs(chosen.table)
    columns = [model.target.of(A)]
    columns += [*model.target.probabilities(A).T] if chosen.probabilities else []
    rows = [*zip(*(column.tolist() for column in columns), strict=True)]
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([names, *rows])
    if chosen.out:
        disk.write(str(chosen.out), text.getvalue().encode())
        print(f"wrote {len(rows):,} rows to {chosen.out}")
    else:
        sys.stdout.write(text.getvalue())


def require_predictions_or_none(out: Path, target: str) -> None:
    """Refuse to write predictions over a file of something else."""
    if out.suffix.lower() == ".gz":
        checks.refuse("predict", "--out as a text file, which is not packed", out)
    if out.exists():
        with out.open("rb") as file:
            start = file.readline(100_000).decode(errors="replace").rstrip()
        names = next(csv.reader(start.splitlines()[:1]), [])
        more = [name for name in names[1:] if not name.startswith("probability of ")]
        if names[:1] != [target] or more:
            cure = "give them another name"
            checks.refuse("predict", f"--out as a new file, or predictions of {target}", out, cure)


def evaluate(chosen: Any) -> None:
    """Print how well a model does."""
    print(TableModel.load(chosen.model).evaluate(chosen.table))


def show(chosen: Any) -> None:
    """Print what is in a model's file."""
    model = TableModel.load(chosen.model)
    print(model)
    model.model.summary()
    print(model.model.history)
