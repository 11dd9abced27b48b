"""With JAX below it, which KERAS_BACKEND=jax says."""

import keras
import numpy as np

LAST = {"regression": None, "two": "sigmoid", "more": "softmax"}
LOSS = {
    "regression": "mse",
    "two": "binary_crossentropy",
    "more": "sparse_categorical_crossentropy",
}


def predicted(data, epochs):
    task = data["task"]
    keras.utils.set_random_seed(data["seed"])
    n_y = int(data["Y"].max()) + 1 if task == "more" else 1
    layers = [keras.layers.Dense(32, "relu"), keras.layers.Dense(n_y, LAST[task])]
    net = keras.Sequential([keras.Input((data["X"].shape[1],)), *layers])
    net.compile("adam", LOSS[task])
    Y = data["Y"] if task == "more" else data["Y"][:, None]
    net.fit(data["X"], Y, epochs=epochs, batch_size=32, verbose=0)
    A = net.predict(data["X_test"], verbose=0)
    if not np.isfinite(A).all():
        raise FloatingPointError("outputs that are not finite")
    if task == "more":
        return A.argmax(axis=1)
    return A.ravel() if task == "regression" else (A.ravel() > 0.5).astype(int)
