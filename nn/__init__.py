"""Small neural networks on autodiff: layers, losses, optimisers, and a loop that trains.

`nn.scalar` has the same with one Value per weight, to be drawn and read.
"""

from autodiff.primitives.composites import softmax
from autodiff.primitives.transcendental import relu, sigmoid, tanh
from nn import initializers, scalar
from nn.layers import MLP, Dropout, Layer, Linear, Neuron, Sequential
from nn.losses import accuracy, cross_entropy, hinge, mean_squared_error, squared_error
from nn.module import Module
from nn.optimizers import SGD, Adam, Optimizer
from nn.training import History, fit

__all__ = [
    "MLP",
    "SGD",
    "Adam",
    "Dropout",
    "History",
    "Layer",
    "Linear",
    "Module",
    "Neuron",
    "Optimizer",
    "Sequential",
    "accuracy",
    "cross_entropy",
    "fit",
    "hinge",
    "initializers",
    "mean_squared_error",
    "relu",
    "scalar",
    "sigmoid",
    "softmax",
    "squared_error",
    "tanh",
]
