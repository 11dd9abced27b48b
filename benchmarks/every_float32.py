"""`python -m benchmarks.every_float32 [names ...]`: each elementwise activation and its derivative
over every finite float32, against formulas of their own in float64. docs/numbers.md has the table.

Some minutes for each name. Its line goes into the table as soon as it is done, in place of an
older one, so what is missing can be run by name.
"""

import argparse
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import tinynet as tn

Numbers = NDArray[np.float64]
Truth = Callable[[Numbers], tuple[Numbers, Numbers]]  # z to g(z) and g'(z)

TABLE = Path(__file__).parent / "results" / "every_float32.md"
HEAD = "| activation | inputs | value: ulp | at z | derivative: relative | at z |\n"
HEAD += "| --- | ---: | ---: | ---: | ---: | ---: |\n"
BLOCK = 2**15  # numbers: what is made of them at a time fits a core's cache
BLOCKS = [sign + bits for sign in (0, 2**31) for bits in range(0, 0x7F800000, BLOCK)]
SMALLEST, BEYOND = 2.0**-149, 2.0**128  # the smallest subnormal; what would follow the largest
EXPONENT = np.uint64(0x7FF << 52)
FAR = 700  # e^-700 is 0 in float32; exp is slow once it is 0 in float64, too


def gate(u: Numbers) -> tuple[Numbers, Numbers]:
    """sigmoid(u) and sigmoid(-u)."""
    e = np.exp(-np.minimum(np.abs(u), FAR))
    high, low = 1 / (1 + e), e / (1 + e)
    return np.where(u > 0, high, low), np.where(u > 0, low, high)


def erfc(x: Numbers) -> Numbers:
    """Number by number, but where it is a line or a constant all over the block."""
    low, high = x.min(), x.max()
    if low > -(2**-28) and high < 2**-28:
        return 1 - 2 / math.sqrt(math.pi) * x
    if low > 28 or high < -6:
        return np.full_like(x, 0 if low > 28 else 2)
    return np.fromiter(map(math.erfc, x.tolist()), np.float64, x.size)


def sigmoid(z: Numbers) -> tuple[Numbers, Numbers]:
    s, other = gate(z)
    return s, s * other


def tanh(z: Numbers) -> tuple[Numbers, Numbers]:
    u = -2 * np.minimum(np.abs(z), FAR / 2)
    m, e = np.expm1(u), np.exp(u)
    return np.copysign(m / (2 + m), z), 4 * e / np.square(1 + e)


def softplus(z: Numbers) -> tuple[Numbers, Numbers]:
    return np.maximum(z, np.logaddexp(0, np.clip(z, -FAR, FAR))), gate(z)[0]


def exponential(z: Numbers) -> tuple[Numbers, Numbers]:
    a = np.exp(np.clip(z, -FAR, FAR))
    return a, a


def silu(z: Numbers) -> tuple[Numbers, Numbers]:
    s, other = gate(z)
    return z * s, s * (1 + z * other)


def gelu(z: Numbers) -> tuple[Numbers, Numbers]:
    P, bell = erfc(-z / math.sqrt(2)) / 2, np.exp(-np.minimum(z * z / 2, FAR))
    return z * P, P + z * bell / math.sqrt(2 * math.pi)


def gelu_by_tanh(z: Numbers) -> tuple[Numbers, Numbers]:
    c, square = math.sqrt(8 / math.pi), z * z
    s, other = gate(c * (z + 0.044715 * square * z))
    return z * s, s * (1 + c * z * (1 + 3 * 0.044715 * square) * other)


def bent(above: float, below: float) -> Truth:
    """Above times z where z > 0, else below (e^z - 1)."""

    def truth(z: Numbers) -> tuple[Numbers, Numbers]:
        low, positive = np.clip(z, -FAR, 0), z > 0
        value = np.where(positive, above * z, below * np.expm1(low))
        return value, np.where(positive, above, below * np.exp(low))

    return truth


def broken(slope: float) -> Truth:
    """z where z > 0, else slope z."""
    return lambda z: (np.where(z > 0, z, slope * z), np.where(z > 0, 1.0, slope))


