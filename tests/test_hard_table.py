"""The table of hard cases: tinynet gets each right, without a warning, and the table is true."""

import numpy as np
import pytest

from benchmarks import hard_cases
from tests import references as ref
from tests.references import mp

CASES = hard_cases.CASES
TRUE = {name: ref.ACTIVATIONS[name] for name in ref.ACTIVATIONS if name.isidentifier()}
TRUE["approximate gelu"] = ref.approximate_gelu


def test_there_are_enough():
    assert len(CASES) >= 150
    assert {case["dtype"] for case in CASES} == {"float64", "float32"}


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['function']}-{c['dtype']}-{c['at']}")
def test_a_hard_case_is_right(case):
    found = hard_cases.in_tinynet(*hard_cases.parsed(case))  # every flag but underflow raises
    assert hard_cases.right(case, found), (found, case["true"])


@pytest.mark.parametrize("name", TRUE)
def test_the_table_is_true(name):
    for case in CASES:
        own, prime, _, z, _ = hard_cases.parsed(case)
        if own == name and not prime and abs(z[0, 0]) < 1000:
            with mp.workdps(400):
                true = TRUE[name](ref.exact(z))[0, 0]
                assert abs(true - mp.mpf(case["true"])) <= abs(true) * mp.mpf(10) ** -29


@pytest.mark.parametrize("name", hard_cases.LOSSES)
def test_the_costs_of_the_table_are_true(name):
    loss = {"binary_crossentropy": ref.binary_cross_entropy}.get(name, ref.cross_entropy)
    for case in CASES:
        own, prime, _, z, y = hard_cases.parsed(case)
        if own == name and not prime and abs(z).max() < 800:
            with mp.workdps(1500):
                made = hard_cases.LOSSES[name]
                A = getattr(ref, made)(ref.exact(z))
                Y = np.array([[y]]) if made == "sigmoid" else np.eye(len(z))[:, [int(y)]]
                true = loss(A, ref.exact(Y))
                assert abs(true - mp.mpf(case["true"])) <= abs(true) * mp.mpf(10) ** -29


def test_a_wrong_number_is_seen():
    case = next(c for c in CASES if c["function"] == "gelu" and c["at"] == "-10.0")
    assert hard_cases.right(case, np.float64(case["true"]))
    assert not hard_cases.right(case, float(case["true"]) * (1 + 1e-15))
