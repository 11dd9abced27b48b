"""A model in a file: all of it comes back, to the bit, and goes on as if nothing had been."""

import copy
import json
import os
import stat
import struct
import threading

import numpy as np
import pytest

import tinynet as tn
from tests import models
from tinynet.files import safetensors, tree
from tinynet.model import same, saved


@pytest.fixture
def path(tmp_path):
    return tmp_path / "net.safetensors"


@pytest.mark.parametrize("name", models.MODELS)
def test_a_model_comes_back_and_goes_on(name, path):
    model, Y = models.made(name)
    twin = copy.deepcopy(model)
    model.save(path)
    loaded = tn.load(path, nodes=models.OWN)
    assert not same.difference(twin, model), "saving changes nothing"
    assert not same.difference(model, loaded)
    for one in (twin, loaded) if Y is not None else ():
        models.train(one, Y)
    assert twin.history.rows == loaded.history.rows or "own" in name
    assert not same.difference(twin, loaded)
    if model.layers[0].n_in:
        Xs = models.X if model.examples == "rows" else models.X.T
        assert np.array_equal(twin(Xs), loaded(Xs))


@pytest.mark.parametrize("name", models.MODELS)
def test_a_model_that_was_not_trained_comes_back_and_starts(name, path):
    model, Y = models.made(name, trained=False)
    model.save(path)
    loaded = tn.load(str(path), nodes=models.OWN)
    for one in (model, loaded) if Y is not None else ():
        models.train(one, Y)
    assert not same.difference(model, loaded)


def test_reset_goes_back_to_the_first_weights(path):
    model, Y = models.made("classes, learned")
    model.save(path)
    loaded = tn.load(path)
    for one in (model, loaded):
        one.reset()
        models.train(one, Y)
    assert not same.difference(model, loaded)


def test_every_part_of_the_kit_is_saved_by_some_model():
    written = ""
    for make in models.MODELS.values():
        model, _ = make()
        written += json.dumps(saved.described(model, saved.Names("x"))[0])
    kinds = tree.REGISTRY
    bases = {"Activation", "Initializer", "Layer", "Loss", "Metric", "Optimizer", "Pair"}
    bases |= {"Regularizer", "Schedule", "Whole"}
    assert {name for name in kinds if f'"{name}": {{' not in written} == bases


@pytest.mark.parametrize("name", ["classes, adam", "own", "float32"])
def test_the_safetensors_package_reads_it(name, path):
    library = pytest.importorskip("safetensors.numpy", exc_type=ImportError)
    model, _ = models.made(name)
    model.save(path)
    found = library.load_file(path)
    for key, a in model._arrays().items():
        assert found[key].dtype == a.dtype
        assert np.array_equal(found[key], a)


def test_weights_can_be_read_in_ten_lines(path):
    """As docs/files.md says: the names are those of the notes."""
    model, _ = models.made("built")
    model.save(path)
    data = path.read_bytes()
    (n,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + n])
    begin, end = header["W1"]["data_offsets"]
    W1 = np.frombuffer(data[8 + n + begin : 8 + n + end]).reshape(header["W1"]["shape"])
    assert np.array_equal(W1, model.layers[0].W)


# ---- what does not come back is refused before anything is written


class Counting(tn.Activation):
    def __init__(self):
        super().__init__()
        self.calls = 0

    def value(self, Z):
        self.calls += 1
        return Z.copy()

    def derivative(self, Z):
        return np.ones_like(Z)


class Unkept(tn.Activation):
    def __init__(self, slope):
        super().__init__()
        self.inclination = slope

    def value(self, Z):
        return self.inclination * Z


class Holding(tn.Activation):
    def __init__(self, table):
        super().__init__()
        self.table = table

    def value(self, Z):
        return Z.copy()


class Dense(tn.Dense):
    pass


@pytest.mark.parametrize(
    ("activation", "told"),
    [
        (Unkept(2.0), "Unkept: expected an attribute for each argument, got none named slope"),
        (Holding(np.ones(2)), "an argument that a file can hold, got array"),
        (Holding({1: 2}), "an argument that a file can hold"),
        (Holding(np.float32(2.0)), "an argument that a file can hold"),
    ],
)
def test_an_argument_that_a_file_cannot_hold_is_refused(activation, told, path):
    model = tn.Sequential([tn.Dense(2, activation)]).build(1)
    with pytest.raises((TypeError, ValueError), match=told):
        model.save(path)
    assert not path.exists()


def test_a_function_without_a_name_is_refused(path):
    """Nobody could write it in nodes=[...]."""
    model = tn.Sequential([tn.Dense(1)], seed=0).build(2)
    model.compile(metrics=[lambda Y, A: 0.0])
    with pytest.raises(ValueError, match="a function with a name, got <lambda>: write it with def"):
        model.save(path)


def test_a_function_as_an_argument_has_to_be_passed_in(path):
    model = tn.Sequential([tn.Dense(2, Holding(models.worst))]).build(1)
    model.save(path)
    with pytest.raises(tn.ModelFileError, match="known, got 'worst'"):
        tn.load(path, nodes=[Holding])
    loaded = tn.load(path, nodes=[Holding, models.worst])
    assert loaded.layers[0].activation.table is models.worst


