"""The singular value decomposition A = U diag(s) Vᴴ, and what is made of it: ranks and condition numbers.

Singular values have a derivative each (0 where one is exactly 0, as abs has it). Vectors of singular values that
coincide have none, nor have the additional columns of full_matrices=True: a gradient that arrives there raises
UndefinedDerivativeError, a tangent is NaN. So does a gradient that depends on the common phase of complex vectors.
Sources: J. Townsend, Differentiating the singular value decomposition (2016); Z.-Q. Wan, S.-X. Zhang, Automatic
differentiation for complex valued SVD (2019).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autodiff.primitives.kinds import composite, nondifferentiable, primitive
from autodiff.primitives.matrices import (
    as_diagonal,
    conjugate_transposed,
    conjugated,
    defined,
    diagonal_of,
    matrices,
    square,
    transposed,
    without_phase,
)
from autodiff.primitives.ties import WHY_TIED, Limit, at_ties, inverse_gaps, remember_ties, simple_vectors, tied


def _inverse(x: Any) -> Any:
    """1/x, and 0 where x is 0."""
    return np.where(x == 0, 0.0, 1 / np.where(x == 0, 1.0, x))


def _inverse_sums(s: Any) -> Any:
    """1/(sᵢ + sⱼ), and 0 where both are 0."""
    return _inverse(np.expand_dims(s, -1) + np.expand_dims(s, -2))


def _few_forward(x: Any, *, zeros: bool) -> Any:
    bound = x.shape[-1] * np.finfo(x.dtype).eps * np.max(x, axis=-1, keepdims=True, initial=0.0)
    return tied.forward(x) | (x <= bound if zeros else False)


_undetermined = nondifferentiable(_few_forward, name="undetermined")
"""Which singular values x do not determine their vectors: those that coincide, and, with zeros=True, zeros."""


def _marked(u: Any, s: Any, vh: Any) -> Any:
    """Which vectors are a choice among many. Where one s alone is 0, those of a real square matrix are not."""
    return _undetermined(s, zeros=u.shape[-2] != vh.shape[-1] or bool(np.iscomplexobj(u)))


def _simple(u: Any, marked: Any, vh: Any) -> tuple[Any, Any]:
    """U and Vᴴ, which say where they have no derivative: also in additional columns and rows."""
    return _with_marks(u, marked, rows=False), _with_marks(vh, marked, rows=True)


def _with_marks(vectors: Any, marked: Any, rows: bool) -> Any:
    extra = vectors.shape[-2 if rows else -1] - marked.shape[-1]
    if not extra:
        return simple_vectors(vectors, marked, rows=rows, refused="recorded")
    added = np.ones((*marked.shape[:-1], extra), bool)
    vectors = simple_vectors(vectors, np.concatenate([marked, ~added], axis=-1), rows=rows, refused="recorded")
    added = np.concatenate([np.zeros(marked.shape, bool), added], axis=-1)
    return simple_vectors(vectors, added, rows=rows, refused="nonzero")


def _svd_vjp(g: Any, out: Any) -> Any:
    """Ā = Ū Z V̄ᴴ and what leaves the spaces of U and V, with D and K the symmetric and antisymmetric part of Uᴴ Ȧ V:

    ṡ = diag D, U̇ = U(G∘D + H∘K) and V̇ = V(G∘D − H∘K) with Gᵢⱼ = 1/(sⱼ − sᵢ), Hᵢⱼ = 1/(sⱼ + sᵢ).
    """
    u, s, vh = out
    g_u, g_s, g_vh, *limit = g
    marked = _marked(u, s, vh)
    u, vh = _simple(u, marked, vh)
    k = s.shape[-1]
    u, g_u, vh, g_vh = u[..., :k], g_u[..., :k], vh[..., :k, :], g_vh[..., :k, :]
    left, right = transposed(u) @ g_u, -(g_vh @ transposed(vh))
    both = without_phase(left + right, "singular vectors", (u, g_u, -2), (vh, g_vh, -1))
    divided = both * inverse_gaps(s)
    if limit:
        divided = _at_ties(divided, both, u, s, vh, g_u, g_vh, marked, limit[0])
    symmetric = divided + as_diagonal(np.where(s == 0, 0.0, g_s))
    antisymmetric = (left - right) * _inverse_sums(s)
    middle = (symmetric + conjugate_transposed(symmetric) + antisymmetric - conjugate_transposed(antisymmetric)) / 2
    total = conjugated(u) @ middle
    if u.shape[-2] > k:
        total = total + (g_u - conjugated(u) @ left) * np.expand_dims(_inverse(s), -2)
    full = total @ conjugated(vh)
    if vh.shape[-1] > k:
        full = full + (conjugated(u) * np.expand_dims(_inverse(s), -2)) @ (g_vh + right @ conjugated(vh))
    return full


def _at_ties(divided: Any, inner: Any, u: Any, s: Any, vh: Any, g_u: Any, g_vh: Any, marked: Any, limit: Limit) -> Any:
    """G∘(Uᵀ Ū' − V̄h' Vhᵀ) with what it tends to where singular values coincide.

    Where several are 0, U and V turn by themselves: no gradient may arrive there, nor begin to as they move apart.
    """
    k = s.shape[-1]
    (d_u, d_vh), (t_u, t_vh), (r_u, r_vh) = (
        (a[..., :k], b[..., :k, :]) for a, b in (limit.changes, limit.turns, limit.turned)
    )
    zero = marked & (s <= k * float(np.finfo(s.dtype).eps) * np.max(s, axis=-1, keepdims=True, initial=0.0))
    for left, right in ((g_u, g_vh), (d_u, d_vh)):
        defined(inner, np.expand_dims(zero, -2) & (left != 0), why=WHY_TIED)
        defined(inner, np.expand_dims(zero, -1) & (right != 0), why=WHY_TIED)
    turned = transposed(t_u) @ g_u + transposed(u) @ r_u - (g_vh @ transposed(t_vh) + r_vh @ transposed(vh))

    def size(u: Any, g_u: Any, vh: Any, g_vh: Any) -> Any:
        return np.abs(transposed(u)) @ np.abs(g_u) + np.abs(g_vh) @ np.abs(transposed(vh))

    return at_ties(
        divided,
        inner,
        transposed(u) @ d_u - d_vh @ transposed(vh),
        turned,
        values=s,
        apart=limit.apart,
        sizes=(size(u, g_u, vh, g_vh), size(t_u, g_u, t_vh, g_vh) + size(u, r_u, vh, r_vh)),
    )


def _svd_jvp(tangents: Any, out: Any) -> Any:
    """Additional columns have no derivative (`simple_vectors` makes their tangents NaN); here they are zero."""
    u, s, vh = out
    u, vh = _simple(u, _marked(u, s, vh), vh)
    k, extra_u, extra_v = s.shape[-1], u[..., s.shape[-1] :], vh[..., s.shape[-1] :, :]
    u, vh = u[..., :k], vh[..., :k, :]
    inner = conjugate_transposed(u) @ tangents[0] @ conjugate_transposed(vh)
    symmetric, antisymmetric = (inner + conjugate_transposed(inner)) / 2, (inner - conjugate_transposed(inner)) / 2
    turned, sheared = inverse_gaps(s) * symmetric, _inverse_sums(s) * antisymmetric
    d_u, d_vh = u @ (turned + sheared), (sheared - turned) @ vh
    if u.shape[-2] > k:
        moved = tangents[0] @ conjugate_transposed(vh)
        d_u = d_u + (moved - u @ inner) * np.expand_dims(_inverse(s), -2)
    if vh.shape[-1] > k:
        moved = conjugate_transposed(u) @ tangents[0]
        d_vh = d_vh + np.expand_dims(_inverse(s), -1) * (moved - inner @ vh)
    d_u = np.concatenate([d_u, np.zeros_like(extra_u)], axis=-1) if extra_u.shape[-1] else d_u
    d_vh = np.concatenate([d_vh, np.zeros_like(extra_v)], axis=-2) if extra_v.shape[-2] else d_vh
    return d_u, np.where(s == 0, 0.0, np.real(diagonal_of(inner))), d_vh


_svd = primitive(
    lambda x, *, full_matrices: tuple(np.linalg.svd(x, full_matrices)),
    [_svd_vjp],
    jvp=_svd_jvp,
    outputs=True,
    name="svd",
)


@composite(np.linalg.svd)
def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    """U, s (descending) and Vᴴ, as NumPy's named tuple; s alone without compute_uv; from eigenvalues if hermitian."""
    if hermitian:
        return _svd_of_hermitian(square(a, "svd"), compute_uv)
    parts = _svd(matrices(a, "svd"), full_matrices=bool(full_matrices and compute_uv))
    u, s, vh = parts.part(0), parts.part(1), parts.part(2)
    marked = _marked(u, s, vh)
    remember_ties(parts, s, marked)  # second derivatives of singular values, too, ask for vectors
    if not compute_uv:
        return s
    u, vh = _simple(u, marked, vh)
    return np.linalg._linalg.SVDResult(u, s, vh)


