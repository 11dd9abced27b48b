"""Pictures of models and trainings: decision boundaries, curves, confusion, weights, the net
itself. Needs matplotlib, the extra `plot`.

Each function draws on `ax`, or on a new figure if there is none, and returns the Axes;
`ax.figure.savefig("net.png")` writes it. Figures are made without pyplot, so drawing needs no
screen and leaves no global state behind. Colours are told apart by those who are colour-blind.
"""

# an `ax` of a user's is Any:
# mypy: disable-error-code="no-any-return"

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tinynet.activations import label
from tinynet.base import Array, checks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CLASSES, SIGNED, COUNTS = "RdYlBu", "RdBu_r", "Blues"
BY = "made by tinynet"
MOST = 12  # units of a layer that a diagram shows


def figure(columns: int, rows: int = 1) -> tuple["Figure", list["Axes"]]:
    """An empty figure and its axes; an ImportError that names the extra where matplotlib is
    missing."""
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError as error:
        raise ImportError(
            'plots need matplotlib: install the extra "plot", as in pip install ".[plot]"'
        ) from error
    drawn = Figure(figsize=(5 * columns, 4 * rows), layout="constrained")
    return drawn, list(np.ravel(drawn.subplots(rows, columns)))


def endings() -> list[str]:
    """The file endings that a picture may have."""
    return [f".{name}" for name in figure(1)[0].canvas.get_supported_filetypes()]


def save(figure: Any, path: Any) -> None:
    """Write a picture that says who made it, where its format can."""
    form = str(path).rpartition(".")[2].lower()
    kinds = {
        "png": "Software",
        "svg": "Creator",
        "pdf": "Creator",
        "ps": "Creator",
        "eps": "Creator",
    }
    figure.savefig(path, dpi=80, metadata={kinds[form]: BY} if form in kinds else None)


def axes_of(ax: Any) -> "Axes":
    """The axes to draw on."""
    if ax is not None and not hasattr(ax, "pcolormesh"):
        cure = "decision_boundary(model, X, Y, ax=axes), for example"
        checks.refuse("plots", "ax as the Axes of matplotlib", checks.shown(ax), cure, TypeError)
    found: Axes = figure(1)[1][0] if ax is None else ax
    return found


def decision_boundary(
    model: Any,
    X: Any,
    Y: Any,
    *,
    features: Sequence[int] = (0, 1),
    names: Sequence[str] | None = None,
    ax: Any = None,
    title: str = "",
    resolution: int = 200,
) -> "Axes":
    """Colour the plane of two features by the class that `model` predicts, with the examples X on
    it. Of more than two inputs the others are at their mean, and the title says so. Y are labels,
    or one-hot; `names` are those of the features."""
    who, ax = "decision_boundary", axes_of(ax)
    rows = model.examples == "rows"
    columns = checks.numbers(who, "X", X)
    columns = columns.T if rows and columns.ndim == 2 else columns
    if columns.ndim != 2 or len(columns) < 2:
        checks.refuse(who, "X of at least two features", np.shape(X))
    i, j = chosen(who, features, len(columns))
    labels = labels_of(who, Y, columns.shape[1], rows)
    sides = []
    for row in columns[[i, j]]:
        margin = 0.05 * (float(np.ptp(row)) or 1.0)
        sides.append(np.linspace(row.min() - margin, row.max() + margin, resolution))
    grid = np.repeat(columns.mean(axis=1, keepdims=True), resolution**2, axis=1)
    grid[[i, j]] = np.array(np.meshgrid(*sides)).reshape(2, -1)
    classes = model.predict_classes(grid.T if rows else grid).reshape(resolution, resolution)
    top = max(int(classes.max()), int(labels.max()), 1)
    colours = {"cmap": CLASSES, "vmin": 0, "vmax": top}
    ax.pcolormesh(*sides, classes, **colours, alpha=0.5, shading="nearest", rasterized=True)
    ax.scatter(*columns[[i, j]], c=labels, **colours, s=14, edgecolors="black", linewidths=0.4)
    said = [f"$x_{{{k + 1}}}$" for k in (i, j)] if names is None else [names[i], names[j]]
    if len(columns) > 2:
        title = ", ".join(filter(None, [title, "the other inputs at their mean"]))
    ax.set(title=title, xlabel=said[0], ylabel=said[1])
    return ax


def chosen(who: str, features: Any, n: int) -> tuple[int, int]:
    """Two different features of n."""
    pair = [checks.count(who, "features", k, 0) for k in features]
    if len({*pair}) != 2 or len(pair) != 2 or max(pair) >= n:
        checks.refuse(who, f"features as two different numbers below {n}", features)
    return pair[0], pair[1]


def labels_of(who: str, Y: Any, m: int, rows: bool) -> Array:
    """Y as labels (m,)."""
    found = checks.numbers(who, "Y", Y)
    found = found.T if rows and found.ndim == 2 else found
    if found.ndim == 2 and len(found) > 1 and found.shape[1] == m:
        found = found.argmax(axis=0)
    if found.size != m:
        checks.refuse(who, f"Y of {m} labels, one an example", np.shape(Y))
    return found.ravel()


def curve(
    history: Any, name: str = "loss", *, ax: Any = None, title: str = "", log: bool = False
) -> "Axes":
    """A number of every epoch, from a History or a list, and beside it that of the validation data
    if there is one."""
    ax = axes_of(ax)
    columns = getattr(history, "history", None) or {name: list(history)}
    if name not in columns:
        checks.refuse("curve", f"name as one of {', '.join(columns)}", repr(name))
    for line, of, style in ((name, "training", "-"), (f"val_{name}", "validation", "--")):
        if line in columns:
            ax.plot(range(1, len(columns[line]) + 1), columns[line], style, label=of)
    if f"val_{name}" in columns:
        ax.legend()
    ax.set(title=title, xlabel="epoch", ylabel="cost J" if name == "loss" else name)
    if log:
        ax.set_yscale("log")
    elif name == "loss" and min(columns[name], default=0) >= 0:
        ax.set_ylim(bottom=0)
    ax.grid(alpha=0.3)
    return ax


