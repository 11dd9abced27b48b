"""Validation of what users pass in, called the door. Every argument goes through one of these
functions once, before anything has changed.

Every error has one form: who, what was expected, what came, and where possible the cure. What comes
back is a Python int, float or bool, or an array of float32 or float64 whose entries are finite.
"""

import math
import os
from collections.abc import Mapping
from typing import Any, NoReturn, TypeAlias, TypeVar

import numpy as np

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
Arrays: TypeAlias = Mapping[str, Array]
T = TypeVar("T")
FLOATS: dict[str, np.dtype[Any]] = {"float32": np.dtype("float32"), "float64": np.dtype("float64")}


def refuse(who: str, expected: str, got: Any, cure: str = "", error: Any = ValueError) -> NoReturn:
    """Raise an error of that form."""
    raise error(f"{who}: expected {expected}, got {got}" + (f": {cure}" if cure else ""))


def unwritten(who: str, method: str) -> NoReturn:
    """Raise the error for a method that a class has to have and has not."""
    refuse(who, f"a method {method}", "none", "write it in the class", NotImplementedError)


def call_it(value: object, arguments: str = "") -> str:
    """The cure where a class came instead of an object; no cure for other values."""
    if not isinstance(value, type):
        return ""
    prefix = "tn." if getattr(value, "ours", False) else ""
    return f"call it: {prefix}{value.__name__}({arguments})"


