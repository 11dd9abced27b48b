"""numpy's own loops over numbers, called without its calls around them.

A ufunc finds, for the dtypes that it is given, one of its inner loops: a function in C of pointers,
lengths and strides, in which it then spends its time. Where that is less than the call around it,
as for a product of 4 x 3 and 3 x 400 numbers, machine code calls the inner loop itself. The bits
are numpy's, since the loop is; each is tried beside numpy's own call first.

How a ufunc and an inner loop look is public, in numpy's header ufuncobject.h.
"""

import ctypes
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import product
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from tinynet.base import Array
from tinynet.tape.stand_ins import StandIn
from tinynet.tape.tape import Call

MOST = 200_000  # numbers, or products of two: of more the call around is nothing
# a row of integers: where the loop and its data are, up to three arrays, their lengths and strides
LOOP, ARRAYS, LENGTHS, STRIDES = slice(0, 2), slice(2, 5), slice(5, 9), slice(9, 18)
FUNCTION = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 4)


class Ufunc(ctypes.Structure):
    """How a ufunc begins in memory."""

    _fields_ = (
        ("head", ctypes.c_byte * object.__basicsize__),
        ("nin", ctypes.c_int),
        ("nout", ctypes.c_int),
        ("nargs", ctypes.c_int),
        ("identity", ctypes.c_int),
        ("functions", ctypes.POINTER(ctypes.c_size_t)),
        ("data", ctypes.POINTER(ctypes.c_size_t)),
        ("ntypes", ctypes.c_int),
        ("reserved", ctypes.c_int),
        ("name", ctypes.c_char_p),
        ("types", ctypes.POINTER(ctypes.c_byte)),
    )


def row(call: Call) -> Array | None:
    """What machine code needs to know to make a call by an inner loop; None where it is to be
    numpy's own call."""
    every = *call.inputs, call.out
    if not all(isinstance(x, StandIn) for x in every):
        return None
    arrays = [x.settled() for x in every]
    if not suits(call.function, arrays) or not same_bits(call.function, *map(outline, every)):
        return None
    return packed(call.function, arrays)


def outline(x: StandIn) -> tuple[Any, ...]:
    """How the array of a stand-in lies in memory."""
    array = x.settled()
    return array.shape, array.strides, array.dtype


def suits(function: Any, arrays: Sequence[Array]) -> bool:
    """Whether numpy makes one call of an inner loop, on these arrays as they are, and it is short:
    a product, or a function of one array that lies in a row."""
    *read, out = arrays
    for a in arrays:
        lies = lies_forwards(a.shape, a.strides, a.dtype)
        if a.dtype != out.dtype or not (lies and a.flags.aligned):
            return False
    apart = not any(np.may_share_memory(a, out) for a in read)
    if function is np.dot:
        return apart and out.ndim == 2 and out.size * read[0].shape[1] <= MOST
    if not isinstance(function, np.ufunc) or (function.signature, function.nargs) != (None, 2):
        return False
    in_rows = all(a.flags.c_contiguous for a in arrays) or all(a.flags.f_contiguous for a in arrays)
    alike = in_rows and read[0].shape == out.shape and out.size <= MOST
    return alike and (apart or read[0].ctypes.data == out.ctypes.data)


def lies_forwards(shape: tuple[int, ...], strides: tuple[int, ...], dtype: Any) -> bool:
    """Whether an array is of float32 or float64, not empty, and its numbers lie one behind the
    other, with whole numbers between them."""
    forwards = all(step > 0 and step % dtype.itemsize == 0 for step in strides)
    return dtype.char in "fd" and 0 not in shape and forwards


def packed(function: Any, arrays: Sequence[Array]) -> Array:
    """The row of a function on such arrays."""
    out, found = arrays[-1], np.zeros(STRIDES.stop, np.int64)
    lengths, strides = [out.size], [out.itemsize] * 2
    if function is np.dot:  # of one pair of matrices
        lengths = [1, out.shape[0], arrays[1].shape[0], out.shape[1]]
        strides = [0, 0, 0, *(step for a in arrays for step in a.strides)]
    numbers = address(function, out.dtype), [a.__array_interface__["data"][0] for a in arrays]
    for part, own in zip(
        (LOOP, ARRAYS, LENGTHS, STRIDES), (*numbers, lengths, strides), strict=True
    ):
        found[part][: len(own)] = own
    return found


def run(at: int) -> None:
    """The call of the inner loop of the row at that address."""
    numbers, size = (ctypes.c_int64 * STRIDES.stop).from_address(at), ctypes.sizeof(ctypes.c_int64)
    if numbers[0]:
        arrays = (ctypes.c_int64 * 3)(*numbers[ARRAYS])  # a product counts them up
        lengths, strides = at + size * LENGTHS.start, at + size * STRIDES.start
        FUNCTION(numbers[0])(ctypes.addressof(arrays), lengths, strides, numbers[1])


@cache
def same_bits(function: Any, *outlines: Any) -> bool:
    """Whether the inner loop is there, and makes in such arrays what numpy's call makes."""
    if not any(address(function, outlines[-1][-1])):
        return False
    with np.errstate(all="ignore"):
        for *read, out in trials(*outlines):
            expected = out.copy("K")
            function(*read, out=expected)
            own = packed(function, [*read, out])
            run(own.ctypes.data)
            if out.tobytes() != expected.tobytes():
                return False
    return True


def trials(*outlines: Any) -> Iterator[list[Array]]:
    """Arrays that lie so, forwards, of random numbers; then of ones and zeros of either sign, since
    that of a sum of zeros shows how it is added up."""
    arrays, rng = list[Array](), np.random.default_rng(0)
    for shape, strides, dtype in outlines:
        reach = sum((n - 1) * step for n, step in zip(shape, strides, strict=True))
        numbers = rng.standard_normal(reach // dtype.itemsize + 1)
        arrays.append(as_strided(numbers.astype(dtype), shape, strides))
    yield arrays
    for filling in product((0.0, -0.0, 1.0, -1.0), repeat=len(arrays)):
        for a, number in zip(arrays, filling, strict=True):
            a.fill(number)
        yield arrays


@cache
def address(function: Any, dtype: Any) -> tuple[int, int]:
    """Where the inner loop of a dtype is, and its data; zeros if the ufunc has none, or does not
    look as it should."""
    ufunc = np.matmul if function is np.dot else function
    kind, found = f"{dtype.char * ufunc.nin}->{dtype.char}", Ufunc.from_address(id(ufunc))
    names = "nin", "nout", "nargs", "ntypes"
    if any(getattr(found, name) != getattr(ufunc, name) for name in names):
        return 0, 0
    codes = [np.dtype(char).num for line in ufunc.types for char in line.replace("->", "")]
    if found.name != ufunc.__name__.encode() or found.types[: len(codes)] != codes:
        return 0, 0
    if kind not in ufunc.types or np.dtype(np.intp).itemsize != 8:
        return 0, 0
    i = ufunc.types.index(kind)
    return found.functions[i], found.data[i]
