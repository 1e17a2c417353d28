"""Medians, quantiles and percentiles: positions in sorted order, between which numbers are interpolated.

As sort is stable, of equal elements the one that sorts to the position receives the gradient. A slice with NaN answers
NaN, and no element of it receives any. Source of the methods: R. J. Hyndman and Y. Fan, Sample Quantiles in
Statistical Packages (1996).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autodiff.errors import ArgumentError, DtypeError, ShapeError, UnsupportedError
from autodiff.primitives.given import array_of, warn_where
from autodiff.primitives.indexing import picked
from autodiff.primitives.keywords import keeps, listed, refuse
from autodiff.primitives.kinds import composite
from autodiff.primitives.products import last_axis
from autodiff.primitives.shaping import axis_of, stopped
from autodiff.primitives.weighted_quantiles import weighted, weights_of


def _between(alpha: float, beta: float) -> Callable[[Any, Any], Any]:
    """The position n·q + m − 1, counted from 0, with m = α + q(1 − α − β)."""
    return lambda n, q: n * q + (alpha + q * (1 - alpha - beta)) - 1


def _boundary(n: Any, position: Any, at_boundary: Callable[[Any], Any]) -> Any:
    """The element on either side of a position: the lower one where it lies exactly on an element, if so chosen."""
    below = np.floor(position)
    exact = (position - below == 0) & at_boundary(position)
    return np.clip(np.where(exact, below, below + 1), 0, np.maximum(n - 1, 0))


POSITIONS: dict[str, Callable[[Any, Any], Any]] = {
    "averaged_inverted_cdf": lambda n, q: n * q - 1,
    "interpolated_inverted_cdf": _between(0, 1),
    "hazen": _between(0.5, 0.5),
    "weibull": _between(0, 0),
    "linear": lambda n, q: (n - 1) * q,
    "median_unbiased": _between(1 / 3.0, 1 / 3.0),
    "normal_unbiased": _between(3 / 8.0, 3 / 8.0),
    "midpoint": lambda n, q: 0.5 * (np.floor((n - 1) * q) + np.ceil((n - 1) * q)),
}
"""Where between the sorted elements a quantile lies."""

CHOICES: dict[str, Callable[[Any, Any], Any]] = {
    "inverted_cdf": lambda n, q: _boundary(n, n * q - 1, lambda position: True),
    "closest_observation": lambda n, q: _boundary(n, n * q - 1.5, lambda position: np.floor(position) % 2 == 1),
    "lower": lambda n, q: np.floor((n - 1) * q),
    "higher": lambda n, q: np.ceil((n - 1) * q),
    "nearest": lambda n, q: np.round((n - 1) * q),
}
"""Which of the sorted elements a quantile is."""


def _weight(method: str, position: Any, below: Any) -> Any:
    """How much the upper of two neighbours counts."""
    part = position - below
    if method == "averaged_inverted_cdf":
        return np.where(part == 0, 0.5, 1.0)
    if method == "midpoint":
        return np.where(position % 1 == 0, 0.0, 0.5)
    return part


def _interpolated(lower: Any, upper: Any, weight: Any, dtype: Any) -> Any:
    """lower + (upper − lower)·weight, from the nearer end, as NumPy does: exact at both.

    dtype: of the weights, which are rounded last; None to leave them as they are
    """
    step, rest, near = upper - lower, 1 - weight, weight >= 0.5
    if dtype is not None:
        weight, rest = weight.astype(dtype), rest.astype(dtype)
    return np.where(near, upper - step * rest, lower + step * weight)


def _axes(a: Any, axis: Any) -> tuple[int, ...] | None:
    """The axes that are reduced, counted from the front; None for all."""
    if axis is None:
        return None
    given = listed(axis)
    axes = tuple(axis_of(a, i, "quantile, np.median") for i in (given if isinstance(given, tuple) else (given,)))
    if len(set(axes)) < len(axes):
        raise ShapeError(f"np.quantile and np.median were given an axis twice: {given}")
    return axes


def _in_order(lines: Any) -> Any:
    """Each line in ascending order, along the first axis; NaN come last."""
    return np.moveaxis(np.sort(lines, axis=-1), -1, 0)


def _elements(slices: Any, places: Any, lead: int, each: bool) -> Any:
    """The elements at places of sorted slices: the same ones in all, or, for each slice, its own."""
    places = places.astype(np.intp)
    if not each:
        return picked(slices, np.reshape(places, places.shape[:lead]))
    flat = np.reshape(places, (-1, *slices.shape[1:]))
    return np.reshape(np.take_along_axis(slices, flat, 0), places.shape[:lead] + slices.shape[1:])


def _present(slices: Any) -> Any:
    """How many elements of each slice are not NaN."""
    return np.sum(np.logical_not(np.isnan(slices)), axis=0)


def _restored(out: Any, a: Any, axes: Any, keepdims: bool, lead: int) -> Any:
    """The result with the reduced axes put back, of length 1, behind those of q."""
    if not keepdims:
        return out
    axes = range(a.ndim) if axes is None else axes
    return np.reshape(out, np.shape(out)[:lead] + tuple(1 if i in axes else n for i, n in enumerate(a.shape)))


def _loud(out: Any, slices: Any) -> Any:
    """NaN, which carries no gradient, for slices that contain one: it was sorted to their end."""
    return np.where(np.isnan(slices[-1]), stopped(slices[-1]), out)


def _checked(name: str, a: Any, q: Any, method: str, weights: Any, **refused: Any) -> Any:
    """q, where it can be answered: as a number, or as an array."""
    if weights is not None and method != "inverted_cdf":
        raise ArgumentError(f"np.{name} takes weights= with method='inverted_cdf' alone; the method is {method!r}")
    if refused.pop("overwrite_input"):
        raise UnsupportedError(f"np.{name}(..., overwrite_input=True) is not supported on a Value, which is immutable")
    refuse(name, **refused)
    if method not in POSITIONS and method not in CHOICES:
        raise ArgumentError(f"np.{name} has no method {method!r}; it has {sorted((*POSITIONS, *CHOICES))}")
    if a.dtype.kind == "c":
        raise DtypeError(f"np.{name} sorts real numbers, was given dtype {a.dtype}")
    q = q if isinstance(q, (int, float)) else array_of(q, name)
    if np.ndim(q) > 2:
        raise ShapeError(f"np.{name} takes q with two axes at most, was given shape {np.shape(q)}")
    return q


def _quantile(name: str, a: Any, q: Any, axis: Any, method: str, keepdims: bool, weights: Any, *, each: bool) -> Any:
    """Quantiles of slices. each: NaN are left out, so that each slice has its own number of elements."""
    given = getattr(q, "_data", q)
    if not np.all((given >= 0) & (given <= 1)):
        raise ArgumentError(f"np.{name} takes quantiles in [0, 1], percentiles in [0, 100]; was given {given!r:.60}")
    if each and a.size == 0:  # NumPy, too, leaves q aside
        return np.nanmean(a, axis, keepdims=keepdims)
    axes = _axes(a, axis)
    lines, lead, weak = last_axis(a, axes), np.ndim(q), isinstance(given, (int, float))
    slices = _in_order(lines)
    if slices.shape[0] == 0:
        raise ShapeError(f"np.{name} of no elements: the shape is {a.shape}, axis={axis}")
    n = _present(slices) if each else slices.shape[0]
    if weights is not None:
        out = weighted(lines, last_axis(weights_of(weights, a, axes, name), axes), q, each, name)
        return _restored(_or_nan(out, n) if each else _loud(out, slices), a, axes, keepdims, lead)
    q = q if weak else np.reshape(q, np.shape(q) + (1,) * (slices.ndim - 1))
    if method in CHOICES:
        out = _elements(slices, CHOICES[method](n, stopped(q)), lead, each)
    else:
        position = POSITIONS[method](n, q)
        fixed, last = stopped(position), np.maximum(n - 1, 0)
        below = np.floor(fixed)
        weight = _weight(method, position, below)
        if weak and not each:
            weight = _plain_number(weight)
        lower, upper = (_elements(slices, np.clip(place, 0, last), lead, each) for place in (below, below + 1))
        dtype = a.dtype if weak and each and a.dtype.kind == "f" else None  # a number does not widen what it meets
        out = _interpolated(lower, upper, weight, dtype)
    out = _or_nan(out, n) if each else _loud(out, slices)
    return _restored(out, a, axes, keepdims, lead)


def _plain_number(weight: Any) -> Any:
    """NumPy's number as a Python float; a Value of shape () holds one already."""
    return weight if hasattr(type(weight), "_record") else float(weight)


