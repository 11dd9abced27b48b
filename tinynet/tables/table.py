"""A table of examples in rows: what each column is, and a net trained on it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tinynet.base import Array, checks
from tinynet.callbacks import EarlyStopping
from tinynet.data import held_out
from tinynet.layers.initializers import generator
from tinynet.model.sequential import Sequential
from tinynet.tables import cells
from tinynet.tables.cells import Source
from tinynet.tables.columns import Column
from tinynet.tables.inputs import Categories, Input, known_inputs, matrix, spans
from tinynet.tables.model import TableModel
from tinynet.tables.pace import Pace
from tinynet.tables.report import Report
from tinynet.tables.taken import require_one_point, taken_for
from tinynet.tables.target import target_of

LEAST = 10  # rows
HELD_OUT, VALIDATION = 0.25, 0.2  # of the rows, and of those that are left
UNITS, BATCH, PATIENCE = 32, 32, 20
TASKS = {"classification": True, "regression": False}


class Told(NamedTuple):
    """A line on a column: what it is taken for, its name, more on it."""

    taken_for: str
    name: str
    text: str


class Table:
    """A table with a column to predict, the target, and what each other column is taken for.

    `source` is the path of a `.csv`, `.tsv` or `.csv.gz` file whose first row are the names, a
    pandas frame, or a dict of columns. Columns of numbers are inputs as they are; others of up to
    50 values are categories, an input of 0 and 1 for each value. What is missing in numbers is
    their mean, in categories a value of its own. A row without a target is left out; so is a
    column that says nothing, or of more texts.

    The target is classes if it is texts, or at most 10 whole numbers; `task`, "classification" or
    "regression", overrules that. `drop` names columns to leave out, `categories` numbers that are
    none, such as the codes of regions. `print(table)` says what was taken for what.

    X (m, n_x), NaN where a number is missing, and Y (m,), the targets or the numbers of the
    classes, are there for a net of your own.

    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> size, colour = rng.normal(size=200), rng.choice(["red", "green"], 200)
    >>> kind = np.where((size > 0) == (colour == "red"), "A", "B")
    >>> table = Table({"size": size, "colour": colour, "kind": kind}, target="kind")
    >>> model = table.train(verbose=0)
    >>> model.predict({"colour": ["red", "green"], "size": [1.5, 1.5]}).tolist()
    ['A', 'B']
    """

    def __init__(
        self,
        source: Any,
        target: str,
        *,
        task: str | None = None,
        drop: Sequence[str] = (),
        categories: Sequence[str] = (),
    ) -> None:
        classes = None if task is None else checks.known("Table", "task", task, TASKS)
        target = str(target)
        lists = {"drop": names_of("drop", drop), "categories": names_of("categories", categories)}
        with cells.opened(source) as opened:
            self.who = opened.who
            require_named(opened, target, lists)
            kept = [name for name in opened.names if name and name not in lists["drop"]]
            points = opened.delimiter == ";"
            read = {name: Column(name, points=points) for name in kept}
            for part in opened.parts:
                for name, own in zip(opened.names, part, strict=True):
                    if name in read:
                        read[name].add(own)
        self.told = [Told("left out", "the first column", "it has no name")] * ("" in opened.names)
        self.told += [Told("left out", name, "as you say") for name in lists["drop"]]
        if read[target].m < LEAST:
            checks.refuse(self.who, f"at least {LEAST} rows below the names", read[target].m)
        for column in read.values():
            require_one_point(self.who, column)
        self._take_target(read.pop(target), classes)
        for column in read.values():
            if column.m > len(self.rows):
                column.only(self.rows)
        self._take_columns(read, lists["categories"])

    def _take_target(self, column: Column, classes: bool | None) -> None:
        """Y, and which rows have one."""
        self.target, Y, text = target_of(self.who, column, classes)
        self.told.insert(0, Told("target", column.name, text))
        self.rows = np.flatnonzero(~np.isnan(Y))
        self.Y = Y[self.rows]
        if len(self.Y) < len(Y):
            absent = f"{len(Y) - len(self.Y):,} rows"
            self.told.append(Told("left out", absent, f"without {column.name}"))
        if len(self.Y) < LEAST:
            checks.refuse(self.who, f"at least {LEAST} rows with {column.name}", len(self.Y))

    def _take_columns(self, read: dict[str, Column], categories: Sequence[str]) -> None:
        """X, and what each of its columns is."""
        self.columns: list[Input] = []
        left_out = list[Told]()
        for name, column in read.items():
            found, text = taken_for(self.who, column, name in categories)
            if found is None:
                left_out.append(Told("left out", name, text))
            else:
                self.columns.append(found)
                self.told.append(Told(found.caption, name, text))
        self.told += left_out
        if not self.columns:
            got = "; ".join(f"{one.name}: {one.text}" for one in left_out) or "none"
            checks.refuse(self.who, "a column to predict from", got)
        self.X = matrix(self.who, self.columns, read)

    def __str__(self) -> str:
        wide = max(len(one.name) for one in self.told)
        lines = [f"  {one.taken_for:<10}  {one.name:<{wide}}  {one.text}" for one in self.told]
        return "\n".join([f"{self.who}: {len(self.Y):,} rows", *lines])

    def __repr__(self) -> str:
        return f"Table({self.who}, {len(self.Y)} rows, target {self.target.name})"

    def train(
        self, *, epochs: int = 1000, seed: Any = 0, in_order: bool = False, verbose: int = 1
    ) -> TableModel:
        """A net of 32 relu units, trained by Adam in batches of 32 for up to `epochs` epochs. A
        quarter of the rows, of each class alike, is held out and never seen by the training: the
        model's `report` is how well it does there. Of the others a fifth says when to stop. With
        `in_order`, for rows in the order of time, these are the last rows, and not drawn ones."""
        rng = generator("train", seed)
        rest, out = self._split(checks.switch("train", "in_order", in_order), rng)
        inputs, X = known_inputs(self.who, self.columns, self.X, rest)
        net = Sequential(self.target.layers(UNITS), seed=rng, examples="rows")
        net.compile(metrics=["accuracy"] if self.target.classes else ["r2"])
        stop = EarlyStopping(patience=PATIENCE)
        settings: dict[str, Any] = {"callbacks": [stop, Pace()] if verbose else [stop]}
        X_train, Y_train = X[rest], self.Y[rest]
        if in_order:
            n = cut(len(rest), VALIDATION)
            settings["validation_data"] = X_train[n:], Y_train[n:]
            X_train, Y_train = X_train[:n], Y_train[:n]
        else:
            settings["validation_split"] = VALIDATION
        standardize(net.build(X.shape[1]).layers[0], X_train, inputs)
        net.fit(X_train, Y_train, epochs, BATCH, verbose=verbose, **settings)
        if verbose:
            n, best = len(net.history), stop.best_epoch
            print(f"of {len(rest):,} rows a fifth said when to stop: epoch {best} of {n} is kept")
        model = TableModel(net, inputs, self.target)
        predicted, known = self.target.predicted(net.predict(X[out])), self.Y[rest]
        rows = self.rows[out] + 1
        model.report = Report(self.target, rows, self.Y[out], predicted, known, net.history)
        model.scores = model.report.scores
        return model

    def _split(self, in_order: bool, rng: Any) -> tuple[Array, Array]:
        """The rows to train on, and those that are held out: the last ones, or drawn ones, but of
        each class some to train on."""
        m, labels = len(self.Y), self.Y if self.target.classes else None
        if in_order:
            return np.arange(cut(m, HELD_OUT)), np.arange(cut(m, HELD_OUT), m)
        out, rest = held_out(m, HELD_OUT, rng, labels)
        if labels is not None:
            for label in np.setdiff1d(labels[out], labels[rest]):
                one = out[labels[out] == label][:1]
                out, rest = np.setdiff1d(out, one), np.append(rest, one)
        return np.sort(rest), np.sort(out)


def cut(m: int, share: float) -> int:
    """Where the last ones of m begin, that share of them."""
    return m - max(1, round(share * m))


def names_of(what: str, names: Any) -> list[str]:
    """Names of columns."""
    if isinstance(names, str) or not isinstance(names, Iterable):
        cure = f"{what}=[{names!r}]" if isinstance(names, str) else ""
        checks.refuse("Table", f"{what} as a list of names", repr(names), cure, TypeError)
    return [*dict.fromkeys(map(str, names))]


def require_named(opened: Source, target: str, lists: Mapping[str, Sequence[str]]) -> None:
    """Refuse names of columns that are not there, or that are named for two things."""
    before = {target: "target"}
    for what, names in {"target": [target], **lists}.items():
        for name in names:
            if not name or name not in opened.names:
                cells.unknown(opened.who, name, opened.names)
            if before.setdefault(name, what) != what:
                got = f"it as {before[name]}, too"
                checks.refuse(opened.who, f"{what} without {name!r}", got)


def standardize(layer: Any, X: Array, inputs: Sequence[Input]) -> None:
    """Let the first layer learn of the numbers. Categories stay 0 and 1: a rare one would become
    very large."""
    layer.learn(X.T)
    for one, span in spans(inputs):
        if isinstance(one, Categories):
            layer.state["mean"][span], layer.state["scale"][span] = 0, 1
