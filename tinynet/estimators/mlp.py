"""scikit-learn's multi-layer perceptrons with tinynet's net in them.

Arguments, their checks, and how labels become targets are inherited from the classes of the
scikit-learn that is installed. What trains and predicts is a `Sequential`, `model_`.

Of scikit-learn's private names these are used: `_fit`, which its `fit` and `partial_fit` call when
they have checked the arguments; `_validate_input`, with `_label_binarizer`; `_check_sample_weight`.
Its tests read `_optimizer` and `_no_improvement_count`.
"""

import copy
import itertools
import warnings
from collections.abc import Sequence
from functools import partial
from typing import Any, Self

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import issparse
from scipy.special import xlogy
from sklearn import neural_network
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state

from tinynet.base import Array
from tinynet.estimators.base import Batches, Labels, Net, Values, sample_weights
from tinynet.estimators.epochs import Epochs, set_rate
from tinynet.layers import L2, Dense
from tinynet.model.sequential import Sequential
from tinynet.optimizers import SGD, Adam

NAMES = {"logistic": "sigmoid", "exp": "exponential"}  # where scikit-learn's are others
LEAST = 1e-12  # epsilon of tinynet's Adam
BROKEN = (
    "Solver produced non-finite parameter weights. The input data may contain large values and need"
    " to be preprocessed."
)
warn = partial(warnings.warn, stacklevel=5)  # at the line that calls fit


