"""A function of one's own, applied along an axis, or over several one after the other: whatever it is made of."""

from __future__ import annotations

from typing import Any

import numpy as np

from autodiff.errors import ShapeError
from autodiff.primitives.given import array_of
from autodiff.primitives.kinds import composite
from autodiff.primitives.shaping import axis_of


@composite(np.apply_along_axis)
def apply_along_axis(func1d: Any, axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    """func1d(line, *args, **kwargs) for each line of an array along an axis, which gives way to those of the result."""
    arr = array_of(arr, "apply_along_axis")
    axis = axis_of(arr, axis, "apply_along_axis")
    lines = np.moveaxis(arr, axis, -1)
    lead = lines.shape[:-1]
    if 0 in lead:
        raise ShapeError(f"np.apply_along_axis has no line to apply a function to, in an array of shape {arr.shape}")
    results = [array_of(func1d(lines[place], *args, **kwargs), "apply_along_axis") for place in np.ndindex(lead)]
    inner = results[0].shape
    stacked = np.reshape(np.stack(results), lead + inner).astype(results[0].dtype)
    order = tuple(range(len(lead)))
    last = tuple(range(len(lead), len(lead) + len(inner)))
    return np.transpose(stacked, order[:axis] + last + order[axis:])


@composite(np.apply_over_axes)
def apply_over_axes(func: Any, a: Any, axes: Any) -> Any:
    """func(a, axis) over one axis after the other; what drops an axis has it put back, of length 1."""
    out = array_of(a, "apply_over_axes")
    for given in np.ravel(np.asarray(axes)).tolist():
        axis = axis_of(a, given, "apply_over_axes")
        result = func(out, axis)
        if np.ndim(result) != out.ndim:
            result = np.expand_dims(result, axis)
        if np.ndim(result) != out.ndim:
            raise ShapeError(
                f"np.apply_over_axes takes a function that keeps an axis or drops it; from {out.ndim} axes it came to "
                f"{np.ndim(result) - 1}"
            )
        out = result
    return out
