"""A fit that was cut off goes on from a file, or from where it is. It ends as one that nobody cut
off, to the bit."""

import functools
import pickle

import numpy as np
import pytest

import tinynet as tn
from tests import models
from tests.resuming import FIT, NETS, Kept, X, Y, cut_off, net, require_same, watched
from tests.ways import WAYS, taken
from tinynet.model import same

# ---- from a file, after any step


def resumed_from_each_file(make, train, callbacks, path, nth=1):
    """Train with a file after each step; go on from each n-th of them; how many there are."""
    twin, ends = make(), callbacks()
    rows = train(twin, callbacks=ends).rows
    model, keeps = make(), Kept(path)
    train(model, callbacks=[*callbacks(), keeps])
    require_same(model, twin)
    for _, data in keeps.files[::nth]:
        path.write_bytes(data)
        loaded, own = tn.load(path, nodes=models.OWN), callbacks()
        assert train(loaded, callbacks=own, resume=True).rows == rows
        require_same(loaded, twin, ends, own)
    return len(keeps.files)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("inner", NETS)
@pytest.mark.parametrize("optimizer", models.OPTIMIZERS)
def test_a_fit_goes_on_from_a_file_of_any_step(optimizer, inner, way, tmp_path, tries):
    arguments = {"batch_size": 16, "validation_split": 0.25, "verbose": 0}
    train = functools.partial(tn.Sequential.fit, X=X, Y=Y, epochs=4, **arguments)
    make = functools.partial(net, optimizer, inner)
    look = functools.partial(watched, optimizer)
    with taken(way):
        nth = 11 // tries(1, 11)
        found = resumed_from_each_file(make, train, look, tmp_path / "net", nth)
    assert found == 11  # after each step but the last, which ends the fit


@pytest.mark.parametrize(
    "settings",
    [
        {"batch_size": None},
        {"batch_size": 16, "shuffle": False},
        {"batch_size": 16, "sample_weight": np.arange(60.0), "class_weight": "balanced"},
        {"batch_size": 7, "validation_data": (X[:, :9], Y[:, :9])},
        {"batch_size": 60},
        {"batch_size": 59},
    ],
)
def test_a_fit_of_any_kind_goes_on(settings, tmp_path):
    train = functools.partial(tn.Sequential.fit, X=X, Y=Y, epochs=3, verbose=0, **settings)
    assert resumed_from_each_file(functools.partial(net, "sgd"), train, watched, tmp_path / "net")


def test_a_fit_without_callbacks_goes_on(tmp_path):
    train = functools.partial(tn.Sequential.fit, X=X, Y=Y, epochs=70, batch_size=60, verbose=0)
    assert resumed_from_each_file(net, train, list, tmp_path / "net") == 69


@pytest.mark.parametrize("seed", [np.random.RandomState, np.random.default_rng, int])
def test_a_generator_of_any_kind_goes_on(seed, tmp_path):
    def make():
        model = tn.Sequential([tn.Dense(3, "tanh"), tn.Dense(1, "sigmoid")], seed=seed(5))
        model.compile()
        return model

    train = functools.partial(tn.Sequential.fit, X=X, Y=Y, epochs=3, batch_size=16, verbose=0)
    assert resumed_from_each_file(make, train, watched, tmp_path / "net") == 11


def test_batches_of_an_iterable_go_on(tmp_path):
    batches = [(X[:, i : i + 20], Y[:, i : i + 20]) for i in (0, 20, 40)]
    train = functools.partial(tn.Sequential.fit, X=batches, epochs=3, verbose=0)
    assert (
        resumed_from_each_file(functools.partial(net, "sgd"), train, watched, tmp_path / "n") == 8
    )


# ---- what is done, and what cannot go on


def test_a_finished_model_has_nothing_to_do_and_a_new_one_begins(capsys):
    model, twin = net(), net()
    first = model.fit(**FIT, resume=True)
    assert first.rows == twin.fit(**FIT).rows
    assert not same.difference(twin, model)
    assert model.fit(**FIT | {"verbose": 1}, resume=True).rows == model.history.rows
    assert "nothing to do: 4 epochs are done; fit without" in capsys.readouterr().out
    assert not same.difference(twin, model)
    assert len(model.fit(**FIT | {"epochs": 6}, resume=True)) == 2  # 6 in all
    twin.fit(**FIT | {"epochs": 2})
    assert not same.difference(twin, model)


def test_epochs_in_all_count_those_of_earlier_fits():
    model, twin = net("sgd"), net("sgd")
    for one in (model, twin):
        one.fit(**FIT)
    twin.fit(**FIT)
    cut_off(model, FIT, at=5)
    assert len(model.fit(**FIT | {"epochs": 8}, resume=True)) == 4
    assert not same.difference(twin, model)


def test_a_fit_that_a_callback_ended_has_nothing_to_do(tmp_path):
    stop = tn.EarlyStopping(patience=2, monitor="accuracy")
    save = tn.ModelCheckpoint(tmp_path / "net", every_batches=2)
    model, fit = net("sgd"), FIT | {"epochs": 500}
    n = len(model.fit(**fit, callbacks=[stop, save]))
    assert n == stop.best_epoch + 2 < 500
    for one in (model, tn.load(tmp_path / "net")):
        twin = tn.load(tmp_path / "net")
        assert len(one.fit(**fit, resume=True, callbacks=[tn.EarlyStopping()])) == n
        assert not same.difference(twin, one)
        assert len(one.fit(**FIT)) == 4  # it can be trained on all the same


