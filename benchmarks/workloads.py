"""What is measured: eight workloads, and for each who takes part and how a user of that library
would write it.

A contender is a function that prepares everything and returns `steps(n)`: it takes n steps, or n
calls. All do the same work: they report the cost of every step, and shuffle in every epoch where
the table says so.
"""

import itertools
import os
import subprocess
import sys
import warnings
from functools import partial
from typing import Any, NamedTuple

import numpy as np

import tinynet as tn
from tests import notes

SIZES = {"small": (64, 32, 10), "middle": (784, 128, 10), "large": (512, 1024, 1024, 10)}
BATCHES = {
    "small": (32, 50),
    "middle": (128, 100),
    "large": (256, 10),
}  # batch size, batches per epoch


def planar(dtype):
    X, Y = tn.data.planar()
    return X.astype(dtype), Y.astype(dtype)


def classes(size):
    """Rows of random features with labels that depend on them."""
    n_x, *_, n_y = SIZES[size]
    batch, batches = BATCHES[size]
    rng = np.random.default_rng(0)
    X = rng.standard_normal((batch * batches, n_x)).astype(np.float32)
    return X, (X @ rng.standard_normal((n_x, n_y))).argmax(axis=1)


# ---- tinynet


def notes_net(dtype):
    model = tn.Sequential([tn.Dense(4, "tanh"), tn.Dense(1, "sigmoid")], seed=3, dtype=dtype)
    model.compile(tn.SGD(1.2), "binary_crossentropy")
    return model


def tinynet_notes(dtype):
    (X, Y), model = planar(dtype), notes_net(dtype)
    return lambda n: model.fit(X, Y, epochs=n, verbose=0)


