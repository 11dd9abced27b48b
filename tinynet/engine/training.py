"""The practice: epochs of steps, in chunks, as fast as numpy makes its calls.

A step is played from its plan. After each chunk somebody looks: if a cost or a number written is
not finite, everything goes back to the last snapshot, and the same steps are walked again as the
methods are written, one by one, which finds the place, or a way around it. A net that no plan can
hold is walked from the start.

An interrupt may come at any moment. What a step writes is written in one go, with its count; what
it cost waits in memory until it is read; so whoever comes after an interrupt can tell from the
count what is still to be read, and `book` does that.
"""

import math
import warnings
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from tinynet.base import no_writes, read_only
from tinynet.engine.batch import Batch, Examples
from tinynet.engine.plan import Plan, Walk
from tinynet.engine.readings import Record, rows
from tinynet.engine.store import Store
from tinynet.engine.work import CHUNK, Work
from tinynet.net.history import Reporter
from tinynet.tape.memory import Arena

# a step that is to be taken: its epoch, its batch, its examples (None: all of them), their number
Chosen: TypeAlias = tuple[int, int, Any, int]


class Training:
    """Steps of a cost and an optimizer on m examples, `size` or all of them a step."""

    epochs_before: int
    steps_before: int
    records: list[Record]

    def __init__(self, who: str, work: Work, examples: Examples) -> None:
        self.who, self.work, self.shapes = who, work, examples.shapes
        self.m, self.size = examples.m, examples.size
        self.steps_an_epoch = -(-self.m // self.size)
        self.settings, self.store = work.settings(), Store(work.cost.layers, work.optimizer)
        self.written = work.cost, work.optimizer, *work.written()
        at_once = CHUNK if self.size == self.m else self.m // self.size
        widths = {self.m % self.size or self.size: 1} | {self.size: at_once}
        self.batches, self.walks = dict[int, Batch](), dict[int, Walk]()
        for width, room in widths.items():
            batch = self.batches[width] = Batch(work, examples, width, room)
            if len(batch.blocks) > 1:
                work.cost.require_alone(examples.X)
            self.walks[width] = Walk(who, work, batch, self.store)
        self.plans = dict[int, Plan]()
        self.reason = ""  # why no tape can hold a step
        if work.steady:
            self.settle(examples)
        for plan in self.plans.values():
            block = plan.batch.blocks[0]
            Y = np.ascontiguousarray(examples.Y[:, block])
            with no_writes(who):  # what is read of a step is looked at before one, by copies
                plan.step.entries(read_only(plan.batch.Z[:, block]), read_only(Y))

    def fits(self, work: Work, examples: Examples) -> bool:
        """Whether it can train this, too: then what is settled is used again."""
        held = work.cost, work.optimizer, *work.written()
        same = [*map(id, held)] == [*map(id, self.written)]
        return same and self.shapes == examples.shapes and self.settings == work.settings()

    def settle(self, examples: Examples) -> None:
        """Plan a step, and the shorter one at the end of an epoch."""
        arena = Arena()
        self.forget()
        try:
            for width, batch in self.batches.items():
                batch.load(examples)
                self.plans[width] = Plan(self.work, batch, self.store, arena)
        # what no stand-in can do says nothing about the net: a walk does
        except Exception as reason:
            self.forget()
            self.reason = str(reason)

    def forget(self) -> None:
        """Let go of the tapes."""
        for recording in (r for plan in self.plans.values() for r in plan.recordings.values()):
            recording.forget()
        self.plans = {}

    def run(self, examples: Examples, generator: Any, report: Reporter) -> None:
        """Train for the epochs of the report; the generator draws the batches, if there is one."""
        if self.reason:
            text = f"{self.who}: no tape can hold a step of this net ({self.reason}); it is walked"
            text += ", which is slower. A part that says steady = True may be why"
            warnings.warn(text, UserWarning, stacklevel=4)
        self.report, self.generator, self.stopped = report, generator, False
        self.playing = bool(self.plans)
        self.first = report.first + 1
        # what is not booked yet: the steps that were chosen since the snapshot, and up to which
        # step the training had come when it went back
        self.unsaved, self.reached = list[Chosen](), 0
        self.begin()
        for walk in self.walks.values():
            walk.begun = -1, ()
        self.current: Plan = self.walks[self.size]
        self.save()
        for batch in self.batches.values():
            batch.load(examples)
        for plan in (*self.plans.values(), *self.walks.values()):
            plan.begin()
        try:
            try:
                self.epochs()
            finally:
                self.book()
        except BaseException:
            self.book()
            raise
        finally:
            for batch in self.batches.values():
                batch.release()

    def epochs(self) -> None:
        while self.report.done < self.report.epochs and not self.stopped:
            self.begin()
            chosen = self.shuffled() if self.size < self.m else self.whole()
            n = sum(width == self.size for *_, width in chosen)  # the last may be shorter
            room = self.batches[self.size].room if self.playing else 1
            chunks = [chosen[start : min(start + room, n)] for start in range(0, n, room)]
            for chunk in [*chunks, chosen[n:]] if chosen[n:] else chunks:
                self.chunk(chunk)

    def whole(self) -> list[Chosen]:
        """Some epochs of one step each, up to the next that somebody looks at."""
        done, look = self.report.done, self.report.every
        n = min(self.batches[self.m].room, self.report.epochs - done, look - done % look)
        return [(self.first + done + i, 1, None, self.m) for i in range(n)]

    def begin(self) -> None:
        """An epoch of batches, or a chunk of epochs that are a step each: where the counts stand at
        its start, and what is read of it so far."""
        counts = {"epochs_before": self.report.done, "steps_before": self.work.optimizer.steps}
        vars(self).update(counts, records=list[Record]())

    def shuffled(self) -> list[Chosen]:
        """The batches of an epoch."""
        m, size, epoch = self.m, self.size, self.first + self.report.done
        order = self.generator.permutation(m) if self.generator else np.arange(m)
        parts = [order[start : start + size] for start in range(0, m, size)]
        return [(epoch, i, part, len(part)) for i, part in enumerate(parts, 1)]

    def chunk(self, chosen: Sequence[Chosen]) -> None:
        """Take these steps and book them."""
        if not self.playing:
            for one in chosen:
                self.walk(one)
                self.book()
            return
        if len(self.unsaved) + len(chosen) > CHUNK:
            self.save()
        self.unsaved.extend(chosen)
        plan = self.current = self.plans[chosen[0][3]]
        plan.take([examples for _, _, examples, _ in chosen])
        self.book()

    def walk(self, one: Chosen) -> None:
        epoch, batch, examples, width = one
        walk = self.current = self.walks[width]
        walk.walk(examples, f"epoch {epoch}, batch {batch}")

    def book(self) -> None:
        """Read what was taken, go back if it is not finite, and report the epochs that are whole.
        It can be begun again at any time."""
        if isinstance(self.current, Walk):
            self.current.undraw()
        found = self.pending()
        finite = all(math.isfinite(J) for _, J, _ in found)
        if found and self.playing and not (finite and self.store.finite()):
            self.reached = self.work.optimizer.steps
            self.store.go_back()
            self.playing = False  # what overflows once does so again
        elif found:
            self.records.extend(found)
        self.walk_again()
        n = self.steps_an_epoch
        new = rows(self.records[(self.report.done - self.epochs_before) * n :], n, self.work)
        if new:
            self.stopped = self.report(new) or self.stopped
            if self.report.look is not None:
                self.after_a_look()

    def after_a_look(self) -> None:
        """Whoever looks may change settings and weights: both count from here on."""
        self.save()
        if self.playing and self.settings != self.work.settings():
            self.settings = self.work.settings()
            self.settle(self.batches[self.size].examples)
            self.playing = bool(self.plans)

    def save(self) -> None:
        """A snapshot, from which steps can be repeated."""
        self.store.keep(self.unsaved.clear)

    def pending(self) -> list[Record]:
        """The records of the steps that are taken and not yet read."""
        unread = self.work.optimizer.steps - self.steps_before - len(self.records)
        return self.current.read(unread) if unread > 0 else []

    def walk_again(self) -> None:
        """After it went back: the same steps as the methods are written."""
        while (steps := self.work.optimizer.steps) < self.reached:
            try:
                self.walk(self.unsaved[steps - self.store.kept_steps])
            except FloatingPointError:
                self.reached = 0  # here it ends
                raise
            # none while a step that was read is repeated
            self.records.extend(self.pending())
