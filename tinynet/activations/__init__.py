"""The names of the activations, A = g(Z). `base` has their base class, the other files have one
family each.

The instances (`tanh`, `relu`, ...) are templates: a layer takes a copy.
"""

from typing import Any

from tinynet.activations.base import Activation
from tinynet.activations.exponentials import Elu, Exponential, Selu, Softplus
from tinynet.activations.gates import Gelu, Silu
from tinynet.activations.linear import Identity
from tinynet.activations.probabilities import Softmax
from tinynet.activations.rectifiers import LeakyReLU, ReLU
from tinynet.activations.sigmoids import Sigmoid, Tanh
from tinynet.base import checks

__all__ = ["Activation", "Elu", "Exponential", "Gelu", "Identity", "LeakyReLU", "ReLU", "Selu"]
__all__ += ["Sigmoid", "Silu", "Softmax", "Softplus", "Tanh", "elu", "exponential", "gelu"]
__all__ += [
    "identity",
    "leaky_relu",
    "relu",
    "selu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "tanh",
]

identity, sigmoid, tanh, softmax = Identity(), Sigmoid(), Tanh(), Softmax()
relu, leaky_relu, elu, selu, softplus = ReLU(), LeakyReLU(), Elu(), Selu(), Softplus()
gelu, silu, exponential = Gelu(), Silu(), Exponential()

ACTIVATIONS: dict[str, Activation] = {
    "identity": identity,
    "sigmoid": sigmoid,
    "tanh": tanh,
    "relu": relu,
    "leaky_relu": leaky_relu,
    "elu": elu,
    "selu": selu,
    "softplus": softplus,
    "exponential": exponential,
    "gelu": gelu,
    "silu": silu,
    "softmax": softmax,
    "linear": identity,
    "swish": silu,
}


def template(who: str, value: Any) -> Activation:
    """The activation that an object or a string stands for. It is shared: copy it with `fresh()`
    before changing it."""
    return (
        value
        if isinstance(value, Activation)
        else checks.known(who, "activation", value, ACTIVATIONS)
    )


def own(who: str, name: str, value: Any) -> Activation:
    """A layer's own copy of the activation that an object or a string stands for."""
    activation = template(who, value).fresh()
    if activation.params:
        expected, cure = f"an {name} without parameters", "a layer can hold them"
        checks.refuse(who, expected, label(activation), cure)
    return activation


def label(activation: Activation) -> str:
    """An activation in code: the name of the template with the same settings, or else its repr."""
    same = (n for n, t in ACTIVATIONS.items() if type(t) is type(activation))
    return next((n for n in same if repr(ACTIVATIONS[n]) == repr(activation)), repr(activation))
