"""What somebody who looks at a training would say when it is done."""

import math

from tinynet.layers import Standardize
from tinynet.losses import BinaryCrossEntropy
from tinynet.metrics.epochs import Row
from tinynet.net.cost import Cost

SPAN = 100  # inputs that differ by more are told of
FEW = 10  # epochs after which a cost should have moved
GUESS = 0.01  # how near to ln 2 a cost is that of a guess


def advice(cost: Cost, span: float, rows: list[Row]) -> dict[str, str]:
    """What looks wrong after these epochs, by name, each with its cure; `span` is that of the
    inputs."""
    losses, said, guess = [numbers[0] for _, numbers in rows], dict[str, str](), math.log(2)
    if len(losses) > 1 and losses[-1] > losses[0]:
        text = f"the cost rose from {losses[0]:.6g} to {losses[-1]:.6g}"
        said["rose"] = f"{text}: a smaller learning rate may help"
    near = all(abs(J - guess) < GUESS * guess for J in losses)
    if len(losses) >= FEW and near and isinstance(cost.pair.loss, BinaryCrossEntropy):
        text = f"the cost stayed at ln 2 = {guess:.3f}, that of a guess"
        said["stayed"] = f"{text}: a smaller batch_size or a larger learning rate may help"
    if span > SPAN and not isinstance(cost.layers[0], Standardize):
        text = f"the inputs span {span:.6g}"
        said["wide"] = f"{text}: tn.Standardize() as the first layer brings them to one scale"
    return said
