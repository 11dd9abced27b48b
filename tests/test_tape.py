"""The tape by itself: values share memory, and the results are right all the same."""

import numpy as np
import pytest

from tinynet.base import functions
from tinynet.base.calls import in_one_go
from tinynet.tape.memory import Arena
from tinynet.tape.recording import Recording
from tinynet.tape.stand_ins import UnsteadyError
from tinynet.tape.tape import Tape


def test_an_array_of_somebody_else_s_is_refused():
    tape = Tape()
    with pytest.raises(UnsteadyError, match="an array that is not the tape's"):
        tape.given(np.ones((2, 2))) * np.ones((2, 2))
    with pytest.raises(UnsteadyError, match="an array that is not the tape's"):
        tape.given(np.ones((2, 2))) * Tape().given(np.ones((2, 2)))


@pytest.mark.parametrize(
    "write",
    [
        lambda K: K.__iadd__(1.0),
        lambda K: K.T.T.__isub__(K),
        lambda K: np.exp(K, out=K),
        lambda K: K.__setitem__(slice(0, 1), 0.0),
        lambda K: np.copyto(K, 0.0),
    ],
)
def test_a_value_stays_as_it_is(write):
    tape = Tape()
    with pytest.raises(UnsteadyError):
        write(np.tanh(tape.given(np.ones((2, 2)))))


@pytest.mark.parametrize("read_later", [False, True])
def test_a_value_is_stored_only_where_nobody_reads_what_was_there(read_later):
    home, X = np.ones((2, 2)), np.full((2, 2), 3.0)
    tape = Tape()
    x, place = tape.given(X), tape.given(home)
    doubled = x * 2.0
    rest = x + place if read_later else x + 1.0  # reads the place after `doubled` is made
    tape.store([(doubled, place)])
    tape.settle(Arena(), [rest])
    calls = tape.bound()
    in_one_go(calls)
    np.testing.assert_array_equal(home, np.full((2, 2), 6.0))
    np.testing.assert_array_equal(rest.settled(), np.full((2, 2), 4.0))
    assert len(calls) == 2 + read_later


def test_a_value_whose_neighbours_are_stored_is_not_overwritten():
    """`late` is computed as a whole, but only its first row is to be stored in `place`. Computed
    there, its second row would overwrite `early`."""
    home, X = np.ones((2, 2)), np.full((2, 2), 3.0)
    tape = Tape()
    x, place = tape.given(X), tape.given(home)
    early, late = x[1:] * 2.0, x * 5.0
    tape.store([(late[:1], place[:1]), (early, place[1:])])
    tape.settle(Arena())
    in_one_go(tape.bound())
    assert home.tolist() == [[15.0, 15.0], [6.0, 6.0]]


def test_slots_that_feed_one_another_are_read_before_they_are_written():
    g, one, two = np.full(3, 1.0), np.full(3, 2.0), np.full(3, 3.0)
    for names in ((0, 1), (1, 0)):
        tape = Tape()
        a, b, c = (tape.given(x) for x in (g, one, two))
        moves = [(a * 1.0, b), (b, c)]  # one <- g, two <- the old one
        tape.store([moves[i] for i in names])
        tape.settle(Arena())
        before = one.copy()
        in_one_go(tape.bound())
        np.testing.assert_array_equal(two, before)
        one[...], two[...] = 2.0, 3.0


def test_values_share_memory_and_numbers_do_not_care():
    """A chain of random calls, played three times, on inputs that change in between."""
    for seed in range(30):
        draw = np.random.default_rng(seed)
        X = draw.standard_normal((5, 5))
        if seed % 2:
            X = np.asfortranarray(X)
        tape = Tape()
        pairs = [(tape.given(X), lambda X=X: X)]
        for _ in range(12):
            (a, f), (b, g) = (pairs[i] for i in draw.integers(0, len(pairs), 2))
            made = [
                (a + b, lambda f=f, g=g: f() + g()),
                (np.tanh(a.T), lambda f=f: np.tanh(f().T)),
                (a * b.T, lambda f=f, g=g: f() * g().T),
                (np.dot(a, b), lambda f=f, g=g: np.dot(f(), g())),
                (np.maximum(a, 0.5), lambda f=f: np.maximum(f(), 0.5)),
                (
                    a - b.mean(axis=1, keepdims=True),
                    lambda f=f, g=g: f() - g().mean(axis=1, keepdims=True),
                ),
                (
                    functions.with_ones(np.tanh(a))[1:],
                    lambda f=f: functions.with_ones(np.tanh(f()))[1:],
                ),
                (a.T.reshape(5, -1) + a.sum(), lambda f=f: f().T + f().sum()),
            ]
            pairs.append(made[draw.integers(len(made))])
        kept = [stand_in for stand_in, _ in pairs[-3:] if not stand_in.placed]
        tape.settle(Arena(), kept)
        calls = tape.bound()
        for _ in range(3):
            X[...] = draw.standard_normal((5, 5))
            in_one_go(calls)
            for stand_in, function in pairs[-3:]:
                if any(stand_in is k for k in kept):
                    expected = function()
                    np.testing.assert_array_equal(stand_in.settled(), expected)
                    assert stand_in.settled().strides == expected.strides


