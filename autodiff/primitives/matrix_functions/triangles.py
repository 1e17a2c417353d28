"""Triangular systems, and the factors that are solved with: Cholesky's and LU's.

Sources: M. B. Giles, An extended collection of matrix derivative results (2008); I. Murray, Differentiation of the
Cholesky decomposition (2016).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg

from autodiff.primitives.kinds import Primitive, nondifferentiable, primitive


def transposed(x: Any) -> Any:
    """The last two axes exchanged."""
    return np.swapaxes(x, -1, -2)


def adjoint(x: Any) -> Any:
    """The same, conjugated if complex."""
    return np.conjugate(transposed(x)) if np.iscomplexobj(x) else transposed(x)


def triangle(x: Any, lower: bool, strict: bool = False) -> Any:
    """One triangle of matrices, zeros elsewhere; without the diagonal if strict."""
    rows, columns = x.shape[-2:]
    mask = np.tri(rows, columns, k=-1 if lower == strict else 0, dtype=bool)
    return np.where(mask if lower else ~mask, x, 0.0)


def from_one_triangle(x: Any, lower: bool, hermitian: bool = True) -> Any:
    """The symmetric (Hermitian) matrix of which one triangle is read."""
    strict = triangle(x, lower, strict=True)
    diagonal = np.where(np.eye(x.shape[-1], dtype=bool), np.real(x) if hermitian else x, 0.0)
    return strict + (adjoint(strict) if hermitian else transposed(strict)) + diagonal


# --- a triangular system ----------------------------------------------------------------------------------------------


def _solve_forward(a: Any, b: Any, *, trans: int, lower: bool, unit: bool) -> Any:
    if b.size == 0:
        return np.zeros(b.shape, np.result_type(a, b))
    return scipy.linalg.solve_triangular(a, b, trans=trans, lower=lower, unit_diagonal=unit, check_finite=False)


def _solve_vjp_matrix(g: Any, x: Any, y: Any, out: Any, trans: int, lower: bool, unit: bool) -> Any:
    """−(T⁻ᵀ g) outᵀ, or its transpose, in the triangle that is read."""
    moved = solve_triangle(x, g, trans=1 - trans, lower=lower, unit=unit)
    full = out @ transposed(moved) if trans else moved @ transposed(out)
    return -triangle(full, lower, strict=unit)


def _solve_jvp(tangents: Any, x: Any, y: Any, out: Any, trans: int, lower: bool, unit: bool) -> Any:
    moved = tangents[1]
    if tangents[0] is not None:
        read = triangle(tangents[0], lower, strict=unit)
        change = (transposed(read) if trans else read) @ out
        moved = -change if moved is None else moved - change
    return solve_triangle(x, moved, trans=trans, lower=lower, unit=unit)


solve_triangle: Primitive = primitive(
    _solve_forward,
    [
        _solve_vjp_matrix,
        lambda g, x, trans, lower, unit: solve_triangle(x, g, trans=1 - trans, lower=lower, unit=unit),
    ],
    jvp=_solve_jvp,
    name="solve_triangular",
)
"""X with T X = B (Tᵀ X = B for trans = 1), for matrices T and B of which T's lower or upper triangle is read."""

# --- Cholesky's factor ------------------------------------------------------------------------------------------------


def _half(x: Any) -> Any:
    """The lower triangle, with half of the diagonal."""
    return triangle(x, True) - 0.5 * np.where(np.eye(x.shape[-1], dtype=bool), x, 0.0)


def _cholesky_vjp(g: Any, out: Any) -> Any:
    """L⁻ᵀ Φ(Lᵀ g) L̄⁻¹, folded into the triangle that is read. Murray (2016), eq. 10."""
    inner = _half(transposed(out) @ g)
    left = solve_triangle(out, inner, trans=1, lower=True, unit=False)
    conjugate = np.conjugate(out) if np.iscomplexobj(out) else out
    full = transposed(solve_triangle(conjugate, transposed(left), trans=1, lower=True, unit=False))
    diagonal = np.where(np.eye(full.shape[-1], dtype=bool), np.real(full), 0.0)
    return triangle(full + adjoint(full), True, strict=True) + diagonal


def _cholesky_jvp(tangents: Any, out: Any) -> Any:
    """L Φ(L⁻¹ dA L⁻ᴴ). Murray (2016), eq. 8."""
    left = solve_triangle(out, from_one_triangle(tangents[0], True), trans=0, lower=True, unit=False)
    return out @ _half(adjoint(solve_triangle(out, adjoint(left), trans=0, lower=True, unit=False)))


cholesky_factor = primitive(
    lambda x: scipy.linalg.cholesky(x, lower=True, check_finite=False),
    [_cholesky_vjp],
    jvp=_cholesky_jvp,
    name="cholesky_factor",
)
"""The lower triangular L with L Lᴴ = A, of a positive definite A whose lower triangle is read."""

# --- LU's factors -----------------------------------------------------------------------------------------------------

lu_pivots = nondifferentiable(lambda x: scipy.linalg.lu_factor(x, check_finite=False)[1], name="lu_pivots")
"""Which row each row was exchanged with: integers."""


def order_of(pivots: Any) -> Any:
    """The rows in the order that the exchanges bring them into."""
    order = np.arange(len(pivots))
    for i, pivot in enumerate(pivots):
        order[[i, pivot]] = order[[pivot, i]]
    return order


lu_order = nondifferentiable(lambda pivots: order_of(np.asarray(pivots)), name="lu_order")


def _lu_vjp(g: Any, x: Any, y: Any, out: Any) -> Any:
    """Pᵀ L⁻ᵀ (⌊Lᵀ gₗ⌋ + ⌈gᵤ Uᵀ⌉) U⁻ᵀ, with the strictly lower and the upper triangle."""
    upper = triangle(out, False)
    lower = triangle(out, True, strict=True) + np.eye(out.shape[-1], dtype=out.dtype)
    inner = triangle(transposed(lower) @ triangle(g, True, strict=True), True, strict=True)
    inner = inner + triangle(triangle(g, False) @ transposed(upper), False)
    left = solve_triangle(out, inner, trans=1, lower=True, unit=True)
    full = transposed(solve_triangle(out, transposed(left), trans=0, lower=False, unit=False))
    return full[np.argsort(lu_order(y))]


def _lu_jvp(tangents: Any, x: Any, y: Any, out: Any) -> Any:
    upper = triangle(out, False)
    lower = triangle(out, True, strict=True) + np.eye(out.shape[-1], dtype=out.dtype)
    left = solve_triangle(out, tangents[0][lu_order(y)], trans=0, lower=True, unit=True)
    inner = transposed(solve_triangle(out, transposed(left), trans=1, lower=False, unit=False))
    return lower @ triangle(inner, True, strict=True) + triangle(inner, False) @ upper


lu_packed = primitive(
    lambda x, y: scipy.linalg.lu_factor(x, check_finite=False)[0], [_lu_vjp, None], jvp=_lu_jvp, name="lu_packed"
)
"""L (below the diagonal, which is 1) and U of P A = L U in one matrix; the second operand is A's own pivots."""
