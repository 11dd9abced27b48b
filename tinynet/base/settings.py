"""Settings: the arguments of a part, such as a slope or a learning rate.

A part is a node, an initializer or a metric. It declares its settings in its class body. Each is
checked whenever it is set, and the repr shows them (of a layer its units and its activation). Any
other attribute of a part of tinynet must be named in a class body or in an `__init__`; setting one
that is not is an error, which suggests the nearest known name. A part that a user wrote may have
any attribute whose name is not nearly a setting's.
"""

import difflib
from collections.abc import Callable
from types import FunctionType
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from tinynet.base import checks

T = TypeVar("T")

# what other libraries call an attribute: its name here, or where a model takes it
ALIASES = {"lr": "learning_rate", "negative_slope": "slope", "kernel": "W", "bias": "b"}
ALIASES |= {"learning_rate": "optimizer", "loss": "compile", "metrics": "compile"}
ALIASES |= dict.fromkeys(("epochs", "batch_size", "shuffle", "verbose"), "fit")


class Setting(Generic[T]):
    """One setting: `check(who, name, value, *more)` gives what is kept, or an error."""

    name: str

    def __init__(self, check: Callable[..., T], *more: Any) -> None:
        self.check, self.more = check, more

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    if TYPE_CHECKING:  # for mypy only: at run time the part's own dict has the value

        def __get__(self, part: Any, owner: type) -> T: ...

    def __set__(self, part: Any, value: Any) -> None:
        self.keep(part, self.check(part.who, self.name, value, *self.more))

    def keep(self, part: Any, value: T) -> None:
        vars(part)[self.name] = value


class Part:
    """A node, an initializer or a metric."""

    steady = True
    ours = True  # whether its class is tinynet's own
    latest: ClassVar = [object()]  # another object whenever an attribute of a part was set
    cache: dict[str, Any]

    def __init_subclass__(cls) -> None:
        cls.ours = cls.__module__.startswith("tinynet.")
        for name in {*settings(cls)} & {*vars(cls)}:
            if not isinstance(vars(cls)[name], Setting):  # its __init__ would write over it
                checks.refuse(cls.__name__, f"{name} in super().__init__(...)", "a class attribute")

    @property
    def who(self) -> str:
        """The name that errors use."""
        return type(self).__name__

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self.__dict__:
            require_known(self, name)
        object.__setattr__(self, name, value)
        Part.latest[0] = object()

    def __repr__(self) -> str:
        """The settings by name but for those that are None; a single one without its name."""
        values = {n: a for n in settings(type(self)) if (a := getattr(self, n)) is not None}
        shown = [f"{name}={a!r}" if len(values) > 1 else repr(a) for name, a in values.items()]
        return f"{type(self).__name__}({', '.join(shown)})"


def settings(kind: type[Part]) -> list[str]:
    """The names of a class's settings, those of a base class first."""
    bodies = [vars(base).items() for base in reversed(kind.__mro__)]
    return [*{name: a for body in bodies for name, a in body if isinstance(a, Setting)}]


def argument_names(kind: type) -> tuple[str, ...]:
    """The names of the arguments that its objects are made with."""
    code = getattr(vars(writer(kind, "__init__"))["__init__"], "__code__", None)
    return code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount] if code else ()


def writer(kind: type, name: str) -> Any:
    """The class in which a method is written."""
    return next(k for k in kind.__mro__ if name in vars(k))


def written_with(kind: type, name: str, other: str) -> bool:
    """Whether a method belongs to another: no class below its own has written only the other."""
    return issubclass(writer(kind, name), writer(kind, other))


def require_known(part: Part, name: str) -> None:
    """Refuse a new attribute that no class body and no `__init__` names, and one in the place of a
    method."""
    kind = type(part)
    if isinstance(getattr(kind, name, None), FunctionType):
        cure = "write it in a class, and make a new object"
        checks.refuse(part.who, f"the method {name} of its class", "another", cure, AttributeError)
    if hasattr(kind, name) or name.startswith("_") or any(declares(k, name) for k in kind.__mro__):
        return
    own = settings(kind)
    public = [n for n in (*vars(part), *dir(kind)) if not n.startswith("_")] if kind.ours else own
    meant = [ALIASES[name]] if ALIASES.get(name) in public else []
    meant = meant or near(name, own, 0.6 if kind.ours else 0.8) or near(name, public, 0.8)
    if kind.ours or meant:
        told = f"its settings are {', '.join(own)}" if own else ""
        cure = f"did you mean {meant[0]}?" if meant else told
        checks.refuse(part.who, "an attribute that it has", name, cure, AttributeError)


def near(name: str, known: list[str], cutoff: float) -> list[str]:
    """The known name that is nearest, if one is near at all."""
    plain = {n.lower(): n for n in known}
    return [plain[n] for n in difflib.get_close_matches(name.lower(), plain, 1, cutoff)]


def declares(kind: type, name: str) -> bool:
    """Whether a class names it in its body or in its `__init__`."""
    code = getattr(vars(kind).get("__init__"), "__code__", None)
    return name in (*getattr(kind, "__annotations__", ()), *(code.co_names if code else ()))