class MLP(Net):
    """What the classifier and the regressor share.

    `_scale` is what scikit-learn's J is of the model's: it has half of the squared error, and of
    several labels the sum. So its learning rate is taken times that, and its penalty and Adam's
    epsilon are divided by it: each step is the one on scikit-learn's J.
    """

    _compiled: tuple[Any, ...]

    def _fit(self, X: Any, y: Any, sample_weight: Any = None, incremental: bool = False) -> Self:
        before = dict(vars(self))
        try:
            data, held = self._prepared(X, y, sample_weight, incremental)
        except BaseException:  # it is as it was
            vars(self).clear()
            vars(self).update(before)
            raise
        if self.solver == "lbfgs":
            self._minimize(*data)
        else:
            self._descend(data, held, incremental)
        return self

    def _prepared(
        self, X: Any, y: Any, sample_weight: Any, incremental: bool
    ) -> tuple[Sequence[Any], Sequence[Any]]:
        """X, Y and weights to train on, and those that are held out; a new net if it is time."""
        goes_on = hasattr(self, "model_") and (self.warm_start or incremental)
        if self.early_stopping and incremental:
            raise ValueError("partial_fit does not support early_stopping=True")
        X, y = self._validate_input(X, y, incremental, reset=not goes_on)
        data: Sequence[Any] = [X.tocsr() if issparse(X) else X, y.reshape(len(y), -1)]
        data = [*data, *sample_weights(X, sample_weight)]
        held: Sequence[Any] = ()
        last, loss, scale = self._last_and_loss(data[1].shape[1])
        sizes = np.atleast_1d(self.hidden_layer_sizes).tolist()
        if min(sizes, default=1) <= 0:
            raise ValueError(f"hidden_layer_sizes must be > 0, got {sizes}.")
        if self.solver == "sgd" and self.momentum == 1:
            raise ValueError("momentum has to be below 1: with 1 no gradient is ever forgotten.")
        layout = [X.shape[1], *sizes, data[1].shape[1]], [*[self.activation] * len(sizes), last]
        if not goes_on:
            vars(self).update(self._new(*layout, X.dtype.name))
            self._layout, self._loss, self._scale = layout, loss, scale
        elif layout != self._layout:
            told = f"it had the widths and activations {self._layout}, and now {layout}"
            raise ValueError(f"A net that is trained further has to stay as it is: {told}.")
        if self.solver != "lbfgs":
            scores = getattr(self, "validation_scores_", ())
            others = scores == () or (scores is None) == self.early_stopping
            if others or not goes_on:  # it looks at other numbers, or at none so far
                vars(self).update(self._lists())
            if self.early_stopping:
                data, held = self._split(*data)
        self._constant = self._left_out(*data[1:])
        return data, held

    # ---- the net
    def _new(self, widths: Sequence[int], activations: Sequence[str], dtype: str) -> dict[str, Any]:
        """The attributes of a new net, whose first weights are those that scikit-learn draws."""
        rng = check_random_state(self.random_state)
        if rng is check_random_state(None):  # which is everybody's
            rng = np.random.RandomState(rng.randint(2**31 - 1))
        drawn = []
        for n_in, n_out in itertools.pairwise(widths):
            bound = np.sqrt((2 if self.activation == "logistic" else 6) / (n_in + n_out))
            W, b = rng.uniform(-bound, bound, (n_in, n_out)), rng.uniform(-bound, bound, n_out)
            drawn += [W.T, b[:, np.newaxis]]
        split_rng = copy.deepcopy(rng)  # the model's own weights, which are not used, draw further
        pairs = zip(widths[1:], activations, strict=True)
        layers = [Dense(n, NAMES.get(name, name)) for n, name in pairs]
        model = Sequential(layers, seed=rng, dtype=dtype, examples="rows")
        model.build(widths[0]).set_weights(drawn)
        new = {"model_": model, "_rng": rng, "_split_rng": split_rng, "_compiled": ()}
        new |= {"n_layers_": len(widths), "n_outputs_": widths[-1], "n_iter_": 0, "t_": 0}
        return new | {"out_activation_": activations[-1]}

    def _lists(self) -> dict[str, Any]:
        """What is noted of epochs, when there were none."""
        new = {"_no_improvement_count": 0, "loss_curve_": list[float]()}
        new |= {"best_loss_": None, "validation_scores_": None, "best_validation_score_": None}
        if self.early_stopping:
            return new | {"validation_scores_": list[float](), "best_validation_score_": -np.inf}
        return new | {"best_loss_": np.inf}

    def _compile(self, m: int, weights: Sequence[Array]) -> None:
        """The optimizer and the penalty that the arguments say, for batches of m. An optimizer that
        is as it was keeps its memory, and so does one with another learning rate."""
        rate, optimizer = self.learning_rate_init, self.model_.optimizer
        if self.solver == "sgd":
            rate = rate * self._scale
            nesterov = bool(self.nesterovs_momentum and self.momentum)
            how: tuple[Any, ...] = SGD, self.momentum, nesterov
        else:
            how = Adam, self.beta_1, self.beta_2, max(self.epsilon / self._scale, LEAST)
        kind, *settings = how
        rates = rate, self.learning_rate
        if self._compiled[:1] != (how,):
            self.model_.compile(kind(rate, *settings), self._loss)
        elif self._compiled[1] != rates:
            set_rate(optimizer, rate)
        self._compiled = how, rates
        mean = float(weights[0].mean()) if weights else 1.0
        penalty = L2(self.alpha / (2 * m * mean * self._scale)) if self.alpha else None
        for layer in self.model_.layers:
            if repr(layer.regularizer) != repr(penalty):
                layer.regularizer = penalty

    # ---- training
    def _descend(self, data: Sequence[Any], held: Sequence[Any], incremental: bool) -> None:
        """Train by batches."""
        (X, Y, *weights), m = data, data[0].shape[0]
        size = min(200 if self.batch_size == "auto" else self.batch_size, m)
        if self.batch_size != "auto" and self.batch_size > m:
            warn(f"batch_size={self.batch_size} is cut to {m} examples")
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
            warn("Training interrupted by user.")
        except FloatingPointError as error:
            if watch.best is None:
                del self.model_  # nobody can train it further
                raise ValueError(BROKEN) from error
            watch.explode()
            warn(f"{error} The weights of the best score are kept.", ConvergenceWarning)
        else:
            if not watch.stops and not incremental:
                told = f"Maximum iterations ({epochs}) reached, and it has not converged yet."
                warn(f"Stochastic Optimizer: {told}", ConvergenceWarning)
        if watch.best is not None:
            self.model_.set_weights(watch.best)

    def _split(self, *data: Any) -> tuple[Sequence[Any], Sequence[Any]]:
        """What to train on, and what is held out: the same in each `fit` of a warm start."""
        alike = data[1] if self.out_activation_ == "logistic" and self.n_outputs_ == 1 else None
        how = {"test_size": self.validation_fraction, "stratify": alike}
        both = train_test_split(*data, **how, random_state=copy.deepcopy(self._split_rng))
        if both[1].shape[0] < 2:
            cure = "Increase 'validation_fraction' or the size of your dataset."
            raise ValueError(f"The validation set is too small. {cure}")
        for weights in both[4:]:
            if not weights.any():
                raise ValueError("sample_weight is 0 for all that is trained on, or held out.")
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
        self._compiled = ()  # what an optimizer remembers is of other weights
        first = model.get_weights()
        ends = np.cumsum([a.size for a in first])[:-1]
        last, done = np.concatenate([a.ravel() for a in first]), 0

        def put(theta: Array) -> None:
            if not np.isfinite(theta).all():
                raise FloatingPointError
            pairs = zip(np.split(theta, ends), first, strict=True)
            model.set_weights([piece.reshape(a.shape) for piece, a in pairs])

        def value(theta: Array) -> tuple[float, Array]:
            put(theta)
            J, grads = model.gradients(X, Y, *weights)
            flat = np.concatenate([g.ravel() for g in grads.values()])
            return self._scale * J + self._constant, self._scale * flat.astype(float)

        def accept(theta: Array) -> None:
            nonlocal last, done
            last, done = theta.copy(), done + 1

        limits = {"maxfun": self.max_fun, "maxiter": self.max_iter, "gtol": self.tol}
        how = {"method": "L-BFGS-B", "jac": True, "options": limits, "callback": accept}
        try:
            found = minimize(value, last, **how)
            put(found.x)
        except FloatingPointError as error:
            del self.model_
            raise ValueError(BROKEN) from error
        except KeyboardInterrupt:
            loss, _ = value(last)
            self.n_iter_, self.loss_ = done, loss
            warn("Training interrupted by user.")
            return
        self.n_iter_, self.loss_ = min(found.nit, self.max_iter), found.fun
        if self.verbose:
            print(f"{found.nit} iterations, loss = {found.fun:.8f}")
        if not found.success:
            told = f"lbfgs failed to converge after {found.nit} iteration(s): {found.message}"
            warn(told, ConvergenceWarning)

    def _left_out(self, Y: Array, *weights: Array) -> float:
        """What scikit-learn's J has beside the model's, and no weight changes."""
        return 0.0

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
    """scikit-learn's MLPClassifier, trained by tinynet.

    Arguments and attributes are those of `sklearn.neural_network.MLPClassifier`, which documents
    them; `model_` is the trained `Sequential`. docs/estimators.md says in what it differs. Raises
    ValueError for arguments and data that scikit-learn refuses, for a warm start of another net,
    and for a cost that is not finite.

    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> MLPClassifier(solver="lbfgs", random_state=0).fit(X, y).score(X, y) > 0.95
    True
    """

    @property
    def _several(self) -> bool:  # type: ignore[override]
        """Whether several labels may be true together."""
        return bool(self._label_binarizer.y_type_.startswith("multilabel"))

    def _last_and_loss(self, n_y: int) -> tuple[str, str, float]:
        """The last activation, the loss, and what scikit-learn's J is of it."""
        if self._label_binarizer.y_type_ == "multiclass":
            return "softmax", "categorical_crossentropy", 1.0
        return "logistic", "binary_crossentropy", float(n_y)

    def _score_of(self, Y: Array, A: Array, weights: Any) -> float:
        return accuracy_score(self._decided(Y), self._decided(A), sample_weight=weights)


