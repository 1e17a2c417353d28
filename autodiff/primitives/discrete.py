"""Integers, questions, positions and sets of positions: results that carry no gradient, beyond the everyday ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from autodiff.primitives.given import array_of
from autodiff.primitives.keywords import listed, refuse
from autodiff.primitives.kinds import composite, nondifferentiable

for ufunc in (np.gcd, np.lcm, np.left_shift, np.right_shift, np.bitwise_count):
    nondifferentiable(ufunc)

_array_equiv = nondifferentiable(lambda x, y: np.bool_(np.array_equiv(x, y)), name="array_equiv")
_isin = nondifferentiable(lambda x, y, **keywords: np.isin(x, y, **keywords), name="isin")
_digitize = nondifferentiable(lambda x, y, *, right: np.digitize(x, y, right), name="digitize")
_argpartition = nondifferentiable(lambda x, *, kth, axis: np.argpartition(x, kth, axis), name="argpartition")
_lexsort = nondifferentiable(lambda *xs, axis: np.lexsort(xs, axis), name="lexsort")


@composite(np.isreal)
def isreal(x: Any) -> Any:
    """Whether each imaginary part is 0."""
    return np.imag(x) == 0


@composite(np.iscomplex)
def iscomplex(x: Any) -> Any:
    """Whether each imaginary part is not 0."""
    return np.imag(x) != 0


@composite(np.isposinf)
def isposinf(x: Any, out: Any = None) -> Any:
    """Whether each element is +∞."""
    refuse("isposinf", out=out)
    return np.logical_and(np.isinf(x), np.logical_not(np.signbit(x)))


@composite(np.isneginf)
def isneginf(x: Any, out: Any = None) -> Any:
    """Whether each element is −∞."""
    refuse("isneginf", out=out)
    return np.logical_and(np.isinf(x), np.signbit(x))


@composite(np.array_equiv)
def array_equiv(a1: Any, a2: Any) -> Any:
    """Whether two arrays have the same elements once broadcast."""
    return _array_equiv(a1, a2)


@composite(np.flatnonzero)
def flatnonzero(a: Any) -> Any:
    """The positions, in the flattened array, of what is not 0."""
    return np.nonzero(np.ravel(a))[0]


@composite(np.argwhere)
def argwhere(a: Any) -> Any:
    """The indices of what is not 0, a row for each."""
    if a.ndim == 0:
        return argwhere(np.atleast_1d(a))[:, :0]
    return np.transpose(np.stack(np.nonzero(a)))


@composite(np.isin)
def isin(
    element: Any, test_elements: Any, assume_unique: bool = False, invert: bool = False, *, kind: Any = None
) -> Any:
    """Whether each element is one of others. (`kind` says how NumPy searches, not what it finds.)"""
    elements = array_of(test_elements, "isin")
    return _isin(array_of(element, "isin"), elements, assume_unique=assume_unique, invert=invert, kind=kind)


@composite(np.digitize)
def digitize(x: Any, bins: Any, right: bool = False) -> Any:
    """Which bin each element lies in."""
    return _digitize(array_of(x, "digitize"), array_of(bins, "digitize"), right=bool(right))


@composite(np.argpartition)
def argpartition(a: Any, kth: Any, axis: Any = -1, kind: str = "introselect", order: Any = None) -> Any:
    """Positions such that the kth smallest stand where sorting would put them, smaller ones before, larger behind."""
    refuse("argpartition", order=order, kind=None if kind == "introselect" else kind)
    return _argpartition(a, kth=listed(kth), axis=axis)


@composite(np.lexsort)
def lexsort(keys: Any, axis: int = -1) -> Any:
    """The positions that sort by several keys, the last one first."""
    return _lexsort(*(array_of(key, "lexsort") for key in keys), axis=axis)
