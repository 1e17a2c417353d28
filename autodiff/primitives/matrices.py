"""What the files of linear algebra share: transposes, triangles, and saying where a derivative does not exist."""

from __future__ import annotations

from typing import Any

import numpy as np

from autodiff.errors import ShapeError, UndefinedDerivativeError
from autodiff.primitives.kinds import linear


def transposed(x: Any) -> Any:
    """xᵀ, of the last two axes."""
    return np.swapaxes(x, -1, -2)


def conjugated(x: Any) -> Any:
    """The complex conjugate; x itself if it is real."""
    return np.conjugate(x) if np.iscomplexobj(x) else x


def conjugate_transposed(x: Any) -> Any:
    """xᴴ, of the last two axes."""
    return conjugated(transposed(x))


def square(a: Any, function: str) -> Any:
    """a, if it is a matrix with as many rows as columns, or a stack of such."""
    if np.ndim(a) < 2 or a.shape[-1] != a.shape[-2]:
        raise ShapeError(f"np.linalg.{function} needs square matrices, was given shape {np.shape(a)}")
    return a


def matrices(a: Any, function: str) -> Any:
    """a, if it is a matrix or a stack of them."""
    if np.ndim(a) < 2:
        raise ShapeError(f"np.linalg.{function} needs matrices, of at least two axes; it was given shape {np.shape(a)}")
    return a


def for_each_matrix(g: Any, like: Any) -> Any:
    """A number for each matrix of a stack, so that it multiplies that matrix."""
    return g if np.ndim(like) == 2 else np.expand_dims(g, (-2, -1))


def diagonal_of(x: Any) -> Any:
    """The diagonal of each square matrix."""
    return np.diagonal(x, axis1=-2, axis2=-1)


def as_diagonal(d: Any) -> Any:
    """Matrices with d on the diagonal."""
    return np.expand_dims(d, -2) * np.eye(d.shape[-1], dtype=d.dtype)


def hermitian(x: Any, uplo: str) -> Any:
    """The symmetric (Hermitian) matrix that NumPy reads from one triangle: the other one is its mirror image."""
    strict = _strict(x.shape[-1], uplo)
    half = np.where(strict, x, 0)
    return half + conjugate_transposed(half) + np.where(np.eye(x.shape[-1], dtype=bool), np.real(x), 0)


def folded(full: Any, uplo: str) -> Any:
    """The gradient of the triangle that was read: each element stands for its mirror image too."""
    strict = np.where(_strict(full.shape[-1], uplo), full + conjugate_transposed(full), 0)
    return strict + np.where(np.eye(full.shape[-1], dtype=bool), np.real(full), 0)


def _strict(n: int, uplo: str) -> Any:
    lower = np.tri(n, k=-1, dtype=bool)
    return lower if uplo == "L" else lower.T


# --- where a derivative does not exist --------------------------------------------------------------------------------


def _defined_forward(x: Any, y: Any, *, why: str) -> Any:
    if isinstance(y, (np.ndarray, np.bool_, bool)) and np.any(y):
        raise UndefinedDerivativeError(why)
    return x.copy() if isinstance(x, np.ndarray) else x


defined = linear(_defined_forward, [lambda g: g, None], name="defined")
"""x, unless y is true anywhere: then UndefinedDerivativeError says why. In a jitted function, too."""


def without_phase(inner: Any, what: str, *pairs: Any) -> Any:
    """A matrix whose diagonal says how a result changes with the phase of each vector, which has to be not at all.

    inner: its diagonal holds Σ gᵢ vᵢ, imaginary if the phase matters · pairs: (v, g, axis), of which that is a sum
    """
    if not np.iscomplexobj(inner):
        return inner
    size: Any = 0.0
    for vectors, g, axis in pairs:
        size = size + np.sum(np.abs(vectors) * np.abs(g), axis=axis)
    why = (
        f"the result depends on the phase of complex {what}, which is a choice of the algorithm: any other phase would "
        "do as well, so there is no derivative. Take what does not depend on it, like absolute values or projections"
    )
    phase = np.abs(np.imag(diagonal_of(inner)))
    return defined(inner, np.any(phase > float(np.finfo(inner.dtype).eps) ** 0.4 * size), why=why)


def inverse_or_nan(x: Any) -> Any:
    """The inverse; NaN where there is none. For rules that go on to say what that means."""
    try:
        return np.linalg.inv(x)
    except np.linalg.LinAlgError:
        return np.full_like(x, np.nan)
