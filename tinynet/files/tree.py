"""Parts written down: {"Dense": {"units": 4, "activation": {"Tanh": {}}}} is a call of a class.

A part is written as the call that makes another like it: the arguments of its class, which are its
attributes of the same names. It is read by calling the class, so all that is checked of a user's
settings is checked of a file's. Only classes that were named before are called: tinynet's own, and
those that a user passes in.
"""

import inspect
import math
from collections.abc import Iterable
from types import FunctionType
from typing import Any

from tinynet import activations, layers, losses, metrics, optimizers
from tinynet.base import Part, checks
from tinynet.files.safetensors import only, refuse

KINDS = activations, layers, losses, metrics, optimizers
REGISTRY: dict[str, type[Part]] = {
    name: kind
    for room in KINDS
    for name in room.__all__
    if isinstance(kind := getattr(room, name), type) and issubclass(kind, Part)
}
REGISTRY |= {type(metric).__name__: type(metric) for metric in metrics.METRICS.values()}
LISTS: dict[str, Any] = {"list": list, "tuple": tuple}
MOST, DEEPEST = 1000, 20  # parts in lists: the time that layers take grows faster than their number
RESERVED = {*LISTS, "function"}


class Names:
    """The classes and functions that a file may name, and those that it does."""

    def __init__(self, who: str, nodes: Iterable[Any] = ()) -> None:
        self.who, self.own = who, dict[str, Any]()
        if not isinstance(nodes, (list, tuple, set)):
            cure = "nodes=[MyLayer]"
            checks.refuse(who, "nodes as a list", checks.shown(nodes), cure, TypeError)
        for node in nodes:
            self.add(node)

    def add(self, node: Any) -> str:
        """The name of a class or a function of a user's."""
        if not isinstance(node, FunctionType) and not (
            isinstance(node, type) and issubclass(node, Part)
        ):
            cure = checks.call_it(node) or "nodes=[MyLayer]"
            got = checks.shown(node)
            checks.refuse(self.who, "a class of a part, or a metric's function", got, cure)
        name = node.__name__
        if not name.isidentifier():
            checks.refuse(self.who, "a function with a name", name, "write it with def")
        if name in REGISTRY or name in RESERVED or self.own.setdefault(name, node) is not node:
            cure = "give yours another name"
            checks.refuse(self.who, "names that stand for one class", f"{name} twice", cure)
        return name

    def written(self, value: Any) -> Any:
        """A value of an argument, as JSON holds it."""
        plain = value is None or type(value) in (bool, int, float, str)
        if plain and not (type(value) is float and not math.isfinite(value)):
            return value
        if type(value) in LISTS.values():
            return {type(value).__name__: [self.written(one) for one in value]}
        if isinstance(value, Part):
            kind = type(value)
            name = kind.__name__ if REGISTRY.get(kind.__name__) is kind else self.add(kind)
            return {name: {n: self.written(a) for n, a in arguments(value).items()}}
        if isinstance(value, FunctionType):
            return {"function": self.add(value)}
        cure = "a file holds finite numbers, texts, lists of them, and parts"
        return checks.refuse(
            self.who, "an argument that a file can hold", checks.shown(value), cure
        )

    def read(self, tree: Any) -> Any:
        """The value that was written so."""
        if parts_in_lists(tree) > MOST:
            refuse(f"at most {MOST} layers, each at most {DEEPEST} deep", "more")
        return self.made(tree)

    def made(self, tree: Any) -> Any:
        if tree is None or type(tree) in (bool, int, float, str):
            return tree
        if not isinstance(tree, dict) or len(tree) != 1:
            refuse("one class and its arguments", checks.shown(tree))
        (name,) = tree
        if name in LISTS:
            return LISTS[name](self.made(one) for one in only(tree, name, list))
        if name == "function":
            return self.find(only(tree, name, str), FunctionType)
        given = {n: self.made(a) for n, a in only(tree, name, dict).items()}
        return self.find(name, type)(**given)

    def agree(self, said: Any, now: Any, arguments: bool = False) -> bool:
        """Whether what a file says is so now. Of a part it may say fewer arguments than there are:
        those that came later have their defaults."""
        if isinstance(said, dict) and isinstance(now, dict):
            known = said.keys() <= now.keys() if arguments else said.keys() == now.keys()
            parts = REGISTRY.keys() | self.own.keys()
            return known and all(self.agree(own, now[n], n in parts) for n, own in said.items())
        if isinstance(said, list) and isinstance(now, list) and len(said) == len(now):
            return all(map(self.agree, said, now))
        return bool(said == now)

    def find(self, name: str, kind: type) -> Any:
        found = REGISTRY.get(name) or self.own.get(name)
        if not isinstance(found, kind):
            cure = f"pass yours in: tn.load(path, nodes=[{name}])"
            refuse("a class that is known", checks.shown(name), cure)
        return found


def parts_in_lists(tree: Any, depth: int = 0) -> int:
    """How many parts are in lists, or more than enough if lists are in lists too deep."""
    if isinstance(tree, dict):
        return sum(parts_in_lists(own, depth) for own in tree.values())
    if not isinstance(tree, list):
        return 0
    if depth == DEEPEST:
        return MOST + 1
    return sum(isinstance(own, dict) + parts_in_lists(own, depth + 1) for own in tree)


def arguments(part: Part) -> dict[str, Any]:
    """The arguments of the call that makes another like it."""
    init = type(part).__init__
    if not isinstance(init, FunctionType):  # object's
        return {}
    _, *named = inspect.signature(init).parameters.values()
    for one in named:
        if one.kind in (one.VAR_POSITIONAL, one.POSITIONAL_ONLY) or not hasattr(part, one.name):
            cure = f"keep each argument under its name, as in self.{one.name} = {one.name}"
            got = f"none named {one.name}"
            checks.refuse(part.who, "an attribute for each argument", got, cure, TypeError)
    found = {one.name: getattr(part, one.name) for one in named}
    own = part.arguments() if isinstance(part, optimizers.Hypergradient) else {}
    return found | {name: value for name, value in own.items() if name in found}
