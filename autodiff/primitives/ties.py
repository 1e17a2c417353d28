"""Eigenvalues and singular values that coincide: any rotation of their vectors would do as well.

Functions of the values alone have derivatives there, and so have functions that no such rotation changes, like
V f(λ) Vᴴ: their gradient at the vectors is divided by λⱼ − λᵢ = 0, and it is 0 itself. What the quotient tends to is
the derivative of the one divided by that of the other; whoever walks a graph finds it (`autodiff.limits`). Anything
else, and second derivatives of such functions, are refused.
Source for the quotients: Ju. L. Daleckii, S. G. Krein, Integration and differentiation of functions of Hermitian
operators (1965), by whose theorem they are divided differences of f, with limit f′(λ).
"""

from __future__ import annotations

import weakref
from typing import Any, NamedTuple

import numpy as np

from autodiff.modes import current_mode
from autodiff.primitives.kinds import nondifferentiable, primitive
from autodiff.primitives.matrices import conjugate_transposed, defined

TIED: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
"""By serial: nodes whose eigenvalues or singular values coincide. A walk asks there what the gradient tends to."""

WHY_TIED = (
    "a gradient arrives at vectors of eigenvalues or singular values that coincide up to rounding (or at additional "
    "columns, which span what is left): any rotation of them would do as well, so they have no derivative. Functions "
    "that no such rotation changes have one: of the eigenvalues alone, or V f(λ) Vᴴ where no second derivative is "
    "asked for; or move them apart"
)


def _columns(y: Any, rows: bool) -> Any:
    return np.expand_dims(y, -1 if rows else -2)


def _simple_vjp(g: Any, x: Any, y: Any, rows: bool, refused: str) -> Any:
    if refused == "nonzero":
        return defined(g, _columns(y, rows) & (g != 0), why=WHY_TIED)
    if refused == "recorded" and not hasattr(type(x), "_record"):
        return g  # the rule of the decomposition goes on with it
    return defined(g, np.any(y), why=WHY_TIED)


simple_vectors = primitive(
    lambda x, y, *, rows, refused: x.copy() if isinstance(x, np.ndarray) else x,
    [_simple_vjp, None],
    jvp=lambda tangents, y, rows, refused: np.where(_columns(y, rows), np.nan, tangents[0]),
    name="simple_vectors",
)
"""Columns (or rows) x of which those marked by y have no derivative of their own: their tangent is NaN.

refused: what of a gradient is, where any are marked: "nonzero" in them; "recorded", which could be differentiated
again; "always".
"""


class Limit(NamedTuple):
    """How the gradient of vectors changes as coinciding values move apart, and as the vectors are turned.

    apart: how the values move · changes: of the gradients of the vectors, one for each of several arrays
    turns: how the vectors are turned · turned: the changes of their gradients by that
    """

    apart: Any
    changes: tuple[Any, ...]
    turns: tuple[Any, ...]
    turned: tuple[Any, ...]


def at_ties(
    divided: Any, inner: Any, change: Any, turned: Any, *, values: Any, apart: Any, sizes: tuple[Any, Any]
) -> Any:
    """divided = inner∘1/(λⱼ − λᵢ), where pairs coincide replaced by what that, made symmetric, tends to.

    inner: its antisymmetric part has to be 0 in these pairs, and stay so if vectors are turned: else the function says
    which of the vectors are meant, and has no derivative · change: of inner, as values move `apart` · turned: of inner,
    as the vectors are turned · sizes: of the terms in inner and in turned, against which they are rounding

    Where they only nearly coincide, the limit is as far off as they are apart, and the quotient by rounding divided by
    that. So the limit is taken up to the distance where both are as good, if the function has one.
    """
    eps, chosen = float(np.finfo(inner.dtype).eps), pairs_of(values, close=True)
    rounded = 1000 * eps * values.shape[-1] * np.max(np.abs(values), axis=-1)  # how far off the values are, at most
    for matrix, size in zip((inner, turned), sizes):
        bound = eps**0.4 * np.max(size, axis=(-2, -1)) + rounded * np.max(np.abs(change), axis=(-2, -1))
        off = np.abs(matrix - conjugate_transposed(matrix)) > np.expand_dims(bound, (-2, -1))
        defined(inner, pairs_of(values) & off, why=WHY_TIED)
        chosen = chosen & ~off
    distance = np.expand_dims(apart, -2) - np.expand_dims(apart, -1)
    quotient = (change - conjugate_transposed(change)) / (2 * np.where(distance == 0, 1, distance))
    return np.where(chosen, quotient, divided)


def pairs_of(values: Any, close: bool = False) -> Any:
    """Which two different ones of the numbers along the last axis coincide: a symmetric matrix.

    They do up to rounding; with close=True, up to where half of the digits agree.
    """
    eps = float(np.finfo(values.dtype).eps)
    size = np.max(np.abs(values), axis=-1, keepdims=True, initial=0.0)
    bound = (eps**0.5 if close else 8 * values.shape[-1] * eps) * np.expand_dims(size, -1)
    near = np.abs(np.expand_dims(values, -1) - np.expand_dims(values, -2)) <= bound
    return near & ~np.eye(values.shape[-1], dtype=bool)


tied = nondifferentiable(lambda x: np.any(pairs_of(x), axis=-1), name="tied")
"""Which numbers along the last axis coincide with another one, up to rounding."""


def remember_ties(node: Any, values: Any, ties: Any) -> None:
    """Say that values of a node coincide, or nearly so; not while tracing, when numbers are not looked at."""
    if current_mode().trace is not None or not isinstance(values._data, np.ndarray):
        return
    if np.any(ties._data) or np.any(pairs_of(values._data, close=True)):
        TIED[node._serial] = node


def inverse_gaps(values: Any) -> Any:
    """1/(λⱼ − λᵢ) for pairs that do not coincide up to rounding, 0 for others."""
    difference = np.expand_dims(values, -2) - np.expand_dims(values, -1)
    equal = (difference == 0) | pairs_of(values)
    return np.where(equal, 0.0, 1 / np.where(equal, 1.0, difference))
