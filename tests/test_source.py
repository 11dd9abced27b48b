"""`model.to_source()`: a module of plain numpy that computes what the objects do."""

import inspect
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinynet as tn

NAMES = ["initialize_parameters", "forward_propagation", "compute_cost", "backward_propagation"]
NAMES += ["update_parameters", "predict", "nn_model"]
HIDDEN = ["identity", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu", "gelu", "silu"]
HIDDEN += ["softplus", "softmax", tn.Gelu(True), tn.Softmax(2.0)]
LOSSES = [("sigmoid", tn.BinaryCrossEntropy(0.1)), ("softmax", "categorical_crossentropy")]
LOSSES += [("softmax", "kl_divergence"), ("identity", "mse"), ("tanh", "huber")]
LOSSES += [("identity", "log_cosh"), ("softplus", "poisson"), ("identity", "mae")]
OPTIMIZERS = {
    "sgd": lambda: tn.SGD(0.1),
    "momentum": lambda: tn.SGD(0.01, 0.9),
    "nesterov": lambda: tn.SGD(0.01, 0.9, nesterov=True),
    "adam": lambda: tn.Adam(0.01),
    "adamw": lambda: tn.AdamW(0.01, weight_decay=0.1),
    "rmsprop": lambda: tn.RMSProp(0.01),
    "rmsprop momentum": lambda: tn.RMSProp(0.01, momentum=0.5),
    "adagrad": lambda: tn.Adagrad(0.1),
}
INITIALIZERS = ["glorot", "he", tn.LeCun("uniform"), tn.Uniform(0.3), tn.Normal(0.1)]


def module(text):
    """What the text defines, once it has run."""
    found = {}
    exec(compile(text, "module", "exec"), found)
    return {name: found[name] for name in NAMES}


def targets(model, m, rng):
    """Targets that any of the losses takes, one-hot where there are several classes."""
    n_y = model.layers[-1].units
    if model._cost.pair.loss.takes_labels:
        return np.eye(n_y)[:, rng.integers(0, n_y, m)]
    return rng.integers(0, 2, (n_y, m)).astype(float)


def require_same(model, m=6, steps=5, tolerance=1e-12):
    """The functions give what the objects give, in each of some steps, to `tolerance` of the
    largest number of an array; each step begins with the same parameters."""
    model.build(3)
    own = module(model.to_source(weights=True))
    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((3, m)), targets(model, m, rng)
    parameters, memory = own["initialize_parameters"](), {}
    for t in range(1, steps + 1):
        A, cache = own["forward_propagation"](X, parameters)
        require_close(A, model(X), tolerance)
        for name, value in model.trace(X).items():
            if name in cache:
                require_close(cache[name], value, tolerance)
        J, grads = model.gradients(X, Y)
        more = [parameters][: own["compute_cost"].__code__.co_argcount - 2]
        assert own["compute_cost"](A, Y, *more) == pytest.approx(J, rel=100 * tolerance)
        found = own["backward_propagation"](parameters, cache, X, Y)
        assert found.keys() == {f"d{name}" for name in grads}
        for name, g in grads.items():
            require_close(found[f"d{name}"], g, 10 * tolerance)
        update = own["update_parameters"]
        asked = inspect.signature(update).parameters
        more = {name: a for name, a in {"memory": memory, "t": t}.items() if name in asked}
        parameters = update(parameters, found, **more)
        if "memory" in asked:
            parameters, memory = parameters
        model.fit(X, Y, verbose=0)
        for name, a in model._arrays().items():
            require_close(parameters[name], a, 100 * tolerance)
            parameters[name] = a.copy()
        if max(np.abs(a).max() for a in parameters.values()) > 1e3:
            break  # it runs away
    said = own["predict"](parameters, X)
    if model.layers[-1].activation.classifies:
        np.testing.assert_array_equal(said, model.predict_classes(X))
    else:
        require_close(said, model.predict(X), tolerance)


def require_close(a, b, tolerance):
    np.testing.assert_allclose(a, b, rtol=0, atol=tolerance * max(1.0, np.abs(b).max()))


def compiled(layers, loss, optimizer="sgd", **settings):
    model = tn.Sequential(layers, **{"seed": 0, "examples": "columns", **settings})
    model.compile(OPTIMIZERS[optimizer](), loss)
    return model


@st.composite
def nets(draw):
    layers = [tn.LayerNorm()] if draw(st.booleans()) else []
    for _ in range(draw(st.integers(0, 3))):
        kind = draw(st.sampled_from(["dense", "dense", "prelu", "alone", "residual", "norm"]))
        activation, bias = draw(st.sampled_from(HIDDEN)), draw(st.booleans())
        regularizer = draw(st.sampled_from([None, "l2", tn.L1L2(0.01, 0.02)]))
        initializer = draw(st.sampled_from(INITIALIZERS))
        own = {"use_bias": bias, "regularizer": regularizer, "initializer": initializer}
        if kind == "dense":
            layers.append(tn.Dense(draw(st.integers(1, 4)), activation, **own))
        elif kind == "residual":
            width = layers[-1].units if layers and layers[-1].units else 3
            layers += [tn.Dense(width), tn.Residual([tn.Dense(width, activation, **own)])]
        elif kind == "norm":
            layers += [tn.Dense(4), tn.LayerNorm()]
        else:
            layers.append(tn.PReLU() if kind == "prelu" else tn.Activate(activation))
    last, loss = draw(st.sampled_from(LOSSES))
    return [*layers, tn.Dense(draw(st.integers(2, 3)), last)], loss


@given(net=nets(), optimizer=st.sampled_from([*OPTIMIZERS]), m=st.integers(1, 7))
def test_drawn_nets(net, optimizer, m):
    require_same(compiled(*net, optimizer), m)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_each_optimizer(optimizer):
    require_same(compiled([tn.Dense(4, "tanh"), tn.Dense(1, "sigmoid")], None, optimizer), 20, 30)


def test_in_float32():
    layers = [tn.Dense(4, "gelu"), tn.LayerNorm(), tn.Dense(3, "softmax")]
    model = compiled(layers, None, "adam", dtype="float32")
    require_same(model, tolerance=1e-6)
    parameters = module(model.to_source())["initialize_parameters"](0)
    assert {a.dtype for a in parameters.values()} == {np.dtype("float32")}


def test_more_examples_than_are_summed_as_a_product():
    require_same(compiled([tn.Dense(4, "tanh"), tn.LayerNorm(), tn.Dense(1)], "mse"), 500, 2)


def test_the_notes_form():
    seed = np.random.RandomState(3)
    small = tn.Normal(0.01)
    layers = [tn.Dense(4, "tanh", initializer=small), tn.Dense(1, "sigmoid", initializer=small)]
    model = tn.Sequential(layers, seed=seed).build(2)
    model.compile(tn.SGD(1.2))
    text = model.to_source()
    lines = [line.strip() for line in text.splitlines()]
    for line in ("Z1 = W1 @ X + b1", "A1 = np.tanh(Z1)", "Z2 = W2 @ A1 + b2", "dW2 = dZ2 @ A1.T"):
        assert line in lines
    for line in ("A2 = 1 / (1 + np.exp(-Z2))", "db1 = dZ1.sum(axis=1, keepdims=True)"):
        assert line in lines
    assert '"W1": rng.standard_normal((4, 2)) * 0.01,' in lines
    assert re.findall(r"^def (\w+)", text, re.MULTILINE) == NAMES
    assert re.findall(r"^import .*", text, re.MULTILINE) == ["import numpy as np"]
    assert "tinynet" not in text


def test_the_loop_gives_the_courses_costs(capsys):
    small, (X, Y) = tn.Normal(0.01), tn.data.planar()
    layers = [tn.Dense(4, "tanh", initializer=small), tn.Dense(1, "sigmoid", initializer=small)]
    model = tn.Sequential(layers, seed=np.random.RandomState(3)).build(2)
    model.compile(tn.SGD(1.2))
    own = module(model.to_source())
    parameters = own["nn_model"](X, Y, 2001, seed=3)
    costs = [line.split(": ")[1] for line in capsys.readouterr().out.splitlines()]
    assert costs == ["0.693162", "0.258625", "0.239334"]
    model.fit(X, Y, 2001, verbose=0)
    assert (own["predict"](parameters, X) == model.predict_classes(X)).all()


@pytest.mark.parametrize("initializer", INITIALIZERS, ids=str)
def test_a_seed_gives_the_weights_of_a_model_with_that_seed(initializer):
    inner = tn.Residual([tn.Dense(3, initializer=initializer)])
    layers = [tn.Dense(3, "relu", initializer=initializer), inner, tn.Dense(1)]
    model = compiled(layers, "mse", seed=5).build(2)
    found = module(model.to_source())["initialize_parameters"](5)
    for name, a in model._arrays().items():
        np.testing.assert_array_equal(found[name], a)


def test_what_standardize_learned_is_there():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(50, 10, (3, 40)), rng.normal(-5, 2, 40)
    layers = [tn.Standardize(), tn.Dense(2, "relu"), tn.Dense(1), tn.Standardize(invert=True)]
    model = compiled(layers, "mse")
    model.optimizer.learning_rate = 0.01
    model.fit(X, Y, 3, verbose=0)
    for weights in (False, True):
        own = module(model.to_source(weights=weights))
        parameters = own["initialize_parameters"]()
        np.testing.assert_array_equal(parameters["mean1"], model.layers[0].state["mean"])
    np.testing.assert_allclose(own["predict"](parameters, X), model.predict(X), rtol=1e-13)
    require_same(model)
