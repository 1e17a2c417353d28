"""Cholesky's factor and LU's, and solving with them."""

from __future__ import annotations

from typing import Any

import numpy as np

from autodiff.errors import ShapeError
from autodiff.primitives.matrix_functions import triangles
from autodiff.primitives.matrix_functions.triangles import adjoint, triangle
from autodiff.scipy.linalg.operands import matrix, mirroring, one_matrix, way_of
from autodiff.scipy.linalg.solving import solve_triangular
from autodiff.value import Value


@mirroring
def cholesky(a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """The triangular factor of a positive definite matrix: Uᴴ U, or L Lᴴ if lower. a: (…, n, n), one triangle is read

    >>> cholesky(np.array([[4.0, 2.0], [2.0, 5.0]])).tolist()
    [[2.0, 1.0], [0.0, 2.0]]
    """
    a = matrix(a, "cholesky", check_finite=check_finite)
    return triangles.cholesky_factor(a) if lower else adjoint(triangles.cholesky_factor(adjoint(a)))


@mirroring
def cho_factor(a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """(c, lower) for cho_solve, where c is Cholesky's factor; its other triangle is 0.

    >>> float(cho_factor(np.array([[4.0]]))[0][0, 0])
    2.0
    """
    return cholesky(a, lower, overwrite_a, check_finite), lower


@mirroring
def cho_solve(c_and_lower: Any, b: Any, overwrite_b: bool = False, check_finite: bool = True) -> Any:
    """x with a x = b, from a's Cholesky factor and whether that is the lower one. returns: the shape of b

    >>> cho_solve((np.array([[2.0]]), True), np.array([8.0])).tolist()
    [2.0]
    """
    c, lower = c_and_lower
    first = solve_triangular(c, b, 0 if lower else 2, lower, check_finite=check_finite)
    return solve_triangular(c, first, 2 if lower else 0, lower, check_finite=check_finite)


@mirroring
def lu_factor(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """(lu, piv): L and U of P a = L U in one matrix, and the exchanges of rows, integers. a: (n, n)

    >>> lu_factor(np.array([[1.0, 2.0], [2.0, 2.0]]))[0].tolist()
    [[2.0, 2.0], [0.5, 1.0]]
    """
    a = one_matrix(a, "lu_factor", check_finite)
    pivots = triangles.lu_pivots(a)
    return triangles.lu_packed(a, pivots), pivots


@mirroring
def lu_solve(lu_and_piv: Any, b: Any, trans: Any = 0, overwrite_b: bool = False, check_finite: bool = True) -> Any:
    """x with a x = b, from a's lu_factor (trans 1: aᵀ x = b, 2: aᴴ x = b). returns: the shape of b

    >>> lu_solve((np.array([[2.0]]), np.array([0])), np.array([8.0])).tolist()
    [4.0]
    """
    packed, pivots = lu_and_piv
    order, way = triangles.lu_order(pivots), way_of(trans, "lu_solve")
    b = b if isinstance(b, Value) else np.asarray(b)
    if np.ndim(b) == 0 or b.shape[0] != np.shape(packed)[0]:
        raise ShapeError(f"scipy.linalg.lu_solve: the shapes {np.shape(packed)} and {np.shape(b)} do not fit together")
    if way == 0:
        first = solve_triangular(packed, b[order], 0, True, True, check_finite=check_finite)
        return solve_triangular(packed, first, 0, False, check_finite=check_finite)
    first = solve_triangular(packed, b, way, False, check_finite=check_finite)
    second = solve_triangular(packed, first, way, True, True, check_finite=check_finite)
    return second[np.argsort(order)]


@mirroring
def lu(
    a: Any, permute_l: bool = False, overwrite_a: bool = False, check_finite: bool = True, p_indices: bool = False
) -> Any:
    """(p, l, u) with a = p l u; (p l, u) if permute_l; p as the order of rows if p_indices. a: (n, n)

    >>> lu(np.array([[1.0, 2.0], [2.0, 2.0]]))[2].tolist()
    [[2.0, 2.0], [0.0, 1.0]]
    """
    a = one_matrix(a, "lu", check_finite)
    packed, pivots = lu_factor(a)
    back = np.argsort(triangles.lu_order(pivots))
    lower = triangle(packed, True, strict=True) + np.eye(a.shape[0], dtype=a.dtype)
    upper = triangle(packed, False)
    if permute_l:
        return lower[back], upper
    exchanges = np.equal(np.expand_dims(back, 1), np.arange(a.shape[0])).astype(np.real(packed).dtype)
    return (back if p_indices else exchanges), lower, upper
