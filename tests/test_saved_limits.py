"""The format to its limits: as much as a file may hold comes back, and one more is refused."""

import hashlib
import json
import struct

import numpy as np
import pytest

import tinynet as tn
from tests import hostile
from tinynet.files import safetensors, tree


@pytest.fixture
def path(tmp_path):
    return tmp_path / "net"


# ---- bytes


@pytest.mark.parametrize("length", range(1, 17))
def test_arrays_lie_at_multiples_of_their_width_whatever_they_are_called(length):
    """An odd number of float32 stands behind what is wider, whatever the order it is given in."""
    own = {"x" * length: np.ones(3, np.float32), "y": np.ones(1), "z": np.arange(2)}
    for names in (own, reversed(own)):
        data = safetensors.encode({name: own[name] for name in names}, {"format": "tinynet"})
        start = 8 + struct.unpack("<Q", data[:8])[0]
        for name, entry in json.loads(data[8:start]).items():
            if name != "__metadata__":
                assert (start + entry["data_offsets"][0]) % own[name].itemsize == 0
        arrays, _ = safetensors.decode(data)
        assert all(np.array_equal(a, own[name]) for name, a in arrays.items())


def test_who_reads_a_file_can_check_its_digest_as_the_docs_say(path):
    """At bytes 35 to 98: the SHA-256 of the whole file with 64 zeros in its place."""
    tn.Sequential([tn.Dense(1)], seed=0).build(2).save(path)
    data = path.read_bytes()
    header = json.loads(data[8 : 8 + struct.unpack("<Q", data[:8])[0]])
    told = header["__metadata__"]["sha256"]
    assert told == hashlib.sha256(data[:35] + b"0" * 64 + data[99:]).hexdigest()
    assert told.encode() == data[35:99]


@pytest.mark.parametrize("more", [1, 8, 16, 17])
def test_a_header_that_is_longer_than_its_file_is_refused(more, path):
    """Else the file would be read as one without arrays."""
    text = hostile.start(format="tinynet", version="1", model="{}") + b"}}"
    path.write_bytes(hostile.raw(text, length=len(text) + more))
    told = rf"a header of at most {len(text)} bytes, got {len(text) + more}\b"
    with pytest.raises(tn.ModelFileError, match=told):
        tn.load(path)


def test_what_is_no_model_file_is_told_from_what_is_empty(path):
    for data, cure in ((b"", "it is empty"), (b"hello world" * 20, "model.save writes them")):
        path.write_bytes(data)
        with pytest.raises(tn.ModelFileError, match=f"a model file of tinynet, got .*: {cure}"):
            tn.load(path)


@pytest.mark.parametrize(
    "name", [name for name, (_, told) in hostile.FILES.items() if told == hostile.NO_MODEL]
)
def test_bytes_that_are_no_model_file_are_refused_wherever_they_come_from(name):
    data, told = hostile.FILES[name]
    with pytest.raises(tn.ModelFileError, match=told):
        safetensors.decode(data)


# ---- values and dimensions


@pytest.mark.parametrize("opening", ["[", "{", ","])
def test_as_many_values_as_a_header_may_hold(opening):
    least = {"[": "[],", "{": "{},", ",": "1,"}[opening]
    rest = safetensors.MOST - 2  # the outer { and [
    text = least * (rest // (len(least) - 1)) + "1," * (rest % (len(least) - 1)) + "1"
    found = safetensors.parsed(f'{{"a":[{text}]}}'.encode())
    assert len(found["a"]) > rest // 3
    with pytest.raises(tn.ModelFileError, match=f"at most {safetensors.MOST} values, got more"):
        safetensors.parsed(f'{{"a":[{text},1]}}'.encode())


class Box(tn.Layer):
    """Its numbers have as many dimensions as it is told."""

    def __init__(self, dimensions):
        super().__init__(1)
        self.dimensions = dimensions

    def make_params(self, n_in, rng):
        return {"B": rng.standard_normal((1, 2, 3, 1, 2)[: self.dimensions])}

    def preactivation(self, X):
        return X[:1] * self.params["B"].sum()


def test_arrays_of_at_most_four_dimensions_come_back(path):
    for dimensions in range(1, 5):
        model = tn.Sequential([Box(dimensions)], seed=0).build(2)
        model.save(path)
        loaded = tn.load(path, nodes=[Box])
        assert np.array_equal(loaded.layers[0].params["B"], model.layers[0].params["B"])
    path.unlink()
    with pytest.raises(ValueError, match=r"a shape of B1, got \[1, 2, 3, 1, 2\]"):
        tn.Sequential([Box(5)], seed=0).build(2).save(path)
    assert not path.exists()


# ---- layers


TANH, TOO_MANY = {"Tanh": {}}, "at most 1000 layers, each at most 20 deep, got more"


def residual(layers):
    return {"Residual": {"layers": {"list": layers}}}


@pytest.mark.parametrize(
    ("at_most", "more"),
    [
        ([TANH] * 1000, [TANH] * 1001),
        ([residual([TANH] * 9)] * 100, [residual([TANH] * 9)] * 100 + [TANH]),
        ([residual([TANH] * 24)] * 40, [residual([TANH] * 24)] * 39 + [residual([TANH] * 25)]),
    ],
    ids=["in a row", "in a hundred blocks", "in forty blocks"],
)
def test_a_thousand_layers_and_no_more(at_most, more):
    names = tree.Names("load")
    assert len(names.read({"list": at_most})) == len(at_most)
    with pytest.raises(tn.ModelFileError, match=TOO_MANY):
        names.read({"list": more})


class Tabled(tn.Identity):
    def __init__(self, table):
        super().__init__()
        self.table = table


def test_lists_in_lists_come_back_up_to_twenty_deep(path):
    """The list of the layers is one of them."""
    table = 0.5
    for _ in range(19):
        table = [table, 1]
    tn.Sequential([tn.Dense(1, Tabled(table))]).save(path)
    assert tn.load(path, nodes=[Tabled]).layers[0].activation.table == table
    path.unlink()
    with pytest.raises(ValueError, match=TOO_MANY):
        tn.Sequential([tn.Dense(1, Tabled([table]))]).save(path)
    assert not path.exists()
