"""Determinants, exact where the matrix is singular: the derivative is the matrix of cofactors, which always exists.

Cofactors come from the inverse where that is accurate, elsewhere from the singular values of A = U diag(s) Vᴴ:
cof A = det U · det Vᴴ · Ū diag(∏ of the other s) V̄ᴴ. So do their derivatives. A third derivative needs an inverse.
Source: M. B. Giles, An extended collection of matrix derivative results (2008), section 2.2.4, for invertible matrices.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autodiff.primitives.kinds import Primitive, composite, nondifferentiable, primitive
from autodiff.primitives.matrices import defined, for_each_matrix, inverse_or_nan, square, transposed

# --- cofactors --------------------------------------------------------------------------------------------------------


def _products_of_others(s: Any) -> Any:
    """Along the last axis, for each number the product of all others."""
    one = np.ones_like(s[..., :1])
    before = np.cumprod(np.concatenate([one, s[..., :-1]], axis=-1), axis=-1)
    after = np.cumprod(np.concatenate([one, s[..., :0:-1]], axis=-1), axis=-1)
    return before * after[..., ::-1]


def _rotated(x: Any) -> tuple[Any, Any, Any, Any]:
    """(Ū, s, V̄ᴴ, det U · det Vᴴ) of square matrices; the last has length 1, whatever was rounded."""
    u, s, vh = np.linalg.svd(x)
    turn = np.linalg.det(u) * np.linalg.det(vh)
    return np.conj(u), s, np.conj(vh), (turn / np.abs(turn))[..., None, None]


def _cofactors_by_svd(x: Any) -> Any:
    u, s, vh, turn = _rotated(x)
    return turn * ((u * _products_of_others(s)[..., None, :]) @ vh)


def _norm(x: Any) -> Any:
    return np.max(np.sum(np.abs(x), axis=-2), axis=-1, initial=0.0)


def _cofactors_forward(x: Any, y: Any) -> Any:
    """The cofactors of x, whose determinants y are known."""
    eps = float(np.finfo(x.dtype).eps)
    y = np.asarray(y, x.dtype)
    with np.errstate(all="ignore"):
        regular = (y != 0) & np.isfinite(y)
        safe = np.where(regular[..., None, None], x, np.eye(x.shape[-1], dtype=x.dtype))
        inverse = np.linalg.inv(safe)
        accurate = regular & (_norm(safe) * _norm(inverse) <= eps**-0.3)  # the error is eps times that
        out = y[..., None, None] * transposed(inverse)
        if not np.all(accurate):
            known = np.isfinite(x).all(axis=(-2, -1))
            out = np.where(known[..., None, None], out, np.nan).astype(x.dtype)
            out[known & ~accurate] = _cofactors_by_svd(x[known & ~accurate])
    return out


_cofactors = primitive(
    _cofactors_forward,
    [lambda g, x: _cofactor_changes(x, g), None],
    jvp=lambda tangents, x: _cofactor_changes(x, tangents[0]),
    name="cofactors",
)


def _cofactor_changes_forward(x: Any, y: Any) -> Any:
    """The derivative of the cofactors of x along y. Where x = diag(s), that is, with Pᵢⱼ the product of s but for i, j:

    Σⱼ Pᵢⱼ yⱼⱼ on the diagonal, −Pᵢⱼ yⱼᵢ off it.
    """
    with np.errstate(all="ignore"):
        u, s, vh, turn = _rotated(x)
        inner = transposed(u) @ y @ transposed(vh)
        eye = np.eye(x.shape[-1], dtype=bool)
        pairs = np.where(eye, 0, _products_of_others(np.where(eye, 1, s[..., None, :])))
        along = np.sum(pairs * np.diagonal(inner, axis1=-2, axis2=-1)[..., None, :], axis=-1)
        return turn * (u @ np.where(eye, along[..., None], -pairs * transposed(inner)) @ vh)


def _third_vjp(g: Any, x: Any, y: Any) -> Any:
    """∂/∂x of det(x)·(tr(W y) tr(W g) − tr(W y W g)), W the inverse of x."""
    inverse = inverse_or_nan(x)
    why = (
        "the third derivative of a determinant is computed from the inverse; this matrix is too close to a singular "
        "one for that; the first and the second exist"
    )
    inverse = defined(inverse, _ill_conditioned(x, inverse), why=why)
    first, second = inverse @ y, inverse @ g
    a, b = np.linalg.trace(first), np.linalg.trace(second)
    both = np.linalg.trace(first @ second)
    a, b, both, scale = (for_each_matrix(number, x) for number in (a, b, both, np.linalg.det(x)))
    inner = (a * b - both) * inverse - (b * first + a * second - first @ second - second @ first) @ inverse
    return scale * transposed(inner)


_ill_conditioned = nondifferentiable(
    lambda x, y: ~np.all(_norm(x) * _norm(y) <= float(np.finfo(x.dtype).eps) ** -0.3), name="ill_conditioned"
)
_cofactor_changes: Primitive = primitive(
    _cofactor_changes_forward, [_third_vjp, lambda g, x: _cofactor_changes(x, g)], name="cofactor_changes"
)

# --- det and slogdet --------------------------------------------------------------------------------------------------

_det = primitive(
    lambda x: np.linalg.det(x),
    [lambda g, x, x_like, out: for_each_matrix(g, x_like) * _cofactors(x, out)],
    jvp=lambda tangents, x, out: np.sum(tangents[0] * _cofactors(x, out), axis=(-2, -1)),
    name="det",
)


@composite(np.linalg.det)
def det(a: Any) -> Any:
    """The determinant of square matrices."""
    return _det(square(a, "det"))


def _regular(x: Any, sign: Any) -> tuple[Any, Any]:
    """(x, factor): x with the identity in place of singular matrices, and NaN for those, 1 for others."""
    singular = for_each_matrix(np.equal(sign, 0), x)
    return np.where(singular, np.eye(x.shape[-1], dtype=x.dtype), x), np.where(singular, np.nan, 1.0)


def _slogdet_vjp(g: Any, x: Any, out: Any) -> Any:
    """X⁻ᵀ times the gradient of log|det|, and of the phase of a complex determinant. At singular matrices: NaN."""
    sign, _ = out
    g_sign, g_log = g
    if np.iscomplexobj(x):  # the sign turns with the imaginary part of tr(X⁻¹ Ẋ)
        g_log = g_log + 1j * np.imag(g_sign * sign)
    g_log = for_each_matrix(g_log, x)
    safe, factor = _regular(x, sign)
    return np.where(np.equal(g_log, 0), 0.0, g_log * factor) * transposed(np.linalg.inv(safe))


def _slogdet_jvp(tangents: Any, x: Any, out: Any) -> Any:
    safe, factor = _regular(x, out[0])
    change = np.linalg.trace(np.linalg.solve(safe, tangents[0]) * factor)
    turned = out[0] * (1j * np.imag(change)) if np.iscomplexobj(x) else np.zeros_like(out[0])
    return turned, np.real(change)


_slogdet = primitive(
    lambda x: tuple(np.linalg.slogdet(x)), [_slogdet_vjp], jvp=_slogdet_jvp, outputs=True, name="slogdet"
)


@composite(np.linalg.slogdet)
def slogdet(a: Any) -> Any:
    """The sign and the logarithm of the absolute determinant, as NumPy's named tuple."""
    both = _slogdet(square(a, "slogdet"))
    return np.linalg._linalg.SlogdetResult(both.part(0), both.part(1))
