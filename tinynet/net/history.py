"""What training reports: one number per epoch for the cost and for each metric."""

import math
from typing import TypeAlias

Records: TypeAlias = dict[
    str, list[float]
]  # a list for each number that is reported, an entry an epoch or a step


class History:
    """`h.history["loss"]` is a list with a float per epoch; so is every metric's, NaN where it was
    not measured.

    >>> h = History()
    >>> h.extend({"loss": [0.5, 0.25]})
    >>> h.history, len(h), h
    ({'loss': [0.5, 0.25]}, 2, History(2 epochs, loss 0.250000))
    """

    def __init__(self) -> None:
        self.history: Records = {"loss": []}

    def extend(self, records: Records) -> None:
        """Add what some epochs reported."""
        before, new = len(self), len(records["loss"])
        for name in records.keys() - self.history.keys():
            self.history[name] = [math.nan] * before
        for name, numbers in self.history.items():
            numbers.extend(records.get(name, [math.nan] * new))

    def since(self, epoch: int) -> "History":
        """The epochs from this one on."""
        part = History()
        part.history = {name: numbers[epoch:] for name, numbers in self.history.items()}
        return part

    def __len__(self) -> int:
        return len(self.history["loss"])

    def __repr__(self) -> str:
        last = {name: numbers[-1] for name, numbers in self.history.items() if numbers}
        return f"History({', '.join([f'{len(self)} epochs', *told(last)])})"


def told(record: dict[str, float]) -> list[str]:
    """A record in words: ["loss 0.258625", "accuracy 0.900000"]."""
    return [f"{name} {number:.6f}" for name, number in record.items()]


class Reporter:
    """Takes the records of `epochs` new epochs into a history, and prints some ten of them if it is
    `told` to."""

    def __init__(self, history: History, epochs: int, told: bool) -> None:
        self.history, self.epochs, self.told, self.first = history, epochs, told, len(history)
        self.every = max(
            1, -(-epochs // 10) if told else epochs
        )  # nobody should wait for a line longer than it takes

    def __call__(self, records: Records) -> None:
        before = len(self.history)
        self.history.extend(records)
        if self.told:
            for i in range(before, len(self.history)):
                epoch = i + 1 - self.first
                if epoch % self.every == 0 or epoch == self.epochs:
                    record = {name: numbers[i] for name, numbers in self.history.history.items()}
                    print("  ".join([f"epoch {epoch}/{self.epochs}", *told(record)]), flush=True)
