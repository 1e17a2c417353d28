"""Functions applied along axes, and weights added up by the bin they belong to."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from autodiff.errors import ArgumentError, DtypeError, ShapeError
from autodiff.primitives.indexing import put
from autodiff.primitives.kinds import composite
from autodiff.primitives.shaping import axis_of


@composite(np.apply_along_axis)
def apply_along_axis(func1d: Callable[..., Any], axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    """func1d of each line of arr along an axis; its results stand in place of that axis."""
    axis = axis_of(arr, axis, "apply_along_axis")
    lines = np.moveaxis(arr, axis, -1)
    lead = lines.shape[:-1]
    if 0 in lead:
        raise ShapeError(f"np.apply_along_axis of shape {arr.shape}, axis {axis}: there is no line to apply it to")
    results = [func1d(lines[place], *args, **kwargs) for place in np.ndindex(lead)]
    results = [np.stack(result) if isinstance(result, (list, tuple)) else result for result in results]
    joined = np.stack(results)
    inner = joined.ndim - 1
    joined = np.reshape(joined, lead + joined.shape[1:])
    return np.moveaxis(joined, range(len(lead), len(lead) + inner), range(axis, axis + inner))


@composite(np.apply_over_axes)
def apply_over_axes(func: Callable[..., Any], a: Any, axes: Any) -> Any:
    """func(a, axis) for one axis after the other, which is kept with length 1 where func drops it."""
    out = a
    for axis in axes if np.ndim(axes) else (axes,):
        place = axis_of(a, axis, "apply_over_axes")
        result = func(out, place)
        out = result if np.ndim(result) == np.ndim(out) else np.expand_dims(result, place)
        if np.ndim(out) != np.ndim(a):
            raise ShapeError(
                f"np.apply_over_axes takes a function that keeps or drops the axis; it made shape {np.shape(result)}"
            )
    return out


@composite(np.bincount)
def bincount(x: Any, /, weights: Any = None, minlength: Any = 0) -> Any:
    """How often each number from 0 on occurs in x; with weights, their sums, which receive gradients."""
    x = np.asarray(x)
    if x.dtype.kind not in "biu" and x.size:
        raise DtypeError(f"np.bincount counts integers, was given dtype {x.dtype}")
    if x.ndim != 1:
        raise ShapeError(f"np.bincount counts in a vector, was given shape {x.shape}")
    if x.size and x.min() < 0:
        raise ArgumentError(f"np.bincount counts numbers that are not negative, was given {x.min()}")
    bins = max(int(x.max(initial=-1)) + 1, operator.index(minlength))
    if weights is None:
        return np.bincount(x, minlength=bins)
    weights = weights if hasattr(weights, "dtype") else np.asarray(weights)
    if weights.shape != x.shape or weights.dtype.kind == "c":
        raise ShapeError(
            f"np.bincount takes a real weight for each number, was given {weights.dtype} weights of shape "
            f"{weights.shape} for {x.size} numbers"
        )
    return put(weights.astype(float), x.astype(int), (bins,))
