"""docs/kit.md: every public name and every short name stands in it, and its formulas, computed as
they stand there, give what the parts give, kinks included."""

import math
import re
from pathlib import Path

import numpy as np
import pytest

import tinynet as tn

PAGE = (Path(__file__).parents[1] / "docs" / "kit.md").read_text(encoding="utf-8")
CODE = re.compile(r"`([^`]+)`")
ROWS = {}  # the cells of each row under the first thing that it names, kind by kind
for section in PAGE.split("\n## ")[1:]:
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    ROWS[section.split("\n")[0]] = {CODE.search(row[0])[1]: row for row in cells}


def rows(kind):
    return pytest.mark.parametrize(("name", "row"), ROWS[kind].items(), ids=ROWS[kind])


def formula(cell):
    return CODE.search(cell)[1]


FUNCTIONS = {name: getattr(math, name) for name in ("exp", "log", "sqrt", "tanh", "cosh", "cos")}
FUNCTIONS |= {"pi": math.pi, "s": lambda z: (1 + math.tanh(z / 2)) / 2, "sign": np.sign}
FUNCTIONS |= {"P": lambda z: math.erfc(-z / 2**0.5) / 2}
GATE = (2 / math.pi) ** 0.5


def computed(code, part, **numbers):
    """What a formula gives with the settings of a part."""
    settings = {n: getattr(part, n) for n in tn.base.settings.settings(type(part))}
    settings |= {n: getattr(part, n) for n in ("scale", "alpha") if hasattr(part, n)}
    return eval(code, {**FUNCTIONS, **settings, **numbers})


def part_of(name):
    """The part that a row names. What it says of defaults is what they are."""
    part = eval(f"tn.{name}", {"tn": tn})
    if name not in ("Gelu(approximate=True)", "SGD(nesterov=True)"):
        assert repr(part) == repr(type(part)())
    return part


# ---- every name


def test_every_public_name_has_a_place():
    code = CODE.findall(" ".join(row[0] for kind in ROWS.values() for row in kind.values()))
    named = {re.match(r"[\w.]+", c)[0] for c in code if not c.startswith('"')}
    bases = set(
        re.findall(r"`(\w+)`(?: is the\sbase class| that of those|, which `loss\.pair)", PAGE)
    )
    public = set(tn.__all__)
    assert bases <= public
    assert public <= named | bases, "each public name gets a row in docs/kit.md"
    assert {n for n in named if "." not in n} <= public


def test_every_short_name_has_a_place():
    kinds = tn.activations.ACTIVATIONS, tn.losses.LOSSES, tn.layers.regularizers.REGULARIZERS
    kinds += tn.layers.initializers.INITIALIZERS, tn.optimizers.OPTIMIZERS, tn.metrics.METRICS
    for short, part in (item for kind in kinds for item in kind.items()):
        name = getattr(part, "__name__", type(part).__name__)
        found = [
            row[0] for kind in ROWS.values() for row in kind.values() if f'`"{short}"`' in row[0]
        ]
        assert any(re.match(rf"`(metrics\.)?{name}\(", cell) for cell in found), short


# ---- every formula


Z = [-30.0, -2.5, -1.0, -1e-3, 1e-3, 0.7, 3.0, 30.0]


@rows("Activations")
def test_activations(name, row):
    g, (_, value, derivative, kink, *_) = part_of(name), row
    if "Softmax" in name:
        return
    found = g.forward(np.array(Z)), g.backward(np.ones(len(Z)))
    for z, a, slope in zip(Z, *found, strict=True):
        u, du = GATE * (z + 0.044715 * z**3), GATE * (1 + 3 * 0.044715 * z**2)
        own = {"z": z, "u": u, "du": du}
        assert a == pytest.approx(computed(formula(value), g, **own), rel=1e-9, abs=1e-12)
        assert slope == pytest.approx(computed(formula(derivative), g, **own), rel=1e-9, abs=1e-12)
    g.forward(np.zeros(1))
    at_0 = g.backward(np.ones(1))[0]
    left, right = ((g(np.array([h])) - g(np.zeros(1)))[0] / h for h in (-1e-9, 1e-9))
    assert (left == pytest.approx(right, abs=1e-6)) == (not kink or "Elu" in name)
    at_kink = computed(formula(kink), g) if kink else (left + right) / 2
    assert at_0 == pytest.approx(at_kink, abs=0 if kink else 1e-6)