class Silent(tn.Callback):
    """It does not say what it keeps."""


class Forgets(tn.Callback):
    kept = ("seen",)


OTHERS = {
    "other data": ({"X": X + 1}, "the data of the fit that goes on, .* got others: pass the same"),
    "other targets": ({"Y": 1 - Y}, "the data of the fit that goes on, .* got others"),
    "other batches": ({"batch_size": 8}, "batch_size 16, as in the fit that goes on, got 8"),
    "no shuffle": ({"shuffle": False}, "shuffle True, as in the fit that goes on, got False"),
    "no callbacks": ({"callbacks": []}, "EarlyStopping, ReduceLROnPlateau, Counts, got none"),
    "weights": ({"sample_weight": np.arange(60.0)}, "the data of the fit that goes on"),
    "batches": ({"X": [(X, Y)], "Y": None, "batch_size": None}, "examples 60, as in the fit that"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_fit_goes_on_with_the_same_only(name):
    other, told = OTHERS[name]
    fit = {key: value for key, value in FIT.items() if key != "validation_split"}
    model, twin = net("sgd"), net("sgd")
    cut_off(model, fit, callbacks=watched())
    with pytest.raises(ValueError, match=told):
        model.fit(**fit | {"callbacks": watched()} | other, resume=True)
    model.fit(**fit, callbacks=watched(), resume=True)  # nothing had changed
    twin.fit(**fit, callbacks=watched())
    assert not same.difference(twin, model)


@pytest.mark.parametrize("saved", [True, False])
def test_a_callback_says_what_it_keeps(saved, tmp_path):
    saving = [tn.ModelCheckpoint(tmp_path / "net")] if saved else []
    model = net()
    with pytest.raises(ValueError, match=r"Silent to say .*, got no kept of its own: kept = "):
        model.fit(**FIT, callbacks=[Silent(), *saving], resume=not saved)
    with pytest.raises(ValueError, match=r"for each name in kept, got none for seen: self\.seen"):
        model.fit(**FIT, callbacks=[Forgets(), *saving], resume=not saved)
    assert not model.optimizer.steps


class Own(tn.EarlyStopping):
    def on_epoch_end(self, epoch, logs):
        return super().on_epoch_end(epoch, logs)


def test_a_callback_of_a_callback_is_told_to_keep_what_that_keeps():
    with pytest.raises(
        ValueError, match=r"own: kept = \(\*tn\.EarlyStopping\.kept, .seen.\) names"
    ):
        net().fit(**FIT, callbacks=[Own()], resume=True)
    with pytest.raises(
        ValueError, match=r"own: kept = \(.seen.,\) names attributes, kept = \(\) s"
    ):
        net().fit(**FIT, callbacks=[Silent()], resume=True)


class Handles(tn.Callback):
    kept = ("seen",)

    def on_train_begin(self):
        self.seen = [1, object()]


def test_what_no_file_holds_is_refused_before_the_first_step(tmp_path):
    model, path = net(), tmp_path / "net"
    with pytest.raises(ValueError, match=r"Handles\.seen, which is kept, as a number, a text"):
        model.fit(**FIT, callbacks=[Handles(), tn.ModelCheckpoint(path)])
    assert not model.optimizer.steps


CHANGES = {
    "set_weights": lambda model: model.set_weights(model.get_weights()),
    "compile": lambda model: model.compile("sgd"),
    "cast": lambda model: model.cast("float32"),
    "train_on_batch": lambda model: model.train_on_batch(X, Y),
    "a snapshot": lambda model: model.snapshot()(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_model_that_was_changed_goes_on_from_nowhere(change, tmp_path):
    """A script that compiles what it has loaded would begin another training else."""
    model = cut_off(net("sgd"), FIT, callbacks=watched())
    CHANGES[change](model)
    model.save(tmp_path / "net")
    told = f"as its fit was left, got one that was moved since, by {change}: fit without resume"
    for one in (tn.load(tmp_path / "net"), pickle.loads(pickle.dumps(model)), model):
        with pytest.raises(ValueError, match=told):
            one.fit(**FIT, callbacks=watched(), resume=True)
    assert len(model.fit(**FIT, callbacks=watched())) == 4  # another fit


@pytest.mark.parametrize("change", CHANGES)
def test_a_fit_that_is_over_has_nothing_to_lose(change):
    model = net("sgd")
    model.fit(**FIT, callbacks=watched())
    CHANGES[change](model)
    assert len(model.fit(**FIT | {"epochs": 6}, callbacks=watched(), resume=True)) == 2


def test_a_model_that_was_reset_is_new():
    model = cut_off(net("sgd"), FIT, callbacks=watched())
    model.reset()
    assert len(model.fit(**FIT, callbacks=watched(), resume=True)) == 4


def test_a_model_that_went_back_cannot_go_on():
    model = net("sgd")
    model.fit(**FIT)
    back = model.snapshot()
    cut_off(model, FIT)
    model.optimizer.steps = 0
    with pytest.raises(ValueError, match="the optimizer after step 17, where the fit was left"):
        model.fit(**FIT | {"epochs": 8}, resume=True)
    back()
    with pytest.raises(ValueError, match="moved since, by a snapshot"):
        model.fit(**FIT | {"epochs": 8}, resume=True)
