"""Matrices made of vectors, and of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from autodiff.errors import ShapeError
from autodiff.scipy.linalg.operands import mirroring
from autodiff.value import Value


@mirroring
def block_diag(*arrs: Any) -> Any:
    """The arrays along the diagonal, zeros elsewhere. arrs: (m, n) each; a vector is one row

    >>> block_diag(np.ones((1, 2)), np.ones((1, 1))).tolist()
    [[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    blocks = [np.atleast_2d(a) for a in arrs]
    if any(block.ndim > 2 for block in blocks):
        raise ShapeError("scipy.linalg.block_diag of Values takes matrices, not batches of them")
    columns = [block.shape[1] for block in blocks]
    rows, before = [], 0
    for block, width in zip(blocks, columns):
        rows.append(np.pad(block, ((0, 0), (before, sum(columns) - before - width))))
        before += width
    return np.concatenate(rows, axis=0)


@mirroring
def toeplitz(c: Any, r: Any = None) -> Any:
    """The matrix with first column c and first row r (c conjugated if None), constant along its diagonals. c, r: (n,)

    >>> toeplitz(np.array([1.0, 2.0]), np.array([1.0, 5.0])).tolist()
    [[1.0, 5.0], [2.0, 1.0]]
    """
    c, r = _vector(c, "toeplitz"), _vector(np.conjugate(c) if r is None else r, "toeplitz")
    line = np.concatenate([np.flip(c), r[1:]])
    return line[np.arange(c.shape[0])[::-1, None] + np.arange(r.shape[0])]


@mirroring
def hankel(c: Any, r: Any = None) -> Any:
    """The matrix with first column c and last row r (zeros if None), constant along its antidiagonals. c, r: (n,)

    >>> hankel(np.array([1.0, 2.0])).tolist()
    [[1.0, 2.0], [2.0, 0.0]]
    """
    c = _vector(c, "hankel")
    r = _vector(np.zeros_like(c) if r is None else r, "hankel")
    line = np.concatenate([c, r[1:]])
    return line[np.arange(c.shape[0])[:, None] + np.arange(r.shape[0])]


@mirroring
def circulant(c: Any) -> Any:
    """The matrix whose columns are c, moved on by one each. c: (n,)

    >>> circulant(np.array([1.0, 2.0])).tolist()
    [[1.0, 2.0], [2.0, 1.0]]
    """
    c = _vector(c, "circulant")
    n = c.shape[0]
    return c[np.subtract.outer(np.arange(n), np.arange(n)) % max(n, 1)]


def _vector(v: Any, function: str) -> Any:
    v = v if isinstance(v, Value) else np.asarray(v)
    if np.ndim(v) != 1:
        raise ShapeError(f"scipy.linalg.{function} of Values takes vectors, was given shape {np.shape(v)}")
    return v
