"""What scikit-learn does after each epoch: its lists, its learning rates, and when it stops."""

from collections.abc import Mapping, Sequence
from typing import Any

from tinynet.base import Array
from tinynet.callbacks import Callback


class Epochs(Callback):
    """Looks after an estimator that trains on m examples. With `held`, (X, Y) or (X, Y, weights),
    the score on these is to grow; else the loss is to fall."""

    kept = ()

    def __init__(self, estimator: Any, m: int, held: Sequence[Any]) -> None:
        self.estimator, self.trained_on, self.held = estimator, m, held
        self.best: list[Array] | None = None  # the weights of the best score
        self.stops = False

    def on_train_begin(self) -> None:
        self.estimator.n_iter_ = 0
        if self.held and self.estimator.validation_scores_:
            self.best = self.model.get_weights()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float]) -> bool:
        one = self.estimator
        one.n_iter_, one.t_, one.loss_ = epoch, one.t_ + self.trained_on, one._share * logs["loss"]
        one.loss_curve_.append(one.loss_)
        self.say(f"Iteration {epoch}, loss = {one.loss_:.8f}")
        better = self.better_score() if self.held else self.lower_loss()
        one._no_improvement_count = 0 if better else one._no_improvement_count + 1
        optimizer = self.model.optimizer
        if one.solver == "sgd" and one.learning_rate == "invscaling":
            rate = one.learning_rate_init * one._share
            set_rate(optimizer, rate / (one.t_ + 1) ** one.power_t)
        if one._no_improvement_count > one.n_iter_no_change:
            what = "Validation score" if self.held else "Training loss"
            what += f" did not improve more than tol={one.tol:f}"
            what += f" for {one.n_iter_no_change} consecutive epochs."
            adaptive = one.solver == "sgd" and one.learning_rate == "adaptive"
            if adaptive and optimizer.learning_rate / one._share > 1e-6:
                set_rate(optimizer, optimizer.learning_rate / 5)
                one._no_improvement_count = 0
                what += f" Setting learning rate to {optimizer.learning_rate:f}"
            else:
                self.stops = True
                what += " Stopping."
            self.say(what)
        return self.stops

    def lower_loss(self) -> bool:
        """Whether the loss is lower than the lowest before, by `tol`."""
        one, lowest = self.estimator, self.estimator.best_loss_
        one.best_loss_ = min(one.loss_, lowest)
        return bool(one.loss_ <= lowest - one.tol)

    def better_score(self) -> bool:
        """Whether the score is above the best before, by `tol`, which NaN is not."""
        one, highest = self.estimator, self.estimator.best_validation_score_
        score = one._score_held_out(*self.held)
        one.validation_scores_.append(score)
        self.say(f"Validation score: {score:f}")
        if score > highest:
            one.best_validation_score_, self.best = score, self.model.get_weights()
        return bool(score >= highest + one.tol)

    def say(self, text: str) -> None:
        if self.estimator.verbose:
            print(text)


def set_rate(optimizer: Any, rate: float) -> None:
    """Another learning rate for the steps from here on. scikit-learn's velocity has each gradient
    times the rate of its own step, and tinynet's takes the sum of all times that of today."""
    for v in optimizer.slots["v"].values():
        v[...] = v * (optimizer.learning_rate / rate)
    optimizer.learning_rate = rate
