"""Diagonals put into matrices, and the triangles above and below them."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from autodiff.errors import ShapeError
from autodiff.primitives.contractions import diagonal
from autodiff.primitives.indexing import put
from autodiff.primitives.kinds import composite


def _on_diagonal(x: Any, k: int) -> Any:
    """Zeros with a vector on the k-th diagonal. In a flattened matrix its elements are equally far apart: a slice."""
    n = x.shape[0] + abs(k)
    start = k if k >= 0 else -k * n
    places = slice(start, start + x.shape[0] * (n + 1), n + 1) if x.shape[0] else slice(0, 0)
    return np.reshape(put(x, places, (n * n,)), (n, n))


@composite(np.diag)
def diag(v: Any, k: int = 0) -> Any:
    """A matrix with the vector v on its k-th diagonal; of a matrix, its k-th diagonal."""
    if v.ndim not in (1, 2):
        raise ShapeError(f"np.diag takes a vector or a matrix, was given shape {v.shape}; np.diagonal takes axes")
    return _on_diagonal(v, operator.index(k)) if v.ndim == 1 else diagonal(v, operator.index(k))


@composite(np.diagflat)
def diagflat(v: Any, k: int = 0) -> Any:
    """A matrix with the elements of v on its k-th diagonal."""
    return _on_diagonal(np.ravel(v), operator.index(k))


def _rows_and_columns(m: Any, function: str) -> tuple[int, int]:
    if m.ndim == 0:
        raise ShapeError(f"np.{function} needs at least one axis, was given a scalar")
    rows, columns = m.shape[-2:] if m.ndim > 1 else m.shape * 2
    return rows, columns


@composite(np.tril)
def tril(m: Any, k: int = 0) -> Any:
    """Zeros above the k-th diagonal of the last two axes."""
    return np.where(np.tri(*_rows_and_columns(m, "tril"), k=operator.index(k), dtype=bool), m, m.dtype.type(0))


@composite(np.triu)
def triu(m: Any, k: int = 0) -> Any:
    """Zeros below the k-th diagonal of the last two axes."""
    return np.where(np.tri(*_rows_and_columns(m, "triu"), k=operator.index(k) - 1, dtype=bool), m.dtype.type(0), m)


@composite(np.diag_indices_from)
def diag_indices_from(arr: Any) -> Any:
    """Where the main diagonal of an array with equally long axes stands: plain integers."""
    if arr.ndim < 2 or len(set(arr.shape)) > 1:
        raise ShapeError(f"np.diag_indices_from needs two or more axes of one length, was given shape {arr.shape}")
    return np.diag_indices(arr.shape[0], arr.ndim)


def _matrix_shape(arr: Any, function: str) -> tuple[int, int]:
    if arr.ndim != 2:
        raise ShapeError(f"np.{function} takes a matrix, was given shape {arr.shape}")
    rows, columns = arr.shape
    return rows, columns


@composite(np.tril_indices_from)
def tril_indices_from(arr: Any, k: int = 0) -> Any:
    """Where the lower triangle of a matrix stands: plain integers."""
    rows, columns = _matrix_shape(arr, "tril_indices_from")
    return np.tril_indices(rows, k, columns)


@composite(np.triu_indices_from)
def triu_indices_from(arr: Any, k: int = 0) -> Any:
    """Where the upper triangle of a matrix stands: plain integers."""
    rows, columns = _matrix_shape(arr, "triu_indices_from")
    return np.triu_indices(rows, k, columns)
