"""Sorting and partitioning: a stable argsort, which carries no gradient, then reading along an axis, which does."""

from __future__ import annotations

from typing import Any

import numpy as np

from autodiff.errors import DtypeError, ShapeError
from autodiff.primitives.indexing import getitem, split_index
from autodiff.primitives.keywords import refuse
from autodiff.primitives.kinds import composite
from autodiff.primitives.shaping import axis_of, laid_out_as


@composite(np.take_along_axis)
def take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Any:
    """The elements at positions along an axis, a list of positions for each line of it."""
    if axis is None:
        arr, axis = np.ravel(arr), 0
    axis = axis_of(arr, axis, "take_along_axis")
    if np.ndim(indices) != arr.ndim:
        raise ShapeError(
            f"np.take_along_axis needs indices with as many axes as the array, {arr.ndim}; they have {np.ndim(indices)}"
        )
    if (indices if hasattr(indices, "dtype") else np.asarray(indices)).dtype.kind not in "iu":
        raise DtypeError(f"np.take_along_axis takes integer positions, was given {indices!r:.60}; v[mask] takes a mask")
    lines = [np.arange(n).reshape((-1,) + (1,) * (arr.ndim - i - 1)) for i, n in enumerate(arr.shape)]
    skeleton, arrays = split_index((*lines[:axis], indices, *lines[axis + 1 :]))
    return getitem(arr, *arrays, index=skeleton)  # also of an array, at places that an operation found


@composite(np.sort)
def sort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    """a in ascending order along an axis (flattened if None); equal elements keep their order, whatever `kind`."""
    refuse("sort", order=order)
    if axis is None:
        a, axis = np.ravel(a), 0
    return laid_out_as(np.take_along_axis(a, np.argsort(a, axis=axis, kind="stable"), axis), a)


@composite(np.partition)
def partition(a: Any, kth: Any, axis: Any = -1, kind: str = "introselect", order: Any = None) -> Any:
    """a with its kth smallest elements where sorting would put them, smaller ones before, larger behind."""
    refuse("partition", order=order, kind=None if kind == "introselect" else kind)
    if axis is None:
        a, axis = np.ravel(a), 0
    return np.take_along_axis(a, np.argpartition(a, kth, axis=axis), axis)


@composite(np.sort_complex)
def sort_complex(a: Any) -> Any:
    """a as complex numbers, in ascending order of real parts, then of imaginary ones."""
    return np.sort(a) if a.dtype.kind == "c" else np.sort(a).astype(np.complex128)
