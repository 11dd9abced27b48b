"""`python -m tinynet planar` trains the notes' net on the planar data, the flower, and draws its
decision boundary."""

from pathlib import Path
from typing import Any

import numpy as np

from tinynet import data, plots
from tinynet.activations import ACTIVATIONS
from tinynet.base import Array, checks
from tinynet.commands.places import require_picture
from tinynet.layers import Dense, Layer
from tinynet.layers.initializers import Normal
from tinynet.model.sequential import Sequential
from tinynet.optimizers import SGD

SWEEP = (1, 2, 3, 4, 5, 20, 50)


def add(commands: Any) -> None:
    """The command and its arguments."""
    job = commands.add_parser(
        "planar", help="train the notes' 2-layer net on planar data and draw its decision boundary"
    )
    job.add_argument(
        "--hidden", type=int, default=4, help="hidden units; 0 is logistic regression (default 4)"
    )
    job.add_argument("--epochs", type=int, default=10_000, help="default 10000")
    job.add_argument("--learning-rate", type=float, default=1.2, help="default 1.2")
    job.add_argument(
        "--activation", choices=list(ACTIVATIONS), default="tanh", help="hidden; default tanh"
    )
    job.add_argument(
        "--data", choices=list(data.SETS), default="planar", help="default planar, the flower"
    )
    job.add_argument("--seed", type=int, default=3, help="of the weights; default 3, the course's")
    job.add_argument(
        "--out",
        type=Path,
        default=Path("planar.png"),
        help="where the picture goes; default planar.png",
    )
    job.add_argument(
        "--sweep",
        action="store_true",
        help=f"train hidden sizes {', '.join(map(str, SWEEP))} and draw them all",
    )
    job.set_defaults(run=planar)


def net(hidden: int, activation: str, learning_rate: float, seed: int) -> Sequential:
    """The notes' net: weights N(0, 0.01^2) from RandomState(seed), gradient descent. With 0 hidden
    units it is logistic regression."""
    small = Normal(0.01)
    layers: list[Layer] = [Dense(hidden, activation, initializer=small)] if hidden else []
    model = Sequential(
        [*layers, Dense(1, "sigmoid", initializer=small)], seed=np.random.RandomState(seed)
    )
    model.compile(SGD(learning_rate), loss="binary_crossentropy", metrics=["accuracy"])
    return model


def train(model: Sequential, X: Array, Y: Array, epochs: int, every: int = 1000) -> None:
    """Train for `epochs` epochs and print the cost of every 1000th, as the notes do."""
    for iteration in range(0, epochs, every):
        report = model.fit(X, Y, min(every, epochs - iteration), verbose=0)
        print(f"Cost after iteration {iteration}: {report.history['loss'][0]:f}", flush=True)


def name(hidden: int) -> str:
    return f"{hidden} hidden unit{'s' if hidden > 1 else ''}" if hidden else "logistic regression"


def planar(chosen: Any) -> None:
    X, Y = data.SETS[chosen.data]()
    require_picture("planar", "--out", chosen.out)
    epochs, trained = checks.count("planar", "epochs", chosen.epochs, least=0), []
    for hidden in SWEEP if chosen.sweep else (chosen.hidden,):
        model = net(hidden, chosen.activation, chosen.learning_rate, chosen.seed)
        if chosen.sweep:
            model.fit(X, Y, epochs, verbose=0)
        else:
            train(model, X, Y, epochs)
        accuracy = f"accuracy {model.build(2).evaluate(X, Y)['accuracy']:.2%}"
        print(f"{name(hidden)}: {accuracy}", flush=True)
        trained.append((model, f"{name(hidden)}, {accuracy}"))
    try:
        draw(trained, X, Y, chosen.out)
        print(f"wrote {chosen.out}")
    except ImportError as error:
        print(f"no picture: {error}")


def draw(trained: list[tuple[Sequential, str]], X: Array, Y: Array, out: Path) -> None:
    """Draw the decision boundary of each model, and for a single model its cost beside it."""
    single = len(trained) == 1
    figure, axes = plots.figure(*((2, 1) if single else (4, 2)))
    for (model, title), place in zip(trained, axes, strict=False):
        plots.decision_boundary(model, X, Y, ax=place, title=title)
    if single:
        plots.curve(trained[0][0].history, ax=axes[1], title="cost")
    for place in axes[len(trained) + single :]:
        place.set_axis_off()
    plots.save(figure, out)
