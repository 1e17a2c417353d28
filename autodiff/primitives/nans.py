"""Reductions that leave NaN out: what is NaN receives no gradient, and slices with nothing else answer NaN.

Sources: NumPy's nan functions. NaN is replaced by what changes nothing (0 in sums, 1 in products), and not counted.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autodiff.primitives.composites import root_of_variance
from autodiff.primitives.given import array_of, is_given, warn_where
from autodiff.primitives.keywords import chosen, is_masked, keeps, mask_for, refuse
from autodiff.primitives.kinds import composite, nondifferentiable, primitive
from autodiff.primitives.reductions import axes_of, expand


def without_nan(a: Any, instead: Any) -> Any:
    """a with its NaN replaced by a number that has no gradient."""
    return np.where(np.isnan(a), instead, a) if a.dtype.kind in "fc" else a


def _present(a: Any, where: Any, function: str) -> Any:
    """Which elements count: those that are not NaN, and that `where=` chooses."""
    present = np.logical_not(np.isnan(a))
    return np.logical_and(present, mask_for(a, where, function)) if is_masked(where) else present


@composite(np.nansum)
def nansum(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = np._NoValue,
    initial: Any = np._NoValue,
    where: Any = np._NoValue,
) -> Any:
    """Σ a over axes, NaN counted as 0."""
    refuse("nansum", dtype=dtype, out=out)
    return np.sum(without_nan(a, 0), axis=axis, keepdims=keeps(keepdims), initial=initial, where=_unless_given(where))


@composite(np.nanprod)
def nanprod(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = np._NoValue,
    initial: Any = np._NoValue,
    where: Any = np._NoValue,
) -> Any:
    """∏ a over axes, NaN counted as 1."""
    refuse("nanprod", dtype=dtype, out=out)
    return np.prod(without_nan(a, 1), axis=axis, keepdims=keeps(keepdims), initial=initial, where=_unless_given(where))


def _unless_given(where: Any) -> Any:
    return True if where is np._NoValue else where


@composite(np.nancumsum)
def nancumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """Running sums, NaN counted as 0."""
    refuse("nancumsum", dtype=dtype, out=out)
    return np.cumsum(without_nan(a, 0), axis=axis)


@composite(np.nancumprod)
def nancumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """Running products, NaN counted as 1."""
    refuse("nancumprod", dtype=dtype, out=out)
    return np.cumprod(without_nan(a, 1), axis=axis)


@composite(np.nanmean)
def nanmean(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = np._NoValue,
    *,
    where: Any = np._NoValue,
) -> Any:
    """The mean over axes of what is not NaN."""
    refuse("nanmean", dtype=dtype, out=out)
    if a.dtype.kind not in "fc":
        return np.mean(a, axis=axis, keepdims=keeps(keepdims), where=_unless_given(where))
    count = np.sum(_present(a, where, "nanmean"), axis=axis, keepdims=keeps(keepdims))
    total = np.sum(without_nan(a, 0), axis=axis, keepdims=keeps(keepdims), where=_unless_given(where))
    warn_where(count == 0, "Mean of empty slice")
    return _divided(total, count)


def _divided(total: Any, count: Any) -> Any:
    """total/count in the dtype of the total; the caller warns of empty slices, in words that say more."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return total / count.astype(np.real(total).dtype)


@composite(np.nanvar)
def nanvar(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = np._NoValue,
    *,
    where: Any = np._NoValue,
    mean: Any = np._NoValue,
    correction: Any = np._NoValue,
) -> Any:
    """Σ |a − mean|²/(n − ddof) over axes, of what is not NaN; NaN where n ≤ ddof."""
    refuse("nanvar", dtype=dtype, out=out)
    if is_given(correction):
        if ddof != 0:
            raise ValueError("ddof and correction can't be provided simultaneously.")
        ddof = correction
    if a.dtype.kind not in "fc":
        return np.var(a, axis=axis, ddof=ddof, keepdims=keeps(keepdims), where=_unless_given(where), mean=mean)
    present = _present(a, where, "nanvar")
    clean = np.where(present, a, 0)
    if is_given(mean):
        center = mean
    else:
        center = _divided(np.sum(clean, axis=axis, keepdims=True), np.sum(present, axis=axis, keepdims=True))
    deviation = np.where(present, clean - center, 0)
    squares = np.real(deviation * np.conjugate(deviation)) if np.iscomplexobj(a) else deviation * deviation
    freedom = np.sum(present, axis=axis, keepdims=keeps(keepdims)) - ddof
    used_up = freedom <= 0
    warn_where(used_up, "Degrees of freedom <= 0 for slice.")
    total = np.sum(squares, axis=axis, keepdims=keeps(keepdims))
    return np.where(used_up, np.nan, _divided(total, np.where(used_up, 1, freedom)))


