"""Products of vectors: cross, kron, vdot, vecdot, matvec, vecmat. What NumPy conjugates is conjugated here, too."""

from __future__ import annotations

from typing import Any

import numpy as np

from autodiff.errors import ShapeError, UnsupportedError
from autodiff.primitives.given import array_of
from autodiff.primitives.kinds import DISPATCH, composite
from autodiff.primitives.shaping import axis_of, normalized


def _conjugated(x: Any) -> Any:
    return np.conjugate(x) if x.dtype.kind == "c" else x


@composite(np.cross)
def cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: Any = None) -> Any:
    """The vector orthogonal to two vectors of length 3, along axes; the others broadcast."""
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = array_of(a, "cross"), array_of(b, "cross")
    a = np.moveaxis(a, axis_of(a, axisa, "cross"), -1)
    b = np.moveaxis(b, axis_of(b, axisb, "cross"), -1)
    if a.shape[-1] != 3 or b.shape[-1] != 3:
        if a.shape[-1] in (2, 3) and b.shape[-1] in (2, 3):
            raise UnsupportedError(
                "np.cross of vectors of length 2 is deprecated in NumPy, and not supported on Values; write "
                "a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0], or give both a third element 0"
            )
        raise ShapeError(f"np.cross takes vectors of length 3, was given shapes {a.shape} and {b.shape}")
    (a0, a1, a2), (b0, b1, b2) = ((x[..., 0], x[..., 1], x[..., 2]) for x in (a, b))
    out = np.stack([a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0], axis=-1)
    return np.moveaxis(out, -1, normalized(axisc, out.ndim, f"the result of np.cross, of shape {out.shape}"))


@composite(np.kron)
def kron(a: Any, b: Any) -> Any:
    """Each element of a times the whole of b, put together in blocks."""
    a, b = array_of(a, "kron"), array_of(b, "kron")
    if a.ndim == 0 or b.ndim == 0:
        return a * b
    axes = max(a.ndim, b.ndim)
    outer, inner = ((1,) * (axes - x.ndim) + x.shape for x in (a, b))
    left = np.reshape(a, tuple(k for n in outer for k in (n, 1)))
    right = np.reshape(b, tuple(k for n in inner for k in (1, n)))
    return np.reshape(left * right, tuple(n * m for n, m in zip(outer, inner)))


@composite(np.vdot)
def vdot(a: Any, b: Any, /) -> Any:
    """Σ conj(a)·b over all elements."""
    a, b = np.ravel(array_of(a, "vdot")), np.ravel(array_of(b, "vdot"))
    return np.dot(_conjugated(a), b)


# --- NumPy's generalised ufuncs: vectors and matrices lie along the last axes, or along those that `axes` names -------


def _moved(x: Any, axes: Any, count: int, function: str) -> Any:
    """x with the axes that a product sums over moved to the end."""
    axes = axes if isinstance(axes, tuple) else (axes,)
    if len(axes) != count:
        raise ShapeError(f"np.{function} takes {count} axes for this operand, was given {axes}")
    if x.ndim < count:
        raise ShapeError(f"np.{function} needs at least {count} axes, was given shape {x.shape}")
    return np.moveaxis(x, tuple(axis_of(x, i, function) for i in axes), tuple(range(-count, 0)))


def _back(out: Any, axes: Any, function: str) -> Any:
    """The last axis of the result, moved to where `axes` says."""
    (axis,) = axes if isinstance(axes, tuple) else (axes,)
    return np.moveaxis(out, -1, normalized(axis, out.ndim, f"the result of np.{function}, of shape {out.shape}"))


def vecdot(x1: Any, x2: Any, /, *, axis: Any = -1, axes: Any = None, keepdims: bool = False) -> Any:
    """Σ conj(x1)·x2 along an axis; the others broadcast."""
    x1, x2 = array_of(x1, "vecdot"), array_of(x2, "vecdot")
    first, second, *rest = axes if axes is not None else (axis, axis)
    x1, x2 = _moved(x1, first, 1, "vecdot"), _moved(x2, second, 1, "vecdot")
    _refuse_unequal(x1.shape[-1], x2.shape[-1], "vecdot")
    out = np.matmul(np.expand_dims(_conjugated(x1), -2), np.expand_dims(x2, -1))[..., 0]
    if not keepdims:
        return out[..., 0]
    place = rest[0] if rest else second if axes is not None else axis
    return _back(out, place, "vecdot")


def matvec(x1: Any, x2: Any, /, *, axes: Any = None) -> Any:
    """Matrices times vectors."""
    x1, x2 = array_of(x1, "matvec"), array_of(x2, "matvec")
    first, second, *rest = axes if axes is not None else ((-2, -1), -1)
    x1, x2 = _moved(x1, first, 2, "matvec"), _moved(x2, second, 1, "matvec")
    _refuse_unequal(x1.shape[-1], x2.shape[-1], "matvec")
    return _back(np.matmul(x1, np.expand_dims(x2, -1))[..., 0], rest[0] if rest else -1, "matvec")


def vecmat(x1: Any, x2: Any, /, *, axes: Any = None) -> Any:
    """Vectors, conjugated, times matrices."""
    x1, x2 = array_of(x1, "vecmat"), array_of(x2, "vecmat")
    first, second, *rest = axes if axes is not None else (-1, (-2, -1))
    x1, x2 = _moved(x1, first, 1, "vecmat"), _moved(x2, second, 2, "vecmat")
    _refuse_unequal(x1.shape[-1], x2.shape[-2], "vecmat")
    out = np.matmul(np.expand_dims(_conjugated(x1), -2), x2)[..., 0, :]
    return _back(out, rest[0] if rest else -1, "vecmat")


def _refuse_unequal(n: int, m: int, function: str) -> None:
    if n != m:
        raise ShapeError(f"np.{function}: the axes that are summed over have different lengths, {n} and {m}")


for function in (vecdot, matvec, vecmat):
    DISPATCH[getattr(np, function.__name__)] = function
