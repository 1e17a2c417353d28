"""Norms of vectors and matrices, of every order. At 0 their derivative is 0, in all orders.

Where one element of a vector is 0, its derivative is 0 too: so has abs it. Spectral norms are made of singular values.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from autodiff.errors import ArgumentError, ShapeError
from autodiff.primitives.arithmetic import over
from autodiff.primitives.keywords import listed
from autodiff.primitives.kinds import composite, primitive
from autodiff.primitives.reductions import expand
from autodiff.primitives.shaping import axis_of


def _along(slope: Any, tangent: Any, axis: Any, keepdims: bool) -> Any:
    """Σ slope·tangent."""
    return np.real(np.sum(slope * tangent, axis=axis, keepdims=keepdims))


def _unit(x: Any, x_like: Any, out: Any, axis: Any, keepdims: bool) -> Any:
    """x̄/‖x‖, and 0 where that is 0."""
    out = expand(out, x_like, axis, keepdims)
    x = np.conjugate(x) if np.iscomplexobj(x) else x
    return np.where(out == 0, 0.0, x / np.where(out == 0, 1.0, out))


_euclidean = primitive(
    lambda x, *, axis, keepdims: np.linalg.norm(x, None, axis, keepdims),
    [
        lambda g, x, x_like, out, axis, keepdims: (
            expand(g, x_like, axis, keepdims) * _unit(x, x_like, out, axis, keepdims)
        )
    ],
    jvp=lambda tangents, x, x_like, out, axis, keepdims: _along(
        _unit(x, x_like, out, axis, keepdims), tangents[0], axis, keepdims
    ),
    name="euclidean_norm",
)
"""√Σ|x|², over one axis, two, or all."""


def _power_slope(x: Any, x_like: Any, out: Any, ord: Any, axis: Any, keepdims: bool) -> Any:
    """sign(x̄)·(|x|/‖x‖)ᵖ⁻¹, and 0 where x or ‖x‖ is 0."""
    out = expand(out, x_like, axis, keepdims)
    size = np.abs(x)
    flat = (size == 0) | (out == 0)
    ratio = np.where(flat, 1.0, size) / np.where(flat, 1.0, out)
    sign = over(np.conjugate(x), size) if np.iscomplexobj(x) else np.sign(x)
    return np.where(flat, 0.0, sign * ratio ** (ord - 1))


_power_norm = primitive(
    lambda x, *, ord, axis, keepdims: np.linalg.norm(x, ord, axis, keepdims),
    [
        lambda g, x, x_like, out, ord, axis, keepdims: (
            expand(g, x_like, axis, keepdims) * _power_slope(x, x_like, out, ord, axis, keepdims)
        )
    ],
    jvp=lambda tangents, x, x_like, out, ord, axis, keepdims: _along(
        _power_slope(x, x_like, out, ord, axis, keepdims), tangents[0], axis, keepdims
    ),
    name="power_norm",
)
"""(Σ|x|ᵖ)¹ᐟᵖ along an axis."""


# --- NumPy's signatures over them -------------------------------------------------------------------------------------


@composite(np.linalg.norm)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """The norm of a vector (one axis), of a matrix (two), or of all elements (ord None), in any order NumPy knows."""
    keepdims, ndim, axes = bool(keepdims), np.ndim(x), listed(axis)
    if axes is None:
        if ord is None or (ndim == 2 and ord in ("f", "fro")) or (ndim == 1 and _is(ord, 2)):
            return _euclidean(x, axis=None, keepdims=keepdims)
        axes = tuple(range(ndim))
    axes = tuple(axis_of(x, i, "linalg.norm") for i in (axes if isinstance(axes, tuple) else (operator.index(axes),)))
    if len(axes) == 1:
        return _norm_of_vectors(x, ord, axes[0], keepdims)
    if len(axes) != 2 or axes[0] == axes[1]:
        raise ShapeError(
            f"np.linalg.norm takes one axis (vectors) or two different ones (matrices) for ord={ord!r}; the axes are "
            f"{axes} of shape {np.shape(x)}"
        )
    return _norm_of_matrices(x, ord, axes, keepdims)


def _is(ord: Any, number: float) -> bool:
    return not isinstance(ord, str) and bool(ord == number)


def _norm_of_vectors(x: Any, ord: Any, axis: int, keepdims: bool) -> Any:
    if isinstance(ord, str):
        raise ArgumentError(f"np.linalg.norm takes a number or None as the order for vectors, was given {ord!r}")
    if ord is None or ord == 2:
        return _euclidean(x, axis=axis, keepdims=keepdims)
    if ord == math.inf:
        return _largest(np.abs(x), axis, keepdims)
    if ord == -math.inf:
        return np.min(np.abs(x), axis=axis, keepdims=keepdims)
    if ord == 0:
        return np.sum((x != 0).astype(np.zeros(0, x.dtype).real.dtype), axis=axis, keepdims=keepdims)
    if ord == 1:
        return np.sum(np.abs(x), axis=axis, keepdims=keepdims)
    return _power_norm(x, ord=ord, axis=axis, keepdims=keepdims)


def _largest(x: Any, axis: Any, keepdims: bool = False) -> Any:
    """The largest of numbers that are not negative; 0 where there are none."""
    if x.size:
        return np.max(x, axis=axis, keepdims=keepdims)
    return np.max(x, axis=axis, keepdims=keepdims, initial=0)


def _norm_of_matrices(x: Any, ord: Any, axes: tuple[int, int], keepdims: bool) -> Any:
    rows, columns = axes
    if ord is None or ord in ("f", "fro"):
        return _euclidean(x, axis=axes, keepdims=keepdims)
    if isinstance(ord, str):
        if ord != "nuc":
            raise ArgumentError(f"np.linalg.norm takes 'fro', 'nuc', ±1, ±2, ±inf for matrices, was given {ord!r}")
        out = np.sum(_singular_values(x, axes), axis=-1)
    elif abs(ord) == 2:
        s = _singular_values(x, axes)
        out = _largest(s, -1) if ord > 0 else np.min(s, axis=-1)
    elif abs(ord) in (1, math.inf):
        summed, other = (rows, columns) if abs(ord) == 1 else (columns, rows)
        sums = np.sum(np.abs(x), axis=summed)
        other -= other > summed
        out = _largest(sums, other) if ord > 0 else np.min(sums, axis=other)
    else:
        raise ArgumentError(f"np.linalg.norm takes 'fro', 'nuc', ±1, ±2, ±inf for matrices, was given {ord!r}")
    return np.expand_dims(out, tuple(sorted(axes))) if keepdims else out


def _singular_values(x: Any, axes: tuple[int, int]) -> Any:
    return np.linalg.svd(np.moveaxis(x, axes, (-2, -1)), compute_uv=False)


@composite(np.linalg.matrix_norm)
def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """The norm of each matrix of a stack."""
    if np.ndim(x) < 2:
        raise ShapeError(f"np.linalg.matrix_norm needs at least two axes, was given shape {np.shape(x)}")
    return norm(x, ord, (-2, -1), keepdims)


@composite(np.linalg.vector_norm)
def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    """The norm of what lies along one axis or several, as one vector; of all elements if axis is None."""
    axis = listed(axis)
    over_axes = tuple(range(np.ndim(x))) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    over_axes = tuple(axis_of(x, i, "linalg.vector_norm") for i in over_axes)
    if axis is None:
        flat: Any = np.ravel(x)
    elif isinstance(axis, tuple):
        rest = tuple(i for i in range(np.ndim(x)) if i not in over_axes)
        moved = np.transpose(x, over_axes + rest)
        flat = np.reshape(moved, (math.prod(x.shape[i] for i in over_axes), *(x.shape[i] for i in rest)))
    else:
        flat = x
    out = norm(flat, ord, over_axes[0] if flat is x else 0)
    return np.expand_dims(out, tuple(sorted(over_axes))) if keepdims and over_axes else out
