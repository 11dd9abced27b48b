"""The base class of layers that have as many units as inputs."""

from collections.abc import Mapping
from typing import Any

from tinynet.activations import Activation, identity
from tinynet.base import Array, checks, writer, written_with
from tinynet.base.settings import settings
from tinynet.layers.base import Layer

# a method with a formula of its own, and one that it would pass by
WHOLES = (
    ("run", "preactivation"),
    ("pullback", "parameter_gradients"),
    ("pullback", "input_gradient"),
)


class SameWidth(Layer):
    """A layer of n_in units; `units` is 0 until that is known."""

    steady = True

    def __init__(self, activation: Activation | str = identity) -> None:
        super().__init__(1, activation)
        vars(self)["units"] = 0

    def make_params(self, n_in: int, rng: Any) -> dict[str, Array]:
        return {}

    def parameter_gradients(self, dZ: Array, cache: Mapping[str, Any]) -> dict[str, Array]:
        return {}

    def beginning(self, n_in: int, rng: Any, dtype: Any) -> dict[str, Any]:
        kind = type(self)
        for whole, part in WHOLES:
            apart = writer(kind, whole) is not Layer
            if apart and not (writer(kind, part).ours or written_with(kind, whole, part)):
                cure = f"write {whole}, which does not call it"
                checks.refuse(self.who, f"no {part} alone", "its own", cure, TypeError)
        return {**super().beginning(n_in, rng, dtype), "units": n_in}

    @property
    def who(self) -> str:
        place = f"layer {self.position}, " if self.position else ""
        return f"{place}{type(self).__name__}"

    def __repr__(self) -> str:
        names = [name for name in settings(type(self)) if name not in ("units", "activation")]
        return f"{type(self).__name__}({', '.join(f'{n}={getattr(self, n)!r}' for n in names)})"
