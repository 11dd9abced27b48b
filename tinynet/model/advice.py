"""What somebody who looks at a training would say when it is done."""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from tinynet import activations
from tinynet.activations import Activation, Exponential, Identity, ReLU, Sigmoid, Softplus, Tanh
from tinynet.layers import Standardize
from tinynet.losses import BinaryCrossEntropy
from tinynet.metrics.epochs import Row
from tinynet.net.cost import Cost
from tinynet.optimizers import Optimizer, Schedule

Range: TypeAlias = tuple[float, float]  # the least and the most

WIDE = 100  # inputs or targets that differ by more, or are farther from 0, are told of
FEW = 10  # epochs after which a cost should have moved
GUESS = 0.01  # how near to ln 2 a cost is that of a guess
RISE = 0.01  # the share of itself by which a cost that rose is higher
SMALL, UNLIKE = 0.01, 10  # a deviation of targets that is small; how unlike those of several are
# what activations give
REACH: dict[type[Activation], Range] = {Sigmoid: (0, 1), Tanh: (-1, 1)}
REACH |= dict.fromkeys((ReLU, Softplus, Exponential), (0, math.inf))


def advice(
    cost: Cost,
    optimizer: Optimizer,
    metrics: Iterable[str],
    ranges: Sequence[Range],
    rows: Sequence[Row],
) -> dict[str, str]:
    """What looks wrong after these epochs, by name, each with its cure; `ranges` are those of the
    inputs and of the targets, if they are known."""
    if not rows:
        return {}
    losses, names = [numbers[0] for _, numbers in rows], rows[-1][0]
    said = dict(of_costs(cost, losses))
    if ranges:
        said |= dict(of_data(cost, *ranges))
    missing = [name for name in metrics if not {name, f"val_{name}"} & {*names}]
    if missing:
        text = f"{', '.join(missing)}: not measured, since it takes all examples at once"
        said["missing"] = f"{text}; fit does it on validation data, evaluate on any"
    scheduled = isinstance(optimizer.learning_rate, Schedule) and optimizer.steps
    if scheduled and type(optimizer).rate is Optimizer.rate and not optimizer.rate(optimizer.steps):
        said["over"] = "the learning rate has come to 0, where its schedule ends"
    return said


def of_costs(cost: Cost, losses: Sequence[float]) -> Iterator[tuple[str, str]]:
    guess, (first, *_, last) = math.log(2), (losses[0], *losses)
    if last - first > RISE * abs(first):
        text = f"the cost rose from {first:.6g} to {last:.6g}"
        yield "rose", f"{text}: a smaller learning rate may help"
    near = all(abs(J - guess) < GUESS * guess for J in losses)
    if len(losses) >= FEW and near and isinstance(cost.pair.loss, BinaryCrossEntropy):
        text = f"the cost stayed at ln 2 = {guess:.3f}, that of a guess"
        yield "stayed", f"{text}: a smaller batch_size or a larger learning rate may help"


def is_wide(numbers: Range) -> bool:
    low, high = numbers
    return max(high - low, high, -low) > WIDE


def of_data(cost: Cost, inputs: Range, targets: Range) -> Iterator[tuple[str, str]]:
    first, *_, last = cost.layers[0], *cost.layers
    if is_wide(inputs) and not isinstance(first, Standardize):
        text = f"the inputs go from {inputs[0]:.6g} to {inputs[1]:.6g}"
        yield "wide", f"{text}: tn.Standardize() as the first layer brings them to one scale"
    if isinstance(last, Standardize):
        low, high = float(last.state["scale"].min()), float(last.state["scale"].max())
        if low < SMALL or high > UNLIKE * low:
            text = f"the targets deviate by {low:.6g} to {high:.6g}, and the cost is in their units"
            yield "unlike", f"{text}: give them in units in which these are near 1"
        return
    text = f"the targets go from {targets[0]:.6g} to {targets[1]:.6g}"
    if isinstance(last.activation, Identity) and is_wide(targets):
        yield "far", f"{text}: tn.Standardize(invert=True) as the last layer learns their scale"
    low, high = REACH.get(type(last.activation), (-math.inf, math.inf))
    if targets[0] < low or targets[1] > high:
        name = activations.label(last.activation)
        yield "out", f"{text}, and {name} gives {low} to {high}: leave out the last activation"
