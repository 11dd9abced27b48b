"""A number that is not known yet: what Python computes with it becomes a text."""

from typing import Any, NoReturn

from tinynet.source.text import ATOM, PRODUCT, SUM, Text, literal

POWER = 2.5


class Symbol:
    """A number in a formula, such as the t of a step."""

    def __init__(self, text: Text) -> None:
        self.text = text

    def joined(self, sign: str, level: float, left: Any, right: Any) -> "Symbol":
        a, b = (x.text if isinstance(x, Symbol) else literal(x) for x in (left, right))
        if level == POWER:
            return Symbol(Text(f"{a.within(ATOM)} ** {b.within(ATOM)}", POWER))
        return Symbol(Text(f"{a.within(level)} {sign} {b.within(level + 0.5)}", level))

    def __add__(self, other: Any) -> "Symbol":
        return self.joined("+", SUM, self, other)

    def __radd__(self, other: Any) -> "Symbol":
        return self.joined("+", SUM, other, self)

    def __sub__(self, other: Any) -> "Symbol":
        return self.joined("-", SUM, self, other)

    def __rsub__(self, other: Any) -> "Symbol":
        return self.joined("-", SUM, other, self)

    def __mul__(self, other: Any) -> "Symbol":
        return self.joined("*", PRODUCT, self, other)

    def __rmul__(self, other: Any) -> "Symbol":
        return self.joined("*", PRODUCT, other, self)

    def __truediv__(self, other: Any) -> "Symbol":
        return self.joined("/", PRODUCT, self, other)

    def __rtruediv__(self, other: Any) -> "Symbol":
        return self.joined("/", PRODUCT, other, self)

    def __neg__(self) -> "Symbol":
        return Symbol(Text(f"-{self.text.within(ATOM)}", PRODUCT))

    def unknown(self, *_: Any) -> NoReturn:
        raise TypeError("a number that is not known yet is looked at")

    __bool__ = __float__ = __int__ = __index__ = __lt__ = __le__ = __gt__ = __ge__ = unknown
    __eq__ = __ne__ = __hash__ = unknown

    def __pow__(self, other: Any) -> "Symbol":
        return self.joined("**", POWER, self, other)

    def __rpow__(self, other: Any) -> "Symbol":
        return self.joined("**", POWER, other, self)