@composite(np.nanstd)
def nanstd(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = np._NoValue,
    *,
    where: Any = np._NoValue,
    mean: Any = np._NoValue,
    correction: Any = np._NoValue,
) -> Any:
    """√nanvar; its gradient at a constant is 0."""
    refuse("nanstd", dtype=dtype, out=out)
    return root_of_variance(nanvar(a, axis, None, None, ddof, keepdims, where=where, mean=mean, correction=correction))


# --- extremes -------------------------------------------------------------------------------------------------------


def _winners(x: Any, x_like: Any, out: Any, axis: Any, keepdims: bool) -> Any:
    """1/(number of ties) at each element that attains the extremum, 0 elsewhere, and in slices of NaN alone."""
    attained = x == expand(out, x_like, axis, keepdims)
    return attained / np.maximum(np.sum(attained, axis=axis, keepdims=True), 1)


def _extremum_vjp(g: Any, x: Any, x_like: Any, out: Any, axis: Any, keepdims: bool) -> Any:
    return expand(g, x_like, axis, keepdims) * _winners(x, x_like, out, axis, keepdims)


def _extremum_jvp(tangents: Any, x: Any, x_like: Any, out: Any, axis: Any, keepdims: bool) -> Any:
    return np.sum(tangents[0] * _winners(x, x_like, out, axis, keepdims), axis=axis, keepdims=keepdims)


_nanmax = primitive(
    lambda x, *, axis=None, keepdims=False: np.fmax.reduce(x, axis=axis, keepdims=keepdims),
    [_extremum_vjp],
    jvp=_extremum_jvp,
    name="nanmax",
)
_nanmin = primitive(
    lambda x, *, axis=None, keepdims=False: np.fmin.reduce(x, axis=axis, keepdims=keepdims),
    [_extremum_vjp],
    jvp=_extremum_jvp,
    name="nanmin",
)


def _extremum(extreme: Any, pairwise: Any, a: Any, axis: Any, keepdims: Any, initial: Any, where: Any) -> Any:
    if is_masked(where) and not is_given(initial):
        raise ValueError("nanmax and nanmin with where= need initial=: what to answer where no element is chosen")
    a = array_of(a, "nanmax, np.nanmin")
    a = chosen(a, where, np.nan, "nanmax, np.nanmin")
    if is_given(initial) and a.size == 0:
        return np.sum(a, axis=axes_of(axis), keepdims=keeps(keepdims)) + initial
    result = extreme(a, axis=axes_of(axis), keepdims=keeps(keepdims))
    if is_given(initial):
        result = pairwise(result, initial)
    warn_where(np.isnan(result), "All-NaN slice encountered")
    return result


@composite(np.nanmax)
def nanmax(
    a: Any,
    axis: Any = None,
    out: Any = None,
    keepdims: Any = np._NoValue,
    initial: Any = np._NoValue,
    where: Any = np._NoValue,
) -> Any:
    """The largest element along axes that is not NaN; ties share the gradient equally."""
    refuse("nanmax", out=out)
    return _extremum(_nanmax, np.fmax, a, axis, keepdims, initial, where)


@composite(np.nanmin)
def nanmin(
    a: Any,
    axis: Any = None,
    out: Any = None,
    keepdims: Any = np._NoValue,
    initial: Any = np._NoValue,
    where: Any = np._NoValue,
) -> Any:
    """The smallest element along axes that is not NaN; ties share the gradient equally."""
    refuse("nanmin", out=out)
    return _extremum(_nanmin, np.fmin, a, axis, keepdims, initial, where)


_nanargmax = nondifferentiable(lambda x, **keywords: np.nanargmax(x, **keywords), name="nanargmax")
_nanargmin = nondifferentiable(lambda x, **keywords: np.nanargmin(x, **keywords), name="nanargmin")


@composite(np.nanargmax)
def nanargmax(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = np._NoValue) -> Any:
    """The position of the largest element that is not NaN."""
    refuse("nanargmax", out=out)
    return _nanargmax(a, axis=axis, keepdims=keeps(keepdims))


@composite(np.nanargmin)
def nanargmin(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = np._NoValue) -> Any:
    """The position of the smallest element that is not NaN."""
    refuse("nanargmin", out=out)
    return _nanargmin(a, axis=axis, keepdims=keeps(keepdims))