def _svd_of_hermitian(a: Any, compute_uv: bool) -> Any:
    """Singular values are the absolute eigenvalues, in descending order; their signs go into V."""
    if not compute_uv:
        return np.flip(np.sort(np.abs(np.linalg.eigvalsh(a))), -1)
    values, u = np.linalg.eigh(a)
    order = np.flip(np.argsort(np.abs(values)), -1)
    signs = np.take_along_axis(np.where(np.signbit(values), -1.0, 1.0).astype(values.dtype), order, -1)
    s = np.take_along_axis(np.abs(values), order, -1)
    u = np.take_along_axis(u, np.broadcast_to(np.expand_dims(order, -2), u.shape), -1)
    return np.linalg._linalg.SVDResult(u, s, conjugate_transposed(u * np.expand_dims(signs, -2)))


@composite(np.linalg.svdvals)
def svdvals(x: Any, /) -> Any:
    """Singular values, descending."""
    return svd(x, compute_uv=False)


_matrix_rank = nondifferentiable(
    lambda x, *, tol, hermitian, rtol: np.linalg.matrix_rank(x, tol, hermitian, rtol=rtol), name="matrix_rank"
)


@composite(np.linalg.matrix_rank)
def matrix_rank(A: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    """The number of singular values above a tolerance; no gradient."""
    return _matrix_rank(A, tol=tol, hermitian=hermitian, rtol=rtol)


@composite(np.linalg.cond)
def cond(x: Any, p: Any = None) -> Any:
    """The condition number: the norm of x times that of its inverse; ∞ for a singular matrix.

    Of the spectral norm (p None or 2) it is the largest singular value divided by the smallest; −2: the inverse.
    """
    if 0 in matrices(x, "cond").shape[-2:]:
        raise np.linalg.LinAlgError("cond is not defined on empty arrays")
    if p is None or p in (2, -2):
        s = svd(x, compute_uv=False)
        with np.errstate(all="ignore"):
            largest, smallest = np.max(s, axis=-1), np.min(s, axis=-1)  # ties share
            ratio = smallest / largest if p == -2 else largest / smallest
        return np.where(np.isnan(ratio) & ~np.any(np.isnan(x), axis=(-2, -1)), np.inf, ratio)
    singular = np.equal(np.linalg.slogdet(square(x, "cond"))[0], 0)
    inverse = np.linalg.inv(np.where(singular[..., None, None], np.eye(x.shape[-1], dtype=x.dtype), x))
    size = np.linalg.norm(x, p, axis=(-2, -1))
    with np.errstate(invalid="ignore"):
        return np.where(singular, np.inf * (size + 1), size * np.linalg.norm(inverse, p, axis=(-2, -1)))
