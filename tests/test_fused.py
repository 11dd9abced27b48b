"""Tapes as machine code: the bits of the played ones."""

import contextlib
import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinynet as tn
from tests.rows_optimizers import ADAGRADS, ADAMS, ADAMWS, RMSPROPS, SGDS
from tests.test_kit_layers import NETS
from tests.ways import a_training, equal, interpreted
from tinynet.base import functions
from tinynet.fused import kernel as kernels
from tinynet.fused import reader
from tinynet.fused.reader import OPERATIONS, Fused
from tinynet.tape.memory import Arena
from tinynet.tape.recording import Recording
from tinynet.tape.stand_ins import UnsteadyError

SPECIAL = [0.0, -0.0, 1.0, -1.5, 0.1, np.inf, -np.inf, np.nan, 1e300, 1e-300, 5e-324, 3e38, 1e-40]
rng = np.random.default_rng(0)
X, Y = rng.standard_normal((5, 20)), rng.integers(0, 2, (1, 20))
numba = pytest.importorskip("numba")


def a_net(optimizer, units=7, dtype="float64"):
    model = tn.Sequential([tn.Dense(units, "tanh"), tn.Dense(1, "sigmoid")], seed=0, dtype=dtype)
    model.compile(optimizer)
    return model


def read_both_ways(function, arrays, kernel=interpreted):
    """A function of arrays, which it may write, played and fused: how many calls, and what is in
    the arrays then."""
    ends = []
    for read in (None, Fused()):
        own = [a.copy("K") for a in arrays]
        recording = Recording(function, own, Arena())
        with pytest.MonkeyPatch.context() as patch, np.errstate(all="ignore"):
            patch.setattr(reader, "kernel", kernel)
            bound = recording.bind(own, *filter(None, [read]))
            bound = bound._replace(calls=Fused().ready(bound.calls))
            results = [a.copy() for a in bound.play()]
        ends.append((len(bound.calls), [a.tobytes() for a in own + results]))
    (played, expected), (fused, found) = ends
    assert found == expected
    return played, fused


# ---- any tape

SHAPES = [(3, 4), (3, 1), (1, 4), (4,), (), (1, 1)]
NUMBERS = [0.5, -2.0, 0.0]
UNARY = [np.negative, np.square, np.sqrt, np.absolute, np.floor, np.sign, np.exp, np.tanh]
BINARY = [np.add, np.subtract, np.multiply, np.true_divide, np.maximum, np.minimum, np.greater]
BINARY += [np.fmax, np.copysign]


