"""The names of the metrics, which `fit` and `evaluate` report beside the cost. `base` has their
base class."""

from typing import Any

from tinynet.activations import Activation
from tinynet.base import checks
from tinynet.metrics.base import Metric
from tinynet.metrics.classification import Accuracy

__all__ = ["Accuracy", "Metric"]

METRICS: dict[str, Metric] = {"accuracy": Accuracy()}


def named_metrics(who: str, names: Any, activation: Activation) -> dict[str, Metric]:
    """The metrics under their names, for a net whose last activation is `activation`; a Metric
    object goes by the name of its class."""
    if not isinstance(names, (list, tuple)):
        cure = 'metrics=["accuracy"]'
        checks.refuse(who, "metrics as a list", checks.shown(names), cure, TypeError)
    found = {}
    for value in names:
        own = isinstance(value, Metric)
        metric = value if own else checks.known(who, "metrics", value, METRICS)
        metric.require(who, activation)
        name = getattr(value, "name", type(value).__name__.lower()) if own else value
        if name in found or name == "loss":
            cure = "give one of them a `name` in its class"
            checks.refuse(who, "metrics of different names", f"{name!r} again", cure)
        found[name] = metric
    return found
