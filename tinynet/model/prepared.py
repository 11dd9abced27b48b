"""What a `fit` makes of its data before the first step: what is held out, what Standardize learns,
how much each example counts."""

import copy
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinynet.base import Array, checks, read_only
from tinynet.data import held_out
from tinynet.layers.standardize import require_digits, standardizing
from tinynet.losses.weights import class_weights, sample_weights
from tinynet.model.batches import HeldOut, digest, said_of
from tinynet.model.compiled import Compiled
from tinynet.model.history import History


def share_of(who: str, value: Any) -> float:
    """A share of the examples; a percentage is told so."""
    if type(value) in (int, float) and 1 < value < 100:
        expected, cure = "validation_split in [0, 1)", f"{value / 100:g} is {value:g} %"
        checks.refuse(who, expected, value, cure)
    return checks.real(who, "validation_split", value, "[0, 1)")


class Prepared(Compiled):
    """What `Sequential` can do before it trains."""

    history: History
    _held_out: HeldOut | None  # by validation_split

    def reset(self, seed: Any = None) -> None:
        super().reset(seed)
        self._held_out = None

    def _validation_data(self, given: Any, share: float) -> Sequence[Array]:
        """The data to look at after each epoch, if there is any."""
        if given is None:
            return ()
        if share:
            checks.refuse(self.who, "validation_data or validation_split", "both")
        if not isinstance(given, (tuple, list)) or len(given) not in (2, 3):
            got = checks.shown(given)
            checks.refuse(self.who, "validation_data as (X, Y)", got, error=TypeError)
        weights = given[2] if len(given) == 3 else None
        with said_of("validation_data"):
            return self._data(given[0], given[1], weights)

    def _held(self, data: Sequence[Array], share: float) -> tuple[Array, Sequence[Array]]:
        """The indices of the examples to train on, and the data of those that are held out."""
        X, Y, *weights = data
        m, activation = X.shape[1], self.layers[-1].activation
        if m < 2:
            checks.refuse(self.who, "at least 2 examples for a validation_split", m)
        if self._held_out is None:
            one = activation.classifies and (activation.classes(Y).ndim == 1 or len(Y) == 1)
            labels = activation.classes(Y).ravel() if one else None
            # from a copy, so that the batches are those that they would have been
            out, _ = held_out(m, share, copy.deepcopy(self._generator_at_build), labels)
            held = HeldOut(share, m, np.sort(out), {})
        else:
            held = self._held_out
        if held[:2] != (share, m):
            got = f"{share} of {m}"
            cure = "give others as validation_data; reset() draws anew, and forgets the training"
            expected = f"validation_split as before, {held.share} of {held.m} examples"
            checks.refuse(self.who, expected, got, cure)
        # an example in one piece, as batches are gathered
        out = held.indices
        test = [a.T.take(out, 0).T for a in (X, Y)]
        with np.errstate(all="ignore"):  # after a cast they are known in float32 at least
            found = {dtype: digest([a.astype(dtype) for a in test]) for dtype in self._dtypes()}
        if any(held.digests.get(dtype, own) != own for dtype, own in found.items()):
            expected = "the same examples held out by validation_split as in the fit before"
            cure = "give them in the same order, or others as validation_data; reset() draws anew"
            checks.refuse(self.who, expected, "others", cure)
        self._held_out = held._replace(digests=found | dict(held.digests))
        self.history.held_out = read_only(out)
        test += [sample_weights(self.who, w[out], len(out), self._door.dtype) for w in weights]
        return np.setdiff1d(np.arange(m), out), test

    def _dtypes(self) -> list[str]:
        """Those that the model's numbers are exact in, or rounded to."""
        return ["float32"] if self._door.dtype == np.float32 else ["float64", "float32"]

    def _learn(self, given: Any, X: Array, Y: Array, *weights: Array, rest: Any) -> None:
        """What a first and a last Standardize learn from the examples that are trained on. `given`
        are X and Y as they came: the model's dtype may lose their digits."""
        if rest is not None and not weights:
            weights = (np.bincount(rest, minlength=X.shape[1]),)
        for layer in standardizing(self.layers):
            if not layer.learned:
                came = np.asarray(given[layer.invert])
                rows = self._door.turned(came) if came.ndim == 2 else came[np.newaxis]
                require_digits(layer, rows, *(weights or [np.ones(X.shape[1])]))
                layer.learn(Y if layer.invert else X, *weights)

    def _by_class(
        self, Y: Array, weights: Sequence[Array], by_class: Any, rest: Any
    ) -> Sequence[Array]:
        """The weights of the examples that are trained on, times those of their classes; 0 for what
        is held out."""
        if by_class is None and (rest is None or not weights):
            return weights
        m, part = Y.shape[1], slice(None) if rest is None else rest
        found = math.prod(w[part] for w in weights)
        if by_class is not None:
            last = self.layers[-1].activation
            if not last.classifies:
                cure = "sample_weight gives each example its own"
                checks.refuse(self.who, "class_weight of a sigmoid or softmax", repr(last), cure)
            classes = np.atleast_2d(last.classes(Y)).astype(int)
            if len(classes) > 1:
                cure = "sample_weight gives each example its own"
                checks.refuse(self.who, "class_weight of one output", len(classes), cure)
            found = class_weights(self.who, by_class, classes[0][part]) * found
        all_of_them = np.zeros(m, self._door.dtype)
        all_of_them[part] = sample_weights(self.who, found, np.size(found), self._door.dtype)
        return [all_of_them]
