"""Estimators around any `Sequential`."""

import copy
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from scipy.sparse import issparse
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d, validate_data

from tinynet.activations import Softmax
from tinynet.base import Array, checks
from tinynet.callbacks import Callback
from tinynet.estimators.base import FLOATS, Labels, Net, Values, sample_weights
from tinynet.model.sequential import Sequential


class Around(Net):
    """What `Classifier` and `Regressor` share: `fit` trains a copy of the model, `model_`."""

    _sparse: ClassVar[Any] = False

    def __init__(
        self,
        model: Sequential | Callable[[int, int], Sequential],
        *,
        epochs: int = 100,
        batch_size: int | None = 32,
        shuffle: bool = True,
        validation_split: float = 0.0,
        callbacks: Sequence[Callback] = (),
        verbose: int = 0,
        random_state: Any = None,
    ) -> None:
        self.model, self.epochs, self.batch_size, self.shuffle = model, epochs, batch_size, shuffle
        self.validation_split, self.callbacks = validation_split, callbacks
        self.verbose, self.random_state = verbose, random_state

    def _copied(self, n_x: int, n_y: int) -> Sequential:
        """A model that has not been trained."""
        made = self.model
        called = callable(made) and not isinstance(made, Sequential)
        model: Any = copy.deepcopy(made(n_x, n_y) if called else made)  # type: ignore[call-arg]
        if not isinstance(model, Sequential):
            who, got = type(self).__name__, checks.shown(model)
            expected = "model as a Sequential, or a function of n_x and n_y that makes one"
            checks.refuse(who, expected, got, error=TypeError)
        if self.random_state is not None:
            model.reset(check_random_state(self.random_state).randint(2**31 - 1))
        elif model.layers[0].n_in or not called:
            model.reset()
        if model.optimizer is None:
            model.compile()
        return model

    def _train(
        self, model: Sequential, X: Any, Y: Array, weights: Any, fitted: Any, **how: Any
    ) -> Self:
        """Train the model; then it and what else is `fitted` are the estimator's, after Ctrl-C,
        too."""
        rows, callbacks = model.examples == "rows", copy.deepcopy(self.callbacks)
        kept = {**fitted, "model_": model, "history_": model.history, "callbacks_": callbacks}
        data = [X, Y] if rows else [X.T, Y.T]
        how = {**how, "validation_split": self.validation_split, "callbacks": callbacks}
        how["sample_weight"] = next(iter(sample_weights(X, weights)), None)
        how |= {"epochs": self.epochs, "batch_size": self.batch_size}
        how |= {"shuffle": self.shuffle, "verbose": self.verbose}
        try:
            model.fit(*data, **how)
        except KeyboardInterrupt:
            vars(self).update(kept)
            raise
        vars(self).update(kept)
        return self


