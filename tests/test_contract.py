"""The contract of node(x), forward and backward: an error or the right number, never a wrong
one."""

import copy
import pickle
import threading

import numpy as np
import pytest

import tinynet as tn
from tests.table import ROWS

rng = np.random.default_rng(0)
X, Y = rng.standard_normal((2, 6)), rng.integers(0, 2, (1, 6))


def a_model(**settings):
    model = tn.Sequential([tn.Dense(3, tn.tanh), tn.Dense(1, tn.sigmoid)], seed=0, **settings)
    model.compile(tn.SGD(0.5, momentum=0.9), metrics=["accuracy"])
    return model.build(2)


def nodes():
    """A node of every kind with inputs, and what its backward takes."""
    params, grads = {"w": np.ones(2)}, {"w": np.full(2, 0.5)}
    return {
        "activation": (tn.Tanh(), (X,), np.ones((2, 6))),
        "softmax": (tn.Softmax(), (X,), np.ones((2, 6))),
        "layer": (tn.Dense(3, tn.tanh).build(2, seed=0), (X,), np.ones((3, 6))),
        "loss": (tn.MeanSquaredError(), (X, X + 1), 1.0),
        "pair": (tn.BinaryCrossEntropy().pair("sigmoid"), (X[:1], Y), 1.0),
        "optimizer": (tn.SGD(0.1), (params, grads), {"w": np.ones(2)}),
        "model": (a_model(), (X,), np.ones((1, 6))),
    }


every_node = pytest.mark.parametrize("kind", nodes())


@every_node
def test_backward_without_forward(kind):
    node, inputs, dy = nodes()[kind]
    node(*inputs)
    with pytest.raises(RuntimeError, match="expected a forward before this backward, got none"):
        node.backward(dy)


@every_node
def test_backward_twice(kind):
    node, inputs, dy = nodes()[kind]
    node.forward(*inputs)
    assert node.cache
    node.backward(dy)
    assert not node.cache
    with pytest.raises(RuntimeError, match="each forward serves one backward"):
        node.backward(dy)


@every_node
def test_a_refused_backward_keeps_the_cache(kind):
    node, inputs, dy = nodes()[kind]
    node.forward(*inputs)
    with pytest.raises((ValueError, TypeError)):
        node.backward(np.ones((7, 7)))
    node.backward(dy)


def test_backward_belongs_to_the_last_forward():
    for kind, (node, inputs, dy) in nodes().items():
        if kind == "optimizer":
            continue
        other = [np.flip(x) for x in inputs]
        fresh = copy.deepcopy(node)
        node.forward(*inputs)
        node.forward(*other)
        fresh.forward(*other)
        np.testing.assert_array_equal(node.backward(dy), fresh.backward(dy))
        for name, g in fresh.grads.items():
            np.testing.assert_array_equal(node.grads[name], g)


def test_one_activation_in_two_places():
    shared = tn.Tanh()
    model = tn.Sequential(
        [tn.Dense(3, shared), tn.Dense(3, shared), tn.Dense(1, shared)], seed=0
    ).build(2)
    assert tn.check_gradients(model, X).passed
    assert not shared.cache
    first = shared.forward(X)
    shared.forward(first)
    shared.backward(X)
    with pytest.raises(RuntimeError):
        shared.backward(X)


@every_node
def test_what_is_changed_after_forward_does_not_matter(kind):
    node, inputs, dy = nodes()[kind]
    inputs = copy.deepcopy(inputs)
    honest = copy.deepcopy(node)
    honest.forward(*copy.deepcopy(inputs))
    y = node.forward(*inputs)
    for array in [y, *inputs]:
        for a in array.values() if isinstance(array, dict) else [array]:
            if isinstance(a, np.ndarray):
                a[...] = -7
    if kind != "optimizer":
        for name in node.params:
            node.params[name][...] = 5
    expected, got = honest.backward(dy), node.backward(dy)
    for g, e in zip(leaves(got), leaves(expected), strict=True):
        np.testing.assert_array_equal(g, e)
    for name, e in honest.grads.items():
        np.testing.assert_array_equal(node.grads[name], e)


