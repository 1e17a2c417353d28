"""What numpy.linalg has as well, with SciPy's keywords: eigenvalues, singular values, QR, determinants, norms."""

from __future__ import annotations

from typing import Any

import numpy as np

from autodiff.errors import UnsupportedError
from autodiff.primitives.matrix_functions import triangles
from autodiff.primitives.matrix_functions.triangles import adjoint
from autodiff.scipy.linalg.operands import check, matrix, mirroring, refuse_other
from autodiff.scipy.linalg.solving import solve_triangular

_numpy: Any = np.linalg


@mirroring
def det(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """The determinant, by np.linalg.det. a: (…, n, n)"""
    return _numpy.det(matrix(a, "det", check_finite=check_finite))


@mirroring
def norm(a: Any, ord: Any = None, axis: Any = None, keepdims: bool = False, check_finite: bool = True) -> Any:
    """The norm of a vector or a matrix, by np.linalg.norm."""
    check(a, "norm", check_finite)
    return _numpy.norm(a, ord, axis, keepdims)


@mirroring
def svd(
    a: Any,
    full_matrices: bool = True,
    compute_uv: bool = True,
    overwrite_a: bool = False,
    check_finite: bool = True,
    lapack_driver: str = "gesdd",
) -> Any:
    """(u, s, vh), or s alone, by np.linalg.svd. a: (…, m, n)"""
    a = matrix(a, "svd", check_finite=check_finite, square=False)
    refuse_other("svd", lapack_driver=(lapack_driver, "gesdd"))
    out = _numpy.svd(a, full_matrices=full_matrices, compute_uv=compute_uv)
    return tuple(out) if compute_uv else out


@mirroring
def svdvals(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """The singular values, descending, by np.linalg.svd. a: (…, m, n)"""
    return svd(a, compute_uv=False, check_finite=check_finite)


@mirroring
def qr(
    a: Any,
    overwrite_a: bool = False,
    lwork: Any = None,
    mode: str = "full",
    pivoting: bool = False,
    check_finite: bool = True,
) -> Any:
    """(q, r), or (r,) for mode "r", by np.linalg.qr. a: (…, m, n)"""
    refuse_other("qr", lwork=(lwork, None), pivoting=(pivoting, False))
    modes = {"full": "complete", "economic": "reduced", "r": "r"}
    if mode not in modes:
        raise UnsupportedError(
            f"scipy.linalg.qr of Values takes mode 'full', 'economic' or 'r', was given mode={mode!r}"
        )
    out: Any = _numpy.qr(matrix(a, "qr", check_finite=check_finite, square=False), modes[mode])
    return (out,) if mode == "r" else tuple(out)


@mirroring
def eigh(
    a: Any,
    b: Any = None,
    *,
    lower: bool = True,
    eigvals_only: bool = False,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    type: int = 1,
    check_finite: bool = True,
    subset_by_index: Any = None,
    subset_by_value: Any = None,
    driver: Any = None,
) -> Any:
    """Eigenvalues, ascending, and eigenvectors of a Hermitian matrix, by np.linalg.eigh. a: (…, n, n)

    b: positive definite, for a x = λ b x (type 1), by its Cholesky factor: then xᴴ b x = 1

    >>> [round(float(x), 12) for x in eigh(np.array([[0.0, 1.0], [1.0, 0.0]]), eigvals_only=True)]
    [-1.0, 1.0]
    """
    refuse_other("eigh", type=(type, 1), subset_by_index=(subset_by_index, None))
    refuse_other("eigh", subset_by_value=(subset_by_value, None), driver=(driver, None))
    a = matrix(a, "eigh", check_finite=check_finite)
    if b is None:
        uplo = "L" if lower else "U"
        return _numpy.eigvalsh(a, uplo) if eigvals_only else tuple(_numpy.eigh(a, uplo))
    factor = triangles.cholesky_factor(b if lower else adjoint(b))  # B = L Lᴴ: L⁻¹ A L⁻ᴴ has the same eigenvalues
    half = solve_triangular(factor, triangles.from_one_triangle(a, lower), lower=True)
    whole = adjoint(solve_triangular(factor, adjoint(half), lower=True))
    if eigvals_only:
        return _numpy.eigvalsh(whole)
    values, vectors = _numpy.eigh(whole)
    return values, solve_triangular(adjoint(factor), vectors)


@mirroring
def eigvalsh(
    a: Any,
    b: Any = None,
    *,
    lower: bool = True,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    type: int = 1,
    check_finite: bool = True,
    subset_by_index: Any = None,
    subset_by_value: Any = None,
    driver: Any = None,
) -> Any:
    """Eigenvalues, ascending, of a Hermitian matrix: those of eigh."""
    subset = {"subset_by_index": subset_by_index, "subset_by_value": subset_by_value}
    return eigh(a, b, lower=lower, eigvals_only=True, type=type, check_finite=check_finite, driver=driver, **subset)