def another(draw, values):
    """A value that is made of some others."""
    a, b = (values[i] for i in draw.integers(0, len(values), 2))
    kind = draw.integers(14)
    if kind < 3:
        return UNARY[draw.integers(len(UNARY))](a)
    if kind < 9:
        other = b if draw.integers(4) else float(draw.choice(NUMBERS))
        return BINARY[draw.integers(len(BINARY))](a, other)
    if kind == 9:
        reduced = a.max if draw.integers(3) == 0 else a.sum
        return reduced(axis=int(draw.integers(3) // 2), keepdims=bool(draw.integers(2)))
    if kind == 10:
        return a[:1] if draw.integers(2) else a[..., 1:]
    if kind in (11, 12):
        return functions.with_ones(a) if kind == 11 else a.dot(b if draw.integers(2) else b.T)
    return a.T if draw.integers(2) else a.astype(np.float64)


def program(seed, *given):
    """Values at random, of which some are stored where some of the given were, or kept."""
    draw, values, moves = np.random.default_rng(seed), [*given], []
    for _ in range(draw.integers(1, 25)):
        # of shapes that do not broadcast, or of a bool
        with contextlib.suppress(ValueError, TypeError, IndexError, UnsteadyError):
            values.append(another(draw, values))
    for place in given:
        fits = [v for v in values if v.shape == place.shape and v.dtype == place.dtype]
        if draw.integers(2):
            moves.append((fits[draw.integers(len(fits))], place))
    return moves, [values[-1]]


@settings(max_examples=300)
@given(st.integers(0, 2**32), st.sampled_from(["float32", "float64"]))
def test_any_tape_has_the_bits_of_the_played_one(seed, dtype):
    draw, arrays = np.random.default_rng(seed), []
    for i in draw.integers(len(SHAPES), size=6):
        a = draw.standard_normal(SHAPES[i]).astype(dtype)
        arrays.append(np.asfortranarray(a) if draw.integers(2) else a)
    played, fused = read_both_ways(functools.partial(program, seed), arrays)
    assert fused <= played


def test_numbers_go_through_all_lines_of_one_loop():
    """And only what is needed later is written."""
    texts = []

    def function(a, b):
        value = np.sqrt(a * a + b * b) * 0.5 - a
        return [], [value, value * 2.0]

    def seen(text, arrays):
        texts.append(text)
        return interpreted(text, arrays)

    read_both_ways(function, [rng.standard_normal((3, 4)) for _ in range(2)], seen)
    assert (texts[0].count("for "), texts[0].count("] = ")) == (2, 2)


def test_the_sum_of_no_rows_is_numpy_s():
    """Which is 0."""

    def function(a):
        e = a * 1.0
        return [], [e[1:].sum(axis=0), e * 2.0]

    read_both_ways(function, [np.full((1, 4), 7.0)])


@pytest.mark.parametrize("n", [2, 3])
def test_a_product_of_what_lies_backwards_is_numpy_s(n):
    """Nothing is tried out beside its memory."""
    arrays = [rng.standard_normal((n, 1)), rng.standard_normal((1, 3))]
    read_both_ways(lambda a, b: ([], [a[::-1].dot(b), b * 2.0]), arrays)


def test_two_calls_are_one():
    assert read_both_ways(lambda a: ([], [a * 2.0 - a]), [rng.standard_normal((3, 4))]) == (2, 1)


def test_a_call_alone_and_those_of_three_axes_stay_numpy_s():
    def never(text, arrays):
        raise AssertionError

    def function(a):
        cube = a.reshape(1, 3, 4)
        twice = cube * 2.0
        return [], [twice, np.exp(a), twice + cube]

    read_both_ways(function, [rng.standard_normal((3, 4))], never)


@pytest.mark.parametrize("kernel", [interpreted, kernels.kernel])
def test_many_calls_are_one(kernel):
    def function(a, b, place):
        value = np.sqrt(a * a + b * b) * 0.5 - a
        return [(value * (value > 0), place)], []

    arrays = [rng.standard_normal((3, 4)) for _ in range(3)]
    played, fused = read_both_ways(function, arrays, kernel)
    assert (played, fused) == (9, 1)


DTYPES = [(a, a) for a in (np.float32, np.float64, bool)]
DTYPES += [(np.float32, np.float64), (bool, np.float32), (np.float64, bool)]


@pytest.mark.parametrize("kernel", [interpreted, kernels.kernel])
@pytest.mark.parametrize("dtypes", DTYPES)
@pytest.mark.parametrize(
    "function", [f for f in OPERATIONS if f is not np.dot], ids=lambda f: f.__name__
)
def test_an_operation_is_numpy_s(function, dtypes, kernel):
    """To the bit, of special numbers and of others; of a NaN only that it is one."""
    numbers = np.array([*SPECIAL, *rng.standard_normal(8)])
    with np.errstate(over="ignore"):
        grids = zip(np.meshgrid(numbers, numbers), dtypes, strict=True)
        pairs = [a.ravel().astype(dtype) for a, dtype in grids]

    def operate(*pair):
        a, *_ = pair
        found = a.copy() if function is np.copyto else function(*pair[: function.nin])
        return [], [found * np.float64(1), found.astype(np.float64) - 1.5]

    try:
        with np.errstate(all="ignore"):
            operate(*pairs)
    except TypeError:
        pytest.skip("numpy has none")
    read_both_ways(operate, pairs, kernel)


@pytest.mark.parametrize("kernel", [interpreted, kernels.kernel])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_product_over_one_number_is_a_line(dtype, kernel):
    """And has its zeros."""

    def function(a, b):
        return [], [np.exp(a.dot(b) * 0.5), a.T.dot(a) + 1.0, a.dot(b)]

    a, b = (rng.standard_normal(shape).astype(dtype) for shape in ((6, 1), (1, 9)))
    a[::2], b[0, ::3], b[0, 1::3] = 0.0, 0.0, -0.0
    played, fused = read_both_ways(function, [a, b], kernel)
    assert fused == 1 < played


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(1, 2), (2, 2), (9, 2), (200, 3), (1000, 2), (10, 32), (3, 400)])
def test_sums_over_rows(shape, dtype):
    """And largest numbers, of what has zeros of both signs."""

    def function(a):
        e = a * 1.0
        return [], [e.sum(axis=0), e.max(axis=0), (-a).max(axis=0, keepdims=True) * 2.0]

    a = rng.standard_normal(shape).astype(dtype)
    a.flat[::3], a.flat[1::5] = 0.0, -0.0
    played, fused = read_both_ways(function, [a], kernels.kernel)
    assert fused == 1 < played


