"""Models that once came back as others, or could not be saved."""

import dataclasses

import numpy as np
import pytest

import tinynet as tn
from tests import models
from tinynet.model import same

X, Y = models.X.T, models.BITS


@pytest.fixture
def path(tmp_path):
    return tmp_path / "net"


def net(*layers, **settings):
    model = tn.Sequential([*layers, tn.Dense(1, "sigmoid")], seed=1)
    model.compile(settings.pop("optimizer", "adam"), **settings)
    return model


def comes_back(model, path, nodes=()):
    model.save(path)
    loaded = tn.load(path, nodes=nodes)
    assert not same.difference(model, loaded)
    for one in (model, loaded):
        one.fit(X, Y, 2, 16, verbose=0)
    assert not same.difference(model, loaded)
    assert model.history.history == loaded.history.history
    return loaded


@pytest.mark.parametrize("name", ["mean_squared_error", "auc", "mae", "f1"])
def test_a_metric_keeps_its_name(name, path):
    model = net(loss="mse" if "a" in name and name != "auc" else None, metrics=[name])
    model.fit(X, Y, 2, verbose=0)
    loaded = comes_back(model, path)
    assert [*loaded.evaluate(X, Y)] == ["loss", name]


class Table(tn.Activation):
    def __init__(self):
        super().__init__()
        self.rows, self.given, self.nested = {0: 1.0}, 1.0, [[1.0], 2.0]

    def value(self, Z):
        return Z * self.given

    def derivative(self, Z):
        return np.full_like(Z, self.given)


class Slotted(tn.Activation):
    __slots__ = ("k",)

    def __init__(self):
        super().__init__()
        self.k = 1.0

    def value(self, Z):
        return Z * self.k

    def derivative(self, Z):
        return np.full_like(Z, self.k)


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        (Table, "rows", {2: 1.0}),
        (Table, "given", 3.0),
        (Table, "nested", [[1.0, 2.0]]),
        (Slotted, "k", 3.0),
    ],
)
def test_an_attribute_that_changed_is_refused(kind, name, value, path):
    model = net(tn.Dense(3, kind()))
    comes_back(model, path, [kind])
    setattr(model.layers[0].activation, name, value)
    with pytest.raises(ValueError, match=rf"come back.*activation\.{name}"):
        model.save(path)


@dataclasses.dataclass
class Counter:
    n: int = dataclasses.field(default=0, compare=False)


class Odd(tn.Activation):
    def value(self, Z):
        return Z.copy()

    def derivative(self, Z):
        return np.ones_like(Z)


def odd(first):
    """A model whose activation gives itself an attribute that no argument makes."""

    def init(self):
        Odd.__init__(self)
        self.own = first()

    return net(tn.Dense(2, type("Own", (Odd,), {"__init__": init})()))


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (lambda: np.float32(0.0), np.float32(-0.0)),
        (lambda: {0.0}, {-0.0}),
        (lambda: 0.0, -0.0),
        (lambda: [1, [2]], [[1], 2]),
        (lambda: np.zeros(2), np.array([0.0, -0.0])),
        (lambda: [[], []], [[]] * 2),
    ],
)
def test_what_is_only_nearly_the_same_is_refused(first, then, path):
    model = odd(first)
    model.save(path)
    path.unlink()
    vars(model.layers[0].activation).update(own=then)
    with pytest.raises(ValueError, match=r"come back as they are.*activation\.own"):
        model.save(path)
    assert not path.exists()


@pytest.mark.parametrize("first", [Counter, lambda: np.ma.masked_greater([1.0, 2.0], 1)])
def test_an_object_that_nobody_can_compare_is_refused(first, path):
    with pytest.raises(ValueError, match=r"come back as they are.*activation\.own"):
        odd(first).save(path)


def test_a_philox_with_a_key(path):
    model = tn.Sequential(
        [tn.Dense(1, "sigmoid")], seed=np.random.Generator(np.random.Philox(key=5))
    )
    model.compile("adam")
    comes_back(model, path)


class Tabled(Odd):
    def __init__(self, table):
        super().__init__()
        self.table = table


def test_a_long_list_of_numbers(path):
    comes_back(net(tn.Dense(2, Tabled([0.5] * 5000))), path, [Tabled])


def test_a_class_by_a_name_of_the_files_own_is_refused(path):
    kind = type("list", (Odd,), {})
    with pytest.raises(ValueError, match="list twice: give yours another name"):
        net(tn.Dense(2, kind())).save(path)


class Spawning(tn.Layer):
    def __init__(self):
        super().__init__(3)

    def make_params(self, n_in, rng):
        return {"S": rng.spawn(1)[0].standard_normal((3, n_in))}

    def preactivation(self, X):
        return self.params["S"] @ X

    def parameter_gradients(self, dZ, cache):
        return {"S": dZ @ cache["X"].T}

    def input_gradient(self, dZ, cache):
        return self.params["S"].T @ dZ


def test_a_generators_children_are_those_that_they_would_have_been(path):
    model = net(Spawning())
    model.save(path)
    loaded = tn.load(path, nodes=[Spawning])
    assert np.array_equal(model.build(4)(X), loaded.build(4)(X))
    comes_back(model, path, [Spawning])
    loaded = tn.load(path, nodes=[Spawning])
    for one in (model, loaded):
        one.reset()
    assert np.array_equal(model(X), loaded(X))


def test_a_generator_of_two_layers_is_refused(path):
    model = net(tn.Dense(3), tn.Dropout(0.1), tn.Dropout(0.2)).build(4)
    model.layers[2].generator = model.layers[1].generator
    with pytest.raises(ValueError, match=r"layers\[2\]\.generator"):
        model.save(path)


