"""What a tape promises beside its numbers: memory that values share, no call too many, no array
made while it is played, and draws that are those of a walk."""

import tracemalloc

import numpy as np
import pytest

from tinynet.base import functions
from tinynet.base.calls import in_one_go
from tinynet.tape.memory import LINE, Arena, Life
from tinynet.tape.tape import Tape


def settled(function, *arrays):
    """The calls of a function of stand-ins, which says what goes where and what is kept; and the
    memory that they work in."""
    tape, arena = Tape(), Arena()
    moves, kept = function(*(tape.given(a) for a in arrays))
    tape.store(moves)
    tape.settle(arena, kept)
    return tape.bound(), arena.bytes.size


# ---- memory


@pytest.mark.parametrize(("lines", "start"), [(1, 8), (2, 14), (3, 0), (4, 24)])
def test_a_value_takes_the_smallest_gap_that_holds_it(lines, start):
    """Of nine values the second, fourth, ... stay; the others leave gaps of 3, 1, 2 and 4 lines."""
    lengths = [3, 5, 1, 5, 2, 8, 4, 1]
    lives = {i: Life(0, 9 if i % 2 else 1, LINE * n) for i, n in enumerate(lengths)}
    starts = Arena().places({**lives, "late": Life(2, 9, LINE * lines)})
    ends = np.cumsum([0, *lengths])
    assert [starts[i] for i in range(8)] == [LINE * n for n in ends[:-1]]
    assert starts["late"] == LINE * start


def test_all_values_begin_with_a_line_of_the_cache():
    for n in range(1, 40):
        arena = Arena()
        starts = arena.places({i: Life(0, 1, 100 * n + i) for i in range(5)})
        first = arena.bytes.__array_interface__["data"][0]
        assert {(first + start) % LINE for start in starts.values()} == {0}


def test_tapes_of_one_arena_share_its_memory():
    arena, lives = Arena(), {0: Life(0, 1, 640)}
    arena.places(lives)
    memory = arena.bytes
    arena.places(lives)
    arena.places({0: Life(0, 1, 100)})
    assert arena.bytes is memory


def test_a_chain_of_calls_entry_by_entry_needs_the_memory_of_one_array():
    X = np.ones((16, 16))
    calls, memory = settled(lambda x: ([], [np.sqrt(np.tanh(np.exp(x * 2.0)))]), X)
    assert (len(calls), memory) == (4, X.nbytes)


@pytest.mark.parametrize("shape", [(1000, 1000), (2, 1000, 1000)])
def test_one_number_against_a_large_array_needs_little_memory(shape):
    """It is held as a row, not as an array as large."""
    X = np.zeros(shape)
    tracemalloc.start()
    settled(lambda x: ([], [np.maximum(x, 0.5)]), X)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < X.nbytes + 300_000, peak / X.nbytes


def test_one_number_needs_no_array():
    """But for an extreme, which is quicker so."""
    X = np.zeros((256, 256))
    tracemalloc.start()
    settled(lambda x: ([], [np.power(x * 0.5 + 0.25 - 0.125, 3.0)]), X)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < X.nbytes + 100_000, peak / X.nbytes


# ---- calls


def in_two(y, p):
    return [(y[:1], p[:1]), (y[1:], p[1:])]


CALLS = {  # how many calls x and its place p need
    "in its place": (1, lambda x, p: ([(x * 2.0, p)], [])),
    "over what it reads": (1, lambda x, p: ([(p + x, p)], [])),
    "over itself": (1, lambda x, p: ([(np.tanh(p), p)], [])),
    "in two parts": (2, lambda x, p: ([(x[:1] * 2.0, p[:1]), (x[1:] * 3.0, p[1:])], [])),
    "parts of one": (1, lambda x, p: (in_two(x * 2.0, p), [])),
    "there already": (0, lambda x, p: ([(p, p), (x[:1], x[:1])], [])),
    "beside what nobody reads": (1, lambda x, p: ([], [[x * 2.0, np.exp(x) + p][0]])),
}


@pytest.mark.parametrize(("number", "function"), CALLS.values(), ids=CALLS)
def test_no_value_is_copied_without_need(number, function):
    X, place = np.full((2, 3), 2.0), np.ones((2, 3))
    calls, _ = settled(function, X, place)
    assert len(calls) == number


@pytest.mark.parametrize("shape", [(1, 3), (3, 1), (1, 1)])
def test_one_row_or_column_lies_in_its_place_in_either_memory_order(shape):
    place = np.ones(shape, order="F")
    calls, _ = settled(lambda x, p: ([(x * 2.0, p)], []), np.full(shape, 2.0), place)
    in_one_go(calls)
    assert (len(calls), place.min(), place.max()) == (1, 4.0, 4.0)


PLACES = {
    "down": lambda: np.ones((2, 2), order="F"),
    "every second row": lambda: np.ones((4, 2))[::2],
    "every second column": lambda: np.ones((2, 4))[:, ::2],
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_a_product_is_stored_wherever_its_place_lies(place):
    X, home = np.array([[1.0, 2.0], [3.0, 4.0]]), place()
    calls, _ = settled(lambda x, p: ([(np.dot(x, x), p)], []), X, home)
    in_one_go(calls)
    np.testing.assert_array_equal(home, np.dot(X, X))


OVER_ITSELF = {
    "turned": lambda p: p.T,
    "turned and added": lambda p: p + p.T,
    "times itself": lambda p: np.dot(p, p),
}


@pytest.mark.parametrize("function", OVER_ITSELF.values(), ids=OVER_ITSELF)
def test_what_is_stored_where_it_is_read_needs_no_array_made_for_it(function):
    P = np.random.default_rng(0).standard_normal((200, 200))
    expected = np.copy(function(P))
    calls, _ = settled(lambda p: ([(function(p), p)], []), P)
    tracemalloc.start()
    in_one_go(calls)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    np.testing.assert_array_equal(P, expected)
    assert peak < P.nbytes / 2, peak


def test_rows_change_places():
    P = np.arange(6.0).reshape(2, 3)
    calls, _ = settled(lambda p: ([(p[:1], p[1:]), (p[1:], p[:1])], []), P)
    in_one_go(calls)
    assert P.tolist() == [[3.0, 4.0, 5.0], [0.0, 1.0, 2.0]]


# ---- draws


@pytest.mark.parametrize("order", ["C", "F"])
def test_draws_lie_in_memory_as_the_examples_do(order):
    X, tape = np.empty((3, 4), order=order), Tape()
    drawn = functions.uniform(tape.given(X), np.random.default_rng(5))
    tape.settle(Arena(), [drawn])
    in_one_go(tape.bound())
    expected = functions.uniform(X, np.random.default_rng(5))
    np.testing.assert_array_equal(drawn.settled(), expected)
    assert drawn.settled().strides == X.strides


def test_what_is_drawn_and_not_read_is_drawn_all_the_same():
    generator, twin = np.random.default_rng(5), np.random.default_rng(5)
    X, tape = np.ones((3, 4)), Tape()
    x = tape.given(X)
    functions.uniform(x, generator)
    tape.settle(Arena(), [x * 2.0])
    in_one_go(tape.bound())
    functions.uniform(X, twin)
    assert generator.random() == twin.random()
