"""numpy's own inner loops, called without numpy's calls: the same bits, or they are not called."""

import ctypes

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinynet.fused import inner_loops
from tinynet.fused.inner_loops import address, packed, run, same_bits, suits

FUNCTIONS = [np.exp, np.tanh, np.cosh, np.log1p, np.expm1, np.log, np.sin, np.arctan, np.sqrt]
DTYPES = ["float32", "float64"]
SIDE = st.sampled_from([1, 2, 3, 4, 5, 8, 17, 33, 64, 100])
rng = np.random.default_rng(0)


def outline(array):
    return array.shape, array.strides, array.dtype


def called(function, *arrays):
    """What the inner loop writes into the last array."""
    own = packed(function, arrays)
    run(own.ctypes.data)
    return arrays[-1].tobytes()


@pytest.mark.parametrize("order", "CF")
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_a_function_of_one_array(function, dtype, order):
    """Of any numbers, into another array and over itself."""
    special = [0.0, -0.0, np.inf, -np.inf, np.nan, 3e38, -3e38, 1e-40, 88.0, -104.0, 0.5]
    a = np.array([*special, *rng.standard_normal(90) * 10]).astype(dtype)[:99]
    a = np.array(a.reshape(9, 11), order=order)
    out = np.zeros_like(a)
    assert suits(function, [a, out])
    assert suits(function, [a, a])
    assert same_bits(function, *map(outline, (a, out)))
    with np.errstate(all="ignore"):
        expected = function(a).tobytes()
    assert called(function, a, out) == expected
    assert called(function, a, a) == expected


@given(SIDE, SIDE, SIDE, st.sampled_from(DTYPES), st.sampled_from(["CC", "CF", "FC", "FF"]))
def test_a_product(m, n, p, dtype, orders):
    a, b = rng.standard_normal((m, n)).astype(dtype), rng.standard_normal((n, p)).astype(dtype)
    a, b = (np.array(x, order=order) for x, order in zip((a, b), orders, strict=True))
    out = np.empty((m, p), dtype)
    expected = a.dot(b)
    # of two numbers numpy's dot adds nothing to 0
    if same_bits(np.dot, *map(outline, (a, b, out))):
        assert called(np.dot, a, b, out) == expected.tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
def test_products_of_a_small_net(dtype):
    """And of an array with itself, for which BLAS has another way."""
    X, W = rng.standard_normal((3, 400)).astype(dtype), rng.standard_normal((4, 3)).astype(dtype)
    for a, b in ((W, X), (X, X.T), (W.T, W)):
        out = np.empty((len(a), b.shape[1]), dtype)
        assert same_bits(np.dot, *map(outline, (a, b, out)))
        assert called(np.dot, a, b, out) == a.dot(b).tobytes()


a, b = rng.standard_normal((4, 5)), rng.standard_normal((5, 4))
large = np.zeros(300_000)
OTHERS = {
    "of two dtypes": (np.exp, [a, a.astype("f")]),
    "of what does not lie in a row": (np.exp, [a[:, ::2], a[:, ::2].copy()]),
    "of another order": (np.exp, [a, np.asfortranarray(a)]),
    "backwards": (np.exp, [a[::-1], a.copy()]),
    "over a part of itself": (np.exp, [a.ravel()[1:], a.ravel()[:-1]]),
    "of one number for all": (np.exp, [np.zeros((1, 1)), a]),
    "of objects": (np.exp, [a.astype(object), a.astype(object)]),
    "of no numbers": (np.exp, [a[:0], a[:0]]),
    "of many numbers": (np.exp, [large, large]),
    "of two arrays": (np.arctan2, [a, a, a.copy()]),
    "no ufunc": (np.copyto, [a, a.copy()]),
    "a product over what it reads": (np.dot, [a, b, a[:, :4]]),
    "a product of one axis": (np.dot, [a, b[:, 0].copy(), np.zeros(4)]),
    "a large product": (np.dot, [np.zeros((100, 100))] * 2 + [np.zeros((100, 100))]),
}


@pytest.mark.parametrize(("function", "arrays"), OTHERS.values(), ids=OTHERS)
def test_what_stays_numpy_s_call(function, arrays):
    assert not suits(function, arrays)


def test_a_function_without_a_loop_for_the_dtype():
    assert address(np.exp, np.dtype(int)) == (0, 0)
    assert not same_bits(np.exp, *[outline(np.zeros(3, int))] * 2)


class Shifted(ctypes.Structure):
    """Of a numpy in which a ufunc begins otherwise."""

    _fields_ = (("more", ctypes.c_int), *inner_loops.Ufunc._fields_)


class Swapped(ctypes.Structure):
    """Of one in which the names lie where the types should."""

    _fields_ = (*inner_loops.Ufunc._fields_[:-2], *inner_loops.Ufunc._fields_[:-3:-1])


@pytest.mark.parametrize("layout", [Shifted, Swapped])
def test_a_ufunc_that_looks_otherwise(layout, monkeypatch):
    monkeypatch.setattr(inner_loops, "Ufunc", layout)
    assert address.__wrapped__(np.tanh, np.dtype(float)) == (0, 0)


def test_a_loop_that_makes_other_numbers(monkeypatch):
    monkeypatch.setattr(inner_loops, "run", lambda at: None)
    assert not same_bits.__wrapped__(np.tanh, outline(a), outline(a))
