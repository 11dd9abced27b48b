"""Nets as scikit-learn's estimators, for its pipelines and searches. It needs scikit-learn, the
extra `sklearn`.

`MLPClassifier` and `MLPRegressor` take the place of scikit-learn's own: only the import changes.
`Classifier` and `Regressor` are around any `Sequential`.
"""

try:
    import sklearn  # noqa: F401
except ImportError as error:
    text = 'estimators need scikit-learn: install the extra "sklearn", pip install ".[sklearn]"'
    raise ImportError(text) from error

from tinynet.estimators.around import Classifier, Regressor
from tinynet.estimators.mlp import MLPClassifier, MLPRegressor

__all__ = ["Classifier", "MLPClassifier", "MLPRegressor", "Regressor"]
