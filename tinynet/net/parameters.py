"""One array for all parameters of a net, one for all gradients, one for each of the optimizer's
slots. The layers have views of them, so an update takes a few calls for the whole net."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from tinynet.base import Array
from tinynet.layers import Layer


def named(shelves: Iterable[Mapping[str, Array]]) -> dict[str, Array]:
    """One mapping of all layers' arrays, under the notes' names W1, b1, W2, ... (the input is layer
    0)."""
    return {f"{key}{i}": a for i, shelf in enumerate(shelves, 1) for key, a in shelf.items()}


def gather(layers: Sequence[Layer]) -> Array:
    """All parameters in one array; from then on each layer's theta is a view of it."""
    home = layers[0].theta.base
    if not isinstance(home, np.ndarray) or not fills(layers, home):
        home = np.concatenate([layer.theta.ravel() for layer in layers])
        for layer, piece in zip(layers, pieces(layers, home), strict=True):
            layer.theta = piece
    return home


def fills(layers: Sequence[Layer], home: Array) -> bool:
    """Whether the layers' thetas are the pieces of this array."""
    if not home.flags.writeable or home.size != sum(layer.theta.size for layer in layers):
        return False
    pairs = zip(layers, pieces(layers, home), strict=True)
    return all(x.theta.__array_interface__ == p.__array_interface__ for x, p in pairs)


def pieces(layers: Sequence[Layer], flat: Array) -> list[Array]:
    """Each layer's part of an array of all parameters, in the shape of its theta."""
    ends = np.cumsum([layer.theta.size for layer in layers[:-1]])
    cut = zip(layers, np.split(flat, ends), strict=True)
    return [piece.reshape(layer.theta.shape) for layer, piece in cut]


def parts(layers: Sequence[Layer], thetas: Sequence[Array]) -> dict[str, Array]:
    """Each parameter's part of arrays like the layers' thetas, under its name."""
    pairs = zip(layers, thetas, strict=True)
    return named(layer.split(theta) for layer, theta in pairs)
