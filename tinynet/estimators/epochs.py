"""What scikit-learn does after each epoch: its lists, its learning rates, and when it stops."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from tinynet.base import Array, in_one_go, put
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
        est, optimizer = self.estimator, self.model.optimizer
        loss = est._scale * logs["loss"] + est._constant
        t = est.t_ + self.trained_on
        own = {"n_iter_": epoch, "t_": t, "loss_": loss}
        calls: list[Callable[[], Any]] = [partial(est.loss_curve_.append, loss)]
        said = [f"Iteration {epoch}, loss = {loss:.8f}"]
        if self.held:
            score, highest = est._score_held_out(*self.held), est.best_validation_score_
            calls.append(partial(est.validation_scores_.append, score))
            said.append(f"Validation score: {score:f}")
            better = bool(score >= highest + est.tol)  # which NaN is not
            if score > highest:
                own["best_validation_score_"] = score
                calls.append(partial(vars(self).update, best=self.model.get_weights()))
        else:
            better = bool(loss <= est.best_loss_ - est.tol)
            own["best_loss_"] = min(loss, est.best_loss_)
        waited, rate = 0 if better else est._no_improvement_count + 1, optimizer.learning_rate
        if est.solver == "sgd" and est.learning_rate == "invscaling":
            rate = est.learning_rate_init * est._scale / (t + 1) ** est.power_t
        stops = waited > est.n_iter_no_change
        if stops:
            what = "Validation score" if self.held else "Training loss"
            what += f" did not improve more than tol={est.tol:f}"
            what += f" for {est.n_iter_no_change} consecutive epochs."
            adaptive = est.solver == "sgd" and est.learning_rate == "adaptive"
            if adaptive and rate / est._scale > 1e-6:
                stops, waited, rate = False, 0, rate / 5
                said.append(f"{what} Setting learning rate to {rate / est._scale:f}")
            else:
                said.append(f"{what} Stopping.")
        own["_no_improvement_count"] = waited
        # no interrupt comes between these
        calls += [partial(vars(est).update, own), partial(vars(self).update, stops=stops)]
        in_one_go([*calls, *to_rate(optimizer, rate)])
        if est.verbose:
            print("\n".join(said))
        return stops

    def explode(self) -> None:
        """The epoch that ended since a number was not finite."""
        est = self.estimator
        for numbers in (est.loss_curve_, est.validation_scores_):
            numbers.append(float("nan"))
        est.n_iter_ += 1
        self.model.optimizer.reset()


def to_rate(optimizer: Any, rate: float) -> list[Callable[[], Any]]:
    """Calls that set the learning rate of the steps from here on. scikit-learn's velocity has each
    gradient times the rate of its own step, and tinynet's takes the sum of all times that of
    today."""
    if rate == optimizer.learning_rate:
        return []
    share = optimizer.learning_rate / rate
    calls = [put(v, v * share) for v in optimizer.slots.get("v", {}).values()]
    return [*calls, partial(setattr, optimizer, "learning_rate", rate)]


def set_rate(optimizer: Any, rate: float) -> None:
    in_one_go(to_rate(optimizer, rate))
