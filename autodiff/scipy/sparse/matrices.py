"""Sparse matrices beside Values, and sparse matrices whose elements are Values."""

from __future__ import annotations

from typing import Any

import numpy as np

from autodiff.errors import DtypeError, ShapeError
from autodiff.primitives import sparse
from autodiff.primitives.sparse import Places
from autodiff.scipy.mirror import scipy_module
from autodiff.value import Value

SPARSE = scipy_module("sparse")


class CsrValue:
    """A sparse matrix whose elements are a Value, row by row: `A @ v`, `v @ A`, `A.T`, `A.toarray()`.

    data: (elements,) · indices, indptr: the column of each, and where rows begin · shape: (rows, columns)
    """

    __array_ufunc__ = None  # `array @ A` is for A to answer

    def __init__(self, data: Any, places: Places) -> None:
        if np.shape(data) != places.indices.shape:
            raise ShapeError(
                f"there are {places.indices.size} places for elements, and data has shape {np.shape(data)}"
            )
        self.data, self.places, self.shape = data, places, places.shape

    def __repr__(self) -> str:
        return f"CsrValue({self.data!r}, {self.places!r})"

    @property
    def T(self) -> CsrValue:  # noqa: N802  (its name on every matrix)
        """The transposed matrix."""
        return CsrValue(self.data[self.places.order], self.places.transposed)

    def tocsr(self) -> CsrValue:
        """Itself."""
        return self

    def __matmul__(self, other: Any) -> Any:
        return matmul(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return matmul(other, self)

    def toarray(self) -> Any:
        """The matrix with its zeros; elements in the same place add up."""
        return matmul(self, np.eye(self.shape[1], dtype=self.data.dtype))


def csr_array(arg1: Any, shape: Any = None, dtype: Any = None, copy: bool = False) -> Any:
    """SciPy's csr_array; of (data, indices, indptr) with a Value for data, a CsrValue.

    >>> A = csr_array((Value([2.0, 3.0]), np.array([0, 1]), np.array([0, 1, 2])), shape=(2, 2))
    >>> (A @ np.array([1.0, 1.0])).data.tolist()
    [2.0, 3.0]
    """
    if isinstance(arg1, tuple) and len(arg1) == 3 and isinstance(arg1[0], Value):
        data, indices, indptr = arg1
        if dtype is not None and np.dtype(dtype) != data.dtype:
            raise DtypeError(f"csr_array of a Value keeps its dtype, {data.dtype}; it was asked for dtype={dtype}")
        indices, indptr = np.asarray(indices), np.asarray(indptr)
        if shape is None:
            shape = (len(indptr) - 1, int(indices.max()) + 1 if indices.size else 0)
        return CsrValue(data, Places(indices, indptr, shape))
    if isinstance(arg1, Value):
        raise DtypeError("csr_array of a dense Value would have to look for its zeros; give data, indices and indptr")
    return SPARSE.csr_array(arg1, shape=shape, dtype=dtype, copy=copy)


def is_sparse(x: Any) -> bool:
    """Whether x is a sparse matrix, SciPy's or one of Values."""
    return isinstance(x, CsrValue) or bool(SPARSE.issparse(x))


def parts(matrix: Any) -> tuple[Any, Places]:
    """The elements of a sparse matrix, and their places."""
    if isinstance(matrix, CsrValue):
        return matrix.data, matrix.places
    rows = matrix.tocsr()
    data = rows.data if rows.data.dtype.kind in "fc" else rows.data.astype(float)
    return data, Places(rows.indices, rows.indptr, rows.shape)


def matmul(a: Any, b: Any) -> Any:
    """a b, where a or b is a sparse matrix and the other one a vector or a matrix, a Value if you like.

    a: (m, n) or (n,) · b: (n, k) or (n,) · returns: dense
    raises: ShapeError if the lengths differ, or nothing is sparse

    >>> import scipy.sparse
    >>> matmul(scipy.sparse.eye_array(2), Value([1.0, 2.0])).data.tolist()
    [1.0, 2.0]
    """
    if is_sparse(a) and is_sparse(b):
        raise ShapeError(
            "the product of two sparse matrices has no derivative here; make one of them dense: b.toarray()"
        )
    if not is_sparse(a):
        if not is_sparse(b):
            raise ShapeError("autodiff.scipy.sparse.matmul is for a sparse matrix on one side; dense ones take a @ b")
        data, places = parts(b)
        dense = a if isinstance(a, Value) else np.asarray(a)
        _fit(np.shape(dense), places.shape, np.ndim(dense) in (1, 2) and dense.shape[-1] == places.shape[0])
        out = sparse.product(data[places.order], np.transpose(dense), places=places.transposed)
        return np.transpose(out)
    data, places = parts(a)
    dense = b if isinstance(b, Value) else np.asarray(b)
    _fit(places.shape, np.shape(dense), np.ndim(dense) in (1, 2) and dense.shape[0] == places.shape[1])
    return sparse.product(data, dense, places=places)


def _fit(left: Any, right: Any, fits: bool) -> None:
    if not fits:
        raise ShapeError(f"matmul of shapes {left} and {right}: they do not fit together")
