"""A number that is not known yet: what Python computes with it becomes a text."""

from typing import Any, NoReturn

from tinynet.source.text import ATOM, PRODUCT, SUM, Text, literal

POWER = 2.5


def operator(sign: str, level: float) -> tuple[Any, Any]:
    """What Python calls for a sign, with the number on its left and on its right."""
    return (
        lambda self, other: self.joined(sign, level, self, other),
        lambda self, other: self.joined(sign, level, other, self),
    )


class Symbol:
    """A number in a formula, such as the t of a step."""

    def __init__(self, text: Text) -> None:
        self.text = text

    def joined(self, sign: str, level: float, left: Any, right: Any) -> "Symbol":
        a, b = (x.text if isinstance(x, Symbol) else literal(x) for x in (left, right))
        if level == POWER:
            return Symbol(Text(f"{a.within(ATOM)} ** {b.within(ATOM)}", POWER))
        return Symbol(Text(f"{a.within(level)} {sign} {b.within(level + 0.5)}", level))

    __add__, __radd__ = operator("+", SUM)
    __sub__, __rsub__ = operator("-", SUM)
    __mul__, __rmul__ = operator("*", PRODUCT)
    __truediv__, __rtruediv__ = operator("/", PRODUCT)
    __pow__, __rpow__ = operator("**", POWER)

    def __neg__(self) -> "Symbol":
        return Symbol(Text(f"-{self.text.within(ATOM)}", PRODUCT))

    def unknown(self, *_: Any) -> NoReturn:
        raise TypeError("a number that is not known yet is looked at")

    __bool__ = __float__ = __int__ = __index__ = __lt__ = __le__ = __gt__ = __ge__ = unknown
    __eq__ = __ne__ = __hash__ = unknown
