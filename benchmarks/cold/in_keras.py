"""With JAX below it, which KERAS_BACKEND=jax says."""

import keras

from benchmarks.cold import script


def notes(X, labels):
    keras.utils.set_random_seed(0)
    keras.config.set_floatx("float64")
    layers = [keras.layers.Dense(4, "tanh"), keras.layers.Dense(1, "sigmoid")]
    net = keras.Sequential([keras.Input((2,)), *layers])
    net.compile(keras.optimizers.SGD(1.2), "binary_crossentropy")
    net.fit(X, labels[:, None], epochs=10_000, batch_size=len(X), shuffle=False, verbose=0)
    return net.predict(X, batch_size=len(X), verbose=0).ravel() > 0.5


def digits(X, labels):
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dense(64, "relu"), keras.layers.Dense(10, "softmax")]
    net = keras.Sequential([keras.Input((64,)), *layers])
    net.compile(keras.optimizers.Adam(0.001), "sparse_categorical_crossentropy")
    net.fit(X, labels, epochs=30, batch_size=32, verbose=0)
    return net.predict(X, batch_size=len(X), verbose=0).argmax(axis=1)


if __name__ == "__main__":
    script.main(notes, digits)
