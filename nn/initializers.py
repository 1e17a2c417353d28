"""First weights: how far from zero they may lie, so that signals and gradients keep their size from layer to layer.

Each is a function of (rng, shape, dtype), where shape is (inputs, outputs), or (inputs,) for a single neuron. Numbers
are drawn in float64 and rounded, so a seed gives the same network in every dtype.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from autodiff.errors import ArgumentError, DtypeError
from nn.checks import described

Initializer: TypeAlias = Callable[[np.random.Generator, tuple[int, ...], DTypeLike], NDArray[Any]]
Seed: TypeAlias = "np.random.Generator | int | None"


def glorot(rng: np.random.Generator, shape: tuple[int, ...], dtype: DTypeLike = np.float64) -> NDArray[Any]:
    """Uniform in ±√(6 / (inputs + outputs)): for tanh, sigmoid, softmax and no activation.

    source: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks (2010), eq. 16

    >>> float(abs(glorot(np.random.default_rng(0), (3, 3))).max()) < 1.0
    True
    """
    limit = math.sqrt(6 / (shape[0] + _outputs(shape)))
    return rng.uniform(-limit, limit, shape).astype(dtype)


def he(rng: np.random.Generator, shape: tuple[int, ...], dtype: DTypeLike = np.float64) -> NDArray[Any]:
    """Normal with standard deviation √(2 / inputs): for relu, which lets half of its input through.

    source: He, Zhang, Ren and Sun, Delving deep into rectifiers (2015), eq. 10

    >>> round(float(he(np.random.default_rng(0), (200, 300)).std()), 2)
    0.1
    """
    return rng.normal(0.0, math.sqrt(2 / shape[0]), shape).astype(dtype)


def uniform(rng: np.random.Generator, shape: tuple[int, ...], dtype: DTypeLike = np.float64) -> NDArray[Any]:
    """Uniform in ±1, whatever the shape: what micrograd does.

    source: A. Karpathy, micrograd (2020)

    >>> uniform(np.random.default_rng(0), (2, 3)).shape
    (2, 3)
    """
    return rng.uniform(-1.0, 1.0, shape).astype(dtype)


INITIALIZERS: dict[str, Initializer] = {"glorot": glorot, "he": he, "uniform": uniform}


def initializer(chosen: str | Initializer) -> Initializer:
    """An initializer by name, or the function itself. Raises ArgumentError for a name that is none."""
    if callable(chosen):
        return chosen
    if chosen not in INITIALIZERS:
        raise ArgumentError(
            f"there is no initializer {chosen!r}; there are {', '.join(INITIALIZERS)}, or pass a function"
        )
    return INITIALIZERS[chosen]


def generator(rng: Seed) -> np.random.Generator:
    """The Generator itself, one seeded with an integer, or one that starts anywhere (None)."""
    if rng is not None and not isinstance(rng, (np.random.Generator, int, np.integer)):
        raise DtypeError(f"rng is a np.random.Generator, an integer or None; it was given {described(rng)}")
    return np.random.default_rng(rng)


def _outputs(shape: tuple[int, ...]) -> int:
    return shape[1] if len(shape) > 1 else 1
