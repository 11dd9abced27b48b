"""Batches that an iterable gives, one at a time, and batches from a part of the examples."""

import numpy as np
import pytest

import tinynet as tn
from tests.test_kit_layers import NETS, everything, same_all
from tests.ways import WAYS, equal, taken

X, Y = tn.data.moons(64, seed=0)
WEIGHTS = np.random.default_rng(1).integers(0, 3, 64) + 0.5
OPTIMIZERS = {"adam": lambda: tn.Adam(0.02), "clipped": lambda: tn.SGD(0.1, 0.9, clip_norm=0.5)}


def a_net(layers=NETS["all"], optimizer=OPTIMIZERS["adam"], **settings):
    model = tn.Sequential(layers(), seed=3, **settings)
    model.compile(optimizer(), metrics=["accuracy"])
    return model


def cut(size, *arrays):
    parts = [slice(i, i + size) for i in range(0, 64, size)]
    return [tuple(a[..., part] for a in arrays) for part in parts]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("size", [16, 24])
@pytest.mark.parametrize("layers", [NETS["all"], NETS["batch norm"]], ids=["all", "norm"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_an_iterable_trains_as_the_arrays_it_is_cut_from(optimizer, layers, size, way):
    arrays, batches, one_by_one = (a_net(layers, optimizer) for _ in range(3))
    with taken(way):
        arrays.fit(X, Y, 5, size, shuffle=False, verbose=0)
        for epochs in (2, 3):
            batches.fit(cut(size, X, Y), epochs=epochs, verbose=0)
        for _ in range(5):
            for batch in cut(size, X, Y):
                found = one_by_one.train_on_batch(*batch)
                assert found.keys() == {"loss", "accuracy"}
    same_all(arrays, batches)
    (found, draws), (expected, other_draws) = everything(one_by_one), everything(arrays)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, b)
    assert draws == other_draws
    assert len(one_by_one.history) == 0


def test_the_loss_of_an_epoch_is_the_mean_over_its_examples():
    model = a_net()
    epoch = [a_net().fit(X, Y, 1, 24, shuffle=False, verbose=0).history["loss"][0]]
    assert model.fit(iter(cut(24, X, Y)), verbose=0).history["loss"] == epoch
    model, by_hand = a_net(NETS["prelu"]).build(2), 0
    for x, y in cut(24, X, Y):
        J = model.evaluate(x, y)["loss"]
        told = model.train_on_batch(x, y)["loss"]
        assert told == pytest.approx(J, rel=1e-12)
        by_hand += told * len(y[0]) / 64
    other = a_net(NETS["prelu"]).fit(cut(24, X, Y), verbose=0).history["loss"]
    assert other == [pytest.approx(by_hand, rel=1e-14)]


@pytest.mark.parametrize("first", [0.5, 1.0, 2.0, 3.0])
def test_the_loss_of_an_epoch_is_the_mean_over_the_weights(first):
    """Of which some batches have one, and some another."""
    batches = [(X[:, :24], Y[:, :24], np.full(24, first)), (X[:, 24:], Y[:, 24:], np.ones(40))]
    model, twin = a_net(NETS["prelu"]).build(2), a_net(NETS["prelu"]).build(2)
    J = [twin.train_on_batch(*batch)["loss"] for batch in batches]
    expected = (24 * first * J[0] + 40 * J[1]) / (24 * first + 40)
    assert model.fit(batches, verbose=0).history["loss"] == [pytest.approx(expected, rel=1e-14)]


def test_weights_validation_and_callbacks_go_with_batches():
    model, stop = a_net(), tn.EarlyStopping("val_loss", patience=3)
    batches = cut(16, X, Y, WEIGHTS)
    fit = {"validation_data": (X, Y), "callbacks": [stop]}
    history = model.fit(batches, epochs=400, verbose=0, **fit).history
    assert len(history["val_loss"]) == stop.best_epoch + 3 < 400
    assert model.evaluate(X, Y)["loss"] == history["val_loss"][stop.best_epoch - 1]
    one, other = (a_net() for _ in range(2))
    one.train_on_batch(X, Y, sample_weight=WEIGHTS)
    other.fit(X, Y, sample_weight=WEIGHTS, verbose=0)
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_schedule_by_epochs_counts_those_of_the_iterable():
    halved = {"learning_rate": tn.StepDecay(0.5, 0.5, epochs=1)}
    arrays, batches = (a_net(NETS["prelu"], lambda: tn.SGD(**halved)) for _ in range(2))
    arrays.fit(X, Y, 4, 16, shuffle=False, verbose=0)
    batches.fit(cut(16, X, Y), epochs=4, verbose=0)
    same_all(arrays, batches)


class Endless:
    """Drawn anew each time; counts how often it is gone through."""

    def __init__(self):
        self.begun = 0

    def __iter__(self):
        self.begun += 1
        return iter(cut(16, X, Y))


def test_it_is_gone_through_once_an_epoch(capsys):
    batches = Endless()
    a_net().fit(batches, epochs=3)
    assert batches.begun == 3
    first, *lines = capsys.readouterr().out.splitlines()
    assert first == "batches of your own"
    assert len(lines) == 3
    a_net().fit(cut(16, X, Y), epochs=1)
    assert capsys.readouterr().out.startswith("batches of your own, 4 steps an epoch\n")


BAD = {
    "no Y": (X, "expected Y, or batches"),
    "a number": (3, "expected Y, or batches"),
    "none": ([], "batches for epoch 1, got none: a generator serves one epoch"),
    "no pair": ([X], r"batch 1: expected batches \(X, Y\)"),
    "rows of X": (X.T.tolist()[:3], r"batch 1: expected batches \(X, Y\)"),
    "rows of a table": ([(5.1, "a")], r"batch 1: expected batches \(X, Y\)"),
    "a string": (["ab"], "batch 1: expected batches"),
    "another width": ([(X, Y), (X[:1], Y)], "X of shape"),
    "labels": ([(X, Y), (X, Y + 1)], "labels Y of 0 and 1"),
    "weights": ([(X, Y), (X, Y, -WEIGHTS)], "sample_weight of at least 0"),
}


@pytest.mark.parametrize(("batches", "message"), BAD.values(), ids=BAD)
def test_each_batch_is_looked_at_before_its_step(batches, message):
    model = a_net()
    with pytest.raises((ValueError, TypeError), match=message):
        model.fit(batches, verbose=0)
    taken_steps = isinstance(batches, list) and len(batches) == 2
    assert model.optimizer.steps == taken_steps
    assert len(model.history) == 0


def test_a_generator_serves_one_epoch():
    model = a_net()
    with pytest.raises(ValueError, match="batches for epoch 2, got none: a generator serves one"):
        model.fit(iter(cut(16, X, Y)), epochs=2, verbose=0)
    assert len(model.history) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("batch_size", 2),
        ("validation_split", 0.5),
        ("class_weight", "balanced"),
        ("sample_weight", WEIGHTS),
    ],
)
def test_what_batches_say_themselves_is_refused(name, value):
    with pytest.raises(ValueError, match=f"batches without {name}"):
        a_net().fit(cut(16, X, Y), verbose=0, **{name: value})


