import warnings

from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

warnings.simplefilter("ignore", ConvergenceWarning)  # it took all its epochs


def predicted(data, epochs):
    """Its defaults end a training when the cost has fallen by less than 1e-4 for 10 epochs."""
    kind = MLPRegressor if data["task"] == "regression" else MLPClassifier
    net = {"hidden_layer_sizes": (32,), "batch_size": 32}
    model = kind(**net, max_iter=epochs, random_state=data["seed"])
    return model.fit(data["X"], data["Y"]).predict(data["X_test"])
