"""What all other folders use: checks, settings, stable functions, the contract, the gradient
checker."""

from tinynet.base.calls import in_one_go, interrupts_later, put
from tinynet.base.checks import Array, Arrays
from tinynet.base.node import Field, Guard, Node, held, read_only
from tinynet.base.settings import Part, Setting, writer, written_with

__all__ = ["Array", "Arrays", "Field", "Node", "Part", "Setting", "in_one_go", "interrupts_later"]
__all__ += ["Guard", "held", "put", "read_only", "writer", "written_with"]
