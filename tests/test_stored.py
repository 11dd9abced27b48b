"""What a step stores: parts of one vector in several places, slots that a step writes into, arrays
that are not the tape's; and methods that a training would pass by. Each was silently another number
than the methods say."""

import numpy as np
import pytest

import tinynet as tn
from tests.ways import WAYS, equal, taken
from tinynet.optimizers.base import DUSTING
from tinynet.optimizers.limits import NOT_OWN

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(3, 12)), rng.normal(size=(3, 12))


class Parts(tn.Layer):
    """Its gradients are parts of one vector, in an order of its own."""

    steady = True

    def __init__(self, order):
        super().__init__(3)
        self.order = order

    def make_params(self, n_in, rng):
        return {name: np.ones(1) for name in "abc"}

    def preactivation(self, X):
        p = self.params
        return X * p["b"] + p["a"] * X[::-1] + p["c"]

    def parameter_gradients(self, dZ, cache):
        sums = (dZ * cache["X"]).sum(axis=1)
        return {n: sums[i : i + 1] for n, i in zip("abc", self.order, strict=True)}

    def input_gradient(self, dZ, cache):
        return dZ


class Shared(Parts):
    """One number of the vector is the state after the pass, too."""

    steady = True

    def make_state(self, n_in):
        return {"m": np.zeros(1)}

    def run(self, X):
        A, cache = super().run(X)
        squares = np.square(X).sum(axis=1)
        return A, {**cache, "state": {"m": squares[1:2]}, "squares": squares}

    def parameter_gradients(self, dZ, cache):
        squares = cache["squares"]
        return {"a": squares[:1], "b": dZ.sum(axis=1)[:1], "c": squares[2:]}


LAYERS = {f"{o}": (lambda o=o: Parts(o)) for o in [(0, 1, 2), (0, 2, 1), (2, 1, 0), (1, 1, 0)]}
LAYERS["a state"] = lambda: Shared(None)


@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
@pytest.mark.parametrize("size", [None, 5])
def test_parts_of_one_vector(layer, size):
    found = []
    for way in WAYS:
        model = tn.Sequential([tn.Dense(3), layer(), tn.Dense(3)], seed=0)
        model.compile(tn.SGD(0.01), "mse")
        with taken(way):
            model.fit(X, Y, 5, size, verbose=0)
        state = [a.copy() for a in model.layers[1].state.values()]
        found.append([*model.get_weights(), *state])
    equal(*found)


class Momentum(tn.Optimizer):
    """It writes into the mapping that it is given."""

    steady = True
    slot_names = ("v",)

    def step(self, p, g, slots, rate):
        slots["v"] = 0.9 * slots["v"] + g
        return rate * slots["v"], slots


@pytest.mark.parametrize("way", WAYS)
def test_a_step_that_writes_into_its_slots(way):
    models = [tn.Sequential([tn.Dense(2, "tanh"), tn.Dense(3)], seed=0) for _ in range(2)]
    for model, optimizer in zip(models, [Momentum(0.05), tn.SGD(0.05, 0.9)], strict=True):
        model.compile(optimizer, "mse")
        with taken(way):
            model.fit(X, Y, 9, verbose=0)
    for a, b in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


ELSEWHERE = []


class Looking(tn.Activation):
    """It looks at weights of another layer that it does not hold."""

    steady = True

    def __init__(self, how):
        super().__init__()
        self.how = how

    def value(self, Z):
        return self.how(Z, ELSEWHERE[0].b)

    def derivative(self, Z):
        return np.ones_like(Z)


LOOKS = {
    "maximum": np.maximum,
    "minimum of a row": lambda Z, b: np.minimum(Z, b[:1]),
    "sum": lambda Z, b: Z + b,
    "of no dimension": lambda Z, b: Z * b[0, 0, ...],
}


@pytest.mark.parametrize("how", LOOKS.values(), ids=LOOKS)
def test_an_array_that_is_not_the_tape_s_is_walked(how):
    found = []
    for steady in (True, False):
        looking = type("Mine", (Looking,), {"steady": steady})(how)
        model = tn.Sequential([tn.Dense(4), tn.Dense(4, looking), tn.Dense(3)], seed=0)
        ELSEWHERE[:] = model.layers[:1]
        model.compile(tn.SGD(0.1), "mse")
        if steady:
            with pytest.warns(UserWarning, match="not the tape's"):
                model.fit(X, Y, 6, verbose=0)
        else:
            model.fit(X, Y, 6, verbose=0)
        found.append(model.history.history["loss"])
    assert found[0] == found[1]


