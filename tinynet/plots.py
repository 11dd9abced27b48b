"""Pictures of a trained model: its decision boundary and its cost, as in the notes. Needs
matplotlib, the extra `plot`.

A figure is made without pyplot, so drawing needs no screen and leaves no global state behind.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from tinynet.base import checks

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RED_BLUE = "RdYlBu"


def figure(columns: int, rows: int = 1) -> tuple["Figure", list[Any]]:
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


def decision_boundary(
    axes: Any, model: Any, X: Any, Y: Any, title: str = "", resolution: int = 200
) -> None:
    """Colour the plane by the class that `model` predicts, with the examples X (2, m) on it, or
    (m, 2) if the model takes rows."""
    rows, X = model.examples == "rows", np.asarray(X)
    got, X = X.shape, X.T if rows else X
    if X.ndim != 2 or len(X) != 2:
        checks.refuse("decision_boundary", "X of two features", got)
    x1, x2 = (np.linspace(row.min() - 0.5, row.max() + 0.5, resolution) for row in X)
    grid = np.array(np.meshgrid(x1, x2)).reshape(2, -1)
    classes = model.predict_classes(grid.T if rows else grid).reshape(resolution, resolution)
    top = max(int(classes.max()), int(np.max(Y)), 1)
    colours = {"cmap": RED_BLUE, "vmin": 0, "vmax": top}
    axes.pcolormesh(x1, x2, classes, **colours, alpha=0.5, shading="nearest", rasterized=True)
    axes.scatter(*X, c=np.ravel(Y), **colours, s=14, edgecolors="black", linewidths=0.4)
    axes.set(title=title, xlabel="$x_1$", ylabel="$x_2$")


def cost_curve(axes: Any, costs: Any, title: str = "") -> None:
    """The cost of every epoch, from a History or a list."""
    axes.plot(getattr(costs, "history", {"loss": costs})["loss"])
    axes.set(title=title, xlabel="epoch", ylabel="cost J", ylim=(0, None))
    axes.grid(alpha=0.3)
