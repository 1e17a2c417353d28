"""Reverse-mode automatic differentiation for ordinary NumPy code."""

from typing import TYPE_CHECKING, Any

from autodiff import errors
from autodiff.checkpointing import checkpoint, stop_gradient
from autodiff.curvature import elementwise_grad, hessian, hvp, jacobian
from autodiff.modes import no_grad
from autodiff.primitives.composites import log_softmax, logsumexp, one_hot, softmax
from autodiff.primitives.indexing import put
from autodiff.primitives.kinds import elementwise, linear, multilinear, nondifferentiable, primitive
from autodiff.primitives.transcendental import relu, sigmoid, softplus
from autodiff.transforms import grad, jvp, value_and_grad, vjp
from autodiff.value import Value

if TYPE_CHECKING:
    from autodiff import optimize, scipy, testing
    from autodiff.compiler.jit import jit
    from autodiff.debugging import debug_nans
    from autodiff.drawing import draw, draw_dot

__version__ = "0.1.0"

__all__ = [
    "Value",
    "checkpoint",
    "debug_nans",
    "draw",
    "draw_dot",
    "elementwise",
    "elementwise_grad",
    "errors",
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
    "optimize",
    "primitive",
    "put",
    "relu",
    "scipy",
    "sigmoid",
    "softmax",
    "softplus",
    "stop_gradient",
    "testing",
    "value_and_grad",
    "vjp",
]

_ON_FIRST_USE = {
    "debug_nans": "autodiff.debugging",
    "draw": "autodiff.drawing",
    "draw_dot": "autodiff.drawing",
    "jit": "autodiff.compiler.jit",
}


def __getattr__(name: str) -> Any:
    """What `import autodiff` does not load: it costs NumPy and little more."""
    from importlib import import_module

    if name in _ON_FIRST_USE:
        return getattr(import_module(_ON_FIRST_USE[name]), name)
    if name in ("optimize", "scipy", "testing"):
        return import_module(f"autodiff.{name}")
    raise AttributeError(f"module 'autodiff' has no attribute {name!r}")
