"""What a training is worth on the examples that were held out, and when it has failed."""

import math

import numpy as np

MARGIN = 0.02  # an accuracy must be better than the commonest class's by more than this
CLOSE = 0.01  # scores that are this close are level
ROUNDING = 1e-9


def score(data, predicted):
    """The accuracy, or R2. NaN where what was predicted is not finite."""
    predicted, Y = np.asarray(predicted, float), data["Y_test"]
    if predicted.shape != Y.shape:
        raise RuntimeError(f"predictions {predicted.shape} for targets {Y.shape}")
    if not np.isfinite(predicted).all():
        return math.nan
    if data["task"] == "regression":
        return float(1 - np.square(predicted - Y).sum() / np.square(Y - Y.mean()).sum())
    return float(np.mean(predicted == Y))


def bar(data):
    """What a training must exceed, or it has failed: 0 for R2, and for an accuracy that of the
    class that is commonest in the training part, and a margin."""
    if data["task"] == "regression":
        return 0.0
    commonest = np.bincount(data["Y"]).argmax()
    return float(np.mean(data["Y_test"] == commonest)) + MARGIN


def failed(value, least):
    return not (math.isfinite(value) and value > least + ROUNDING)


def sortable(values):
    """NaN counts as the worst of all."""
    return [-math.inf if math.isnan(value) else value for value in values]


def median(values):
    return float(np.median(sortable(values)))


def quartiles(values):
    """The values nearest to them."""
    return tuple(np.quantile(sortable(values), [0.25, 0.75], method="nearest").tolist())


def compared(own, other):
    """1 if a score is better than another, -1 if it is worse, 0 if they are close."""
    own, other = sortable([own, other])
    return 0 if own == other or abs(own - other) <= CLOSE + ROUNDING else 1 if own > other else -1


def verdict(own, best):
    """What the scores of tinynet are beside those of the best other: level if the two medians are
    close, or if the other's lies between the quartiles of tinynet's."""
    (low, high), other = quartiles(own), median(best)
    better = compared(median(own), other)
    return "level" if low <= other <= high else ("level", "best", "behind")[better]


def ranks(values):
    """The best has 1; those that are the same share the mean of their ranks."""
    values = np.array(sortable(values))
    return [float((values > v).sum() + ((values == v).sum() + 1) / 2) for v in values]
