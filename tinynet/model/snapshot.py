"""All that a training writes, as it was at a moment."""

import copy
import hashlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

from tinynet.base import Array, checks, in_one_go, put
from tinynet.engine.work import PLAIN, Work
from tinynet.files.generators import bits_of, plain
from tinynet.files.safetensors import refuse
from tinynet.layers import Layer
from tinynet.layers.initializers import moved_to, standing
from tinynet.layers.standardize import standardizing
from tinynet.metrics import summed
from tinynet.optimizers import RATES, Optimizer


class Snapshot:
    """A call brings a model back to where it was when this was made: parameters, the optimizer's
    slots and count, the layers' state and draws, and the next batches. It serves as long as the
    model keeps its dtype and its optimizer."""

    def __init__(self, model: Any) -> None:
        self.model, self.optimizer = model, model._compiled()[1]
        self.arrays = {name: a.copy() for name, a in written(model).items()}
        self.draws = [standing(one) for one in drawn_from(model)]
        self.steps = self.optimizer.steps
        self.learned = [layer.learned for layer in standardizing(model.layers)]

    def __call__(self) -> None:
        model, optimizer, kept = self.model, self.optimizer, self.arrays
        model._require_still()
        own = model._arrays() | learned(optimizer)
        held = {name: kept[name] for name in kept if not name.startswith("slots.")}
        if optimizer is not model._optimizer or shapes(own) != shapes(held):
            got, cure = "another dtype or optimizer", "take a snapshot after such a change"
            checks.refuse(model.who, "a model as it was", got, cure, RuntimeError)
        # new arrays of slots: so a training that runs is settled anew
        slots = {
            slot: {n: a.copy() for n, a in parts_named(f"slots.{slot}.", kept).items()}
            for slot in optimizer.slots
        }
        calls = [put(a, held[name]) for name, a in own.items()]
        calls += [moved_to(*pair) for pair in zip(drawn_from(model), self.draws, strict=True)]
        calls += [partial(vars(optimizer).update, slots=slots, earlier=self.steps)]
        pairs = zip(standardizing(model.layers), self.learned, strict=True)
        calls += [partial(vars(layer).update, learned=before) for layer, before in pairs]
        in_one_go([*calls, optimizer.taken.clear, partial(model._forget_fit, "a snapshot")])

    def generators(self) -> list[Any]:
        """Generators that stand where those of the model stood."""
        copies = copy.deepcopy(drawn_from(self.model))
        in_one_go(moved_to(*pair) for pair in zip(copies, self.draws, strict=True))
        return copies


def model_parts(model: Any) -> list[Any]:
    """All that has a say in a step of the model."""
    return work_of(model).parts


def work_of(model: Any) -> Work:
    """What a training of the model works with."""
    cost, optimizer = model._compiled()
    return Work(cost, optimizer, summed(model._metrics))


Watched: TypeAlias = tuple[list[Layer], list[Optimizer], list[Array]]


def watched(model: Any) -> Watched:
    """What can be changed in a training without an attribute being set: layers with a state, and
    optimizers, their slots and numbers."""
    parts = model_parts(model)
    layers = [part for part in parts if isinstance(part, Layer) and part.state]
    optimizers = [part for part in parts if isinstance(part, Optimizer)]
    numbers = [p for one in optimizers for n, p in one.params.items() if n not in RATES]
    return layers, optimizers, numbers


def marks(own: Watched) -> list[Any]:
    """What tells their arrays and numbers from others."""
    layers, optimizers, numbers = own
    found: list[Any] = [p.item() for p in numbers]
    for layer in layers:
        found += map(id, layer.state.values())
    for optimizer in optimizers:
        for arrays in optimizer.slots.values():
            found += map(id, arrays.values())
    return found


