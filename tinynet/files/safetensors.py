"""The safetensors format: 8 bytes that say how long the header is, a header in JSON that names the
arrays, and their bytes. https://github.com/huggingface/safetensors describes it.

A file of tinynet also has the SHA-256 of itself in the metadata, where it stands first: of the
whole file, with 64 zeros in its place. So a file is either as it was written, or it is refused
before anything in it is believed. And since who writes a wrong file can also write its SHA-256,
nothing is believed after that either.
"""

import hashlib
import json
import math
import struct
from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np

from tinynet.base import Array, checks

START = b'{"__metadata__":{"sha256":"'
DIGEST = slice(8 + len(START), 8 + len(START) + 64)  # where the SHA-256 stands in a file
DTYPES: dict[str, np.dtype[Any]] = {
    "F64": np.dtype("<f8"),
    "F32": np.dtype("<f4"),
    "I64": np.dtype("<i8"),
}
NAMES = {dtype: name for name, dtype in DTYPES.items()}
LONGEST = 4 << 20  # bytes of a header
MOST = 200_000  # values in a header: each takes some 60 bytes once it is read


class ModelFileError(ValueError):
    """A file that is not the model that was saved."""


def refuse(expected: str, got: Any, cure: str = "") -> NoReturn:
    checks.refuse("the file", expected, got, cure, ModelFileError)


def encode(arrays: Mapping[str, Array], metadata: Mapping[str, str]) -> bytes:
    """The file with these arrays, of float64, float32 or int64."""
    header: dict[str, Any] = {"__metadata__": {"sha256": "0" * 64, **metadata}}
    chunks, start = list[bytes](), 0
    # the wider numbers first, so that all lie at multiples of their width
    for name, a in sorted(arrays.items(), key=lambda item: -item[1].itemsize):
        dtype = a.dtype.newbyteorder("<")
        if dtype not in NAMES:
            refuse(f"{name} of one of the types {', '.join(DTYPES)}", a.dtype)
        chunks.append(a.astype(dtype, copy=False).tobytes())
        offsets = [start, start := start + len(chunks[-1])]
        header[name] = {"dtype": NAMES[dtype], "shape": list(a.shape), "data_offsets": offsets}
    text = json.dumps(header, separators=(",", ":"), allow_nan=False).encode()
    text += b" " * (-len(text) % 8)
    data = bytearray().join([struct.pack("<Q", len(text)), text, *chunks])
    data[DIGEST] = hashlib.sha256(data).hexdigest().encode()
    return bytes(data)


def decode(data: bytes | bytearray) -> tuple[dict[str, Array], dict[str, str]]:
    """The arrays of a file, which read its memory, and the metadata; or a ModelFileError."""
    header, body = parted(data)
    metadata, arrays = header.pop("__metadata__"), dict[str, Array]()
    if not all(isinstance(text, str) for text in metadata.values()):
        refuse("texts in the metadata", "something else")
    end = 0
    for name, entry in sorted(header.items(), key=lambda item: offsets_of(*item)):
        shape: list[int] = only(entry, "shape", list)
        dtype = DTYPES.get(only(entry, "dtype", str))
        if dtype is None or len(entry) != 3:
            refuse(f"{name} of one of the types {', '.join(DTYPES)}", checks.shown(entry))
        if len(shape) > 4 or not all(type(n) is int and 0 <= n <= len(body) for n in shape):
            refuse(f"a shape of {name}", checks.shown(shape))
        begin, after = offsets_of(name, entry)
        if begin != end or after - begin != math.prod(shape) * dtype.itemsize:
            expected = f"the bytes of {name}, of shape {shape}, where those before it end"
            refuse(expected, [begin, after])
        if (end := after) > len(body):
            refuse(f"{end} bytes of arrays", len(body), "the file is cut off")
        arrays[name] = np.frombuffer(body[begin:end], dtype).reshape(shape)
    if end != len(body):
        refuse(f"{end} bytes of arrays", len(body))
    return arrays, metadata


def parted(data: bytes | bytearray) -> tuple[dict[str, Any], memoryview]:
    """The header and the arrays' bytes of a file whose SHA-256 is right."""
    look(data[: DIGEST.stop])
    zeroed = hashlib.sha256(data[: DIGEST.start])
    zeroed.update(b"0" * 64)
    zeroed.update(memoryview(data)[DIGEST.stop :])
    if zeroed.hexdigest().encode() != data[DIGEST]:
        refuse("the SHA-256 that it was saved with", "another", "it was damaged or changed")
    (length,) = struct.unpack("<Q", data[:8])
    if length > min(LONGEST, len(data) - 8):
        refuse(f"a header of at most {min(LONGEST, len(data) - 8)} bytes", length)
    return parsed(data[8 : 8 + length]), memoryview(data)[8 + length :]


def look(start: bytes | bytearray) -> None:
    """Refuse what does not begin as a file of tinynet does."""
    if start[8 : DIGEST.start] != START or len(start) < DIGEST.stop:
        cure = "model.save writes them" if start else "it is empty"
        refuse("a model file of tinynet", checks.shown(bytes(start[:20])), cure)


def parsed(text: bytes | bytearray) -> dict[str, Any]:
    """An object in strict JSON: no name twice, no NaN."""
    if sum(map(text.count, b"[{,")) > MOST:
        refuse(f"at most {MOST} values", "more")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(found := dict(pairs)) < len(pairs):
            refuse("each name once", "one twice")
        return found

    def finite(number: str) -> float:
        if not math.isfinite(found := float(number)):
            refuse("finite numbers", checks.shown(number))
        return found

    hooks: dict[str, Any] = {"parse_constant": finite, "parse_float": finite}
    try:
        found = json.loads(text.decode("ascii"), object_pairs_hook=once, **hooks)
    except RecursionError:
        refuse("values at most some hundred deep", "deeper ones")
    except ModelFileError:
        raise
    except ValueError as why:
        refuse("a description in JSON", why)
    if not isinstance(found, dict):
        refuse("named values", checks.shown(found))
    return found


def offsets_of(name: str, entry: Any) -> tuple[int, int]:
    """From where to where an array's bytes go."""
    found = only(entry, "data_offsets", list)
    if len(found) != 2 or not all(type(n) is int and n >= 0 for n in found):
        refuse(f"two offsets of {name}", checks.shown(found))
    return found[0], found[1]


def only(held: Any, name: str, kind: type) -> Any:
    """The value of that name, of that very type."""
    return typed(name, held.get(name) if isinstance(held, dict) else None, kind)


def typed(name: str, value: Any, kind: type) -> Any:
    """The value, of that very type."""
    if type(value) is not kind:
        refuse(f"{name} as {kind.__name__}", checks.shown(value))
    return value
