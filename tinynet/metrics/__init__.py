"""The names of the metrics, which `fit` and `evaluate` report beside the cost. `base` has their
base class."""

from collections.abc import Mapping
from types import FunctionType
from typing import Any

from tinynet import activations
from tinynet.activations import Activation
from tinynet.base import checks
from tinynet.metrics.base import Metric
from tinynet.metrics.classification import F1, Accuracy, Precision, Recall, confusion_matrix
from tinynet.metrics.regression import MAE, MSE, R2
from tinynet.metrics.whole import ROCAUC, Own, Whole

__all__ = [
    "F1",
    "R2",
    "ROCAUC",
    "Accuracy",
    "Metric",
    "Precision",
    "Recall",
    "Whole",
    "confusion_matrix",
]

METRICS: dict[str, Metric] = {
    "accuracy": Accuracy(),
    "precision": Precision(),
    "recall": Recall(),
    "f1": F1(),
    "roc_auc": ROCAUC(),
    "mse": MSE(),
    "mae": MAE(),
    "r2": R2(),
    "mean_squared_error": MSE(),
    "mean_absolute_error": MAE(),
    "auc": ROCAUC(),
}


def named_metrics(
    who: str, names: Any, activation: Activation, rows: bool = False
) -> dict[str, Metric]:
    """The metrics under their names, for a net whose last activation is `activation`; a Metric
    object goes by the name of its class, a function by its own."""
    if not isinstance(names, (list, tuple)):
        cure = 'metrics=["accuracy"]'
        checks.refuse(who, "metrics as a list", checks.shown(names), cure, TypeError)
    found = {}
    for value in names:
        metric = Own(value, rows) if isinstance(value, FunctionType) else value
        own = isinstance(metric, Metric)
        metric = metric if own else checks.known(who, "metrics", value, METRICS)
        name = getattr(metric, "name", type(metric).__name__.lower()) if own else value
        if metric.of_classes and not activation.classifies:
            got, cure = activations.label(activation), "it is of classes"
            checks.refuse(who, f"a sigmoid or softmax output for {name}", got, cure)
        if name.startswith("val_"):
            expected, cure = "another name for a metric", "val_ is that of a validation's number"
            checks.refuse(who, expected, repr(name), cure)
        if name in found or name == "loss":
            cure = "give one of them a `name` in its class"
            checks.refuse(who, "metrics of different names", f"{name!r} again", cure)
        found[name] = metric
    return found


def summed(metrics: Mapping[str, Metric]) -> dict[str, Metric]:
    """Those that sums over the examples give."""
    return {name: metric for name, metric in metrics.items() if not isinstance(metric, Whole)}
