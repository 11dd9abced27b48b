import warnings

from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from benchmarks.cold import script

ALL_EPOCHS = {"tol": 0, "n_iter_no_change": 10**9, "alpha": 0.0, "random_state": 0}


def notes(X, labels):
    plain = {"solver": "sgd", "learning_rate_init": 1.2, "momentum": 0.0, "shuffle": False}
    model = MLPClassifier(
        4, activation="tanh", batch_size=len(X), max_iter=10_000, **plain, **ALL_EPOCHS
    )
    return model.fit(X, labels).predict(X)


def digits(X, labels):
    model = MLPClassifier(64, batch_size=32, max_iter=30, **ALL_EPOCHS)
    return model.fit(X, labels).predict(X)


if __name__ == "__main__":
    warnings.simplefilter("ignore", ConvergenceWarning)  # it took all its epochs, as wanted
    script.main(notes, digits)
