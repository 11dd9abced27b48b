"""The museum: wrong derivatives and wrong forwards, many of which shipped in a library. A "check"
is caught by tn.check_gradients; a "reference" only by a value from mpmath or by hand, because its
backward fits its forward. `python -m tests.museum` prints docs/museum.md."""

from tests import museum_core, museum_kit, museum_late

MUSEUM = museum_core.EXHIBITS | museum_kit.EXHIBITS | museum_late.EXHIBITS


def page() -> str:
    rows = "\n".join(f"| {name} | {e.story} | {e.caught_by} |" for name, e in MUSEUM.items())
    return f"""# The museum of wrong derivatives

{len(MUSEUM)} planted faults, each a node of the public API with one thing wrong. The tests hold
that every one is caught: by `tn.check_gradients` (check), or, where backward is the true derivative
of a wrong forward, by its true value (reference). Those marked with a project's name
shipped there. The code is in `tests/museum_core.py`,
`tests/museum_kit.py` and `tests/museum_late.py`.

| exhibit | what is wrong | caught by |
| --- | --- | --- |
{rows}

Two lessons. A gradient check proves only that backward fits forward: the last column's references
are not optional. And an error measured against max(1, |gradient|) hides small gradients; ours is
|numeric - exact| / (|numeric| + |exact|).
"""


if __name__ == "__main__":
    print(page(), end="")