@pytest.mark.parametrize("name", NOT_OWN)
@pytest.mark.parametrize("kind", [tn.SGD, tn.Adam])
def test_limits_of_one_s_own_are_refused(name, kind):
    """Some were called when played, some when walked, some by hand only."""
    own = type("Own", (kind,), {name: lambda self, *inputs: inputs, "steady": True})
    model = tn.Sequential([tn.Dense(3)], seed=0)
    with pytest.raises(TypeError, match=f"Own: expected the {name} of Optimizer, got its own"):
        model.compile(own(0.1), "mse")


class First(tn.Activation):
    """It reads the first example."""

    steady = True

    def value(self, Z):
        return Z * Z[:, :1]

    def derivative(self, Z):
        return np.ones_like(Z)


def test_who_reads_the_first_example_is_found_before_a_batch_is_cut():
    model = tn.Sequential([tn.Dense(4, First()), tn.Dense(3)], seed=0)
    model.compile(tn.SGD(1e-3), "mse")
    many = np.tile(X, 5000)
    with pytest.raises(ValueError, match="do not depend on other examples"):
        model.fit(many, many, 1, verbose=0)
    with pytest.raises(ValueError, match="do not depend on other examples"):
        model.predict(many)


METHODS = {
    "parameter_gradients": (tn.BatchNorm, tn.LayerNorm),
    "input_gradient": (tn.BatchNorm, tn.LayerNorm, tn.Dropout),
    "preactivation": (tn.BatchNorm, tn.LayerNorm, tn.Dropout),
}


@pytest.mark.parametrize(("name", "kind"), [(n, k) for n, ks in METHODS.items() for k in ks])
def test_a_method_that_the_whole_would_pass_by_is_refused(name, kind):
    def own(self, *inputs):
        return getattr(kind, name)(self, *inputs)

    settings = [0.5] if kind is tn.Dropout else []
    with pytest.raises(TypeError, match=f"expected no {name} alone, got its own"):
        type("Own", (kind,), {name: own})(*settings).build(3)
    whole = "run" if name == "preactivation" else "pullback"

    def around(self, *inputs):
        return getattr(kind, whole)(self, *inputs)

    type("Own", (kind,), {name: own, whole: around})(*settings).build(3)


def test_a_build_of_one_s_own_is_refused():
    class Own(tn.Dense):
        def build(self, n_in, seed=None, dtype="float64"):
            return super().build(n_in, seed, dtype)

    with pytest.raises(TypeError, match=r"Own\(2\): expected the build of Layer, got its own"):
        tn.Sequential([Own(2)])


def test_a_scale_of_one_s_own():
    class Own(tn.TruncatedNormal):
        def scale(self, n_out, n_in):
            return 1e-3 / n_in

    drawn = Own(1.0)((40, 4), np.random.default_rng(0))
    assert 1e-4 < np.abs(drawn).max() <= 2 * 1e-3 / 4


class Rounding(tn.SGD):
    """Slots that it changes as one array, every so many steps."""

    steady = True

    def without_dust(self, slot, a):
        return a / np.abs(a).max()


@pytest.mark.parametrize("steady", [True, False])
def test_a_without_dust_of_one_s_own_is_called_array_by_array(steady):
    own = type("Own", (Rounding,), {"steady": steady})
    model = tn.Sequential([tn.Dense(2, "tanh"), tn.Dense(3)], seed=0)
    model.compile(own(1e-9, momentum=0.9), "mse")
    model.fit(X, Y, DUSTING - 1, verbose=0)
    before = {name: a.copy() for name, a in model.optimizer.slots["v"].items()}
    _, grads = model.gradients(X, Y)
    model.fit(X, Y, 1, verbose=0)
    for name, v in model.optimizer.slots["v"].items():
        expected = 0.9 * before[name] / np.abs(before[name]).max() + grads[name]
        np.testing.assert_allclose(v, expected, rtol=1e-9)


class Swapping(tn.SGD):
    """Two numbers that it learns change places in every step."""

    def __init__(self):
        super().__init__(0.1)
        self.numbers_held = {"a": np.array(1.0), "b": np.array(2.0)}

    @property
    def learned(self):
        return vars(self).get("numbers_held", {})

    def look(self, g, slots, learned, *numbers):
        return g, {"a": learned["b"], "b": learned["a"]}

    def step(self, p, g, slots, rate, *others):
        return rate * g, {"v": g}


def test_numbers_that_are_learned_may_change_places():
    swapping, w = Swapping(), {"w": np.ones(2)}
    swapping.forward(w, w)
    assert {name: float(a) for name, a in swapping.learned.items()} == {"a": 2.0, "b": 1.0}
