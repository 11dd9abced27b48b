"""What `fit` promises: a second fit continues the first, what a seed fixes, what a batch is, what
happens when a cost diverges."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinynet as tn
from tinynet.engine.work import Work

rng = np.random.default_rng(0)
X, Y = rng.standard_normal((2, 30)), rng.integers(0, 2, (1, 30))


@pytest.fixture(params=["planned", "walked"], autouse=True)
def both_ways(request, monkeypatch):
    """Every test here runs with played and with walked steps."""
    if request.param == "walked":
        monkeypatch.setattr(Work, "steady", False)


def a_model(optimizer=None, seed=0, hidden=tn.tanh, **settings):
    model = tn.Sequential([tn.Dense(3, hidden), tn.Dense(1, tn.sigmoid)], seed=seed, **settings)
    model.compile(optimizer or tn.SGD(0.5, momentum=0.9), metrics=["accuracy"])
    return model


def same(one, other):
    for p, q in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(p, q)


@settings(max_examples=50)
@given(
    a=st.integers(0, 5),
    b=st.integers(0, 5),
    batch_size=st.none() | st.integers(1, 40),
    shuffle=st.booleans(),
    kind=st.sampled_from(["sgd", "adam"]),
)
def test_fit_a_then_b_is_fit_a_plus_b(a, b, batch_size, shuffle, kind):
    one, two = a_model(kind), a_model(kind)
    whole = one.fit(X, Y, a + b, batch_size, shuffle, verbose=0)
    first = two.fit(X, Y, a, batch_size, shuffle, verbose=0)
    second = two.fit(X, Y, b, batch_size, shuffle, verbose=0)
    same(one, two)
    assert (len(first), len(second)) == (a, b)
    for name, numbers in whole.history.items():
        assert numbers == first.history.get(name, []) + second.history.get(name, [])
    assert two.history.history == one.history.history == whole.history


def test_reset_starts_again():
    for seed in (3, np.random.default_rng(3), np.random.RandomState(3)):
        model = a_model("adam", seed=seed)
        first = model.fit(X, Y, 4, batch_size=7, verbose=0)
        model.reset()
        assert len(model.history) == 0
        for _ in range(2):
            again = model.fit(X, Y, 4, batch_size=7, verbose=0)
            assert again.history == first.history
            model.reset()
            assert not model.layers[0].grads
    a_model().reset()


def test_reset_of_a_model_without_an_optimizer():
    model = tn.Sequential([tn.Dense(1, "sigmoid")], seed=3).build(2)
    first = model.get_weights()
    model.set_weights([w + 1 for w in first])
    model.reset()
    for p, q in zip(model.get_weights(), first, strict=True):
        np.testing.assert_array_equal(p, q)


def test_seeds():
    assert (
        a_model(seed=1).build(2).params["W1"].tolist()
        == a_model(seed=np.random.default_rng(1)).build(2).params["W1"].tolist()
    )
    assert (
        a_model(seed=1).build(2).params["W1"].tolist()
        != a_model(seed=2).build(2).params["W1"].tolist()
    )
    assert (
        a_model(seed=None).build(2).params["W1"].tolist()
        != a_model(seed=None).build(2).params["W1"].tolist()
    )
    shared = np.random.default_rng(1)
    assert (
        a_model(seed=shared).build(2).params["W1"].tolist()
        != a_model(seed=shared).build(2).params["W1"].tolist()
    )


def test_no_global_random_state():
    state = np.random.get_state()[1].tolist()
    a_model(seed=None).fit(X, Y, 3, batch_size=4, verbose=0)
    tn.data.planar()
    assert np.random.get_state()[1].tolist() == state


def test_weights_are_drawn_layer_by_layer_with_one_call_each():
    draws = np.random.RandomState(3)
    layers = [tn.Dense(4, tn.tanh, initializer=tn.Normal(0.01)), tn.Dense(2, tn.relu), tn.Dense(1)]
    model = tn.Sequential(layers, seed=np.random.RandomState(3)).build(3)
    np.testing.assert_array_equal(model.layers[0].W, draws.standard_normal((4, 3)) * 0.01)
    np.testing.assert_array_equal(model.layers[1].W, draws.standard_normal((2, 4)) * np.sqrt(2 / 6))
    np.testing.assert_array_equal(model.layers[2].W, draws.standard_normal((1, 2)) * np.sqrt(2 / 3))
    assert not any(layer.b.any() for layer in model.layers)


class Widening(tn.Activation):
    """Returns float64 for an input of any dtype."""

    def value(self, Z):
        return Z.astype(np.float64)

    def derivative(self, Z):
        return np.ones(Z.shape)


@pytest.mark.parametrize("m", [3, 300])
def test_outputs_are_of_the_model_s_dtype(m):
    model = tn.Sequential([tn.Dense(2, Widening())], seed=0, dtype="float32").build(2)
    assert model.predict(np.ones((2, m))).dtype == np.float32


def test_the_epoch_s_loss_of_batches_is_their_mean():
    """Each batch's cost before its own update, weighted by its size: by hand."""
    model, twin = a_model(), a_model()
    twin.build(2)
    report = model.fit(X, Y, 1, batch_size=8, shuffle=False, verbose=0)
    total, hits = 0.0, 0.0
    for start in range(0, 30, 8):
        part = slice(start, start + 8)
        x, y = X[:, part], Y[:, part]
        J, grads = twin.gradients(x, y)
        total += J * x.shape[1] / 30
        hits += np.sum(twin.predict_classes(x) == y) / 30
        twin.optimizer.forward(twin.params, grads)
    assert report.history["loss"] == [pytest.approx(total, rel=1e-14)]
    assert report.history["accuracy"] == [pytest.approx(hits, rel=1e-14)]
    same(model, twin)


