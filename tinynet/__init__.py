"""tinynet: an object-oriented mini deep-learning framework in numpy.

The four kinds of node are the four folders `layers`, `activations`, `losses` and `optimizers`; each
folder's `__init__` names its parts, and what it names is public. `docs/reading.md` says in which
order the source is best read.
"""

from tinynet import activations, callbacks, data, layers, losses, metrics, optimizers, plots
from tinynet.activations import *
from tinynet.base import Node
from tinynet.base.gradcheck import GradientError, GradientTable, check_gradients
from tinynet.callbacks import *
from tinynet.files.safetensors import ModelFileError
from tinynet.layers import *
from tinynet.losses import *
from tinynet.metrics import *
from tinynet.model.history import History
from tinynet.model.sequential import Sequential, load
from tinynet.optimizers import *

__version__ = "0.1.0"

__all__ = [
    *activations.__all__,
    *callbacks.__all__,
    *layers.__all__,
    *losses.__all__,
    *metrics.__all__,
    *optimizers.__all__,
    "GradientError",
    "GradientTable",
    "History",
    "ModelFileError",
    "Node",
    "Sequential",
    "check_gradients",
    "data",
    "load",
    "plots",
]
