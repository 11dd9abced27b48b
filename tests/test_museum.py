"""Every exhibit of the museum is caught; and without its fault, the same kind of node passes."""

from pathlib import Path

import numpy as np
import pytest

import tinynet as tn
from tests.museum import MUSEUM, page

exhibits = pytest.mark.parametrize("exhibit", MUSEUM.values(), ids=MUSEUM)


@exhibits
def test_the_fault_is_caught(exhibit):
    if exhibit.caught_by == "check":
        caught = tn.GradientError, FloatingPointError, ValueError
        with pytest.raises(caught, match=r"FAILED|gradient|a write"):
            tn.check_gradients(exhibit.node, *exhibit.inputs)
    else:
        value = exhibit.node(*exhibit.inputs)
        assert not all(map(np.allclose, *map(leaves, (value, exhibit.truth))))


@pytest.mark.parametrize(
    "name",
    [name for name, e in MUSEUM.items() if e.caught_by == "reference" and "clipped" not in name],
)
def test_a_check_alone_would_not_have_caught_it(name):
    assert tn.check_gradients(MUSEUM[name].node, *MUSEUM[name].inputs).passed


def leaves(value):
    return list(value.values()) if isinstance(value, dict) else [value]


CHECKED = {
    name: e
    for name, e in MUSEUM.items()
    if e.caught_by == "check" and type(e.node).__mro__[1] is not tn.Activation
}


@pytest.mark.parametrize("exhibit", CHECKED.values(), ids=CHECKED)
def test_without_the_fault_it_passes(exhibit):
    node = exhibit.node
    honest = next(kind for kind in type(node).__mro__ if kind.__module__.startswith("tinynet."))
    if isinstance(node, tn.Pair):
        twin = tn.CrossEntropy().pair("softmax")
    elif isinstance(node, (tn.Optimizer, tn.Layer)):
        twin = node.fresh()
        twin.__class__ = honest
    else:
        twin = honest()
    assert tn.check_gradients(twin, *exhibit.inputs).passed


def test_it_has_a_hundred_faults_and_a_page():
    assert len(MUSEUM) >= 100
    top = Path(__file__).parents[1]
    assert (top / "docs" / "museum.md").read_text(encoding="utf-8") == page()
    assert f"| {len(MUSEUM)} planted faults" in (top / "README.md").read_text(encoding="utf-8")
