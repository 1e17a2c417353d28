"""Reverse-mode automatic differentiation for ordinary NumPy code."""

from autodiff.checkpointing import checkpoint, stop_gradient
from autodiff.compiler.jit import jit
from autodiff.curvature import elementwise_grad, hessian, hvp, jacobian
from autodiff.modes import no_grad
from autodiff.primitives.composites import log_softmax, logsumexp, one_hot, softmax
from autodiff.primitives.indexing import put
from autodiff.primitives.kinds import elementwise, linear, multilinear, nondifferentiable, primitive
from autodiff.primitives.transcendental import relu, sigmoid, softplus
from autodiff.transforms import grad, jvp, value_and_grad, vjp
from autodiff.value import Value

__version__ = "0.1.0"

__all__ = [
    "Value",
    "checkpoint",
    "elementwise",
    "elementwise_grad",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jit",
    "jvp",
    "linear",
    "log_softmax",
    "logsumexp",
    "multilinear",
    "no_grad",
    "nondifferentiable",
    "one_hot",
    "primitive",
    "put",
    "relu",
    "sigmoid",
    "softmax",
    "softplus",
    "stop_gradient",
    "value_and_grad",
    "vjp",
]
