"""tinynet: an object-oriented mini deep-learning framework in numpy.

Read it in this order: node, functions, activations, layers, losses, optimizers, cost, model, gradcheck. Then, for how fit
gets fast: arena, tape, recording, store, plan, training.
"""

from tinynet import data
from tinynet.activations import (
    Activation,
    Identity,
    LeakyReLU,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
    identity,
    leaky_relu,
    relu,
    sigmoid,
    softmax,
    tanh,
)
from tinynet.gradcheck import GradientError, GradientTable, check_gradients
from tinynet.history import History
from tinynet.initializers import Glorot, He, Initializer, Normal, Zeros
from tinynet.layers import Dense, Layer
from tinynet.losses import BinaryCrossEntropy, CrossEntropy, Loss, MeanSquaredError, Pair
from tinynet.model import Sequential
from tinynet.node import Node
from tinynet.optimizers import SGD, Adam, Optimizer

__version__ = "0.1.0"

__all__ = [
    "SGD",
    "Activation",
    "Adam",
    "BinaryCrossEntropy",
    "CrossEntropy",
    "Dense",
    "Glorot",
    "GradientError",
    "GradientTable",
    "He",
    "History",
    "Identity",
    "Initializer",
    "Layer",
    "LeakyReLU",
    "Loss",
    "MeanSquaredError",
    "Node",
    "Normal",
    "Optimizer",
    "Pair",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "Tanh",
    "Zeros",
    "check_gradients",
    "data",
    "identity",
    "leaky_relu",
    "relu",
    "sigmoid",
    "softmax",
    "tanh",
]
