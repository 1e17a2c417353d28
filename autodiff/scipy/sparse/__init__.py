"""scipy.sparse beside Values: products, equations, and matrices whose elements are Values.

    matmul(A, v) · v @ A · csr_array((values, indices, indptr), shape) @ x · linalg.spsolve(A, b)

`A @ v` cannot be caught: a matrix of SciPy's asks v for a plain array, which raises and names `matmul`.
"""

from typing import Any

from autodiff.scipy.mirror import mirrored
from autodiff.scipy.sparse import linalg
from autodiff.scipy.sparse.matrices import SPARSE, CsrValue, csr_array, matmul

__all__ = ["CsrValue", "csr_array", "linalg", "matmul"]


def __getattr__(name: str) -> Any:
    return mirrored(SPARSE, name)
