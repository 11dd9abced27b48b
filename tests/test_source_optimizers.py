"""`model.to_source()`: update_parameters of optimizers of one's own, and what is refused."""

import inspect

import numpy as np
import pytest

import tinynet as tn
from tests.test_source import module


class Stepping(tn.SGD):
    """An optimizer whose numbers and step are told."""

    steady = True
    slot_names = ("m", "n")

    def __init__(self, what):
        super().__init__(0.1)
        self.what = what

    def numbers(self, t):
        if self.what == "t":
            return self.rate(t) / t**0.5, 0.001
        if self.what == "formulas":
            return (-self.rate(t) * (1 + t) / (t - 0.5) / (0.5 - t),)
        return super().numbers(t)

    def step(self, p, g, slots, *numbers):
        return STEPS[self.what](p, g, slots, *numbers)


def plain(step):
    """One that hands its slots on."""
    return lambda p, g, slots, *numbers: (step(p, g, slots, *numbers), dict(slots))


STEPS = {
    "t": plain(lambda p, g, slots, rate, more: rate * g + more * p),
    "formulas": plain(lambda p, g, slots, rate: rate * g),
    "a view of a slot": lambda p, g, s, rate: (rate * s["m"][:] + g, {"m": g, "n": s["n"]}),
    "slots that are handed on": lambda p, g, s, rate: (rate * s["n"], {"m": g, "n": s["m"]}),
    "a sum of a slot": lambda p, g, s, rate: (rate * g + s["m"].sum(), {"m": g * 1, "n": s["n"]}),
    "a mean": plain(lambda p, g, s, rate: rate * (g - g.mean(axis=1, keepdims=True))),
    "a size": plain(lambda p, g, s, rate: rate * g / g.size),
    "no slot": lambda p, g, s, rate: (rate * g, {"m": s["m"]}),
    "a length": plain(lambda p, g, s, rate: rate * g * (g.shape[0] + 1) + s["m"]),
}


@pytest.mark.parametrize(
    "what", [name for name in STEPS if name not in ("a mean", "a size", "a length", "no slot")]
)
def test_optimizers_of_ones_own(what):
    model = tn.Sequential([tn.Dense(2)], seed=0, examples="columns").build(3)
    model.compile(Stepping(what), "mse")
    update = module(model.to_source())["update_parameters"]
    rng, twin, memory = np.random.default_rng(0), Stepping(what), {}
    params = {name: a.copy() for name, a in model.params.items()}
    found = {name: a.copy() for name, a in params.items()}
    for t in range(1, 5):
        grads = {name: rng.normal(size=a.shape) for name, a in params.items()}
        asked = inspect.signature(update).parameters
        more = {name: a for name, a in {"memory": memory, "t": t}.items() if name in asked}
        found = update(found, {f"d{name}": g for name, g in grads.items()}, **more)
        if "memory" in asked:
            found, memory = found
        params = twin.forward(params, grads)
        for name, a in params.items():
            np.testing.assert_allclose(found[name], a, rtol=1e-12)


class Slots(tn.SGD):
    """A slot of a name that a function has for something else."""

    steady = True
    slot_names = ("p",)

    def step(self, p, g, slots, *numbers):
        return numbers[0] * (g + slots["p"]), {"p": g}


class Branching(tn.SGD):
    steady = True

    def numbers(self, t):
        return (self.rate(t) * (0.1 if t == 1 else 1),)


class Smallest(tn.SGD):
    steady = True

    def numbers(self, t):
        return (min(1, t / 3) * self.rate(t),)


class Counting(tn.SGD):
    steady = True

    def numbers(self, t):
        return (self.rate(t) / (self.steps + 1),)


class Own(tn.SGD):
    steady = True

    def numbers(self, t):
        return (self.learning_rate / t,)


class Half(tn.SGD):
    steady = True

    def rate(self, t):
        return self.learning_rate * 0.5


ALONE = {
    "a slot of a name that is taken": (Slots(0.1), "other names of slots in a mod.*, got p"),
    "a branch": (Branching(0.1), r"numbers\(t\) as a formula"),
    "a smallest": (Smallest(0.1), r"numbers\(t\) as a formula"),
    "a count": (Counting(0.1), r"got self\.steps or self\.learning_rate in them"),
    "its own rate": (Own(0.1), r"got self\.steps or self\.learning_rate in them"),
    "a slot that is left out": (Stepping("no slot"), "slot"),
    "a rate": (Half(0.1), "an optimizer of step and numbers alone .*, got a rate of its own"),
    "a mean": (Stepping("a mean"), "the same calls for any batch"),
    "a size": (Stepping("a size"), "the same calls for any batch"),
    "a length": (Stepping("a length"), "the same calls for any batch"),
}


@pytest.mark.parametrize("what", ALONE)
def test_optimizers_that_do_more_than_a_step(what):
    optimizer, sentence = ALONE[what]
    model = tn.Sequential([tn.Dense(1)], seed=0).build(2)
    model.compile(optimizer, "mse")
    with pytest.raises((TypeError, ValueError), match=sentence):
        model.to_source()


@pytest.mark.parametrize(
    "optimizer",
    [
        tn.SGD(0.1, clip_norm=1.0),
        tn.Adam(tn.CosineDecay(0.1, steps=9)),
        tn.Hypergradient(tn.SGD(0.1), meta=tn.SGD(0.1)),
    ],
    ids=str,
)
def test_optimizers_that_have_no_place_in_a_module(optimizer):
    model = tn.Sequential([tn.Dense(1)], seed=0).build(2)
    model.compile(optimizer, "mse")
    with pytest.raises(TypeError, match="a learning rate that is a number, and no limits"):
        model.to_source()
