"""The tape by itself: values share memory, and numbers do not care."""

import numpy as np
import pytest

from tinynet.base import functions
from tinynet.tape.memory import Arena
from tinynet.tape.recording import play
from tinynet.tape.stand_ins import UnsteadyError
from tinynet.tape.tape import Tape


def test_a_tape_knows_its_own_arrays():
    own, foreign = np.ones((2, 2)), np.ones((2, 2))
    tape = Tape(own)
    tape.given(np.ones((2, 2))) + own[:1]
    with pytest.raises(UnsteadyError, match="an array that is not the tape's"):
        tape.given(np.ones((2, 2))) * foreign


@pytest.mark.parametrize("read_later", [False, True])
def test_a_value_is_stored_only_where_nobody_reads_what_was_there(read_later):
    home, X = np.ones(4), np.full((2, 2), 3.0)
    place = home.reshape(2, 2)
    tape = Tape(home)
    doubled = tape.given(X) * 2.0
    rest = (
        tape.given(X) + place if read_later else tape.given(X) + 1.0
    )  # reads the place after `doubled` is made
    tape.store(doubled, tape.given(place))
    tape.settle(Arena(), [rest])
    calls = tape.bound()
    play(calls)
    np.testing.assert_array_equal(place, np.full((2, 2), 6.0))
    np.testing.assert_array_equal(rest.settled(), np.full((2, 2), 4.0))
    assert len(calls) == 2 + read_later


def test_a_value_whose_neighbours_are_stored_is_not_overwritten():
    """A product of which a part is stored writes its other part beside it, where an earlier value
    belongs."""
    home, X = np.ones(4), np.full((2, 2), 3.0)
    place = home.reshape(2, 2)
    tape = Tape(home)
    early, late = tape.given(X[1:]) * 2.0, tape.given(X) * 5.0
    tape.store(late[:1], tape.given(place[:1]))
    tape.store(early, tape.given(place[1:]))
    tape.settle(Arena())
    play(tape.bound())
    assert place.tolist() == [[15.0, 15.0], [6.0, 6.0]]


def test_values_share_memory_and_numbers_do_not_care():
    """A chain of random calls, settled and played three times, on inputs that change in between."""
    for seed in range(30):
        draw = np.random.default_rng(seed)
        X = draw.standard_normal((5, 5))
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
                    a - b.sum(axis=1, keepdims=True),
                    lambda f=f, g=g: f() - g().sum(axis=1, keepdims=True),
                ),
                (
                    functions.bordered(np.tanh(a))[1:],
                    lambda f=f: functions.bordered(np.tanh(f()))[1:],
                ),
            ]
            pairs.append(made[draw.integers(len(made))])
        kept = [stand_in for stand_in, _ in pairs[-3:] if not stand_in.placed]
        tape.settle(Arena(), kept)
        calls = tape.bound()
        for _ in range(3):
            X[...] = draw.standard_normal((5, 5))
            play(calls)
            for stand_in, function in pairs[-3:]:
                if any(stand_in is k for k in kept):
                    np.testing.assert_allclose(
                        stand_in.settled(), function(), rtol=1e-12, atol=1e-12
                    )


def test_playing_stops_at_the_first_error():
    done = []
    with pytest.raises(ZeroDivisionError):
        play([lambda: done.append(1), lambda: 1 / 0, lambda: done.append(2)])
    assert done == [1]
