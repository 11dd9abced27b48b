"""The rows of the optimizers."""

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import tinynet as tn
from tests import references as ref
from tests.cases import NUMBERS, OFF_KINK, SEEDS, SHAPES, Case, Row, laid_out


@st.composite
def optimizer_cases(draw, make):
    """An optimizer that has taken some steps already, and a next one; gradients stay clear of 0,
    where Adam has a kink."""
    node = draw(make)
    shapes = {"W1": draw(SHAPES), "b1": (draw(st.integers(1, 3)), 1)}
    sizes = OFF_KINK.map(lambda g: np.sign(g) * (0.05 + abs(g) % 2))

    def named(elements):
        return {
            name: draw(hnp.arrays(np.float64, shape, elements=elements))
            for name, shape in shapes.items()
        }

    for name in ("clip_norm", "clip_value"):
        setattr(node, name, draw(st.none() | st.none() | st.floats(0.3, 3)))
    for _ in range(draw(st.integers(0, 2))):
        node.forward(named(NUMBERS), named(sizes))
    grads = named(sizes)
    assume(off_limits(node, np.concatenate([np.abs(g).ravel() for g in grads.values()])))
    return Case(
        node, (named(NUMBERS), {n: laid_out(g, "F") for n, g in grads.items()}), draw(SEEDS)
    )


def off_limits(node, sizes):
    """Whether the gradients, of these sizes, are not at a limit, where a step has a kink."""
    value, norm = (np.inf if a is None else a for a in (node.clip_value, node.clip_norm))
    together = np.sqrt(np.square(np.minimum(sizes, value)).sum())
    return np.abs(sizes - value).min(initial=1) > 1e-3 and abs(together - norm) > 1e-3


RATES = st.floats(1e-4, 2)
SGDS = st.builds(tn.SGD, RATES, st.just(0.0) | st.floats(0, 0.99), st.booleans())
ROOTED = st.floats(0, 0.99), st.floats(0.5, 0.9999), st.floats(1e-8, 1e-2)
ADAMS = st.builds(tn.Adam, RATES, *ROOTED)
ADAMWS = st.builds(tn.AdamW, RATES, st.floats(0, 1), *ROOTED)
ADAGRADS = st.builds(tn.Adagrad, RATES, st.just(0.0) | st.floats(0.01, 1), st.floats(1e-8, 1e-2))
RMSPROPS = st.builds(
    tn.RMSProp, RATES, st.floats(0.5, 0.99), st.just(0.0) | st.floats(0, 0.9), st.floats(1e-8, 1e-2)
)

METAS = st.builds(tn.SGD, st.floats(1e-3, 0.1), st.floats(0, 0.9))
METAS |= st.builds(tn.Adam, st.floats(1e-3, 0.1), *ROOTED)
HYPERGRADIENTS = st.builds(tn.Hypergradient, SGDS | ADAMS | ADAMWS | RMSPROPS, METAS)


def step(reference):
    def after(node, arrays):
        arrays = arrays | clipped(node, {n: a for n, a in arrays.items() if n.startswith("g.")})
        names = [name.removeprefix("p.") for name in arrays if name.startswith("p.")]
        return {name: reference(node, name, arrays) for name in names}

    return after


def clipped(node, grads):
    if node.clip_value is not None:
        at = ref.mp.mpf(node.clip_value)
        limited = ref.each(
            lambda g: g if abs(ref.mp.re(g)) <= at else at * ref.mp.sign(ref.mp.re(g))
        )
        grads = {name: limited(g) for name, g in grads.items()}
    if node.clip_norm is not None:
        norm = ref.mp.sqrt(sum((g**2).sum() for g in grads.values()))
        if ref.mp.re(norm) > node.clip_norm:
            grads = {name: g * (ref.mp.mpf(node.clip_norm) / norm) for name, g in grads.items()}
    return grads


def slot(node, name, kind, like):
    return (
        ref.exact(node.slots[kind][name])
        if name in node.slots[kind]
        else 0 * ref.exact(np.zeros(np.shape(like)))
    )


def sgd(node, name, arrays):
    v = slot(node, name, "v", arrays[f"g.{name}"])
    return ref.sgd(
        arrays[f"p.{name}"],
        arrays[f"g.{name}"],
        v,
        arrays["learning_rate"],
        arrays["momentum"],
        node.nesterov,
    )


