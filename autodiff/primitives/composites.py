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
from autodiff.primitives.shaping import normalized, stopped


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
    return root_of_variance(
        np.var(a, axis=axis, ddof=ddof, keepdims=keepdims, where=where, mean=mean, correction=correction)
    )


def root_of_variance(variance: Any) -> Any:
    """The square root, whose gradient at 0 is 0."""
    flat = variance == 0
    return np.where(flat, 0.0, np.sqrt(np.where(flat, 1.0, variance)))


def _peak(x: Any, axis: Any) -> Any:
    """The largest element, by which logarithms of sums are shifted so that nothing overflows; 0 if it is infinite."""
    peak = np.max(x, axis=axis, keepdims=True) if x.size else np.max(x, axis=axis, keepdims=True, initial=-math.inf)
    return np.where(np.isfinite(peak), peak, 0.0)


def _log_of_sum(x: Any, axis: Any) -> Any:
    """log Σ exp x of shifted elements; −∞ where they are all −∞, or where there are none."""
    with np.errstate(divide="ignore"):
        return np.log(np.sum(np.exp(x), axis=axis, keepdims=True))


def _logsumexp_forward(x: Any, *, axis: Any, keepdims: bool) -> Any:
    x = np.asarray(x) if type(x) is float else x
    peak = _peak(x, axis)
    result = _log_of_sum(x - peak, axis) + peak
    return result if keepdims else np.squeeze(result, tuple(range(np.ndim(x))) if axis is None else axis)


def _shares(x: Any, x_like: Any, out: Any, axis: Any, keepdims: bool) -> Any:
    """The share of each term in Σ exp x; 0 where every element is −∞; where some are +∞, they share.

    That is exp(x − out), but for the rounding of out, which may be larger than 1 where the elements are large. So the
    shares are divided by their sum; and out is a constant, as shares do not depend on what is added to every element.
    """
    out = stopped(expand(out, x_like, axis, keepdims))
    terms = np.exp(np.where((x == out) & np.isinf(out), 0.0, x - out))  # ∞ − ∞ is no number
    return np.where(out == -math.inf, 0.0, terms / np.sum(terms, axis=axis, keepdims=True))


_logsumexp = primitive(
    _logsumexp_forward,
    [
        lambda g, x, x_like, out, axis, keepdims: (
            expand(g, x_like, axis, keepdims) * _shares(x, x_like, out, axis, keepdims)
        )
    ],
    jvp=lambda tangents, x, x_like, out, axis, keepdims: np.sum(
        tangents[0] * _shares(x, x_like, out, axis, keepdims), axis=axis, keepdims=keepdims
    ),
    name="logsumexp",
)


def _log_softmax_forward(x: Any, *, axis: Any) -> Any:
    """The differences from the largest element are kept: x − logsumexp(x) would round them away for large x."""
    x = np.asarray(x) if type(x) is float else x
    shifted = x - _peak(x, axis)
    return shifted - _log_of_sum(shifted, axis)


_log_softmax = primitive(
    _log_softmax_forward,
    [lambda g, out, axis: g - np.exp(out) * np.sum(g, axis=axis, keepdims=True)],
    jvp=lambda tangents, out, axis: tangents[0] - np.sum(np.exp(out) * tangents[0], axis=axis, keepdims=True),
    name="log_softmax",
)


sum_squares = primitive(
    lambda x: np.add.reduce(x * x, axis=None) if type(x) is np.ndarray else np.sum(x * x),
    [lambda g, x: (2 * g) * x],
    jvp=lambda tangents, x: np.sum((2 * x) * tangents[0]),
    name="sum_squares",
)
"""Σ x² over all elements of a real array, in one operation: what squared errors are made of."""


def logsumexp(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """log Σ exp a over axes (all if None), without overflow; −∞ with gradient 0 where every element is −∞, or none is.

    a: any shape, float · returns: the shape of a without `axis`, in the dtype of a

    >>> float(logsumexp(np.array([0.0, 0.0])))
    0.6931471805599453
    """
    axis = tuple(axis) if isinstance(axis, list) else axis
    return _logsumexp(_numeric(a, axis, "logsumexp"), axis=axis, keepdims=bool(keepdims))


def log_softmax(a: Any, axis: Any = -1) -> Any:
    """a − logsumexp(a), along an axis: the logarithm of softmax, as exact for large elements as for small ones.

    >>> log_softmax(np.array([0.0, 0.0])).tolist()
    [-0.6931471805599453, -0.6931471805599453]
    """
    return _log_softmax(_numeric(a, axis, "log_softmax"), axis=tuple(axis) if isinstance(axis, list) else axis)


def softmax(a: Any, axis: Any = -1) -> Any:
    """exp(a)/Σ exp(a) along an axis.

    >>> softmax(np.array([0.0, 0.0])).tolist()
    [0.5, 0.5]
    """
    axis = tuple(axis) if isinstance(axis, list) else axis
    return np.exp(_log_softmax(_numeric(a, axis, "softmax"), axis=axis))


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
