"""Files that somebody made to do harm, or that are no model at all: (name, bytes, what the error
says)."""

import hashlib
import io
import json
import pickle
import struct
import zipfile

import numpy as np

from tests import models
from tinynet.files import generators, safetensors
from tinynet.model import saved

DIGEST = safetensors.DIGEST


def signed(data):
    """With the right SHA-256: who writes a wrong file can do that, too."""
    data = bytearray(data)
    data[DIGEST] = b"0" * 64
    data[DIGEST] = hashlib.sha256(data).hexdigest().encode()
    return bytes(data)


def raw(header, body=b"", length=None):
    """A file of this header, as text or to be written as JSON, signed."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return signed(struct.pack("<Q", len(text) if length is None else length) + text + body)


def start(**more):
    return (
        safetensors.START
        + b"0" * 64
        + b'"'
        + b"".join(
            b"," + json.dumps(k).encode() + b":" + json.dumps(v).encode() for k, v in more.items()
        )
    )


def good():
    """A small model with a bit of everything: its description and its arrays."""
    model, _ = models.made("classes, adam")
    return saved.described(model, saved.Names("x"))


TREE, ARRAYS = good()


def file(tree, arrays=None, **metadata):
    held = {**saved.FORMAT, "model": json.dumps(tree), **metadata}
    return safetensors.encode(ARRAYS if arrays is None else arrays, held)


def changed(*path, to):
    """The file of the description with another value in one place."""
    tree = json.loads(json.dumps(TREE))
    at = tree
    for key in path[:-1]:
        at = at[key]
    if to is None:
        del at[path[-1]]
    else:
        at[path[-1]] = to
    return file(tree)


def with_array(name, a):
    arrays = {**ARRAYS, name: a}
    return file(TREE, {n: a for n, a in arrays.items() if a is not None})


def zipped():
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("W1.npy", b"x" * 200)
    return held.getvalue()


def npz():
    held = io.BytesIO()
    np.savez(held, W1=np.ones(3))
    return held.getvalue()


class Evil:
    def __reduce__(self):
        return exec, ("raise SystemExit",)


def entry(shape, begin, end, dtype="F64"):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def arrays_of(body=b"\0" * 16, **entries):
    """A file of a right start, and these entries for arrays."""
    text = start(format="tinynet", version="1", model="{}") + b"}"
    for name, one in entries.items():
        text += b"," + json.dumps(name).encode() + b":" + json.dumps(one).encode()
    return raw(text + b"}", body)


def nested(depth, wide):
    inner = [nested(depth - 1, wide) if depth else {"Tanh": {}}] * wide
    return {"Residual": {"layers": {"list": inner}}}


def deep(n):
    inner = {"Dense": {"units": 3, "activation": {"Identity": {}}}}
    for _ in range(n):
        inner = {"Residual": {"layers": {"list": [inner]}}}
    return inner


OLD = generators.state_of(np.random.RandomState(3))
WIDE = {"Dense": {"units": 1000, "activation": {"Identity": {}}}}
MULTIPLIER = 47026247687942121848144207491837523525  # PCG64's
SET = ((1 << 64) - 1) << 64
STUCK = {"state": SET, "inc": (SET - SET * MULTIPLIER) % (1 << 128)}
LEGACY = {"bit_generator": "MT19937", "has_gauss": 0, "gauss": 0.0}
LEGACY["state"] = {"key": {"uint32": [0] * 624}, "pos": 624}
ZEROS = {"RandomState": LEGACY}
DENSE = ["layers", 1, "Dense"]
ADAM = ["compiled", "optimizer", "Adam"]
WHOLE = file(TREE)
LENGTH = struct.unpack("<Q", WHOLE[:8])[0]
NO_MODEL, DAMAGED = "a model file of tinynet", "SHA-256"
FILES = {
    "empty": (b"", NO_MODEL),
    "one byte": (b"\0", NO_MODEL),
    "eight bytes": (b"\0" * 8, NO_MODEL),
    "zeros": (b"\0" * 4096, NO_MODEL),
    "text": (b"hello world, this is no model " * 9, NO_MODEL),
    "a pickle": (pickle.dumps(Evil()), NO_MODEL),
    "a pickle of long ago": (pickle.dumps(Evil(), 0) * 9, NO_MODEL),
    "an npz": (npz(), NO_MODEL),
    "an npy": (b"\x93NUMPY" + b"\1" * 200, NO_MODEL),
    "a zip": (zipped(), NO_MODEL),
    "an HDF5": (b"\x89HDF\r\n\x1a\n" + b"\0" * 200, NO_MODEL),
    "safetensors of others": (raw({"W1": entry([1], 0, 8)}, b"\0" * 8), NO_MODEL),
    "JSON without a length": (json.dumps(TREE).encode(), NO_MODEL),
    "half of it": (WHOLE[: len(WHOLE) // 2], DAMAGED),
    "a byte more": (WHOLE + b"\0", DAMAGED),
    "a byte less": (WHOLE[:-1], DAMAGED),
    "signed, a byte more": (signed(WHOLE + b"\0"), "bytes of arrays"),
    "signed, a byte less": (signed(WHOLE[:-1]), "cut off"),
    "signed, no arrays": (signed(WHOLE[: 8 + LENGTH]), "a shape of"),
    "a header of 4 GB": (raw(start() + b"}}", length=1 << 32), "a header of at most"),
    "a header of 2^64": (raw(start() + b"}}", length=(1 << 64) - 1), "a header of at most"),
    "a header of no bytes": (raw(start() + b"}}", length=0), "JSON"),
    "a header cut short": (raw(start() + b"}}", length=90), "JSON"),
    "no JSON": (raw(start() + b"}, and then"), "JSON"),
    "JSON twice": (raw(start() + b"}} {}"), "JSON"),
    "not ASCII": (raw(start(model="x") + b',"\xc3\xa9":"\xff"}}'), "JSON"),
    "a list": (raw(start() + b"}}".replace(b"}}", b"},1:2}")), "JSON"),
    "JSON a million deep": (raw(start() + b',"a":' + b"[" * 1_000_000), "at most"),
    "JSON a thousand deep": (
        raw(start() + b',"a":' + b"[" * 90_000 + b"]" * 90_000 + b"}}"),
        "deep|JSON",
    ),
    "many values": (raw(start() + b',"a":[' + b"1," * 300_000 + b"1]}}"), "at most 200000 values"),
    "a number of 5,000 digits": (raw(start() + b',"a":' + b"9" * 5000 + b"}}"), "JSON"),
    "NaN": (raw(start() + b',"a":NaN}}'), "finite numbers, got 'NaN'"),
    "Infinity": (raw(start() + b',"a":-Infinity}}'), "finite numbers, got '-Infinity'"),
    "a name twice": (raw(start(format="tinynet") + b',"format":"x"}}'), "each name once"),
    "an array's name twice": (raw(start() + b'},"W1":{},"W1":{}}'), "each name once"),
    "metadata of numbers": (raw(start(format=1) + b"}}"), "texts in the metadata"),
    "no format": (raw(start(version="1", model="{}") + b"}}"), "a model of tinynet"),
    "another format": (file(TREE, format="pt"), "a model of tinynet, got 'pt'"),
    "a later version": (file(TREE, version="2"), "version 1, got '2': a newer tinynet"),
    "no version": (raw(start(format="tinynet", model="{}") + b"}}"), "version 1"),
    "no model": (raw(start(format="tinynet", version="1") + b"}}"), "model as str"),
    "a model that is a list": (file([]), "named values"),
    "a model that is nothing": (file({}), "layers as list, got None"),
    "a model in no JSON": (file({}, model="{'layers': []}"), "JSON"),
    "overlapping arrays": (arrays_of(W1=entry([1], 0, 8), b1=entry([1], 0, 8)), "where those"),
    "a hole between arrays": (arrays_of(W1=entry([0], 0, 0), b1=entry([1], 8, 16)), "where those"),
    "a hole at the end": (arrays_of(W1=entry([1], 0, 8)), "8 bytes of arrays, got 16"),
    "arrays behind the end": (arrays_of(W1=entry([3], 0, 24)), "shape|cut off"),
    "offsets the wrong way round": (arrays_of(W1=entry([1], 16, 8)), "where those"),
    "negative offsets": (arrays_of(W1=entry([1], -8, 0)), "two offsets"),
    "three offsets": (arrays_of(W1={**entry([1], 0, 8), "data_offsets": [0, 8, 8]}), "two off"),
    "offsets that are texts": (
        arrays_of(W1={**entry([1], 0, 8), "data_offsets": ["0", "8"]}),
        "two offsets",
    ),
    "offsets that are floats": (
        arrays_of(W1={**entry([1], 0, 8), "data_offsets": [0.0, 8.0]}),
        "two offsets",
    ),
    "a shape that lies": (arrays_of(W1=entry([2], 0, 8)), "where those"),
    "a negative shape": (arrays_of(W1=entry([-1], 0, 8)), "a shape of W1"),
    "a shape of 2^62": (arrays_of(W1=entry([1 << 62, 4], 0, 0)), "a shape of W1"),
    "a shape of 9 dimensions": (arrays_of(W1=entry([1] * 9, 0, 8)), "a shape of W1"),
    "a shape of booleans": (arrays_of(W1=entry([True], 0, 8)), "a shape of W1"),
    "another dtype": (arrays_of(W1=entry([4], 0, 8, "F16")), "one of the types"),
    "a dtype of Python's": (arrays_of(W1=entry([1], 0, 8, "object")), "one of the types"),
    "no dtype": (arrays_of(W1={"shape": [1], "data_offsets": [0, 8]}), "dtype as str"),
    "an entry with more": (arrays_of(W1={**entry([2], 0, 16), "x": 1}), "one of the types"),
    "an entry that is a list": (arrays_of(W1=[1]), "data_offsets as list"),
    "a weight missing": (with_array("W2", None), "W2, float64"),
    "a weight of another shape": (with_array("W2", ARRAYS["W2"].T.copy()), "W2, float64"),
    "a weight of another dtype": (with_array("W2", ARRAYS["W2"].astype("f4")), "W2, float64"),
    "a weight that is NaN": (with_array("W2", ARRAYS["W2"] * np.nan), "W2 with finite"),
    "state that is inf": (with_array("mean3", ARRAYS["mean3"] + np.inf), "mean3 with finite"),
    "a slot that is NaN": (with_array("slots.m.W2", ARRAYS["W2"] * np.nan), "slots.m.W2 with"),
    "a slot of another shape": (with_array("slots.m.W2", np.ones(3)), "slots.m.W2, float64"),
    "a slot nobody knows": (with_array("slots.z.W2", ARRAYS["W2"]), "'slots.z.W2' beside"),
    "an array nobody knows": (with_array("../../etc/passwd", np.ones(1)), "passwd' beside"),
    "no history": (with_array("history", None), "numbers as the history has"),
    "a longer history": (with_array("history", np.ones(10_000)), "history|numbers"),
    "examples held out twice": (with_array("held_out", np.array([1, 1])), "increasing indices"),
    "examples held out behind the end": (with_array("held_out", np.array([1, 60])), "below 60"),
    "examples held out before the first": (with_array("held_out", np.array([-1, 1])), "below 60"),
    "examples held out as floats": (with_array("held_out", np.ones(2)), "the indices"),
    "no layers": (changed("layers", to=[]), "layers"),
    "a layer that is a number": (changed("layers", 1, to=3), "list of layers|got 3|layers"),
    "a class nobody knows": (changed("layers", 1, to={"Conv": {}}), "known, got 'Conv'"),
    "a class by its path": (changed("layers", 1, to={"os.system": {"a": "ls"}}), "known, got"),
    "a class of Python's": (changed("layers", 1, to={"eval": {"a": "ls"}}), "known, got"),
    "a class that is Sequential": (changed("layers", 1, to={"Sequential": {"seed": 1}}), "known"),
    "two classes in one": (changed("layers", 1, to={"Dense": {}, "ReLU": {}}), "one class"),
    "no class": (changed("layers", 1, to={}), "one class"),
    "a loss for a layer": (changed("layers", 1, to={"Huber": {"delta": 1.0}}), "ayer"),
    "a function nobody knows": (changed("layers", 1, to={"function": "f"}), "known"),
    "a layer without its units": (changed(*DENSE, "units", to=None), "units"),
    "units below zero": (changed(*DENSE, "units", to=-6), "units"),
    "other units": (changed(*DENSE, "units", to=7), "needs 7 units"),
    "units of 10^12": (changed(*DENSE, "units", to=10**12), "layers of"),
    "units that are true": (changed(*DENSE, "units", to=True), "units"),
    "an argument nobody knows": (changed(*DENSE, "secret", to=1), "secret"),
    "an activation that is a text": (changed(*DENSE, "activation", to="os"), "activation"),
    "an activation by its name": (changed(*DENSE, "activation", to="relu"), "of that model"),
    "a width of 10^12": (changed("n_x", to=10**12), "layers of"),
    "a width of -1": (changed("n_x", to=-1), "n_x|a layer|build"),
    "another width": (changed("n_x", to=5), "float64"),
    "a width that is a text": (changed("n_x", to="4"), "n_x as int"),
    "a dtype nobody knows": (changed("dtype", to="float16"), "dtype"),
    "another dtype of the net": (changed("dtype", to="float32"), "float32"),
    "examples nobody knows": (changed("examples", to="diagonal"), "examples"),
    "learning rate below 0": (changed(*ADAM, "learning_rate", to=-1.0), "learning_rate"),
    "learning rate of 1e999": (
        raw(start(format="tinynet", version="1", model='{"layers": 1e999}') + b"}}"),
        "finite|layers as list",
    ),
    "a beta of 1": (changed(*ADAM, "beta_1", to=1.0), "beta_1"),
    "steps below 0": (changed("compiled", "steps", to=-1), "steps"),
    "steps of a text": (changed("compiled", "steps", to="9"), "steps as int"),
    "no optimizer": (changed("compiled", "optimizer", to=None), "optimizer|sgd"),
    "a layer as optimizer": (changed("compiled", "optimizer", to={"PReLU": {}}), "optimizer"),
    "a metric nobody knows": (changed("compiled", "metrics", to=["evil"]), "evil"),
    "not compiled": (changed("compiled", to=None), "beside|compiled|arrays"),
    "more than a model has": (changed("extra", to={"a": 1}), "'extra' as of that model"),
    "no generator": (changed("generator", to=None), "Generator as dict"),
    "a generator by its path": (
        changed("generator", "Generator", "bit_generator", to="os"),
        "generator of numpy's",
    ),
    "a generator of letters": (changed("generator", "Generator", "state", to="abc"), "state|str"),
    "a generator too large": (
        changed("generator", "Generator", "state", "state", to=10**60),
        "too|state|int|convert",
    ),
    "a generator that gives one number": (
        changed("generator", "Generator", "state", to=STUCK),
        "an odd inc",
    ),
    "a generator with more": (
        changed("generator", "Generator", "extra", to=1),
        "the state of a generator|extra",
    ),
    "a generator out of range": (
        changed("generator", "Generator", "has_uint32", to=7),
        "has_uint32 from 0 to 1",
    ),
    "as many children as there can be": (
        changed("generator", "seeds", "n_children_spawned", to=2**32 - 1),
        "the seeds of a generator",
    ),
    "layers deep inside layers": (
        file({**TREE, "layers": [deep(134)] * 7}),
        "at most 1000 layers, each at most 20 deep",
    ),
    "wide layers without numbers": (
        file(
            {**TREE, "layers": [{"BatchNorm": {}}] * 20 + [WIDE], "n_x": 49152, "compiled": None},
            {},
        ),
        "a net of 0 numbers",
    ),
    "a built model that began nowhere": (
        changed("generator_at_build", to=None),
        "where the generator stood if the model is built",
    ),
    "a built model that was never": (changed("generator_at_build", to={}), "Generator as dict"),
    "a place of no steps": (changed("compiled", "place", to=[0, 0, 0]), "a step an epoch"),
    "a place before": (changed("compiled", "place", to=[-1, 0, 1]), "expected place"),
    "all held out": (with_array("held_out", np.arange(60)), "increasing indices"),
    "none held out": (with_array("held_out", np.arange(0)), "increasing indices"),
    "a metric named loss": (
        changed("compiled", "metrics", to={"loss": {"Accuracy": {}}}),
        "a metric named accuracy, got 'loss'",
    ),
    "a history of whole numbers": (
        with_array("history", ARRAYS["history"].astype(np.int64)),
        "a history of float64",
    ),
    "a history without a loss": (changed("history", "rows", to=[[["val_loss"], 25]]), "loss first"),
    "a slot of some parameters": (with_array("slots.m.W2", None), "every slot of each"),
    "more that is null": (file({**TREE, "evil": None}), "'evil' as of that model"),
    "a layer that draws in the old way": (
        file({**TREE, "layer_generators": [OLD] * len(TREE["layer_generators"])}),
        "a Generator of a layer, got RandomState",
    ),
    "a generator of zeros": (changed("generator", to=ZEROS), "a key that is not zeros"),
    "seeds of a billion": (changed("generator", "seeds", "pool_size", to=10**9), "the seeds"),
    "a thousand wide layers": (
        file({**TREE, "layers": [WIDE] * 900, "n_x": 1000, "compiled": None}, {}),
        "a net of 0 numbers, got layers of",
    ),
    "many layers": (file({**TREE, "layers": [{"Tanh": {}}] * 30_000}), "at most 1000 layers"),
    "many layers inside layers": (
        file({**TREE, "layers": [nested(2, 20)]}),
        "at most 1000 layers|at most 200000",
    ),
    "a name of a megabyte": (with_array("x" * 2**20, np.ones(1)), "beside"),
    "a name with a bell": (with_array("\a\x1b[31m", np.ones(1)), "beside"),
    "a number of 1e999": (raw(start() + b',"a":1e999}}'), "finite numbers"),
    "one generator less": (changed("layer_generators", to=[]), "zip|shorter"),
    "advice that is a number": (changed("advised", to=[3]), "str"),
    "rows without names": (changed("history", "rows", to=[[[], 10**9]]), "loss first"),
    "10^12 rows": (changed("history", "rows", to=[[["loss"], 10**12]]), "history has"),
    "rows of numbers": (changed("history", "rows", to=[3]), "rows|list|unpack|iter"),
    "a share of 2": (changed("held_out", to=[2.0, 60, {}]), "share"),
    "what is learned missing": (changed("learned", to=[]), "zip|shorter"),
    "what is learned as a text": (changed("learned", to=["yes"]), "learned"),
}