def exactly(node, *names):
    return [ref.exact(getattr(node, name))[()] for name in names]


def moments(node, name, arrays):
    """What ref.adam takes."""
    g = arrays[f"g.{name}"]
    beta_1, beta_2, epsilon = exactly(node, "beta_1", "beta_2", "epsilon")
    m = slot(node, name, "m", g) * (1 - beta_1)  # as the paper has them
    r = slot(node, name, "r", g) * (1 - beta_2) ** 0.5
    rate, t = arrays["learning_rate"], node.steps + 1
    return arrays[f"p.{name}"], g, m, r, t, rate, beta_1, beta_2, epsilon


def adam(node, name, arrays):
    return ref.adam(*moments(node, name, arrays))


def adamw(node, name, arrays):
    return ref.adamw(*moments(node, name, arrays), *exactly(node, "weight_decay"))


def adagrad(node, name, arrays):
    p, g = arrays[f"p.{name}"], arrays[f"g.{name}"]
    start, epsilon = exactly(node, "initial_accumulator_value", "epsilon")
    r = slot(node, name, "r", g)
    return ref.adagrad(p, g, r, start, arrays["learning_rate"], epsilon)


def rmsprop(node, name, arrays):
    p, g = arrays[f"p.{name}"], arrays[f"g.{name}"]
    rho, epsilon = exactly(node, "rho", "epsilon")
    r, m = slot(node, name, "r", g), slot(node, name, "m", g)
    rate, momentum = arrays["learning_rate"], arrays["momentum"]
    return ref.rmsprop(p, g, r, m, rate, rho, momentum, epsilon)


RULES = {tn.SGD: sgd, tn.Adam: adam, tn.AdamW: adamw, tn.RMSProp: rmsprop}


def inside(optimizer, slots, steps, arrays):
    """The step of an optimizer as it would be after so many others."""
    own = optimizer.fresh()
    own.slots, own.steps = slots, steps
    if "momentum" in own.params:
        arrays = arrays | {"momentum": exactly(own, "momentum")[0]}
    names = [name.removeprefix("p.") for name in arrays if name.startswith("p.")]
    return {name: RULES[type(own)](own, name, arrays) for name in names}


def hypergradient(node, arrays):
    """Meta's step on the logarithm of the learning rate, then the optimizer's at that rate."""
    r, meta = arrays["log_rate"], node.meta
    grads = {name: a for name, a in arrays.items() if name.startswith("g.")}
    along = sum((g * slot(node, name[2:], "u", g)).sum() for name, g in grads.items())
    slope = clipped(meta, {"g.r": np.array(-ref.mp.exp(r[()]) * along, dtype=object)})
    held = {kind: {"r": own["log_rate"]} for kind, own in meta.slots.items()}
    own = {"p.r": r, **slope, "learning_rate": exactly(meta, "learning_rate")[0]}
    after = inside(meta, held, max(0, node.steps - 1), own)["r"]
    others = {name: a for name, a in arrays.items() if name.startswith("p.")}
    others |= {**clipped(node, grads), "learning_rate": ref.mp.exp(np.asarray(after).item())}
    return inside(node.optimizer, node.slots, node.steps, others)


def hundred(node, arrays):
    return 100


def hundred_of_the_largest(node, arrays):
    """exp(r) is as large as it likes."""
    return 100 * (1 + max(float(np.abs(a).max()) for a in hypergradient(node, arrays).values()))


def row(kind, cases, reference, terms=hundred, choices=1):
    learned = reference is hypergradient
    whole, rounding = (reference, hundred_of_the_largest) if learned else (step(reference), hundred)
    more = {"differentiable": 2, "terms": terms, "choices": choices}
    return Row(kind, optimizer_cases(cases), whole, ("p", "g"), rounding, **more)


ROWS = {
    "sgd": row(tn.SGD, SGDS, sgd, lambda node, arrays: 0, choices=2),
    "adam": row(tn.Adam, ADAMS, adam),
    "adamw": row(tn.AdamW, ADAMWS, adamw),
    "adagrad": row(tn.Adagrad, ADAGRADS, adagrad),
    "hypergradient": row(tn.Hypergradient, HYPERGRADIENTS, hypergradient, choices=2),
    "rmsprop": row(tn.RMSProp, RMSPROPS, rmsprop),
}
