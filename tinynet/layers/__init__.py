"""The names of the layers, which make Z from X and then A = g(Z), and of the initializers. `base`
has the layers' base class."""

from tinynet.layers.activate import Activate
from tinynet.layers.base import Layer
from tinynet.layers.dense import Dense
from tinynet.layers.dropout import Dropout
from tinynet.layers.initializers import (
    Constant,
    Glorot,
    He,
    Initializer,
    LeCun,
    Normal,
    Orthogonal,
    TruncatedNormal,
    Uniform,
    Zeros,
)
from tinynet.layers.normalization import BatchNorm, LayerNorm
from tinynet.layers.prelu import PReLU
from tinynet.layers.regularizers import L1, L1L2, L2, Regularizer
from tinynet.layers.residual import Residual
from tinynet.layers.standardize import Standardize

__all__ = ["L1", "L1L2", "L2", "Activate", "BatchNorm", "Constant", "Dense", "Dropout", "Glorot"]
__all__ += ["He", "Initializer", "Layer", "LayerNorm", "LeCun", "Normal", "Orthogonal"]
__all__ += [
    "PReLU",
    "Regularizer",
    "Residual",
    "Standardize",
    "TruncatedNormal",
    "Uniform",
    "Zeros",
]