def test_an_error_names_its_epoch_and_batch():
    model = tn.Sequential([tn.Dense(1)], seed=0)
    model.compile(tn.SGD(1e-3))
    good, bad = (X, X[0]), (1e200 * X, 1e200 * X[0])
    model.fit([good], verbose=0)
    with pytest.raises(FloatingPointError, match="epoch 2, batch 3: "):
        model.fit([good, good, bad], verbose=0)
    assert model.optimizer.steps == 3


def test_standardize_must_have_learned_before_batches():
    model = a_net(lambda: [tn.Standardize(), tn.Dense(1, "sigmoid")])
    with pytest.raises(RuntimeError, match=r"a mean and a scale before batches, got none so far"):
        model.fit(cut(16, X, Y), verbose=0)
    assert model.optimizer.steps == 0
    model.layers[0].learn(X)
    model.fit(cut(16, X, Y), verbose=0)
    assert model.optimizer.steps == 4


def test_a_fit_within_the_batches_of_another_is_refused():
    model = a_net()

    def batches():
        yield X, Y
        with pytest.raises(RuntimeError, match="one fit at a time"):
            model.train_on_batch(X, Y)
        yield X, model.predict_classes(X)

    model.fit(batches(), verbose=0)
    assert model.optimizer.steps == 2


def a_plain_net(optimizer="sgd"):
    model = tn.Sequential([tn.Dense(3, "tanh"), tn.Dense(1, "sigmoid")], seed=0).build(2)
    model.compile(optimizer, metrics=["accuracy", "mse"])
    return model


def test_a_batch_counts_by_the_sum_of_its_weights():
    """So a last one may be filled up with examples that count nothing."""

    def padded(a):
        return np.concatenate([a, a[:, :1], a[:, :1]], axis=1)

    own = [(X[:, :4], Y[:, :4]), (X[:, 4:8], Y[:, 4:8]), (X[:, 8:10], Y[:, 8:10])]
    ones = np.ones(4)
    filled = [(*own[0], ones), (*own[1], ones), (*map(padded, own[2]), [1, 1, 0, 0])]
    ends = []
    for batches in (own, filled):
        model = a_plain_net()
        history = model.fit(batches, epochs=3, verbose=0).history
        ends.append([*model.get_weights(), *map(np.array, history.values())])
    for a, b in zip(*ends, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e90])
