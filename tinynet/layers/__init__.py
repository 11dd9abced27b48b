"""Layers, Z from X and then an activation: the base class, then the parts; initializers beside
them."""

from tinynet.layers.base import Layer
from tinynet.layers.dense import Dense
from tinynet.layers.initializers import Glorot, He, Initializer, Normal, Zeros

__all__ = ["Dense", "Glorot", "He", "Initializer", "Layer", "Normal", "Zeros"]
