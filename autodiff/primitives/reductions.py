"""Reductions and running sums. Each keyword of NumPy's is differentiated or refused by name.

Ties of max and min share equally. Products have a file of their own.
"""

from __future__ import annotations

import math
from operator import index
from typing import Any

import numpy as np

from autodiff.primitives.keywords import chosen, is_masked, keeps, refuse
from autodiff.primitives.kinds import composite, linear, primitive

SMALL = 4096  # elements: below, one filled array is cheaper than np.broadcast_to's bookkeeping


def _spread_forward(x: Any, *, shape: tuple[int, ...]) -> Any:
    if isinstance(x, (float, np.generic)) and math.prod(shape) <= SMALL:
        return np.full(shape, x, dtype=np.result_type(x))
    return np.broadcast_to(x, shape)


def _sum_forward(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    if type(x) is np.ndarray:  # what np.sum does in the end
        return np.add.reduce(x, axis=axis, keepdims=keepdims)  # type: ignore[call-overload]
    return np.sum(x, axis=axis, keepdims=keepdims)


spread = linear(_spread_forward, [lambda g: g], broadcasts=True, name="broadcast_to")
"""x repeated to a shape: what a sum's gradient does, as a sum is what its gradient does."""

_sum = linear(
    _sum_forward,
    [lambda g, x_like, axis, keepdims: spread(expand(g, x_like, axis, keepdims), shape=np.shape(x_like))],
    name="sum",
)


def expand(g: Any, x_like: Any, axis: Any, keepdims: bool) -> Any:
    """g with the axes that a reduction of x removed put back, of length 1."""
    if keepdims or axis is None or np.ndim(g) == np.ndim(x_like):
        return g
    return np.expand_dims(g, axis)


def _winners(x: Any, x_like: Any, out: Any, axis: Any, keepdims: bool) -> Any:
    """1/(number of ties) at each element that attains the extremum, 0 elsewhere. NaN attains a NaN."""
    extremum = expand(out, x_like, axis, keepdims)
    attained = (x == extremum) | (np.isnan(x) & np.isnan(extremum))
    return attained / np.sum(attained, axis=axis, keepdims=True)


def _extremum_vjp(g: Any, x: Any, x_like: Any, out: Any, axis: Any, keepdims: bool) -> Any:
    return expand(g, x_like, axis, keepdims) * _winners(x, x_like, out, axis, keepdims)


def _extremum_jvp(tangents: Any, x: Any, x_like: Any, out: Any, axis: Any, keepdims: bool) -> Any:
    return np.sum(tangents[0] * _winners(x, x_like, out, axis, keepdims), axis=axis, keepdims=keepdims)


_max = primitive(
    lambda x, *, axis=None, keepdims=False: np.max(x, axis=axis, keepdims=keepdims),
    [_extremum_vjp],
    jvp=_extremum_jvp,
    name="max",
)
_min = primitive(
    lambda x, *, axis=None, keepdims=False: np.min(x, axis=axis, keepdims=keepdims),
    [_extremum_vjp],
    jvp=_extremum_jvp,
    name="min",
)


def _reverse_cumsum(g: Any, axis: int) -> Any:
    return np.flip(np.cumsum(np.flip(g, axis), axis=axis), axis)


_cumsum = linear(lambda x, *, axis: np.cumsum(x, axis=axis), [lambda g, axis: _reverse_cumsum(g, axis)], name="cumsum")


# --- NumPy's signatures over them -----------------------------------------------------------------------------------


def axes_of(axis: Any) -> Any:
    """Axes as integers: one, a tuple of them, or None for all."""
    return tuple(map(index, axis)) if isinstance(axis, (tuple, list)) else None if axis is None else index(axis)


@composite(np.sum)
def sum(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    """Σ a over axes; `initial` is added, elements where `where` is False are left out."""
    refuse("sum", dtype=dtype, out=out)
    a = chosen(a, where, 0, "sum")
    total = _sum(a, axis=axes_of(axis), keepdims=keeps(keepdims))
    return total if initial is None or initial is np._NoValue else total + initial


def _extremum(extreme: Any, pairwise: Any, a: Any, axis: Any, keepdims: Any, initial: Any, where: Any) -> Any:
    given = initial is not None and initial is not np._NoValue
    if is_masked(where):
        if not given:
            raise ValueError("max and min with where= need initial=: what to answer where no element is chosen")
        a = chosen(a, where, initial, "max, np.min")
    if given and a.size == 0:
        return np.sum(a, axis=axes_of(axis), keepdims=keeps(keepdims)) + initial
    result = extreme(a, axis=axes_of(axis), keepdims=keeps(keepdims))
    return pairwise(result, initial) if given else result


@composite(np.max, np.amax)
def max(
    a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, initial: Any = None, where: Any = True
) -> Any:
    """The largest element along axes; ties share the gradient equally."""
    refuse("max", out=out)
    return _extremum(_max, np.maximum, a, axis, keepdims, initial, where)


@composite(np.min, np.amin)
def min(
    a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, initial: Any = None, where: Any = True
) -> Any:
    """The smallest element along axes; ties share the gradient equally."""
    refuse("min", out=out)
    return _extremum(_min, np.minimum, a, axis, keepdims, initial, where)


@composite(np.ptp)
def ptp(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False) -> Any:
    """The largest minus the smallest element."""
    refuse("ptp", out=out)
    return max(a, axis, keepdims=keepdims) - min(a, axis, keepdims=keepdims)


@composite(np.cumsum)
def cumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """Running sums along an axis (of the flattened array if None)."""
    refuse("cumsum", dtype=dtype, out=out)
    return _cumsum(a.reshape(-1), axis=0) if axis is None else _cumsum(np.atleast_1d(a), axis=index(axis))