def tinynet_classes(size):
    X, Y = classes(size)
    hidden = [tn.Dense(units, "relu") for units in SIZES[size][1:-1]]
    model = tn.Sequential(
        [*hidden, tn.Dense(10, "softmax")], seed=0, dtype="float32", examples="rows"
    )
    model.compile(tn.Adam(0.001))
    batch, batches = BATCHES[size]
    return lambda n: model.fit(X, Y, epochs=n // batches, batch_size=batch, verbose=0)


def tinynet_predict(m):
    model, X = notes_net("float64"), planar("float64")[0]
    X = np.tile(X, -(-m // 400))[:, :m].copy()
    model.build(2)
    return lambda n: [model.predict(X) for _ in range(n)]


# ---- numpy


def notes_loop(dtype):
    X, Y = planar(dtype)
    return lambda n: notes.nn_model(X, Y, 4, n)


def numpy_notes(dtype):
    """The notes' loop as somebody unrolls it who knows numpy: buffers, no copies, the cost of every
    step."""
    X, Y = planar(dtype)
    rng, m, f = np.random.default_rng(0), X.shape[1], np.dtype(dtype).type
    W1, W2 = ((rng.standard_normal(shape) / 2).astype(dtype) for shape in ((4, 2), (1, 4)))
    b1, b2 = np.zeros((4, 1), dtype), np.zeros((1, 1), dtype)
    Z1, A1, Z2, A2, D = (np.empty((n, m), dtype) for n in (4, 4, 1, 1, 4))
    rate = f(1.2)

    def steps(n):
        costs = []
        for _ in range(n):
            np.add(np.dot(W1, X, Z1), b1, Z1)
            np.tanh(Z1, A1)
            np.add(np.dot(W2, A1, Z2), b2, Z2)
            e = np.exp(-np.abs(Z2))
            costs.append(float((np.maximum(Z2, 0) - Z2 * Y + np.log1p(e)).mean()))
            np.exp(np.negative(Z2, A2), A2)
            np.divide(1, np.add(A2, 1, A2), A2)
            dZ2 = np.divide(np.subtract(A2, Y, A2), f(m), A2)
            np.multiply(np.dot(W2.T, dZ2, D), 1 - np.square(A1), D)
            W2_step, b2_step = np.dot(dZ2, A1.T), dZ2.sum(axis=1, keepdims=True)
            W1_step, b1_step = np.dot(D, X.T), D.sum(axis=1, keepdims=True)
            for p, g in ((W1, W1_step), (b1, b1_step), (W2, W2_step), (b2, b2_step)):
                np.subtract(p, rate * g, p)
        return costs

    return steps


def numpy_classes(size):
    """A hand-unrolled loop for one hidden layer: ReLU, softmax, Adam on one flat array, a shuffle
    in every epoch."""
    rows, labels = classes(size)
    (n_x, n_h, n_y), (batch, batches) = SIZES[size], BATCHES[size]
    rng, f = np.random.default_rng(0), np.float32
    P, G, M, V = (np.zeros(n_h * n_x + n_h + n_y * n_h + n_y, f) for _ in range(4))

    def parts(a):
        ends = np.cumsum([n_h * n_x, n_h, n_y * n_h])
        return [
            part.reshape(shape)
            for part, shape in zip(
                np.split(a, ends), [(n_h, n_x), (n_h, 1), (n_y, n_h), (n_y, 1)], strict=True
            )
        ]

    (W1, b1, W2, b2), (dW1, db1, dW2, db2) = parts(P), parts(G)
    W1[...], W2[...] = (
        rng.standard_normal(W1.shape) * (2 / n_x) ** 0.5,
        rng.standard_normal(W2.shape) * (1 / n_h) ** 0.5,
    )
    targets, t = np.eye(n_y, dtype=f)[labels], 0
    Z1, D1, Z2 = np.empty((n_h, batch), f), np.empty((n_h, batch), f), np.empty((n_y, batch), f)
    S, T = np.empty_like(P), np.empty_like(P)

    def steps(n):
        nonlocal t
        costs = []
        for _ in range(n // batches):
            order = rng.permutation(batch * batches)
            for start in range(0, batch * batches, batch):
                index = order[start : start + batch]
                X, Y = rows[index].T, targets[index].T
                np.maximum(np.add(np.dot(W1, X, Z1), b1, out=Z1), 0, out=Z1)
                np.add(np.dot(W2, Z1, Z2), b2, out=Z2)
                np.subtract(Z2, Z2.max(axis=0), out=Z2)
                E = np.exp(Z2)
                total = E.sum(axis=0)
                costs.append(float(np.log(total).mean() - (Z2 * Y).sum() / batch))
                E /= total
                E -= Y
                E /= f(batch)
                np.dot(E, Z1.T, dW2)
                E.sum(axis=1, keepdims=True, out=db2)
                np.multiply(np.dot(W2.T, E, D1), Z1 > 0, out=D1)
                np.dot(D1, X.T, dW1)
                D1.sum(axis=1, keepdims=True, out=db1)
                t += 1
                np.multiply(M, f(0.9), out=M)
                np.add(M, np.multiply(G, f(0.1), out=S), out=M)
                np.multiply(V, f(0.999), out=V)
                np.add(V, np.multiply(np.multiply(G, G, out=S), f(0.001), out=S), out=V)
                np.add(np.sqrt(V, out=S), f(1e-8), out=S)
                scale = f(0.001 * (1 - 0.999**t) ** 0.5 / (1 - 0.9**t))
                np.subtract(P, np.divide(np.multiply(M, scale, out=T), S, out=T), out=P)
        return costs

    return steps


def numpy_predict(m):
    W1, b1, W2, b2 = notes_net("float64").build(2).get_weights()
    X = np.tile(planar("float64")[0], -(-m // 400))[:, :m].copy()
    return lambda n: [1 / (1 + np.exp(-(W2 @ np.tanh(W1 @ X + b1) + b2))) for _ in range(n)]


# ---- scikit-learn


def sklearn_fitted(model, X, Y, epochs):
    from sklearn.exceptions import ConvergenceWarning

    warnings.simplefilter("ignore", ConvergenceWarning)
    model.set_params(max_iter=max(1, epochs))
    model.fit(X, Y)
    return model.loss_curve_


def sklearn_notes(dtype):
    from sklearn.neural_network import MLPClassifier

    X, Y = planar(dtype)
    X, Y = X.T.copy(), Y.ravel().astype(int)
    settings = {
        "solver": "sgd",
        "momentum": 0.0,
        "nesterovs_momentum": False,
        "alpha": 0.0,
        "shuffle": False,
    }
    model = MLPClassifier(
        4,
        activation="tanh",
        learning_rate_init=1.2,
        batch_size=400,
        tol=0,
        n_iter_no_change=10**9,
        **settings,
    )
    return lambda n: sklearn_fitted(model, X, Y, n)


def sklearn_classes(size):
    from sklearn.neural_network import MLPClassifier

    X, Y = classes(size)
    batch, batches = BATCHES[size]
    model = MLPClassifier(
        SIZES[size][1:-1], alpha=0.0, batch_size=batch, tol=0, n_iter_no_change=10**9
    )
    return lambda n: sklearn_fitted(model, X, Y, n // batches)


def sklearn_predict(m):
    from sklearn.neural_network import MLPClassifier

    X, Y = planar("float64")
    model = MLPClassifier(4, activation="tanh", max_iter=1, solver="sgd")
    sklearn_fitted(model, X.T, Y.ravel().astype(int), 1)
    rows = np.tile(X, -(-m // 400))[:, :m].T.copy()
    return lambda n: [model.predict_proba(rows) for _ in range(n)]


# ---- torch


def torch_net(sizes, hidden, dtype):
    import torch

    layers = []
    for n_in, n_out in itertools.pairwise(sizes):
        layers += [torch.nn.Linear(n_in, n_out, dtype=getattr(torch, dtype)), hidden()]
    return torch.nn.Sequential(*layers[:-1])


def torch_step(optimizer, loss, net, X, Y):
    optimizer.zero_grad()
    J = loss(net(X), Y)
    J.backward()
    optimizer.step()
    return J.item()


def torch_notes(dtype):
    import torch

    X, Y = (torch.from_numpy(a.T.copy()) for a in planar(dtype))
    net = torch_net((2, 4, 1), torch.nn.Tanh, dtype)
    loss, sgd = torch.nn.BCEWithLogitsLoss(), torch.optim.SGD(net.parameters(), 1.2)

    return lambda n: [torch_step(sgd, loss, net, X, Y) for _ in range(n)]


def torch_classes(size):
    import torch

    X, Y = map(torch.from_numpy, classes(size))
    net = torch_net(SIZES[size], torch.nn.ReLU, "float32")
    loss, adam = torch.nn.CrossEntropyLoss(), torch.optim.Adam(net.parameters(), 0.001)
    batch, batches = BATCHES[size]

    def steps(n):
        epochs = (torch.randperm(len(X)).split(batch) for _ in range(n // batches))
        return [
            torch_step(adam, loss, net, X[index], Y[index]) for order in epochs for index in order
        ]

    return steps


def torch_predict(m):
    import torch

    net = torch_net((2, 4, 1), torch.nn.Tanh, "float64")
    X = torch.from_numpy(np.tile(planar("float64")[0], -(-m // 400))[:, :m].T.copy())

    def calls(n):
        with torch.inference_mode():
            return [torch.sigmoid(net(X)) for _ in range(n)]

    return calls


# ---- jax


def jax_net(sizes, dtype):
    import jax.numpy as jnp

    rng = np.random.default_rng(0)
    pairs = itertools.pairwise(sizes)
    return [
        (jnp.asarray(rng.standard_normal((a, b)) / a**0.5, dtype), jnp.zeros(b, dtype))
        for a, b in pairs
    ]


def jax_forward(params, X, hidden):
    for W, b in params[:-1]:
        X = hidden(X @ W + b)
    W, b = params[-1]
    return X @ W + b


def jax_notes(dtype, whole_loop=False):
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", dtype == "float64")
    X, Y = (jnp.asarray(a.T) for a in planar(dtype))
    params = jax_net((2, 4, 1), dtype)

    def cost(params):
        Z = jax_forward(params, X, jnp.tanh)
        return (jnp.maximum(Z, 0) - Z * Y + jnp.log1p(jnp.exp(-jnp.abs(Z)))).mean()

    def step(params, _=None):
        J, grads = jax.value_and_grad(cost)(params)
        return jax.tree.map(lambda p, g: p - 1.2 * g, params, grads), J

    once = jax.jit(step)
    scan = jax.jit(lambda params, n: jax.lax.scan(step, params, None, length=n), static_argnums=1)

    def steps(n):
        own, costs = params, []
        for _ in range(n):
            own, J = once(own)
            costs.append(J)
        return np.asarray(costs)

    return (lambda n: np.asarray(scan(params, n)[1])) if whole_loop else steps


def jax_notes_loop(dtype):
    return jax_notes(dtype, whole_loop=True)


def jax_classes(size):
    """A whole epoch, shuffled, in one jitted call."""
    import jax
    import jax.numpy as jnp

    X, Y = classes(size)
    batch, batches = BATCHES[size]
    X, Y = jnp.asarray(X), jnp.asarray(np.eye(10, dtype=np.float32)[Y])

    def cost(params, x, y):
        return -(y * jax.nn.log_softmax(jax_forward(params, x, jax.nn.relu))).sum(axis=1).mean()

    def step(state, index):
        params, m, v, t = state
        J, g = jax.value_and_grad(cost)(params, X[index], Y[index])
        t = t + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        scale = 0.001 * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        params = jax.tree.map(lambda p, m, v: p - scale * m / (jnp.sqrt(v) + 1e-8), params, m, v)
        return (params, m, v, t), J

    @jax.jit
    def epoch(state, key):
        order = jax.random.permutation(key, len(X)).reshape(batches, batch)
        return jax.lax.scan(step, state, order)

    params = jax_net(SIZES[size], "float32")
    zeros = jax.tree.map(jnp.zeros_like, params)

    def steps(n):
        state, costs, key = (params, zeros, zeros, jnp.float32(0)), [], jax.random.key(0)
        for i in range(n // batches):
            state, J = epoch(state, jax.random.fold_in(key, i))
            costs.append(np.asarray(J))
        return costs

    return steps


# ---- keras, on jax


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


def keras_predict(m):
    net = keras_net((2, 4, 1), "tanh", "sigmoid", "float64", "sgd", "binary_crossentropy")
    X = np.tile(planar("float64")[0], -(-m // 400))[:, :m].T.copy()
    return lambda n: [np.asarray(net(X)) for _ in range(n)]


# ---- import


def imported(name):
    """A process times its own import, so that the start of Python does not count. All are compiled
    beforehand, as pip does it for those that it installs."""
    code = (
        f"from time import perf_counter as now; start = now(); import {name}; print(now() - start)"
    )
    environment = {
        key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"
    }
    run = partial(
        subprocess.run, [sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment
    )
    return lambda _: float(run(check=True).stdout)


# ---- who takes part in what


class Workload(NamedTuple):
    title: str
    steps: int  # of one round
    contenders: dict[str, tuple[Any, Any]]  # how it is prepared, and for what
    at_most: dict[str, float]  # times the median of that contender


def classification(title, size, steps, at_most):
    numpy_too = {"numpy, unrolled": (numpy_classes, size)} if len(SIZES[size]) == 3 else {}
    return Workload(
        title,
        steps,
        {
            "tinynet": (tinynet_classes, size),
            **numpy_too,
            "scikit-learn": (sklearn_classes, size),
            "torch": (torch_classes, size),
            "keras on jax": (keras_classes, size),
            "jax, an epoch jitted": (jax_classes, size),
        },
        at_most,
    )


def notes_workload(dtype, at_most):
    return Workload(
        f"the notes' net, 2-4-1, 400 examples, full batch, {dtype}",
        6400,
        {
            "tinynet": (tinynet_notes, dtype),
            "the notes' loop": (notes_loop, dtype),
            "numpy, unrolled": (numpy_notes, dtype),
            "scikit-learn": (sklearn_notes, dtype),
            "torch": (torch_notes, dtype),
            "keras on jax": (keras_notes, dtype),
            "jax, a step jitted": (jax_notes, dtype),
            "jax, the whole loop jitted": (jax_notes_loop, dtype),
        },
        at_most,
    )


def prediction(title, m, calls, at_most):
    peers = {
        "numpy": numpy_predict,
        "scikit-learn": sklearn_predict,
        "torch": torch_predict,
        "keras on jax": keras_predict,
    }
    return Workload(
        title,
        calls,
        {"tinynet": (tinynet_predict, m), **{name: (f, m) for name, f in peers.items()}},
        at_most,
    )


WORKLOADS = {
    "notes64": notes_workload(
        "float64",
        {"the notes' loop": 0.5, "jax, a step jitted": 0.8, "jax, the whole loop jitted": 1},
    ),
    "notes32": notes_workload("float32", {"jax, a step jitted": 0.6}),
    "small": classification(
        "64-32-10, batch 32, Adam, float32",
        "small",
        2000,
        {"numpy, unrolled": 1.3, "torch": 1 / 4, "scikit-learn": 1 / 2.5},
    ),
    "middle": classification(
        "784-128-10, batch 128, Adam, float32, shuffled",
        "middle",
        500,
        {"torch": 1, "keras on jax": 1, "scikit-learn": 1, "jax, an epoch jitted": 1},
    ),
    "large": classification(
        "512-1024-1024-10, batch 256, Adam, float32",
        "large",
        40,
        {"torch": 1, "scikit-learn": 1, "jax, an epoch jitted": 1.2, "keras on jax": 1.2},
    ),
    "predict one": prediction("predict of one example, the notes' net", 1, 2000, {"numpy": 2}),
    "predict many": prediction(
        "predict of 100,000 examples, the notes' net", 100_000, 20, {"numpy": 1.1}
    ),
    "import": Workload(
        "import, in a new process",
        1,
        {
            "tinynet": (imported, "tinynet"),
            "numpy": (imported, "numpy"),
            "torch": (imported, "torch"),
            "jax": (imported, "jax"),
        },
        {"numpy": 1.5},
    ),
}
