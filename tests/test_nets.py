"""Whole random nets, one to four layers under each loss: the cost's gradient against mpmath and
against differences."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinynet as tn
from tests import references as ref
from tests.cases import SEEDS
from tests.rows_losses import CLASSES, PAIRS, SOFT, one_hot
from tests.rows_nets import net, penalty

SMOOTH = ["identity", "sigmoid", "tanh", "softplus", "silu", "gelu", "softmax"]
HIDDEN = st.sampled_from([*SMOOTH, "relu", "leaky_relu", "elu", "selu"])
REGRESSIONS = [
    (tn.MeanSquaredError(), "tanh"),
    (tn.LogCosh(), "identity"),
    (tn.Poisson(), "softplus"),
    (tn.Poisson(), "exponential"),
]
REGULARIZERS = st.sampled_from([None, None, tn.L1(0.1), tn.L2(0.1), tn.L1L2(0.1, 0.2)])
CLEARANCE = 0.01  # how far Z stays from a kink
KINKED = tn.ReLU, tn.LeakyReLU


def clear_of_kinks(model, X):
    Z = [
        z
        for name, z in model.trace(X).items()
        if name[0] == "Z" and isinstance(model.layers[int(name[1:]) - 1].activation, KINKED)
    ]
    return all(np.abs(z).min() > CLEARANCE for z in Z)


@st.composite
def problems(draw, loss, last):
    depth, m, n_x = draw(st.integers(1, 4)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    n_y = draw(st.integers(2 if isinstance(loss, CLASSES) else 1, 3))
    kinds, regularizer = [draw(HIDDEN) for _ in range(depth - 1)], draw(REGULARIZERS)
    widths = [draw(st.integers(1, 3)) for _ in kinds]
    seed = draw(SEEDS)
    for attempt in range(1000):
        rng = np.random.default_rng([seed, attempt])
        layers = [
            tn.Dense(*pair, bias_initializer=tn.Normal(0.5))
            for pair in zip(widths, kinds, strict=True)
        ]
        layers.append(tn.Dense(n_y, last, regularizer=regularizer))
        model = tn.Sequential(layers, seed=rng, examples="columns")
        model.build(n_x)
        X = rng.standard_normal((n_x, m))
        if clear_of_kinks(model, X):
            break
    Y = rng.standard_normal((n_y, m))
    if isinstance(loss, CLASSES):
        Y = one_hot(rng.integers(0, n_y, m), n_y)
    elif isinstance(loss, (tn.BinaryCrossEntropy, tn.Poisson)):
        Y = rng.integers(0, 2, (n_y, m)).astype(float)
    model.compile(loss=loss)
    return model, X, Y, rng


@pytest.mark.parametrize(("loss", "last"), [*PAIRS, *SOFT, *REGRESSIONS], ids=str)
def test_the_gradient_of_a_random_net(loss, last):
    @settings(max_examples=20)
    @given(problems(loss, last))
    def check(problem):
        model, X, Y, rng = problem
        arrays = {name: ref.exact(p) for name, p in model.params.items()}
        X_exact, Y_exact = ref.exact(X), ref.exact(Y)
        W = f"W{len(model.layers)}"

        def cost(moved):
            J = ref.loss(loss)(net(model, {"X": X_exact, **moved}), Y_exact)
            return J + penalty(model.layers[-1].regularizer, {"W": moved[W]})

        J, grads = model.gradients(X, Y)
        assert abs(J - cost(arrays)) <= 1e-13 * (1 + abs(J))
        for name, g in grads.items():
            v = rng.standard_normal(g.shape)
            exact = ref.along(cost, arrays, {name: v})
            assert abs(np.vdot(g, v) - exact) <= 1e-10 * np.linalg.norm(g * v) + 1e-15, name
        assert model.check_gradients(X, Y).passed

    check()


def test_a_short_name_may_stand_alone():
    short, long = (tn.Sequential([tn.Dense(3), x, tn.Dense(1)], seed=0) for x in ("relu", tn.relu))
    X = np.random.default_rng(0).standard_normal((2, 5))
    np.testing.assert_array_equal(short.build(2).predict(X), long.build(2).predict(X))
    with pytest.raises(ValueError, match="rleu"):
        tn.Sequential([tn.Dense(3), "rleu"])
    with pytest.raises(TypeError, match="expected Z as an array"):
        tn.Dense(3, tn.relu())
