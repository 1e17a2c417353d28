"""NumPy functions that need no derivative of their own: they are written over the primitives."""

from __future__ import annotations

import builtins
import math
from typing import Any

import numpy as np

from autodiff.operands import constant
from autodiff.primitives.keywords import is_masked, keeps, mask_for, refuse
from autodiff.primitives.kinds import composite, primitive
from autodiff.primitives.reductions import expand
from autodiff.primitives.shaping import normalized


def _count(a: Any, axis: Any, where: Any) -> Any:
    """How many elements each mean is taken over."""
    if is_masked(where):
        mask = np.broadcast_to(mask_for(a, where, "mean"), a.shape)
        return np.sum(mask, axis=axis, keepdims=True).astype(a.dtype if a.dtype.kind in "fc" else np.float64)
    if axis is None:
        return a.size
    return math.prod(a.shape[i] for i in (axis if isinstance(axis, (tuple, list)) else (axis,)))


@composite(np.mean)
def mean(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, *, where: Any = True
) -> Any:
    """Σ a / n over axes."""
    refuse("mean", dtype=dtype, out=out)
    if a.dtype == np.float16:  # NumPy, too, adds these up in float32
        return mean(a.astype(np.float32), axis, keepdims=keepdims, where=where).astype(np.float16)
    total = np.sum(a, axis=axis, keepdims=is_masked(where) or keeps(keepdims), where=where)
    quotient = total / _count(a, axis, where)
    if is_masked(where) and not keeps(keepdims):
        return np.squeeze(quotient, tuple(range(a.ndim)) if axis is None else axis)
    return quotient


@composite(np.var)
def var(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
    *,
    where: Any = True,
    mean: Any = None,
    correction: Any = None,
) -> Any:
    """Σ |a − mean|² / (n − ddof) over axes."""
    refuse("var", dtype=dtype, out=out)
    if correction is not None and correction is not np._NoValue:
        if ddof != 0:
            raise ValueError("ddof and correction can't be provided simultaneously.")
        ddof = correction
    center = mean if mean is not None and mean is not np._NoValue else np.mean(a, axis=axis, keepdims=True, where=where)
    deviation = a - center
    squares = np.real(deviation * np.conjugate(deviation)) if np.iscomplexobj(a) else deviation * deviation
    count = _count(a, axis, where)
    total = np.sum(squares, axis=axis, keepdims=is_masked(where) or keeps(keepdims), where=where)
    quotient = total / (builtins.max(count - ddof, 0) if isinstance(count, int) else np.maximum(count - ddof, 0))
    if is_masked(where) and not keeps(keepdims):
        return np.squeeze(quotient, tuple(range(a.ndim)) if axis is None else axis)
    return quotient


@composite(np.std)
def std(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
    *,
    where: Any = True,
    mean: Any = None,
    correction: Any = None,
) -> Any:
    """√var; its gradient at a constant is 0."""
    refuse("std", dtype=dtype, out=out)
    variance = np.var(a, axis=axis, ddof=ddof, keepdims=keepdims, where=where, mean=mean, correction=correction)
    flat = variance == 0
    return np.where(flat, 0.0, np.sqrt(np.where(flat, 1.0, variance)))


def _logsumexp_forward(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """log Σ exp x, shifted by the largest element so that nothing overflows."""
    peak = np.max(x, axis=axis, keepdims=True)
    peak = np.where(np.isfinite(peak), peak, 0.0)
    with np.errstate(divide="ignore"):
        result = np.log(np.sum(np.exp(x - peak), axis=axis, keepdims=True)) + peak
    return result if keepdims else np.squeeze(result, tuple(range(np.ndim(x))) if axis is None else axis)


def _softmax_from(x: Any, x_like: Any, out: Any, axis: Any, keepdims: bool) -> Any:
    """exp(x − logsumexp x); 0 where every element is −∞."""
    out = expand(out, x_like, axis, keepdims)
    empty = out == -math.inf
    return np.where(empty, 0.0, np.exp(x - np.where(empty, 0.0, out)))


_logsumexp = primitive(
    _logsumexp_forward,
    [
        lambda g, x, x_like, out, axis, keepdims: (
            expand(g, x_like, axis, keepdims) * _softmax_from(x, x_like, out, axis, keepdims)
        )
    ],
    jvp=lambda tangents, x, x_like, out, axis, keepdims: np.sum(
        tangents[0] * _softmax_from(x, x_like, out, axis, keepdims), axis=axis, keepdims=keepdims
    ),
    name="logsumexp",
)


sum_squares = primitive(
    lambda x: np.add.reduce(x * x, axis=None) if type(x) is np.ndarray else np.sum(x * x),
    [lambda g, x: (2 * g) * x],
    jvp=lambda tangents, x: np.sum((2 * x) * tangents[0]),
    name="sum_squares",
)
"""Σ x² over all elements of a real array, in one operation: what squared errors are made of."""


def logsumexp(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """log Σ exp a over axes (all if None), without overflow; −∞ with gradient 0 where every element is −∞.

    a: any shape, float · returns: the shape of a without `axis`, in the dtype of a

    >>> float(logsumexp(np.array([0.0, 0.0])))
    0.6931471805599453
    """
    axis = tuple(axis) if isinstance(axis, list) else axis
    return _logsumexp(_numeric(a, axis, "logsumexp"), axis=axis, keepdims=bool(keepdims))


def log_softmax(a: Any, axis: Any = -1) -> Any:
    """a − logsumexp(a), along an axis: the logarithm of softmax.

    >>> log_softmax(np.array([0.0, 0.0])).tolist()
    [-0.6931471805599453, -0.6931471805599453]
    """
    a = _numeric(a, axis, "log_softmax")
    return a - _logsumexp(a, axis=axis, keepdims=True)


def softmax(a: Any, axis: Any = -1) -> Any:
    """exp(a)/Σ exp(a) along an axis.

    >>> softmax(np.array([0.0, 0.0])).tolist()
    [0.5, 0.5]
    """
    a = _numeric(a, axis, "softmax")
    return np.exp(a - _logsumexp(a, axis=axis, keepdims=True))


def one_hot(labels: Any, classes: int, dtype: Any = float) -> Any:
    """The rows of the identity matrix that integer labels choose.

    labels: any shape, int in [0, classes) · returns: labels.shape + (classes,), in `dtype`, a plain array
    raises: IndexRangeError for a label outside the range; DtypeError for labels that are not integers

    >>> one_hot(np.array([1, 0]), 2).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    from autodiff.errors import DtypeError, IndexRangeError

    labels = np.asarray(labels)
    if labels.dtype.kind not in "iu":
        raise DtypeError(
            f"one_hot takes integer labels, was given dtype {labels.dtype}; convert with labels.astype(int)"
        )
    if labels.size and (labels.min() < 0 or labels.max() >= classes):
        raise IndexRangeError(f"one_hot takes labels in [0, {classes}), was given {labels.min()} to {labels.max()}")
    return np.eye(classes, dtype=dtype)[labels]


def _numeric(a: Any, axis: Any, function: str) -> Any:
    """A Value as it is, anything else as a numeric array; in the name of a function that goes along axes."""
    if not hasattr(type(a), "_record"):
        a = constant(a, function)
        a = a if hasattr(a, "dtype") else np.asarray(a)
    for i in axis if isinstance(axis, tuple) else () if axis is None else (axis,):
        normalized(i, np.ndim(a), f"{function} of shape {np.shape(a)}")
    return a
