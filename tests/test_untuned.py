"""The benchmark of untuned nets: what counts as failed, what is level, that its data are split as
it says, and that its table is in the docs. The peers are not needed."""

import math
from pathlib import Path

import numpy as np
import pytest

from benchmarks.untuned import in_tinynet
from benchmarks.untuned.__main__ import TABLE, main
from benchmarks.untuned.scores import (
    bar,
    compared,
    failed,
    median,
    quartiles,
    ranks,
    score,
    verdict,
)
from benchmarks.untuned.sets import scaled, split
from benchmarks.untuned.worker import result

PAGE = Path(__file__).parents[1] / "docs" / "untuned.md"
LABELS = {"task": "more", "Y": np.array([2, 2, 2, 0, 1]), "Y_test": np.array([2, 2, 0, 1])}
NUMBERS = {"task": "regression", "Y_test": np.array([1.0, 2.0, 3.0])}


def test_an_accuracy_must_be_better_than_the_commonest_class():
    assert bar(LABELS) == 0.52
    assert score(LABELS, [2, 0, 0, 1]) == 0.75
    assert not failed(0.75, bar(LABELS))
    assert failed(score(LABELS, [2, 2, 2, 2]), bar(LABELS))
    assert failed(0.50 + 0.02, bar(LABELS))  # by more than the margin
    assert failed(0.36 + 0.02, 0.38)  # and rounding does not count


def test_r2_must_be_above_0():
    assert score(NUMBERS, [1.0, 2.0, 2.0]) == 0.5
    assert not failed(0.5, bar(NUMBERS))
    assert failed(score(NUMBERS, [2.0, 2.0, 2.0]), bar(NUMBERS))
    assert failed(-math.inf, bar(NUMBERS))


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_is_not_finite_has_failed(bad):
    for data in (LABELS, NUMBERS):
        value = score(data, np.where(data["Y_test"] == 1, bad, 2.0))
        assert math.isnan(value)
        assert failed(value, bar(data))


def test_an_error_is_a_failure_and_predictions_of_another_shape_are_one():
    def raising(data, epochs):
        raise FloatingPointError("too large")

    for predicted in (raising, lambda data, epochs: np.zeros((3, 1))):
        found = result(predicted, NUMBERS, 1)
        assert failed(found["score"], found["bar"])
        assert "Error" in found["error"]


def test_medians_and_quartiles_count_nan_as_the_worst():
    assert median([0.5, math.nan, 0.9]) == 0.5
    assert median([math.nan, math.nan, 0.9]) == -math.inf
    assert quartiles([0.1, 0.2, 0.3, 0.4, math.nan]) == (0.1, 0.3)
    assert ranks([0.5, 0.9, math.nan, 0.5]) == [2.5, 1, 4, 2.5]


@pytest.mark.parametrize(
    ("own", "best", "said"),
    [
        ([0.9, 0.9, 0.9], [0.89, 0.89, 0.89], "level"),  # within 0.01, rounding or not
        ([0.9, 0.9, 0.9], [0.88, 0.88, 0.88], "best"),
        ([0.9, 0.9, 0.9], [0.92, 0.92, 0.92], "behind"),
        ([0.7, 0.8, 0.9, 0.95, 1.0], [0.85, 0.85, 0.85, 0.85, 0.85], "level"),  # between quartiles
        ([0.7, 0.8, 0.9, 0.95, 1.0], [0.78, 0.78, 0.78, 0.78, 0.78], "best"),
        ([math.nan, math.nan, math.nan, 0.9], [0.1, 0.1, 0.1, 0.1], "behind"),
        ([math.nan, math.nan], [math.nan, math.nan], "level"),
    ],
)
def test_what_is_best_level_or_behind(own, best, said):
    assert verdict(own, best) == said


def test_scores_one_by_one():
    assert [compared(*pair) for pair in [(0.9, 0.5), (0.95, 0.94), (0.5, 0.9)]] == [1, 0, -1]
    assert [compared(*pair) for pair in [(0.9, math.nan), (math.nan, math.nan)]] == [1, 0]


def test_a_split_holds_out_a_quarter_of_each_class():
    data = split("moons", "raw", 3)
    assert data["X"].shape == (300, 2)
    assert np.bincount(data["Y_test"]).tolist() == [50, 50]
    other = split("moons", "raw", 4)
    assert not np.array_equal(data["X_test"], other["X_test"])


def test_by_hand_is_as_standardize_does_it_in_the_net():
    """So both train the same net on the same numbers."""
    for name in ("moons", "blobs"):
        raw, by_hand = (split(name, variant, 0) for variant in ("raw", "by hand"))
        np.testing.assert_allclose(by_hand["X"].mean(axis=0), 0, atol=1e-12)
        np.testing.assert_allclose(by_hand["X"].std(axis=0), 1)
        first, second = (in_tinynet.predicted(data, 5) for data in (raw, by_hand))
        np.testing.assert_array_equal(first, second)
    constant, beside = scaled(np.full((4, 1), 0.1), np.full((2, 1), 1.1))
    np.testing.assert_allclose(constant, 0, atol=1e-15)
    np.testing.assert_allclose(beside, 1)


def test_a_run_that_was_ended_goes_on(tmp_path, capsys):
    kept, out = tmp_path / "kept.jsonl", tmp_path / "untuned.md"
    few = ["--libraries", "tinynet", "--seeds", "1", "--epochs", "2", "--repeats", "1"]
    arguments = ["planar", *few, "--kept", str(kept), "--out", str(out)]
    main(arguments)
    assert "tinynet, planar, 2 runs" in capsys.readouterr().out
    table = out.read_text(encoding="utf-8")
    assert "| planar | 0." in table
    assert len(kept.read_text(encoding="utf-8").splitlines()) == 2 + 3 * 2 + 1
    main(arguments)
    assert "runs\n" not in capsys.readouterr().out
    assert out.read_text(encoding="utf-8") == table
    with pytest.raises(SystemExit):
        main(["no such set"])


def test_the_table_is_in_the_docs():
    assert TABLE.read_text(encoding="utf-8") in PAGE.read_text(encoding="utf-8")
