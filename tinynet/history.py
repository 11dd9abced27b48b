"""What training reports: one number per epoch for the cost and for each metric."""

import math


class History:
    """`h.history["loss"]` is a list with a float per epoch; so is every metric's, NaN where it was not measured.

    >>> h = History()
    >>> h.append({"loss": 0.5})
    >>> h.append({"loss": 0.25})
    >>> h.history, len(h), h
    ({'loss': [0.5, 0.25]}, 2, History(2 epochs, loss 0.250000))
    """

    def __init__(self) -> None:
        self.history: dict[str, list[float]] = {"loss": []}

    def append(self, record: dict[str, float]) -> None:
        for name in record.keys() - self.history.keys():
            self.history[name] = [math.nan] * len(self)
        for name, numbers in self.history.items():
            numbers.append(record.get(name, math.nan))

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
