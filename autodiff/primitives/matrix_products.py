"""What numpy.linalg has of products and diagonals: the array API's names, of the last axes and with its own checks."""

from __future__ import annotations

from typing import Any

import numpy as np

from autodiff.errors import ShapeError
from autodiff.primitives.kinds import composite
from autodiff.primitives.shaping import axis_of


@composite(np.linalg.matmul)
def matmul(x1: Any, x2: Any, /) -> Any:
    """The matrix product."""
    return np.matmul(x1, x2)


@composite(np.linalg.tensordot)
def tensordot(x1: Any, x2: Any, /, *, axes: Any = 2) -> Any:
    """Σ over pairs of axes of both."""
    return np.tensordot(x1, x2, axes=axes)


@composite(np.linalg.outer)
def outer(x1: Any, x2: Any, /) -> Any:
    """All products of one element of a vector with one of another."""
    if np.ndim(x1) != 1 or np.ndim(x2) != 1:
        raise ShapeError(f"np.linalg.outer needs two vectors, was given shapes {np.shape(x1)} and {np.shape(x2)}")
    return np.outer(x1, x2)


@composite(np.linalg.diagonal)
def diagonal(x: Any, /, *, offset: int = 0) -> Any:
    """A diagonal of the last two axes."""
    return np.diagonal(x, offset, -2, -1)


@composite(np.linalg.trace)
def trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    """The sum of a diagonal of the last two axes."""
    return np.trace(x, offset, -2, -1, dtype)


@composite(np.linalg.vecdot)
def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """Σ x̄₁ x₂ along an axis."""
    x1, x2 = (np.moveaxis(x, axis_of(x, axis, "linalg.vecdot"), -1) for x in (x1, x2))
    x1 = np.conjugate(x1) if np.iscomplexobj(x1) else x1
    if x1.shape[-1] != x2.shape[-1]:
        raise ShapeError(f"np.linalg.vecdot needs vectors of one length, was given {x1.shape[-1]} and {x2.shape[-1]}")
    return np.matmul(np.expand_dims(x1, -2), np.expand_dims(x2, -1))[..., 0, 0]


@composite(np.linalg.cross)
def cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """The cross product of vectors with three elements, along an axis."""
    at = [axis_of(x, axis, "linalg.cross") for x in (x1, x2)]
    if [np.shape(x)[i] for x, i in zip((x1, x2), at)] != [3, 3]:
        raise ShapeError(
            f"np.linalg.cross needs vectors of three elements, was given shapes {np.shape(x1)}, {np.shape(x2)}"
        )
    a, b = (np.moveaxis(x, i, -1) for x, i in zip((x1, x2), at))
    parts = [a[..., i - 2] * b[..., i - 1] - a[..., i - 1] * b[..., i - 2] for i in range(3)]
    return np.stack(parts, axis=axis)
