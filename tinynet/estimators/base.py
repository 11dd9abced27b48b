"""What all estimators share: scikit-learn's door, and what comes out of the net."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from tinynet.base import Array
from tinynet.model.sequential import Sequential

FLOATS = np.float64, np.float32
ROWS = 4096  # of a sparse matrix that are made dense at a time


class Net(BaseEstimator):
    """An estimator with a trained model in it, `model_`."""

    model_: Sequential

    def _outputs(self, X: Any) -> Array:
        """A of the last layer, (m, n_y)."""
        check_is_fitted(self)
        if self._is_plain(X):
            try:
                return self._through(X)
            except ValueError:  # scikit-learn's own sentence comes first
                pass
        return self._through(validate_data(self, X, accept_sparse="csr", dtype=FLOATS, reset=False))

    def _through(self, X: Any) -> Array:
        """The outputs of an X that was looked at; a sparse one is made dense part by part."""
        if issparse(X):
            return np.concatenate([self._through(part.toarray()) for part in parts(X, ROWS)])
        rows = self.model_.examples == "rows"
        return self.model_.predict(X) if rows else self.model_.predict(X.T).T

    def _is_plain(self, X: Any) -> bool:
        """Whether there is nothing that scikit-learn would ask of X, but for its numbers."""
        named = hasattr(self, "feature_names_in_")
        plain = type(X) is np.ndarray and X.ndim == 2 and X.dtype in FLOATS and len(X) > 0
        return plain and not named and X.shape[1] == self.n_features_in_


class Labels:
    """What a classifier makes of outputs. Of two classes there is one output, unless they are those
    of a softmax; where `several_` labels may be true together, one for each."""

    classes_: Array
    several_: bool

    def _decided(self, A: Array) -> Array:
        if self.several_:
            return (A > 0.5).astype(int)
        if A.shape[1] > 1:
            return self.classes_[A.argmax(axis=1)]
        return self.classes_[(A[:, 0] > 0.5) * (len(self.classes_) - 1)]

    def predict(self, X: Any) -> Array:
        """The classes, (m,), or the labels, (m, n_y)."""
        return self._decided(self._outputs(X))

    def predict_proba(self, X: Any) -> Array:
        """The probability of each class, (m, n_classes), or of each label."""
        A = self._outputs(X)
        return A if A.shape[1] > 1 or self.several_ else np.hstack([1 - A, A])

    def predict_log_proba(self, X: Any) -> Array:
        """The logarithms of the probabilities."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))


class Values:
    """What a regressor makes of outputs."""

    def predict(self, X: Any) -> Array:
        """The values, (m,) or (m, n_y)."""
        A = self._outputs(X)
        return A[:, 0] if A.shape[1] == 1 else A


def parts(X: Any, n: int) -> Iterator[Any]:
    """Up to n rows at a time."""
    for start in range(0, X.shape[0], n):
        yield X[start : start + n]


class Batches:
    """Batches of a sparse X, each of them made dense by itself; drawn anew every epoch if there is
    a generator."""

    def __init__(self, size: int, generator: Any, X: Any, *others: Array) -> None:
        self.size, self.generator, self.X, self.others = size, generator, X, others

    def __iter__(self) -> Iterator[tuple[Array, ...]]:
        order = np.arange(self.X.shape[0])
        if self.generator is not None:
            self.generator.shuffle(order)
        for chosen in parts(order, self.size):
            yield self.X[chosen].toarray(), *(a[chosen] for a in self.others)
