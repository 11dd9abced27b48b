"""Tests are stricter than users: every warning is an error, so is every floating-point flag but
underflow."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

# machine code that the tests made is none of the user's
os.environ["TINYNET_CACHE"] = str(Path(__file__).parents[1] / ".tinynet_cache")

settings.register_profile(
    "tinynet",
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
# others are drawn each time: pytest -m hypothesis --hypothesis-profile=fresh --hypothesis-seed=1
settings.register_profile("fresh", settings.get_profile("tinynet"), derandomize=False)
settings.register_profile("explore", settings.get_profile("fresh"), max_examples=1000)
settings.load_profile("tinynet")


@pytest.fixture(autouse=True)
def strict_floating_point():
    with np.errstate(all="raise", under="ignore"):
        yield


@pytest.fixture(autouse=True)
def one_global_generator():
    """What a test draws from numpy's global generator is the same in any order of the tests."""
    np.random.seed(0)


def pytest_configure(config):
    config.addinivalue_line("markers", "long: `pytest -m long` runs these alone, at full length")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        if "tries" in getattr(item, "fixturenames", ()):
            item.add_marker("long")


@pytest.fixture
def tries(request, record_property):
    """How often to try, in the short form of a test or in the long one; tests/reliability.py reads
    it."""

    def number(short, long):
        n = long if request.config.option.markexpr == "long" else short
        record_property("times", n)
        return n

    return number


@pytest.fixture
def printed(capsys):
    """The lines that a call prints."""

    def lines(call):
        call()
        return capsys.readouterr().out.splitlines()

    return lines