@pytest.mark.parametrize("temperature", [1.0, 2.5])
def test_softmax(temperature):
    _, value, derivative, *_ = ROWS["Activations"]["Softmax(temperature=1.0)"]
    g, z, da = tn.Softmax(temperature), np.array([0.5, -1.0, 2.0]), np.array([1.0, 3.0, -2.0])
    a = computed(formula(value), g, z=z, exp=np.exp, sum=np.sum)
    np.testing.assert_allclose(g.forward(z[:, np.newaxis])[:, 0], a, 1e-14)
    dz = computed(formula(derivative), g, a=a, da=da, sum=np.sum)
    np.testing.assert_allclose(g.backward(da[:, np.newaxis])[:, 0], dz, 1e-13)


def test_other_settings_of_activations():
    for name, other in [
        ("LeakyReLU(slope=0.01)", tn.LeakyReLU(0.3)),
        ("Elu(alpha=1.0)", tn.Elu(0.3)),
    ]:
        _, value, derivative, kink, *_ = ROWS["Activations"][name]
        for z in (-2.0, 0.0, 0.5):
            a, slope = other.forward(np.array([z]))[0], other.backward(np.ones(1))[0]
            assert a == pytest.approx(computed(formula(value), other, z=z), rel=1e-14)
            assert slope == pytest.approx(
                computed(formula(kink if z == 0 else derivative), other, z=z)
            )


@rows("Losses")
def test_losses(name, row):
    loss, (_, cost, derivative, kink, *_) = part_of(name), row
    y = 1.0 if "Hinge" in name else 0.3
    others = [0.0, 0.0, 0.7] if isinstance(loss, tn.CrossEntropy) else []  # classes that add to 1
    for a in (0.1, 0.3 + 1e-6, 0.8, *([] if loss.match else [1.0, 2.5, 5.0])):
        if (
            kink
            and abs(computed("y * a - 1" if "Hinge" in name else "a - y", loss, a=a, y=y)) < 1e-9
        ):
            continue
        A, Y = np.array([[a], *[[0.5]] * len(others)]), np.array([[y], *[[b] for b in others]])
        entries = [(a, y)] + [(0.5, b) for b in others if b]
        J = sum(computed(formula(cost), loss, a=b, y=x, d=b - x) for b, x in entries)
        assert loss.forward(A, Y) == pytest.approx(J, rel=1e-9)
        expected = computed(formula(derivative), loss, a=a, y=y, d=a - y)
        assert loss.backward()[0, 0] == pytest.approx(expected, rel=1e-9, abs=1e-12)
    if kink:
        loss.forward([[1.0]], [[1.0]])  # a = y = 1, and y a = 1
        assert loss.backward() == computed(formula(kink), loss)


@rows("Regularizers")
def test_regularizers(name, row):
    part, (_, value, derivative, kink, *_) = part_of(name), row
    for w in (-2.0, 0.0, 0.5):
        assert part.forward([[w]]) == pytest.approx(computed(formula(value), part, w=w))
        assert part.backward()[0, 0] == pytest.approx(computed(formula(derivative), part, w=w))
    part.forward([[0.0]])
    assert part.backward() == (computed(formula(kink), part) if kink else 0)


OTHER = {"SGD": {"momentum": 0.6}, "RMSProp": {"momentum": 0.6}}
OTHER |= {"AdamW": {"weight_decay": 0.3}, "Adagrad": {"initial_accumulator_value": 0.5}}


@pytest.mark.parametrize("others", [False, True])
@rows("Optimizers")
def test_optimizers(name, row, others):
    optimizer, (_, step, slope, *_) = part_of(name), row
    for setting, value in OTHER.get(type(optimizer).__name__, {}).items() if others else ():
        setattr(optimizer, setting, value)
    if "Adam" in row[2]:
        slope = ROWS["Optimizers"][next(n for n in ROWS["Optimizers"] if n.startswith("Adam("))][2]
    own = {n: getattr(optimizer, n) for n in tn.base.settings.settings(type(optimizer))}
    own |= FUNCTIONS | {"p": 0.7, "m": 0.0, "v": own.get("initial_accumulator_value", 0.0)}
    p = {"w": np.array([0.7])}
    for t, g in enumerate([0.5, -2.0, 0.01, 3.0], 1):
        own |= {"t": t, "g": g}
        exec(formula(step), own)
        optimizer.forward(p, {"w": np.array([g])})
        d_p, d_g = optimizer.backward({"w": np.ones(1)})
        assert p["w"][0] == pytest.approx(own["p"], rel=1e-12)
        assert d_g["w"][0] == pytest.approx(eval(formula(slope), own), rel=1e-9)
        decay = getattr(optimizer, "weight_decay", 0)
        assert d_p["w"][0] == pytest.approx(1 - optimizer.learning_rate * decay, rel=1e-14)


