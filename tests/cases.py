"""The table of all public nodes. One row a node: how to draw one with its inputs, and its
reference.

`cases` draws a node and its inputs, on one side of each kink; `reference(node, arrays)` gives the
value from mpmath arrays, which are the inputs under their names, the parameters under theirs, and
for an optimizer grads as "g.name". The property tests run over ROWS; a public node without a row
fails the suite.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp


class Case(NamedTuple):
    node: Any
    inputs: tuple[Any, ...]
    seed: int  # of the upstream gradient


class Row(NamedTuple):
    covers: type
    cases: Any
    reference: Callable[[Any, dict[str, Any]], Any]
    names: tuple[str, ...]  # of the inputs
    rounding: Callable[[Any, dict[str, Any]], Any] | None = (
        None  # sum of |terms|; None: 4 units in the last place
    )
    differentiable: int = 1  # how many of the inputs have a gradient
    terms: Callable[[Any, dict[str, Any]], Any] = lambda node, arrays: (
        0
    )  # bound on the terms that backward adds up
    used: Callable[[Any, dict[str, Any]], Any] | None = None  # of node(x), if it is not forward's
    choices: int = 1  # so many times the cases, where there are many kinds to choose from

    def law(self, check):
        """The test that a check of a case holds for drawn cases."""
        return self.held(check, settings().max_examples)

    def law_of_kinds(self, check):
        """A law that hangs on what is drawn and in which shape, and not on the numbers."""
        return self.held(check, settings().max_examples // 3)

    def held(self, check, cases):
        return settings(max_examples=self.choices * cases)(given(self.cases)(check))


SEEDS = st.integers(0, 2**32 - 1)
NUMBERS = st.floats(-4, 4, allow_subnormal=False)
SATURATED = st.sampled_from(
    [-100.0, -37.5, -19.0, 19.0, 37.5, 100.0]
)  # test_hard_cases has z up to 1000
WIDE = NUMBERS | NUMBERS | st.floats(-40, 40) | SATURATED
OFF_KINK = st.builds(lambda size, sign: size * sign, st.floats(0.01, 100), st.sampled_from([-1, 1]))
NEAR_OFF_KINK = st.builds(
    lambda size, sign: size * sign, st.floats(0.01, 6), st.sampled_from([-1, 1])
)
PROBABILITIES = st.floats(0.01, 0.99)
LAYOUTS = st.sampled_from(["C", "F", "strided", "reversed"])
ONE = st.just(1.0)
SHAPES = st.tuples(st.integers(1, 3), st.integers(1, 4))


def laid_out(array, layout):
    """The same numbers, read-only, in another memory layout."""
    if layout == "F":
        array = np.asfortranarray(array)
    elif layout == "strided":
        wide = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)
        wide[..., ::2] = array
        array = wide[..., ::2]
    elif layout == "reversed":
        array = array[..., ::-1].copy()[..., ::-1]
    array = array.view()
    array.flags.writeable = False
    return array


@st.composite
def arrays(draw, shape, elements=NUMBERS):
    return laid_out(draw(hnp.arrays(np.float64, shape, elements=elements)), draw(LAYOUTS))