CASES: dict[str, tuple[tn.Activation, Truth]] = {
    "identity": (tn.Identity(), broken(1.0)),
    "relu": (tn.ReLU(), broken(0.0)),
    "leaky_relu": (tn.LeakyReLU(), broken(0.01)),
    "leaky_relu, slope 0.3": (tn.LeakyReLU(0.3), broken(0.3)),
    "sigmoid": (tn.Sigmoid(), sigmoid),
    "tanh": (tn.Tanh(), tanh),
    "elu": (tn.Elu(), bent(1.0, 1.0)),
    "elu, alpha 0.3": (tn.Elu(0.3), bent(1.0, 0.3)),
    "selu": (tn.Selu(), bent(1.0507009873554805, 1.0507009873554805 * 1.6732632423543772)),
    "softplus": (tn.Softplus(), softplus),
    "exponential": (tn.Exponential(), exponential),
    "silu": (tn.Silu(), silu),
    "gelu": (tn.Gelu(), gelu),
    "gelu by tanh": (tn.Gelu(approximate=True), gelu_by_tanh),
}


def apart(got: NDArray[np.float32], truth: Numbers) -> Numbers:
    """How far they are apart. inf stands for any number from 2^128 on."""
    wide = got.astype(np.float64)
    far = np.isinf(wide)
    wide[far] = np.copysign(np.maximum(np.abs(truth[far]), BEYOND), wide[far])
    off: Numbers = np.abs(wide - truth)
    return off


def ulps(got: NDArray[np.float32], truth: Numbers) -> Numbers:
    """The error in units in the last place of a float32 as large as the truth."""
    off = apart(got, truth)
    power = (truth.view(np.uint64) & EXPONENT).view(np.float64)  # of 2, at or below the truth
    off /= np.maximum(2**-23 * power, SMALLEST)
    return off


def relative(got: NDArray[np.float32], truth: Numbers) -> Numbers:
    """The relative error, where one of at most the smallest subnormal is none."""
    off = apart(got, truth)
    off[off <= SMALLEST] = 0
    off /= np.maximum(np.abs(truth), SMALLEST)
    return off


def worst(name: str, blocks: Sequence[int]) -> list[tuple[float, str]]:
    """The largest error of the value and of the derivative, each with its z, over the blocks that
    start at these bits."""
    (node, truth), found, begun = CASES[name], [(0.0, ""), (0.0, "")], time.monotonic()
    steps, ones = np.arange(BLOCK, dtype=np.uint32), np.ones(BLOCK, np.float32)
    np.empty(2**21)  # freed at once: from then on malloc keeps what is freed, in half the time
    for i, start in enumerate(blocks, 1):
        z = (steps + np.uint32(start)).view(np.float32)
        with np.errstate(all="ignore"):  # as at the doors of the nodes
            A, cache = node.run(z)
            dZ = node.pullback(ones, cache)[0]
            value, derivative = truth(z.astype(np.float64))
            both = ulps(A, value), relative(dZ, derivative)
        for k, errors in enumerate(both):
            at = int(errors.argmax())  # NaN counts as the largest
            error = math.inf if math.isnan(errors[at]) else float(errors[at])
            if error > found[k][0]:
                found[k] = error, str(z[at])
        if i % max(len(blocks) // 20, 1) == 0:
            left = (time.monotonic() - begun) / 60 * (len(blocks) / i - 1)
            print(f"{name}: {i / len(blocks):.0%}, {left:.1f} minutes left", flush=True)
    return found


def main(arguments: list[str] | None = None, blocks: Sequence[int] = BLOCKS) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.every_float32", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"default: all ({'; '.join(CASES)})")
    parser.add_argument("--out", type=Path, default=TABLE, help="default: %(default)s")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - CASES.keys():
        parser.error(f"no such activation: {', '.join(sorted(unknown))}")
    for name in options.names or CASES:
        (value, z), (slope, at) = worst(name, blocks)
        numbers = f"{len(blocks) * BLOCK:,} | {value:.3f} | {z} | {slope:.1e} | {at}"
        old = options.out.read_text(encoding="utf-8") if options.out.is_file() else HEAD
        rows = {row[2:].split(" |")[0]: row for row in old.splitlines()[2:]}
        rows[name] = f"| {name} | {numbers} |"
        body = "".join(f"{rows[known]}\n" for known in CASES if known in rows)
        options.out.write_text(HEAD + body, encoding="utf-8")
        print(rows[name], flush=True)


if __name__ == "__main__":
    main()
