"""scipy.sparse.linalg for Values: spsolve."""

from __future__ import annotations

from typing import Any

import numpy as np

from autodiff.errors import ShapeError, UnsupportedError
from autodiff.primitives import sparse
from autodiff.scipy.mirror import holds_values, mirrored, scipy_module
from autodiff.scipy.sparse.matrices import CsrValue, is_sparse, parts
from autodiff.value import Value

_linalg = scipy_module("sparse.linalg")


def spsolve(A: Any, b: Any, permc_spec: Any = None, use_umfpack: bool = True) -> Any:
    """x with A x = b, for a sparse A, SciPy's or a CsrValue. A: (n, n) · b: (n,) or (n, k) · returns: the shape of b

    >>> import scipy.sparse
    >>> spsolve(scipy.sparse.csr_array([[2.0, 0.0], [0.0, 4.0]]), Value([2.0, 2.0])).data.tolist()
    [1.0, 0.5]
    """
    if not holds_values(b) and not isinstance(A, CsrValue):
        return _linalg.spsolve(A, b, permc_spec, use_umfpack)
    if permc_spec is not None:
        raise UnsupportedError(f"spsolve of Values takes no permc_spec={permc_spec!r}; leave it out")
    if not is_sparse(A):
        raise ShapeError(f"spsolve takes a sparse matrix, was given {type(A).__name__}")
    data, places = parts(A)
    b = b if isinstance(b, Value) else np.asarray(b)
    if places.shape[0] != places.shape[1] or np.ndim(b) not in (1, 2) or b.shape[0] != places.shape[0]:
        raise ShapeError(f"spsolve needs a square matrix and as many rows in b: {places.shape} and {np.shape(b)}")
    return sparse.solve(data, b, places=places)


def __getattr__(name: str) -> Any:
    return mirrored(_linalg, name)
