"""Activation functions: by themselves, or by the names that layers take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from autodiff.errors import ArgumentError
from autodiff.primitives.composites import softmax
from autodiff.primitives.transcendental import relu, sigmoid, tanh

Activation: TypeAlias = Callable[[Any], Any]


def identity(x: Any) -> Any:
    """x: no activation."""
    return x


ACTIVATIONS: dict[str, Activation] = {
    "tanh": tanh,
    "relu": relu,
    "sigmoid": sigmoid,
    "softmax": softmax,
    "linear": identity,
}


def function_of(chosen: str | Activation) -> Activation:
    """An activation by name, or the function itself. Raises ArgumentError for a name that is none.

    >>> float(function_of("relu")(-2.0))
    0.0
    """
    if callable(chosen):
        return chosen
    if chosen not in ACTIVATIONS:
        raise ArgumentError(
            f"there is no activation {chosen!r}; there are {', '.join(ACTIVATIONS)}, or pass a function"
        )
    return ACTIVATIONS[chosen]


def name_of(function: Any) -> str:
    """How an activation would be written: 'tanh' in quotes if it has a name here, else the function's own."""
    known = [name for name, activation in ACTIVATIONS.items() if activation is function]
    return repr(known[0]) if known else str(getattr(function, "__name__", repr(function)))


def suited_initializer(function: Activation) -> str:
    """The initializer that keeps the size of signals under an activation."""
    return "he" if function is relu else "glorot"
