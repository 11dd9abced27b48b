"""The practice: epochs of steps, in chunks, as fast as numpy makes its calls.

A step is played from its plan. After each chunk somebody looks: if a cost or a number written is
not finite, everything goes back to the last good moment, and the same steps are walked again as the
methods are written, one by one, which finds the place, or a way around it. A net that no plan can
hold is walked from the start.
"""

import math
import warnings
from collections.abc import Sequence
from operator import mul
from typing import Any, NamedTuple

import numpy as np

from tinynet.base import checks
from tinynet.engine.plan import CHUNK, Plan, Work, all_steady, block_size
from tinynet.engine.store import Store
from tinynet.net import diagnose
from tinynet.net.history import Records, Reporter
from tinynet.net.metrics import means, values
from tinynet.tape.memory import Arena

WORTH = 150_000  # numbers that all steps together read and make, from which on a plan pays
STEP = 2000  # what a step itself counts as


class Place(NamedTuple):
    """A step's examples, a slice or indices, and what errors call it."""

    epoch: int
    batch: int
    examples: Any

    @property
    def width(self) -> int:
        run = self.examples
        return run.stop - run.start if isinstance(run, slice) else len(run)


class Training:
    """Steps of a cost and an optimizer on examples, `size` or all of them a step, in epochs that go
    to `report`. The generator draws the batches, if there is one."""

    def __init__(
        self, who: str, work: Work, size: int | None, generator: Any, report: Reporter
    ) -> None:
        self.who, self.m, self.report = who, work.X.shape[1], report
        self.size = min(size or self.m, self.m)
        self.generator = generator if self.size < self.m else None
        parts = (
            min(self.size, block_size(work)) < self.m
        )  # then an example in one piece is gathered ten times faster
        self.taller = np.ones((len(work.X) + 1, self.m), work.X.dtype, order="F" if parts else "C")
        self.taller[:-1] = work.X
        self.work = work._replace(X=self.taller[:-1], Y=np.ascontiguousarray(work.Y))
        self.store, self.params, self.since = (
            Store(work.cost.layers, work.optimizer),
            work.cost.params,
            list[Place](),
        )
        self.plans: dict[int, Plan] = {}
        numbers = self.m * sum([len(work.X), *(layer.units for layer in work.cost.layers)])
        if report.epochs * (STEP * -(-self.m // self.size) + numbers) > WORTH:
            self.settle()
        self.room = self.plans[self.size].room if self.plans else 1

    def settle(self) -> None:
        """Plan a step, and the shorter one at the end of an epoch."""
        if not all_steady(self.work):
            return
        at_once = {self.size: self.m // self.size if self.size < self.m else self.report.every}
        arena = Arena()
        try:
            for width in filter(None, (self.size, self.m % self.size)):
                self.plans[width] = Plan(
                    self.work, self.taller, self.store, width, at_once.get(width, 1), arena
                )
        except (
            Exception
        ) as reason:  # whatever a stand-in cannot do says nothing about the net: walking it will
            self.plans = {}
            text = f"{self.who}: no tape can hold a step of this net ({reason}); it is walked, "
            text += "which is slower"
            warnings.warn(
                f"{text}. A part that says steady = True may be why", UserWarning, stacklevel=4
            )

    def run(self) -> None:
        """Train, and report the records of the epochs, of several at a time where they are
        short."""
        epochs = range(self.report.first + 1, self.report.first + self.report.epochs + 1)
        if self.size < self.m:
            for epoch in epochs:
                self.epoch(epoch)
            return
        for i in range(0, len(epochs), self.room):
            records: Records = {}
            try:
                self.chunk(
                    [Place(epoch, 1, slice(0, self.m)) for epoch in epochs[i : i + self.room]],
                    records,
                )
            finally:
                if records:
                    self.report(records)

    def epoch(self, epoch: int) -> None:
        """One epoch of batches; reported are the means over its examples of what they cost before
        their steps."""
        order = self.generator.permutation(self.m) if self.generator else None
        runs = [
            slice(start, min(start + self.size, self.m)) for start in range(0, self.m, self.size)
        ]
        places = [
            Place(epoch, i, run if order is None else order[run]) for i, run in enumerate(runs, 1)
        ]
        records: Records = {}
        full, shorter = places[: self.m // self.size], places[self.m // self.size :]
        chunks = [full[i : i + self.room] for i in range(0, len(full), self.room)]
        try:
            for chunk in filter(None, [*chunks, shorter]):
                self.chunk(chunk, records)
        finally:
            if len(records.get("loss", [])) == len(places):
                shares = [place.width / self.m for place in places]
                self.report(
                    {name: [sum(map(mul, shares, numbers))] for name, numbers in records.items()}
                )

    def chunk(self, places: Sequence[Place], records: Records) -> None:
        """Take these steps and add their records; where an error or an interrupt comes, those of
        the steps before it."""
        plan = self.plans.get(places[0].width)
        if plan is None:
            self.walk(places, records)
            return
        if len(self.since) + len(places) > CHUNK:
            self.store.keep()
            self.since = []
        moment = self.work.optimizer.steps, self.since, dict(records)
        try:
            plan.take([place.examples for place in places])
        finally:
            try:
                self.account(plan, places, *moment, records)
            except (
                KeyboardInterrupt
            ):  # which came too late to stop a step: first the books, then the interrupt
                self.account(plan, places, *moment, records)
                raise

    def account(
        self,
        plan: Plan,
        places: Sequence[Place],
        steps: int,
        since: list[Place],
        earlier: Records,
        records: Records,
    ) -> None:
        """Look at the steps that a plan has taken, and add what they cost to `earlier`. It can be
        begun again."""
        found, done = plan.records(), places[: len(plan.done)]
        self.work.optimizer.steps = steps + len(done)
        if all(map(math.isfinite, found["loss"])) and self.store.finite():
            self.since = [*since, *done]
            records.update(joined(earlier, found))
            return
        self.plans = {}  # what overflows once does so again
        self.store.go_back()
        walked: Records = {}
        try:
            self.walk(since, {})
            self.walk(done, walked)
        finally:
            records.update(joined(earlier, walked))

    def walk(self, places: Sequence[Place], records: Records) -> None:
        """The same steps as the methods are written, each looked at before its update."""
        cost, optimizer = self.work.cost, self.work.optimizer
        for place in places:
            X, Y = self.work.X[:, place.examples], self.work.Y[:, place.examples]
            J, cache = cost.run(X, Y)
            grads = cost.pullback(1.0, cache)[1]
            try:
                if not math.isfinite(J):
                    checks.refuse(self.who, "a finite cost", J, error=FloatingPointError)
                read = values(self.work.metrics, cost.pair.activation, cache["Z"], Y)
                optimizer.update(self.params, grads)
            except FloatingPointError as error:
                cure = "the weights are the last finite ones; a smaller learning rate may help"
                cause = diagnose.first_not_finite(cost, X, grads)
                raise FloatingPointError(
                    f"epoch {place.epoch}, batch {place.batch}: {error}; {cause}; {cure}"
                ) from None
            for name, numbers in {
                "loss": [J],
                **{name: means(a) for name, a in read.items()},
            }.items():
                records.setdefault(name, []).extend(numbers)


def joined(earlier: Records, later: Records) -> Records:
    return {name: [*earlier.get(name, []), *numbers] for name, numbers in later.items()}
