"""What a training is worth on the examples that were held out, and when it has failed."""

import math

import numpy as np

MARGIN = 0.02  # an accuracy must be better than the commonest class's by more than this
CLOSE = 0.01  # scores that are this close are level


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
    return not (math.isfinite(value) and value > least)


def middle(values):
    """Median and quartiles; NaN counts as the worst of all."""
    known = [-math.inf if math.isnan(value) else value for value in values]
    return tuple(np.quantile(known, [0.5, 0.25, 0.75], method="nearest").tolist())


def verdict(own, best):
    """What the scores of tinynet are beside those of the best other: level if the two medians are
    close, or if the other's lies between the quartiles of tinynet's."""
    (median, low, high), other = middle(own), middle(best)[0]
    if abs(median - other) <= CLOSE or low <= other <= high:
        return "level"
    return "best" if median > other else "behind"
