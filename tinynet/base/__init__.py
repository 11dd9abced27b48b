"""What all other folders use: checks, settings, stable functions, the contract, the gradient
checker."""

from tinynet.base.calls import in_one_go
from tinynet.base.checks import Array, Arrays
from tinynet.base.node import QUIET, Field, Node, no_writes, read_only
from tinynet.base.settings import Part, Setting

__all__ = ["QUIET", "Array", "Arrays", "Field", "Node", "Part", "Setting", "in_one_go"]
__all__ += ["no_writes", "read_only"]