@pytest.mark.parametrize("shape", [(9, 1), (4, 9)])
def test_sums_that_numpy_takes_in_another_order_are_its_own(shape):
    """Of one column, and of rows."""

    def function(a):
        return [], [(a * 0.5).sum(axis=0 if shape[1] == 1 else 1)]

    played, fused = read_both_ways(function, [rng.standard_normal(shape)])
    assert fused == played == 2


# ---- updates

FUSED = SGDS | ADAMS | ADAMWS | RMSPROPS | ADAGRADS


@settings(max_examples=100)
@given(FUSED, st.sampled_from(["float32", "float64"]), st.sampled_from([1, 7, 50]), st.data())
def test_an_update_has_the_bits_of_the_played_one(optimizer, dtype, units, data):
    """Over numbers of every size, 0, inf and NaN, in each slot."""
    models = [a_net(optimizer, units, dtype) for _ in range(2)]
    trainings = [a_training(models[0], X, Y), a_training(models[1], X, Y, read=Fused())]
    (played,), (fused,) = (training.plans.values() for training in trainings)
    assert len(fused.update) == 1 < len(played.update)
    draw = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    for a, b in zip(*map(written, trainings), strict=True):
        sizes = draw.standard_normal(a.size) * 10.0 ** draw.integers(-40, 39, a.size)
        sizes[draw.random(a.size) < 0.1] = draw.choice(SPECIAL)
        with np.errstate(over="ignore"):
            a[...] = b[...] = sizes
    with np.errstate(all="ignore"):
        for plan in (played, fused):
            plan.ask(3)
            for call in plan.work.reader.ready(plan.update):
                call()
    equal(*([a.tobytes() for a in written(training)] for training in trainings))


def written(training):
    return [training.store.grads, training.store.params, *training.store.slots.values()]


def test_one_text_serves_all_settings_and_sizes():
    kernels.loaded.cache_clear()
    before = None
    for rate, beta, units in ((0.1, 0.9, 3), (0.2, 0.8, 4), (0.3, 0.5, 50)):
        a_training(a_net(tn.Adam(rate, beta), units), X, Y, read=Fused())
        misses = kernels.loaded.cache_info().misses
        assert before in (None, misses)
        before = misses


def test_where_numba_fails_a_step_is_played(monkeypatch):
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)
    kernels.loaded.cache_clear()
    models = [a_net("adam"), a_net("adam")]
    models[1].compile("adam", jit_compile=True)
    models[0].fit(X, Y, 3, verbose=0)
    with pytest.warns(UserWarning, match="numba cannot compile a step, so it is played: Attribute"):
        models[1].fit(X, Y, 3, verbose=0)
    equal(*(model.get_weights() for model in models))


@pytest.mark.parametrize("layers", NETS.values(), ids=NETS)
def test_no_call_writes_over_what_it_reads_elsewhere(layers):
    """numpy would copy it first, and no loop can. Found by a program: what dropout makes of
    examples in rows lies above a row of ones."""
    model = tn.Sequential([tn.Dropout(0.2), *layers()], seed=0, examples="rows")
    model.compile("adam")
    (plan, *_) = a_training(model, X[:3].T, Y[0], 8).plans.values()
    calls = [call for own in plan.recordings.values() for call in own.tape.calls]
    assert all(reader.kept_from(reader.read_by(call), call.out.settled()) for call in calls)
