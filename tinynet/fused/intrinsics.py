"""What only machine code can do: call one of numpy's inner loops, and have the processor take
numbers that are too small to be normal, below 1e-38 in float32, for 0, since it takes long for
them. numba compiles these functions into the texts that name them."""

import platform
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils as untyped
from numba.extending import intrinsic

from tinynet.fused.inner_loops import ARRAYS, LENGTHS, LOOP, STRIDES

cgutils: Any = untyped
BYTE, SMALL, WORD = ir.IntType(8), ir.IntType(32), ir.IntType(64)
NOTHING, POINTER = SMALL(0), WORD.as_pointer()
KIND = ir.FunctionType(ir.VoidType(), [POINTER, POINTER, POINTER, WORD]).as_pointer()
X86 = platform.machine().lower() in ("x86_64", "amd64")
ZEROS = 0x8040  # of the register mxcsr: what is made, and what is read, becomes 0


@intrinsic
def run(_: Any, at: Any) -> Any:
    """`inner_loops.run`."""

    def code(context: Any, builder: Any, _: Any, arguments: Any) -> Any:
        numbers = builder.inttoptr(arguments[0], POINTER)

        def place(i: int) -> Any:
            return builder.gep(numbers, [SMALL(i)])

        loop, data = (builder.load(place(i)) for i in range(LOOP.start, LOOP.stop))
        arrays = cgutils.alloca_once(builder, ir.ArrayType(WORD, ARRAYS.stop - ARRAYS.start))
        for i in range(ARRAYS.start, ARRAYS.stop):
            own = builder.gep(arrays, [SMALL(0), SMALL(i - ARRAYS.start)])
            builder.store(builder.load(place(i)), own)
        with builder.if_then(builder.icmp_unsigned("!=", loop, WORD(0))):
            others = place(LENGTHS.start), place(STRIDES.start), data
            builder.call(builder.inttoptr(loop, KIND), [builder.bitcast(arrays, POINTER), *others])
        return context.get_dummy_value()

    return types.void(at), code


@intrinsic
def set_zeros(_: Any) -> Any:
    """Take what is too small for 0; gives what was set before."""

    def code(_: Any, builder: Any, *__: Any) -> Any:
        before = register(builder, "st")
        register(builder, "ld", builder.or_(before, SMALL(ZEROS)))
        return before

    return types.uint32(), code


@intrinsic
def set_back(_: Any, before: Any) -> Any:
    def code(context: Any, builder: Any, _: Any, arguments: Any) -> Any:
        register(builder, "ld", arguments[0])
        return context.get_dummy_value()

    return types.void(before), code


def register(builder: Any, how: str, value: Any = NOTHING) -> Any:
    """The register mxcsr, read or written."""
    kind = ir.FunctionType(ir.VoidType(), [BYTE.as_pointer()])
    place = cgutils.alloca_once_value(builder, value)
    if X86:
        name = f"llvm.x86.sse.{how}mxcsr"
        function = cgutils.get_or_insert_function(builder.module, kind, name)
        builder.call(function, [builder.bitcast(place, BYTE.as_pointer())])
    return builder.load(place)
