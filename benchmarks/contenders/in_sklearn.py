"""The nets as a user of scikit-learn writes them."""

import warnings

import numpy as np

from benchmarks.problems import BATCHES, DECAY, DYING, SIZES, check_units, classes, pixels, planar


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


def sklearn_pixels(raw):
    """`partial_fit` takes an epoch and keeps Adam's m and v, which `fit` would begin anew."""
    from sklearn.neural_network import MLPClassifier

    X, Y = pixels(raw)
    batch, batches = BATCHES["middle"]
    model = MLPClassifier(SIZES["middle"][1:-1], alpha=0.0, batch_size=batch)

    def steps(n):
        for _ in range(n // batches):
            model.partial_fit(X, Y, classes=range(10))
        return model.loss_curve_

    steps(DYING)
    check_units(raw, X, model.coefs_[0].T, model.intercepts_[0])
    steps(DECAY)
    return steps


def sklearn_predict(m):
    from sklearn.neural_network import MLPClassifier

    X, Y = planar("float64")
    model = MLPClassifier(4, activation="tanh", max_iter=1, solver="sgd")
    sklearn_fitted(model, X.T, Y.ravel().astype(int), 1)
    rows = np.tile(X, -(-m // 400))[:, :m].T.copy()
    return lambda n: [model.predict_proba(rows) for _ in range(n)]
