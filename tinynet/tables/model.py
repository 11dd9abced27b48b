"""A net with the columns that it was trained on, in one file."""

import json
from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from tinynet.base import Array, checks
from tinynet.files.safetensors import only, parsed, refuse, typed
from tinynet.model import saved
from tinynet.model.sequential import Sequential
from tinynet.tables import cells
from tinynet.tables.columns import Column
from tinynet.tables.inputs import Categories, Input, distinct_texts, input_from, matrix
from tinynet.tables.report import Report
from tinynet.tables.taken import require_one_point
from tinynet.tables.target import Target


class TableModel:
    """A trained net, the columns that it reads and the target that it predicts. `Table.train` makes
    one, `TableModel.load(path)` reads one. `model` is the Sequential."""

    report: Any = None  # a Report on the rows that were held out, after a training

    def __init__(self, model: Sequential, columns: Sequence[Input], target: Target) -> None:
        self.model, self.columns, self.target = model, columns, target
        self.scores = dict[str, float]()

    def predict(self, table: Any) -> Array:
        """The classes or the numbers (m,) of a table with these columns, in any order."""
        return self.target.of(self.outputs(table))

    def predict_proba(self, table: Any) -> Array:
        """The probability of each class (m, n_classes), in the order of `target.values`."""
        self.require_classes("predict_proba")
        return self.target.probabilities(self.outputs(table))

    def outputs(self, table: Any) -> Array:
        """A of the net, (m, n_y)."""
        return self.model.predict(self.inputs(table))

    def require_classes(self, who: str) -> None:
        """Refuse to give probabilities of a number."""
        if self.target.classes is None:
            checks.refuse(who, "a target of classes", str(self.target))

    def evaluate(self, table: Any) -> Report:
        """How well it does on a table that has the target, too. The guess beside it is by what is
        most common there, or by the mean there."""
        who, read = self._read_columns(table, [self.target.name])
        column = read.pop(self.target.name)
        Y = self.target.numbers(who, column)
        rows = np.flatnonzero(~np.isnan(Y))
        if not rows.size:
            checks.refuse(who, f"rows with {self.target.name}", "none")
        for column in read.values():
            column.only(rows)
        A = self.model.predict(matrix(who, self.columns, read))
        predicted, true = self.target.predicted(A), Y[rows]
        return Report(self.target, rows + 1, true, predicted, true, self.model.history)

    def inputs(self, table: Any) -> Array:
        """X (m, n_x) of a table."""
        who, read = self._read_columns(table)
        return matrix(who, self.columns, read)

    def _read_columns(self, table: Any, more: Sequence[str] = ()) -> tuple[str, dict[str, Column]]:
        """The columns that it knows, and more, of a table; and who that is in errors."""
        apart = [one.name for one in self.columns if isinstance(one, Categories)]
        names = [*(one.name for one in self.columns), *more]
        with cells.opened(table) as opened:
            points, told = opened.delimiter == ";", {*apart, *more}
            read = {n: Column(n, np.inf if n in told else 0, points) for n in names}
            absent = [name for name in read if name not in opened.names]
            if len(absent) == 1:
                cells.unknown(opened.who, absent[0], opened.names)
            if absent:
                expected = f"the columns {', '.join(read)}"
                checks.refuse(opened.who, expected, f"none named {', '.join(absent)}")
            places = {name: opened.names.index(name) for name in read}
            for part in opened.parts:
                for name, column in read.items():
                    column.add(part[places[name]])
            for column in read.values():
                require_one_point(opened.who, column)
            if not next(iter(read.values())).m:
                checks.refuse(opened.who, "a table with rows", "none")
            return opened.who, read

    def save(self, path: Any) -> None:
        """Write all of it to one file. `tn.load` reads the net of such a file alone."""
        classes = self.target.classes
        table = {
            "target": {"name": self.target.name, "classes": classes and list(classes)},
            "columns": [one.tree() for one in self.columns],
            "scores": self.scores,
        }
        text = json.dumps(table, allow_nan=False)
        saved.save(Sequential, self.model._to_save(), path, {"table": text})

    @classmethod
    def load(cls, path: Any) -> Self:
        """The model of a file that `save` wrote; a ModelFileError if it is anything else."""
        net, texts = saved.with_texts(Sequential, path)
        with saved.in_one_error(checks.path("load", "path", path)):
            if "table" not in texts:
                refuse("a model of a table", "a net alone", "tn.load reads it")
            return cls._read(net, parsed(texts["table"].encode()))

    @classmethod
    def _read(cls, net: Sequential, found: dict[str, Any]) -> Self:
        """The model of a net and what a file says of its columns."""
        if found.keys() != {"target", "columns", "scores"}:
            refuse("a target, columns and scores", ", ".join(found))
        own, columns = only(found, "target", dict), only(found, "columns", list)
        classes = own.get("classes")
        if classes is not None:
            classes = distinct_texts("classes", classes, 2)
        target = Target(only(own, "name", str), classes)
        inputs = [input_from(typed("a column", one, dict)) for one in columns]
        distinct_texts("columns", [one.name for one in inputs])
        width, last = sum(one.width for one in inputs), net.layers[-1]
        said = width, target.width, "rows", classes is not None
        if said != (net.layers[0].n_in, last.units, net.examples, last.activation.classifies):
            refuse("the columns and the target of that net", f"those of another: {said}")
        model = cls(net, inputs, target)
        for name, score in only(found, "scores", dict).items():
            model.scores[name] = typed(name, score, float)
        return model

    def __repr__(self) -> str:
        return f"TableModel({self.target.name} from {len(self.columns)} columns)"

    def __str__(self) -> str:
        wide = max(len(one.name) for one in self.columns)
        lines = [f"  {one.name:<{wide}}  {one}" for one in self.columns]
        scores = ", ".join(f"{name} {score:.6g}" for name, score in self.scores.items())
        said = [f"predicts {self.target}", f"from {len(self.columns)} columns:", *lines]
        return "\n".join([*said, f"on rows that were held out: {scores}"] if scores else said)