class MLPRegressor(Values, MLP, neural_network.MLPRegressor):
    """scikit-learn's MLPRegressor, trained by tinynet. Of several outputs J is the mean, and so is
    the gradient.

    Arguments and attributes are those of `sklearn.neural_network.MLPRegressor`, which documents
    them; `model_` is the trained `Sequential`. docs/estimators.md says in what it differs. Raises
    ValueError for arguments and data that scikit-learn refuses, for a warm start of another net,
    and for a cost that is not finite.

    >>> import numpy as np
    >>> X = np.linspace(-1, 1, 50)[:, np.newaxis]
    >>> net = MLPRegressor(activation="tanh", solver="lbfgs", random_state=0)
    >>> net.fit(X, X[:, 0] ** 2).score(X, X[:, 0] ** 2) > 0.99
    True
    """

    def _last_and_loss(self, n_y: int) -> tuple[str, str, float]:
        """The last activation, the loss, and what scikit-learn's J is of it."""
        return ("exp", "poisson", 1.0) if self.loss == "poisson" else ("identity", "mse", 0.5)

    def _left_out(self, Y: Array, *weights: Array) -> float:
        if self.loss != "poisson":
            return 0.0
        own = (xlogy(Y, Y) - Y).mean(axis=1)
        return float(np.average(own, weights=weights[0] if weights else None))

    def _score_of(self, Y: Array, A: Array, weights: Any) -> float:
        return r2_score(Y, A, sample_weight=weights)
