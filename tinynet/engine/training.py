"""The practice: epochs of steps, in chunks, as fast as numpy makes its calls.

A step is played from its plan. After each chunk somebody looks: if a cost or a number written is
not finite, everything goes back to the last snapshot, and the same steps are walked again as the
methods are written, one by one, which finds the place, or a way around it. A net that no tape can
hold is walked from the start.

An interrupt may come at any moment. What a step writes is written in one go, with its count; what
it cost waits in memory until it is read; so whoever comes after an interrupt can tell from the
count what is still to be read, and `book` does that.
"""

import math
import warnings
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any, TypeAlias

import numpy as np

from tinynet.base import Guard, Part, checks, interrupts_later, read_only
from tinynet.engine.batch import Batch, Examples
from tinynet.engine.plan import Plan, Walk
from tinynet.engine.store import Store
from tinynet.engine.work import CHUNK, Work
from tinynet.metrics.epochs import Reading, counted, rows
from tinynet.net.reporter import Reporter
from tinynet.tape.memory import Arena

# a step that is to be taken: its epoch, its batch, its examples (None: all of them), their number
Chosen: TypeAlias = tuple[int, int, Any, int]


class Training:
    """Steps of a cost and an optimizer on m examples, `size` or all of them a step."""

    def __init__(self, who: str, work: Work, examples: Examples) -> None:
        self.who, self.work, self.shapes = who, work, examples.shapes
        self.m, self.size, self.n = examples.m, examples.size, examples.steps
        self.store = Store(work.cost.layers, work.optimizer)
        self.changed = work.cost, work.optimizer, *work.changed()
        most = CHUNK if self.size == self.m else min(CHUNK, self.m // self.size)
        widths = {self.m % self.size or self.size: 1} | {self.size: most}
        self.batches, self.walks = dict[int, Batch](), dict[int, Walk]()
        for width, most in widths.items():
            batch = self.batches[width] = Batch(work, examples, width, most)
            if len(batch.blocks) > 1:
                with Guard(who):
                    work.cost.require_alone(examples.X)
            self.walks[width] = Walk(who, work, batch, self.store)
        self.reason = ""  # why no tape can hold a step
        self.plans, self.latest, self.settings = dict[int, Plan](), object(), object()
        if work.steady:
            self.settle(examples)
        for plan in self.plans.values():
            Y = np.ascontiguousarray(examples.Y[:, plan.batch.blocks[0]])
            with Guard(who):  # what is read of a step is looked at before one, by copies
                plan.step.totals(1, read_only(plan.batch.Z[:, : Y.shape[1]]), read_only(Y))

    def fits(self, work: Work, examples: Examples) -> bool:
        """Whether it can train this, too: then what is settled is used again."""
        held = work.cost, work.optimizer, *work.changed()
        same = [*map(id, held)] == [*map(id, self.changed)] and work.reader == self.work.reader
        return same and self.shapes == examples.shapes and self.unchanged(work)

    def unchanged(self, work: Work) -> bool:
        """Whether the settings are those of the plans. They are compared only if an attribute of
        some part was set since they were compared last."""
        latest = Part.latest[0]  # never equal for a walked net, which has no plans to compare
        if self.latest is not latest and self.settings == work.settings():
            self.latest = latest
        return self.latest is latest and self.frozen == work.frozen()

    def settle(self, examples: Examples) -> None:
        """Plan a step, and the shorter one at the end of an epoch."""
        settings, frozen, plans = self.work.settings(), self.work.frozen(), dict[int, Plan]()
        self.plans, arena = {}, Arena()
        with interrupts_later():
            try:
                for width, batch in self.batches.items():
                    batch.load(examples)
                    plans[width] = Plan(self.work, batch, self.store, arena)
                self.plans = plans
            # what no stand-in can do says nothing about the net: a walk does
            except Exception as reason:
                self.reason = str(reason)
        self.latest, self.settings, self.frozen = object(), settings, frozen

    def run(self, examples: Examples, order: Callable[[int], Any], report: Reporter) -> None:
        """Train for the epochs of the report; in an epoch the examples have an order."""
        if self.reason:
            text = f"{self.who}: no tape can hold a step of this net ({self.reason}); it is walked"
            text += ", which is slower. A part that says steady = True may be why"
            warnings.warn(text, UserWarning, stacklevel=4)
        self.report, self.order, self.stopped, self.playing = report, order, False, bool(self.plans)
        # what is not booked yet: the steps that were chosen since the snapshot, and up to which
        # step the training had come when it went back
        self.since_snapshot, self.reached = list[Chosen](), 0
        self.current: Plan = self.walks[self.size]
        self.save()
        for width, batch in self.batches.items():
            batch.load(examples)
            self.walks[width].begun = -1, ()
        for plan in self.plans.values():
            plan.begin()
        try:
            self.epochs()
        except BaseException:
            self.book()
            raise
        finally:
            for batch in self.batches.values():
                batch.release()

    def epochs(self) -> None:
        while self.report.done < self.report.epochs and not self.stopped:
            self.begin()
            for width, several in groupby(self.next_steps(), lambda one: one[3]):
                chosen = [*several]
                while chosen:
                    n = min(self.batches[width].room if self.playing else 1, self.report.pause())
                    self.chunk(chosen[:n])
                    del chosen[:n]

    def begin(self) -> None:
        """An epoch of batches, which may go on, or a chunk of epochs that are a step each: where
        the counts stood at its start, and what is read of it so far."""
        report, records = self.report, self.report.unreported(self.n)
        done, steps = report.done, self.work.optimizer.steps - len(records)
        # no interrupt comes between these assignments: Python handles one at calls and loops
        report.done_before, report.records, report.steps_before = done, records, steps

    def next_steps(self) -> list[Chosen]:
        """The batches of an epoch that are left; if an epoch is one step, some epochs, up to the
        next that somebody looks at."""
        m, size, report, done = self.m, self.size, self.report, self.report.done
        epoch = report.left_out + len(report.history) + 1
        if size == m:
            until = [every - done % every for every in report.everies]
            n = min(self.batches[m].room, report.epochs - done, *until)
            return [(epoch + i, report.batch, None, m) for i in range(n)]
        order, taken = self.order(epoch), len(self.report.records)
        parts = [order[start : start + size] for start in range(taken * size, m, size)]
        return [(epoch, i, part, len(part)) for i, part in enumerate(parts, taken + 1)]

    def chunk(self, chosen: Sequence[Chosen]) -> None:
        """Take these steps and book them."""
        if not self.playing:
            for one in chosen:
                self.walk(one)
                self.book()
            return
        if len(self.since_snapshot) + len(chosen) > CHUNK:
            self.save()
        self.since_snapshot.extend(chosen)
        plan = self.current = self.plans[chosen[0][3]]
        plan.take([examples for _, _, examples, _ in chosen])
        self.book()

    def walk(self, one: Chosen) -> None:
        walk = self.current = self.walks[one[3]]
        walk.walk(*one[:3])

    def book(self) -> None:
        """Read what was taken, go back if it is not finite, and report the epochs that are whole.
        It can be begun again at any time."""
        if isinstance(self.current, Walk):
            self.current.undraw()
        found, arrays = self.pending(), self.store.arrays
        finite = all(math.isfinite(J) for _, J, _ in found) and all(map(checks.all_finite, arrays))
        if found and self.playing and not finite:
            self.reached = self.work.optimizer.steps
            self.store.go_back()
            self.playing = False  # what overflows once does so again
        elif found:
            self.report.records.extend(found)
        self.walk_again()
        unreported = self.report.unreported(self.n)
        try:
            new = rows(unreported, self.n, self.work.metrics)
        except Exception:  # a metric's: the epochs are reported without any
            self.report.history.rows.extend(rows(unreported, self.n, {}))
            raise
        if new:
            self.stopped = self.report(new) or self.stopped
        if new and self.report.looks:  # who may change weights
            self.save()

    def save(self) -> None:
        """A snapshot, from which steps can be repeated."""
        self.store.snapshot(self.since_snapshot.clear)

    def pending(self) -> list[Reading]:
        """The records of the steps that are taken and not yet read."""
        unread = self.work.optimizer.steps - self.report.steps_before - len(self.report.records)
        found = self.current.read(unread) if unread > 0 else []
        return found if self.report.weight == 1 else [counted(x, self.report.weight) for x in found]

    def walk_again(self) -> None:
        """After it went back: the same steps as the methods are written."""
        while (steps := self.work.optimizer.steps) < self.reached:
            try:
                self.walk(self.since_snapshot[steps - self.store.kept_steps])
            except FloatingPointError:
                self.reached = 0  # here it ends
                raise
            # none while a step that was read is repeated
            self.report.records.extend(self.pending())
