"""The nets as a user of Keras writes them, with JAX below."""

import numpy as np

from benchmarks.problems import BATCHES, DECAYING, SIZES, classes, parted, planar


def keras_net(sizes, hidden, last, dtype, optimizer, loss):
    import keras

    keras.config.set_floatx(dtype)
    layers = [keras.layers.Dense(n, activation=hidden) for n in sizes[1:-1]]
    net = keras.Sequential(
        [keras.Input((sizes[0],)), *layers, keras.layers.Dense(sizes[-1], activation=last)]
    )
    net.compile(optimizer, loss)
    return net


def keras_notes(dtype):
    import keras

    X, Y = (a.T.copy() for a in planar(dtype))
    net = keras_net(
        (2, 4, 1), "tanh", "sigmoid", dtype, keras.optimizers.SGD(1.2), "binary_crossentropy"
    )
    return lambda n: net.fit(X, Y, epochs=n, batch_size=400, shuffle=False, verbose=0)


def keras_classes(size):
    import keras

    X, Y = classes(size)
    batch, batches = BATCHES[size]
    loss = "sparse_categorical_crossentropy"
    net = keras_net(SIZES[size], "relu", "softmax", "float32", keras.optimizers.Adam(0.001), loss)
    return lambda n: net.fit(X, Y, epochs=n // batches, batch_size=batch, verbose=0)


def keras_kit(size):
    import keras

    n_x, n_h, n_y = SIZES[size]
    batch, batches = BATCHES[size]
    X, Y, *held = parted(size)
    keras.config.set_floatx("float32")
    of = keras.layers
    layers = of.Dense(n_h), of.BatchNormalization(), of.ReLU(), of.Dropout(0.2)
    net = keras.Sequential([keras.Input((n_x,)), *layers, of.Dense(n_y, activation="softmax")])
    rate = keras.optimizers.schedules.CosineDecay(0.001, DECAYING)
    optimizer = keras.optimizers.AdamW(rate, weight_decay=0.01, global_clipnorm=1.0)
    net.compile(optimizer, "sparse_categorical_crossentropy")
    settings = {"batch_size": batch, "validation_data": tuple(held), "verbose": 0}
    return lambda n: net.fit(X, Y, epochs=n // batches, **settings)


def keras_predict(m):
    net = keras_net((2, 4, 1), "tanh", "sigmoid", "float64", "sgd", "binary_crossentropy")
    X = np.tile(planar("float64")[0], -(-m // 400))[:, :m].T.copy()
    return lambda n: [np.asarray(net(X)) for _ in range(n)]
