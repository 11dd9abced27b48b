"""The run over every float32: it measures right, and its table is complete, good enough, and in the
docs."""

import math
from pathlib import Path

import numpy as np
import pytest

import tinynet as tn
from benchmarks.every_float32 import BLOCK, BLOCKS, CASES, TABLE, main, ulps, worst

PAGE = Path(__file__).parents[1] / "docs" / "numbers.md"
LARGEST = float(np.finfo(np.float32).max)
BITS = [0x00000000, 0x3F800000, 0x7F7F8000]  # where blocks begin: from 0, from 1, to the largest
SLICE = [sign + bits for sign in (0, 2**31) for bits in BITS]


def test_the_blocks_are_all_finite_numbers_once():
    ends = np.array(BLOCKS, np.uint32), np.array(BLOCKS, np.uint32) + np.uint32(BLOCK - 1)
    assert all(np.isfinite(bits.view(np.float32)).all() for bits in ends)
    assert len(set(BLOCKS)) * BLOCK == 2**32 - 2**24  # an exponent of ones is inf or NaN
    assert set(SLICE) <= set(BLOCKS)


@pytest.mark.parametrize("name", CASES)
def test_a_slice(name):
    (value, _), (slope, _) = worst(name, SLICE)
    assert value <= 2
    assert slope <= 1e-6


class Off(tn.Activation):
    """The identity, but for two values and two derivatives."""

    def value(self, Z):
        A = Z.copy()
        A[Z == 1.5] += 2 * 2**-23
        A[Z == -1.25] -= 3 * 2**-23
        return A

    def derivative(self, Z):
        return np.where(Z == 1.75, 1 + 2**-20, np.where(Z == -LARGEST, math.nan, 1))


@pytest.mark.parametrize(
    ("blocks", "value", "slope"),
    [
        ([0x3FC00000], (2.0, "1.5"), (0.0, "")),
        ([0x3FC00000, 0xBFA00000], (3.0, "-1.25"), (0.0, "")),
        ([0x3FE00000], (0.0, ""), (2**-20, "1.75")),
        ([0x3FE00000, *SLICE], (0.0, ""), (math.inf, "-3.4028235e+38")),
    ],
)
def test_what_is_off_is_found(monkeypatch, blocks, value, slope):
    monkeypatch.setitem(CASES, "identity", (Off(), CASES["identity"][1]))
    assert worst("identity", blocks) == [value, slope]


def test_units_in_the_last_place():
    cases = [  # a float32, the truth, the units between them
        (1.0, 1 - 2**-26, 0.25),  # those below 1 are half as large
        (1.0, 1 + 2**-26, 0.125),
        (2**-149, 0.0, 1.0),
        (0.0, 1.5 * 2**-149, 1.5),
        (LARGEST, 2.0**128, 0.5),
        (math.inf, 2.0**128, 0.0),
        (math.inf, 1e300, 0.0),
        (math.inf, LARGEST, 1.0),
        (-math.inf, -1e39, 0.0),
    ]
    got, truth, units = (np.array(column) for column in zip(*cases, strict=True))
    np.testing.assert_array_equal(ulps(got.astype(np.float32), truth), units)
    beyond = ulps(np.array([LARGEST, -math.inf], np.float32), np.array([1e39, 1e39]))
    assert (beyond > 1e6).all()


def test_a_line_is_written_in_place_of_its_older_one(tmp_path, capsys):
    out = tmp_path / "table.md"
    for names in (["tanh", "relu"], ["relu"]):
        main([*names, "--out", str(out)], BLOCKS[:2])
    head, _, *rows = out.read_text(encoding="utf-8").splitlines()
    assert head.startswith("| activation |")
    assert [row.split(" | ")[:2] for row in rows] == [["| relu", "65,536"], ["| tanh", "65,536"]]
    assert rows[0] in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["softmax"])


# ---- the table

ROWS = [row.strip("|").split("|") for row in TABLE.read_text(encoding="utf-8").splitlines()[2:]]


def test_every_elementwise_activation_is_in_the_table():
    assert [row[0].strip() for row in ROWS] == list(CASES)
    registry = {repr(node) for node in tn.activations.ACTIVATIONS.values()}
    assert registry - {repr(node) for node, _ in CASES.values()} == {repr(tn.Softmax())}
    public = {getattr(tn, name) for name in tn.activations.__all__}
    kinds = {kind for kind in public if isinstance(kind, type)} - {tn.Activation, tn.Softmax}
    assert {type(node) for node, _ in CASES.values()} == kinds


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].strip())
def test_what_the_table_must_show(row):
    _, inputs, value, _, slope, _ = row
    assert int(inputs.replace(",", "")) == 2**32 - 2**24
    assert float(value) <= 2
    assert float(slope) <= 1e-6


def test_the_table_is_in_the_docs():
    assert TABLE.read_text(encoding="utf-8") in PAGE.read_text(encoding="utf-8")