def as_now(model: Any) -> Callable[[], None]:
    """A call that undoes what is done to the model from now on, settings included."""
    parts = model_parts(model)
    shelves = [vars(p) for p in parts] + [p.params for p in parts if isinstance(p, Optimizer)]
    settings = [(own, dict(own)) for own in shelves]
    rates = [(p, p.copy()) for p in hyperparameters(model).values()]
    back = Snapshot(model)

    def undo() -> None:
        calls: list[Callable[[], Any]] = []
        for own, before in settings:
            calls += own.clear, partial(own.update, before)
        in_one_go([*calls, *(put(place, value) for place, value in rates)])
        back()

    return undo


def settings_of(model: Any) -> list[Any]:
    """The plain settings of all parts of a model, but for the optimizer's count."""
    shelves = [{**vars(part), "earlier": 0} for part in model_parts(model)]
    plain = [{n: repr(a) for n, a in own.items() if type(a) in PLAIN} for own in shelves]
    return [rates(model), *plain]


def rates(model: Any) -> dict[str, float]:
    """The numbers of the optimizer, and of those in it, that it does not learn."""
    own = {id(a) for a in model.optimizer.learned.values()}
    return {name: float(p) for name, p in hyperparameters(model).items() if id(p) not in own}


def hyperparameters(model: Any) -> dict[str, Array]:
    """The numbers of the optimizer, and of those in it, that are arrays."""
    optimizers = [part for part in model_parts(model) if isinstance(part, Optimizer)]
    return {f"{i}.{n}": p for i, own in enumerate(optimizers) for n, p in own.params.items()}


def written(model: Any) -> dict[str, Array]:
    """The arrays that a training of the model writes, under the names that they have in a file."""
    arrays: dict[str, Array] = model._arrays() if model.layers[0].n_in else {}
    if model.optimizer:
        slots = model.optimizer.slots.items()
        arrays |= {f"slots.{slot}.{name}": a for slot, own in slots for name, a in own.items()}
        arrays |= learned(model.optimizer)
    return arrays


def fingerprint(model: Any) -> str:
    """A SHA-256 of all that a training writes, and of where the generators are."""
    draws = [(type(one).__name__, plain(bits_of(one).state)) for one in drawn_from(model)]
    found = hashlib.sha256(repr((model.optimizer.steps, draws)).encode())
    for name, a in written(model).items():
        found.update(repr((name, a.dtype.str, a.shape)).encode())
        found.update(a.tobytes())
    return found.hexdigest()


def learned(optimizer: Any) -> dict[str, Array]:
    """What the optimizer learns."""
    return {f"learned.{name}": a for name, a in optimizer.learned.items()}


def drawn_from(model: Any) -> list[Any]:
    """The generators of a model: its own, then those of its layers."""
    return [model._generator, *model.generators()]


def parts_named(first: str, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Those arrays of which the names begin so, under the rest of their names."""
    return {n.removeprefix(first): a for n, a in arrays.items() if n.startswith(first)}


def matching(arrays: Mapping[str, Array], name: str, a: Array) -> Array:
    """The array of that name, which is like that one."""
    found = arrays.get(name)
    if found is None or found.dtype != a.dtype or found.shape != a.shape:
        got = "none" if found is None else f"{found.dtype} {found.shape}"
        refuse(f"{name}, {a.dtype} {a.shape}", got)
    if not checks.all_finite(found):
        refuse(f"{name} with finite numbers", "inf or NaN")
    return found


def slots_in(arrays: Mapping[str, Array], first: str, model: Any) -> dict[str, dict[str, Array]]:
    """The optimizer's slots under names that begin so: of all parameters, or none yet."""
    params, slots = model._cost.params, dict[str, dict[str, Array]]()
    for slot in model.optimizer.slots:
        whole = f"{first}slots.{slot}."
        there = {n: p for n, p in params.items() if whole + n in arrays}
        slots[slot] = {n: matching(arrays, whole + n, p).copy() for n, p in there.items()}
    if {len(own) for own in slots.values()} not in (set(), {0}, {len(params)}):
        refuse("every slot of each parameter", "some of them")
    return slots


def shapes(arrays: Mapping[str, Array]) -> dict[str, Any]:
    return {name: (a.shape, a.dtype) for name, a in arrays.items()}
