"""The nets as a user of tinynet writes them.

Here and in the files beside it, a contender is a function that prepares everything and returns
`steps(n)`: it takes n steps, or n calls. All do the same work: they report the cost of every step,
and shuffle in every epoch where there are batches.
"""

import numpy as np

import tinynet as tn
from benchmarks.problems import (
    BATCHES,
    DECAY,
    DECAYING,
    DYING,
    SIZES,
    check_units,
    classes,
    parted,
    pixels,
    planar,
)


def notes_net(dtype, **settings):
    model = tn.Sequential([tn.Dense(4, "tanh"), tn.Dense(1, "sigmoid")], seed=3, dtype=dtype)
    model.compile(tn.SGD(1.2), "binary_crossentropy", **settings)
    return model


def tinynet_notes(dtype, **settings):
    (X, Y), model = planar(dtype), notes_net(dtype, **settings)
    return lambda n: model.fit(X, Y, epochs=n, verbose=0)


def classes_net(size, **settings):
    hidden = [tn.Dense(units, "relu") for units in SIZES[size][1:-1]]
    model = tn.Sequential(
        [*hidden, tn.Dense(10, "softmax")], seed=0, dtype="float32", examples="rows"
    )
    model.compile(tn.Adam(0.001), **settings)
    return model


def tinynet_classes(size, **settings):
    (X, Y), model = classes(size), classes_net(size, **settings)
    batch, batches = BATCHES[size]
    return lambda n: model.fit(X, Y, epochs=n // batches, batch_size=batch, verbose=0)


def tinynet_kit(size, **compiled):
    """The parts that nets of some years have: see `kit` in benchmarks/workloads.py."""
    n_x, n_h, n_y = SIZES[size]
    batch, batches = BATCHES[size]
    X, Y, *held = parted(size)
    layers = [tn.Dense(n_h), tn.BatchNorm(), tn.relu, tn.Dropout(0.2), tn.Dense(n_y, "softmax")]
    model = tn.Sequential(layers, seed=0, dtype="float32", examples="rows").build(n_x)
    model.compile(tn.AdamW(tn.CosineDecay(0.001, steps=DECAYING), clip_norm=1.0), **compiled)
    settings = {"batch_size": batch, "validation_data": tuple(held), "verbose": 0}
    return lambda n: model.fit(X, Y, epochs=n // batches, **settings)


def tinynet_pixels(raw):
    (X, Y), model = pixels(raw), classes_net("middle")
    batch, batches = BATCHES["middle"]

    def steps(n):
        return model.fit(X, Y, epochs=n // batches, batch_size=batch, verbose=0)

    steps(DYING)
    check_units(raw, X, *model.get_weights()[:2])
    steps(DECAY)
    return steps


def tinynet_predict(m):
    model, X = notes_net("float64"), planar("float64")[0]
    X = np.tile(X, -(-m // 400))[:, :m].copy()
    model.build(2)
    return lambda n: [model.predict(X) for _ in range(n)]