@rows("Optimizers")
def test_optimizers_without_a_gradient_so_far(name, row):
    """Where the root has its kink: its derivative counts as 0, so dp/dg is that of g alone."""
    optimizer = part_of(name)
    optimizer.forward({"w": np.ones(1)}, {"w": np.zeros(1)})
    _, d_g = optimizer.backward({"w": np.ones(1)})
    over = getattr(optimizer, "epsilon", 1)
    assert bool(row[3]) == hasattr(optimizer, "epsilon")
    assert d_g["w"][0] == pytest.approx(-optimizer.learning_rate / over, rel=1e-6)


@rows("A learned learning rate")
def test_hypergradient(name, row):
    optimizer = eval(f"tn.{name}", {"tn": tn, "optimizer": tn.SGD(0.1), "meta": tn.SGD(0.3)})
    own = FUNCTIONS | {"meta": lambda slope: 0.3 * slope, "step": lambda g: g}
    own |= {"r": math.log(0.1), "u": 0.0, "p": 0.7}
    p = {"w": np.array([0.7])}
    for own["g"] in (0.5, -2.0, 0.01, 3.0):
        exec(formula(row[1]), own)
        optimizer.forward(p, {"w": np.array([own["g"]])})
        assert optimizer.learning_rate == pytest.approx(math.exp(own["r"]), rel=1e-12)
        assert p["w"][0] == pytest.approx(own["p"], rel=1e-12)


SCHEDULES = [
    tn.ExponentialDecay(0.1, 0.5, steps=8),
    tn.StepDecay(0.1, 0.5, steps=8),
    tn.PiecewiseConstant([0.1, 0.02, 0.003], steps=[5, 9]),
    tn.CosineDecay(0.1, steps=20, warm_up=4, last=0.01),
]


def test_schedules():
    by_name = {name.split("(")[0]: row for name, row in ROWS["Schedules"].items()}
    assert by_name.keys() == {type(schedule).__name__ for schedule in SCHEDULES}
    for schedule in SCHEDULES:
        rate = formula(by_name[type(schedule).__name__][1])
        for t in range(25):
            assert schedule.rate(t) == pytest.approx(computed(rate, schedule, t=t), rel=1e-14)


@rows("Initializers")
def test_initializers(name, row):
    by = tn.Constant(0.3) if name == "Constant(value)" else part_of(name)
    shapes = [(300, 200), (200, 300)]
    for n_out, n_in in shapes:
        W = by((n_out, n_in), np.random.default_rng(0))
        assert W.std() == pytest.approx(
            computed(formula(row[2]), by, n_in=n_in, n_out=n_out), 0.02, 1e-9
        )


LAYERS = {
    "Dense(units, activation)": tn.Dense(3, "tanh"),
    "Activate(activation)": tn.Activate("tanh"),
    "Standardize()": tn.Standardize(),
    "Standardize(invert=True)": tn.Standardize(invert=True),
    "PReLU()": tn.PReLU(),
    "Residual(layers)": tn.Residual([tn.Dense(4), tn.Dense(3)]),
    "Dropout(rate)": tn.Dropout(0.5),
    "BatchNorm(momentum=0.9, epsilon=1e-5)": tn.BatchNorm(),
    "LayerNorm(epsilon=1e-5)": tn.LayerNorm(),
}


def test_layers_have_their_weights_in_the_order_of_the_page():
    assert ROWS["Layers"].keys() == LAYERS.keys()
    for name, layer in LAYERS.items():
        layer.build(3)
        _, _, _, _, params, state, _ = ROWS["Layers"][name]
        assert CODE.findall(params) == list(layer.params)
        assert "likewise" in state or CODE.findall(state) == list(layer.state)


@pytest.mark.parametrize("name", ["Precision()", "Recall()", "F1()"])
def test_metrics_of_three_counts(name):
    metric, hits, said, true = part_of(name), 3.0, 4.0, 6.0
    expected = computed(formula(ROWS["Metrics"][name][1]), metric, hits=hits, said=said, true=true)
    assert metric.result([hits, said, true], 10) == pytest.approx(expected)
