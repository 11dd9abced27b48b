"""The running state of a layer: what a pass makes of it."""

from collections.abc import Mapping
from typing import Any

from tinynet.base import Array, checks, in_one_go, put


def state_after(layer: Any, cache: Mapping[str, Any]) -> dict[str, Array]:
    """A layer's state after a pass, in the order in which the layer has it; an error if the pass
    forgets some of it, or makes it in another shape."""
    after: dict[str, Array] = cache.get("state", layer.state)
    if after.keys() != layer.state.keys():
        expected = f"{', '.join(layer.state) or 'no state'} in the cache's state"
        checks.refuse(layer.who, expected, ", ".join(after) or "none")
    for name, before in layer.state.items():
        checks.shaped(layer, f"state {name}", after[name], before.shape)
    return {name: after[name] for name in layer.state}


def write_state(layer: Any, cache: Mapping[str, Any]) -> None:
    """Write that state into the layer, all of it or none."""
    in_one_go(put(layer.state[name], a) for name, a in state_after(layer, cache).items())
