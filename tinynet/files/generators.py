"""Where a random generator stands, written down and read.

numpy takes for granted that it is told of a state that it could be in; so that is looked at here.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tinynet.base import checks
from tinynet.files.safetensors import only, refuse

BIT_GENERATORS = "MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"
SOWN = {"entropy", "spawn_key", "pool_size", "n_children_spawned"}
# numbers in their states, and the largest that their code takes for granted
MOST = {"pos": 624, "buffer_pos": 4, "has_uint32": 1, "has_gauss": 1}


def state_of(generator: Any) -> dict[str, Any]:
    """Where a generator stands."""
    legacy = isinstance(generator, np.random.RandomState)
    bits = bits_of(generator)
    if type(bits).__name__ not in BIT_GENERATORS:
        cure = f"one of {', '.join(BIT_GENERATORS)}"
        checks.refuse("seed", "a generator of numpy's", type(bits).__name__, cure)
    if legacy:
        return {"RandomState": plain(generator.get_state(legacy=False))}
    seeds = bits.seed_seq  # of which children may be made
    keyed = seeds is None and type(bits) is np.random.Philox
    if type(seeds) is not np.random.SeedSequence and not keyed:
        cure = "such as np.random.default_rng(3)"
        checks.refuse("seed", "a generator of a SeedSequence", type(seeds).__name__, cure)
    return {"Generator": plain(bits.state), "seeds": seeds and listed(dict(seeds.state))}


def bits_of(generator: Any) -> Any:
    """The bit generator in it."""
    legacy = isinstance(generator, np.random.RandomState)
    return generator._bit_generator if legacy else generator.bit_generator


def plain(value: Any) -> Any:
    """A generator's state as JSON holds it."""
    if isinstance(value, Mapping):
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, np.ndarray):
        return {value.dtype.name: value.tolist()}
    return value


def listed(value: Any) -> Any:
    """What a seed was made of as JSON holds it: numbers, and lists of them."""
    if isinstance(value, dict):
        return {name: listed(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [listed(one) for one in value]
    return int(value)


def generator_at(tree: Any) -> Any:
    """A generator that stands there."""
    kind = "RandomState" if isinstance(tree, dict) and "RandomState" in tree else "Generator"
    state = only(tree, kind, dict)
    name = only(state, "bit_generator", str)
    if name not in BIT_GENERATORS:
        refuse("a generator of numpy's", checks.shown(tree))
    require_range(state)
    make: Callable[..., Any] = getattr(np.random, kind)
    if kind == "RandomState":
        generator = make(getattr(np.random, name)(0))
        generator.set_state(unplain(state))
    else:
        generator = make(seeded(name, tree.get("seeds")))
        generator.bit_generator.state = unplain(state)
    if state_of(generator) != tree:
        refuse("the state of a generator", checks.shown(state))
    return generator


def seeded(name: str, sown: Any) -> Any:
    """A bit generator of these seeds; a Philox has none if it was given a key."""
    if sown is None and name == "Philox":
        return np.random.Philox(key=0)
    children, pool = only(sown, "n_children_spawned", int), only(sown, "pool_size", int)
    if sown.keys() != SOWN or not 4 <= pool <= 4096 or not 0 <= children < 2**31:
        refuse("the seeds of a generator", checks.shown(sown))
    return getattr(np.random, name)(np.random.SeedSequence(**sown))


def unplain(value: Any) -> Any:
    """The reverse of `plain`."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in ("uint32", "uint64"):
                return np.array(inner, name)
        return {name: unplain(inner) for name, inner in value.items()}
    return value


def require_range(state: Mapping[str, Any]) -> None:
    """numpy takes it for granted that these are in range."""
    for name, value in state.items():
        if isinstance(value, dict):
            require_range(value)
        elif name in MOST and not (type(value) is int and 0 <= value <= MOST[name]):
            refuse(f"{name} from 0 to {MOST[name]}", checks.shown(value))
        elif name == "inc" and not (type(value) is int and value % 2):
            refuse("an odd inc", checks.shown(value))  # an even one may give one number for ever
    if "pos" in state and not any(only(state.get("key"), "uint32", list)[1:]):
        refuse("a key that is not zeros", "zeros")
