"""Sparse matrices: products with them, and equations in them. Loaded on first use: SciPy computes them.

A sparse matrix is two things: the places of its elements, which are constant, and their values, which are an operand.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse
import scipy.sparse.linalg

from autodiff.errors import ShapeError
from autodiff.primitives.kinds import Primitive, multilinear, primitive


class Places:
    """Where the elements of a sparse matrix lie, row by row: column `indices`, and where rows begin, `indptr`.

    order: the elements in the order that they have in the transposed matrix · transposed: the places of that
    """

    def __init__(self, indices: Any, indptr: Any, shape: tuple[int, int], transposed: Places | None = None) -> None:
        self.indices, self.indptr = np.array(indices), np.array(indptr)
        self.shape = (int(shape[0]), int(shape[1]))
        lengths = np.diff(self.indptr)
        if self.indptr.shape != (self.shape[0] + 1,) or np.any(lengths < 0) or self.indptr[0] != 0:
            raise ShapeError(
                f"indptr of {self.shape[0]} rows has one number more, ascending from 0: {self.indptr!r:.60}"
            )
        if self.indices.shape != (self.indptr[-1],):
            raise ShapeError(f"there are {self.indices.shape} column indices, and {self.indptr[-1]} elements by indptr")
        if self.indices.size and not 0 <= self.indices.min() <= self.indices.max() < self.shape[1]:
            raise ShapeError(f"column indices lie in [0, {self.shape[1]}); they go to {self.indices.max()}")
        self.rows = np.repeat(np.arange(self.shape[0]), lengths)
        self.order: Any = np.argsort(transposed.order) if transposed else np.lexsort((self.rows, self.indices))
        ends = np.cumsum(np.bincount(self.indices, minlength=self.shape[1]))
        self.transposed = transposed or Places(
            self.rows[self.order], np.concatenate([[0], ends]), self.shape[::-1], transposed=self
        )

    def __repr__(self) -> str:
        return f"{self.indices.size} places of {self.shape}"

    def filled(self, data: Any) -> Any:
        """SciPy's matrix with these elements."""
        return scipy.sparse.csr_array((data, self.indices, self.indptr), shape=self.shape)


def _elements(g: Any, x: Any, places: Places) -> Any:
    """The elements of g xᵀ at some places."""
    product = g[places.rows] * x[places.indices]
    return product if product.ndim == 1 else np.sum(product, axis=-1)


product: Primitive = multilinear(
    lambda x, y, *, places: places.filled(x) @ y,
    [
        lambda g, y, places: _elements(g, y, places),
        lambda g, x, places: product(x[places.order], g, places=places.transposed),
    ],
    name="sparse_product",
)
"""A y, from the elements x of A: y is a vector or a matrix."""


def _solve_forward(x: Any, y: Any, *, places: Places) -> Any:
    out = scipy.sparse.linalg.spsolve(places.filled(x).tocsc(), y)
    return out.reshape(y.shape)


def _solve_jvp(tangents: Any, x: Any, y: Any, out: Any, places: Places) -> Any:
    moved = tangents[1]
    if tangents[0] is not None:
        change = product(tangents[0], out, places=places)
        moved = -change if moved is None else moved - change
    return solve(x, moved, places=places)


solve: Primitive = primitive(
    _solve_forward,
    [
        lambda g, x, y, out, places: -_elements(_solve_transposed(g, x, places), out, places),
        lambda g, x, places: _solve_transposed(g, x, places),
    ],
    jvp=_solve_jvp,
    name="sparse_solve",
)
"""A⁻¹ y, from the elements x of A: y is a vector or a matrix."""


def _solve_transposed(g: Any, x: Any, places: Places) -> Any:
    return solve(x[places.order], g, places=places.transposed)


product.complete = solve.complete = True
