"""The data that the contenders train on, and the sizes of the nets. All labels can be learned."""

import numpy as np

import tinynet as tn

SIZES = {"small": (64, 32, 10), "middle": (784, 128, 10), "large": (512, 1024, 1024, 10)}
SIZES["kit"] = 64, 64, 10
BATCHES = {
    "small": (32, 50),
    "middle": (128, 100),
    "large": (256, 10),
    "kit": (32, 50),
}  # batch size, batches per epoch
# Steps in which units die, and steps after that, in which 0.9^n takes Adam's m of a dead unit from
# any size below float32's smallest normal number, 1.2e-38.
DYING, DECAY = 500, 1000
DECAYING = 100_000  # steps of a cosine schedule


def planar(dtype):
    X, Y = tn.data.planar()
    return X.astype(dtype), Y.astype(dtype)


def classes(size):
    """Rows of random features with labels that depend on them."""
    n_x, *_, n_y = SIZES[size]
    batch, batches = BATCHES[size]
    rng = np.random.default_rng(0)
    X = rng.standard_normal((batch * batches, n_x)).astype(np.float32)
    return X, labelled(X, n_y, rng)


def parted(size):
    """As `classes`, and a fifth beside them that is looked at after each epoch."""
    X, Y = classes(size)
    held = len(X) // 5
    return X, Y, X[:held] + np.float32(0.1), Y[:held]


def pixels(raw):
    """Rows of features from 0 to 255 with labels that depend on them. As they are, they kill units:
    all are positive and large, so one step of Adam moves every z of a unit by hundreds. Brought to
    mean 0 and deviation 1, they do not."""
    n_x, *_, n_y = SIZES["middle"]
    batch, batches = BATCHES["middle"]
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (batch * batches, n_x)).astype(np.float32)
    standard = (X - X.mean(axis=0)) / X.std(axis=0)
    return X if raw else standard, labelled(standard, n_y, rng)


def labelled(X, n_y, rng):
    return (X @ rng.standard_normal((X.shape[1], n_y))).argmax(axis=1)


def check_units(raw, X, W, b):
    """Most units of the first layer, W (n_h, n_x), are dead on raw pixels, and all live on the
    others; a time of anything else would say nothing."""
    dead = (X @ W.T + b.ravel() <= 0).all(axis=0).mean()
    if dead < 0.5 if raw else dead > 0:
        raise RuntimeError(f"{dead:.0%} of the units are dead, with raw={raw}")