def test_what_follows_from_constants_is_computed_once_and_again_when_they_are_others():
    X, Y = np.ones((2, 3)), np.ones((2, 3))
    double = Recording(
        lambda X, Y: ([], [functions.with_ones(2.0 * X) * 3.0, X + Y]), [X, Y], Arena(), [0]
    )
    calls, (fixed, total), prologue = double.bind([X, Y])
    assert len(calls) == 1
    X[...] = 5.0
    in_one_go(prologue)
    in_one_go(calls)
    assert (fixed[0, 0], fixed[-1, 0], total[0, 0]) == (30.0, 3.0, 6.0)


def test_playing_stops_at_the_first_error():
    done = []
    with pytest.raises(ZeroDivisionError):
        in_one_go([lambda: done.append(1), lambda: 1 / 0, lambda: done.append(2)])
    assert done == [1]


REFUSED = {
    "a reshape of what is transposed": lambda X: X.T.reshape(24),
    "a sum over what is transposed": lambda X: X.T.sum(axis=0),
    "a product of three dimensions": lambda X: np.dot(X, X),
    "an ufunc with a mask": lambda X: np.exp(X, where=X),
    "an ufunc of two results": np.modf,
}


@pytest.mark.parametrize("call", REFUSED.values(), ids=REFUSED)
def test_what_no_tape_can_hold_is_refused(call):
    with pytest.raises(UnsteadyError):
        call(Tape().given(np.ones((2, 3, 4))))


def test_a_part_of_a_value_is_copied_to_the_whole_of_a_place():
    """Computed there, the other part would stand in the place, too."""
    home, X = np.ones((1, 2)), np.full((2, 2), 3.0)
    tape = Tape()
    x, place = tape.given(X), tape.given(home)
    tape.store([((x * 2.0)[1:], place)])
    tape.settle(Arena(), [])
    in_one_go(tape.bound())
    np.testing.assert_array_equal(home, [[6.0, 6.0]])


READINGS = {
    "a sum": lambda X: np.sum(X, 1),
    "a maximum": lambda X: np.max(X, 0),
    "a mean": lambda X: np.mean(X, 1),
    "every kind of index that copies nothing": lambda X: X[..., None, 0, 1:] * 2.0,
    "ones under what is given": functions.with_ones,
    "ones under what is turned": lambda X: functions.with_ones(np.tanh(X).T),
    "ones under a part": lambda X: functions.with_ones(np.tanh(X)[1:]),
    "ones under a row that lay down": lambda X: functions.with_ones(np.tanh(X.T[:1])),
    "ones under what lies down": lambda X: functions.with_ones(np.tanh(X.T + 1.0)),
}


@pytest.mark.parametrize("function", READINGS.values(), ids=READINGS)
def test_a_tape_gives_what_numpy_gives(function):
    X = np.random.default_rng(0).standard_normal((3, 4))
    bound = Recording(lambda x: ([], [function(x)]), [X], Arena()).bind([X])
    (found,), expected = bound.play(), function(X)
    np.testing.assert_array_equal(found, expected)
    assert found.strides == expected.strides


CHANGES = {
    "of an array like it": (lambda X, Y: np.ones_like(X) + Y, lambda X, Y: np.zeros_like(X) + Y),
    "of a limit": (lambda X, Y: np.maximum(X, 0.5), lambda X, Y: np.maximum(X, 0.25)),
    "of a number": (lambda X, Y: 2.0 * X, lambda X, Y: 3.0 * X),
    "of an array": (lambda X, Y: 2.0 * X, lambda X, Y: 2.0 * Y),
    "of the part": (lambda X, Y: 2.0 * X[:1], lambda X, Y: 2.0 * X[1:]),
    "of the way it lies": (np.dot, lambda X, Y: np.dot(X.T, Y)),
    "of an axis": (lambda X, Y: X.sum(axis=0), lambda X, Y: X.sum(axis=1)),
}


@pytest.mark.parametrize("both", CHANGES.values(), ids=CHANGES)
def test_a_function_that_asks_for_something_else_the_second_time_is_refused(both):
    once = iter(both)
    with pytest.raises(UnsteadyError, match="differs from the one before"):
        Recording(lambda X, Y: ([], [next(once)(X, Y)]), [np.ones((2, 2))] * 2, Arena(), (), id)