def _or_nan(out: Any, n: Any) -> Any:
    """NaN, with NumPy's warning, where there were no elements."""
    warn_where(n == 0, "All-NaN slice encountered")
    return np.where(n == 0, np.nan, out)


# --- NumPy's signatures over them -----------------------------------------------------------------------------------


@composite(np.quantile)
def quantile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: Any = False,
    *,
    weights: Any = None,
) -> Any:
    """The q-th quantiles of a over axes, differentiable in both. a: real · returns: the shape of q, then that of a."""
    a = array_of(a, "quantile")
    q = _checked("quantile", a, q, method, weights, out=out, overwrite_input=overwrite_input)
    return _quantile("quantile", a, q, axis, method, keeps(keepdims), weights, each=False)


@composite(np.percentile)
def percentile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: Any = False,
    *,
    weights: Any = None,
) -> Any:
    """The quantiles at q/100."""
    a = array_of(a, "percentile")
    q = _checked("percentile", a, q, method, weights, out=out, overwrite_input=overwrite_input)
    return _quantile("percentile", a, q / 100, axis, method, keeps(keepdims), weights, each=False)


@composite(np.nanquantile)
def nanquantile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: Any = np._NoValue,
    *,
    weights: Any = None,
) -> Any:
    """The q-th quantiles of what is not NaN."""
    a = array_of(a, "nanquantile")
    q = _checked("nanquantile", a, q, method, weights, out=out, overwrite_input=overwrite_input)
    return _quantile("nanquantile", a, q, axis, method, keeps(keepdims), weights, each=True)