class Classifier(Labels, ClassifierMixin, Around):
    """A classifier around a `Sequential` that ends in a sigmoid or a softmax.

    `model`: a Sequential, of which each `fit` trains a copy with its settings from its first
    weights, not from those that it has or was given; or a function that makes one from n_x and n_y,
    the number of classes, or 1 if there are two. One that is not compiled gets Adam and the loss
    that matches. Several sigmoids are for labels that may be true together, y (m, n_y) of 0 and 1.

    `epochs`, `batch_size`, `shuffle`, `validation_split`, `callbacks`, which are copied, and
    `verbose` are those of `Sequential.fit`, and so is `class_weight`, by the classes as they are in
    y. `random_state` draws weights and batches; without it they are those of the model's own seed.

    After `fit`: `model_`, `history_`, `callbacks_`, `classes_`, `n_features_in_`. A last layer that
    does not fit the classes is a ValueError. Ctrl-C leaves what was trained, and is raised.

    >>> import tinynet as tn
    >>> X, y = tn.data.moons(100, seed=0)
    >>> net = tn.Sequential([tn.Dense(8, "tanh"), tn.Dense(1, "sigmoid")], seed=0)
    >>> net.compile(tn.Adam(0.05))
    >>> Classifier(net).fit(X.T, np.where(y[0], "up", "down")).predict(X.T[:2])
    array(['down', 'down'], dtype='<U4')
    """

    def __init__(
        self,
        model: Sequential | Callable[[int, int], Sequential],
        *,
        epochs: int = 100,
        batch_size: int | None = 32,
        shuffle: bool = True,
        validation_split: float = 0.0,
        class_weight: Any = None,
        callbacks: Sequence[Callback] = (),
        verbose: int = 0,
        random_state: Any = None,
    ) -> None:
        super().__init__(
            model,
            epochs=epochs,
            batch_size=batch_size,
            shuffle=shuffle,
            validation_split=validation_split,
            callbacks=callbacks,
            verbose=verbose,
            random_state=random_state,
        )
        self.class_weight = class_weight

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train a copy of the model on X (m, n_x) and the classes y (m,), or the labels (m,
        n_y)."""
        X, y = validate_data(self, X, y, multi_output=True, dtype=FLOATS)
        y = y.toarray() if issparse(y) else y
        check_classification_targets(y)
        several = type_of_target(y) == "multilabel-indicator"
        if several:
            classes, Y, n_y = np.arange(y.shape[1]), y, y.shape[1]
        else:
            classes, Y = np.unique(column_or_1d(y, warn=True), return_inverse=True)
            n_y = len(classes) if len(classes) > 2 else 1
        model = self._copied(X.shape[1], n_y)
        self._require_outputs(model, classes, several)
        weights = self.class_weight
        if isinstance(weights, dict):  # of classes as they are in y
            places = {c: i for i, c in enumerate(classes.tolist())}
            if strange := [c for c in weights if c not in places]:
                who, expected = type(self).__name__, "class_weight of the classes in y"
                checks.refuse(who, expected, repr(strange[0]), f"they are {[*places]}")
            weights = {places[c]: w for c, w in weights.items()}
        fitted = {"classes_": classes, "_several": several}
        return self._train(model, X, Y, sample_weight, fitted, class_weight=weights)

    def _require_outputs(self, model: Sequential, classes: Array, several: bool) -> None:
        last, n, who = model.layers[-1], len(classes), type(self).__name__
        softmax, units = isinstance(last.activation, Softmax), last.units
        if several:
            right, cure = not softmax and units == n, f"{n} sigmoids"
        else:
            if n == 1:
                checks.refuse(who, "y of at least 2 classes", "1 class")
            right = units == (n if softmax else 1) and (softmax or n == 2)
            cure = "one sigmoid, or a softmax over 2" if n == 2 else f"a softmax over {n}"
        if not last.activation.classifies or not right:
            what = "labels" if several else "classes"
            if last.activation.classifies and last.units == 1:  # in scikit-learn's own words
                cure = f"Only binary classification is supported by it; {cure} takes more"
            checks.refuse(who, f"a last layer for {n} {what}", repr(last), cure)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        if isinstance(self.model, Sequential):
            last = self.model.layers[-1]
            softmax = isinstance(last.activation, Softmax)
            tags.classifier_tags.multi_class = softmax
            tags.classifier_tags.multi_label = not softmax and last.units > 1
        return tags


class Regressor(Values, RegressorMixin, Around):
    """A regressor around a `Sequential`, for y (m,), or (m, n_y) for several values.

    `model`: a Sequential, of which each `fit` trains a copy with its settings from its first
    weights, not from those that it has or was given; or a function that makes one from n_x and n_y.
    One that is not compiled gets Adam and the mean squared error.
    `epochs`, `batch_size`, `shuffle`, `validation_split`, `callbacks`, which are copied, and
    `verbose` are those of `Sequential.fit`. `random_state` draws weights and batches; without it
    they are those of the model's own seed.

    After `fit`: `model_`, `history_`, `callbacks_`, `n_features_in_`. Ctrl-C leaves what was
    trained, and is raised.

    >>> import tinynet as tn
    >>> X = np.linspace(-1, 1, 50)[:, np.newaxis]
    >>> net = tn.Sequential([tn.Dense(8, "tanh"), tn.Dense(1)], seed=0)
    >>> net.compile(tn.Adam(0.05))
    >>> Regressor(net).fit(X, X[:, 0] ** 2).score(X, X[:, 0] ** 2) > 0.95
    True
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train a copy of the model on X (m, n_x) and y (m,) or (m, n_y)."""
        X, y = validate_data(self, X, y, multi_output=True, y_numeric=True, dtype=FLOATS)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        n_y = y.shape[1] if y.ndim == 2 else 1
        return self._train(self._copied(X.shape[1], n_y), X, y, sample_weight, {})