def test_the_history_of_weighted_batches_is_that_of_all_examples(size):
    weights, model = size * np.array([0.1, 10.0, 3.0, 0.2]), a_plain_net(tn.SGD(1e-12))
    batches = [(X[:, :2], Y[:, :2], weights[:2]), (X[:, 2:4], Y[:, 2:4], weights[2:])]
    expected = model.evaluate(X[:, :4], Y[:, :4], weights)
    history = model.fit(batches, verbose=0).history
    for name, number in expected.items():
        assert history[name] == [pytest.approx(number)]


def test_a_weight_beside_which_no_other_counts_is_refused():
    with pytest.raises(ValueError, match="the mean of sample_weight"):
        a_net().fit([(X[:, :2], Y[:, :2], [1e200, 1e200])], verbose=0)


# ---- a part of the examples


@pytest.mark.parametrize("batch_size", [None, 16, 48, 100])
@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["", "weights"])
def test_what_is_held_out_is_as_if_it_were_not_there(weights, shuffle, batch_size):
    settings = {"shuffle": shuffle, "verbose": 0}
    split, by_hand = a_net(), a_net()
    split.fit(X, Y, 4, batch_size, sample_weight=weights, validation_split=0.25, **settings)
    rest = np.setdiff1d(np.arange(64), split.history.held_out)
    own = None if weights is None else weights[rest]
    by_hand.fit(X[:, rest], Y[:, rest], 4, batch_size, sample_weight=own, **settings)
    for a, b in zip(everything(split)[0], everything(by_hand)[0], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


def test_a_file_in_memory_is_never_copied_whole(tmp_path, monkeypatch):
    """Batches and what is held out are copied, and these alone."""
    path, m = tmp_path / "x.dat", 4000
    mapped = np.memmap(path, np.float64, "w+", shape=(m, 2))
    mapped[:] = np.random.default_rng(0).normal(size=(m, 2))
    labels, largest = (mapped[:, 0] > 0).astype(int), []
    layers = [tn.Standardize(), tn.Dense(4, "tanh"), tn.Dense(1, "sigmoid")]
    model = tn.Sequential(layers, seed=0, examples="rows")
    model.compile()
    contiguous = np.ascontiguousarray

    def seen(array, *args, **kwargs):
        copy = contiguous(array, *args, **kwargs)
        largest.append(0 if np.shares_memory(copy, mapped) else copy.size)
        return copy

    monkeypatch.setattr(np, "ascontiguousarray", seen)
    model.fit(mapped, labels, 2, 32, verbose=0, validation_split=0.1)
    assert 0 in largest  # X itself
    assert max(largest) <= m


def test_a_split_is_settled_anew():
    """The same arrays and the same batch size, of which another number is trained on."""
    models = [a_net(NETS["prelu"]) for _ in WAYS]
    for model, way in zip(models, WAYS, strict=True):
        with taken(way):
            model.fit(X, Y, 1, 16, verbose=0)
            model.fit(X, Y, 2, 16, verbose=0, validation_split=0.25)
        assert model.optimizer.steps == 4 + 2 * 3
    equal(*(everything(model)[0] for model in models))


def test_epochs_in_the_place_of_targets():
    model = tn.Sequential([tn.Dense(1)], seed=0)
    model.compile("sgd", "mse")
    with pytest.raises(
        TypeError, match=r"expected Y as an array of targets, got 5: .*epochs=\.\.\."
    ):
        model.fit(iter([(np.ones((1, 2)), np.ones((1, 2)))]), 5)


def test_what_is_wrong_with_a_batch_is_said_of_it():
    model = tn.Sequential([tn.Dense(1)], seed=0)
    model.compile("sgd", "mse")
    good, bad = np.ones((1, 2)), np.array([[1.0, np.nan]])
    with pytest.raises(ValueError, match=r"^batch 2: Sequential: expected X of finite numbers"):
        model.fit([(good, good), (bad, good)], epochs=1, verbose=0)
    assert model.optimizer.steps == 1


def test_where_a_batch_of_its_own_ended_is_told():
    model = tn.Sequential([tn.Dense(1)], seed=0)
    model.compile("sgd", "mse")
    with pytest.raises(FloatingPointError, match=r"^epoch 1, batch 1: "):
        model.train_on_batch(1e200 * X, Y)
