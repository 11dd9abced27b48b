"""What a part is made with if nobody says otherwise: to change one of these changes what users get.
Most are those of Keras, torch or scikit-learn, as docs/kit.md says."""

import csv
import inspect
import operator
from pathlib import Path

import pytest

import tinynet as tn
from tinynet.base import Node, Part
from tinynet.metrics import Metric
from tinynet.net.cost import Chain

with Path(__file__).with_name("defaults.csv").open(newline="", encoding="utf-8") as file:
    DEFAULTS = {row["name"]: row["defaults"] for row in csv.DictReader(file)}


@pytest.mark.parametrize("name", DEFAULTS)
def test_a_default_stays(name):
    given = inspect.signature(operator.attrgetter(name)(tn)).parameters.values()
    own = [f"{one.name}={one.default!r}" for one in given if one.default is not one.empty]
    assert ", ".join(own) == DEFAULTS[name]


def below(kind):
    for one in kind.__subclasses__():
        yield one
        yield from below(one)


def test_each_of_our_own_parts_takes_the_fast_way():
    """A step is played if each class of each part says that it is steady."""
    kinds = {one for kind in (Node, Metric) for one in [kind, *below(kind)]}
    ours = [kind for kind in kinds if kind.ours and not issubclass(kind, Chain)]
    assert len(ours) > 50
    assert [kind for kind in [Part, *ours] if vars(kind).get("steady") is not True] == []
