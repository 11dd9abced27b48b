"""A step as the methods are written: for nets that no plan can hold, and to find what went wrong.

It works over the memory of the plan, block by block as the plan does, so both take the same step
to the bit.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from tinynet.base import checks
from tinynet.base.calls import in_one_go
from tinynet.base.checks import Array
from tinynet.base.node import read_only
from tinynet.engine.batch import Batch
from tinynet.engine.plan import homes, states_after
from tinynet.engine.readings import Readings, Record
from tinynet.engine.store import Store
from tinynet.engine.work import Work
from tinynet.net.diagnose import first_not_finite, no_writes
from tinynet.net.parameters import pieces
from tinynet.optimizers import Optimizer


class Walk:
    """Steps on one batch's memory."""

    def __init__(self, who: str, work: Work, batch: Batch, store: Store) -> None:
        self.who, self.work, self.batch, self.store = who, work, batch, store
        self.readings = Readings(work, batch)
        self.total = homes(work.cost, pieces(work.cost.layers, store.grads))
        self.last: tuple[int, Record] | None = None  # which step was read before its update

    def read(self, steps: int) -> list[Record]:
        """The record of the last step."""
        if self.last is not None and self.last[0] == self.work.optimizer.steps:
            return [self.last[1]]
        return self.readings.read(steps)

    def take(self, chosen: object, where: str) -> None:
        """The step on these examples, looked at before its update."""
        cost, optimizer, store = self.work.cost, self.work.optimizer, self.store
        with self.draws_kept():
            self.batch.fetch(chosen)
            with no_writes(self.who):
                self.gradients()
            (record,) = self.readings.read(1)
            self.last = optimizer.steps + 1, record
            try:
                if not math.isfinite(record.J):
                    checks.refuse(self.who, "a finite cost", record.J, error=FloatingPointError)
                pairs = zip(store.states, store.next_states, strict=True)
                also = [partial(a.__setitem__, ..., after) for a, after in pairs]
                with no_writes(optimizer.who):
                    self.update(also)
            except FloatingPointError as error:
                cause = first_not_finite(cost, self.batch.X, self.total)
                cure = "the weights are the last finite ones; a smaller learning rate may help"
                raise FloatingPointError(f"{where}: {error}; {cause}; {cure}") from None

    def update(self, also: Sequence[Callable[[], None]]) -> None:
        optimizer, params = self.work.optimizer, self.work.cost.params
        if type(optimizer).update is Optimizer.update:
            optimizer.write(params, *optimizer.advance(params, self.total), also)
        else:
            optimizer.update(params, self.total)
            in_one_go(also)

    @contextmanager
    def draws_kept(self) -> Iterator[None]:
        """The generators stand where they stood if the step is not taken."""
        steps, draws = self.work.optimizer.steps, self.store.draws()
        try:
            yield
        finally:
            if self.work.optimizer.steps == steps:
                for redraw in self.store.redraws(draws):
                    redraw()

    def gradients(self) -> None:
        """Those of the batch, block by block, its outputs and its penalty into their places."""
        cost, batch, store = self.work.cost, self.batch, self.store
        weight = cost.pair.weight(batch.Z[:, : batch.width])
        for block in batch.blocks:
            X, Y = read_only(batch.X[:, block]), read_only(batch.Y[:, block])
            Z, caches = cost.outputs(X)
            place = batch.Z[:, block]
            require_place(self.who, Z, place)
            place[...] = Z
            grads = cost.gradients(weight / cost.pair.weight(place), Z, Y, caches)
            for name, home in self.total.items():
                home[...] = home + grads[name] if block.start else grads[name]
            for after, home in zip(states_after(cost, caches), store.next_states, strict=True):
                home[...] = after
        if batch.room > 1 and not batch.whole:
            batch.waiting[:, batch.places[0]] = batch.Y
        batch.penalties[0] = float(cost.penalty() or 0)
        for name, g in cost.penalty_gradients().items():
            self.total[name][...] = self.total[name] + g


def require_place(who: str, Z: Array, place: Array) -> None:
    if Z.shape != place.shape:
        checks.refuse(who, f"outputs Z of shape {place.shape}", Z.shape)
