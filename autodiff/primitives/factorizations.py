"""Cholesky and QR factorizations.

Sources: I. Murray, Differentiation of the Cholesky decomposition (2016), eq. 8 and 10; S. F. Walter, L. Lehmann,
Algorithmic differentiation of linear algebra functions with application in optimum experimental design (2010), for QR
of tall matrices; D. A. O. Roberts, L. R. Roberts, QR and LQ decomposition matrix backpropagation algorithms for square,
wide, and deep matrices (2020).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autodiff.errors import ArgumentError, UnsupportedError
from autodiff.primitives.kinds import composite, nondifferentiable, primitive
from autodiff.primitives.matrices import (
    conjugate_transposed,
    conjugated,
    defined,
    folded,
    hermitian,
    matrices,
    square,
    transposed,
)
from autodiff.primitives.ties import simple_vectors

# --- A = L Lᴴ ---------------------------------------------------------------------------------------------------------


def _halved(x: Any) -> Any:
    """The lower triangle, half of its diagonal."""
    n = x.shape[-1]
    return np.where(np.tri(n, k=-1, dtype=bool), x, 0) + np.where(np.eye(n, dtype=bool), np.real(x) / 2, 0)


def _cholesky_vjp(g: Any, out: Any, upper: bool) -> Any:
    """Ā = L⁻ᵀ Φ(Lᵀ L̄) L̄⁻¹, Φ the lower triangle with half of its diagonal, then folded into the triangle read."""
    if upper:  # A = Uᴴ U: the lower factor of the same matrix is Uᴴ
        out, g = conjugate_transposed(out), conjugate_transposed(g)
    inverse = np.linalg.inv(out)
    full = transposed(inverse) @ _halved(transposed(out) @ g) @ conjugated(inverse)
    return folded(full, "U" if upper else "L")


def _cholesky_jvp(tangents: Any, out: Any, upper: bool) -> Any:
    """L̇ = L Φ(L⁻¹ Ȧ L⁻ᴴ)."""
    lower = conjugate_transposed(out) if upper else out
    inverse = np.linalg.inv(lower)
    symmetric = hermitian(tangents[0], "U" if upper else "L")
    change = lower @ _halved(inverse @ symmetric @ conjugate_transposed(inverse))
    return conjugate_transposed(change) if upper else change


_cholesky = primitive(
    lambda x, *, upper: np.linalg.cholesky(x, upper=upper), [_cholesky_vjp], jvp=_cholesky_jvp, name="cholesky"
)


@composite(np.linalg.cholesky)
def cholesky(a: Any, /, *, upper: bool = False) -> Any:
    """L with a = L Lᴴ, or U with a = Uᴴ U, of positive definite matrices; only that triangle of a is read."""
    return _cholesky(square(a, "cholesky"), upper=bool(upper))


# --- A = Q R ----------------------------------------------------------------------------------------------------------


def _deficient_forward(x: Any) -> Any:
    size = np.abs(np.diagonal(x, axis1=-2, axis2=-1))
    bound = max(x.shape[-2:]) * np.finfo(x.dtype).eps * np.max(size, axis=-1, keepdims=True, initial=0.0)
    return np.any(size <= bound)


_deficient = nondifferentiable(_deficient_forward, name="deficient")

_WHY_DEFICIENT = (
    "the first columns of the matrix are linearly dependent up to rounding: then its QR factorization is one of many, "
    "and has no derivative. np.linalg.svd or pinv may do what you want"
)


def _upper(x: Any) -> Any:
    """The triangle above the diagonal."""
    return np.where(np.tri(x.shape[-1], k=-1, dtype=bool).T, x, 0)


def _real_diagonal(x: Any) -> Any:
    return np.where(np.eye(x.shape[-1], dtype=bool), np.real(x), 0)


def _divided(x: Any, r: Any) -> Any:
    """X R⁻¹."""
    return transposed(np.linalg.solve(transposed(r), transposed(x)))


def _parts(q: Any, r: Any) -> tuple[Any, Any]:
    """(Q, R₁) for A = Q [R₁ R₂], R₁ square; without what spans the rest in mode 'complete'."""
    k = min(q.shape[-2], r.shape[-1])
    first = r[..., :k, :k]
    return q[..., :k], defined(first, _deficient(first), why=_WHY_DEFICIENT)


def _qr_vjp(g: Any, x: Any, out: Any) -> Any:
    """Ā₁ = (Q̄' + Q̄ N) R₁⁻ᵀ, N = the Hermitian matrix with the upper triangle of R̄₁ R₁ᵀ − Qᵀ Q̄'; Ā₂ = Q̄ R̄₂."""
    q, first = _parts(*out)
    k = first.shape[-1]
    g_q, g_first, g_second = g[0][..., :k], g[1][..., :k, :k], g[1][..., :k, k:]
    wide = x.shape[-1] > k
    if wide:  # R₂ = Qᴴ A₂
        g_q = g_q + conjugated(x[..., k:] @ transposed(g_second))
    inner = g_first @ transposed(first) - transposed(q) @ g_q
    above = _upper(inner)
    total = g_q + conjugated(q) @ (above + conjugate_transposed(above) + _real_diagonal(inner))
    full = transposed(np.linalg.solve(first, transposed(total)))
    return np.concatenate([full, conjugated(q) @ g_second], axis=-1) if wide else full


def _qr_jvp(tangents: Any, x: Any, out: Any) -> Any:
    """Ṙ₁ = T R₁, Q̇ = E − Q T; E = Ȧ₁ R₁⁻¹, T the upper triangle of C + Cᴴ, the diagonal taken once, with C = Qᴴ E."""
    q, first = _parts(*out)
    k = first.shape[-1]
    moved = _divided(tangents[0][..., :k], first)
    inner = conjugate_transposed(q) @ moved
    turned = _upper(inner + conjugate_transposed(inner)) + _real_diagonal(inner)
    d_q, d_r = moved - q @ turned, turned @ first
    if x.shape[-1] > k:
        rest = conjugate_transposed(d_q) @ x[..., k:] + conjugate_transposed(q) @ tangents[0][..., k:]
        d_r = np.concatenate([d_r, rest], axis=-1)
    extra = out[0].shape[-1] - k
    if extra:  # mode 'complete': those columns have no derivative, `simple_vectors` says so
        d_q = np.concatenate([d_q, np.zeros_like(out[0][..., k:])], axis=-1)
        d_r = np.concatenate([d_r, np.zeros_like(out[1][..., k:, :])], axis=-2)
    return d_q, d_r


_qr = primitive(lambda x, *, mode: tuple(np.linalg.qr(x, mode)), [_qr_vjp], jvp=_qr_jvp, outputs=True, name="qr")


@composite(np.linalg.qr)
def qr(a: Any, mode: str = "reduced") -> Any:
    """Q with orthonormal columns and R upper triangular, as NumPy's named tuple; R alone with mode='r'.

    mode='complete' adds columns to Q which span what is left: any would do, so no gradient may arrive there.
    """
    if mode == "raw":
        raise UnsupportedError(
            "np.linalg.qr(..., mode='raw') gives the reflections that LAPACK works with, which have no derivative "
            "here; use mode='reduced'"
        )
    if mode not in ("reduced", "complete", "r"):
        raise ArgumentError(f"np.linalg.qr takes mode 'reduced', 'complete' or 'r' on a Value, was given {mode!r}")
    both = _qr(matrices(a, "qr"), mode="complete" if mode == "complete" else "reduced")
    q, r = both.part(0), both.part(1)
    if mode == "r":
        return r
    k = min(a.shape[-2:])
    if q.shape[-1] > k:
        q = simple_vectors(
            q, np.broadcast_to(np.arange(q.shape[-1]) >= k, (*q.shape[:-2], q.shape[-1])), rows=False, refused="nonzero"
        )
    return np.linalg._linalg.QRResult(q, r)