def test_every_example_is_seen_once_an_epoch():
    """With a zero gradient nothing moves, so the mean over any batches is the cost of the whole
    set."""
    model = a_model(tn.SGD(1e-300))
    whole = model.build(2).evaluate(X, Y)["loss"]
    for batch_size, shuffle in itertools.product([1, 7, 29, 30, 31], [True, False]):
        assert model.fit(X, Y, 1, batch_size, shuffle, verbose=0).history["loss"][
            0
        ] == pytest.approx(whole, rel=1e-13)


def test_batches_are_shuffled():
    runs = [
        a_model().fit(X, Y, 3, batch_size=5, shuffle=shuffle, verbose=0).history["loss"]
        for shuffle in (True, False)
    ]
    assert runs[0] != runs[1]


def test_the_whole_set_needs_no_draw():
    model = a_model(seed=np.random.default_rng(5)).build(2)
    before = model._generator.bit_generator.state
    model.fit(X, Y, 2, verbose=0)
    model.fit(X, Y, 2, batch_size=30, verbose=0)
    assert model._generator.bit_generator.state == before


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "optimizer", [tn.SGD(0.1, 0.9), tn.SGD(0.1, 0.9, nesterov=True), tn.Adam(0.1)]
)
def test_one_dtype_throughout(dtype, optimizer):
    model = a_model(optimizer, dtype=dtype, hidden=tn.leaky_relu)
    model.fit(X, Y, 3, batch_size=7, verbose=0)
    J, grads = model.gradients(X, Y)
    arrays = [*model.get_weights(), *grads.values(), model.predict(X), *model.trace(X).values()]
    arrays += [slot for slots in model.optimizer.slots.values() for slot in slots.values()]
    assert {a.dtype for a in arrays} == {np.dtype(dtype)}
    assert isinstance(J, float)
    assert model.check_gradients(X, Y).passed


def test_rows_are_columns_turned():
    columns, rows = a_model(), a_model(examples="rows")
    columns.fit(X, Y, 5, batch_size=7, verbose=0)
    rows.fit(X.T, Y.T, 5, batch_size=7, verbose=0)
    same(columns, rows)
    np.testing.assert_array_equal(rows.predict(X.T), columns.predict(X).T)
    np.testing.assert_array_equal(rows.predict_classes(X.T), columns.predict_classes(X)[0])
    assert rows.evaluate(X.T, Y.ravel()) == columns.evaluate(X, Y)
    for name, seen in columns.trace(X).items():
        np.testing.assert_array_equal(rows.trace(X.T)[name], seen.T)
    np.testing.assert_array_equal(rows.forward(X.T), columns.forward(X).T)
    np.testing.assert_array_equal(
        rows.backward(np.ones((30, 1))), columns.backward(np.ones((1, 30))).T
    )
    assert rows.check_gradients(X.T, Y.T).passed


def test_one_example_and_one_unit():
    model = tn.Sequential([tn.Dense(1, tn.sigmoid)], seed=0)
    model.compile("sgd")
    model.fit([[1.0]], [1], 3, batch_size=5, verbose=0)
    assert model.predict([[1.0]]).shape == (1, 1)


def test_epochs_zero():
    model = a_model()
    assert len(model.fit(X, Y, 0, verbose=0)) == 0
    assert model.params


def test_the_default_is_adam_and_the_matching_loss():
    for last, loss in [
        (tn.sigmoid, tn.BinaryCrossEntropy),
        (tn.softmax, tn.CrossEntropy),
        (tn.identity, tn.MeanSquaredError),
    ]:
        model = tn.Sequential([tn.Dense(2, last)])
        model.compile()
        assert isinstance(model.optimizer, tn.Adam)
        assert isinstance(model._cost.pair.loss, loss)


def test_set_weights_gives_the_same_model():
    one, other = a_model(seed=1).build(2), a_model(seed=2).build(2)
    weights = one.get_weights()
    other.set_weights(weights)
    weights[0][...] = 7
    same(one, other)
    np.testing.assert_array_equal(one.predict(X), other.predict(X))


def test_compiling_again_keeps_the_weights():
    model = a_model().build(2)
    before = model.get_weights()
    model.compile("sgd", metrics=["accuracy"])
    model.fit(X, Y, 0, verbose=0)
    for p, q in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(p, q)


class Interrupted(tn.SGD):
    """Ctrl-C before its sixth step."""

    armed = True

    def numbers(self, t):
        if t == 6 and self.armed:
            raise KeyboardInterrupt
        return (self.learning_rate, t)  # t as a second scalar, which changes every step

    def step(self, p, g, slots, rate, t):
        return super().step(p, g, slots, rate)


def test_an_interrupt_leaves_a_model_that_goes_on():
    model = a_model(Interrupted(0.5, 0.9))
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, 10, verbose=0)
    assert len(model.history) == model.optimizer.steps == 5
    model.optimizer.armed = False
    model.fit(X, Y, 5, verbose=0)
    twin = a_model(tn.SGD(0.5, 0.9))
    twin.fit(X, Y, 10, verbose=0)
    same(model, twin)
    assert model.history.history == twin.history.history


def test_other_metrics_later():
    model = tn.Sequential([tn.Dense(1, tn.sigmoid)], seed=0)
    model.compile("sgd")
    model.fit(X, Y, 2, verbose=0)
    model.compile("sgd", metrics=["accuracy"])
    report = model.fit(X, Y, 3, verbose=0)
    assert len(report.history["accuracy"]) == 3
    assert not any(np.isnan(report.history["accuracy"]))
    assert np.isnan(model.history.history["accuracy"]).tolist() == [True, True, False, False, False]