class Legacy(Spawning):
    def make_params(self, n_in, rng):
        return {"S": rng.randn(3, n_in)}


class Global(Spawning):
    def make_params(self, n_in, rng):
        return {"S": np.random.standard_normal((3, n_in))}


@pytest.mark.parametrize("first", [Global, lambda: tn.Residual([Global(), tn.Dense(4)])])
def test_saving_and_loading_leave_the_global_generator(first, path):
    model = net(first()).build(4)
    before = np.random.get_state()[1].tolist(), np.random.get_state()[2]
    model.save(path)
    tn.load(path, nodes=[Global])
    assert (np.random.get_state()[1].tolist(), np.random.get_state()[2]) == before


def test_a_layer_that_draws_from_a_random_state(path):
    model = tn.Sequential([Legacy(), tn.Dense(1, "sigmoid")], seed=np.random.RandomState(1))
    model.compile("adam")
    model.fit(X, Y, 1, verbose=0)
    comes_back(model, path, [Legacy])


@pytest.mark.parametrize("make", [lambda: tn.SGD(0.01, 0.9), lambda: tn.RMSProp(momentum=0.5)])
def test_a_learning_rate_that_was_set(make, path):
    model = net(optimizer=make())
    model.fit(X, Y, 2, verbose=0)
    model.optimizer.learning_rate = 0.02
    comes_back(model, path)


def test_a_history_that_was_looked_at(path):
    model = net()
    assert model.fit(X, Y, 2, verbose=0).history["loss"]
    assert model.history.history["loss"]
    comes_back(model, path)


def test_a_fit_that_never_began(path):
    model = net()
    with pytest.raises(ValueError, match="class"):
        model.fit(X, Y, 2, verbose=0, validation_split=0.25, class_weight={7: 1.0})
    comes_back(model, path)


class Hits(tn.Metric):
    name = "hits"

    def read(self, activation, A, Y):
        return (A > 0.5) == (Y > 0.5)

    def result(self, sums, m):
        return int(sums[0])


def counted(Y, A):
    return np.float32((A > 0.5).sum())


def test_metrics_of_any_kind_of_number(path):
    model = net(metrics=[Hits(), counted])
    model.fit(X, Y, 2, verbose=0, validation_split=0.25)
    kinds = {type(number) for _, own in model.history.rows for number in own}
    assert kinds == {float}
    model.save(path)
    assert not same.difference(model, tn.load(path, nodes=[Hits, counted]))


class Unit(tn.Dense):
    def make_params(self, n_in, rng):
        made = super().make_params(n_in, rng)
        return {**made, "W": made["W"] / np.linalg.norm(made["W"])}


def test_a_layer_that_divides_by_its_weights(path):
    comes_back(net(Unit(3, "tanh")).build(4), path, [Unit])


class Decaying(tn.Hypergradient):
    def __init__(self, optimizer, meta, decay=0.5):
        super().__init__(optimizer, meta)
        self.decay = decay


def test_a_hypergradient_with_an_argument_more(path):
    model = net(optimizer=Decaying(tn.SGD(0.01), tn.SGD(0.1), 0.25))
    model.fit(X, Y, 2, verbose=0)
    model.save(path)
    loaded = tn.load(path, nodes=[Decaying])
    assert loaded.optimizer.decay == 0.25
    assert not same.difference(model, loaded)


class Arguing(tn.Activation):
    arguments = 5

    def __init__(self, limit=np.inf):
        super().__init__()
        self.limit = limit

    def value(self, Z):
        return np.minimum(Z, self.limit)


def test_what_a_file_cannot_hold_is_said_in_a_sentence(path):
    with pytest.raises(ValueError, match="finite numbers, texts"):
        net(tn.Dense(3, Arguing())).save(path)
    net(tn.Dense(3, Arguing(2.0))).save(path)
    model = net(tn.Dense(3), tn.BatchNorm()).build(4)
    model.layers[1].state["mean"] = np.zeros((3, 1), bool)
    with pytest.raises(ValueError, match="mean2 of one of the types F64, F32, I64, got bool"):
        model.save(path)
    with pytest.raises(TypeError, match="nodes as a list"):
        tn.load(path, nodes=tn.Dense)


def test_a_layers_generator_of_another_kind(path):
    model = net(tn.Dense(3), tn.Dropout(0.2)).build(4)
    model.layers[1].generator = np.random.Generator(np.random.MT19937(3))
    comes_back(model, path)


class Mine(np.random.PCG64):
    """A bit generator of one's own."""


class Seeds(np.random.bit_generator.ISeedSequence):
    def generate_state(self, n_words, dtype=np.uint32):
        return np.arange(1, n_words + 1, dtype=dtype)


class Twice(tn.Dropout):
    def generators(self):
        return [*super().generators(), np.random.default_rng(0)]


@pytest.mark.parametrize(
    ("seed", "told"),
    [
        (np.random.Generator(Mine(0)), "a generator of numpy's, got Mine"),
        (np.random.Generator(np.random.PCG64(Seeds())), "of a SeedSequence, got Seeds"),
    ],
)
def test_a_generator_that_no_file_holds_is_refused(seed, told, path):
    with pytest.raises(ValueError, match=told):
        tn.Sequential([tn.Dense(1)], seed=seed).save(path)
    with pytest.raises(ValueError, match="own generator alone"):
        net(Twice(0.2)).build(4).save(path)
    assert not path.exists()