def test_an_attribute_that_no_argument_makes_is_refused(path):
    model = tn.Sequential([tn.Dense(2, Counting())], seed=0).build(1)
    model.save(path)
    model(np.ones((1, 1)))
    with pytest.raises(
        ValueError, match=r"come back as they are, got another model\.layers.*calls"
    ):
        model.save(path)
    assert tn.load(path, nodes=[Counting]).layers[0].activation.calls == 0


def test_a_history_of_some_epochs_in_the_place_of_all_comes_back(path):
    model, data = tn.Sequential([tn.Dense(1)], seed=0), (np.arange(8.0)[np.newaxis], np.ones(8))
    model.compile("sgd")
    model.fit(*data, 2, verbose=0, validation_split=0.25)
    model.history = model.fit(*data, 1, verbose=0)  # which holds nothing out
    model.save(path)
    loaded = tn.load(path)
    assert not same.difference(model, loaded)
    for one in (model, loaded):
        one.fit(*data, 1, verbose=0, validation_split=0.25)
    assert not same.difference(model, loaded)


class Draws(tn.Activation):
    """It has a generator that no argument makes."""

    def __init__(self):
        super().__init__()
        self.source = np.random.default_rng(5)

    def value(self, Z):
        return Z

    def derivative(self, Z):
        return np.ones_like(Z)


def test_a_generator_that_would_come_back_elsewhere_is_refused(path):
    model = tn.Sequential([tn.Dense(1, Draws())], seed=0).build(2)
    model.save(path)
    model.layers[0].activation.source.random()
    with pytest.raises(ValueError, match=r"another model\.layers\[0\]\.activation\.source"):
        model.save(path)


class FromEverywhere(tn.Normal):
    """It draws from numpy's global generator."""

    def __call__(self, shape, rng):
        return np.random.standard_normal(shape)


def test_no_weights_are_drawn_for_a_file(path):
    model = tn.Sequential([tn.Dense(2, initializer=FromEverywhere(1.0))], seed=0).build(3)
    before = np.random.get_state()[1:3]
    model.save(path)
    tn.load(path, nodes=[FromEverywhere])
    np.testing.assert_equal(np.random.get_state()[1:3], before)


def test_a_class_by_the_name_of_one_of_ours_is_refused(path):
    model = tn.Sequential([Dense(2)]).build(1)
    with pytest.raises(ValueError, match="Dense twice: give yours another name"):
        model.save(path)
    tn.Sequential([tn.Dense(1)]).save(path)
    with pytest.raises(ValueError, match="Dense twice"):
        tn.load(path, nodes=[Dense])


def test_a_users_class_has_to_be_passed_in(path):
    model, _ = models.made("own")
    model.save(path)
    with pytest.raises(tn.ModelFileError, match=r"known, got 'Scaled': .*nodes=\[Scaled\]"):
        tn.load(path)
    with pytest.raises(ValueError, match=r"a class of a part.*got Bent"):
        tn.load(path, nodes=[models.Bent()])


def test_a_child_of_sequential_is_refused(path):
    class Net(tn.Sequential):
        pass

    with pytest.raises(TypeError, match="a Sequential, got Net"):
        Net([tn.Dense(1)]).save(path)


def refusal(model, path):
    with pytest.raises(RuntimeError) as told:
        model.save(path)
    return str(told.value)


def test_a_model_that_another_thread_trains_is_refused(path):
    model, Y = models.made("classes, sgd")

    class Saves(tn.Callback):
        def on_epoch_end(self, epoch, logs):
            told = []
            thread = threading.Thread(target=lambda: told.append(refusal(model, path)))
            thread.start()
            thread.join()
            assert "is not being trained" in told[0]
            model.save(path)  # its own thread may, between two epochs

    model.fit(models.X, Y, 2, 16, verbose=0, callbacks=[Saves()], validation_split=0.25)
    loaded = tn.load(path)
    for one in (model, loaded):  # which forgets that it was saved within a fit
        one.fit(models.X, Y, 0, 16, verbose=0, validation_split=0.25)
    assert not same.difference(model, loaded)


# ---- the disk


def test_a_new_file_has_the_rights_of_the_umask_and_an_old_one_keeps_its_own(path):
    before = os.umask(0o027)
    try:
        models.built()[0].save(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    path.chmod(0o600)
    models.built()[0].save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_stays_a_link(path, tmp_path):
    (tmp_path / "deep").mkdir()
    path.symlink_to(tmp_path / "deep" / "real")
    models.built()[0].save(path)
    assert path.is_symlink()
    assert sorted(os.listdir(tmp_path / "deep")) == ["real"]
    assert not same.difference(models.built()[0], tn.load(path))


@pytest.mark.parametrize("make", ["folder", "pipe", "missing"])
def test_what_is_no_file_is_refused_at_once(make, path):
    if make == "folder":
        path.mkdir()
    elif make == "pipe":
        os.mkfifo(path)
    with pytest.raises((OSError, tn.ModelFileError)):
        tn.load(path)


def test_arrays_of_a_file_lie_at_multiples_of_their_width(path):
    model, _ = models.made("float32")
    model.save(path)
    data = path.read_bytes()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    for name, entry in json.loads(data[8:start]).items():
        if name != "__metadata__":
            width = 4 if entry["dtype"] == "F32" else 8
            assert (start + entry["data_offsets"][0]) % width == 0, name


def test_the_digest_is_where_the_docs_say(path):
    models.built()[0].save(path)
    assert slice(35, 99) == safetensors.DIGEST
