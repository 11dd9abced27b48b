"""The checker itself: what it says, what it forgives (rounding, a kink within its step), and what
it does not."""

import numpy as np
import pytest

import tinynet as tn
from tinynet.base.gradcheck import relative

rng = np.random.default_rng(0)
X, Y = rng.standard_normal((3, 8)), rng.integers(0, 2, (1, 8))


def scaled(factor):
    return type("Scaled", (tn.Tanh,), {"derivative": lambda self, Z: factor / np.cosh(Z) ** 2})()


def test_the_table_of_a_model():
    model = tn.Sequential([tn.Dense(4, tn.tanh), tn.Dense(1, tn.sigmoid)], seed=0)
    model.compile()
    table = model.check_gradients(X, Y)
    assert [row.name for row in table.rows] == ["W1", "b1", "W2", "b2"]
    assert [row.shape for row in table.rows] == [(4, 3), (4, 1), (1, 4), (1, 1)]
    assert [row.checked for row in table.rows] == [12, 4, 4, 1]
    assert table.worst_error == max(row.error for row in table.rows) < 1e-8
    assert len(table.worst_index) == 2
    assert "gradient check passed, worst error" in str(table)
    titles = str(table).splitlines()[1].split()
    assert titles == ["shape", "checked", "error", "worst", "at", "backward", "difference"]
    _, grads = model.gradients(X, Y)
    for row in table.rows:
        assert row.exact == pytest.approx(grads[row.name][row.at], rel=1e-12)
        assert row.numeric == pytest.approx(row.exact, rel=1e-6)


def test_the_error_names_the_worst_entry():
    def derivative(self, Z):
        slope = 1 / np.cosh(Z) ** 2
        slope[1, 2] *= 1.001
        return slope

    node = type("OneEntryOff", (tn.Tanh,), {"derivative": derivative})()
    with pytest.raises(
        tn.GradientError,
        match=r"OneEntryOff: gradient check FAILED, worst error .* in input 0[\s\S]*\(1, 2\)",
    ):
        tn.check_gradients(node, X)
    assert issubclass(tn.GradientError, AssertionError)


def test_a_factor_of_one_in_a_million_is_caught():
    assert tn.check_gradients(scaled(1.0), X).passed
    for factor in (1 + 1e-6, 1 - 1e-6):
        with pytest.raises(tn.GradientError):
            tn.check_gradients(scaled(factor), X)


def test_an_error_as_large_as_the_tolerance_passes():
    node = type("Steep", (tn.Identity,), {"derivative": lambda self, Z: np.full_like(Z, 1.5)})()
    assert tn.check_gradients(node, [[1.0]], tolerance=0.21).worst_error == pytest.approx(0.2)
    with pytest.raises(tn.GradientError):
        tn.check_gradients(node, [[1.0]], tolerance=0.19)


def forward_once(self, Z):
    return self(Z) if self.cache else tn.Tanh.forward(self, Z)


def derivative_once(self, Z):
    return vars(self).setdefault("slope", tn.Tanh.derivative(self, Z))


STALE = {"forward": forward_once}, {"derivative": derivative_once}


@pytest.mark.parametrize("methods", STALE, ids=["forward", "derivative"])
def test_what_is_left_of_other_inputs_is_found(methods):
    with pytest.raises(tn.GradientError):
        tn.check_gradients(type("Stale", (tn.Tanh,), methods)(), X)


@pytest.mark.parametrize("slope", [1e200, 1e308])
def test_a_huge_fault_is_one_too(slope):
    """Its square is too large for a number."""
    node = type("Huge", (tn.Tanh,), {"derivative": lambda self, Z: np.full_like(Z, slope)})()
    with pytest.raises(tn.GradientError, match=r"worst error 1\.0e\+00 in input 0"):
        tn.check_gradients(node, np.ones((2, 2)))


def test_what_is_no_number_is_no_small_error():
    for none in (np.inf, np.nan):
        assert relative(np.ones(1), np.ones(1), np.array([none])) == np.inf
        assert relative(np.array([none]), np.ones(1), np.ones(1)) == np.inf
    assert relative(np.zeros(1), np.zeros(1), np.zeros(1)) == 0


def test_small_gradients_are_not_hidden():
    """A factor of 2 on a gradient of 1e-9, which an error against max(1, ...) lets through."""
    A = np.full((1, 4), 0.25)
    node = type("Twice", (tn.MeanSquaredError,), {"derivative": lambda self, A, Y: 4 * (A - Y)})()
    assert tn.check_gradients(tn.MeanSquaredError(), A, A + 1e-9).passed
    with pytest.raises(tn.GradientError):
        tn.check_gradients(node, A, A + 1e-9)


def test_a_kink_within_the_step_is_stepped_around():
    Z = np.array([[1e-4, -3e-5, 0.7]])
    assert tn.check_gradients(tn.ReLU(), Z).passed
    with pytest.raises(tn.GradientError):
        tn.check_gradients(tn.ReLU(), np.array([[0.0]]))


def test_the_edge_of_a_domain_is_stepped_around():
    assert tn.check_gradients(tn.BinaryCrossEntropy(), [[1e-4, 1 - 1e-4]], [0, 1]).passed


def test_a_large_array_is_checked_all_over():
    """Only 5 of 4,000 entries are checked one by one, but the random direction moves them all."""

    def parameter_gradients(self, dZ, cache):
        dW = dZ @ cache["X"].T
        dW[13, 17] += 0.5
        return {"W": dW}

    def layer(**methods):
        return type("Layer", (tn.Dense,), methods)(40, "tanh", use_bias=False).build(100, seed=1)

    x = rng.standard_normal((100, 3))
    table = tn.check_gradients(layer(), x, entries=5)
    assert [row.checked for row in table.rows] == [5, 5]
    with pytest.raises(tn.GradientError):
        tn.check_gradients(layer(parameter_gradients=parameter_gradients), x, entries=5)


