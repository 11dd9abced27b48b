"""Every public node, forward and backward, against mpmath and against central differences, driven
by the table."""

import inspect
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinynet as tn
from tests import references as ref
from tests.table import ROWS

KINDS = {tn.Node, tn.Layer, tn.Activation, tn.Loss, tn.Optimizer, tn.Regularizer}
TINY = np.finfo(float).tiny  # below it a float64 has no digits left to compare

rows = pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)


def test_every_public_node_has_a_row():
    public = {getattr(tn, name) for name in tn.__all__}
    nodes = {thing for thing in public if inspect.isclass(thing) and issubclass(thing, tn.Node)}
    assert nodes - KINDS == {row.covers for row in ROWS.values()}


def named(row, case):
    """The inputs and parameters of a case as mpmath arrays in one mapping: X, W, p.W1, g.W1,
    learning_rate, ..."""
    arrays = {name: ref.exact(p) for name, p in case.node.params.items()}
    for name, x in zip(row.names, case.inputs, strict=True):
        if isinstance(x, Mapping):
            arrays |= {f"{name}.{key}": ref.exact(a) for key, a in x.items()}
        else:
            arrays[name] = ref.exact(x)
    return arrays


def flat(y, prefix):
    """An output or a gradient under the names of `named`."""
    return {f"{prefix}.{key}": a for key, a in y.items()} if isinstance(y, Mapping) else {prefix: y}


def in_place(inputs):
    """Copies where forward writes: the parameters of an optimizer."""
    return tuple(
        {k: a.copy() for k, a in x.items()} if i == 0 and isinstance(x, Mapping) else x
        for i, x in enumerate(inputs)
    )


@rows
def test_forward_equals_the_reference(row):
    @row.law
    def check(case):
        arrays = named(row, case)
        expected = flat(row.reference(case.node, arrays), "y")
        if row.used:
            expected |= {"used": row.used(case.node, arrays)}
        allowed = None if row.rounding is None else row.rounding(case.node, arrays)
        used = flat(case.node(*case.inputs), "y")
        practised = flat(case.node.forward(*in_place(case.inputs)), "y")
        if row.used:
            used["used"], used["y"] = used["y"], practised["y"]
        for name, value in used.items():
            truth = np.asarray(expected[name])
            off = np.abs(ref.exact(value) - truth)
            if allowed is None:
                assert np.all(off <= 4 * np.spacing(np.abs(truth.astype(float)))), (value, truth)
            else:
                assert np.all(off <= 1e-14 * np.asarray(allowed) + TINY), (value, truth)
            np.testing.assert_array_equal(practised.get(name, value), value)

    check()


@rows
def test_backward_equals_the_exact_derivative(row):
    @row.law
    def check(case):
        arrays = named(row, case)
        y = case.node(*case.inputs)
        rng = np.random.default_rng(case.seed)
        w = (
            {k: rng.standard_normal(a.shape) for k, a in y.items()}
            if isinstance(y, Mapping)
            else rng.standard_normal(np.shape(y))
        )
        weights = {name: ref.exact(v) for name, v in flat(w, "y").items()}

        def scalar(moved):
            out = flat(row.reference(case.node, moved), "y")
            return sum(np.sum(out[name] * weights[name]) for name in weights)

        exact = {}  # before forward, which changes an optimizer's slots
        for name in arrays.keys() - {"Y"}:
            exact[name] = ref.derivative(scalar, arrays, name)
        case.node.forward(*in_place(case.inputs))
        d_inputs = case.node.backward(
            float(w) if np.ndim(w) == 0 and not isinstance(w, dict) else w
        )
        d_inputs = d_inputs if isinstance(d_inputs, tuple) else (d_inputs,)
        assert len(d_inputs) == row.differentiable
        got = dict(case.node.grads)
        for name, d in zip(row.names, d_inputs, strict=False):
            got |= flat(d, name)
        assert got.keys() == exact.keys()
        for name, gradient in got.items():
            assert np.shape(gradient) == exact[name].shape
            # the reference's is a difference of its own, some 1e-120 off
            rounding = 1e-100 + 1e-14 * row.terms(case.node, arrays)
            assert_close(gradient, exact[name], 1e-10, rounding)

    check()


def norm(a):
    return ref.mp.sqrt(sum(abs(x) ** 2 for x in np.ravel(a)))


def assert_close(gradient, exact, tolerance, rounding=0):
    """|got - exact| / (|got| + |exact|) in the norm, after subtracting the rounding error of sums;
    what is below float64's range counts as 0."""
    gradient = ref.exact(gradient)
    off = norm(gradient - exact)
    assert off <= tolerance * (norm(gradient) + norm(exact)) + rounding + TINY, (gradient, exact)


@rows
def test_backward_equals_central_differences(row):
    @row.law
    def check(case):
        table = tn.check_gradients(case.node, *case.inputs, seed=case.seed)
        assert table.passed

    check()


@rows
def test_float32_stays_float32(row):
    @row.law_of_kinds
    def check(case):
        case.node.cast(np.float32)
        inputs = [as_float32(x) for x in case.inputs]
        dtypes = [np.asarray(v).dtype for v in flat(case.node(*inputs), "y").values() if np.ndim(v)]
        y = case.node.forward(*in_place(inputs))
        w = as_float32(y) if np.ndim(y) or isinstance(y, Mapping) else 1.0
        d_inputs = case.node.backward(w)
        for d in d_inputs if isinstance(d_inputs, tuple) else (d_inputs,):
            dtypes += [np.asarray(v).dtype for v in flat(d, "d").values()]
        if not isinstance(case.node, tn.Optimizer):
            dtypes += [g.dtype for g in case.node.grads.values()]
        assert set(dtypes) == {np.dtype(np.float32)}

    check()


def as_float32(x):
    return (
        {k: a.astype(np.float32) for k, a in x.items()}
        if isinstance(x, Mapping)
        else np.asarray(x, np.float32)
    )


KINKS = {  # at the kink the documented value, exactly; docs/kit.md has the same values
    "relu": (tn.ReLU(), 0.0),
    "leaky_relu": (tn.LeakyReLU(), 0.01),
    "leaky_relu of slope 0.3": (tn.LeakyReLU(0.3), 0.3),
    "elu of alpha 0.3": (tn.Elu(0.3), 0.3),
    "selu": (tn.Selu(), 1.0507009873554805 * 1.6732632423543772),
}


@pytest.mark.parametrize(("node", "expected"), KINKS.values(), ids=KINKS)
@given(dy=st.floats(-10, 10))
def test_at_a_kink_the_documented_value(node, expected, dy):
    for zero in (0.0, -0.0):
        node.forward(np.array([zero]))
        assert node.backward(np.array([dy])) == dy * expected


def test_adam_at_the_kink_of_its_root():
    adam = tn.Adam(0.1, epsilon=0.5)
    adam.forward({"w": np.zeros(1)}, {"w": np.zeros(1)})
    _, d_grads = adam.backward({"w": np.ones(1)})
    assert d_grads["w"] == pytest.approx(-0.1 / 0.5, rel=1e-14)