def leaves(x):
    if isinstance(x, tuple):
        return [leaf for part in x for leaf in leaves(part)]
    return list(x.values()) if isinstance(x, dict) else [x]


def test_a_hyperparameter_that_changes_takes_the_cache_with_it():
    sgd = tn.SGD(0.1)
    sgd.forward({"w": np.ones(1)}, {"w": np.ones(1)})
    sgd.learning_rate = 0.2
    with pytest.raises(RuntimeError):
        sgd.backward({"w": np.ones(1)})


@pytest.mark.parametrize(
    ("make", "change"),
    [
        (tn.LeakyReLU, lambda node: setattr(node, "slope", 0.5)),
        (lambda: tn.Dense(3, "leaky_relu"), lambda node: setattr(node.activation, "slope", 0.5)),
        (lambda: tn.Dense(3, "tanh"), lambda node: setattr(node, "activation", "relu")),
        (
            lambda: tn.Residual([tn.Dense(3, "leaky_relu")]),
            lambda node: setattr(node.layers[0].activation, "slope", 0.5),
        ),
        (
            lambda: tn.Sequential([tn.Dense(3, "leaky_relu")], seed=0),
            lambda node: setattr(node.layers[0].activation, "slope", 0.5),
        ),
    ],
)
def test_backward_needs_the_settings_of_its_forward(make, change):
    node, ones = make(), np.ones((3, 2))
    if not isinstance(node, tn.Activation):
        node.build(3)
    node.forward(ones)
    change(node)
    with pytest.raises(RuntimeError, match="expected a forward before this backward"):
        node.backward(ones)
    node.forward(ones)
    node.backward(ones)


def test_a_pair_needs_the_settings_of_its_forward():
    huber = tn.Huber().pair("leaky_relu")
    huber.forward(-np.ones((1, 2)), np.ones((1, 2)))
    huber.activation.slope = 0.5
    with pytest.raises(RuntimeError, match="expected a forward before this backward"):
        huber.backward()
    assert tn.Huber().pair("leaky_relu").activation.slope == 0.01


def test_the_hypergradient_has_the_gradient_of_its_own_step():
    """forward copies the gradients. A library that kept the caller's buffer, which was then used
    again, gave -0.170 for -0.042."""
    sgd, buffer = tn.SGD(0.1), np.array([0.3, -0.2])
    sgd.forward({"w": np.zeros(2)}, {"w": buffer})
    buffer[...] = 5
    sgd.backward({"w": np.array([0.1, -0.06])})
    assert sgd.grads["learning_rate"] == pytest.approx(-0.042, rel=1e-14)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_using_a_node_writes_nothing(row, monkeypatch):
    def refuse(self, name, value):
        raise AssertionError(f"{self} wrote {name}")

    @row.law_of_kinds
    def check(case):
        state = pickle.dumps(case.node)
        with monkeypatch.context() as patch:
            patch.setattr(tn.Node, "__setattr__", refuse, raising=False)
            case.node(*case.inputs)
        assert pickle.dumps(case.node) == state

    check()


def test_looking_at_a_model_writes_nothing(monkeypatch):
    model = a_model()
    model.fit(X, Y, epochs=3, batch_size=2, verbose=0)
    model.forward(X)

    def refuse(self, name, value):
        raise AssertionError(f"{self} wrote {name}")

    state = pickle.dumps(model)
    monkeypatch.setattr(tn.Node, "__setattr__", refuse, raising=False)
    model.predict(X)
    model(X)
    model.predict_classes(X)
    model.evaluate(X, Y)
    model.trace(X)
    model.gradients(X, Y)
    model.get_weights()
    repr(model)
    assert pickle.dumps(model) == state
    with pytest.raises(AssertionError, match="wrote cache"):
        model.forward(X)
    monkeypatch.undo()
    model.check_gradients(X, Y)
    assert pickle.dumps(model) == state