def shown(value: object) -> str:
    """A value in a message: short, whatever it is."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def numbers(who: str, name: str, value: Any, dtype: Any = None, shape: Any = None) -> Array:
    """The value as an array of finite floats: of `dtype` if given, else float32 if it is an array
    of float32, else float64."""
    require_no_mask(who, name, value)
    try:
        array = np.asarray(value)
    except ValueError:
        got, cure = "dtype object", "its rows are not of one length"
        refuse(who, f"{name} as an array of real numbers", got, cure, TypeError)
    own = array.dtype
    if own.kind not in "buif":
        got, cure = f"dtype {own}", as_numbers(name, array)
        refuse(who, f"{name} as an array of real numbers", got, cure, TypeError)
    if shape is not None and array.shape != shape:
        refuse(who, f"{name} of shape {shape}", array.shape)
    target = dtype or (own if own == np.float32 else FLOATS["float64"])
    cast = array
    if own != target:
        with np.errstate(over="ignore"):  # what becomes infinite is refused below
            cast = array.astype(target)
    if not all_finite(cast):
        bad = tuple(np.argwhere(~np.isfinite(cast))[0].tolist())
        cure = f"it does not fit {target}" if np.isfinite(array[bad]) else "clean the data first"
        refuse(who, f"{name} of finite numbers", f"{array[bad]} at index {bad}", cure)
    return cast


def as_numbers(name: str, array: Array) -> str:
    """The cure for an array of text or of Python objects."""
    try:
        if array.ndim and array.dtype.kind in "OSUT" and np.isfinite(array.astype(float)).all():
            return f"np.asarray({name}, dtype=float) makes numbers of it"
    except (ValueError, TypeError):
        if name == "Y" and all(isinstance(entry, str) for entry in array.flat):
            return "names, Y = np.unique(Y, return_inverse=True) makes numbers of them"
    numbers = 'numbers with gaps: pandas.to_numeric(column, errors="coerce"), and fill what is NaN'
    return f"{numbers}; categories: pandas.get_dummies(X, dtype=float)" if name == "X" else ""


def require_no_mask(who: str, name: str, value: Any) -> None:
    """Refuse masked arrays, also within a list: np.asarray would silently drop their masks."""
    if isinstance(value, (list, tuple)):
        if any(issubclass(kind, (list, tuple, np.ndarray)) for kind in set(map(type, value))):
            for inner in value:
                require_no_mask(who, name, inner)
    elif isinstance(value, np.ndarray) and hasattr(value, "mask"):
        cure = "fill or drop the masked entries first"
        refuse(who, f"{name} without a mask", "a masked array", cure, TypeError)


def shaped(part: Any, what: str, value: Any, shape: tuple[int, ...]) -> None:
    """Refuse what a part made in another shape, even if numpy would spread it."""
    got = getattr(value, "shape", ())
    if got != shape:
        refuse(part.who, f"{what} of shape {shape}", got)


def require_finite(who: str, what: str, value: Any) -> None:
    """Refuse inf or NaN in what a node hands out: a number, an array, or several under names."""
    if isinstance(value, (tuple, list, Mapping)):
        for inner in value.values() if isinstance(value, Mapping) else value:
            require_finite(who, what, inner)
    elif np.asarray(value).dtype.kind == "f" and not all_finite(np.asarray(value)):
        cure = "what came in, or a parameter, is too large, or it is not defined there"
        refuse(who, f"a finite {what}", "inf or NaN", cure, FloatingPointError)


def all_finite(array: Any) -> bool:
    """Whether no entry is inf or NaN. If the sum of squares is finite, all entries are, and that is
    fast while BLAS does it alone: of more numbers its threads wait for each other. It may also
    overflow, so otherwise each entry is checked."""
    x = array if array.flags.c_contiguous else array.T
    fast = x.size <= 8192 and x.flags.c_contiguous and math.isfinite(np.vdot(x, x))
    return fast or bool(np.isfinite(array).all())


def matrix(who: str, name: str, value: Any, axes: str, dtype: Any = None) -> Array:
    """As `numbers`, with two dimensions, neither of them 0. Errors name them as `axes` does, such
    as "(n_x, m)"."""
    array = numbers(who, name, value, dtype)
    if array.ndim != 2:
        several, one = ((-1, 1), (1, -1)) if axes.startswith("(m") else ((1, -1), (-1, 1))
        cure = f"np.reshape({name}, {several}) for examples of one number, {one} for one example"
        cure = cure if array.ndim < 2 else f"in rows np.reshape({name}, (len({name}), -1))"
        refuse(who, f"{name} of shape {axes}", array.shape, cure)
    if array.size == 0:
        refuse(who, f"{name} of shape {axes} with an entry", f"{array.shape}, which is empty")
    return array


def real(who: str, name: str, value: Any, interval: str = "(-inf, inf)") -> float:
    """The value as a Python float in `interval`, such as "[0, 1)", with 0 and without 1."""
    low, high = (float(end) for end in interval[1:-1].split(","))
    scalar = isinstance(value, (int, float, np.number, np.ndarray)) and np.ndim(value) == 0
    if not scalar or np.asarray(value).dtype.kind not in "iuf":
        refuse(who, f"{name} as a number in {interval}", shown(value), error=TypeError)
    number = float(value)
    closed = {end for end, bracket in ((low, "["), (high, "]")) if bracket in interval}
    if not (low < number < high or number in closed):
        refuse(who, f"{name} as a number in {interval}", shown(value))
    return number


def count(who: str, name: str, value: Any, least: int = 1, most: float = 2**53) -> int:
    """The value as a Python int from `least` to `most`; past 2^53 floats skip whole numbers."""
    expected = f"{name} as a whole number of at least {least}"
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        kind = ValueError if isinstance(value, (float, np.floating)) else TypeError
        refuse(who, expected, shown(value), error=kind)
    if value < least:
        refuse(who, expected, value)
    if value > most:
        refuse(who, f"{name} as a whole number of at most {most}", "a larger one")
    return int(value)


def switch(who: str, name: str, value: Any) -> bool:
    """The value as a Python bool; 0, 1 and None are no bools."""
    if not isinstance(value, (bool, np.bool_)):
        refuse(who, f"{name} as True or False", shown(value), error=TypeError)
    return bool(value)


def float_type(who: str, value: Any) -> np.dtype[Any]:
    """float32 or float64, from its name or from numpy's type or dtype."""
    name = getattr(value, "name", getattr(value, "__name__", value))
    return known(who, "dtype", name, FLOATS)


def path(who: str, name: str, value: Any) -> str:
    """The path of a file as a text."""
    if not isinstance(value, (str, bytes, os.PathLike)) or "\0" in os.fsdecode(value):
        refuse(who, f"{name} of a file", shown(value), 'such as "net.safetensors"', TypeError)
    return os.fsdecode(value)


def known(who: str, name: str, value: Any, table: Mapping[str, T]) -> T:
    """What a string stands for in `table`; the error for an unknown one lists the known."""
    if isinstance(value, str) and value in table:
        return table[value]
    namesake = getattr(value, "__name__", "")  # of a function or class, such as np.tanh
    cure = f"did you mean {namesake!r}?" if namesake in table else call_it(value)
    error = ValueError if isinstance(value, str) else TypeError
    refuse(who, f"{name} to be one of {', '.join(table)}", shown(value), cure, error)