@pytest.mark.parametrize("entries", [19, 20])
def test_as_many_different_entries_are_moved_as_are_told(entries):
    Z, moved = np.full((4, 5), 0.5), set()

    class Seen(tn.Tanh):
        def forward(self, A):
            moved.add(tuple(np.flatnonzero(A != Z)))
            return super().forward(A)

    assert tn.check_gradients(Seen(), Z, entries=entries).rows[0].checked == entries
    assert [*map(len, moved)].count(1) == entries
    assert any(len(places) == 20 for places in moved) == (entries < 20)


def test_the_rounding_of_a_large_input_is_forgiven():
    """At 1e13 a step of 2^-10 is rounded to none or to two."""
    assert tn.check_gradients(tn.MeanSquaredError(), [[1e13]], [[1e13 + 2]]).passed


def test_float32_nodes_are_checked_in_float64():
    layer = tn.Dense(3, "tanh").build(3, seed=0, dtype="float32")
    assert tn.check_gradients(layer, X.astype(np.float32)).passed
    assert layer.W.dtype == np.float32


def test_nothing_changes():
    layer = tn.Dense(3, "tanh").build(3, seed=0)
    layer.forward(X)
    before = layer.W.copy(), layer.cache["X"].copy()
    tn.check_gradients(layer, X)
    np.testing.assert_array_equal(layer.W, before[0])
    np.testing.assert_array_equal(layer.cache["X"], before[1])


def test_a_gradient_of_the_wrong_shape_or_name():
    flat = type("Flat", (tn.Tanh,), {"pullback": lambda self, dA, cache: (np.zeros(3), {})})()
    with pytest.raises(
        tn.GradientError, match=r"a gradient of shape \(3, 8\) for input 0, got \(3,\)"
    ):
        tn.check_gradients(flat, X)
    extra = type("Extra", (tn.Tanh,), {"pullback": lambda self, dA, cache: (dA, {"W": dA})})()
    with pytest.raises(tn.GradientError, match="gradients of no parameter, got W"):
        tn.check_gradients(extra, X)


def test_large_costs_do_not_hide_small_faults():
    """House prices: the cost is 1e11, and a gradient off by one in ten thousand is still found."""
    prices = 3e5 + 1e5 * rng.standard_normal((1, 8))
    node = type(
        "Off", (tn.MeanSquaredError,), {"derivative": lambda self, A, Y: 2.0002 * (A - Y)}
    )()
    A = prices * 0.9
    assert tn.check_gradients(tn.MeanSquaredError(), A, prices).passed
    with pytest.raises(tn.GradientError):
        tn.check_gradients(node, A, prices)


def test_right_at_the_edge_of_a_domain():
    assert tn.check_gradients(tn.BinaryCrossEntropy(), [[1e-7]], [1]).passed


def test_a_slope_that_is_nearly_none():
    """Adam's first step is g / (|g| + epsilon), nearly the sign of g: an h of 1e-3 is too large for
    it, half of that is not."""
    adam = tn.Adam(1.0, beta_1=0.0, beta_2=0.5, epsilon=2.0**-24)
    assert tn.check_gradients(adam, {"w": np.zeros((1, 1))}, {"w": np.array([[-0.05]])}).passed


def test_each_difference_starts_from_the_same_state():
    """A training pass that reads a state and moves it."""

    class Moving(tn.Layer):
        steady = True

        def make_params(self, n_in, rng):
            return {}

        def make_state(self, n_in):
            return {"peak": np.ones((n_in, 1))}

        def preactivation(self, X):
            return X / self.state["peak"]

        def run(self, X):
            (A, cache), peak = super().run(X), self.state["peak"]
            return A, {**cache, "peak": peak, "state": {"peak": 2 * peak}}

        def parameter_gradients(self, dZ, cache):
            return {}

        def input_gradient(self, dZ, cache):
            return dZ / cache["peak"]

    layer = Moving(2).build(2)
    assert tn.check_gradients(layer, np.array([[1.0, -2.0], [3.0, 0.5]])).passed
    assert layer.state["peak"].tolist() == [[1.0], [1.0]]


@pytest.mark.parametrize("target", [1e8, 1e10, 1e12, 1e13])
@pytest.mark.parametrize("factor", [1.0, 1.5, 0.0, -1.0])
def test_targets_far_from_0_hide_no_fault(factor, target):
    """With small steps the rounding of J is larger than its change."""

    class Scaled(tn.Dense):
        def parameter_gradients(self, dZ, cache):
            grads = super().parameter_gradients(dZ, cache)
            return {name: factor * g for name, g in grads.items()}

    model = tn.Sequential([Scaled(1)], seed=0)
    model.compile("sgd", "mse")
    try:
        found = model.check_gradients(X, np.full((1, X.shape[1]), target)).passed
    except tn.GradientError:
        found = False
    assert found == (factor == 1)


def test_a_large_constant_hides_no_fault():
    for slope, right in [(2, True), (3, False)]:
        methods = {
            "costs": lambda self, A, Y: np.square(A - Y) + 1e12,
            "derivative": lambda self, A, Y, slope=slope: slope * (A - Y),
        }
        node = type("Far", (tn.MeanSquaredError,), methods)()
        try:
            assert tn.check_gradients(node, X, 0 * X).passed == right
        except tn.GradientError:
            assert not right
