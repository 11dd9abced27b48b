"""Which operators of ONNX a call of numpy's is. What has none of its own is made of several that
keep its digits."""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

OPERATORS: dict[Any, str] = {
    np.add: "Add",
    np.subtract: "Sub",
    np.multiply: "Mul",
    np.divide: "Div",
    np.negative: "Neg",
    np.absolute: "Abs",
    np.reciprocal: "Reciprocal",
    np.sqrt: "Sqrt",
    np.exp: "Exp",
    np.log: "Log",
    np.power: "Pow",
    np.tanh: "Tanh",
    np.arctan: "Atan",
    np.sin: "Sin",
    np.cos: "Cos",
    np.sign: "Sign",
    np.floor: "Floor",
    np.ceil: "Ceil",
    np.rint: "Round",
    np.maximum: "Max",
    np.minimum: "Min",
    np.greater: "Greater",
    np.greater_equal: "GreaterOrEqual",
    np.less: "Less",
    np.less_equal: "LessOrEqual",
    np.equal: "Equal",
    np.logical_and: "And",
    np.logical_or: "Or",
    np.logical_not: "Not",
    np.isnan: "IsNaN",
}
# what these are of True and False
BOOLEAN = {
    np.add: "Or",
    np.multiply: "And",
    np.maximum: "Or",
    np.minimum: "And",
    np.bitwise_and: "And",
    np.bitwise_or: "Or",
    np.invert: "Not",
}
LOGICAL = {np.logical_and, np.logical_or, np.logical_not}  # which take anything for True or False
REDUCED: dict[Any, str] = {np.add.reduce: "ReduceSum", np.maximum.reduce: "ReduceMax"}


class Graph(Protocol):
    """What a twin writes into."""

    def node(self, operator: str, *inputs: str, **settings: Any) -> str: ...
    def number(self, value: float, dtype: Any) -> str: ...


Twin = Callable[..., str]


def square(graph: Graph, _: Any, x: str) -> str:
    return graph.node("Mul", x, x)


def expm1(graph: Graph, dtype: Any, x: str) -> str:
    """exp(x) - 1 = tanh(x / 2) (exp(x) + 1), which loses no digits near 0."""
    half = graph.node("Tanh", graph.node("Mul", x, graph.number(0.5, dtype)))
    return graph.node("Mul", half, graph.node("Add", graph.node("Exp", x), graph.number(1, dtype)))


def log1p(graph: Graph, dtype: Any, x: str) -> str:
    """log(1 + x) = log(u) x / (u - 1) with u = 1 + x as it is rounded; x where u is 1, log(u) where
    u - 1 is x, inf too. After Goldberg, ACM Computing Surveys 23, 1991."""
    one = graph.number(1, dtype)
    u = graph.node("Add", x, one)
    left = graph.node("Sub", u, one)
    rounding = graph.node("Where", graph.node("Equal", left, x), one, graph.node("Div", x, left))
    scaled = graph.node("Mul", graph.node("Log", u), rounding)
    return graph.node("Where", graph.node("Equal", u, one), x, scaled)


def halves(graph: Graph, dtype: Any, x: str) -> tuple[str, str]:
    """exp(x / 2) and exp(-x / 2), which overflow later than their squares."""
    half = graph.node("Mul", x, graph.number(0.5, dtype))
    return graph.node("Exp", half), graph.node("Exp", graph.node("Neg", half))


def cosh(graph: Graph, dtype: Any, x: str) -> str:
    """(exp(x) + exp(-x)) / 2."""
    half = graph.number(0.5, dtype)
    squares = (graph.node("Mul", graph.node("Mul", e, half), e) for e in halves(graph, dtype, x))
    return graph.node("Add", *squares)


def sinh(graph: Graph, dtype: Any, x: str) -> str:
    """tanh(x / 2) s^2 / 2 with s = exp(x / 2) + exp(-x / 2), which loses no digits near 0."""
    half = graph.number(0.5, dtype)
    s = graph.node("Add", *halves(graph, dtype, x))
    t = graph.node("Mul", graph.node("Tanh", graph.node("Mul", x, half)), half)
    return graph.node("Mul", graph.node("Mul", t, s), s)


def fmax(graph: Graph, _: Any, x: str, y: str) -> str:
    """The larger one, where one is NaN the other."""
    larger = graph.node("Where", graph.node("IsNaN", y), x, graph.node("Max", x, y))
    return graph.node("Where", graph.node("IsNaN", x), y, larger)


def logaddexp(graph: Graph, dtype: Any, x: str, y: str) -> str:
    """log(exp(x) + exp(y)) = max + log(1 + exp(-|x - y|))."""
    apart = graph.node("Neg", graph.node("Abs", graph.node("Sub", x, y)))
    rest = log1p(graph, dtype, graph.node("Exp", apart))
    return graph.node("Add", graph.node("Max", x, y), rest)


def not_equal(graph: Graph, _: Any, x: str, y: str) -> str:
    return graph.node("Not", graph.node("Equal", x, y))


TWINS: dict[Any, Twin] = {
    np.logaddexp: logaddexp,
    np.not_equal: not_equal,
    np.square: square,
    np.expm1: expm1,
    np.log1p: log1p,
    np.cosh: cosh,
    np.sinh: sinh,
    np.fmax: fmax,
}
