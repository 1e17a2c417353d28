"""scipy.linalg for Values: solving, factors, functions of matrices. The same signatures; what numpy.linalg has is its.

`overwrite_a=`, `overwrite_b=` are a permission that is not made use of. `check_finite=` is: what is not finite raises,
unless it is False. Anything that has no derivative refuses a Value by name.
"""

from typing import Any

from autodiff.scipy.linalg.building import block_diag, circulant, hankel, toeplitz
from autodiff.scipy.linalg.factors import cho_factor, cho_solve, cholesky, lu, lu_factor, lu_solve
from autodiff.scipy.linalg.functions import cosm, expm, expm_frechet, logm, sinm, sqrtm
from autodiff.scipy.linalg.operands import LINALG
from autodiff.scipy.linalg.solving import inv, solve, solve_continuous_lyapunov, solve_sylvester, solve_triangular
from autodiff.scipy.linalg.spectra import det, eigh, eigvalsh, norm, qr, svd, svdvals
from autodiff.scipy.mirror import mirrored

__all__ = [
    "block_diag",
    "cho_factor",
    "cho_solve",
    "cholesky",
    "circulant",
    "cosm",
    "det",
    "eigh",
    "eigvalsh",
    "expm",
    "expm_frechet",
    "hankel",
    "inv",
    "logm",
    "lu",
    "lu_factor",
    "lu_solve",
    "norm",
    "qr",
    "sinm",
    "solve",
    "solve_continuous_lyapunov",
    "solve_sylvester",
    "solve_triangular",
    "sqrtm",
    "svd",
    "svdvals",
    "toeplitz",
]


def __getattr__(name: str) -> Any:
    return mirrored(LINALG, name)
