"""scikit-learn's multi-layer perceptrons with tinynet's net in them.

Arguments, their checks, and how labels become targets are inherited from the classes of the
scikit-learn that is installed. What trains and predicts is a `Sequential`, `model_`.
"""

import itertools
import warnings
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import issparse
from sklearn import neural_network
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight

from tinynet.base import Array
from tinynet.estimators.base import Batches, Labels, Net, Values
from tinynet.estimators.epochs import Epochs
from tinynet.layers import L2, Dense
from tinynet.model.sequential import Sequential
from tinynet.optimizers import SGD, Adam

NAMES = {"logistic": "sigmoid", "exp": "exponential"}  # where scikit-learn's are others
BROKEN = (
    "Solver produced non-finite parameter weights. The input data may contain large values and need"
    " to be preprocessed."
)


class MLP(Net):
    """What the classifier and the regressor share.

    `_share` is what scikit-learn's J is of the model's: it has half of the squared error, and of
    several labels the sum. So its learning rate is taken times that, and its penalty and Adam's
    epsilon are divided by it: each step is the one on scikit-learn's J.
    """

    def _fit(self, X: Any, y: Any, sample_weight: Any = None, incremental: bool = False) -> Self:
        """scikit-learn's `fit` and `partial_fit` check the arguments, and call it."""
        again = hasattr(self, "model_") and (self.warm_start or incremental)
        if self.early_stopping and incremental:
            raise ValueError("partial_fit does not support early_stopping=True")
        X, y = self._validate_input(X, y, incremental, reset=not again)
        data = [X, y.reshape(len(y), -1)]
        if sample_weight is not None:
            weights = _check_sample_weight(sample_weight, X, dtype=X.dtype)
            if (weights < 0).any():
                raise ValueError(f"sample_weight has to be at least 0, got {weights.min():g}.")
            data.append(weights)
        last, loss, share = self._ends(data[1].shape[1])
        sizes = np.atleast_1d(self.hidden_layer_sizes).tolist()
        if min(sizes, default=1) <= 0:
            raise ValueError(f"hidden_layer_sizes must be > 0, got {sizes}.")
        widths = [X.shape[1], *sizes, data[1].shape[1]]
        layout = widths, [*[self.activation] * len(sizes), last]
        if not again:
            self._begin(*layout, X.dtype.name)
            self._layout, self._loss, self._share = layout, loss, share
        elif layout != self._layout:
            told = f"it had the widths and activations {self._layout}, and now {layout}"
            raise ValueError(f"A net that is trained further has to stay as it is: {told}.")
        if self.solver == "lbfgs":
            self._minimize(*data)
        else:
            self._descend(data, incremental)
        return self

    # ---- the net
    def _begin(self, widths: Sequence[int], activations: Sequence[str], dtype: str) -> None:
        """A new net, whose first weights are those that scikit-learn draws."""
        rng = check_random_state(self.random_state)
        if rng is check_random_state(None):  # which is everybody's
            rng = np.random.RandomState(rng.randint(2**31 - 1))
        drawn = []
        for n_in, n_out in itertools.pairwise(widths):
            bound = np.sqrt((2 if self.activation == "logistic" else 6) / (n_in + n_out))
            W, b = rng.uniform(-bound, bound, (n_in, n_out)), rng.uniform(-bound, bound, n_out)
            drawn += [W.T, b[:, np.newaxis]]
        pairs = zip(widths[1:], activations, strict=True)
        layers = [Dense(n, NAMES.get(name, name)) for n, name in pairs]
        self._rng, self._split_seed, self._compiled = rng, rng.randint(2**31 - 1), ""
        self.model_ = Sequential(layers, seed=rng, dtype=dtype, examples="rows")
        self.model_.build(widths[0]).set_weights(drawn)
        self.n_layers_, self.n_outputs_ = len(widths), widths[-1]
        self.out_activation_ = activations[-1]
        self.n_iter_ = self.t_ = self._no_improvement_count = 0
        self.loss_curve_, stopping = list[float](), self.early_stopping
        self.validation_scores_: Any = [] if stopping else None
        self.best_validation_score_ = -np.inf if stopping else None
        self.best_loss_ = None if stopping else np.inf

    def _compile(self, m: int, weights: Sequence[Array]) -> None:
        """The optimizer and the penalty that the arguments say, for batches of m. An optimizer that
        is as it was keeps its memory."""
        if self.solver == "adam":
            epsilon = self.epsilon / self._share
            optimizer: Any = Adam(self.learning_rate_init, self.beta_1, self.beta_2, epsilon)
        else:
            rate, nesterov = self.learning_rate_init * self._share, self.nesterovs_momentum
            optimizer = SGD(rate, self.momentum, bool(nesterov and self.momentum))
        if self._compiled != (made := repr(optimizer)):
            self.model_.compile(optimizer, self._loss)
            self._compiled = made
        mean = float(weights[0].mean()) if weights else 1.0
        penalty = L2(self.alpha / (2 * m * mean * self._share)) if self.alpha else None
        for layer in self.model_.layers:
            if repr(layer.regularizer) != repr(penalty):
                layer.regularizer = penalty

    # ---- training
    def _descend(self, data: Sequence[Any], incremental: bool) -> None:
        """Train by batches."""
        data, held = self._split(*data) if self.early_stopping else (data, ())
        (X, Y, *weights), m = data, data[0].shape[0]
        size = min(200 if self.batch_size == "auto" else self.batch_size, m)
        if self.batch_size != "auto" and self.batch_size > m:
            warnings.warn(f"batch_size={self.batch_size} is cut to {m} examples", stacklevel=4)
        self._compile(size, weights)
        epochs, watch = 1 if incremental else self.max_iter, Epochs(self, m, held)
        how: dict[str, Any] = {"epochs": epochs, "verbose": 0, "callbacks": [watch]}
        try:
            if issparse(X):
                rng = self._rng if self.shuffle else None
                self.model_.fit(Batches(size, rng, X, Y, *weights), **how)
            else:
                how |= {"batch_size": size, "shuffle": self.shuffle}
                self.model_.fit(X, Y, sample_weight=weights[0] if weights else None, **how)
        except KeyboardInterrupt:
            warnings.warn("Training interrupted by user.", stacklevel=4)
        except FloatingPointError as error:
            if watch.best is None:
                raise ValueError(BROKEN) from error
            self.validation_scores_.append(float("nan"))
            told = f"{error} The weights of the best score are kept."
            warnings.warn(told, ConvergenceWarning, stacklevel=4)
        else:
            if not watch.stops and not incremental:
                told = f"Maximum iterations ({epochs}) reached, and it has not converged yet."
                warnings.warn(f"Stochastic Optimizer: {told}", ConvergenceWarning, stacklevel=4)
        if watch.best is not None:
            self.model_.set_weights(watch.best)

    def _split(self, *data: Any) -> tuple[Sequence[Any], Sequence[Any]]:
        """What to train on, and what is held out: the same in each `fit` of a warm start."""
        alike = data[1] if self.out_activation_ == "logistic" and self.n_outputs_ == 1 else None
        share, seed = self.validation_fraction, self._split_seed
        both = train_test_split(*data, test_size=share, random_state=seed, stratify=alike)
        if both[1].shape[0] < 2:
            cure = "Increase 'validation_fraction' or the size of your dataset."
            raise ValueError(f"The validation set is too small. {cure}")
        return both[::2], both[1::2]

    def _score_held_out(self, X: Any, Y: Array, *weights: Array) -> float:
        """The score on what is held out, or NaN."""
        try:
            found = self._score_of(Y, self._through(X), weights[0] if weights else None)
        except FloatingPointError:  # an output that overflows
            return float("nan")
        return float(found)

    def _minimize(self, X: Any, Y: Array, *weights: Array) -> None:
        """Train by scipy's L-BFGS-B over all parameters in a row."""
        X, model = X.toarray() if issparse(X) else X, self.model_
        self._compile(len(X), weights)
        first = model.get_weights()
        ends = np.cumsum([a.size for a in first])[:-1]

        def put(theta: Array) -> None:
            pairs = zip(np.split(theta, ends), first, strict=True)
            model.set_weights([piece.reshape(a.shape) for piece, a in pairs])

        def value(theta: Array) -> tuple[float, Array]:
            put(theta)
            J, grads = model.gradients(X, Y, *weights)
            flat = np.concatenate([g.ravel() for g in grads.values()])
            return self._share * J, self._share * flat.astype(float)

        start = np.concatenate([a.ravel() for a in first])
        limits = {"maxfun": self.max_fun, "maxiter": self.max_iter, "gtol": self.tol}
        try:
            found = minimize(value, start, method="L-BFGS-B", jac=True, options=limits)
        except FloatingPointError as error:
            raise ValueError(BROKEN) from error
        put(found.x)
        self.n_iter_, self.loss_ = min(found.nit, self.max_iter), found.fun
        if self.verbose:
            print(f"{found.nit} iterations, loss = {found.fun:.8f}")
        if not found.success:
            told = f"lbfgs failed to converge after {found.nit} iteration(s): {found.message}"
            warnings.warn(told, ConvergenceWarning, stacklevel=4)

    # ---- what scikit-learn's have
    @property
    def _optimizer(self) -> Any:
        return self.model_.optimizer

    @property
    def coefs_(self) -> list[Array]:
        """W of each layer, (n_in, n_out)."""
        return [layer.W.T for layer in self.model_.layers]

    @property
    def intercepts_(self) -> list[Array]:
        """b of each layer, (n_out,)."""
        return [layer.b[:, 0] for layer in self.model_.layers]


