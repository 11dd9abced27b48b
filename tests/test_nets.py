"""Whole random nets, one to four layers under each loss: the cost's gradient against mpmath and
against differences."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinynet as tn
from tests import references as ref
from tests.table import PAIRS, SEEDS, net, one_hot

HIDDEN = st.sampled_from(["identity", "sigmoid", "tanh", "relu", "leaky_relu", "softmax"])
CLEARANCE = 0.01  # how far every rectifier's Z stays from its kink


def clear_of_kinks(model, X):
    Z = [
        z
        for name, z in model.trace(X).items()
        if name[0] == "Z" and model.layers[int(name[1:]) - 1].activation.rectifier
    ]
    return all(np.abs(z).min() > CLEARANCE for z in Z)


@st.composite
def problems(draw, kind, last):
    depth, m, n_x = draw(st.integers(1, 4)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    n_y = draw(st.integers(2, 3)) if last == "softmax" else draw(st.integers(1, 3))
    kinds = [draw(HIDDEN) for _ in range(depth - 1)]
    widths = [draw(st.integers(1, 3)) for _ in kinds]
    seed = draw(SEEDS)
    for attempt in range(1000):
        rng = np.random.default_rng([seed, attempt])
        layers = [
            tn.Dense(*pair, bias_initializer=tn.Normal(0.5))
            for pair in zip(widths, kinds, strict=True)
        ]
        model = tn.Sequential([*layers, tn.Dense(n_y, last)], seed=rng, examples="columns")
        model.build(n_x)
        X = rng.standard_normal((n_x, m))
        if clear_of_kinks(model, X):
            break
    Y = {
        tn.MeanSquaredError: rng.standard_normal((n_y, m)),
        tn.BinaryCrossEntropy: rng.integers(0, 2, (n_y, m)).astype(float),
        tn.CrossEntropy: one_hot(rng.integers(0, n_y, m), n_y),
    }[kind]
    model.compile(loss=kind())
    return model, X, Y, rng


@pytest.mark.parametrize(("kind", "last"), [*PAIRS, (tn.MeanSquaredError, "tanh")])
def test_the_gradient_of_a_random_net(kind, last):
    @given(problems(kind, last))
    def check(problem):
        model, X, Y, rng = problem
        arrays = {name: ref.exact(p) for name, p in model.params.items()}
        X_exact, Y_exact = ref.exact(X), ref.exact(Y)

        def cost(moved):
            return ref.LOSSES[kind.__name__](net(model, {"X": X_exact, **moved}), Y_exact)

        J, grads = model.gradients(X, Y)
        assert abs(J - cost(arrays)) <= 1e-13 * (1 + abs(J))
        for name, g in grads.items():
            v = rng.standard_normal(g.shape)
            exact = ref.along(cost, arrays, {name: v})
            assert abs(np.vdot(g, v) - exact) <= 1e-10 * np.linalg.norm(g * v) + 1e-15, name
        assert model.check_gradients(X, Y).passed

    check()