@composite(np.nanpercentile)
def nanpercentile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: Any = np._NoValue,
    *,
    weights: Any = None,
) -> Any:
    """The quantiles at q/100 of what is not NaN."""
    a = array_of(a, "nanpercentile")
    q = _checked("nanpercentile", a, q, method, weights, out=out, overwrite_input=overwrite_input)
    return _quantile("nanpercentile", a, q / 100, axis, method, keeps(keepdims), weights, each=True)


@composite(np.median)
def median(a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = False) -> Any:
    """The element in the middle of the sorted ones, or the mean of the two there."""
    refuse("median", out=out, overwrite_input=overwrite_input or None)
    axes = _axes(a, axis)
    slices = _in_order(last_axis(a, axes))
    middle, odd = divmod(slices.shape[0], 2)
    result = np.mean(slices[max(middle - 1 + odd, 0) : middle + 1], axis=0)
    return _restored(_loud(result, slices) if slices.shape[0] else result, a, axes, keeps(keepdims), 0)


@composite(np.nanmedian)
def nanmedian(
    a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = np._NoValue
) -> Any:
    """The median of what is not NaN."""
    refuse("nanmedian", out=out, overwrite_input=overwrite_input or None)
    if a.size == 0:
        return np.nanmean(a, axis, keepdims=keeps(keepdims))
    axes = _axes(a, axis)
    slices = _in_order(last_axis(a, axes))
    n = _present(slices)
    middle, last = n // 2, np.maximum(n - 1, 0)
    lower, upper = (_elements(slices, place, 0, each=True) for place in (last // 2, np.minimum(middle, last)))
    result = np.where(n % 2 == 1, upper, (lower + upper) / 2)
    return _restored(_or_nan(result, n), a, axes, keeps(keepdims), 0)
