"""Inverses and systems of linear equations. Each derivative is a solution with the transposed matrix.

Source: M. B. Giles, An extended collection of matrix derivative results (2008), sections 2.2.3 and 2.3.1.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from autodiff.errors import ArgumentError, DtypeError, ShapeError
from autodiff.primitives.keywords import listed, refuse
from autodiff.primitives.kinds import composite, primitive
from autodiff.primitives.matrices import square, transposed

_inv = primitive(
    lambda x: np.linalg.inv(x),
    [lambda g, out: -(transposed(out) @ g @ transposed(out))],
    jvp=lambda tangents, out: -(out @ tangents[0] @ out),
    name="inv",
)


@composite(np.linalg.inv)
def inv(a: Any) -> Any:
    """The inverse of square matrices."""
    return _inv(square(a, "inv"))


def _pulled(g: Any, x: Any, y_like: Any, shared: Any) -> Any:
    """A⁻ᵀ g, as a matrix."""
    if "pulled" not in shared:
        shared["pulled"] = np.linalg.solve(transposed(x), np.expand_dims(g, -1) if np.ndim(y_like) == 1 else g)
    return shared["pulled"]


def _solve_left(g: Any, x: Any, y_like: Any, out: Any, shared: Any) -> Any:
    """−(A⁻ᵀ g) xᵀ for A x = b."""
    return -(_pulled(g, x, y_like, shared) @ (np.expand_dims(out, -2) if np.ndim(y_like) == 1 else transposed(out)))


def _solve_right(g: Any, x: Any, y_like: Any, shared: Any) -> Any:
    """A⁻ᵀ g."""
    pulled = _pulled(g, x, y_like, shared)
    return pulled[..., 0] if np.ndim(y_like) == 1 else pulled


def _solve_jvp(tangents: Any, x: Any, y: Any, y_like: Any, out: Any) -> Any:
    """A⁻¹(ḃ − Ȧ x)."""
    vector = np.ndim(y_like) == 1
    da, db = tangents
    if da is None:
        change = np.expand_dims(db, -1) if vector else db
    else:
        change = -(da @ (np.expand_dims(out, -1) if vector else out))
        if db is not None:
            change = (np.expand_dims(db, -1) if vector else db) + change
    solution = np.linalg.solve(x, change)
    return solution[..., 0] if vector else solution


_solve = primitive(
    lambda x, y: np.linalg.solve(x, y), [_solve_left, _solve_right], jvp=_solve_jvp, broadcasts=True, name="solve"
)


@composite(np.linalg.solve)
def solve(a: Any, b: Any) -> Any:
    """x with a x = b, for square matrices; b is a vector if it has one axis, else a matrix or a stack of them."""
    return _solve(square(a, "solve"), b)


@composite(np.linalg.tensorsolve)
def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    """x with tensordot(a, x, x.ndim) = b; `axes` of a are moved to the right first."""
    if axes is not None:
        order = list(range(np.ndim(a)))
        for k in listed(axes):
            order.remove(k)
            order.insert(np.ndim(a), k)
        a = np.transpose(a, order)
    shape = np.shape(a)[-(np.ndim(a) - np.ndim(b)) :]
    n = math.prod(shape)
    if np.size(a) != n * n:
        raise ShapeError(
            "np.linalg.tensorsolve needs prod(a.shape[b.ndim:]) == prod(a.shape[:b.ndim]); the shapes are "
            f"{np.shape(a)} and {np.shape(b)}"
        )
    return np.reshape(np.linalg.solve(np.reshape(a, (n, n)), np.ravel(b)), shape)


@composite(np.linalg.tensorinv)
def tensorinv(a: Any, ind: int = 2) -> Any:
    """The inverse of tensordot(a, ·, ind): the first `ind` axes are the rows of a matrix, the others its columns."""
    if operator.index(ind) <= 0:
        raise ArgumentError(f"np.linalg.tensorinv takes a positive ind, was given {ind}")
    matrix = np.reshape(a, (math.prod(a.shape[ind:]), -1))
    return np.reshape(np.linalg.inv(matrix), a.shape[ind:] + a.shape[:ind])


@composite(np.linalg.matrix_power)
def matrix_power(a: Any, n: int) -> Any:
    """aⁿ of square matrices for integers n: products by repeated squaring, of the inverse if n < 0."""
    square(a, "matrix_power")
    try:
        n = operator.index(n)
    except TypeError:
        raise DtypeError(f"np.linalg.matrix_power takes an integer exponent, was given {n!r:.60}") from None
    if n == 0:  # the same for every a
        return np.where(np.zeros(a.shape, bool), a, np.eye(a.shape[-1], dtype=a.dtype))
    if n < 0:
        a, n = np.linalg.inv(a), -n
    if n == 3:  # NumPy multiplies these in another order
        return (a @ a) @ a
    power = result = None
    while n:
        power = a if power is None else power @ power
        n, bit = divmod(n, 2)
        if bit:
            result = power if result is None else result @ power
    return result


@composite(np.linalg.multi_dot)
def multi_dot(arrays: Any, *, out: Any = None) -> Any:
    """The matrix product of several arrays, in the order that takes the fewest multiplications."""
    refuse("linalg.multi_dot", out=out)
    arrays = list(arrays)
    if len(arrays) < 2:
        raise ArgumentError(f"np.linalg.multi_dot takes two arrays or more, was given {len(arrays)}")
    first, last = np.ndim(arrays[0]), np.ndim(arrays[-1])
    if first not in (1, 2) or last not in (1, 2) or any(np.ndim(a) != 2 for a in arrays[1:-1]):
        raise ShapeError(
            "np.linalg.multi_dot multiplies matrices; the first and the last array may be vectors; the shapes are "
            f"{[np.shape(a) for a in arrays]}"
        )
    if len(arrays) == 2:
        return np.dot(*arrays)
    if first == 1:
        arrays[0] = np.reshape(arrays[0], (1, -1))
    if last == 1:
        arrays[-1] = np.reshape(arrays[-1], (-1, 1))
    lengths = [*(np.shape(a)[0] for a in arrays), np.shape(arrays[-1])[1]]
    cuts = _cheapest_cuts(lengths)

    def product(i: int, j: int) -> Any:
        return arrays[i] if i == j else np.dot(product(i, cuts[i, j]), product(cuts[i, j] + 1, j))

    result = product(0, len(arrays) - 1)
    return np.reshape(result, np.shape(result)[2 - first : 1] + np.shape(result)[1:][: last - 1])


def _cheapest_cuts(lengths: list[int]) -> dict[tuple[int, int], int]:
    """For each run (i, j) of matrices, lengths[i] × lengths[i + 1] and so on, where to cut it in two.

    Source: T. Cormen, C. Leiserson, R. Rivest, C. Stein, Introduction to Algorithms (3rd ed., 2009), section 15.2.
    """
    count = len(lengths) - 1
    cost = {(i, i): 0 for i in range(count)}
    cuts: dict[tuple[int, int], int] = {}
    for distance in range(1, count):
        for i in range(count - distance):
            j = i + distance
            of = {k: cost[i, k] + cost[k + 1, j] + lengths[i] * lengths[k + 1] * lengths[j + 1] for k in range(i, j)}
            cuts[i, j] = min(of, key=of.__getitem__)
            cost[i, j] = of[cuts[i, j]]
    return cuts
