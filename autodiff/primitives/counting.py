"""Counts and histograms: sums of weights, in which they are linear; counts themselves carry no gradient."""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np

from autodiff.errors import ArgumentError, DtypeError, ShapeError, UnsupportedError
from autodiff.primitives.given import anywhere, array_of, looked_at
from autodiff.primitives.indexing import ARRAY, put_at
from autodiff.primitives.kinds import composite, nondifferentiable

_counts = nondifferentiable(
    lambda x, y, *, bins, range: np.histogram(x, y if bins is None else bins, range)[0], name="histogram"
)


def _added(weights: Any, places: Any, length: int) -> Any:
    """Σ of the weights at each place, in float64 as NumPy adds them up."""
    wide = np.promote_types(weights.dtype, np.float64)
    return put_at(weights.astype(wide), places, index=(ARRAY,), shape=(length,))


@composite(np.bincount)
def bincount(x: Any, /, weights: Any = None, minlength: Any = 0) -> Any:
    """How often each integer occurs in x, or the sum of the weights where it does. Float64 if weights are given."""
    x = array_of(x, "bincount")
    if x.dtype.kind not in "biu":
        raise DtypeError(f"np.bincount counts integers, was given dtype {x.dtype}")
    if x.ndim != 1:
        raise ShapeError(f"np.bincount takes a vector, was given shape {x.shape}")
    numbers = looked_at(x, "np.bincount, whose length depends on data,")
    if weights is None:
        return np.bincount(numbers, minlength=index(minlength))
    if numbers.size and numbers.min() < 0:
        raise ArgumentError(f"np.bincount counts integers from 0 on, was given {numbers.min()}")
    weights = array_of(weights, "bincount")
    if weights.shape != x.shape:
        raise ShapeError(f"np.bincount takes a weight for each element, {x.shape}, was given shape {weights.shape}")
    if weights.dtype.kind == "c":
        raise DtypeError(f"np.bincount takes real weights, was given dtype {weights.dtype}")
    length = max(int(numbers.max()) + 1 if numbers.size else 0, index(minlength))
    return _added(weights, x.astype(int), length)


# --- histograms -----------------------------------------------------------------------------------------------------


def _is_plain(x: Any) -> bool:
    return not hasattr(type(x), "_record")


def _edges(a: Any, bins: Any, limits: Any) -> Any:
    """The edges of the bins; where they follow the data, they follow its smallest and largest element."""
    limits = tuple(limits) if limits is not None else None
    if all(_is_plain(x) for x in (a, bins, *(limits or ()))):
        return np.histogram_bin_edges(a, bins, limits)
    if isinstance(bins, str):
        raise UnsupportedError(
            f"np.histogram(..., bins={bins!r}) chooses how many bins there are by the data; give a number, or "
            "np.histogram_bin_edges(v.data, ...)"
        )
    if np.ndim(bins):
        edges = array_of(bins, "histogram")
        if edges.ndim != 1 or anywhere(edges[:-1] > edges[1:]):
            raise ArgumentError(f"np.histogram takes edges as a vector that does not decrease, was given {bins!r:.60}")
        return edges
    if index(bins) < 1:
        raise ArgumentError(f"np.histogram takes one bin at least, was given bins={bins}")
    first, last = limits or ((np.min(a), np.max(a)) if a.size else (0.0, 1.0))
    data = [getattr(x, "_data", x) for x in (first, last)]
    if not np.all(np.isfinite(data)) or data[1] < data[0]:
        raise ArgumentError(f"np.histogram takes a finite range from low to high, it would be {data}")
    dtype = np.result_type(*data, a.dtype, *(() if a.dtype.kind == "f" else (float,)))
    single = np.equal(first, last)
    first, last = np.where(single, first - 0.5, first), np.where(single, last + 0.5, last)
    steps = np.arange(bins, dtype=np.result_type(*map(np.asarray, data), 1.0))
    return np.concatenate([steps * ((last - first) / bins) + first, np.reshape(last, (1,))]).astype(dtype)


@composite(np.histogram)
def histogram(a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> tuple[Any, Any]:
    """(how many elements, or what weights, lie in each bin; the edges of the bins).

    Linear in the weights; counts do not change with the elements, but edges that follow them do, and densities.
    """
    a = np.ravel(array_of(a, "histogram"))
    if weights is not None:
        weights = array_of(weights, "histogram")
        if np.size(weights) != a.size:
            raise ShapeError(f"np.histogram takes a weight for each of {a.size} elements, was given {weights.shape}")
        weights = np.ravel(weights)
    edges = _edges(a, bins, range)
    if weights is None:
        number = index(bins) if np.ndim(bins) == 0 and not isinstance(bins, str) else None
        limits = None if range is None else tuple(float(looked_at(x, "np.histogram's range")) for x in range)
        counts = _counts(a, edges, bins=number, range=limits)
    else:
        length = edges.shape[0] - 1
        inside = np.logical_and(a >= edges[0], a <= edges[-1])
        places = np.clip(np.searchsorted(edges, a, side="right") - 1, 0, length - 1)
        counts = _added(np.where(inside, weights, 0), places, length).astype(weights.dtype)
    if not density:
        return counts, edges
    widths = (edges[1:] - edges[:-1]).astype(np.float64)
    return counts / widths / np.sum(counts), edges
