"""Functions of matrices: exponential, logarithm, square root, sine and cosine."""

from __future__ import annotations

from typing import Any

import numpy as np

from autodiff.errors import UnsupportedError
from autodiff.primitives.matrix_functions import functions
from autodiff.scipy.linalg.operands import matrix, mirroring, one_matrix


@mirroring
def expm(A: Any) -> Any:
    """The matrix exponential. A: (…, n, n)

    >>> float(expm(np.zeros((1, 1)))[0, 0])
    1.0
    """
    return functions.expm(matrix(A, "expm", check_finite=False))


@mirroring
def expm_frechet(
    A: Any, E: Any, method: str | None = None, compute_expm: bool = True, check_finite: bool = True
) -> Any:
    """(exp A, L(A, E)), or L(A, E) alone: the derivative of the matrix exponential at A along E. A, E: (n, n)

    >>> float(expm_frechet(np.zeros((1, 1)), np.ones((1, 1)), compute_expm=False)[0, 0])
    1.0
    """
    if method not in (None, "SPS"):
        raise UnsupportedError(f"scipy.linalg.expm_frechet of Values knows method='SPS' alone, was given {method!r}")
    A, E = matrix(A, "expm_frechet", check_finite=check_finite), matrix(E, "expm_frechet", check_finite=check_finite)
    along = functions.frechet(A, E)
    return (functions.expm(A), along) if compute_expm else along


@mirroring
def sqrtm(A: Any, disp: Any = None, blocksize: Any = None) -> Any:
    """The principal square root of a matrix without negative eigenvalues; derivatives need it to be regular. A: (n, n)

    >>> sqrtm(np.array([[4.0, 0.0], [0.0, 9.0]])).tolist()
    [[2.0, 0.0], [0.0, 3.0]]
    """
    _refuse_old("sqrtm", disp=disp, blocksize=blocksize)
    return functions.sqrtm(matrix(A, "sqrtm", check_finite=False))


@mirroring
def logm(A: Any, disp: Any = None) -> Any:
    """The principal logarithm of a matrix. A: (n, n)

    >>> round(float(logm(np.array([[2.718281828459045]]))[0, 0]), 12)
    1.0
    """
    _refuse_old("logm", disp=disp)
    return functions.logm(one_matrix(A, "logm", False))


@mirroring
def cosm(A: Any) -> Any:
    """The matrix cosine. A: (…, n, n)

    >>> float(cosm(np.zeros((1, 1)))[0, 0])
    1.0
    """
    A = matrix(A, "cosm", check_finite=False)
    turned = expm(1j * A)
    return 0.5 * (turned + expm(-1j * A)) if np.iscomplexobj(A) else np.real(turned)


@mirroring
def sinm(A: Any) -> Any:
    """The matrix sine. A: (…, n, n)

    >>> float(sinm(np.zeros((1, 1)))[0, 0])
    0.0
    """
    A = matrix(A, "sinm", check_finite=False)
    turned = expm(1j * A)
    return -0.5j * (turned - expm(-1j * A)) if np.iscomplexobj(A) else np.imag(turned)


def _refuse_old(function: str, **given: Any) -> None:
    for keyword, value in given.items():
        if value is not None:
            raise UnsupportedError(f"scipy.linalg.{function}(..., {keyword}={value!r}) is deprecated; leave it out")
