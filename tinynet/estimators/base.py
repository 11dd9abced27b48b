"""What all estimators share: scikit-learn's door, and what comes out of the net."""

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from tinynet.activations import Softmax
from tinynet.base import Array, functions
from tinynet.model.sequential import Sequential

FLOATS = np.float64, np.float32
ENTRIES = 2**22  # of a sparse matrix that are made dense at a time


class Net(BaseEstimator):
    """An estimator with a trained model in it, `model_`."""

    model_: Sequential
    _sparse: ClassVar[Any] = ["csr", "csc"]  # kinds of sparse matrices that it takes

    def _outputs(self, X: Any) -> Array:
        """A of the last layer, (m, n_y)."""
        check_is_fitted(self, "model_")
        if self._is_plain(X):
            try:
                return self._through(X)
            except ValueError:  # scikit-learn's own sentence comes first
                pass
        return self._through(self._looked_at(X))

    def _looked_at(self, X: Any) -> Any:
        """X, or the error that scikit-learn has for it."""
        X = validate_data(self, X, accept_sparse=self._sparse, dtype=FLOATS, reset=False)
        return X.tocsr() if issparse(X) else X

    def _through(self, X: Any) -> Array:
        """The outputs of an X that was looked at; a sparse one is made dense part by part."""
        if issparse(X):
            rows = max(1, ENTRIES // X.shape[1])
            return np.concatenate([self._through(part.toarray()) for part in parts(X, rows)])
        model = self.model_
        return model.predict(X) if model.examples == "rows" else model.predict(X.T).T

    def _is_plain(self, X: Any) -> bool:
        """Whether there is nothing that scikit-learn would ask of X, but for its numbers."""
        named = hasattr(self, "feature_names_in_")
        plain = type(X) is np.ndarray and X.ndim == 2 and X.dtype in FLOATS and len(X) > 0
        return plain and not named and X.shape[1] == self.n_features_in_


class Labels:
    """What a classifier makes of outputs. Of two classes there is one output, unless they are those
    of a softmax; where `_several` labels may be true together, one for each."""

    classes_: Array
    _several: bool

    def _decided(self, A: Array) -> Array:
        if self._several:
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
        return A if A.shape[1] > 1 or self._several else np.hstack([1 - A, A])

    def predict_log_proba(self, X: Any) -> Array:
        """The logarithms of the probabilities; of classes from Z, so that those of probabilities
        near 0 and 1 keep their digits."""
        check_is_fitted(self, "model_")
        if self._several:
            return np.log(self.predict_proba(X))
        X, model = self._looked_at(X), self.model_
        X = X.toarray() if issparse(X) else X
        rows, last = model.examples == "rows", model.layers[-1]
        Z = model.trace(X if rows else X.T)[f"Z{last.position}"]
        Z = Z.T if rows else Z
        if isinstance(last.activation, Softmax):
            Z = last.activation.cooled(Z)
            _, _, rest = functions.softmax_terms(Z)
            return (Z - Z.max(axis=0) - np.log1p(rest)).T
        return -np.logaddexp(0, np.concatenate([Z, -Z])).T


class Values:
    """What a regressor makes of outputs."""

    def predict(self, X: Any) -> Array:
        """The values, (m,) or (m, n_y)."""
        A = self._outputs(X)
        return A[:, 0] if A.shape[1] == 1 else A


def sample_weights(X: Any, weights: Any) -> list[Array]:
    """The weights of the examples, if there are any."""
    if weights is None:
        return []
    found = _check_sample_weight(weights, X, dtype=X.dtype)
    if (found < 0).any() or not found.any():
        raise ValueError(f"sample_weight has to be at least 0, and not all 0, got {weights!r}.")
    return [found]


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
            others = [a[chosen] for a in self.others]
            if all(weights.any() for weights in others[1:]):  # else nothing in it counts
                yield self.X[chosen].toarray(), *others