def sweep(models: Mapping[str, Any], X: Any, Y: Any, *, columns: int = 4) -> list["Axes"]:
    """The decision boundaries of several models, by their titles, side by side."""
    rows = -(-len(models) // columns)
    _, axes = figure(min(columns, len(models)), rows)
    for (title, model), ax in zip(models.items(), axes, strict=False):
        decision_boundary(model, X, Y, ax=ax, title=title)
    for ax in axes[len(models) :]:
        ax.set_axis_off()
    return axes[: len(models)]


def confusion(counts: Any, names: Sequence[Any] | None = None, *, ax: Any = None) -> "Axes":
    """A confusion matrix, such as `tn.confusion_matrix(true, said)` gives: how many examples of a
    class (a row) were said to be of each class (a column)."""
    ax, counts = axes_of(ax), checks.numbers("confusion", "counts", counts)
    if counts.ndim != 2 or len(counts) != counts.shape[1]:
        checks.refuse("confusion", "a square matrix", counts.shape, "tn.confusion_matrix makes one")
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    ax.imshow(shares, cmap=COUNTS, vmin=0, vmax=1)
    for (i, j), count in np.ndenumerate(counts):
        colour = "white" if shares[i, j] > 0.5 else "black"
        ax.text(j, i, f"{count:g}", ha="center", va="center", color=colour)
    ticks = range(len(counts))
    named = [str(name) for name in (ticks if names is None else names)]
    ax.set(xticks=ticks, yticks=ticks, xticklabels=named, yticklabels=named)
    ax.set(xlabel="said to be", ylabel="is", title="confusion")
    return ax


def predicted(true: Any, said: Any, *, ax: Any = None, title: str = "") -> "Axes":
    """What a regression says against what is true; on the line it is right."""
    ax = axes_of(ax)
    true, said = (
        np.ravel(checks.numbers("predicted", n, a)) for n, a in [("true", true), ("said", said)]
    )
    if true.shape != said.shape:
        checks.refuse("predicted", f"said of {true.size} numbers", said.size)
    ends = [min(true.min(), said.min()), max(true.max(), said.max())]
    ax.plot(ends, ends, "--", color="grey", linewidth=1)
    ax.scatter(true, said, s=12, alpha=0.6)
    ax.set(title=title, xlabel="true", ylabel="predicted")
    ax.set_aspect("equal", adjustable="datalim")
    return ax


def weights(model: Any, layer: int = 1, *, ax: Any = None) -> "Axes":
    """A heat map of W of a layer, counted from 1: a row a unit, a column an input."""
    ax = axes_of(ax)
    at = checks.count("weights", "layer", layer)
    if at > len(model.layers) or "W" not in model.layers[at - 1].params:
        having = [str(i) for i, one in enumerate(model.layers, 1) if "W" in one.params]
        got, cure = f"layer {at}", "build or fit the model first" if not having else ""
        checks.refuse("weights", f"a layer with W, one of {', '.join(having) or 'none'}", got, cure)
    W = model.layers[at - 1].params["W"]
    far = float(np.abs(W).max()) or 1.0
    image = ax.imshow(W, cmap=SIGNED, vmin=-far, vmax=far, aspect="auto", interpolation="nearest")
    ax.figure.colorbar(image, ax=ax)
    ax.locator_params(integer=True)
    ax.set(title=f"$W_{{{at}}}$ of {model.layers[at - 1]!r}", xlabel="input", ylabel="unit")
    return ax


def diagram(model: Any, *, ax: Any = None) -> "Axes":
    """The net: a circle for each unit, a column for each layer; of a wide layer some units."""
    ax, n_x = axes_of(ax), model.layers[0].n_in
    if not n_x:
        checks.refuse("diagram", "a model with weights", "none so far", "call build(n_x) or fit")
    before, left_out = places(n_x)
    write(ax, 0, before, f"{n_x} inputs", left_out)
    for x, layer in enumerate(model.layers, 1):
        ys, left_out = places(layer.units)
        alone = "W" not in layer.params and len(ys) == len(before)  # unit by unit
        pairs = zip(before, ys, strict=True) if alone else ((a, b) for a in before for b in ys)
        for ends in pairs:
            ax.plot([x - 1, x], ends, color="grey", linewidth=0.3, zorder=1)
        text = f"{type(layer).__name__}\n{layer.units} units\n{label(layer.activation)}"
        write(ax, x, ys, text.removesuffix("\nidentity"), left_out)
        before = ys
    ax.set(xlim=(-0.5, len(model.layers) + 0.5), ylim=(-1.8, 1.1))
    ax.set_axis_off()
    return ax


def write(ax: Any, x: int, ys: Array, text: str, left_out: int) -> None:
    """A column of a diagram."""
    ax.scatter([x] * len(ys), ys, s=120, zorder=2, edgecolors="black", color="lightblue")
    ax.text(x, -1.2, text, ha="center", va="top", fontsize=8)
    if left_out:
        ax.text(x, 0, "⋮", ha="center", va="center", fontsize=16, zorder=3)


def places(n: int) -> tuple[Array, int]:
    """Where the circles of n units are, and how many are left out in the middle."""
    if n <= MOST:
        return np.linspace(1, -1, n) if n > 1 else np.zeros(1), 0
    whole = np.linspace(1, -1, MOST + 1)
    return np.delete(whole, MOST // 2), n - MOST
