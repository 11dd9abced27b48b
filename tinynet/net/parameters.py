"""Where parameters, gradients and slots live: those of a whole net in one array each, of which the
layers hold the parts, so that an update is a few calls for all of them together."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tinynet.base.checks import Array
from tinynet.layers import Layer


def named(shelves: Iterable[Mapping[str, Array]]) -> dict[str, Array]:
    """What the layers hold, from the first on, under the notes' names, W1, b1, W2, ...: the input
    is layer 0."""
    return {
        f"{key}{i}": array for i, shelf in enumerate(shelves, 1) for key, array in shelf.items()
    }


def home_of(arrays: Collection[Array]) -> Array | None:
    """The array that these are all of, if there is one."""
    home: Any = next((a.base for a in arrays), None)
    if not isinstance(home, np.ndarray) or not home.flags.owndata or not home.flags.writeable:
        return None
    whole = home.size == sum(a.size for a in arrays) and all(a.base is home for a in arrays)
    return home if whole else None


def gather(layers: Sequence[Layer]) -> Array:
    """All parameters as one array, which is their home from then on."""
    thetas = [layer.theta for layer in layers]
    home = home_of(thetas)
    if home is None:
        home = np.concatenate([theta.ravel() for theta in thetas])
        for layer, piece in zip(layers, pieces(layers, home), strict=True):
            layer.theta = piece
    return home


def pieces(layers: Sequence[Layer], flat: Array) -> list[Array]:
    """What each layer has of such an array."""
    ends = np.cumsum([layer.theta.size for layer in layers[:-1]])
    return [
        piece.reshape(layer.theta.shape)
        for layer, piece in zip(layers, np.split(flat, ends), strict=True)
    ]


def parts(layers: Sequence[Layer], flat: Array) -> dict[str, Array]:
    """What each parameter has of it, under its name."""
    return named(
        layer.split(piece) for layer, piece in zip(layers, pieces(layers, flat), strict=True)
    )