class MLPClassifier(Labels, MLP, neural_network.MLPClassifier):
    """scikit-learn's MLPClassifier, trained by tinynet: its arguments, its attributes, and
    `model_`, the trained `Sequential`.

    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> MLPClassifier(solver="lbfgs", random_state=0).fit(X, y).score(X, y) > 0.95
    True
    """

    @property
    def several_(self) -> bool:  # type: ignore[override]
        """Whether several labels may be true together."""
        return bool(self._label_binarizer.y_type_.startswith("multilabel"))

    def _ends(self, n_y: int) -> tuple[str, str, float]:
        """The last activation, the loss, and what scikit-learn's J is of it."""
        if self._label_binarizer.y_type_ == "multiclass":
            return "softmax", "categorical_crossentropy", 1.0
        return "logistic", "binary_crossentropy", float(n_y)

    def _score_of(self, Y: Array, A: Array, weights: Any) -> float:
        return accuracy_score(self._decided(Y), self._decided(A), sample_weight=weights)


class MLPRegressor(Values, MLP, neural_network.MLPRegressor):
    """scikit-learn's MLPRegressor, trained by tinynet: its arguments, its attributes, and `model_`,
    the trained `Sequential`. Of several outputs J is the mean, and so is the gradient.

    >>> import numpy as np
    >>> X = np.linspace(-1, 1, 50)[:, np.newaxis]
    >>> net = MLPRegressor(activation="tanh", solver="lbfgs", random_state=0)
    >>> net.fit(X, X[:, 0] ** 2).score(X, X[:, 0] ** 2) > 0.99
    True
    """

    def _ends(self, n_y: int) -> tuple[str, str, float]:
        """The last activation, the loss, and what scikit-learn's J is of it."""
        return ("exp", "poisson", 1.0) if self.loss == "poisson" else ("identity", "mse", 0.5)

    def _score_of(self, Y: Array, A: Array, weights: Any) -> float:
        return r2_score(Y, A, sample_weight=weights)