def test_inference_from_many_threads():
    model, results = a_model(), {}
    inputs = [rng.standard_normal((2, 1000)) for _ in range(8)]

    def work(i):
        results[i] = [model.predict(inputs[i]) for _ in range(50)]

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i, x in enumerate(inputs):
        assert all(np.array_equal(result, model.predict(x)) for result in results[i])


def test_what_is_handed_out_never_changes():
    model = a_model()
    A = model.forward(X)
    model.backward(np.ones((1, 6)))
    J, grads = model.gradients(X, Y)
    handed = [A, model.predict(X), *grads.values(), *model.get_weights(), *model.trace(X).values()]
    handed += [model.layers[0].dW, model.layers[1].db, *model.grads.values()]
    before = [a.copy() for a in handed]
    for batch_size in (None, 2):
        model.fit(X, Y, epochs=5, batch_size=batch_size, verbose=0)
    model.forward(X)
    model.backward(np.zeros((1, 6)))
    for a, b in zip(handed, before, strict=True):
        np.testing.assert_array_equal(a, b)
    assert isinstance(J, float)


def test_only_an_optimizer_writes_to_its_arguments():
    model = a_model()
    x, y = X.copy(), Y.copy()
    x.flags.writeable = y.flags.writeable = False
    for batch_size in (None, 2):
        model.fit(x, y, epochs=2, batch_size=batch_size, verbose=0)
    model.evaluate(x, y)
    model.predict(x)


def test_the_plain_path_agrees_with_the_pair():
    model = a_model()
    loss = tn.BinaryCrossEntropy()
    J, grads = model.gradients(X, Y)
    assert loss.forward(model.forward(X), Y) == pytest.approx(J, rel=1e-14)
    model.backward(loss.backward())
    for name, g in model.grads.items():
        np.testing.assert_allclose(g, grads[name], rtol=1e-12)
    with pytest.raises(FloatingPointError, match="a finite output"):
        loss([[1.0]], [0])
    assert loss([[1.0, 0.0]], [1, 0]) == 0


def test_training_by_hand_is_fit():
    """Training by hand: forward and backward of each of the four kinds."""
    fitted, model = a_model(), a_model()
    loss, optimizer = tn.BinaryCrossEntropy(), tn.SGD(0.5, momentum=0.9)
    for _ in range(50):
        loss.forward(model.forward(X), Y)
        model.backward(loss.backward())
        optimizer.forward(model.params, model.grads)
    fitted.fit(X, Y, epochs=50, verbose=0)
    for name, p in fitted.params.items():
        np.testing.assert_allclose(model.params[name], p, rtol=1e-10)


def test_an_optimizer_learns_its_own_learning_rate():
    """Hypergradient descent on a parabola: the rate grows from 0.001 and the minimum comes
    sooner."""
    theta, sgd = {"w": np.array([1.0])}, tn.SGD(0.001)
    for _ in range(200):
        sgd.forward(theta, {"w": 2 * theta["w"]})
        sgd.backward({"w": 2 * theta["w"]})
        sgd.learning_rate = sgd.learning_rate - 0.001 * float(sgd.grads["learning_rate"])
    assert sgd.learning_rate > 0.01
    assert abs(theta["w"][0]) < abs(0.998**200) / 2


def test_a_copy_trains_on_its_own():
    model = a_model()
    model.fit(X, Y, 3, batch_size=4, verbose=0)
    copies = [copy.deepcopy(model), pickle.loads(pickle.dumps(model))]
    weights = model.get_weights()
    for twin in copies:
        twin.fit(X, Y, 3, batch_size=4, verbose=0)
    for held, p in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(held, p)
    model.fit(X, Y, 3, batch_size=4, verbose=0)
    for twin in copies:
        for p, q in zip(model.get_weights(), twin.get_weights(), strict=True):
            np.testing.assert_array_equal(p, q)


def test_a_model_s_backward_belongs_to_its_own_forward():
    model = a_model()
    model.forward(X)
    model.layers[0].forward(2 * X)
    with pytest.raises(RuntimeError, match=r"got another of layer 1, Dense\(3\)"):
        model.backward(np.ones((1, 6)))
