"""Linear equations and Sylvester's."""

from __future__ import annotations

from typing import Any

import numpy as np

from autodiff.errors import ArgumentError
from autodiff.primitives.matrix_functions import equations, triangles
from autodiff.primitives.matrix_functions.triangles import adjoint, triangle
from autodiff.scipy.linalg.operands import matrix, mirroring, right_side, way_of, with_batch_of


@mirroring
def solve_triangular(
    a: Any,
    b: Any,
    trans: Any = 0,
    lower: bool = False,
    unit_diagonal: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> Any:
    """x with a x = b (trans 1: aᵀ x = b, 2: aᴴ x = b), of whose a one triangle is read.

    a: (…, n, n) · b: (n,) or (…, n, k) · returns: the shape of b

    >>> solve_triangular(np.array([[2.0, 0.0], [1.0, 1.0]]), np.array([2.0, 3.0]), lower=True).tolist()
    [1.0, 2.0]
    """
    a = matrix(a, "solve_triangular", check_finite=check_finite)
    b, vector = right_side(a, b, "solve_triangular", check_finite)
    way = way_of(trans, "solve_triangular")
    a = np.conjugate(a) if way == 2 and np.iscomplexobj(a) else a
    out = triangles.solve_triangle(
        with_batch_of(a, b), b, trans=min(way, 1), lower=bool(lower), unit=bool(unit_diagonal)
    )
    return out[..., 0] if vector else out


def _as_assumed(a: Any, assume_a: str | None, lower: bool) -> Any:
    """What SciPy reads of a matrix about which it was told something."""
    n = a.shape[-1]
    far = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    match assume_a:
        case None | "gen" | "general" | "banded":
            return a
        case "sym" | "symmetric":
            return triangles.from_one_triangle(a, lower, hermitian=False)
        case "her" | "hermitian" | "pos" | "positive definite":
            return triangles.from_one_triangle(a, lower)
        case "diagonal" | "tridiagonal":
            return np.where(far <= (1 if assume_a == "tridiagonal" else 0), a, 0.0)
        case "upper triangular" | "lower triangular":
            return triangle(a, assume_a == "lower triangular")
    raise ArgumentError(f"scipy.linalg.solve does not know assume_a={assume_a!r}")


@mirroring
def solve(
    a: Any,
    b: Any,
    lower: bool = False,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
    assume_a: str | None = None,
    transposed: bool = False,
) -> Any:
    """x with a x = b (aᵀ x = b if transposed). a: (…, n, n) · b: (n,) or (…, n, k) · returns: the shape of b

    assume_a, lower: what is known of a; elements that SciPy then does not read have gradient 0

    >>> solve(np.array([[2.0, 0.0], [0.0, 4.0]]), np.array([2.0, 2.0])).tolist()
    [1.0, 0.5]
    """
    a = matrix(a, "solve", check_finite=check_finite)
    b, vector = right_side(a, b, "solve", check_finite)
    a = _as_assumed(a, assume_a, lower)
    if transposed:
        a = np.swapaxes(a, -1, -2)
        assume_a = {"upper triangular": "lower triangular", "lower triangular": "upper triangular"}.get(
            assume_a or "", assume_a
        )
    out = equations.solve(with_batch_of(a, b), b, assume=assume_a)
    return out[..., 0] if vector else out


@mirroring
def inv(
    a: Any, overwrite_a: bool = False, check_finite: bool = True, *, assume_a: str | None = None, lower: bool = False
) -> Any:
    """The inverse. a: (…, n, n)

    >>> inv(np.array([[2.0, 0.0], [0.0, 4.0]])).tolist()
    [[0.5, 0.0], [0.0, 0.25]]
    """
    return equations.inverse(_as_assumed(matrix(a, "inv", check_finite=check_finite), assume_a, lower))


@mirroring
def solve_sylvester(a: Any, b: Any, q: Any) -> Any:
    """x with a x + x b = q. a: (m, m) · b: (n, n) · q: (m, n)

    >>> solve_sylvester(np.eye(2), np.eye(2), np.eye(2)).tolist()
    [[0.5, 0.0], [0.0, 0.5]]
    """
    a, b = matrix(a, "solve_sylvester"), matrix(b, "solve_sylvester")
    return equations.sylvester(a, b, matrix(q, "solve_sylvester", square=False))


@mirroring
def solve_continuous_lyapunov(a: Any, q: Any) -> Any:
    """x with a x + x aᴴ = q. a, q: (n, n)

    >>> solve_continuous_lyapunov(np.eye(2), np.eye(2)).tolist()
    [[0.5, 0.0], [0.0, 0.5]]
    """
    a = matrix(a, "solve_continuous_lyapunov")
    return equations.sylvester(a, adjoint(a), matrix(q, "solve_continuous_lyapunov"))
